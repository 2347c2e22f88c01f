"""Takes a picture of each insecure form, its page rendered once more for that; nothing is clicked or filled in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from gemcrawl.fetch.rendered import Outline
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.items import IN_SCOPE
from gemcrawl.sites import site_of
from gemcrawl.snapshot.evidence import picture_path
from gemcrawl.transport.urls import host_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from gemcrawl.items import Form, Survey
    from gemcrawl.spiders.forms import FormsSpider
    from gemcrawl.survey.visit import Visitor

SECONDS = 60.0
"""For all pictures of a municipality, waiting for its turn included."""


class EvidencePipeline:
    """Adds pictures to a survey that was judged, when evidence is kept and there is a browser."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        settings = crawler.settings
        self._pictures = settings.getint("GEMCRAWL_PICTURES") if settings.getbool("GEMCRAWL_ARCHIVE") else 0
        self._bytes = settings.getint("GEMCRAWL_PICTURE_BYTES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Survey) -> Survey:
        """Adds the pictures of one municipality."""
        spider = cast("FormsSpider", self._crawler.spider)
        visitor = spider.visitors.get(item.municipality.code)
        if not self._pictures or visitor is None or not isinstance(spider.render, Renderer):
            return item
        insecure = [form for form in item.forms if form.kind in IN_SCOPE and form.verdict == "insecure"]
        until = time.monotonic() + SECONDS
        for form in insecure[: self._pictures]:
            if spider.interruption.begun.is_set() or spider.render_budget.left <= 0 or time.monotonic() >= until:
                break
            spider.render_budget.left -= 1
            if (picture := await self._picture(spider.render, visitor, form, until)) is not None:
                item.pictures[form.form_id] = picture
        item.forms = [replace(form, picture=picture_path(form.form_id)) if form.form_id in item.pictures else form for form in item.forms]
        item.municipality = replace(item.municipality, requests=visitor.requests, bytes=visitor.bytes)
        return item

    async def _picture(self, renderer: Renderer, visitor: Visitor, form: Form, until: float) -> bytes | None:
        outline = Outline(tuple(field.name for field in form.fields if field.name), form.action, self._bytes)
        rendered, picture = await renderer.picture(
            form.page_url, outline, group=site_of(host_of(form.page_url)), allowed=visitor.may_render, deadline=until
        )
        visitor.rendered(rendered.answered, rendered.wire_bytes)
        return picture
