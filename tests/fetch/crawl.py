"""A crawl in a process of its own: asks gemcrawl's client for URLs, and prints the answers as JSON, one a line.

Arguments: settings, then a list of questions, each the keyword arguments of `Client.get`, or ``slow_down``, or ``together`` with a list of URLs; both JSON.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from gemcrawl.fetch.client import Client
from tests.support import loopback

QUESTIONS: list[dict[str, Any]] = json.loads(sys.argv[2])


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


class Asking(Spider):
    name = "asking"

    async def start(self) -> AsyncIterator[Any]:
        client = Client(self.crawler)
        for question in QUESTIONS:
            if "slow_down" in question:
                client.slow_down(*question["slow_down"])
                continue
            if "together" in question:
                answers = await asyncio.gather(*(client.get(url, jar="GM9001") for url in question["together"]))
                sys.stdout.writelines(json.dumps(dataclasses.asdict(answer), default=_plain) + "\n" for answer in answers)
                continue
            if "within" in question:
                question["deadline"] = time.monotonic() + question.pop("within")
            answer = await client.get(**question)
            sys.stdout.write(json.dumps(dataclasses.asdict(answer), default=_plain) + "\n")
        if False:
            yield


def main() -> None:
    loopback.install()
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    settings.setdict({"ITEM_PIPELINES": {}, "LOG_LEVEL": "WARNING", **json.loads(sys.argv[1])}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    process.crawl(Asking)
    process.start()


if __name__ == "__main__":
    main()
