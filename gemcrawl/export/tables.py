"""A published snapshot, read for export: what its own descriptor says of it, and its rows a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.places import Place, large_parquet
from gemcrawl.snapshot.descriptor import DESCRIPTOR

ROWS = 2000
"""Of one batch: what is in memory at once."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot and its descriptor."""

    path: Place
    descriptor: dict[str, Any]

    @classmethod
    def open(cls, path: Place) -> Snapshot:
        """Reads the descriptor of the snapshot in a directory.

        Raises:
            OutputError: there is none that can be read.
        """
        try:
            descriptor = json.loads((path / DESCRIPTOR).read_bytes())
            resources = {each["name"]: (each["path"], each["rows"], each["schema"]["fields"]) for each in descriptor["resources"]}
            descriptor["gemcrawl"]["snapshot"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(f"cannot read {path / DESCRIPTOR} ({error}); name another snapshot") from None
        if not resources:
            raise OutputError(f"{path / DESCRIPTOR} names no tables")
        return cls(path, descriptor)

    @property
    def name(self) -> str:
        """Such as 2026-11-23T020000Z."""
        return str(self.descriptor["gemcrawl"]["snapshot"])

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(each["name"] for each in self.descriptor["resources"])

    def chosen(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """The tables wanted, in the order of the snapshot; all when none are named.

        Raises:
            UsageError: there is no such table.
        """
        for name in wanted:
            if name not in self.tables:
                raise UsageError(f"--table {name!r}: no such table; there are: {', '.join(self.tables)}")
        return tuple(name for name in self.tables if name in wanted or not wanted)

    def resource(self, table: str) -> dict[str, Any]:
        """What the descriptor says of a table."""
        found: dict[str, Any] = next(each for each in self.descriptor["resources"] if each["name"] == table)
        return found

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.resource(table)["rows"])

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """The rows of a table, in its order; at least one batch, which may be empty.

        Raises:
            OutputError: it cannot be read.
        """
        path = self.path / f"{table}.parquet"
        try:
            file = large_parquet(path)
            empty = True
            for batch in file.iter_batches(ROWS):
                empty = False
                yield batch
            if empty:
                yield from file.schema_arrow.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema=file.schema_arrow)]
        except (OSError, pa.ArrowException) as error:
            raise OutputError(f"cannot read {path}: {' '.join(str(error).split())}") from None
