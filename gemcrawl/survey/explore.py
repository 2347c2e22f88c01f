"""The survey of one municipality: one coroutine, from the home page to the last form worth a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gemcrawl import clock
from gemcrawl.items import Outcome, Reason, Survey
from gemcrawl.sites import site_of
from gemcrawl.survey.follow import Follower
from gemcrawl.survey.frontier import DECAY, Candidate
from gemcrawl.survey.intake import Intake
from gemcrawl.survey.links import NOTHING, forbidden_url, host_score
from gemcrawl.survey.previous import KnownForm, Previous
from gemcrawl.survey.rendering import Budget, Renderings
from gemcrawl.survey.rows import municipality_row
from gemcrawl.survey.session import OUTSIDE_SCORE, Limits, Progress, Session
from gemcrawl.survey.sitemaps import promising_pages
from gemcrawl.survey.urls import host_of, key, split
from gemcrawl.survey.visit import NETWORK, Get, Visit, Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from gemcrawl.fetch.rendered import Render
    from gemcrawl.registry import Entry

__all__ = ["Limits", "Progress", "survey"]

KNOWN_HOST = 0.6
"""Share of a host label's promise that a known host starts with: a link from the site itself is better."""
SITEMAP = 1.1
"""What a sitemap promises that robots.txt names: it lists the pages, but forms are often missing from it."""
GUESSED_SITEMAP = 0.9
"""What one promises that nobody named."""
LEARNED = 0.75
"""What a vague link keeps, beside the sitemap, of its promise for each dead end in a row: one product page without a way to an appointment says
that the others have none either."""


@dataclass(slots=True)
class _Ended(Exception):
    """The survey is over before the frontier was."""

    outcome: Outcome
    reason: Reason


async def survey(
    entry: Entry,
    get: Get,
    observed: Observed,
    limits: Limits,
    *,
    slow_down: Callable[[str, float], None],
    progress: Progress | None = None,
    render: Render | None = None,
    run: Budget | None = None,
    previous: Iterable[KnownForm] = (),
) -> tuple[Survey, Visitor]:
    """Surveys one municipality; never raises but for cancellation.

    Args:
        render: renders a page; None when pages are only fetched.
        run: what the whole run may still render; None for no limit beyond the municipality's own.
        previous: the municipality's forms in the latest snapshot.

    Returns:
        The survey, without hosts, findings and verdicts, and the visitor with which the transport pipeline may go on asking.
    """
    deadline = time.monotonic() + limits.seconds
    visitor = Visitor(get, observed, jar=entry.code, deadline=deadline, slow_down=slow_down)
    renderings = Renderings(render, visitor, Budget(limits.rendered), run or Budget(limits.rendered), deadline)
    session = Session(entry, visitor, limits, deadline, progress or Progress(entry.name))
    return await _Site(session, renderings, Previous.of(previous)).run(), visitor


class _Site:
    """One pass over a site: where to begin, where to go next, when it is enough."""

    def __init__(self, session: Session, renderings: Renderings, previous: Previous) -> None:
        self.session, self.renderings, self.previous = session, renderings, previous
        self.follower = Follower(session, previous)
        self.intake = Intake(session, self.follower, renderings)
        self.start_url: str | None = None
        self.fell_back = False
        self.sitemaps_read = False
        self.searched = 0

    async def run(self) -> Survey:
        session = self.session
        started = clock.now()
        outcome: Outcome = "surveyed"
        reason: Reason | None = None
        try:
            await self._home()
            await self._explore()
        except _Ended as end:
            outcome, reason = end.outcome, end.reason
        if self.fell_back and (await session.visitor.ask(f"https://{session.entry.website}/")).hop is not None:
            # https does answer: what was read over http came from a failure of the network, and says nothing about the municipality.
            return await self._again().run()
        if self.start_url is not None and not self.fell_back and reason != "rate_limited":
            # What http leads to is a fact about the way, and finds no form: it comes last.
            await session.visitor.visit(f"http://{session.entry.website}/", only_route=True)
        session.give_up(session.frontier.beyond())
        session.collection.finish()
        found = list(session.collection.forms.values())
        return Survey(
            municipality=municipality_row(
                session.entry,
                found,
                start_url=self.start_url,
                outcome=outcome,
                reason=reason,
                pages=session.fetched,
                requests=session.visitor.requests,
                bytes_received=session.visitor.bytes,
                rendered=self.renderings.pages,
                started_at=started,
            ),
            forms=found,
            pages=session.rows,
            ways=session.collection.ways,
            unread=session.left_unread(),
            archive=session.collection.archive.packed if session.collection.archive is not None else b"",
        )

    def _again(self) -> _Site:
        session = self.session
        anew = Session(session.entry, session.visitor, session.limits, session.deadline, session.progress)
        return _Site(anew, self.renderings, self.previous)

    async def _home(self) -> None:
        """The home page, over https first, over http where https does not answer; and what else is known beforehand."""
        session = self.session
        secure = home = await session.visit(Candidate(f"https://{session.entry.website}/", NOTHING, "home", 0))
        if secure.failure in NETWORK:
            home = await session.visit(Candidate(f"http://{session.entry.website}/", NOTHING, "home", 0))
        if home.failure is not None and not _is_a_way_in(home):
            raise _Ended(*_home_outcome(home, secure))
        self.fell_back = home is not secure
        reading = home.reading
        assert reading is not None
        if reading.challenge:
            raise _Ended("blocked", "challenge")
        self.start_url = home.final_url
        session.own_sites.add(site_of(host_of(home.final_url)))
        session.frontier.mark(home.final_url)
        self._add_known()
        await self.intake.take(home, Candidate(home.final_url, NOTHING, "home", 0))

    def _add_known(self) -> None:
        """Hosts that the register knows, and pages that led to forms the last time."""
        entry, frontier = self.session.entry, self.session.frontier
        for host in entry.known_hosts:
            if site_of(host) == site_of(entry.website) and host.startswith("www."):
                continue
            url = f"https://{host}/"
            if not forbidden_url(url):
                frontier.add(Candidate(url, host_score(host).times(KNOWN_HOST), "known_host", 1, base=host_score(host)))
        for url, promise in self.previous.pages.values():
            outside = 0 if self.session.owns(url) else 1
            frontier.add(Candidate(url, promise, "previous", 1, outside=outside, base=promise))

    async def _explore(self) -> None:
        session, frontier, wanted = self.session, self.session.frontier, self.session.wanted
        while True:
            candidate = frontier.peek(wanted)
            if await self._sitemap_would_help(candidate):
                await self._read_sitemaps()
                continue
            if candidate is None:
                if await self.intake.render_formless():
                    continue
                candidate = self._search()
                if candidate is None and self._doors_left():
                    raise self._give_up("budget")
                if candidate is None:
                    return
            elif session.spent:
                raise self._give_up("budget")
            if time.monotonic() >= session.deadline:
                raise self._give_up("deadline")
            read_before = candidate.fragment and frontier.seen(candidate.url) and key(candidate.url) not in session.shells
            frontier.take(candidate)
            if read_before:
                continue
            visit, queued = await session.visit(candidate), frontier.size
            new = await self.intake.take(visit, candidate) if visit.reading is not None and visit.failure is None else 0
            if not new:
                wanted.disappointed(candidate, dead_end=frontier.size <= queued)
            if visit.failure is not None:
                frontier.give_back(candidate)
                session.missed(candidate)
            if visit.failure == "rate_limited" and session.owns(visit.final_url):
                raise self._give_up("rate_limited")

    def _search(self) -> Candidate | None:
        """A page to read although nothing promises a form there; None when that is not worth it (any more)."""
        if not self.session.wanted.nothing_found or self.searched >= self.session.limits.searched or self.session.spent:
            return None
        self.searched += 1
        return self.session.frontier.from_aside()

    def _doors_left(self) -> bool:
        """Whether a kind of which nothing was found may be behind a part of the site that was not read."""
        return self.session.limits.searched > 0 and self.session.frontier.doors_left(self.session.wanted.nothing_found)

    def _give_up(self, reason: Reason) -> _Ended:
        session = self.session
        session.give_up(session.frontier.left(session.wanted))
        if self._doors_left():
            session.unread.update(session.wanted.nothing_found)
        return _Ended("partial", reason)

    async def _sitemap_would_help(self, candidate: Candidate | None) -> bool:
        """Whether a sitemap promises more for a kind that is missing than the best candidate does."""
        wanted = self.session.wanted
        if self.sitemaps_read or not (wanted.appointment or wanted.contact):
            return False
        promise = wanted.promise(candidate, LEARNED) if candidate is not None else 0.0
        if promise >= SITEMAP:
            return False
        assert self.start_url is not None
        named = (await self.session.visitor.book.of(split(self.start_url).host)).sitemaps
        return promise < (SITEMAP if named else GUESSED_SITEMAP)

    async def _read_sitemaps(self) -> None:
        """Queues the promising pages of the site's sitemaps."""
        assert self.start_url is not None
        self.sitemaps_read = True
        session = self.session
        for page, scores in await promising_pages(session.visitor, self.start_url, session.own_sites, at_least=OUTSIDE_SCORE):
            session.frontier.add(Candidate(page, scores.times(DECAY), "sitemap", 1, base=scores))


def _is_a_way_in(home: Visit) -> bool:
    """Whether a home page that answers "not found" is the page of the site all the same: it links on and does not say that it is none."""
    reading = home.reading
    return home.answer.status in (404, 410) and reading is not None and reading.error_page is None and bool(reading.links)


def _home_outcome(home: Visit, secure: Visit) -> tuple[Outcome, Reason]:
    """Outcome and reason when the home page could not be read."""
    reason = home.failure or "error"
    if reason in NETWORK:
        return "unreachable", secure.failure or reason
    if reason in ("robots", "robots_unavailable"):
        return "robots_denied", reason
    if reason == "challenge" or (home.reading is not None and home.reading.challenge):
        return "blocked", "challenge"
    if home.answer.status != 503 and (reason == "rate_limited" or home.answer.status in (401, 403)):
        return "blocked", reason
    if reason == "address_refused":
        return "failed", reason
    return "unreachable", "http_5xx" if home.answer.status == 503 else reason
