"""What the survey asks: one URL in, one answer or one reason out.

A thin layer over Scrapy's engine, so that retries, cookies, compression and delay slots apply.  Redirects are not followed here: the
survey keeps every hop.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

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

from gemcrawl.exceptions import AddressRefused
from gemcrawl.fetch.answer import Answer
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.handler import ConnectionResetFailure, TlsFailedError
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.servers import Servers
from gemcrawl.items import Reason
from gemcrawl.sites import site_of
from gemcrawl.transport.facts import Hop

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

_REASONS: tuple[tuple[type[BaseException], Reason], ...] = (
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
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
logger = logging.getLogger(__name__)


class Client:
    """Asks the engine for one URL at a time on behalf of a municipality."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._delay_cap = crawler.settings.getfloat("GEMCRAWL_CRAWL_DELAY_MAX")
        self._servers = Servers(Resolver(ConnectTo(crawler.settings.getlist("GEMCRAWL_CONNECT_TO"))), self._delay)
        crawler.signals.connect(self._servers.close, signals.spider_closed)

    async def get(self, url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        """Fetches ``url`` once.

        Args:
            jar: name of the cookie jar: one per municipality.
            deadline: `time.monotonic` value after which nothing more may be waited for.
        """
        try:
            request = Request(url, method=method, meta={"cookiejar": jar, "dont_redirect": True})
            parts = urlparse_cached(request)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            request.meta["download_slot"] = site_of(host)
        except (ValueError, AttributeError):
            return Answer(url=url, failure="error")
        assert self._crawler.engine is not None
        started = time.monotonic()
        try:
            async with self._servers.turn(host, port):
                started = time.monotonic()
                left = self._timeout if deadline is None else min(self._timeout, deadline - started)
                request.meta["download_timeout"] = max(0.5, left)
                response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 -- whatever a request meets, its municipality goes on
            return Answer(url=url, failure=self._reason(error, url), seconds=time.monotonic() - started)
        return self._answer(response, time.monotonic() - started)

    def slow_down(self, host: str, delay: float) -> None:
        """Keeps at least ``delay`` seconds (capped by GEMCRAWL_CRAWL_DELAY_MAX) between requests to the server of ``host``."""
        assert self._crawler.engine is not None
        downloader, name, wanted = self._crawler.engine.downloader, site_of(host), min(delay, self._delay_cap)
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
            location=first("Location") or None,
            content_type=content_type.strip().lower(),
            charset=charset[1].lower() if charset else None,
            robots_tag=first("X-Robots-Tag").lower(),
            retry_after=first("Retry-After") or None,
            cookies=tuple(v.decode("latin-1") for v in headers.getlist("Set-Cookie")),
            wire_bytes=meta.get("wire_bytes", 0),
            seconds=seconds,
        )
