"""The yardstick: a bare Scrapy CrawlSpider, breadth first, default download handler, LinkExtractor, no items.

    python -m benchmarks.bare_spider ADDRESSES REGISTRY PAGES LOG

ADDRESSES is a JSON file {host: loopback address}, PAGES the number of responses after which it stops, LOG a file to which it writes one
line "code url" per response, in the order of arrival.  Prints JSON: responses, seconds, peak memory in MB.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor
from scrapy.resolver import CachingThreadedResolver
from scrapy.spiders import CrawlSpider, Rule
from twisted.internet import defer

ADDRESSES: dict[str, str] = {}


class LoopbackResolver(CachingThreadedResolver):
    """Every name of the nation is on its loopback address."""

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802
        return defer.succeed(ADDRESSES.get(name, "127.0.0.1"))


class BareSpider(CrawlSpider):
    name = "bare"
    rules = (Rule(LinkExtractor(allow_domains=["test"]), callback="seen", follow=True, process_request="keep_code"),)

    def __init__(self, registry: str, log: str) -> None:
        super().__init__()
        with Path(registry).open(newline="", encoding="utf-8") as file:
            self.towns = [(row["code"], row["website"]) for row in csv.DictReader(file)]
        self.log = Path(log).open("w", encoding="utf-8")  # noqa: SIM115
        self.count = 0

    async def start(self) -> Any:
        for code, host in self.towns:
            yield Request(f"https://{host}/", meta={"code": code}, dont_filter=True)

    def parse_start_url(self, response: Any, **kwargs: Any) -> Any:
        return self.seen(response)

    def keep_code(self, request: Request, response: Any) -> Request:
        request.meta["code"] = response.meta["code"]
        return request

    def seen(self, response: Any) -> list[Any]:
        self.count += 1
        self.log.write(f"{response.meta['code']} {response.url}\n")
        return []


def main() -> None:
    addresses, registry, pages, log = sys.argv[1:]
    ADDRESSES.update(json.loads(Path(addresses).read_text()))
    process = CrawlerProcess(
        {
            "DNS_RESOLVER": LoopbackResolver,
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
            "DEPTH_PRIORITY": 1,
            "SCHEDULER_DISK_QUEUE": "scrapy.squeues.PickleFifoDiskQueue",
            "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
            "CLOSESPIDER_PAGECOUNT": int(pages),
            "LOG_LEVEL": "ERROR",
            "RETRY_ENABLED": False,
            "DOWNLOAD_TIMEOUT": 10,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
        }
    )
    crawler = process.create_crawler(BareSpider)
    times: dict[str, float] = {}
    crawler.signals.connect(lambda: times.setdefault("start", time.monotonic()), signals.spider_opened, weak=False)
    crawler.signals.connect(lambda: times.setdefault("end", time.monotonic()), signals.spider_closed, weak=False)
    process.crawl(crawler, registry=registry, log=log)
    process.start()
    assert crawler.stats is not None
    responses = crawler.stats.get_value("downloader/response_count", 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"responses": responses, "seconds": times["end"] - times["start"], "peak_mb": peak}))


if __name__ == "__main__":
    main()
