"""The nightly survey: every municipality of the register, one coroutine and one item each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider, signals
from scrapy.exceptions import CloseSpider

from gemcrawl import clock, night
from gemcrawl.exceptions import Interrupted
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.interruption import Interruption, StoppableClient
from gemcrawl.items import Survey
from gemcrawl.places import place
from gemcrawl.registry import Entry, Registry
from gemcrawl.snapshot.commit import spoilt
from gemcrawl.snapshot.previous import known_forms
from gemcrawl.survey.explore import Limits, Progress, survey
from gemcrawl.survey.rendering import Budget
from gemcrawl.survey.rows import unsurveyed
from gemcrawl.survey.visit import NETWORK, Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from gemcrawl.fetch.rendered import Render
    from gemcrawl.night import Night
    from gemcrawl.survey.previous import KnownForms

SETTLED = 0.05
"""Seconds after which Scrapy has done its own about an item that passed the pipelines."""
_CLOSED_BECAUSE = {"signal": "shutdown", "deadline": "deadline", "output": "output_failed"}
Following = Callable[[], Awaitable[Entry | None]]
CALMER = 4
"""The second round surveys so many times fewer municipalities at the same time."""


class FormsSpider(Spider):
    """Explores every municipality and yields one `gemcrawl.items.Survey` each; a second one of those that the network spoilt.

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
        """Municipalities with a part before this process began."""
        self.failed: set[str] = set()
        """Municipalities that the network or an error spoilt, and that had no second try yet."""
        self.second_round: set[str] = set()
        """Municipalities whose second survey has begun."""
        self.dead_canaries: tuple[str, ...] = ()
        """The canary hosts, when none of them answered."""
        self.stopping = asyncio.Event()
        """Nothing will be asked any more: all is done, or the run's end did not wait."""
        self.complete = False
        """Every municipality had its turn, or the deadline has passed: the run is to be published."""
        self._started_all = False
        self._finished: dict[str, asyncio.Event] = {}
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Makes the spider, reads the register, takes the lock of the output and opens the run's working area.

        Raises:
            UsageError: what `gemcrawl.night.plan` finds; nothing has been requested yet.
            Locked: another run works on the output.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.night = spider.enter(settings)
        spider.registry = spider.night.plan.registry
        spider.as_of = spider.registry.as_of
        spider.limits = Limits(
            pages=settings.getint("GEMCRAWL_MAX_PAGES"),
            seconds=settings.getfloat("GEMCRAWL_SITE_SECONDS"),
            rendered=settings.getint("GEMCRAWL_RENDER_PAGES"),
            searched=settings.getint("GEMCRAWL_SEARCH_PAGES"),
            archived=settings.getint("GEMCRAWL_ARCHIVE_BYTES") if settings.getbool("GEMCRAWL_ARCHIVE") else 0,
        )
        spider.render = Renderer.from_crawler(crawler) if settings.getbool("GEMCRAWL_RENDER") else None
        spider.render_budget = Budget(settings.getint("GEMCRAWL_RENDER_RUN_PAGES"))
        spider.sites = settings.getint("GEMCRAWL_CONCURRENT_SITES")
        spider.previous = known_forms(place(settings["GEMCRAWL_OUTPUT"]))
        spider.client = StoppableClient(crawler)
        spider.interruption = Interruption(spider.client, grace=settings.getfloat("GEMCRAWL_GRACE_SECONDS"))
        crawler.signals.connect(spider.item_done, signals.item_scraped)
        crawler.signals.connect(spider.item_done, signals.item_dropped)
        crawler.signals.connect(spider.item_failed, signals.item_error)
        return spider

    def enter(self, settings: BaseSettings) -> Night:
        """Takes the lock and opens the working area."""
        return night.begin(settings, only=self.only, as_of=self.as_of_text)

    night: Night
    _ends_at: float | None = None
    as_of: date
    registry: Registry
    limits: Limits
    sites: int
    previous: KnownForms
    client: StoppableClient
    interruption: Interruption
    render: Render | None
    render_budget: Budget

    async def start(self) -> AsyncIterator[Survey]:
        """All municipalities without a part, then once more those that the network or an error spoilt."""
        self._ends_at = None if (seconds := self.night.plan.deadline) is None else asyncio.get_running_loop().time() + seconds
        self.interruption.watch(self.night.plan.deadline)
        stop = asyncio.create_task(self._stop())
        try:
            todo = [entry for entry in self.registry.entries if entry.code not in self.done]
            async with aclosing(self._round(_one_by_one(todo), self.sites)) as surveys:
                async for found in surveys:
                    yield found
            again = [entry for entry in self.registry.entries if entry.code in self.failed]
            if again and await self._calm_down(len(again)):
                self.second_round = {entry.code for entry in again}
                self.observed.forget_failures()
                async with aclosing(self._round(_one_by_one(again), max(1, self.sites // CALMER))) as surveys:
                    async for found in surveys:
                        yield found
            if not self.interruption.begun.is_set():
                await self._ask_canaries()
            self._wind_up()
        finally:
            self.stopping.set()
            stop.cancel()

    def _wind_up(self) -> None:
        """Lets the crawl end when what was yielded last has passed the pipelines.

        Raises:
            CloseSpider: the run ends early.
        """
        self.complete = self.interruption.cause in (None, "deadline")
        self._started_all = True
        if self.interruption.cause is not None:
            raise CloseSpider(_CLOSED_BECAUSE[self.interruption.cause])
        asyncio.get_running_loop().call_later(SETTLED, self._settle)

    async def _stop(self) -> None:
        await self.interruption.over.wait()
        self.stopping.set()

    async def _round(self, following: Following, at_once: int) -> AsyncGenerator[Survey, None]:
        """One task per place; a municipality keeps its place from its first request until it is committed.

        Args:
            following: gives the next municipality, None when there is no more.
            at_once: places.
        """
        found = asyncio.Queue[Survey | None]()

        async def work() -> None:
            try:
                while (entry := await following()) is not None:
                    if self.interruption.begun.is_set():
                        break
                    gone = self._finished[entry.code] = asyncio.Event()
                    if (result := await self._survey(entry)) is None:
                        self._forget(entry.code)
                    else:
                        await found.put(result)
                        await gone.wait()
            finally:
                found.put_nowait(None)

        tasks = [asyncio.create_task(work()) for _ in range(at_once)]
        try:
            left = len(tasks)
            while left:
                result = await found.get()
                if result is None:
                    left -= 1
                else:
                    yield result
        finally:
            for task in tasks:
                task.cancel()

    async def _calm_down(self, failed: int) -> bool:
        """Waits before the second round; False when there is to be none, or the run is to end instead."""
        if not self.settings.getbool("GEMCRAWL_SECOND_ROUND"):
            return False
        pause = self.settings.getfloat("GEMCRAWL_SECOND_ROUND_PAUSE") * self.settings.getfloat("DOWNLOAD_DELAY")
        self.logger.info("%d municipalities are surveyed once more in %g s", failed, pause)
        try:
            async with asyncio.timeout(pause):
                await self.interruption.begun.wait()
        except TimeoutError:
            return True
        return False

    async def _ask_canaries(self) -> None:
        """Finds out whether this machine still reaches hosts that are known to be up."""
        hosts = self.settings.getlist("GEMCRAWL_CANARIES")
        for host in hosts:
            answer = await self.client.get(f"https://{host}/robots.txt", jar="canaries")
            if answer.failure not in NETWORK:
                return
        self.dead_canaries = tuple(hosts)

    def _limits(self) -> Limits:
        """The limits of a municipality that starts now: its time ends with the run's."""
        if self._ends_at is None:
            return self.limits
        return replace(self.limits, seconds=max(1.0, min(self.limits.seconds, self._ends_at - asyncio.get_running_loop().time())))

    async def _survey(self, entry: Entry) -> Survey | None:
        """The survey of one municipality; one that raises becomes a survey with outcome ``failed``: nobody vanishes.

        None when the run is over: it is not committed, so that a resumed run takes it up.
        """
        progress = self.running[entry.code] = Progress(entry.name)
        started = clock.now()
        try:
            result, visitor = await survey(
                entry,
                self.client.get,
                self.observed.for_one(),
                self._limits(),
                slow_down=self.client.slow_down,
                progress=progress,
                render=self.render,
                run=self.render_budget,
                previous=self.previous.get(entry.code, ()),
            )
        except Interrupted:
            return None
        except Exception:
            self.logger.exception("survey of %s %s failed", entry.code, entry.name)
            assert self.crawler.stats is not None
            self.crawler.stats.inc_value("survey/errors")
            return failed_survey(entry, started)
        self.visitors[entry.code] = visitor
        return result

    def item_done(self, item: Survey) -> None:
        """Signal handler: a municipality passed the pipelines."""
        code = item.municipality.code
        if spoilt(item, listing=self.settings.getbool("GEMCRAWL_TLS_INVENTORY")) and code not in self.second_round:
            self.failed.add(code)
        self._forget(code)

    def item_failed(self, item: Survey) -> None:
        """Signal handler: a pipeline raised; the log tells what, the publication gives the municipality its row."""
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value("survey/errors")
        if item.municipality.code not in self.second_round:
            self.failed.add(item.municipality.code)
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
        elif self._started_all and not self._finished and scraper.slot.is_idle() and self._ending is None:
            self._ending = asyncio.create_task(engine.close_spider_async(reason="finished"))


def _one_by_one(entries: Iterable[Entry]) -> Following:
    left = iter(entries)

    async def following() -> Entry | None:
        return next(left, None)

    return following


def failed_survey(entry: Entry, started: datetime) -> Survey:
    """A survey that says only that it failed."""
    return Survey(municipality=unsurveyed(entry, "failed", "error", started, clock.now()))
