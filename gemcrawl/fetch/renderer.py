"""What the survey asks to have a page rendered: one address in, what a browser made of it out.

A thin layer over Scrapy's engine, as `gemcrawl.fetch.client` is: the delay slot of the page's site applies, and scrapy-playwright does the
work, behind ``meta["playwright"]``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.utils.httpobj import urlparse_cached

from gemcrawl.fetch.browser import find_browser
from gemcrawl.fetch.render_job import META, Job, RenderFailed
from gemcrawl.fetch.rendered import Allowed, Outline, Rendered
from gemcrawl.fetch.turns import turns_of
from gemcrawl.sites import site_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Renderer:
    """Renders pages; implements `gemcrawl.fetch.rendered.Render`.  One per crawl; the download handler closes the browser."""

    def __init__(self, crawler: Crawler, *, available: bool) -> None:
        self._crawler = crawler
        self._available = available
        self._shared = turns_of(crawler)
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Renderer:
        """Without a browser it says so, once, and renders nothing."""
        available = find_browser() is not None
        if not available:
            logger.warning("no browser found: pages are not rendered, and forms that only scripts build are told as not tested")
        return cls(crawler, available=available)

    async def __call__(self, url: str, *, group: str, allowed: Allowed, deadline: float) -> Rendered:
        """Renders one page; see `gemcrawl.fetch.rendered.Render`."""
        return await self._run(Job(url, group, allowed, deadline))

    async def picture(self, url: str, outline: Outline, *, group: str, allowed: Allowed, deadline: float) -> tuple[Rendered, bytes | None]:
        """Renders one page for a picture of a form, which is not clicked or filled in; never raises but for cancellation.

        Args:
            url, group, allowed, deadline: as of `gemcrawl.fetch.rendered.Render`.
            outline: the form.

        Returns:
            What rendering brought, and the picture: WebP, the form outlined; None when the form is not there or no picture could be made.
        """
        job = Job(url, group, allowed, deadline, outline)
        rendered = await self._run(job)
        return rendered, None if rendered.failure else job.picture

    async def _run(self, job: Job) -> Rendered:
        url, group, deadline = job.url, job.group, job.deadline
        if not self._available:
            return Rendered(url=url, failure="no_browser")
        meta = {"playwright": True, META: job, "cookiejar": group, "dont_redirect": True, "dont_retry": True, "dont_cache": True}
        try:
            request = Request(url, meta=meta)
            request.meta["download_slot"] = site_of(urlparse_cached(request).hostname or "")
        except (ValueError, AttributeError):
            return Rendered(url=url, failure="failed")
        assert self._crawler.engine is not None
        try:
            server = request.meta["download_slot"]
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())), self._shared.turn(f"site {server}") as turn:
                turn.rest = self._delay
                await self._crawler.engine.download_async(request)
        except TimeoutError:
            job.failure = "timeout"
        except RenderFailed:
            pass
        except Exception as error:  # noqa: BLE001 -- whatever a page does, its municipality goes on
            logger.debug("rendering %r: %s: %s", url, type(error).__name__, error)
        finally:
            job.give_up()
        return job.result()
