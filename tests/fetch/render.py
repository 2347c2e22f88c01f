"""A crawl in a process of its own: has pages rendered by gemcrawl, and prints what came of each as JSON, one a line.

Arguments: settings, then a list of questions, each with ``url`` and maybe ``group``, ``within`` (seconds), ``denied`` (parts of addresses
that may not be fetched), ``kill`` (ends the browser that many seconds after the question), ``starve`` (gives the browser no more than that
share of each second meanwhile), ``hang`` (stops the browser there is for good), ``pause`` (stops it for so many seconds after the answer), ``cancel`` (gives up after so many seconds) and
``same_time`` (with the question before); with ``outline`` (a form) a picture is asked for.  The last line lists the processes that the crawl had started.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from gemcrawl.fetch.playwright import PlaywrightHandler
from gemcrawl.fetch.rendered import Outline
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.items import Reason
from tests.support import loopback

QUESTIONS: list[dict[str, Any]] = json.loads(sys.argv[2])


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], list(children.get(pid, ()))
    while waiting:
        found.append(waiting.pop())
        waiting.extend(children.get(found[-1], ()))
    return found


def browsers() -> list[int]:
    """Processes of this crawl that are a browser itself, not one of its helpers."""
    found = []
    for pid in descendants(os.getpid()):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"--headless" in command and b"--type=" not in command:
                found.append(pid)
    return found


def signal_all(what: signal.Signals) -> None:
    """To every process of every browser."""
    for pid in browsers():
        for one in (pid, *descendants(pid)):
            with suppress(OSError):
                os.kill(one, what)


async def starve(share: float) -> None:
    """As a machine does that has better to do."""
    try:
        while True:
            signal_all(signal.SIGSTOP)
            await asyncio.sleep(1 - share)
            signal_all(signal.SIGCONT)
            await asyncio.sleep(share)
    finally:
        signal_all(signal.SIGCONT)


async def answered(render: Renderer, question: dict[str, Any]) -> dict[str, Any]:
    starving = asyncio.ensure_future(starve(question["starve"])) if "starve" in question else None
    if question.get("hang"):
        signal_all(signal.SIGSTOP)
    answer = await one(render, question)
    if starving is not None:
        starving.cancel()
        await asyncio.wait({starving})
    if "pause" in question:
        signal_all(signal.SIGSTOP)
        await asyncio.sleep(question["pause"])
        signal_all(signal.SIGCONT)
    return answer


async def one(render: Renderer, question: dict[str, Any]) -> dict[str, Any]:
    asked: list[str] = []

    async def allowed(url: str) -> Reason | None:
        asked.append(url)
        return "robots" if any(part in url for part in question.get("denied", ())) else None

    if "outline" in question:
        outline = Outline(**{**question["outline"], "fields": tuple(question["outline"]["fields"])})
        rendered, picture = await render.picture(
            question["url"], outline, group="GM1", allowed=allowed, deadline=time.monotonic() + question.get("within", 30)
        )
        return {**dataclasses.asdict(rendered), "picture": base64.b64encode(picture).decode() if picture is not None else None}
    task = asyncio.ensure_future(
        render(question["url"], group=question.get("group", "GM1"), allowed=allowed, deadline=time.monotonic() + question.get("within", 30))
    )
    if "kill" in question:
        await asyncio.sleep(question["kill"])
        for pid in browsers():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    if "cancel" in question:
        await asyncio.sleep(question["cancel"])
        task.cancel()
        await asyncio.wait({task})
        return {"cancelled": task.cancelled()}
    return {**dataclasses.asdict(await task), "asked": asked}


class Rendering(Spider):
    name = "rendering"

    async def start(self) -> AsyncIterator[Any]:
        render = Renderer.from_crawler(self.crawler)
        together: list[asyncio.Task[dict[str, Any]]] = []
        for question in [*QUESTIONS, None]:
            if question is None or not question.get("same_time"):
                for answer in await asyncio.gather(*together):
                    sys.stdout.write(json.dumps(answer) + "\n")
                together = []
            if question is not None:
                together.append(asyncio.ensure_future(answered(render, question)))
        started = descendants(os.getpid())
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        sys.stdout.write(
            json.dumps({"processes": started, "stats": {k: v for k, v in stats.items() if k.startswith("playwright/")}}) + "\n"
        )
        if False:
            yield


def main() -> None:
    loopback.install()
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    given = json.loads(sys.argv[1])
    PlaywrightHandler.silent = given.pop("SILENT", PlaywrightHandler.silent)
    settings.setdict({"ITEM_PIPELINES": {}, "LOG_LEVEL": "WARNING", "DOWNLOAD_DELAY": 0.01, **given}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    process.crawl(Rendering)
    process.start()


if __name__ == "__main__":
    main()
