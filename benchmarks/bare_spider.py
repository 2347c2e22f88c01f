"""The yardstick: a bare Scrapy CrawlSpider, breadth first, Scrapy's own download handler and LinkExtractor, no items.

    python -m benchmarks.bare_spider ADDRESSES REGISTRY LOG [--pages N] [--targets FILE --budget N --concurrency N]

ADDRESSES is a JSON file {host: loopback address}; the nation is on ports 443 and 80.  LOG gets one line "code time url" per response, redirects
included, in the order of arrival.  ``--pages`` stops it after so many responses.  ``--targets``, a JSON file {code: [[url, ...], ...]},
makes it count instead: every municipality has its own set of seen URLs, frames are followed as links are, and a municipality is left when
one URL of each of its lists was asked for, or after ``--budget`` requests.  Prints JSON: the clock's figures, the number of HTML
responses, and the municipalities of which not every form was reached.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor
from scrapy.resolver import CachingThreadedResolver
from scrapy.spiders import CrawlSpider, Rule
from scrapy.utils.request import RequestFingerprinter
from twisted.internet import defer
from twisted.internet.error import DNSLookupError

from benchmarks import clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

ADDRESSES: dict[str, str] = {}


class LoopbackResolver(CachingThreadedResolver):
    """Every name of the nation is on its loopback address; no other name is ever looked up."""

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:  # noqa: ARG002, N802
        return defer.succeed(ADDRESSES[name]) if name in ADDRESSES else defer.fail(DNSLookupError(name))


class PerTown(RequestFingerprinter):
    """The same URL is another request for another municipality."""

    def fingerprint(self, request: Request) -> bytes:
        return sha1(super().fingerprint(request) + request.meta.get("code", "").encode()).digest()


class Budget:
    """Downloader middleware: a municipality whose forms were all reached, or whose budget is spent, gets no more requests."""

    def __init__(self, spider: BareSpider) -> None:
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Budget:
        assert isinstance(crawler.spider, BareSpider)
        return cls(crawler.spider)

    def process_request(self, request: Request) -> None:
        code, spider = request.meta["code"], self._spider
        if spider.spent.get(code, 0) >= spider.budget or spider.targets.get(code) == []:
            raise IgnoreRequest
        spider.spent[code] = spider.spent.get(code, 0) + 1
        url = bare_url(request.url)
        spider.targets[code] = [alternatives for alternatives in spider.targets.get(code, []) if url not in alternatives]


class BareSpider(CrawlSpider):
    """Follows every link that LinkExtractor finds."""

    name = "bare"

    def __init__(self, registry: str, log: str, targets: dict[str, list[list[str]]], budget: int) -> None:
        tags, attributes = (("a", "area", "iframe", "frame"), ("href", "src")) if targets else (("a", "area"), ("href",))
        links = LinkExtractor(allow_domains=["test"], tags=tags, attrs=attributes)
        self.rules = (Rule(links, callback="seen", follow=True, process_request="keep_code"),)
        super().__init__()
        with Path(registry).open(newline="", encoding="utf-8") as file:
            self.towns = [(row["code"], row["website"]) for row in csv.DictReader(file)]
        self.lines = Path(log).open("w", encoding="utf-8")  # noqa: SIM115 -- closed by `closed`
        self.targets, self.budget, self.html = targets, budget, 0
        self.spent: dict[str, int] = {}

    async def start(self) -> AsyncIterator[Any]:
        for code, host in self.towns:
            if not self.targets or self.targets.get(code):
                yield Request(f"https://{host}/", meta={"code": code})

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> BareSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.received, signals.response_received)
        crawler.signals.connect(spider.downloaded, signals.response_downloaded)
        return spider

    def parse_start_url(self, response: Response, **kwargs: Any) -> Any:  # noqa: ARG002
        return self.seen(response)

    def keep_code(self, request: Request, response: Response) -> Request:
        request.meta["code"] = response.meta["code"]
        return request

    def seen(self, response: Response) -> list[Any]:  # noqa: ARG002
        return []

    def received(self, response: Response) -> None:
        self.html += isinstance(response, HtmlResponse)

    def downloaded(self, response: Response, request: Request) -> None:  # noqa: ARG002
        self.lines.write(f"{request.meta['code']} {time.time():.3f} {request.url}\n")

    def closed(self, reason: str) -> None:  # noqa: ARG002
        self.lines.close()


def bare_url(url: str) -> str:
    """A URL without query and fragment, as the scores compare them."""
    return url.partition("#")[0].partition("?")[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_spider")
    parser.add_argument("addresses", type=Path)
    parser.add_argument("registry")
    parser.add_argument("log")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--targets", type=Path)
    parser.add_argument("--budget", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=64)
    options = parser.parse_args()
    ADDRESSES.update(json.loads(options.addresses.read_text()))
    targets = json.loads(options.targets.read_text()) if options.targets else {}
    settings: dict[str, Any] = {
        "TWISTED_DNS_RESOLVER": LoopbackResolver,
        "EXTENSIONS": {clock.Clock: 0},
        "CONCURRENT_REQUESTS": options.concurrency,
        "DEPTH_PRIORITY": 1,
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "CLOSESPIDER_PAGECOUNT": options.pages,
        "LOG_LEVEL": "CRITICAL",
        "RETRY_ENABLED": False,
        "DOWNLOAD_TIMEOUT": 10,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
    }
    if targets:
        settings["REQUEST_FINGERPRINTER_CLASS"] = PerTown
        settings["DOWNLOADER_MIDDLEWARES"] = {Budget: 950}
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(BareSpider)
    process.crawl(crawler, registry=options.registry, log=options.log, targets=targets, budget=options.budget)
    process.start()
    assert isinstance(crawler.spider, BareSpider)
    assert crawler.stats is not None
    unreached = [code for code, left in crawler.spider.targets.items() if left]
    print(json.dumps({**clock.report(crawler.stats.get_stats()), "html": crawler.spider.html, "unreached_codes": unreached}))


if __name__ == "__main__":
    main()
