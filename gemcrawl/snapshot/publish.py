"""Publication: the parts of a run become a snapshot in one rename, or nothing changes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import gemcrawl
from gemcrawl.evidence.warc import warcinfo
from gemcrawl.exceptions import OutputError
from gemcrawl.snapshot.compact import Filler, compact
from gemcrawl.snapshot.descriptor import DESCRIPTOR, RegistrySummary, RunInfo, describe
from gemcrawl.snapshot.gate import Gate, is_whole
from gemcrawl.snapshot.parts import sync_directory, write_durably
from gemcrawl.snapshot.read import LATEST, directory_of, snapshot_id, snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gemcrawl.registry import Entry
    from gemcrawl.snapshot.compact import Compacted
    from gemcrawl.snapshot.parts import Parts

__all__ = ["Published", "RegistrySummary", "RunInfo", "publish"]

SUSPECT = "suspect"
"""Directory below the output for snapshots that the gate held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    path: Path
    """The snapshot's directory."""
    snapshot: str
    """Its name: 2026-11-23T020000Z."""
    rows: dict[str, int]
    """Rows by table."""
    outcomes: dict[str, int]
    """Municipalities by outcome."""
    missing: tuple[str, ...]
    """Codes for which there was no part that could be read; they have a row that says why."""
    gate: Gate
    """What the quality gate said."""


def publish(
    output: Path,
    run: RunInfo,
    parts: Parts,
    entries: Iterable[Entry],
    *,
    keep_parts: bool = False,
    gate: Callable[[Path], Gate] | None = None,
) -> Published:
    """Make the snapshot of a run and publish it, or hold it back.

    Nothing matches ``output/snapshot=*`` before it is complete and on the disk.  latest.json follows, and never goes back to an older
    snapshot; it goes to a selection of municipalities only while there is no whole snapshot.  A snapshot that the gate finds suspect goes
    to ``output/suspect`` in the same way, and latest.json stays as it is.  Then the run's working area is removed, unless ``keep_parts``.  Publishing again what a run published before (it was killed
    between the two) adds nothing.

    Args:
        output: where snapshots live; the parts must be on the same file system.
        run: what the run tells about itself.
        parts: its finished municipalities.
        entries: the municipalities of the registry, each of which gets exactly one row.
        keep_parts: leave the working area for inspection.
        gate: judges the four tables in a directory; nobody does when it is left out.

    Raises:
        OutputError: it could not be written; the parts are untouched.
    """
    staged = parts.run_dir / "publish"
    filler = Filler(reason=run.missing, started=run.started, finished=run.finished)
    try:
        if staged.exists():
            shutil.rmtree(staged)
        staged.mkdir(parents=True)
        opening = warcinfo(run.run_id, run.started, f"gemcrawl/{gemcrawl.__version__}")
        compacted = compact(staged, parts, entries, filler, opening=opening)
        judged = gate(staged) if gate is not None else Gate()
        if judged.state == "suspect":
            (output / SUSPECT).mkdir(exist_ok=True)
            final = _release(output / SUSPECT, staged, run, compacted, judged)
        else:
            final = _release(output, staged, run, compacted, judged)
            _point_latest(output, parts.run_dir)
    except OSError as error:
        with contextlib.suppress(OSError):
            shutil.rmtree(staged)
        reason = error.strerror or error
        raise OutputError(
            f"cannot publish run {run.run_id} in {output}: {reason}; its parts are kept, resume the run when this is solved"
        ) from error
    if not keep_parts:
        shutil.rmtree(parts.run_dir, ignore_errors=True)
    name = final.name.removeprefix("snapshot=")
    return Published(path=final, snapshot=name, rows=compacted.rows, outcomes=compacted.outcomes, missing=compacted.missing, gate=judged)


def _release(output: Path, staged: Path, run: RunInfo, compacted: Compacted, gate: Gate) -> Path:
    """Name the staged tables and rename them into place; two runs that started in one second get successive names."""
    moment = run.started
    while True:
        name = snapshot_id(moment)
        final = directory_of(output, name)
        descriptor = describe(staged, name, run, compacted, gate)
        if _same(final, descriptor):
            shutil.rmtree(staged)
            return final
        if not final.exists():
            write_durably(staged / DESCRIPTOR, json.dumps(descriptor, indent=2, ensure_ascii=False).encode())
            sync_directory(staged)
            try:
                os.rename(staged, final)  # noqa: PTH104  the commit
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                sync_directory(output)
                return final
        moment += timedelta(seconds=1)


def _same(final: Path, descriptor: dict[str, Any]) -> bool:
    """Whether a snapshot of this very run with these very tables is there already."""
    try:
        there = json.loads((final / DESCRIPTOR).read_bytes())
        hashes = [resource["hash"] for resource in there["resources"]]
        run = there["gemcrawl"]["run"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(run == descriptor["gemcrawl"]["run"] and hashes == [resource["hash"] for resource in descriptor["resources"]])


def _point_latest(output: Path, run_dir: Path) -> None:
    there = snapshots(output)
    newest = next((path for path in reversed(there) if is_whole(path)), there[-1]).name.removeprefix("snapshot=")
    beside = run_dir / LATEST  # outside the directory that readers look at
    write_durably(beside, json.dumps({"snapshot": newest}).encode() + b"\n")
    os.replace(beside, output / LATEST)  # noqa: PTH105
    sync_directory(output)
