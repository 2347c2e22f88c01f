"""Another yardstick: Crawlee for Python's ParselCrawler, as its documentation has it; nothing of gemcrawl is imported here.

    PYTHON crawlee_spider.py REGISTRY LOG TARGETS --budget N --concurrency N

PYTHON has crawlee (`benchmarks.tools`), and runs where every host of the nation has its address.  The municipalities of REGISTRY are crawled
at once, with links of all hosts under .test and frames; each has its own set of seen URLs.  TARGETS is a JSON file {code: [[url, ...], ...]}:
a municipality is left when one URL of each of its lists was asked for, or after ``--budget`` requests.  LOG gets one line ``code time url``
per request, before it is made; redirects, which its HTTP client follows by itself, are not counted.  Prints JSON: seconds, CPU seconds, and
the municipalities of which not every form was reached.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

from crawlee import ConcurrencySettings, Request
from crawlee.crawlers import BasicCrawlingContext, ParselCrawler, ParselCrawlingContext
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient


class Enough(Exception):
    """A municipality whose forms were all reached, or whose budget is spent, gets no more requests."""


def bare(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


async def crawl(options: argparse.Namespace) -> dict[str, object]:
    targets: dict[str, list[list[str]]] = json.loads(options.targets.read_text(encoding="utf-8"))
    spent = dict.fromkeys(targets, 0)
    with options.registry.open(newline="", encoding="utf-8") as file:
        towns = [(row["code"], row["website"]) for row in csv.DictReader(file) if row["code"] in targets]
    log = options.log.open("w", encoding="utf-8")
    crawler = ParselCrawler(
        http_client=ImpitHttpClient(verify=False, timeout=10),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=options.concurrency, desired_concurrency=options.concurrency, max_concurrency=options.concurrency
        ),
        storage_client=MemoryStorageClient(),
        max_request_retries=0,
        max_session_rotations=0,
        retry_on_blocked=False,
        configure_logging=False,
    )

    def reached(code: str, url: str) -> None:
        targets[code] = [alternatives for alternatives in targets[code] if bare(url) not in alternatives]

    @crawler.pre_navigation_hook
    async def count(context: BasicCrawlingContext) -> None:
        code, url = str(context.request.user_data["code"]), context.request.url
        if not targets[code] or spent[code] >= options.budget:
            context.request.no_retry = True
            raise Enough
        spent[code] += 1
        log.write(f"{code} {time.time():.3f} {url}\n")
        reached(code, url)

    @crawler.router.default_handler
    async def follow(context: ParselCrawlingContext) -> None:
        code = str(context.request.user_data["code"])
        if context.request.loaded_url and context.request.loaded_url != context.request.url:
            log.write(f"{code} {time.time():.3f} redirected {context.request.loaded_url}\n")
            reached(code, context.request.loaded_url)
        if not targets[code]:
            return
        found = [str(link.url) for link in await context.extract_links(strategy="all")]
        found += [str(link.url) for link in await context.extract_links(strategy="all", selector="iframe, frame", attribute="src")]
        wanted = [url for url in found if (urlsplit(url).hostname or "").endswith(".test")]
        await context.add_requests([request(url, code) for url in dict.fromkeys(wanted)])

    def request(url: str, code: str) -> Request:
        return Request.from_url(url, unique_key=f"{code} {url.partition('#')[0]}", user_data={"code": code})

    started = time.monotonic()
    await crawler.run([request(f"https://{host}/", code) for code, host in towns])
    log.close()
    return {
        "seconds": time.monotonic() - started,
        "cpu": time.process_time(),
        "unreached_codes": [code for code, left in targets.items() if left],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="crawlee_spider.py")
    for name in ("registry", "log", "targets"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--budget", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    print(json.dumps(asyncio.run(crawl(parser.parse_args()))))


if __name__ == "__main__":
    main()
