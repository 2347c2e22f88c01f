"""Asks every municipality that can be read whom to tell about a fault."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from gemcrawl.survey import security_txt

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Survey
    from gemcrawl.spiders.forms import FormsSpider


class SecurityTxtPipeline:
    """Reads the security.txt of the municipality's own host: one request, counted with the others."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SecurityTxtPipeline:
        return cls(crawler)

    async def process_item(self, item: Survey) -> Survey:
        """Fills `security_txt`, unless the site was not to be read."""
        visitor = cast("FormsSpider", self._crawler.spider).visitors.get(item.municipality.code)
        if visitor is not None and item.municipality.outcome in ("surveyed", "partial"):
            found = await security_txt.read(visitor, item.municipality.website)
            item.municipality = replace(item.municipality, security_txt=found)
        return item
