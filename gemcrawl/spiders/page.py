"""Single pages, each looked at as the nightly survey would: fetched within robots.txt, rendered where scripts fill it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scrapy import Spider

from gemcrawl import preflight
from gemcrawl.fetch.client import Client
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.survey.definitions import Definitions
from gemcrawl.survey.inspection import failed, inspected
from gemcrawl.survey.links import STRONG, Scores, forbidden_url
from gemcrawl.survey.rendering import Budget, Renderings, cause_of
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.fetch.rendered import Render

ASKED_FOR = Scores(STRONG, STRONG)
"""Whoever names a page promises a form on it."""


class PageSpider(Spider):
    """Hands what it saw on each page to ``seen``, in the order of ``urls``.

    Args:
        urls: addresses, http or https.
        seen: called once per address with what `gemcrawl.survey.inspection` makes of it.
    """

    name = "page"

    def __init__(self, urls: tuple[str, ...] = (), seen: Callable[[dict[str, Any]], None] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.urls = urls
        self.seen = seen or (lambda page: self.logger.info("%s: %s", page["url"], [form["kind"] for form in page["forms"]]))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> PageSpider:
        """Makes the spider.

        Raises:
            UsageError: what `gemcrawl.preflight` finds; nothing has been requested yet.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        preflight.check_connections(crawler.settings)
        spider.client = Client(crawler)
        spider.render = Renderer.from_crawler(crawler) if crawler.settings.getbool("GEMCRAWL_RENDER") else None
        return spider

    client: Client
    render: Render | None

    async def start(self) -> AsyncIterator[Any]:
        """One page after the other; yields nothing, since nothing is to be published, but Scrapy wants a generator."""
        for url in self.urls:
            self.seen(await self._look(url))
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    async def _look(self, url: str) -> dict[str, Any]:
        deadline = time.monotonic() + self.settings.getfloat("GEMCRAWL_SITE_SECONDS")
        visitor = Visitor(self.client.get, Observed(), jar=url, deadline=deadline, slow_down=self.client.slow_down)
        if forbidden_url(url):
            return failed(url, "never requested: a login, a file, another party, or a link that does something")
        visit = await visitor.visit(url.partition("#")[0])
        if visit.reading is None or visit.failure is not None:
            return failed(url, visit.failure or "error")
        visit = replace(visit, reading=await Definitions(visitor).complete(visit.reading))
        assert visit.reading is not None
        if cause_of(visit.reading, ASKED_FOR) is not None:
            fragment = url[url.index("#") :] if "#" in url else ""
            seen = await Renderings(self.render, visitor, Budget(1), Budget(1), deadline).look(visit, fragment=fragment)
            visit = seen.page or visit
        return inspected(visit.final_url, visit.reading) if visit.reading is not None else failed(url, "error")
