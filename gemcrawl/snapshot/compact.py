"""From the parts of a run to the four tables of a snapshot, a row group of each in memory at a time."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gemcrawl.evidence.archive import moved
from gemcrawl.items import TABLES, Host, Municipality
from gemcrawl.snapshot.evidence import EvidenceWriter
from gemcrawl.snapshot.hosts import Hosts
from gemcrawl.snapshot.schema import arrow_schema, table_of
from gemcrawl.snapshot.writer import TableWriter
from gemcrawl.survey.rows import unsurveyed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from gemcrawl.items import Reason
    from gemcrawl.registry import Entry
    from gemcrawl.snapshot.parts import Parts

_SORTED_BY = {"forms": ("page_url", "form_id"), "pages": ("url", "fetched_at")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """The row of a municipality without a part."""

    reason: Reason
    """error, interrupted or deadline."""
    started: datetime
    finished: datetime

    def row(self, entry: Entry) -> Municipality:
        return unsurveyed(entry, "partial" if self.reason == "deadline" else "failed", self.reason, self.started, self.finished)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    rows: dict[str, int]
    """Rows by table."""
    outcomes: dict[str, int]
    """Municipalities by outcome; they add up to the registry."""
    missing: tuple[str, ...]
    """Codes without a part that could be read."""
    evidence: dict[str, Any] | None = None
    """What the descriptor says of archive and pictures; None when there are none."""


def compact(directory: Path, parts: Parts, entries: Iterable[Entry], filler: Filler, *, opening: bytes = b"") -> Compacted:
    """Write the four tables of a snapshot into a directory, and the evidence beside them.

    Rows are sorted by municipality, then URL (hosts: by host, port, address).  Every entry gets exactly one row in municipalities; parts of
    municipalities that are not among the entries are left out.  Memory does not grow with the number of entries, but for their codes.

    Args:
        directory: where to.
        parts: the finished municipalities.
        entries: the municipalities of the registry.
        filler: for those without a part.
        opening: the first record of the archive, where there is one.

    Raises:
        OSError: a file could not be written.
    """
    outcomes: Counter[str] = Counter()
    missing = []
    scratch = directory / "hosts"
    hosts = Hosts(scratch)
    with ExitStack() as stack:
        evidence = stack.enter_context(EvidenceWriter(directory, opening))
        writers = {name: stack.enter_context(TableWriter(directory / f"{name}.parquet", row)) for name, row in TABLES.items()}
        ordered = sorted(entries, key=lambda entry: entry.code)
        for entry, part in zip(ordered, parts.tables(entry.code for entry in ordered), strict=True):
            if part is None:
                missing.append(entry.code)
                municipality = table_of(Municipality, [filler.row(entry)])
            else:
                municipality = _unnested(part, "municipality", Municipality)
                for name in ("forms", "pages"):
                    table = _unnested(part, name, TABLES[name])
                    if name == "forms":
                        table = _with_evidence(table, part, evidence)
                    writers[name].add(table.sort_by([(column, "ascending") for column in _SORTED_BY[name]]))
                hosts.add(_unnested(part, "hosts", Host))
            outcomes[municipality["outcome"][0].as_py()] += 1
            writers["municipalities"].add(municipality)
        for rows_of_hosts in hosts.merged():
            writers["hosts"].add(rows_of_hosts)
        rows = {name: writer.rows for name, writer in writers.items()}
        kept = evidence.told()
    if scratch.exists():
        shutil.rmtree(scratch)
    return Compacted(rows=rows, outcomes=dict(sorted(outcomes.items())), missing=tuple(missing), evidence=kept)


def _with_evidence(forms: pa.Table, part: pa.Table, evidence: EvidenceWriter) -> pa.Table:
    """Adds the evidence of a part to that of the snapshot; the forms, with references that lead there."""
    evidence.add_pictures(part["pictures"][0].as_py())
    archive: bytes = part["archive"][0].as_py()
    if not archive:
        return forms
    begin = evidence.add_archive(archive)
    at = forms.schema.get_field_index("evidence")
    return forms.set_column(at, forms.schema.field(at), pa.array([moved(one, begin) for one in forms["evidence"].to_pylist()], pa.string()))


def _unnested(part: pa.Table, column: str, row_type: type) -> pa.Table:
    """A struct column, or the structs in a list column, as a table."""
    structs = part[column].combine_chunks()
    if pa.types.is_list(structs.type):
        structs = structs.flatten()
    return pa.Table.from_arrays(structs.flatten(), schema=arrow_schema(row_type))
