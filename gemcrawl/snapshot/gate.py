"""The quality gate: does a night look like one in which the scanner worked?  Counts in, reasons out; docs/operations.md has the thinking."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import pyarrow as pa

from gemcrawl.places import read_table
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.read import snapshots

if TYPE_CHECKING:
    from gemcrawl.places import Place

SHARES = ("unreachable", "dns", "blocked", "failed", "left out", "appointment not_found", "contact not_found")
"""What limits may be set on: shares of all municipalities.  Left out are those that the deadline came before, none of whose pages was read."""
AT_LEAST = 3
"""So many municipalities beyond a limit make a night suspect; one or two are never news."""
SAME_NATION = 0.05
"""Two snapshots are of the same nation when so large a share of their codes differs at the most (mergers change a few a year)."""

State = Literal["not_run", "passed", "suspect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the gate said."""

    state: State = "not_run"
    reasons: tuple[str, ...] = ()
    """Why a night is suspect."""
    compared_with: str | None = None
    """Name of the snapshot that it was compared with; None without a comparable one."""
    shares: Mapping[str, float] | None = None

    def told(self) -> dict[str, Any]:
        """For the descriptor."""
        return {
            "state": self.state,
            "reasons": list(self.reasons),
            "compared_with": self.compared_with,
            "shares": {name: round(share, 4) for name, share in (self.shares or {}).items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the gate looks at in a table of municipalities."""

    codes: frozenset[str]
    rows: int
    counts: Mapping[str, int]
    """Municipalities by `SHARES`."""

    @classmethod
    def of(cls, snapshot: Place) -> Self:
        """Counts the municipalities of a snapshot directory.

        Raises:
            OSError, pa.ArrowException: they cannot be read.
        """
        table = read_table(snapshot / "municipalities.parquet", ["code", "outcome", "reason", "pages", "appointment", "contact"])
        counts = Counter(table["outcome"].to_pylist())
        counts["dns"] = table["reason"].to_pylist().count("dns")
        ends = zip(table["outcome"].to_pylist(), table["reason"].to_pylist(), table["pages"].to_pylist(), strict=True)
        counts["left out"] = sum(end == ("partial", "deadline", 0) for end in ends)
        for kind in ("appointment", "contact"):
            counts[f"{kind} not_found"] = table[kind].to_pylist().count("not_found")
        return cls(codes=frozenset(table["code"].to_pylist()), rows=table.num_rows, counts={name: counts[name] for name in SHARES})

    def share(self, name: str) -> float:
        return self.counts[name] / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a night is suspect."""

    most: Mapping[str, float]
    """Largest share on any night."""
    rise: Mapping[str, float]
    """Largest rise of a share."""
    municipalities: int
    """In fewer, shares are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The snapshot to compare with."""

    name: str
    tally: Tally


def judge(
    now: Tally,
    codes: Collection[str],
    limits: Limits,
    *,
    whole: bool = True,
    previous: Previous | None = None,
    dead_canaries: Collection[str] = (),
) -> Gate:
    """Judges a night.

    Args:
        now: the night.
        codes: the municipalities there must be.
        limits: when it is suspect.
        whole: it is over all municipalities of the register; shares of a selection say nothing about the scanner.
        previous: a comparable snapshot, if there is one.
        dead_canaries: the hosts that should answer, when none did.
    """
    reasons = []
    if dead_canaries:
        reasons.append(f"no canary host answered ({', '.join(dead_canaries)}): this machine's network was down")
    if now.codes != frozenset(codes) or now.rows != len(now.codes):
        reasons.append(f"{now.rows} rows for {len(codes)} municipalities")
    if now.rows and now.counts["left out"] == now.rows:
        reasons.append("the deadline came before a page of any municipality was read")
    shares = whole and now.rows >= limits.municipalities
    if shares:
        reasons += _too_many(now, limits)
        if previous is not None:
            reasons += _risen(now, previous, limits)
    return Gate(
        state="suspect" if reasons else "passed",
        reasons=tuple(reasons),
        compared_with=previous.name if previous is not None and shares else None,
        shares={name: now.share(name) for name in SHARES},
    )


def _too_many(now: Tally, limits: Limits) -> list[str]:
    return [
        f"{name}: {now.counts[name]} of {now.rows} municipalities, more than {most:.0%}"
        for name, most in limits.most.items()
        if now.counts[name] > most * now.rows and now.counts[name] >= AT_LEAST
    ]


def _risen(now: Tally, previous: Previous, limits: Limits) -> list[str]:
    before = previous.tally
    return [
        f"{name}: {now.share(name):.1%} of the municipalities, {before.share(name):.1%} in {previous.name}; the limit is {rise:.0%} more"
        for name, rise in limits.rise.items()
        if now.share(name) - before.share(name) > rise and now.counts[name] - before.share(name) * now.rows >= AT_LEAST
    ]


def comparable(output: Place, now: Tally, *, run_id: str, settings: Mapping[str, Any]) -> Previous | None:
    """The newest published snapshot of a whole, same nation, made with the same ``settings`` by another run; None when there is none."""
    for path in reversed(snapshots(output)):
        told = told_of(path)
        if told is None or told.get("run") == run_id or not told.get("whole", True):
            continue
        if any((told.get("settings") or {}).get(name) != value for name, value in settings.items()):
            continue
        try:
            tally = Tally.of(path)
        except (OSError, pa.ArrowException):
            continue
        if len(tally.codes ^ now.codes) <= SAME_NATION * len(tally.codes | now.codes):
            return Previous(name=path.name.removeprefix("snapshot="), tally=tally)
    return None


def is_whole(snapshot: Place) -> bool:
    """Whether a snapshot is over all municipalities of its register; also where its descriptor does not say."""
    return (told_of(snapshot) or {}).get("whole", True) is not False


def told_of(snapshot: Place) -> dict[str, Any] | None:
    """What gemcrawl tells in the descriptor of a snapshot; None when it cannot be read."""
    try:
        told = json.loads((snapshot / DESCRIPTOR).read_bytes())["gemcrawl"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, dict) else None
