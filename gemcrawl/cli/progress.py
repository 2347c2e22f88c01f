"""Progress of a run: a live display on a terminal, plain lines elsewhere; as a Scrapy extension, and for several processes."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, cast

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text
from scrapy import signals

from gemcrawl.transport.urls import clean, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scrapy.crawler import Crawler

    from gemcrawl.items import Survey
    from gemcrawl.spiders.forms import FormsSpider

REFRESH = 0.5
PLAIN_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
SLOW = 3
"""Municipalities named as slow."""


class Display:
    """Shows municipalities done, forms found by kind, pages per second, what is slow, and the time left."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._forms: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._done = self._pages = 0
        self._started = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._bar = Progress(
            TextColumn("municipalities"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            expand=True,
        )

    def begin(self, total: int, resumed: int, slow: Callable[[], Iterable[str]], *, note: str = "") -> None:
        """Begins to show, inside the event loop.

        Args:
            total: municipalities of the run.
            resumed: those that were done before.
            slow: lines about what takes longest.
            note: what a person should know beforehand.
        """
        if note:
            self._console.print(Text(note), soft_wrap=True)
        self._started = time.monotonic()
        self._task = asyncio.create_task(self._show(total, resumed, slow))

    def committed(self, outcome: str, pages: int, kinds: Iterable[str]) -> None:
        """A municipality is done; that it was looked at once more is not told."""
        self._done += 1
        self._pages += pages
        self._outcomes[outcome] += 1
        self._forms.update(kinds)

    def failed(self) -> None:
        """A municipality is lost to an error, which the log tells."""
        self._done += 1
        self._outcomes["failed"] += 1

    async def end(self) -> None:
        """Shows nothing any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _show(self, total: int, resumed: int, slow: Callable[[], Iterable[str]]) -> None:
        if not self._console.is_terminal:
            while True:
                await asyncio.sleep(PLAIN_EVERY)
                self._line(total, resumed)
        bar = self._bar.add_task("", total=total, completed=resumed)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                self._bar.update(bar, completed=resumed + self._done)
                live.update(Group(self._bar, Text(self._numbers()), *map(Text, slow())), refresh=True)
                await asyncio.sleep(REFRESH)

    def _numbers(self) -> str:
        elapsed = max(time.monotonic() - self._started, 0.001)
        others = sum(self._forms.values()) - self._forms["appointment"] - self._forms["contact"]
        outcomes = ", ".join(f"{count} {name}" for name, count in self._outcomes.most_common() if name != "surveyed")
        return (
            f"forms: {self._forms['appointment']} appointment, {self._forms['contact']} contact, {others} other · "
            f"{self._pages / elapsed:.1f} pages/s" + (f" · {outcomes}" if outcomes else "")
        )

    def _line(self, total: int, resumed: int) -> None:
        elapsed = time.monotonic() - self._started
        left = total - resumed - self._done
        if not left:
            remaining = ", then a second look at what failed, and publication"
        else:
            remaining = f", about {elapsed / self._done * left:.0f} s left" if self._done else ""
        sys.stderr.write(f"{resumed + self._done} of {total} municipalities, {self._numbers()}{remaining}\n")
        sys.stderr.flush()


class ProgressDisplay:
    """The display of a run in this process."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._display = Display()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ProgressDisplay:
        display = cls(crawler)
        crawler.signals.connect(display.spider_opened, signals.spider_opened)
        crawler.signals.connect(display.item_scraped, signals.item_scraped)
        crawler.signals.connect(display.item_error, signals.item_error)
        crawler.signals.connect(display.spider_closed, signals.spider_closed)
        return display

    @property
    def _spider(self) -> FormsSpider:
        return cast("FormsSpider", self._crawler.spider)

    def spider_opened(self) -> None:
        spider = self._spider
        self._display.begin(len(spider.registry.entries), len(spider.done), self._slow, note=spider.night.plan.note)

    def item_scraped(self, item: Survey) -> None:
        if item.municipality.code not in self._spider.second_round:
            self._display.committed(item.municipality.outcome, item.municipality.pages, [form.kind for form in item.forms])

    def item_error(self, item: Survey) -> None:
        if item.municipality.code not in self._spider.second_round:
            self._display.failed()

    async def spider_closed(self) -> None:
        await self._display.end()

    def _slow(self) -> list[str]:
        now = time.monotonic()
        slowest = sorted(self._spider.running.values(), key=lambda p: p.started)[:SLOW]
        return [f"  {now - p.started:4.0f} s  {clean(p.name, 30)}: {p.pages} pages, at {host_of(p.last_url)}" for p in slowest]
