"""Asks for one hostile answer and reads it; prints what that cost.  Arguments: port, name of the attack, seconds of the time limit."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from gemcrawl.fetch.client import Client
from gemcrawl.survey import robots, sitemap
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed

HOST = "http://www.kwaad.test"
TICK = 0.005


def peak() -> float:
    """Peak memory of this process since it was last reset, in MB (2**20 bytes)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    """From now on `peak` is that of what comes."""
    Path("/proc/self/clear_refs").write_text("5")


class Asking(Spider):
    name = "asking"
    found: dict[str, Any]

    async def start(self) -> AsyncIterator[Any]:
        name = sys.argv[2]
        client = Client(self.crawler)
        visitor = Visitor(client.get, Observed(), jar="x", deadline=time.monotonic() + 600, slow_down=client.slow_down)
        await visitor.visit(f"{HOST}/good")
        forget_peak()
        before, self.blocked = peak(), 0.0
        watching = asyncio.create_task(self.watch())
        await asyncio.sleep(2 * TICK)
        started, cpu = time.monotonic(), time.process_time()
        if name.startswith(("robots", "sitemap")):
            answer = await visitor.ask(f"{HOST}/{name}")
            failure = answer.failure
            if name.startswith("robots"):
                robots.parse(200, answer.body).refuses(f"{HOST}/{'a' * 2000}")
            else:
                sitemap.locations(answer.body)
        else:
            visit = await visitor.visit(f"{HOST}/{name}")
            answer, failure = visit.answer, visit.answer.failure
        await asyncio.sleep(0)
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        await asyncio.sleep(2 * TICK)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        type(self).found = {
            "failure": failure,
            "status": answer.status,
            "bytes": len(answer.body),
            "seconds": seconds,
            "cpu": cpu,
            "blocked": self.blocked,
            "mb": peak() - before,
        }
        if False:
            yield

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK)
            self.blocked = max(self.blocked, time.monotonic() - before - TICK)


def main() -> None:
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    rules = [f"www.kwaad.test:80:127.0.0.1:{sys.argv[1]}", "www.kwaad.test:443:127.0.0.1:1"]
    mine = {"GEMCRAWL_CONNECT_TO": rules, "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"], "DOWNLOAD_TIMEOUT": int(sys.argv[3])}
    settings.setdict({**mine, "ITEM_PIPELINES": {}, "LOG_LEVEL": "ERROR", "RETRY_TIMES": 0, "DOWNLOAD_DELAY": 0.01}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    process.crawl(Asking)
    process.start()
    print(json.dumps(Asking.found))


if __name__ == "__main__":
    main()
