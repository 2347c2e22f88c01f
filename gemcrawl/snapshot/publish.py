"""Publication: the parts of a run become a snapshot in one rename, or nothing changes."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gemcrawl
from gemcrawl.evidence.warc import warcinfo
from gemcrawl.exceptions import OutputError
from gemcrawl.places import publish_directory, reason, remove, write_durably, write_whole
from gemcrawl.snapshot.compact import Filler, compact
from gemcrawl.snapshot.descriptor import DESCRIPTOR, RegistrySummary, RunInfo, describe
from gemcrawl.snapshot.gate import Gate, is_whole
from gemcrawl.snapshot.read import LATEST, directory_of, snapshot_id, snapshots
from gemcrawl.snapshot.runs import RUN_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gemcrawl.places import Place
    from gemcrawl.registry import Entry
    from gemcrawl.snapshot.compact import Compacted
    from gemcrawl.snapshot.parts import Parts

__all__ = ["Published", "RegistrySummary", "RunInfo", "publish"]

SUSPECT = "suspect"
"""Directory below the output for snapshots that the gate held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    path: Place
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
    output: Place,
    run: RunInfo,
    parts: Parts,
    entries: Iterable[Entry],
    *,
    keep_parts: bool = False,
    gate: Callable[[Path], Gate] | None = None,
    still_ours: Callable[[], None] = lambda: None,
) -> Published:
    """Make the snapshot of a run and publish it, or hold it back.

    Nothing matches ``output/snapshot=*`` before it is complete and on the disk; in a store its descriptor comes last, and who reads without
    looking for that may see tables too early.  latest.json follows, and never goes back to an older snapshot; it goes to a selection of
    municipalities only while there is no whole snapshot.  A snapshot that the gate finds suspect goes to ``output/suspect`` in the same way,
    and latest.json stays as it is.  Then the run's working area is removed, unless ``keep_parts``.  Publishing again what a run published
    before (it was killed between the two) adds nothing.

    Args:
        output: where snapshots live; the parts must be on the same file system, or in the same store.
        run: what the run tells about itself.
        parts: its finished municipalities.
        entries: the municipalities of the registry, each of which gets exactly one row.
        keep_parts: leave the working area for inspection.
        gate: judges the four tables in a directory; nobody does when it is left out.
        still_ours: raises when the output is another run's by now; asked before anything is published.

    Raises:
        OutputError: it could not be written, or what ``still_ours`` says; the parts are untouched.
    """
    filler = Filler(reason=run.missing, started=run.started, finished=run.finished)
    try:
        with _staging(parts.run_dir) as staged:
            opening = warcinfo(run.run_id, run.started, f"gemcrawl/{gemcrawl.__version__}")
            compacted = compact(staged, parts, entries, filler, opening=opening)
            judged = gate(staged) if gate is not None else Gate()
            still_ours()
            if judged.state == "suspect":
                held = output / SUSPECT
                if isinstance(held, Path):
                    held.mkdir(exist_ok=True)
                final = _release(held, staged, run, compacted, judged)
            else:
                final = _release(output, staged, run, compacted, judged)
                _point_latest(output, parts.run_dir)
    except OSError as error:
        raise OutputError(
            f"cannot publish run {run.run_id} in {output}: {reason(error)}; its parts are kept, resume the run when this is solved"
        ) from error
    if not keep_parts:
        with contextlib.suppress(OSError):
            remove(parts.run_dir, first=RUN_FILE)
    name = final.name.removeprefix("snapshot=")
    return Published(path=final, snapshot=name, rows=compacted.rows, outcomes=compacted.outcomes, missing=compacted.missing, gate=judged)


@contextlib.contextmanager
def _staging(run_dir: Place) -> Iterator[Path]:
    """A directory in which the tables grow: on the output's own file system, or for a store on this machine."""
    if not isinstance(run_dir, Path):
        with TemporaryDirectory(prefix="gemcrawl-publish-", ignore_cleanup_errors=True) as directory:
            yield Path(directory)
        return
    staged = run_dir / "publish"
    if staged.exists():
        shutil.rmtree(staged)
    staged.mkdir(parents=True)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _release(output: Place, staged: Path, run: RunInfo, compacted: Compacted, gate: Gate) -> Place:
    """Name the staged tables and publish them; two runs that started in one second get successive names."""
    moment = run.started
    while True:
        name = snapshot_id(moment)
        final = directory_of(output, name)
        descriptor = describe(staged, name, run, compacted, gate)
        if _same(final, descriptor):
            return final
        write_durably(staged / DESCRIPTOR, json.dumps(descriptor, indent=2, ensure_ascii=False).encode())
        if publish_directory(staged, final, last=DESCRIPTOR):
            return final
        moment += timedelta(seconds=1)


def _same(final: Place, descriptor: dict[str, Any]) -> bool:
    """Whether a snapshot of this very run with these very tables is there already."""
    try:
        there = json.loads((final / DESCRIPTOR).read_bytes())
        hashes = [resource["hash"] for resource in there["resources"]]
        run = there["gemcrawl"]["run"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(run == descriptor["gemcrawl"]["run"] and hashes == [resource["hash"] for resource in descriptor["resources"]])


def _point_latest(output: Place, run_dir: Place) -> None:
    there = snapshots(output)
    newest = next((path for path in reversed(there) if is_whole(path)), there[-1]).name.removeprefix("snapshot=")
    beside = run_dir / LATEST  # outside the directory that readers look at
    write_whole(output / LATEST, json.dumps({"snapshot": newest}).encode() + b"\n", beside=beside)
