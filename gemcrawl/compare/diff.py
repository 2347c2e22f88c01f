"""The comparison of two nights.

Network noise is not news.  A change is confirmed when a second look, later than the older night, shows the same: another run, whose own
comparison with the older night puts the form in the same class, or a recheck of the form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from gemcrawl.compare.match import became, match, path_of
from gemcrawl.compare.model import (
    Change,
    Diff,
    Existence,
    FormChange,
    FormState,
    KindChange,
    Night,
    Second,
    TownChange,
    TownState,
    is_news,
    step,
    worst,
)
from gemcrawl.items import Kind, Status

Places = tuple[str, Kind, str]
Successors = Mapping[str, tuple[str, ...]]
_InScope = Literal["appointment", "contact"]


def compare(old: Night, new: Night, *, successors: Successors, nights: Sequence[Night] = (), rechecks: Iterable[Second] = ()) -> Diff:
    """What changed from one night to a later one.

    Args:
        old, new: the two nights.
        successors: what municipalities became, by code (`gemcrawl.registry.successors`).
        nights: other nights that may confirm a change: later than the older one.
        rechecks: what rechecks that are later than the older night said.

    Returns:
        Every form and every municipality of both nights, each in exactly one change.  The order of the input does not matter.
    """
    towns = became(sorted(_codes(old)), _codes(new), successors)
    forms = _forms(old, new, towns)
    seconds: dict[Places, list[Second]] = defaultdict(list)
    for second in sorted(rechecks, key=lambda s: (s.name, s.municipality, s.pages)):
        for page in second.pages:
            seconds[second.municipality, second.kind, path_of(page)].append(second)
    witnesses = [(night.snapshot, _witness(old, night, successors)) for night in sorted(nights, key=lambda n: n.snapshot)]
    confirmed = [
        replace(form, confirmed_by=_by_night(form, witnesses) or _by_recheck(form, seconds)) if is_news(form.change) else form
        for form in forms
    ]
    return Diff(
        old=old.snapshot,
        new=new.snapshot,
        forms=tuple(sorted(confirmed, key=_place)),
        towns=tuple(_towns(old, new, towns, confirmed, sorted(nights, key=lambda n: n.snapshot), successors)),
    )


def _codes(night: Night) -> set[str]:
    return {town.code for town in night.towns} | {form.municipality for form in night.forms}


def _forms(old: Night, new: Night, towns: Mapping[str, tuple[str, ...]]) -> list[FormChange]:
    before = {town.code: town for town in old.towns}
    after = {town.code: town for town in new.towns}
    forerunners: dict[str, list[str]] = defaultdict(list)
    for code, ends in towns.items():
        for end in ends:
            forerunners[end].append(code)
    changes = []
    for one, other, by in match(old.forms, new.forms, towns):
        if one is not None and other is not None:
            change = step(one.verdict, other.verdict)
        elif one is not None:
            change = "vanished" if _all_tell(towns[one.municipality], after, one.kind) else "unknown"
        else:
            assert other is not None
            earlier = forerunners[other.municipality]
            change = "appeared" if (_all_tell(earlier, before, other.kind) if earlier else old.complete) else "unknown"
        changes.append(FormChange(change=change, old=one, new=other, matched_by=by))
    return changes


def _all_tell(codes: Iterable[str], towns: Mapping[str, TownState], kind: Kind) -> bool:
    """Whether all of these municipalities, of which there is one, were read well enough to say what they do not have."""
    found = [code in towns and towns[code].tells(kind) for code in codes]
    return bool(found) and all(found)


def _witness(old: Night, night: Night, successors: Successors) -> tuple[dict[FormState, Change], set[Places]]:
    """How another night compares with the older one: the class of every form of the older one, and the places of forms that appeared."""
    forms = _forms(old, night, became(sorted(_codes(old)), _codes(night), successors))
    of_old = {form.old: form.change for form in forms if form.old is not None}
    return of_old, {_place_of(form.new) for form in forms if form.new is not None and form.change == "appeared"}


def _by_night(form: FormChange, witnesses: Iterable[tuple[str, tuple[dict[FormState, Change], set[Places]]]]) -> str:
    for name, (of_old, appeared) in witnesses:
        if form.old is not None and of_old.get(form.old) == form.change:
            return f"snapshot {name}"
        if form.change == "appeared" and form.new is not None and _place_of(form.new) in appeared:
            return f"snapshot {name}"
    return ""


def _by_recheck(form: FormChange, seconds: Mapping[Places, Sequence[Second]]) -> str:
    for state in (form.old, form.new):
        those = seconds.get(_place_of(state), ()) if state is not None else ()
        for second in those:
            if second.name != those[-1].name:
                continue  # the newest one speaks
            if second.verdict is None:
                agrees = form.change == "vanished"
            elif form.old is None:
                agrees = form.change == "appeared"
            else:
                agrees = form.new is not None and step(form.old.verdict, second.verdict) == form.change
            if agrees:
                return f"recheck {second.name}"
    return ""


def _place_of(form: FormState) -> Places:
    return form.municipality, form.kind, path_of(form.page_url)


def _place(form: FormChange) -> tuple[str, ...]:
    state = form.new or form.old
    assert state is not None
    return (form.municipality, form.kind, state.page_url, state.form_id, form.change, state.municipality, state.verdict, *state.findings)


def _towns(
    old: Night,
    new: Night,
    towns: Mapping[str, tuple[str, ...]],
    forms: Sequence[FormChange],
    nights: Sequence[Night],
    successors: Successors,
) -> list[TownChange]:
    before = {town.code: town for town in old.towns}
    forerunners: dict[str, list[str]] = defaultdict(list)
    for town in old.towns:
        for end in towns[town.code]:
            forerunners[end].append(town.code)
    of: dict[tuple[str, Kind], list[FormChange]] = defaultdict(list)
    for form in forms:
        if is_news(form.change):
            of[form.municipality, form.kind].append(form)
    statuses = [(night.snapshot, {town.code: town for town in night.towns}) for night in nights]

    def kind_change(kind: _InScope, codes: Sequence[str], now: TownState) -> KindChange:
        if not codes and not old.complete:
            return KindChange(change="unknown", old=None, new=_status(now, kind))
        was = worst(_status(before[code], kind) for code in codes)
        change = _status_step(was, _status(now, kind))
        by = ""
        if is_news(change):
            told = [(name, there[now.code]) for name, there in statuses if now.code in there]
            by = next((f"snapshot {name}" for name, town in told if _status_step(was, _status(town, kind)) == change), "")
            news = [form for form in of[now.code, kind] if form.change == change] or of[now.code, kind]
            if not by and news and all(form.confirmed for form in news):
                by = news[0].confirmed_by
        return KindChange(change=change, old=was, new=_status(now, kind), confirmed_by=by)

    changes = []
    for town in new.towns:
        codes = sorted(forerunners[town.code])
        came: Existence = "appeared" if old.complete else "unknown"
        existence: Existence = "kept" if codes == [town.code] else "merged" if codes else came
        changes.append(
            TownChange(
                code=town.code,
                name=town.name,
                existence=existence,
                before=tuple(codes),
                appointment=kind_change("appointment", codes, town),
                contact=kind_change("contact", codes, town),
            )
        )
    for town in old.towns:
        if not towns[town.code]:
            gone = new.complete or town.code in successors
            change: Change = "vanished" if gone else "unknown"
            changes.append(
                TownChange(
                    code=town.code,
                    name=town.name,
                    existence="vanished" if gone else "unknown",
                    before=(town.code,),
                    appointment=KindChange(change=change, old=town.appointment, new=None),
                    contact=KindChange(change=change, old=town.contact, new=None),
                )
            )
    return sorted(changes, key=lambda town: (town.code, town.before))


def _status(town: TownState, kind: _InScope) -> Status:
    return town.appointment if kind == "appointment" else town.contact


def _status_step(old: Status | None, new: Status) -> Change:
    """The class of an answer; having no such form is no degree of security, and neither is not having been asked."""
    if "not_tested" in (old, new):
        return "unknown"
    if old is None or old == "not_found":
        return "unchanged" if new == "not_found" and old is not None else "appeared"
    return "vanished" if new == "not_found" else step(old, new)
