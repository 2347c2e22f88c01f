"""The table of hosts: one row per (host, port, address), whichever municipalities' parts it comes from, in bounded memory.

Parts come in the order of their municipalities, and a host that many use is in the parts of all of them: an external merge sort.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, get_args

import pyarrow as pa
import pyarrow.ipc

from gemcrawl.items import Host, Role
from gemcrawl.snapshot.writer import Gathered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RUN_BYTES = 32 * 1024 * 1024
"""Arrow bytes of host rows that are sorted at once."""
BATCH_ROWS = 500
"""Rows of each sorted run in memory while runs are merged: a run of 32 MB then takes about 1 MB."""

_KEY = ("host", "port", "address")
_ROLE_ORDER = {role: position for position, role in enumerate(get_args(Role))}
_Key = tuple[str, int, str]


class Hosts:
    """Gathers host rows in any order and gives them back merged and sorted.

    Args:
        scratch: a directory for sorted runs that do not fit in memory; made when it is needed, and for the caller to remove.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._waiting = Gathered(Host)
        self._runs: list[Path] = []

    def add(self, hosts: Iterable[Host]) -> None:
        """Adds the hosts of a survey.

        Raises:
            OSError: a run could not be written.
        """
        self._waiting.add(hosts)
        if self._waiting.bytes >= RUN_BYTES:
            self._write_run()

    def merged(self) -> Iterator[pa.Table]:
        """All rows added, as `merged_hosts` makes them of the whole, a piece at a time.

        Raises:
            OSError: a run could not be written or read.
        """
        if not self._runs:
            if (rows := self._waiting.take()) is not None:
                yield merged_hosts(rows)
            return
        self._write_run()
        with ExitStack() as stack:
            runs = [_Run(stack.enter_context(path.open("rb"))) for path in self._runs]
            # What is still to come of a run lies beyond its last row in memory: up to the least of these, every group is complete.
            while runs := [run for run in runs if run.ahead()]:
                limit = min(run.last for run in runs)
                yield merged_hosts(pa.concat_tables([run.up_to(limit) for run in runs]))

    def _write_run(self) -> None:
        rows = self._waiting.take()
        if rows is None:
            return
        self._scratch.mkdir(exist_ok=True)
        path = self._scratch / f"{len(self._runs)}.arrow"
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with path.open("wb") as file, pa.ipc.new_stream(file, rows.schema, options=options) as stream:
            stream.write_table(merged_hosts(rows).combine_chunks(), max_chunksize=BATCH_ROWS)
        self._runs.append(path)


class _Run:
    """A sorted run of rows with different keys, read a batch at a time."""

    def __init__(self, file: Any) -> None:
        self._stream = pa.ipc.open_stream(file)
        self._rows: pa.Table = self._stream.schema.empty_table()
        self._keys: list[_Key] = []
        self._at = 0

    def ahead(self) -> bool:
        """Whether there are rows left; then some of them are in memory."""
        if self._at == len(self._keys):
            batch = next(self._stream, None)
            self._rows = self._stream.schema.empty_table() if batch is None else pa.Table.from_batches([batch])
            self._keys, self._at = _keys(self._rows), 0
        return self._at < len(self._keys)

    @property
    def last(self) -> _Key:
        """The key of the last row in memory."""
        return self._keys[-1]

    def up_to(self, limit: _Key) -> pa.Table:
        """Takes the rows in memory with keys up to this one."""
        start, self._at = self._at, bisect_right(self._keys, limit, lo=self._at)
        return self._rows.slice(start, self._at - start)


def _keys(hosts: pa.Table) -> list[_Key]:
    return list(zip(*(hosts[column].to_pylist() for column in _KEY), strict=True))


def merged_hosts(hosts: pa.Table) -> pa.Table:
    """One row per (host, port, address), sorted so.

    A host that several municipalities use has a row in the part of each.  The row with the most handshakes is kept, of equal ones the
    latest, of equal ones again the first; it gets the municipalities and roles of all, and of the suppliers that they name the first by name.
    Merging what is merged already changes nothing.
    """
    hosts = hosts.sort_by([*((column, "ascending") for column in _KEY), ("handshakes", "descending"), ("checked_at", "descending")])
    values = hosts.select(["municipalities", "roles", "supplier"]).to_pydict()
    groups: dict[_Key, list[int]] = {}
    for position, key in enumerate(_keys(hosts)):
        groups.setdefault(key, []).append(position)

    def union(column: str, positions: list[int]) -> set[str]:
        return {value for position in positions for value in values[column][position]}

    columns: dict[str, list[Any]] = {
        "municipalities": [sorted(union("municipalities", positions)) for positions in groups.values()],
        "roles": [sorted(union("roles", positions), key=_ROLE_ORDER.__getitem__) for positions in groups.values()],
        "supplier": [
            min((s for p in positions if (s := values["supplier"][p]) is not None), default=None) for positions in groups.values()
        ],
    }
    kept = hosts.take(pa.array([positions[0] for positions in groups.values()], type=pa.int64()))
    for name, merged in columns.items():
        index = kept.schema.get_field_index(name)
        kept = kept.set_column(index, kept.schema.field(index), pa.array(merged, type=kept.schema.field(index).type))
    return kept
