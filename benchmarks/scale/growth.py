"""What a night costs as the nation grows a hundredfold: time, processor and memory, of the crawl and of the publication."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from benchmarks.process import figures
from benchmarks.scale.nation import PLATFORMS
from benchmarks.scale.server import ScaleServer
from benchmarks.table import Table

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (390, 3_900, 39_000)
DELAY = 0.001
"""Seconds between two requests to one server: the least that gemcrawl allows."""
MOST_GROWTH = 1.5
"""Times the memory of the smallest nation that the largest may take."""
TIMEOUT = 4 * 3600
_NOTE = f"""Sites are made when they are asked for (`benchmarks/scale/nation.py`): a home page with the contact form and a page with the appointment form, on the
site itself, on a sub-domain of its own, or on one of {PLATFORMS} platforms, a third each; every host has a certificate of its own. Nothing is rendered, TLS
inventories are left out, {DELAY:g} s between two requests to one server. One process, 24 municipalities at a time; the nation's server is another
process on the same machine. Publication happens in the process of the crawl: its peak begins with what the crawl leaves. Memory is resident, in MB of
2^20 bytes, Python and all libraries included."""


def run(directory: Path) -> list[Table]:
    """Surveys a nation of each size, the sizes in SCALE_SIZES where that is set."""
    sizes = [int(size) for size in os.environ.get("SCALE_SIZES", "").split(",") if size] or SIZES
    nights = {size: survey(directory / f"nation-{size}", size) for size in sizes}
    return [_costs(nights), _growth(nights)]


def survey(directory: Path, size: int) -> dict[str, Any]:
    """One night, as `benchmarks.scale.inside` prints it, with what the server used as ``server``.

    Raises:
        RuntimeError: it is not the night that was to be measured.
    """
    with ScaleServer(directory, size) as server:
        settings = directory / "settings.json"
        settings.write_text(json.dumps(server.settings(directory / "output", delay=DELAY)), encoding="utf-8")
        found = figures("benchmarks.scale.inside", settings, timeout=TIMEOUT)
    if found["rows"]["municipalities"] != size or found["complete"] < 0.99 * size:
        raise RuntimeError(f"{found['complete']} of {size} municipalities with both their forms: {found}")
    return {**found, "server": server.used}


def _costs(nights: dict[int, dict[str, Any]]) -> Table:
    table = Table("A night as the nation grows", ("figure", *(f"{size:,}" for size in nights), "asked"), _NOTE)
    first = next(iter(nights.values()))

    def add(figure: str, asked: str, value: Any) -> None:
        table.add(figure, *(value(size, night) for size, night in nights.items()), asked)

    add("municipalities with both their forms", "", lambda _, night: f"{night['complete']:,}")
    add("pages", "", lambda _, night: f"{night['rows']['pages']:,}")
    add("requests", "", lambda _, night: f"{night['requests']:,}")
    add("hosts", "", lambda _, night: f"{night['rows']['hosts']:,}")
    add("crawl: seconds", "", lambda _, night: f"{night['crawl']['seconds']:,.0f}")
    add("crawl: CPU seconds", "", lambda _, night: f"{night['crawl']['cpu']:,.0f}")
    add("crawl: CPU ms per municipality", "", lambda size, night: f"{1000 * night['crawl']['cpu'] / size:.1f}")
    add("crawl: CPU ms per page", "", lambda _, night: f"{1000 * night['crawl']['cpu'] / night['rows']['pages']:.1f}")
    add("crawl: CPU ms per request", "", lambda _, night: f"{1000 * night['crawl']['cpu'] / night['requests']:.1f}")
    add("crawl: peak memory, MB", "", lambda _, night: f"{night['crawl']['peak_mb']:.0f}")
    add(
        "crawl: times the memory of the smallest",
        f"<= {MOST_GROWTH}",
        lambda _, night: f"{night['crawl']['peak_mb'] / first['crawl']['peak_mb']:.2f}",
    )
    add("publication: seconds", "", lambda _, night: f"{night['publication']['seconds']:.1f}")
    add("publication: CPU seconds", "", lambda _, night: f"{night['publication']['cpu']:.1f}")
    add("publication: peak memory, MB", "", lambda _, night: f"{night['publication']['peak_mb']:.0f}")
    add("server: CPU seconds", "", lambda _, night: f"{night['server']['cpu']:,.0f}")
    add("server: peak memory, MB", "", lambda _, night: f"{night['server']['peak_mb']:.0f}")
    return table


def _growth(nights: dict[int, dict[str, Any]]) -> Table:
    size, night = list(nights.items())[-1]
    table = Table(f"Memory of the crawler on its way through {size:,}", ("municipalities surveyed", "MB"))
    for surveyed, memory in night["growth"]:
        table.add(f"{surveyed:,}", f"{memory:.0f}")
    return table
