"""A Scrapy extension that writes down what gemcrawl asks for, in order: one line ``code time url`` per request, failed ones too."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

FILE = "BENCHMARKS_ASKED"
"""Setting: the file to write."""


class Asked:
    """Writes the request log; the municipality is the name of the cookie jar."""

    def __init__(self, file: Path) -> None:
        self._lines = file.open("w", encoding="utf-8")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Asked:
        asked = cls(Path(crawler.settings[FILE]))
        crawler.signals.connect(asked.reached, signals.request_reached_downloader)
        crawler.signals.connect(asked.closed, signals.spider_closed)
        return asked

    def reached(self, request: Request) -> None:
        self._lines.write(f"{request.meta.get('cookiejar', '')} {time.time():.3f} {request.url}\n")

    def closed(self) -> None:
        self._lines.close()
