"""A Scrapy extension that measures a crawl from spider opened to spider closed; the same one in both crawlers."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Any

from scrapy import signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy.crawler import Crawler
    from scrapy.http import Response


class Clock:
    """Puts ``clock/seconds``, ``clock/cpu`` (seconds of this process, threads included) and ``clock/responses`` into the stats."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._responses = 0
        self._seconds = self._cpu = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Clock:
        clock = cls(crawler)
        crawler.signals.connect(clock.opened, signals.spider_opened)
        crawler.signals.connect(clock.closed, signals.spider_closed)
        crawler.signals.connect(clock.downloaded, signals.response_downloaded)
        return clock

    def opened(self) -> None:
        self._seconds, self._cpu = time.monotonic(), cpu_seconds()

    def downloaded(self, response: Response) -> None:  # noqa: ARG002 -- the signal has it
        self._responses += 1

    def closed(self) -> None:
        assert self._crawler.stats is not None
        self._crawler.stats.set_value("clock/seconds", time.monotonic() - self._seconds)
        self._crawler.stats.set_value("clock/cpu", cpu_seconds() - self._cpu)
        self._crawler.stats.set_value("clock/responses", self._responses)


def cpu_seconds() -> float:
    """Processor time of this process so far, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def report(stats: Mapping[str, Any]) -> dict[str, Any]:
    """What a crawl's process tells its parent: the clock's figures and the peak memory of the whole process, in MB (2**20 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # in kilobytes, on Linux
    return {
        "seconds": stats["clock/seconds"],
        "cpu": stats["clock/cpu"],
        "responses": stats["clock/responses"],
        "peak_mb": peak,
    }
