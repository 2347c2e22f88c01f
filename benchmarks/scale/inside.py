"""One survey of `benchmarks.scale.nation` in a process of its own, its crawl and its publication told apart.

python -m benchmarks.scale.inside SETTINGS

SETTINGS is a JSON file of Scrapy settings.  Prints JSON: for ``crawl`` (to the last part) and ``publication`` seconds, processor seconds and the
peak of memory in MB, the program included; ``growth``, memory by municipalities surveyed; pages, requests, hosts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from scrapy import signals

from benchmarks.clock import cpu_seconds
from gemcrawl.cli.run import run_crawl

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

POINTS = 10
"""Times that memory is noted on the way."""


def memory_mb(name: str) -> float:
    """``VmRSS`` (now) or ``VmHWM`` (the peak since the last `forget_peak`) of this process, in MB (2**20 bytes)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    """From now on the peak is counted anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


class Phases:
    """A Scrapy extension: what the crawl took up to its last municipality, and what came after."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._began = self._left = 0
        self._growth: list[tuple[int, float]] = []
        self._clock = time.monotonic(), cpu_seconds()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        phases = cls(crawler)
        crawler.signals.connect(phases.opened, signals.spider_opened)
        crawler.signals.connect(phases.surveyed, signals.item_scraped)
        crawler.signals.connect(phases.closed, signals.spider_closed)
        return phases

    def opened(self) -> None:
        assert self._crawler.spider is not None
        self._began = self._left = len(self._crawler.spider.registry.entries)  # type: ignore[attr-defined]
        self._clock = time.monotonic(), cpu_seconds()

    def surveyed(self) -> None:
        self._left -= 1
        if self._left % max(1, self._began // POINTS) == 0:
            self._growth.append((self._began - self._left, memory_mb("VmRSS")))
        if self._left == 0:
            self._note("crawl")
            forget_peak()

    def closed(self) -> None:
        self._note("publication")
        assert self._crawler.stats is not None
        self._crawler.stats.set_value("scale/growth", self._growth)

    def _note(self, phase: str) -> None:
        assert self._crawler.stats is not None
        before, self._clock = self._clock, (time.monotonic(), cpu_seconds())
        seconds, cpu = (now - then for now, then in zip(self._clock, before, strict=True))
        self._crawler.stats.set_value(f"scale/{phase}", {"seconds": seconds, "cpu": cpu, "peak_mb": memory_mb("VmHWM")})


def main() -> None:
    settings: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    settings["EXTENSIONS"] = {f"{__spec__.name}.Phases": 0, "scrapy.extensions.logstats.LogStats": None}
    result = run_crawl(settings)
    if result.snapshot is None or result.stats is None:
        sys.exit(f"no snapshot: {result.message}")
    rows = {name: pq.read_metadata(result.snapshot / f"{name}.parquet").num_rows for name in ("municipalities", "forms", "pages", "hosts")}
    towns = pq.read_table(result.snapshot / "municipalities.parquet", columns=["outcome", "requests", "appointment_forms", "contact_forms"])
    sums = {
        "surveyed": towns["outcome"].to_pylist().count("surveyed"),
        "complete": sum(
            bool(a and c) for a, c in zip(towns["appointment_forms"].to_pylist(), towns["contact_forms"].to_pylist(), strict=True)
        ),
        "requests": sum(towns["requests"].to_pylist()),
    }
    print(json.dumps({**{name: result.stats[f"scale/{name}"] for name in ("crawl", "publication", "growth")}, "rows": rows, **sums}))


if __name__ == "__main__":
    main()
