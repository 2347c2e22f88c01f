"""From the parts of a run to the four tables of a snapshot, one municipality in memory at a time."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.items import TABLES, Host, Municipality, Role
from gemcrawl.snapshot.schema import arrow_schema, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from gemcrawl.items import Reason
    from gemcrawl.registry import Entry
    from gemcrawl.snapshot.parts import Parts

ROW_GROUP_BYTES = 16 * 1024 * 1024
"""Arrow bytes gathered before a row group is written: the bound on memory per table."""
HOSTS_BEFORE_MERGE = 50_000
"""Host rows gathered before those of one and the same host are merged."""

_SORTED_BY = {"forms": ("page_url", "form_id"), "pages": ("url", "fetched_at")}
_ROLE_ORDER = {role: position for position, role in enumerate(get_args(Role))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """The row of a municipality without a part."""

    reason: Reason
    """error, interrupted or deadline."""
    started: datetime
    finished: datetime

    def row(self, entry: Entry) -> Municipality:
        return Municipality(
            code=entry.code,
            name=entry.name,
            province=entry.province,
            website=entry.website,
            lat=entry.lat,
            lon=entry.lon,
            outcome="partial" if self.reason == "deadline" else "failed",
            reason=self.reason,
            appointment="not_tested",
            contact="not_tested",
            started_at=self.started,
            finished_at=self.finished,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    rows: dict[str, int]
    """Rows by table."""
    outcomes: dict[str, int]
    """Municipalities by outcome; they add up to the registry."""
    missing: tuple[str, ...]
    """Codes without a part that could be read."""


class _Writer:
    """Writes one table, row groups of about `ROW_GROUP_BYTES`."""

    def __init__(self, path: Path, row_type: type) -> None:
        self.rows = 0
        self._schema = arrow_schema(row_type)
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._bytes = 0

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
        self.rows += table.num_rows
        self._waiting.append(table)
        self._bytes += table.nbytes
        if self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
        self._waiting, self._bytes = [], 0


def compact(directory: Path, parts: Parts, entries: Iterable[Entry], filler: Filler) -> Compacted:
    """Write the four tables of a snapshot into a directory.

    Rows are sorted by municipality, then URL (hosts: by host, port, address).  Every entry gets exactly one row in municipalities; parts of
    municipalities that are not among the entries are left out.

    Raises:
        OSError: a file could not be written.
    """
    outcomes: Counter[str] = Counter()
    missing = []
    hosts: list[pa.Table] = []
    gathered = 0
    with ExitStack() as stack:
        writers = {name: stack.enter_context(_Writer(directory / f"{name}.parquet", row)) for name, row in TABLES.items()}
        for entry in sorted(entries, key=lambda entry: entry.code):
            part = parts.read(entry.code)
            if part is None:
                missing.append(entry.code)
                municipality = table_of(Municipality, [filler.row(entry)])
            else:
                municipality = _unnested(part, "municipality", Municipality)
                for name in ("forms", "pages"):
                    table = _unnested(part, name, TABLES[name])
                    writers[name].add(table.sort_by([(column, "ascending") for column in _SORTED_BY[name]]))
                hosts.append(_unnested(part, "hosts", Host))
                gathered += hosts[-1].num_rows
                if gathered >= HOSTS_BEFORE_MERGE:
                    hosts, gathered = [merged_hosts(pa.concat_tables(hosts))], 0
            outcomes[municipality["outcome"][0].as_py()] += 1
            writers["municipalities"].add(municipality)
        if hosts:
            writers["hosts"].add(merged_hosts(pa.concat_tables(hosts)))
        rows = {name: writer.rows for name, writer in writers.items()}
    return Compacted(rows=rows, outcomes=dict(sorted(outcomes.items())), missing=tuple(missing))


def _unnested(part: pa.Table, column: str, row_type: type) -> pa.Table:
    """A struct column, or the structs in a list column, as a table."""
    structs = part[column].combine_chunks()
    if pa.types.is_list(structs.type):
        structs = structs.flatten()
    return pa.Table.from_arrays(structs.flatten(), schema=arrow_schema(row_type))


def merged_hosts(hosts: pa.Table) -> pa.Table:
    """One row per (host, port, address), sorted so.

    A host that several municipalities use has a row in the part of each.  The row with the most handshakes is kept, of equal ones the
    latest; it gets the municipalities and roles of all, and the first supplier named where it names none.
    """
    hosts = hosts.sort_by(
        [("host", "ascending"), ("port", "ascending"), ("address", "ascending"), ("handshakes", "descending"), ("checked_at", "descending")]
    )
    keys = hosts.select(["host", "port", "address", "municipalities", "roles", "supplier"]).to_pydict()
    groups: dict[tuple[str, int, str], list[int]] = {}
    for position, key in enumerate(zip(keys["host"], keys["port"], keys["address"], strict=True)):
        groups.setdefault(key, []).append(position)

    def union(column: str, positions: list[int]) -> set[str]:
        return {value for position in positions for value in keys[column][position]}

    columns: dict[str, list[Any]] = {
        "municipalities": [sorted(union("municipalities", positions)) for positions in groups.values()],
        "roles": [sorted(union("roles", positions), key=_ROLE_ORDER.__getitem__) for positions in groups.values()],
        "supplier": [next((s for p in positions if (s := keys["supplier"][p]) is not None), None) for positions in groups.values()],
    }
    kept = hosts.take(pa.array([positions[0] for positions in groups.values()], type=pa.int64()))
    for name, values in columns.items():
        index = kept.schema.get_field_index(name)
        kept = kept.set_column(index, kept.schema.field(index), pa.array(values, type=kept.schema.field(index).type))
    return kept
