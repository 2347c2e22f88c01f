"""One visit: from a URL as written, hop by hop, to the document it ends at, within robots.txt and the budgets."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

import ada_url

from gemcrawl.fetch.answer import Answer
from gemcrawl.forms import read_page
from gemcrawl.forms.page import PageReading
from gemcrawl.items import Reason
from gemcrawl.survey import robots
from gemcrawl.survey.links import closed, forbidden_url
from gemcrawl.survey.robots import Robots, RobotsBook
from gemcrawl.survey.urls import key, split
from gemcrawl.survey.walls import is_wall, way_on
from gemcrawl.transport.facts import Hop, Route
from gemcrawl.transport.observed import Observed

MAX_HOPS = 10
_UNASKED: frozenset[Reason] = frozenset({"robots", "rate_limited"})
"""Failures of requests that were never made: of the opt-out list, and to servers that asked for rest."""
NETWORK: frozenset[Reason] = frozenset({"dns", "refused", "timeout", "tls", "reset"})
"""Failures in which nothing answered."""
LONGEST_URL = 8192
"""Characters; servers seldom take more than that in a request line, and every hop is kept."""
HTML = frozenset({"text/html", "application/xhtml+xml", ""})
"""Content types that are read as a page."""


class Get(Protocol):
    """Fetches one URL once; redirects are not followed."""

    def __call__(self, url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit that ended: at a document (`reading`), at another answer, or in a `failure`."""

    url: str
    route: Route
    answer: Answer
    failure: Reason | None = None
    reading: PageReading | None = None
    wall: bool = False
    """The document is a wall in front of the one that was asked for, and there was no way on."""
    sha256: str | None = None
    cookies: tuple[str, ...] = ()
    """Set-Cookie fields of the last answer."""
    seconds: float = 0.0
    wire_bytes: int = 0

    @property
    def final_url(self) -> str:
        return self.route[-1].url if self.route else self.url

    @property
    def truncated(self) -> bool:
        """Whether the document was not received, or not read, to its end."""
        return self.answer.truncated or (self.reading is not None and self.reading.truncated)


def resolve(reference: str, base: str) -> str | None:
    """``reference`` against ``base`` as browsers do (WHATWG URL), without its fragment; None unless it is http or https, and no longer than
    `LONGEST_URL`."""
    if len(reference) > LONGEST_URL:
        return None
    try:
        url: str = ada_url.join_url(base, reference.strip())
    except ValueError:
        return None
    url = url.partition("#")[0]
    return url if url.startswith(("http://", "https://")) and len(url) <= LONGEST_URL else None


class Visitor:
    """Visits on behalf of one municipality: counts what it costs, and obeys robots.txt at every hop."""

    def __init__(self, get: Get, observed: Observed, *, jar: str, deadline: float, slow_down: Callable[[str, float], None]) -> None:
        self._get, self._jar, self._deadline, self._slow_down = get, jar, deadline, slow_down
        self.observed = observed
        self.book = RobotsBook(self._ask_robots)
        self.requests = 0
        self.bytes = 0
        self._met: dict[str, tuple[Hop, str | None]] = {}
        """By URL: what it answered on the visit last made to it, without the handshake, and where that led on to."""
        self._walled: set[str] = set()
        """Hosts with a wall whose way on led back to it."""

    async def ask(self, url: str, *, method: str = "GET") -> Answer:
        """One request, counted and noted."""
        answer = await self._get(url, jar=self._jar, method=method, deadline=self._deadline)
        self.requests += answer.hop is not None or answer.failure not in _UNASKED
        self.bytes += answer.wire_bytes
        if answer.hop is not None:
            self.observed.hop(answer.hop)
        elif answer.failure is not None:
            self.observed.failure(url, answer.failure)
        return answer

    async def allowed(self, url: str) -> Reason | None:
        """Why ``url`` may not be fetched by its host's robots.txt; None when it may."""
        return (await self.book.of(split(url).host)).refuses(url)

    async def may_render(self, url: str) -> Reason | None:
        """The same of a document that a browser asks for by itself: links that do something are not followed there either."""
        return "robots" if forbidden_url(url) else await self.allowed(url)

    def rendered(self, requests: int, received: int) -> None:
        """Counts what rendering a page cost: answered requests, and bytes."""
        self.requests += requests
        self.bytes += received

    async def visit(self, url: str, *, text: str = "", only_route: bool = False) -> Visit:
        """Follows ``url`` to its document.

        Args:
            text: text of the link, passed on to the reader as evidence.
            only_route: nothing but where ``url`` leads is wanted, as for an upgrade check.  What an earlier visit got is not asked again,
                and an https address that did not answer, or may not be asked, ends the route as a hop of status 0.
        """
        started, before = time.monotonic(), self.bytes
        walk = _Walk(url, url)
        while walk.target is not None:
            await self._step(walk, text, only_route=only_route)
        if walk.through:
            if walk.wall:
                self._walled.add(walk.through)
            else:
                self.book.forget(walk.through)  # the wall stood in front of robots.txt too
        answer = walk.answer
        self.observed.route(tuple(walk.route))
        self._remember(walk.route)
        return Visit(
            url=url,
            route=tuple(walk.route),
            answer=answer,
            failure=walk.failure,
            reading=walk.reading,
            wall=walk.wall,
            sha256=hashlib.sha256(answer.body).hexdigest() if answer.hop is not None else None,
            cookies=answer.cookies,
            seconds=time.monotonic() - started,
            wire_bytes=self.bytes - before,
        )

    def _remember(self, route: Sequence[Hop]) -> None:
        """Notes the hops of a route that need not be asked again; what became of a redirect that was not followed is not known."""
        for hop, onward in pairwise(route):
            self._met[hop.url] = replace(hop, handshake=None), onward.url
        if route and route[-1].status and not route[-1].leaves_by:
            self._met[route[-1].url] = replace(route[-1], handshake=None), None

    async def _step(self, walk: _Walk, text: str, *, only_route: bool) -> None:
        """One hop of a walk."""
        url = walk.target
        assert url is not None
        walk.target = None
        hops = len(walk.route)
        if hops >= MAX_HOPS:
            walk.failure = "redirect_loop"
        elif only_route and url in self._met:
            hop, onward = self._met[url]
            walk.asked[url] = walk.asked.get(url, 0) + 1
            walk.route.append(hop)
            if onward is not None:
                self._redirect(walk, onward)
        else:
            walk.failure = (_closed_to(walk, url) if hops else None) or await self.allowed(url)
            if walk.failure is None:
                await self._ask_hop(walk, url, text, pass_walls=not only_route)
        if only_route and hops and len(walk.route) == hops and url.startswith("https:"):
            walk.route.append(Hop(url=url, status=0))

    async def _ask_hop(self, walk: _Walk, url: str, text: str, *, pass_walls: bool) -> None:
        walk.asked[url] = walk.asked.get(url, 0) + 1
        walk.answer = answer = await self.ask(url)
        if answer.hop is None:
            walk.failure = answer.failure or "error"
        elif 300 <= answer.status < 400 and answer.location is not None:
            walk.route.append(replace(answer.hop, leaves_by="redirect"))
            self._redirect(walk, resolve(answer.location, url))
        else:
            walk.route.append(answer.hop)
            self._read(walk, text, pass_walls=pass_walls)

    def _redirect(self, walk: _Walk, target: str | None) -> None:
        if target is None:
            walk.failure = "error"
        # To itself once more is how a product asks for its cookie back; more often, or without a cookie, is a loop.
        elif walk.asked.get(target, 0) >= (2 if walk.answer.cookies else 1):
            walk.failure = "redirect_loop"
        else:
            walk.target = target

    def _read(self, walk: _Walk, text: str, *, pass_walls: bool) -> None:
        """Reads the document, and goes on where it does nothing but send the visitor on."""
        answer = walk.answer
        if answer.content_type not in HTML:
            walk.failure = "not_html"
            return
        reading = read_page(
            answer.body,
            answer.url,
            charset=answer.charset,
            entry_text=text,
            cookies=answer.cookies,
            refresh=answer.refresh,
            policies=answer.policies,
        )
        onward = reading.meta_refresh or reading.script_redirect
        if onward is not None and onward != answer.url and (key(onward) == key(answer.url) or not reading.forms) and answer.status < 400:
            walk.route[-1] = replace(walk.route[-1], leaves_by="meta_refresh" if reading.meta_refresh else "script")
            self._redirect(walk, onward)
            return
        if answer.status < 400 and pass_walls and is_wall(reading, walk.url):
            way, host = way_on(reading), split(answer.url).host
            if way is not None and not walk.through and host not in self._walled:
                walk.route[-1] = replace(walk.route[-1], leaves_by="link")
                walk.through, walk.target = host, way
                walk.asked.clear()  # the way on leads back to what was asked for
                return
            walk.wall = True
        walk.reading = reading
        if answer.status >= 400:
            walk.failure = status_reason(answer.status, retry_after=answer.retry_after is not None)

    async def _ask_robots(self, host: str) -> Robots:
        """robots.txt of ``host``, over https, or over http where https does not answer; up to five redirects (RFC 9309 section 2.3.1.2)."""
        answer = Answer(url="")
        for scheme in ("https", "http"):
            url: str | None = f"{scheme}://{host}/robots.txt"
            for _ in range(6):
                if url is None or (not split(url).path.endswith(".txt") and forbidden_url(url)):
                    break  # such as a login in front of everything
                answer = await self.ask(url)
                moved = 300 <= answer.status < 400 and answer.location is not None
                url = resolve(answer.location or "", url) if moved else None
            if answer.hop is not None:
                found = robots.parse(answer.status, answer.body)
                if found.delay:
                    self._slow_down(host.partition(":")[0], found.delay)
                return found
            if answer.failure in ("dns", "address_refused"):  # of the name, and so of both schemes
                break
        return Robots(closed="robots_unavailable" if answer.failure in (None, "too_large", "error") else answer.failure)


@dataclass(slots=True)
class _Walk:
    """A visit on its way."""

    url: str
    target: str | None
    route: list[Hop] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    answer: Answer = field(default_factory=lambda: Answer(url=""))
    reading: PageReading | None = None
    wall: bool = False
    through: str = ""
    """Host whose wall was passed."""
    failure: Reason | None = None


def _closed_to(walk: _Walk, url: str) -> Reason | None:
    """Why a redirect is not followed; to a file it is when a file was asked for, such as a sitemap that moved to https."""
    reason = closed(url)
    return None if reason == "not_html" and closed(walk.url) == "not_html" else reason


def status_reason(status: int, *, retry_after: bool = False) -> Reason:
    """The reason that goes with an HTTP status of 400 or more, with or without a Retry-After."""
    if status == 429 or (status == 503 and retry_after):
        return "rate_limited"
    return "http_5xx" if status >= 500 else "http_4xx"
