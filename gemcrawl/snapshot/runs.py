"""What a run is: ``runs/<run-id>/run.json``, written before its first request, and which run a new process takes up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gemcrawl
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.places import ahead, reason, sync_directory, write_whole
from gemcrawl.snapshot.read import snapshot_id
from gemcrawl.snapshot.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gemcrawl.places import Place
    from gemcrawl.registry import Registry

RUN_FILE = "run.json"
AUTOMATIC_WITHIN = timedelta(hours=24)
"""A run that began longer ago is taken up only when it is asked for."""

_RUN_ID_LENGTH = 64
_DIFFERENCES = {
    "as_of": "as-of date",
    "registry_sha256": "content of the register",
    "municipalities": "number of municipalities",
    "municipalities_sha256": "municipalities, websites or known hosts",
    "program_version": "version of gemcrawl",
    "schema_version": "version of the tables",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What must be the same in every process that works on a run."""

    run_id: str
    started: str
    """ISO 8601, UTC; the snapshot is named after it."""
    as_of: str
    only: tuple[str, ...]
    """Codes asked for; empty for the whole register."""
    registry_sha256: str
    municipalities: int
    municipalities_sha256: str
    """Over code, website and known hosts of each."""
    settings: Mapping[str, Any]
    """Those that decide what is seen."""
    program_version: str
    schema_version: int

    @classmethod
    def of(cls, registry: Registry, *, only: tuple[str, ...], settings: Mapping[str, Any], started: datetime) -> RunRecord:
        """The record of a run that starts now."""
        lines = (f"{e.code} {e.website} {' '.join(e.known_hosts)}\n" for e in registry.entries)
        return cls(
            run_id=snapshot_id(started),
            started=started.isoformat(),
            as_of=registry.as_of.isoformat(),
            only=tuple(sorted(set(only))),
            registry_sha256=registry.sha256,
            municipalities=len(registry.entries),
            municipalities_sha256=hashlib.sha256("".join(lines).encode()).hexdigest(),
            settings=settings,
            program_version=gemcrawl.__version__,
            schema_version=SCHEMA_VERSION,
        )

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.started).astimezone(UTC)

    @property
    def date(self) -> date:
        return date.fromisoformat(self.as_of)

    def differences(self, other: RunRecord) -> list[str]:
        """In what ``other`` may not continue this run; empty when it may."""
        found = [
            f"{said}: {getattr(self, name)} in the run, {getattr(other, name)} now"
            for name, said in _DIFFERENCES.items()
            if getattr(self, name) != getattr(other, name)
        ]
        names = sorted({*self.settings, *other.settings})
        return found + [
            f"setting {name}: {self.settings.get(name)!r} in the run, {other.settings.get(name)!r} now"
            for name in names
            if self.settings.get(name) != other.settings.get(name)
        ]


def read_run(output: Place, run_id: str) -> RunRecord | None:
    """The record of a run; None when there is none that can be read."""
    if not run_id or len(run_id) > _RUN_ID_LENGTH or "/" in run_id or "\0" in run_id:
        return None
    try:
        told = json.loads((output / "runs" / run_id / RUN_FILE).read_bytes())
        record = RunRecord(**{field.name: told[field.name] for field in fields(RunRecord)} | {"only": tuple(told["only"])})
        datetime.fromisoformat(record.started)
        date.fromisoformat(record.as_of)
        dict(record.settings)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if record.run_id == run_id else None


def unfinished(output: Place) -> list[RunRecord]:
    """The runs that can be taken up, oldest first."""
    try:
        names = sorted(path.name for path in (output / "runs").iterdir())
    except OSError:
        return []
    found = [record for record in ahead(output, partial(read_run, output), names) if record is not None]
    return sorted(found, key=lambda record: record.moment)


def asked_for(output: Place, resume: str | None) -> RunRecord | None:
    """The run that ``resume`` names: an id, or ``last`` for the newest unfinished one; None for None and ``new``.

    Raises:
        UsageError: there is no such run.
    """
    if resume is None or resume == "new":
        return None
    known = unfinished(output)
    record = (known[-1] if known else None) if resume == "last" else read_run(output, resume)
    if record is None:
        listed = ", ".join(known.run_id for known in known) or "none"
        raise UsageError(f"--resume {resume!r}: no such run in {output.absolute()}; there are: {listed}")
    return record


def check_same(record: RunRecord, wanted: RunRecord) -> None:
    """Makes sure that a run can be continued as ``wanted``.

    Raises:
        UsageError: it cannot; the message names every difference, and the way out.
    """
    if found := record.differences(wanted):
        raise UsageError(
            f"run {record.run_id} cannot be taken up: {'; '.join(found)}. Give the options it was started with, or start afresh with --new"
        )


def automatic(output: Place, wanted: RunRecord) -> RunRecord | None:
    """The newest unfinished run of today that asks for exactly what ``wanted`` does; None when there is none."""
    for record in reversed(unfinished(output)):
        age = wanted.moment - record.moment
        if record.only == wanted.only and not record.differences(wanted) and -AUTOMATIC_WITHIN < age < AUTOMATIC_WITHIN:
            return record
    return None


def begin(output: Place, record: RunRecord) -> RunRecord:
    """Makes the working area of a run and writes what it is, durably.

    Returns:
        The record, with the run id of the area: two runs that start in one second get successive ids.

    Raises:
        OutputError: it could not be written.
    """
    moment = record.moment
    try:
        while not _make(directory := output / "runs" / snapshot_id(moment)):
            moment += timedelta(seconds=1)
        told = asdict(record) | {"run_id": directory.name, "started": moment.isoformat()}
        write_whole(directory / RUN_FILE, json.dumps(told, indent=1, sort_keys=True).encode() + b"\n")
        if isinstance(directory, Path):
            for parent in (directory.parent, directory.parent.parent):
                sync_directory(parent)
    except OSError as error:
        raise OutputError(f"output {output} cannot be written ({reason(error)}); name another with --output, or free space") from None
    return RunRecord(**told)


def _make(directory: Place) -> bool:
    """Makes the area of a run; False when there is one.  In a store an area is what is in it, and whoever begins a run holds the lease."""
    if not isinstance(directory, Path):
        return not directory.exists()
    directory.parent.mkdir(exist_ok=True)
    try:
        directory.mkdir()
    except FileExistsError:
        return False
    return True
