"""Writing a table of any length, row group by row group."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.snapshot.schema import arrow_schema, table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

ROW_GROUP_BYTES = 16 * 1024 * 1024
"""Arrow bytes gathered before a row group is written: the bound on memory per table."""
ROWS_AT_ONCE = 256
"""Rows that become a table together: one of a row or two takes as long as one of a hundred, and many times its bytes."""


class Gathered:
    """Rows of one type, as tables as soon as there are enough of them.

    Args:
        row_type: see `gemcrawl.items.TABLES`.
    """

    def __init__(self, row_type: type) -> None:
        self.bytes = 0
        """Arrow bytes of the tables."""
        self._row_type = row_type
        self._rows: list[Any] = []
        self._tables: list[pa.Table] = []

    def add(self, rows: Iterable[Any]) -> None:
        self._rows += rows
        if len(self._rows) >= ROWS_AT_ONCE:
            self._convert()

    def add_table(self, table: pa.Table) -> None:
        """Adds rows that are a table already, with the schema of the row type."""
        self._convert()
        self._keep(table)

    def take(self) -> pa.Table | None:
        """All that was gathered, as one table in the order it came, and begins anew; None when nothing was."""
        self._convert()
        tables, self._tables, self.bytes = self._tables, [], 0
        return pa.concat_tables(tables) if tables else None

    def _convert(self) -> None:
        if self._rows:
            self._keep(table_of(self._row_type, self._rows))
            self._rows = []

    def _keep(self, table: pa.Table) -> None:
        self._tables.append(table)
        self.bytes += table.nbytes


class TableWriter:
    """Writes one table to a file, in row groups of about `ROW_GROUP_BYTES`; on leaving, the file is complete and on the disk."""

    def __init__(self, path: Path, row_type: type) -> None:
        self.rows = 0
        """Rows added so far."""
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, arrow_schema(row_type), compression="zstd")
        self._waiting = Gathered(row_type)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._flush()
                self._parquet.close()
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            with contextlib.suppress(OSError):
                self._parquet.close()  # else it tries again when it is collected, on a file that is closed
            with contextlib.suppress(OSError):
                self._file.close()

    def add(self, rows: Collection[Any]) -> None:
        """Adds rows of the row type.

        Raises:
            OSError: a row group could not be written.
        """
        self.rows += len(rows)
        self._waiting.add(rows)
        self._flush_at_times()

    def add_table(self, table: pa.Table) -> None:
        """Adds rows that are a table already, with the schema of the row type.

        Raises:
            OSError: a row group could not be written.
        """
        self.rows += table.num_rows
        self._waiting.add_table(table)
        self._flush_at_times()

    def _flush_at_times(self) -> None:
        if self._waiting.bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        table = self._waiting.take()
        if table is not None:
            self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
