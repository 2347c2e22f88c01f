"""The rows of the tables municipalities and pages, as the survey knows them before anything is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gemcrawl import clock
from gemcrawl.items import Municipality, Page, RedirectHop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gemcrawl.items import Form, Outcome, Reason
    from gemcrawl.registry import Entry
    from gemcrawl.survey.frontier import Candidate
    from gemcrawl.survey.visit import Visit


def page_row(municipality: str, candidate: Candidate, visit: Visit) -> Page:
    """The row of one visit."""
    reading = visit.reading
    return Page(
        municipality=municipality,
        url=candidate.url + candidate.fragment,
        final_url=visit.final_url,
        redirects=[RedirectHop(url=h.url, status=h.status, scheme=h.url.partition(":")[0]) for h in visit.route[:-1]],
        status=visit.answer.status or None,
        failure=visit.failure or ("challenge" if reading is not None and reading.challenge else None),
        content_type=visit.answer.content_type or None,
        bytes=visit.wire_bytes,
        truncated=visit.truncated,
        title=reading.title if reading else None,
        language=reading.language if reading else None,
        depth=candidate.depth,
        score=candidate.score,
        found_via=candidate.found_via,
        forms=len(reading.forms) if reading else 0,
        sha256=visit.sha256,
        seconds=visit.seconds,
        fetched_at=visit.answer.fetched_at,
    )


def unsurveyed(entry: Entry, outcome: Outcome, reason: Reason | None, started_at: datetime, finished_at: datetime) -> Municipality:
    """The row of a municipality of which nothing is known yet, or will be, but how its survey ended and why."""
    return Municipality(
        code=entry.code,
        name=entry.name,
        province=entry.province,
        website=entry.website,
        lat=entry.lat,
        lon=entry.lon,
        outcome=outcome,
        reason=reason,
        appointment="not_tested",
        contact="not_tested",
        started_at=started_at,
        finished_at=finished_at,
    )


def municipality_row(
    entry: Entry,
    forms: Sequence[Form],
    *,
    start_url: str | None,
    outcome: Outcome,
    reason: Reason | None,
    pages: int,
    requests: int,
    bytes_received: int,
    rendered: int,
    started_at: datetime,
) -> Municipality:
    """The row of a survey that ended now; the transport pipeline gives the statuses."""
    kinds = [form.kind for form in forms]
    in_scope = kinds.count("appointment"), kinds.count("contact")
    return replace(
        unsurveyed(entry, outcome, reason, started_at, clock.now()),
        start_url=start_url,
        appointment_forms=in_scope[0],
        contact_forms=in_scope[1],
        other_forms=len(kinds) - sum(in_scope),
        suppliers=sorted({form.supplier for form in forms if form.supplier}),
        pages=pages,
        requests=requests,
        bytes=bytes_received,
        rendered=rendered,
    )
