"""Writing a table of any length, row group by row group."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.snapshot.schema import arrow_schema

if TYPE_CHECKING:
    from pathlib import Path

ROW_GROUP_BYTES = 16 * 1024 * 1024
"""Arrow bytes gathered before a row group is written: the bound on memory per table."""
SMALL_TABLES = 256
"""Tables gathered before they are copied into one: each small one costs many times its bytes."""


class Gathered:
    """Small tables of one schema, until there are enough of them."""

    def __init__(self) -> None:
        self.bytes = 0
        """Arrow bytes gathered."""
        self._small: list[pa.Table] = []
        self._large: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        self.bytes += table.nbytes
        self._small.append(table)
        if len(self._small) >= SMALL_TABLES:
            self._large.append(pa.concat_tables(self._small).combine_chunks())
            self._small = []

    def take(self) -> pa.Table | None:
        """All that was gathered, as one table in the order it came, and begins anew; None when nothing was."""
        tables = self._large + self._small
        self._large, self._small, self.bytes = [], [], 0
        return pa.concat_tables(tables) if tables else None


class TableWriter:
    """Writes one table to a file, in row groups of about `ROW_GROUP_BYTES`; on leaving, the file is complete and on the disk."""

    def __init__(self, path: Path, row_type: type) -> None:
        self.rows = 0
        """Rows added so far."""
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, arrow_schema(row_type), compression="zstd")
        self._waiting = Gathered()

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

    def add(self, table: pa.Table) -> None:
        """Adds rows; the table must have the schema of the row type.

        Raises:
            OSError: a row group could not be written.
        """
        self.rows += table.num_rows
        self._waiting.add(table)
        if self._waiting.bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        table = self._waiting.take()
        if table is not None:
            self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
