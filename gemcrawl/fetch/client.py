"""What the survey asks: one URL in, one answer or one reason out.

A thin layer over Scrapy's engine, so that retries, cookies, compression and delay slots apply.  Redirects are not followed here: the
survey keeps every hop.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    UnsupportedURLSchemeError,
)
from scrapy.utils.httpobj import urlparse_cached

from gemcrawl.exceptions import AddressRefused, HostExcluded
from gemcrawl.fetch.answer import Answer
from gemcrawl.fetch.backoff import REFUSALS, BackOff
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.handler import ConnectionResetFailure, TlsFailedError
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.retry import PAUSE
from gemcrawl.fetch.servers import Servers
from gemcrawl.fetch.turns import turns_of
from gemcrawl.items import Reason
from gemcrawl.recent import Recent
from gemcrawl.registry.exclusions import Exclusions
from gemcrawl.sites import site_of
from gemcrawl.transport.facts import Hop

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from gemcrawl.fetch.turns import Turn

_REASONS: tuple[tuple[type[BaseException], Reason], ...] = (
    (HostExcluded, "robots"),
    (AddressRefused, "address_refused"),
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadTimeoutError, "timeout"),
    (TlsFailedError, "tls"),
    (ConnectionResetFailure, "reset"),
    (DownloadCancelledError, "too_large"),
    (IgnoreRequest, "too_large"),  # the compression middleware, over DOWNLOAD_MAXSIZE
    (UnsupportedURLSchemeError, "error"),
    (NotSupported, "error"),
    (DownloadFailedError, "error"),
)
TRIES = 3
"""Times that one URL is asked for while its server answers that it is asked too much."""
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
logger = logging.getLogger(__name__)


@dataclass(slots=True, weakref_slot=True)
class _Site:
    """One registrable domain."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answered: float = -math.inf
    """`time.monotonic` value of its last answer."""


class Client:
    """Asks the engine for one URL at a time on behalf of a municipality."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._delay_cap = crawler.settings.getfloat("GEMCRAWL_CRAWL_DELAY_MAX")
        self._least = 1 - crawler.settings.getfloat("DOWNLOAD_DELAY_JITTER")
        resolver = Resolver(ConnectTo(crawler.settings.getlist("GEMCRAWL_CONNECT_TO")))
        self._servers = Servers(resolver, self._delay, turns_of(crawler), pause=self._least * self._delay)
        self._shared = turns_of(crawler)
        crawler.signals.connect(self._servers.close, signals.spider_closed)
        self._patience = crawler.settings.getfloat("GEMCRAWL_RETRY_AFTER_MAX")
        self._back_off = BackOff(crawler.settings.getfloat("GEMCRAWL_BACK_OFF") * self._delay)
        self._exclusions = Exclusions.read(crawler.settings.get("GEMCRAWL_EXCLUDE"))
        self._sites: Recent[str, _Site] = Recent(lambda _: _Site())

    async def get(self, url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        """Fetches ``url`` once; again, up to `TRIES` times, where the server answers 429, or 503 with Retry-After, after the rest it asks for.

        A server that asks for more than GEMCRAWL_RETRY_AFTER_MAX seconds is not asked again before: that is failure ``rate_limited``.
        Nothing is asked of a host, or on behalf of a municipality, of the opt-out list: failure ``robots``.

        Args:
            jar: name of the cookie jar: one per municipality.
            deadline: `time.monotonic` value after which nothing more may be waited for.
        """
        try:
            request = Request(url, method=method, meta={"cookiejar": jar, "dont_redirect": True})
            parts = urlparse_cached(request)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            server = request.meta["download_slot"] = site_of(host)
        except (ValueError, AttributeError):
            return Answer(url=url, failure="error")
        if jar in self._exclusions.codes or self._exclusions.covers(host):
            return Answer(url=url, failure="robots")
        async with self._site(server):
            return await self._ask(url, request, (host, port), deadline)

    @asynccontextmanager
    async def turn(self, host: str, address: str, port: int = 443) -> AsyncIterator[bool]:
        """The turn of one request that is made without this client, to one address of ``host``; False while its server asks for rest."""
        server = site_of(host)
        async with self._site(server):
            await asyncio.sleep(max(0.0, self._breath(server)))
            async with self._servers.turn(host, port, address=address):
                try:
                    yield self._back_off.left(server) <= 0
                finally:
                    self._sites[server].answered = time.monotonic()

    @asynccontextmanager
    async def _site(self, server: str) -> AsyncIterator[None]:
        """In turns here too: what waits in Scrapy's slot cannot be called back when the server has had enough."""
        site = self._sites[server]
        async with site.lock, self._shared.turn(f"site {server}") as turn:
            self._learn(server, turn)
            try:
                yield
            finally:
                turn.known, turn.rest = self._left(server), max(0.0, self._breath(server))

    def _learn(self, server: str, turn: Turn) -> None:
        """Takes over what other processes know of a server: how slow it wants us, and whether it wants rest."""
        if turn.known:
            if (delay := turn.known["delay"]) > self._pace(server):
                self._slow_down(server, delay)
            self._back_off.resume(server, turn.known["rest"] - turn.since, turn.known["refusals"])

    def _left(self, server: str) -> dict[str, Any]:
        """What the next process is to know of a server; nothing about most of them."""
        known = {"delay": self._pace(server), "rest": self._back_off.left(server), "refusals": self._back_off.in_a_row(server)}
        return {} if known == {"delay": self._delay, "rest": 0.0, "refusals": 0} else known

    def _pace(self, server: str) -> float:
        """Seconds between two requests to ``server``."""
        assert self._crawler.engine is not None
        return float(self._crawler.engine.downloader.per_slot_settings.get(server, {}).get("delay", self._delay))

    async def _ask(self, url: str, request: Request, at: tuple[str, int], deadline: float | None) -> Answer:
        """Asks, and asks again after a rest while the server says that it is too much; never while it rests."""
        server: str = request.meta["download_slot"]
        answer: Answer | None = None
        for _ in range(TRIES):
            rest = self._back_off.left(server)
            if rest > self._patience or (deadline is not None and rest > 0 and time.monotonic() + rest >= deadline):
                return answer or Answer(url=url, failure="rate_limited")
            await asyncio.sleep(max(rest, self._breath(server)))
            answer = await self._once(url, request, at, deadline)
            self._sites[server].answered = time.monotonic()
            if answer.status not in REFUSALS:
                if answer.hop is not None:
                    self._back_off.answered(server)
                return answer
            self._back_off.refused(server, answer.retry_after)
            if answer.status == 503 and answer.retry_after is None:  # an error, most often
                return answer
        assert answer is not None
        return answer

    def _breath(self, server: str) -> float:
        """Seconds until the least pause since the last answer is over; Scrapy counts from the question, and a slow server would get none."""
        return self._sites[server].answered + self._least * self._pace(server) - time.monotonic()

    async def _once(self, url: str, request: Request, at: tuple[str, int], deadline: float | None) -> Answer:
        """One request through the engine."""
        assert self._crawler.engine is not None
        started = time.monotonic()
        try:
            async with self._servers.turn(*at):
                started = time.monotonic()
                timeout = self._timeout if deadline is None else max(0.5, min(self._timeout, deadline - started))
                pause = self._least * self._pace(request.meta["download_slot"])
                timed = request.replace(meta={**request.meta, "download_timeout": timeout, PAUSE: pause})
                response = await self._crawler.engine.download_async(timed)
        except Exception as error:  # noqa: BLE001 -- whatever a request meets, its municipality goes on
            return Answer(url=url, failure=self._reason(error, url), seconds=time.monotonic() - started)
        return self._answer(response, time.monotonic() - started)

    def slow_down(self, host: str, delay: float) -> None:
        """Keeps at least ``delay`` seconds (capped by GEMCRAWL_CRAWL_DELAY_MAX) between requests to the server of ``host``."""
        self._slow_down(site_of(host), min(delay, self._delay_cap))

    def _slow_down(self, name: str, wanted: float) -> None:
        assert self._crawler.engine is not None
        downloader = self._crawler.engine.downloader
        settings = downloader.per_slot_settings.setdefault(name, {})  # idle slots are dropped and made anew from these
        settings["delay"] = max(settings.get("delay", self._delay), wanted)
        if (slot := downloader.slots.get(name)) is not None:
            slot.delay = max(slot.delay, wanted)

    def _reason(self, error: Exception, url: str) -> Reason:
        for kind, reason in _REASONS:
            if isinstance(error, kind):
                return reason
        logger.warning("unexpected %s at %r", type(error).__name__, url, exc_info=error)
        return "error"

    def _answer(self, response: Response, seconds: float) -> Answer:
        headers, meta = response.headers, response.meta

        def first(name: str) -> str:
            return (headers.get(name) or b"").decode("latin-1")

        location = headers.get("Location")
        content_type, _, parameters = first("Content-Type").partition(";")
        charset = _CHARSET.search(parameters)
        return Answer(
            url=response.url,
            hop=Hop(
                url=response.url,
                status=response.status,
                address=meta.get("address", ""),
                hsts=tuple(v.decode("latin-1") for v in headers.getlist("Strict-Transport-Security")),
                handshake=meta.get("handshake"),
            ),
            body=response.body,
            truncated="truncated" in response.flags,
            location=_text(location) if location else None,
            refresh=_text(refresh) if (refresh := headers.get("Refresh")) else None,
            content_type=content_type.strip().lower(),
            charset=charset[1].lower() if charset else None,
            policies=tuple(v.decode("latin-1") for v in headers.getlist("Content-Security-Policy")),
            retry_after=first("Retry-After") or None,
            cookies=tuple(v.decode("latin-1") for v in headers.getlist("Set-Cookie")),
            exchange=meta.get("exchange"),
            wire_bytes=meta.get("wire_bytes", 0),
            seconds=seconds,
        )


def _text(raw: bytes) -> str:
    """A header field that holds an address: UTF-8 where it can be, else ISO 8859-1, as browsers read it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
