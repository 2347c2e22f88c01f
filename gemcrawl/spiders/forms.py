"""The nightly survey: every municipality of the register, one coroutine and one item each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Spider, signals

from gemcrawl import preflight
from gemcrawl.exceptions import UsageError
from gemcrawl.fetch.client import Client
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.items import Municipality, Survey
from gemcrawl.registry import Entry, Registry, load
from gemcrawl.snapshot.previous import known_forms
from gemcrawl.survey.explore import Limits, Progress, survey
from gemcrawl.survey.rendering import Budget
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.fetch.rendered import Render
    from gemcrawl.survey.previous import KnownForms

SETTLED = 0.05
"""Seconds after which Scrapy has done its own about an item that passed the pipelines."""


class FormsSpider(Spider):
    """Explores every municipality and yields one `gemcrawl.items.Survey` each.

    Args:
        only: codes of municipalities, comma-separated; all when empty.
        as_of: date of the register, YYYY-MM-DD; today when empty.
    """

    name = "forms"

    def __init__(self, only: str = "", as_of: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.only = tuple(code.strip() for code in only.split(",") if code.strip())
        self.as_of_text = as_of
        self.observed = Observed()
        self.visitors: dict[str, Visitor] = {}
        self.running: dict[str, Progress] = {}
        self.done: set[str] = set()
        self.stopping = asyncio.Event()
        """No municipality will be taken any more: all were, or the run is being interrupted."""
        self.complete = False
        """Every municipality had its turn."""
        self._finished: dict[str, asyncio.Event] = {}
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> FormsSpider:
        """Makes the spider and reads the register.

        Raises:
            UsageError: a wrong date or code, a malformed register, or what `gemcrawl.preflight` finds; nothing has been requested yet.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.as_of = parse_date(spider.as_of_text or settings.get("GEMCRAWL_AS_OF"))
        path, known = settings.get("GEMCRAWL_REGISTRY"), settings.get("GEMCRAWL_KNOWN_HOSTS")
        spider.registry = load(
            Path(path) if path else None,
            as_of=spider.as_of,
            only=spider.only,
            known_hosts=Path(known) if known else None,
        )
        preflight.check(settings)
        spider.limits = Limits(
            pages=settings.getint("GEMCRAWL_MAX_PAGES"),
            seconds=settings.getfloat("GEMCRAWL_SITE_SECONDS"),
            rendered=settings.getint("GEMCRAWL_RENDER_PAGES"),
        )
        spider.render = Renderer.from_crawler(crawler) if settings.getbool("GEMCRAWL_RENDER") else None
        spider.render_budget = Budget(settings.getint("GEMCRAWL_RENDER_RUN_PAGES"))
        spider.sites = settings.getint("GEMCRAWL_CONCURRENT_SITES")
        spider.client = Client(crawler)
        spider.previous = known_forms(Path(settings.get("GEMCRAWL_OUTPUT")))
        crawler.signals.connect(spider.item_done, signals.item_scraped)
        crawler.signals.connect(spider.item_done, signals.item_dropped)
        crawler.signals.connect(spider.item_failed, signals.item_error)
        return spider

    as_of: date
    registry: Registry
    limits: Limits
    sites: int
    client: Client
    previous: KnownForms
    render: Render | None
    render_budget: Budget

    async def start(self) -> AsyncIterator[Survey]:
        """One task per municipality; at most GEMCRAWL_CONCURRENT_SITES at a time, from first request to committed part."""
        todo = [entry for entry in self.registry.entries if entry.code not in self.done]
        queue, finished = iter(todo), asyncio.Queue[Survey]()

        async def work() -> None:
            for entry in queue:
                gone = self._finished[entry.code] = asyncio.Event()
                await finished.put(await self._survey(entry))
                await gone.wait()

        tasks = [asyncio.create_task(work()) for _ in range(min(self.sites, len(todo)))]
        try:
            for _ in todo:
                yield await finished.get()
            self.complete = True
        finally:
            self.stopping.set()
            for task in tasks:
                task.cancel()

    async def _survey(self, entry: Entry) -> Survey:
        """The survey of one municipality; one that raises becomes a survey with outcome ``failed``: nobody vanishes."""
        progress = self.running[entry.code] = Progress(entry.name)
        started = datetime.now(UTC)
        try:
            result, visitor = await survey(
                entry,
                self.client.get,
                self.observed,
                self.limits,
                slow_down=self.client.slow_down,
                progress=progress,
                render=self.render,
                run=self.render_budget,
                previous=self.previous.get(entry.code, ()),
            )
        except Exception:
            self.logger.exception("survey of %s %s failed", entry.code, entry.name)
            assert self.crawler.stats is not None
            self.crawler.stats.inc_value("survey/errors")
            return failed_survey(entry, started)
        self.visitors[entry.code] = visitor
        return result

    def item_done(self, item: Survey) -> None:
        """Signal handler: a municipality passed the pipelines."""
        self._forget(item.municipality.code)

    def item_failed(self, item: Survey) -> None:
        """Signal handler: a pipeline raised; the log tells what, the publication gives the municipality its row."""
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value("survey/errors")
        self._forget(item.municipality.code)

    def _forget(self, code: str) -> None:
        """A municipality is committed, or lost to an error that the log tells: its memory goes, its place is free."""
        self.running.pop(code, None)
        self.visitors.pop(code, None)
        if (event := self._finished.pop(code, None)) is not None:
            event.set()
        asyncio.get_running_loop().call_later(SETTLED, self._settle)

    def _settle(self) -> None:
        """Lets a run that is over end, and at once.

        Scrapy 2.19 asks whether a spider that is being closed is done with its items only after a response passed its scraper; ours never
        do, so closing in the middle of an item would wait for ever.  And it notices that all is done on a heartbeat of 5 s.
        """
        engine = self.crawler.engine
        scraper = engine.scraper if engine is not None else None
        if scraper is None or scraper.slot is None or engine is None:
            return
        closing = scraper.slot.closing
        if closing is not None:
            if not closing.called:
                scraper._check_if_closing()  # noqa: SLF001  there is no public way
        elif self.complete and not self._finished and scraper.slot.is_idle() and self._ending is None:
            self._ending = asyncio.create_task(engine.close_spider_async(reason="finished"))


def failed_survey(entry: Entry, started: datetime) -> Survey:
    """A survey that says only that it failed."""
    return Survey(
        municipality=Municipality(
            code=entry.code,
            name=entry.name,
            province=entry.province,
            website=entry.website,
            outcome="failed",
            reason="error",
            appointment="not_tested",
            contact="not_tested",
            started_at=started,
            finished_at=datetime.now(UTC),
        )
    )


def parse_date(text: str | None) -> date:
    """The date in ``text``, YYYY-MM-DD; today in UTC when there is none.

    Raises:
        UsageError: it is no date.
    """
    if not text:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()  # fromisoformat also takes week dates and the like
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a date; write it as YYYY-MM-DD, for example 2016-01-01") from None
