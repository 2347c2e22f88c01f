"""Speed: the whole of gemcrawl against a bare Scrapy CrawlSpider, over the same nation, in turns, each on one core."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.nation import SHORTEST_DELAY, addresses_for, settings_for
from benchmarks.process import CRAWLER_CORE, SERVER_CORE, cpu_of, figures, pinned
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 3
SITES = 390
"""Municipalities that gemcrawl surveys at the same time: all, so that the waits which some sites ask for overlap, and the core stays busy."""
_NOTE = """\
Medians of {rounds} rounds in turns; the crawler on one core, the nation's server on another, where it used {gemcrawl:.0%} of the core for
gemcrawl and {bare:.0%} for the bare spider: the crawlers are what is measured. Time is from spider opened to spider closed. With gemcrawl
that includes robots.txt, http probes, TLS inventories of the hosts (their handshakes are no responses), judging, parts and publication, and
the waits that robots.txt asks for; the bare spider waits for nothing, judges nothing and keeps nothing. A core that is not busy waited, or
served others. Pages are gemcrawl's column `pages` and the bare spider's HTML responses, of which it made as many as gemcrawl had pages
({pages}); responses are those of the download handler."""
_TITLE = "Speed on one core, against a bare CrawlSpider"
EVERYTHING = 24
_EVERYTHING = """\
One round. gemcrawl's frontier is made to want every page up to this budget, and longer waits asked for by robots.txt are cut, as the bare spider
does not know them; TLS inventories are left out; the rest is the full pipeline as above. {pages} pages each: what a page costs, where the costs of a site weigh less."""


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl."""

    pages: int
    responses: int
    seconds: float
    cpu: float
    peak_mb: float
    server_busy: float

    def measures(self) -> dict[str, float]:
        """By name; more is better in the first two, less in the next two."""
        return {
            "HTML pages/s": self.pages / self.seconds,
            "responses/s": self.responses / self.seconds,
            "CPU ms per HTML page": 1000 * self.cpu / self.pages,
            "CPU ms per response": 1000 * self.cpu / self.responses,
            "core busy, %": 100 * self.cpu / self.seconds,
            "peak memory, MB": self.peak_mb,
        }


def run(directory: Path) -> list[Table]:
    """Alternates both crawlers; needs root for ports 443 and 80 of loopback addresses."""
    with pinned(SERVER_CORE):
        server = DemoServer(directory / "speed", standard_ports=True)
        server.start()
    ours: list[Run] = []
    bare: list[Run] = []
    try:
        for number in range(ROUNDS):
            settings = settings_for(server, directory / f"speed-{number}", delay=SHORTEST_DELAY, GEMCRAWL_CONCURRENT_SITES=SITES)
            ours.append(_run(server, "pages", "benchmarks.survey", settings))
            bare.append(_bare(server, ours[-1].pages))
        settings = settings_for(
            server,
            directory / "speed-everything",
            delay=SHORTEST_DELAY,
            GEMCRAWL_CONCURRENT_SITES=SITES,
            GEMCRAWL_MAX_PAGES=EVERYTHING,
            GEMCRAWL_CRAWL_DELAY_MAX=SHORTEST_DELAY,
            GEMCRAWL_TLS_INVENTORY=False,
        )
        everything = _run(server, "pages", "benchmarks.everything", settings)
        as_many = _bare(server, everything.pages)
    finally:
        server.stop()
    return [
        _table(_TITLE, ours, bare, _NOTE),
        _table(f"The same, up to {EVERYTHING} pages of every site", [everything], [as_many], _EVERYTHING),
    ]


def _bare(server: DemoServer, pages: int) -> Run:
    log = server.directory / "bare.log"
    return _run(server, "html", "benchmarks.bare_spider", addresses_for(server), server.registry, log, "--pages", pages)


def _run(server: DemoServer, pages: str, module: str, *arguments: object) -> Run:
    before = cpu_of(server.pid)
    with pinned(CRAWLER_CORE):
        found: dict[str, Any] = figures(module, *arguments)
    busy = (cpu_of(server.pid) - before) / found["seconds"]
    return Run(found[pages], found["responses"], found["seconds"], found["cpu"], found["peak_mb"], busy)


def _table(title: str, ours: list[Run], bare: list[Run], text: str) -> Table:
    note = text.format(
        rounds=len(ours),
        gemcrawl=median(run.server_busy for run in ours),
        bare=median(run.server_busy for run in bare),
        pages=ours[-1].pages,
    )
    table = Table(title, ("figure", "gemcrawl", "bare spider", "ratio", "asked"), note)
    for name in ours[0].measures():
        a, b = (median(run.measures()[name] for run in runs) for runs in (ours, bare))
        table.add(name, f"{a:.1f}", f"{b:.1f}", f"{a / b:.2f}", ">= 1.8" if name == "HTML pages/s" else "")
    for name, of in (("seconds", "seconds"), ("CPU seconds", "cpu"), ("HTML pages", "pages"), ("responses", "responses")):
        a, b = (median(getattr(run, of) for run in runs) for runs in (ours, bare))
        table.add(name, f"{a:.1f}".removesuffix(".0"), f"{b:.1f}".removesuffix(".0"), f"{a / b:.2f}", "")
    return table
