"""What a second look at known forms says: a pure function of what they were and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gemcrawl.compare.match import match
from gemcrawl.compare.model import FormState, step
from gemcrawl.items import Form, Reason, Recheck, RecheckResult

if TYPE_CHECKING:
    from gemcrawl.snapshot.known import KnownForm

_GONE = (404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How the second look at one municipality went."""

    forms: Sequence[Form]
    """The forms found, judged."""
    failures: Mapping[str, Reason]
    """By document of a known form: why it could not be read."""
    statuses: Mapping[str, int]
    """By document: the HTTP status of what answered."""
    searched: bool
    """The site itself was searched for forms that were not where they had been, and could be read."""
    requests: int
    at: datetime


def missing(known: Iterable[KnownForm], forms: Iterable[Form]) -> bool:
    """Whether a known form was not found."""
    return any(old is not None and new is None for old, new, _ in _matched(known, forms))


def results(known: Sequence[KnownForm], looked: Looked, *, snapshot: str) -> list[Recheck]:
    """One row per known form."""
    forms = {form.form_id: form for form in looked.forms}
    before = {form.form_id: form for form in known}
    rows = []
    for old, new, _ in _matched(known, looked.forms):
        if old is not None:
            rows.append(_row(before[old.form_id], forms[new.form_id] if new is not None else None, looked, snapshot))
    return rows


def _matched(known: Iterable[KnownForm], forms: Iterable[Form]) -> list[tuple[FormState | None, FormState | None, str]]:
    old = [_state(form) for form in known]
    towns = {form.municipality: (form.municipality,) for form in old}
    return list(match(old, [_state(form) for form in forms], towns))


def _state(form: KnownForm | Form) -> FormState:
    codes = dict.fromkeys(finding.code for finding in form.findings if finding.weight != "note")
    return FormState(
        municipality=form.municipality,
        form_id=form.form_id,
        kind=form.kind,
        page_url=form.page_url,
        verdict=form.verdict,
        supplier=form.supplier,
        findings=tuple(codes),
    )


def _row(known: KnownForm, form: Form | None, looked: Looked, snapshot: str) -> Recheck:
    result, reason, evidence = _judged(known, form, looked)
    now = set() if form is None else {finding.code for finding in form.findings}
    gone = dict.fromkeys(f.code for f in known.findings if f.weight != "note" and f.code not in now)
    return Recheck(
        municipality=known.municipality,
        form_id=known.form_id,
        kind=known.kind,
        page_url=known.page_url,
        snapshot=snapshot,
        result=result,
        reason=reason,
        verdict_before=known.verdict,
        verdict=form.verdict if form is not None else None,
        gone=list(gone) if result not in ("unreachable", "gone") else [],
        findings=list(form.findings) if form is not None else [],
        new_form_id=form.form_id if form is not None else None,
        new_page_url=form.page_url if form is not None else None,
        evidence=evidence,
        requests=looked.requests,
        checked_at=looked.at,
    )


def _judged(known: KnownForm, form: Form | None, looked: Looked) -> tuple[RecheckResult, Reason | None, str]:
    document = known.document
    failure, status = looked.failures.get(document), looked.statuses.get(document, 0)
    if form is None:
        answered = failure is None and document in looked.statuses
        if (answered or status in _GONE) and looked.searched:
            return "gone", None, f"{document} answers {status} and has no such form; none was found elsewhere on the site"
        return "unreachable", failure or "error", f"{document}: {(failure or 'not visited').replace('_', ' ')}"
    where = "" if form.page_url == known.page_url else f"; now at {form.page_url}"
    if form.verdict == "not_tested" and known.verdict != "not_tested":
        return "unreachable", None, f"the form is there{where}, but a fact that could make it insecure is not known"
    counting = [finding for finding in form.findings if finding.weight != "note"]
    seen = f"{counting[0].code} on {counting[0].subject}: {counting[0].evidence}" if counting else "no finding that counts"
    return result_of(known.verdict, form.verdict), None, f"{seen}{where}"


def result_of(before: str, now: str) -> RecheckResult:
    """fixed: no longer insecure or downgrade, or now secure; worse: a step down; still: anything else."""
    change = step(before, now)
    if change == "fixed" or (change == "better" and now == "secure"):
        return "fixed"
    return "worse" if change in ("new", "worse") else "still"


def counts(rows: Iterable[Recheck]) -> dict[RecheckResult, int]:
    """Forms by result, every result named."""
    of = Counter(row.result for row in rows)
    order: tuple[RecheckResult, ...] = ("fixed", "still", "worse", "unreachable", "gone")
    return {result: of[result] for result in order}
