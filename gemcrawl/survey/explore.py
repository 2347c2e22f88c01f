"""The survey of one municipality: one coroutine, from the home page to the last form worth a request."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gemcrawl import clock
from gemcrawl.forms.page import Link, PageReading
from gemcrawl.items import FoundVia, Kind, Outcome, Page, Reason, RenderCause, Survey
from gemcrawl.sites import site_of
from gemcrawl.survey.collect import Collection, Found
from gemcrawl.survey.definitions import Definitions
from gemcrawl.survey.frontier import DECAY, Candidate, Frontier, Wanted
from gemcrawl.survey.links import (
    GOALS,
    NOTHING,
    STRONG,
    WEAK,
    Goal,
    forbidden_text,
    forbidden_url,
    host_score,
    link_score,
    special,
    url_score,
)
from gemcrawl.survey.rendering import Budget, Renderings, Seen, cause_of
from gemcrawl.survey.rows import municipality_row, page_row
from gemcrawl.survey.sitemaps import promising_pages
from gemcrawl.survey.urls import host_of, key
from gemcrawl.survey.visit import NETWORK, Get, Visit, Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from gemcrawl.fetch.rendered import Render
    from gemcrawl.registry import Entry

MAX_FRAMES = 5
MAX_FRAME_DEPTH = 3
MAX_OUTSIDE = 2
"""Clicks on another host: its first page, and the one link from there that names the form."""
OUTSIDE_SCORE = 2.0
"""What a link to another host must promise."""
INHERITED = 0.5
"""Share of a promising page's score that its own links to another host inherit, whatever their text."""
KNOWN_HOST = 0.6
"""Share of a host label's promise that a known host starts with: a link from the site itself is better."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one municipality."""

    pages: int = 40
    seconds: float = 900.0
    rendered: int = 8


@dataclass(slots=True)
class _Ended(Exception):
    """The survey is over before the frontier was."""

    outcome: Outcome
    reason: Reason


@dataclass(slots=True)
class Progress:
    """What a watcher may look at while a survey runs."""

    name: str
    started: float = field(default_factory=time.monotonic)
    pages: int = 0
    last_url: str = ""


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
) -> tuple[Survey, Visitor]:
    """Surveys one municipality; never raises but for cancellation.

    Args:
        render: renders a page; None when pages are only fetched.
        run: what the whole run may still render; None for no limit beyond the municipality's own.

    Returns:
        The survey, without hosts, findings and verdicts, and the visitor with which the transport pipeline may go on asking.
    """
    deadline = time.monotonic() + limits.seconds
    visitor = Visitor(get, observed, jar=entry.code, deadline=deadline, slow_down=slow_down)
    renderings = Renderings(render, visitor, Budget(limits.rendered), run or Budget(limits.rendered), deadline)
    site = _Site(entry, visitor, limits, deadline, progress or Progress(entry.name), renderings)
    return await site.run(), visitor


class _Site:
    """State of one survey."""

    def __init__(self, entry: Entry, visitor: Visitor, limits: Limits, deadline: float, progress: Progress, renderings: Renderings) -> None:
        self.entry, self.visitor, self.limits, self.deadline, self.progress = entry, visitor, limits, deadline, progress
        self.renderings = renderings
        self.definitions = Definitions(visitor)
        self.collection = Collection(entry.code)
        self.frontier = Frontier()
        self.wanted = Wanted(home=entry.website)
        self.rows: list[Page] = []
        self.unread: set[Kind] = set()
        self.fetched = 0
        self.start_url: str | None = None
        self.fell_back = False
        self.own_sites = {site_of(entry.website)}
        self.sitemaps_read = False
        self._links: set[tuple[str, str]] = set()
        self._failed: set[str] = set()
        self._rows_at: dict[str, int] = {}
        self._shells: dict[str, Visit] = {}
        """Pages that scripts have to fill: one document with a page for every route."""
        self._formless: dict[Goal, tuple[Visit, Candidate]] = {}
        """The page that promised most of a form, had scripts, and showed none."""
        self._rendered_late: set[str] = set()

    async def run(self) -> Survey:
        started = clock.now()
        outcome: Outcome = "surveyed"
        reason: Reason | None = None
        try:
            await self._home()
            await self._explore()
        except _Ended as end:
            outcome, reason = end.outcome, end.reason
        if self.fell_back and (await self.visitor.ask(f"https://{self.entry.website}/")).hop is not None:
            # https does answer: what was read over http came from a failure of the network, and says nothing about the municipality.
            return await _Site(self.entry, self.visitor, self.limits, self.deadline, self.progress, self.renderings).run()
        self.collection.finish()
        found = list(self.collection.forms.values())
        return Survey(
            municipality=municipality_row(
                self.entry,
                found,
                start_url=self.start_url,
                outcome=outcome,
                reason=reason,
                pages=self.fetched,
                requests=self.visitor.requests,
                bytes_received=self.visitor.bytes,
                rendered=self.renderings.pages,
                started_at=started,
            ),
            forms=found,
            pages=self.rows,
            ways=self.collection.ways,
            unread=sorted(self.unread),
        )

    async def _home(self) -> None:
        """The home page, over https first, over http where https does not answer; and where http leads."""
        secure = await self._visit(Candidate(f"https://{self.entry.website}/", NOTHING, "home", 0))
        home = secure
        plain_url = f"http://{self.entry.website}/"
        if secure.failure in NETWORK:
            home = await self._visit(Candidate(plain_url, NOTHING, "home", 0))
        elif secure.failure is None:
            await self.visitor.visit(plain_url, until_https=True)
        if home.failure is not None:
            raise _Ended(*_home_outcome(home, secure))
        self.fell_back = home is not secure
        reading = home.reading
        assert reading is not None
        if reading.challenge:
            raise _Ended("blocked", "challenge")
        self.start_url = home.final_url
        self.own_sites.add(site_of(host_of(home.final_url)))
        self.frontier.mark(home.final_url)
        for host in self.entry.known_hosts:
            if site_of(host) == site_of(self.entry.website) and host.startswith("www."):
                continue
            url = f"https://{host}/"
            if not forbidden_url(url):
                self.frontier.add(Candidate(url, host_score(host).times(KNOWN_HOST), "known_host", 1, base=host_score(host)))
        await self._take(home, Candidate(home.final_url, NOTHING, "home", 0))

    async def _explore(self) -> None:
        while True:
            candidate = self.frontier.peek(self.wanted)
            if self._sitemap_would_help(candidate):
                await self._read_sitemaps()
                continue
            if candidate is None:
                if not await self._render_formless():
                    return
                continue
            if self.fetched >= self.limits.pages:
                self._give_up()
                raise _Ended("partial", "budget")
            if time.monotonic() >= self.deadline:
                self._give_up()
                raise _Ended("partial", "deadline")
            read_before = candidate.fragment and self.frontier.seen(candidate.url) and key(candidate.url) not in self._shells
            self.frontier.take(candidate)
            if read_before:
                continue
            visit = await self._visit(candidate)
            new = await self._take(visit, candidate) if visit.reading is not None and visit.failure is None else 0
            if not new:
                self.wanted.disappointed(candidate)
            if visit.failure is not None:
                self._missed(candidate)
            if visit.answer.status == 429 and site_of(host_of(visit.final_url)) in self.own_sites:
                self._give_up()
                raise _Ended("partial", "rate_limited")

    def _give_up(self) -> None:
        """What is left and promising stays unread."""
        for candidate in self.frontier.left(self.wanted):
            self._missed(candidate)

    def _missed(self, candidate: Candidate) -> None:
        """A link that should have led to a form did not: that kind of form cannot be called absent.

        On the site itself a link must name the form for that; one to another host, where forms live, need only promise it.
        """
        self._failed.add(candidate.identity)
        if candidate.found_via == "home" and candidate.depth == 0:
            self.unread.update(GOALS)
        threshold = OUTSIDE_SCORE if candidate.outside else STRONG
        if candidate.found_via in ("link", "home", "frame", "previous"):
            self.unread.update(goal for goal in GOALS if getattr(candidate.base, goal) >= threshold)

    def _sitemap_would_help(self, candidate: Candidate | None) -> bool:
        missing = self.wanted.appointment or self.wanted.contact
        return not self.sitemaps_read and missing and (candidate is None or not self.wanted.eager(candidate))

    async def _read_sitemaps(self) -> None:
        """Queues the promising pages of the site's sitemaps."""
        assert self.start_url is not None
        self.sitemaps_read = True
        for page, scores in await promising_pages(self.visitor, self.start_url, self.own_sites, at_least=OUTSIDE_SCORE):
            self.frontier.add(Candidate(page, scores.times(DECAY), "sitemap", 1, base=scores))

    async def _visit(self, candidate: Candidate) -> Visit:
        """Fetches a candidate and writes its page row."""
        self.progress.last_url = candidate.url
        shell = self._shells.get(key(candidate.url)) if candidate.fragment else None
        visit = shell or await self.visitor.visit(candidate.url, text=candidate.text)
        self.fetched += 1
        self.progress.pages = self.fetched
        self.frontier.mark(candidate.url)
        self.frontier.mark(candidate.url, candidate.fragment)
        self._rows_at[visit.final_url] = len(self.rows)
        self.rows.append(page_row(self.entry.code, candidate, visit))
        return visit

    async def _take(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...] = ()) -> int:
        """Takes in a page: its forms, its links, its frames.  Returns how many forms of the wanted kinds were new."""
        reading = visit.reading
        assert reading is not None
        if not frames and candidate.found_via != "home" and not candidate.fragment and not self._first_time(visit):
            return 0
        if reading.error_page is not None or reading.challenge:
            self._missed(candidate)
            return 0
        if reading.app_shell:
            self._shells[key(visit.final_url)] = _without_body(visit)
        reading = await self.definitions.complete(reading, entry_text=candidate.text)
        visit = replace(visit, reading=reading)
        cause = cause_of(reading, candidate.base)
        seen = await self._render(visit, candidate, cause) if cause is not None else None
        new = await self._collect(visit, candidate, frames, seen)
        if reading.app_shell and not new and (seen is None or seen.page is None or seen.blocked):
            self._missed(candidate)
        if seen is None and not new and not frames and reading.scripts:
            self._promised_more(visit, candidate)
        return new

    async def _render(self, visit: Visit, candidate: Candidate, cause: RenderCause) -> Seen:
        """Renders a page and says so in its row."""
        seen = await self.renderings.look(visit, fragment=candidate.fragment, text=candidate.text)
        at = self._rows_at[visit.final_url]
        reading = seen.page.reading if seen.page is not None else visit.reading
        self.rows[at] = replace(
            self.rows[at],
            rendered=seen.page is not None,
            render_cause=cause,
            render_outcome=seen.outcome,
            title=reading.title if reading is not None else None,
            forms=len(reading.forms) if reading is not None else 0,
        )
        return seen

    async def _collect(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...], seen: Seen | None) -> int:
        """Adds what stands on a page, as rendered where it was, and follows its frames and links."""
        page = (seen.page if seen is not None else None) or visit
        reading = page.reading
        assert reading is not None
        new = await self._add(page, candidate, frames, seen)
        if seen is not None and seen.page is not None:
            for framed, chain in seen.frames:
                new += await self._add(framed, candidate, (*frames, *chain), seen)
        elif len(frames) < MAX_FRAME_DEPTH:
            new += await self._frames(visit, reading, candidate, frames)
        if not frames:
            self._links_of(page, reading, candidate)
        return new

    async def _add(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...], seen: Seen | None) -> int:
        """Adds the forms of one document.  Returns how many of the wanted kinds were new."""
        reading = visit.reading
        assert reading is not None
        fresh = self.collection.add(
            visit,
            Found(
                via="frame" if frames else candidate.found_via,
                depth=candidate.depth,
                entry_url=frames[0].final_url if frames else candidate.from_url,
                frames=frames,
                rendering=seen.outcome if seen is not None else None,
                fresh=seen.fresh if seen is not None else frozenset(),
                blocked=seen.blocked if seen is not None else 0,
            ),
        )
        if fresh and candidate.found_via in ("known_host", "guess"):
            await self._test_wildcard(visit)
        special_one = special(f"{candidate.text} {reading.title or ''}")
        return sum(self.wanted.found(form.kind, host_of(form.page_url), special=special_one) for form in fresh)

    def _promised_more(self, visit: Visit, candidate: Candidate) -> None:
        """Keeps the page whose link promised most, for the case that no form of that kind turns up."""
        for goal in GOALS:
            promise = getattr(candidate.base, goal)
            known = self._formless.get(goal)
            if promise >= STRONG and (known is None or promise > getattr(known[1].base, goal)):
                self._formless[goal] = (_without_body(visit), candidate)

    async def _render_formless(self) -> bool:
        """Renders the page that promised a form of a kind that was not found; False when there is none left to try."""
        for goal in GOALS:
            if getattr(self.wanted, goal) and (found := self._formless.pop(goal, None)) is not None:
                visit, candidate = found
                if visit.final_url in self._rendered_late:
                    continue
                self._rendered_late.add(visit.final_url)
                seen = await self._render(visit, candidate, "missing_form")
                if seen.page is not None:
                    await self._collect(visit, candidate, (), seen)
                return True
        return False

    async def _test_wildcard(self, visit: Visit) -> None:
        """Where any name under the domain answers with the same page, a host that nobody links to proves little."""
        site = site_of(host_of(visit.final_url))
        name = f"{secrets.token_hex(6)}.{site}"
        other = await self.visitor.visit(f"https://{name}/")
        if other.reading is not None and visit.reading is not None and other.reading.forms and other.reading.title == visit.reading.title:
            self.collection.wildcards[host_of(visit.final_url)] = name

    def _first_time(self, visit: Visit) -> bool:
        """False where a redirect led to a page that was read before."""
        return key(visit.final_url) == key(visit.url) or self.frontier.mark(visit.final_url)

    async def _frames(self, visit: Visit, reading: PageReading, candidate: Candidate, frames: tuple[Visit, ...]) -> int:
        """Frames are read as part of their page where the page or the frame's address promises a form."""
        new = 0
        for url in reading.frames[:MAX_FRAMES]:
            scores = url_score(url)
            promising = max(scores.best, candidate.base.best) >= OUTSIDE_SCORE
            if not promising or forbidden_url(url) or self.fetched >= self.limits.pages or not self.frontier.mark(url):
                continue
            inner = Candidate(
                url,
                scores.at_least(candidate.scores),
                "frame",
                candidate.depth,
                text=candidate.text,
                from_url=visit.final_url,
                base=candidate.base,
            )
            framed = await self._visit(inner)
            if framed.failure is not None:
                self._missed(inner)
            elif framed.reading is not None:
                new += await self._take(framed, inner, (*frames, visit))
        return new

    def _links_of(self, visit: Visit, reading: PageReading, candidate: Candidate) -> None:
        own = site_of(host_of(visit.final_url)) in self.own_sites
        via: FoundVia = "home" if candidate.depth == 0 else "link"
        for link in reading.links:
            identity = (link.url, link.text)
            if identity in self._links:
                continue
            self._links.add(identity)
            self._link(link, visit.final_url, candidate, via, own=own)

    def _link(self, link: Link, page_url: str, parent: Candidate, via: FoundVia, *, own: bool) -> None:
        base = link_score(link.url, link.text, link.title, from_host=host_of(page_url))
        target_own = site_of(host_of(link.url)) in self.own_sites
        if not target_own and own and link.place == "main" and parent.base.best >= STRONG and base.best < OUTSIDE_SCORE and min(base) >= 0:
            base = base.at_least(parent.base.times(INHERITED))
        if base.best < WEAK:
            return
        if own:
            self.collection.entry(page_url, link.url)
        outside = 0 if target_own else parent.outside + 1
        scores = base.times(DECAY**parent.depth)
        child = Candidate(link.url, scores, via, parent.depth + 1, link.text, page_url, outside, base, link.hash_route)
        if forbidden_url(link.url) or forbidden_text(link.text):
            if not forbidden_text(link.text):
                self._missed(child)
            return
        if child.identity in self._failed:
            self._missed(child)
        if outside > MAX_OUTSIDE or (outside and base.best < OUTSIDE_SCORE):
            return
        # From another host only its own pages, and only those whose link names the form.
        if not own and (host_of(link.url) != host_of(page_url) or base.best < STRONG):
            return
        self.frontier.add(child)


def _without_body(visit: Visit) -> Visit:
    """A visit to keep: what it read is kept, the bytes are not."""
    return replace(visit, answer=replace(visit.answer, body=b""))


def _home_outcome(home: Visit, secure: Visit) -> tuple[Outcome, Reason]:
    """Outcome and reason when the home page could not be read."""
    reason = home.failure or "error"
    if reason in NETWORK:
        return "unreachable", secure.failure or reason
    if reason in ("robots", "robots_unavailable"):
        return "robots_denied", reason
    if home.reading is not None and home.reading.challenge:
        return "blocked", "challenge"
    if reason == "rate_limited" or home.answer.status in (401, 403):
        return "blocked", reason
    if reason == "address_refused":
        return "failed", reason
    return "unreachable", reason
