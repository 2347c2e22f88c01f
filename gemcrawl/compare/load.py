"""Snapshots and rechecks, read as what `gemcrawl.compare.compare` wants."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from gemcrawl import registry
from gemcrawl.compare.diff import compare
from gemcrawl.compare.model import Diff, FormState, Night, Second, TownState
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.items import IN_SCOPE, Kind, Recheck
from gemcrawl.places import Place, place, read_table
from gemcrawl.snapshot import rechecks
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.gate import is_whole
from gemcrawl.snapshot.read import latest, snapshots

_FORMS = ["municipality", "form_id", "kind", "page_url", "verdict", "supplier", "findings"]
_TOWNS = ["code", "name", "outcome", "appointment", "contact"]


def name_of(snapshot: Place) -> str:
    """The name of the snapshot in a directory."""
    return snapshot.name.removeprefix("snapshot=")


def before(known: Sequence[Place], snapshot: Place) -> Place | None:
    """The snapshot to compare one with: the one before it; of those before one over a whole register the newest that is over one too, where
    there is any, since a selection says nothing of the others.  None when there is none before.

    Args:
        known: all snapshots, oldest first.
        snapshot: the later one.
    """
    older = [path for path in known if path.name < snapshot.name]
    return _whole_first(older[::-1]) if is_whole(snapshot) else next(iter(older[-1:]), None)


def _whole_first(snapshots: Sequence[Place]) -> Place | None:
    """The first over a whole register, the first of all where none is; None for none."""
    return next((path for path in snapshots if is_whole(path)), next(iter(snapshots), None))


def resolve(output: Place, wanted: str, *, than: Place | None = None) -> Place:
    """The directory of a snapshot as a person names it: ``latest``, ``previous``, its name, the beginning of its name, or a path.

    Args:
        output: where snapshots live.
        wanted: what was typed.
        than: the snapshot that ``previous`` is the one before (`before`); the latest when left out.

    Raises:
        UsageError: there is no such snapshot, or more than one; the message lists the newest names.
        OutputError: there is no snapshot at all.
    """
    if wanted == "latest":
        return latest(output)
    known = snapshots(output)
    if wanted == "previous":
        newest = than or latest(output)
        if (older := before(known, newest)) is None:
            raise UsageError(f"there is no snapshot before {name_of(newest)} in {output}")
        return older
    path = place(wanted)
    if "/" in wanted or path.name.startswith("snapshot="):
        if (path / DESCRIPTOR).is_file():
            return path
        raise UsageError(f"{wanted!r} is not the directory of a snapshot: it has no {DESCRIPTOR}")
    found = [path for path in known if wanted and name_of(path).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    newest_names = ", ".join(name_of(path) for path in known[-5:]) or "none"
    problem = "no snapshot has a name that begins like this" if not found else f"{len(found)} snapshots have a name that begins like this"
    raise UsageError(f"{wanted!r}: {problem}; the newest in {output} are: {newest_names}; latest, previous and paths are taken too")


def night(snapshot: Place, *, kinds: Collection[Kind] = IN_SCOPE) -> Night:
    """One snapshot, with the forms of these kinds (of all kinds when empty).

    Raises:
        OutputError: it cannot be read.
    """
    towns = [TownState(**row) for row in _rows(snapshot / "municipalities.parquet", _TOWNS)]
    forms = []
    for row in _rows(snapshot / "forms.parquet", _FORMS, kinds):
        codes = dict.fromkeys(finding["code"] for finding in row["findings"] if finding["weight"] != "note")
        forms.append(FormState(**{**row, "findings": tuple(codes)}))
    return Night(snapshot=name_of(snapshot), towns=tuple(towns), forms=tuple(forms), complete=_is_complete(snapshot, len(towns)))


def _rows(path: Place, columns: list[str], kinds: Collection[Kind] = ()) -> list[dict[str, Any]]:
    try:
        filters = [("kind", "in", list(kinds))] if kinds else None
        rows: list[dict[str, Any]] = read_table(path, columns, filters).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise OutputError(f"cannot read {path}: {' '.join(str(error).split())}") from None
    return rows


def _is_complete(snapshot: Place, towns: int) -> bool:
    """Whether the run asked for all that the register held, by its descriptor."""
    try:
        rows = json.loads((snapshot / DESCRIPTOR).read_bytes())["gemcrawl"]["registry"]["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return not isinstance(rows, int) or towns >= rows


def seconds(output: Place, *, after: str) -> Iterator[Second]:
    """What the rechecks said that began after the snapshot of this name.

    Raises:
        OutputError: one cannot be read.
    """
    for path in rechecks.rechecks(output, after=after):
        for row in rechecks.read(path):
            if (second := _second(path.stem, row)) is not None:
                yield second


def _second(name: str, row: Recheck) -> Second | None:
    if row.result == "unreachable" or row.verdict == "not_tested":
        return None
    pages = (row.page_url,) if row.new_page_url in (None, row.page_url) else (row.page_url, row.new_page_url or "")
    return Second(name=name, municipality=row.municipality, kind=row.kind, pages=pages, verdict=row.verdict)


def diff(output: Place, old: str, new: str, *, kinds: Collection[Kind] = IN_SCOPE, register: Path | None = None) -> Diff:
    """Compares two snapshots, with everything in ``output`` that may confirm a change.

    That is: the rechecks later than the older one, and of the other runs later than it the last before and the first after the newer one, of
    those over a whole register where there are any.

    Args:
        output: where snapshots live.
        old, new: as in `resolve`; ``previous`` is the one before ``new``.
        kinds: kinds of form that are compared; all when empty.
        register: registry file instead of the packaged one; it says which municipality became which.

    Raises:
        UsageError: there is no such snapshot, or the two are one, or in the wrong order.
        OutputError: a file cannot be read.
    """
    newer = resolve(output, new)
    older = resolve(output, old, than=newer)
    if older.resolve() == newer.resolve():
        raise UsageError(f"{old!r} and {new!r} are one and the same snapshot, {name_of(older)}")
    if name_of(older) > name_of(newer):
        raise UsageError(f"{name_of(older)} is newer than {name_of(newer)}; name the older one first")
    return diff_of(output, older, newer, kinds=kinds, register=register)


def diff_of(
    output: Place, older: Place, newer: Place, *, kinds: Collection[Kind] = IN_SCOPE, register: Path | None = None, until: str = ""
) -> Diff:
    """The same for two directories.

    Args:
        until: name of a snapshot; nothing of it or later confirms anything, so that what is said of an earlier night stays said.  Empty: all do.

    Raises:
        OutputError: a file cannot be read.
        RegistryError: ``register`` cannot be used.
    """
    known = [path for path in snapshots(output) if not until or name_of(path) < until]
    between = [path for path in known if older.name < path.name < newer.name]
    later = [path for path in known if path.name > newer.name]
    return compare(
        night(older, kinds=kinds),
        night(newer, kinds=kinds),
        successors=registry.successors(register),
        nights=[night(path, kinds=kinds) for path in (_whole_first(between[::-1]), _whole_first(later)) if path is not None],
        rechecks=[second for second in seconds(output, after=name_of(older)) if not until or second.name < until],
    )
