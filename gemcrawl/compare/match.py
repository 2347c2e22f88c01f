"""Which form of one night is which of another: mending a form often changes its address, and with that its id."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

from gemcrawl.compare.model import RANK
from gemcrawl.items import IN_SCOPE
from gemcrawl.survey.urls import key

if TYPE_CHECKING:
    from gemcrawl.compare.model import FormState, MatchedBy

Pair = tuple["FormState | None", "FormState | None", "MatchedBy"]


def page_of(url: str) -> str:
    """A page whatever its scheme: a form that moved from http to https is still at its place."""
    return key(url)


def path_of(url: str) -> str:
    """The same without the query, in which products and sessions are chosen."""
    return key(url).partition("?")[0]


def became(codes: Iterable[str], there: Collection[str], successors: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """For each municipality of the older night: those of the newer one that it is, or became by one merger after another."""
    found: dict[str, tuple[str, ...]] = {}
    for code in codes:
        ends: dict[str, None] = {}
        waiting, seen = [code], set()
        while waiting:
            at = waiting.pop(0)
            if at in seen:
                continue
            seen.add(at)
            if at in there:
                ends[at] = None
            else:
                waiting.extend(successors.get(at, ()))
        found[code] = tuple(sorted(ends))
    return found


def match(old: Iterable[FormState], new: Iterable[FormState], towns: Mapping[str, tuple[str, ...]]) -> list[Pair]:
    """Pairs the forms of two nights; a form without a counterpart is alone in its pair.

    Tried in this order: the same id; the same kind at the same page, whatever the scheme; the same kind at the same path, whatever the query;
    and, for the kinds that the survey is about, what is left of a kind, the worst with the worst: a form that moved to another page or
    supplier is mended only when the worst that is there now is.  The order of the input does not matter.

    Args:
        old, new: the forms.
        towns: for each municipality of the older night, what it is in the newer one (`became`).
    """
    left_old, left_new = sorted(old, key=_order), sorted(new, key=_order)
    pairs: list[Pair] = []
    for by, identity in _STAGES:
        if by == "kind":
            left_old, left_new = sorted(left_old, key=_worst_first), sorted(left_new, key=_worst_first)
        found, left_old, left_new = _stage(left_old, left_new, towns, identity)
        pairs += [(one, other, by) for one, other in found]
    pairs += [(form, None, "") for form in left_old]
    pairs += [(None, form, "") for form in left_new]
    return pairs


def _order(form: FormState) -> tuple[str, ...]:
    return (form.municipality, form.kind, page_of(form.page_url), form.page_url, form.form_id, form.verdict, *form.findings)


def _worst_first(form: FormState) -> tuple[int, tuple[str, ...]]:
    return -RANK.get(form.verdict, -1), _order(form)


_STAGES: tuple[tuple[MatchedBy, Callable[[FormState], Hashable | None]], ...] = (
    ("form_id", lambda form: form.form_id),
    ("page", lambda form: (form.kind, page_of(form.page_url))),
    ("path", lambda form: (form.kind, path_of(form.page_url))),
    ("kind", lambda form: form.kind if form.kind in IN_SCOPE else None),
)


def _stage(
    old: list[FormState],
    new: list[FormState],
    towns: Mapping[str, tuple[str, ...]],
    identity: Callable[[FormState], Hashable | None],
) -> tuple[list[tuple[FormState, FormState]], list[FormState], list[FormState]]:
    """Pairs by one identity, in order where several share it, and what is left on both sides."""
    waiting: dict[tuple[str, Hashable], deque[int]] = defaultdict(deque)
    for position, form in enumerate(new):
        if (what := identity(form)) is not None:
            waiting[form.municipality, what].append(position)
    pairs, left, taken = [], [], set()
    for form in old:
        what = identity(form)
        town = next((town for town in towns.get(form.municipality, ()) if what is not None and waiting.get((town, what))), None)
        if town is None:
            left.append(form)
        else:
            position = waiting[town, what].popleft()
            taken.add(position)
            pairs.append((form, new[position]))
    return pairs, left, [form for position, form in enumerate(new) if position not in taken]
