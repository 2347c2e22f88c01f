"""What rendering finds and costs in a survey; pages per second and memory, beside scrapy-playwright with its default settings.

Both crawlers render the same pages of a server on loopback, which are described in `benchmarks.rendering_pages`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import process, rendered_survey
from benchmarks.rendering_pages import KINDS
from benchmarks.rendering_server import Served, host, serve
from benchmarks.table import Table
from gemcrawl.sites import site_of
from gemcrawl.survey.urls import host_of

PAGES = 80
ROUNDS = 2
MANY_PAGES = 1000
STEP = 100
WARM_UP = 16
"""Pages rendered before the clock starts."""
AT_ONCE = 16
"""Pages asked for at the same time: Scrapy's default for CONCURRENT_REQUESTS."""
SITES_AT_ONCE = 8
"""Sites among which they are."""
PER_SITE = {"20 pages of each site, as on a supplier's platform": 20, "every page of another site": 1}
BROWSERS = ("chromium-headless-shell", "chromium")
CRAWLERS = ("scrapy-playwright", "gemcrawl")
ONLY_LOOPBACK = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
)
"""Given to the other crawler's browser too, so that a measurement reaches nothing else."""
MIB = 2**20


def run(directory: Path) -> Iterator[Table]:
    """The tables."""
    browsers = [name for name in BROWSERS if shutil.which(name)]
    if not browsers:
        yield Table("Rendering", ("no browser found",))
        return
    yield from rendered_survey.run(directory)
    authority = directory / "authority"
    authority.mkdir()
    with serve(authority, PAGES + WARM_UP) as served:
        for pages, per_site in PER_SITE.items():
            yield _speed(f"Rendered pages per second, {pages}", browsers, served, per_site)
        memory = Table(
            f"Memory over {MANY_PAGES} rendered pages, MB",
            ("pages", "crawler", "browser and driver", "together", "processes"),
            note="Proportional set size of gemcrawl's process and of all its descendants, as /proc/PID/smaps_rollup has it.",
        )
        found = _figures("gemcrawl", browsers[0], served, MANY_PAGES, 20)
        for count, own, rest, processes in found["memory"]:
            memory.add(str(count), f"{own:.0f}", f"{rest:.0f}", f"{own + rest:.0f}", str(processes))
        yield memory


def _speed(title: str, browsers: list[str], served: Served, per_site: int) -> Table:
    table = Table(
        title,
        ("crawler", "browser", "pages", "seconds", "pages/s", "CPU per page, ms", "with the form", "of scrapy-playwright", "asked"),
        note=f"Medians of {ROUNDS} rounds in turns.  {AT_ONCE} pages asked for at the same time; {WARM_UP} pages rendered before the clock starts.  CPU of "
        "the crawler and all processes it started; unlike seconds, hardly touched by what else the machine does.",
    )
    for browser in browsers:
        found: dict[str, list[dict[str, Any]]] = {crawler: [] for crawler in CRAWLERS}
        for number in range(ROUNDS):
            for crawler in CRAWLERS[:: -1 if number % 2 else 1]:
                found[crawler].append(_figures(crawler, browser, served, PAGES, per_site))
        theirs = median(one["seconds"] for one in found[CRAWLERS[0]])
        for crawler, figures in found.items():
            seconds, cpu = (median(one[name] for one in figures) for name in ("seconds", "cpu"))
            table.add(
                crawler,
                browser,
                str(PAGES),
                f"{seconds:.1f}",
                f"{PAGES / seconds:.1f}",
                f"{1000 * cpu / PAGES:.0f}",
                str(figures[0]["forms"]),
                f"{theirs / seconds:.2f}",
                ">= 3" if crawler == "gemcrawl" else "",
            )
    return table


def _figures(crawler: str, browser: str, served: Served, pages: int, per_site: int) -> dict[str, Any]:
    return process.figures("benchmarks.rendering", crawler, shutil.which(browser), json.dumps(asdict(served)), pages, per_site)


# --- one crawl, in a process of its own ---


def crawl(crawler: str, browser: str, served: Served, pages: int, per_site: int) -> dict[str, Any]:
    """Renders ``pages`` pages, ``per_site`` of each site, and tells seconds, forms seen and memory."""
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    told: dict[str, Any] = {"forms": 0, "memory": []}

    class Pages(Spider):
        name = "pages"

        async def start(self) -> AsyncIterator[Any]:
            one = (gemcrawl_page if crawler == "gemcrawl" else default_page)(self)
            await _together([one(number) for number in range(-WARM_UP, 0)], lambda _: None)
            started, cpu = time.monotonic(), cpu_of(os.getpid())

            def done(count: int) -> None:
                if count % STEP == 0:
                    told["memory"].append((count, *memory_of(os.getpid())))

            forms = await _together([one(number) for number in range(pages)], done)
            told.update(seconds=time.monotonic() - started, cpu=cpu_of(os.getpid()) - cpu, forms=sum(forms))
            if False:
                yield

    def gemcrawl_page(spider: Spider) -> Callable[[int], Coroutine[Any, Any, bool]]:
        from gemcrawl.fetch.renderer import Renderer

        render = Renderer.from_crawler(spider.crawler)

        async def allowed(_: str) -> None:
            return None

        async def one(number: int) -> bool:
            url = _address(number, per_site)
            found = await render(url, group=site_of(host_of(url)), allowed=allowed, deadline=time.monotonic() + 60)
            return bool(found.documents) and "<textarea" in found.documents[0].html

        return one

    def default_page(spider: Spider) -> Callable[[int], Coroutine[Any, Any, bool]]:
        async def one(number: int) -> bool:
            assert spider.crawler.engine is not None
            request = Request(_address(number, per_site), meta={"playwright": True})
            response = await spider.crawler.engine.download_async(request)
            return b"<textarea" in response.body

        return one

    settings = Settings()
    if crawler == "gemcrawl":
        os.environ["GEMCRAWL_CHROMIUM"] = browser
        settings.setmodule("gemcrawl.settings")
        settings.setdict({"ITEM_PIPELINES": {}, "DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE})
        reach = {"GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"], "GEMCRAWL_CONNECT_TO": [f":443:127.0.0.1:{served.port}"]}
        settings.setdict({**reach, "GEMCRAWL_CA_FILE": served.ca_file}, priority="cmdline")
    else:
        reached = (f"--host-resolver-rules=MAP * 127.0.0.1:{served.port}", f"--ignore-certificate-errors-spki-list={served.spki}")
        handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
        settings.setdict(
            {
                "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
                "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": browser, "args": [*ONLY_LOOPBACK, *reached]},
                "TELNETCONSOLE_ENABLED": False,
            }
        )
    settings.set("LOG_LEVEL", "ERROR", priority="cmdline")
    running = AsyncCrawlerProcess(settings)
    running.crawl(Pages)
    running.start()
    return told


def _address(number: int, per_site: int) -> str:
    """A page: sites take turns, `SITES_AT_ONCE` of them, until each has had its pages.  Those of the warm-up have negative numbers."""
    town = number // (per_site * SITES_AT_ONCE) * SITES_AT_ONCE + number % SITES_AT_ONCE if number >= 0 else PAGES - 1 - number
    return f"https://{host(town)}/{KINDS[town % len(KINDS)]}?page={number}"


async def _together(pages: list[Coroutine[Any, Any, bool]], done: Callable[[int], None]) -> list[bool]:
    """What all of them return, `AT_ONCE` at a time; ``done`` is told how many are."""
    places, count = asyncio.Semaphore(AT_ONCE), 0

    async def one(page: Coroutine[Any, Any, bool]) -> bool:
        nonlocal count
        async with places:
            result = await page
        count += 1
        done(count)
        return result

    return await asyncio.gather(*map(one, pages))


def descendants(pid: int) -> list[int]:
    """Every process that a process has started, and those that these have."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
    found, waiting = [], list(children.get(pid, ()))
    while waiting:
        found.append(waiting.pop())
        waiting.extend(children.get(found[-1], ()))
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds of a process and its descendants so far, those that have ended included."""
    ticks = 0
    for one in (pid, *descendants(pid)):
        with suppress(OSError):
            ticks += sum(map(int, _fields(Path(f"/proc/{one}/stat"))[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> tuple[float, float, int]:
    """Proportional set size of a process and that of all its descendants, in MB (2**20 bytes), and how many processes that is."""
    others = descendants(pid)
    return _pss(pid), sum(map(_pss, others)), 1 + len(others)


def _fields(stat: Path) -> list[str]:
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / MIB for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def main() -> None:
    crawler, browser, served, pages, per_site = sys.argv[1:]
    print(json.dumps(crawl(crawler, browser, Served(**json.loads(served)), int(pages), int(per_site))))


if __name__ == "__main__":
    main()
