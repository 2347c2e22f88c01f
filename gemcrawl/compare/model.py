"""Two nights as they are compared, and what comes of it: plain, frozen data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from gemcrawl.items import FindingCode, Kind, Outcome, Status, Verdict

Change = Literal["fixed", "new", "worse", "better", "appeared", "vanished", "unchanged", "unknown"]
"""What became of a form, or of a municipality's answer for one kind of form.

fixed: it was insecure or downgrade, and is neither now.  new: the other way round.  better, worse: any other step.  appeared, vanished: it is
in one of the two nights only.  unchanged: the same verdict.  unknown: one of the nights could not tell, so nothing can be said.
"""
CHANGES: tuple[Change, ...] = get_args(Change)
MatchedBy = Literal["form_id", "page", "path", "kind", ""]
"""How two forms were taken for one: the same id; the same page but for http or https; the same page but for its query; the worst that
is left of a kind on both sides; empty for a form of one night only."""
Existence = Literal["kept", "merged", "appeared", "vanished", "unknown"]
"""Of a municipality: in both nights; in the newer one as what older ones became; in one of them only; not asked for in the other run."""

BAD: frozenset[str] = frozenset({"insecure", "downgrade"})
"""Verdicts that mean that what a citizen fills in can be read or altered on the way."""
RANK: dict[str, int] = {"secure": 0, "weak": 1, "downgrade": 2, "insecure": 3}
"""Verdicts that can be compared, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """One form on one night: columns of the table forms."""

    municipality: str
    form_id: str
    kind: Kind
    page_url: str
    verdict: Verdict
    supplier: str | None = None
    findings: tuple[FindingCode, ...] = ()
    """Codes of its findings, notes left out, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownState:
    """One municipality on one night: columns of the table municipalities."""

    code: str
    name: str
    outcome: Outcome
    appointment: Status
    contact: Status

    def tells(self, kind: Kind) -> bool:
        """Whether the absence of a form of this kind means that there is none."""
        status = {"appointment": self.appointment, "contact": self.contact}.get(kind)
        return self.outcome == "surveyed" and status != "not_tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One snapshot, as far as it is compared."""

    snapshot: str
    """Its name: 2026-11-23T020000Z."""
    towns: tuple[TownState, ...]
    forms: tuple[FormState, ...]
    complete: bool = True
    """Every municipality of the register was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What a recheck says of one form: a second look that can confirm a change."""

    name: str
    """Which recheck, as evidence: its name in the output."""
    municipality: str
    kind: Kind
    pages: tuple[str, ...]
    """URLs at which the form was and is."""
    verdict: Verdict | None
    """None: the form is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChange:
    """One form in two nights; a form of either night is in exactly one of these."""

    change: Change
    old: FormState | None
    new: FormState | None
    """At least one of the two is not None."""
    matched_by: MatchedBy
    confirmed_by: str = ""
    """The other run or recheck that saw the same; empty when none did, which makes it a change to wait with.  Empty too for what is
    unchanged or unknown."""

    @property
    def municipality(self) -> str:
        """Code in the newer night where it is in it."""
        return self._any.municipality

    @property
    def kind(self) -> Kind:
        return self._any.kind

    @property
    def confirmed(self) -> bool:
        """Whether it is news: a change that was seen twice."""
        return bool(self.confirmed_by)

    @property
    def gone(self) -> tuple[FindingCode, ...]:
        """Findings that the newer night no longer has."""
        return _without(self.old, self.new)

    @property
    def came(self) -> tuple[FindingCode, ...]:
        """Findings that only the newer night has."""
        return _without(self.new, self.old)

    @property
    def _any(self) -> FormState:
        found = self.new or self.old
        assert found is not None
        return found


def _without(one: FormState | None, other: FormState | None) -> tuple[FindingCode, ...]:
    left = set(other.findings) if other is not None else set()
    return tuple(code for code in (one.findings if one is not None else ()) if code not in left)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChange:
    """A municipality's answer for one kind of form in two nights."""

    change: Change
    old: Status | None
    """Of several municipalities that became one: the worst.  None when there was none."""
    new: Status | None
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownChange:
    """One municipality in two nights; for a merger there is one of these, for what came of it."""

    code: str
    """Code in the newer night where it is in it."""
    name: str
    existence: Existence
    before: tuple[str, ...]
    """Codes in the older night; none for one that appeared."""
    appointment: KindChange
    contact: KindChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What changed between two nights, in a fixed order."""

    old: str
    """Name of the older snapshot."""
    new: str
    forms: tuple[FormChange, ...]
    """Sorted by municipality, kind and page; unchanged ones included."""
    towns: tuple[TownChange, ...]
    """Sorted by code; unchanged ones included."""

    def only(self, changes: Collection[Change], *, kinds: Collection[Kind] = (), confirmed: bool | None = None) -> tuple[FormChange, ...]:
        """The forms in one of these classes; of these kinds unless that is empty; confirmed, unconfirmed, or (None) both."""
        return tuple(
            form
            for form in self.forms
            if form.change in changes and (not kinds or form.kind in kinds) and confirmed in (None, form.confirmed)
        )

    def counts(self, kind: Kind, *, confirmed: bool) -> dict[Change, int]:
        """Forms of a kind by class.  What is unchanged or unknown needs no second look and is in both."""
        of = Counter(form.change for form in self.forms if form.kind == kind and (not is_news(form.change) or form.confirmed == confirmed))
        return {change: of[change] for change in CHANGES}


def is_news(change: Change) -> bool:
    """Whether a class is a change that wants to be seen twice."""
    return change not in ("unchanged", "unknown")


def step(old: str, new: str) -> Change:
    """The class of a verdict that went from one to the other."""
    if old == new:
        return "unknown" if old == "not_tested" else "unchanged"
    if old not in RANK or new not in RANK:
        return "unknown"
    if (old in BAD) != (new in BAD):
        return "fixed" if old in BAD else "new"
    return "better" if RANK[new] < RANK[old] else "worse"


def worst(statuses: Iterable[Status]) -> Status | None:
    """The one that counts for several municipalities together; None for none."""
    order: tuple[Status, ...] = ("insecure", "downgrade", "weak", "not_tested", "secure", "not_found")
    return min(statuses, key=order.index, default=None)
