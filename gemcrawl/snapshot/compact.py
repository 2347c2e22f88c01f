"""From the parts of a run to the four tables of a snapshot, a row group of each in memory at a time."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gemcrawl.evidence.archive import moved
from gemcrawl.items import TABLES, Municipality, Survey
from gemcrawl.snapshot.evidence import EvidenceWriter
from gemcrawl.snapshot.hosts import Hosts
from gemcrawl.snapshot.writer import TableWriter
from gemcrawl.survey.rows import unsurveyed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from gemcrawl.items import Reason
    from gemcrawl.registry import Entry
    from gemcrawl.snapshot.parts import Parts


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
        for entry, part in zip(ordered, parts.surveys(entry.code for entry in ordered), strict=True):
            if part is None:
                missing.append(entry.code)
            survey = part or Survey(municipality=filler.row(entry))
            _keep_evidence(survey, evidence)
            outcomes[survey.municipality.outcome] += 1
            writers["municipalities"].add([survey.municipality])
            writers["forms"].add(sorted(survey.forms, key=attrgetter("page_url", "form_id")))
            writers["pages"].add(sorted(survey.pages, key=attrgetter("url", "fetched_at")))
            hosts.add(survey.hosts)
        for rows_of_hosts in hosts.merged():
            writers["hosts"].add_table(rows_of_hosts)
        rows = {name: writer.rows for name, writer in writers.items()}
        kept = evidence.told()
    if scratch.exists():
        shutil.rmtree(scratch)
    return Compacted(rows=rows, outcomes=dict(sorted(outcomes.items())), missing=tuple(missing), evidence=kept)


def _keep_evidence(survey: Survey, evidence: EvidenceWriter) -> None:
    """Adds the evidence of a survey to that of the snapshot, and has its forms refer there."""
    evidence.add_pictures(survey.pictures)
    if survey.archive:
        begin = evidence.add_archive(survey.archive)
        survey.forms = [replace(form, evidence=moved(form.evidence, begin)) for form in survey.forms]
