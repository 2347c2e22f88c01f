"""Old snapshots go, on request: which are kept is decided from their names alone, and each goes in one step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.places import ahead, delete, reason, remove
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.gate import is_whole
from gemcrawl.snapshot.read import latest, named_as_snapshots, snapshots

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gemcrawl.places import Place

PRUNED = "pruned"
"""Directory below the output in which a snapshot lies between its rename and its removal."""

_MONTH = len("2026-11")


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning would do."""

    kept: tuple[Place, ...]
    """Oldest first."""
    removed: tuple[Place, ...]
    """Oldest first."""


def choose(
    names: Sequence[str], *, keep: int, keep_monthly: int = 0, whole: Collection[str] = (), always: Collection[str] = ()
) -> set[str]:
    """The names to keep: the newest ``keep``, and the first of each of the newest ``keep_monthly`` months that have one.

    The first whole snapshot of a month stands for it, the first one where none is whole: neither changes when the month goes on, so that
    pruning every night keeps what pruning once a year would.

    Args:
        names: of all snapshots, such as ``2026-11-23T020000Z``, in any order.
        keep: at least 1.
        keep_monthly: 0 for none.
        whole: names of those over a whole register.
        always: names that are kept whatever the numbers say.
    """
    newest_first = sorted(set(names), reverse=True)
    kept = {*newest_first[:keep], *(name for name in newest_first if name in always)}
    months = list(dict.fromkeys(name[:_MONTH] for name in newest_first))
    for month in months[:keep_monthly]:
        of_month = [name for name in reversed(newest_first) if name[:_MONTH] == month]
        kept.add(next((name for name in of_month if name in whole), of_month[0]))
    return kept


def plan(output: Place, *, keep: int, keep_monthly: int = 0) -> Plan:
    """What to keep and what to remove; the one that latest.json names, the newest and the newest whole one are always kept.

    Raises:
        UsageError: fewer than one to keep.
        OutputError: there is no snapshot.
    """
    if keep < 1 or keep_monthly < 0:
        raise UsageError(f"--keep {keep} --keep-monthly {keep_monthly}: at least one snapshot is kept, and no fewer than no months")
    newest = latest(output)
    found = {path.name.removeprefix("snapshot="): path for path in snapshots(output)}
    whole = {name for name, all_of_it in zip(found, ahead(output, is_whole, found.values()), strict=True) if all_of_it}
    always = {newest.name.removeprefix("snapshot="), *sorted(whole)[-1:]}
    kept = choose(list(found), keep=keep, keep_monthly=keep_monthly, whole=whole, always=always)
    return Plan(
        kept=tuple(path for name, path in sorted(found.items()) if name in kept),
        removed=tuple(path for name, path in sorted(found.items()) if name not in kept),
    )


def prune(output: Place, planned: Plan) -> None:
    """Removes what was planned, oldest first, and what an earlier pruning, or in a store a publication, left half done.

    A snapshot disappears for its readers in one step, whole, before anything in it is deleted.  The caller holds the output's lock.

    Raises:
        OutputError: something cannot be removed; the rest is untouched.
    """
    aside = output / PRUNED
    try:
        if isinstance(aside, Path):
            aside.mkdir(exist_ok=True)
            for left in sorted(aside.iterdir()):
                delete(left)
            for path in planned.removed:
                remove(path, first=DESCRIPTOR, aside=aside)
            aside.rmdir()
            return
        half = set(named_as_snapshots(output)) - set(snapshots(output))
        for path in (*sorted(half), *planned.removed):
            remove(path, first=DESCRIPTOR)
    except OSError as error:
        raise OutputError(f"cannot remove {error.filename or aside} ({reason(error)}); solve that and prune again") from None
