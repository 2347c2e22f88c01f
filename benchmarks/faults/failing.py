"""A night in which one site in twenty fails, each in another way, beside one in which none does.

All times are those of a real night divided by `FASTER`: the delay between requests, time-outs, the time per municipality, the spacing of
handshakes, the rest before the second round.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults import nights
from benchmarks.faults.nights import TIMES, published, run
from benchmarks.faults.scenarios import Figure
from benchmarks.faults.server import Nation
from tests.support import bad
from tests.support.authority import Authority
from tests.support.world import Reply, World

FASTER = 20
_PACE = {
    "GEMCRAWL_PROBE_SPACING": 0.2 / FASTER,
    "GEMCRAWL_SITE_SECONDS": 900 / FASTER,
    "GEMCRAWL_CRAWL_DELAY_MAX": 10 / FASTER,
    "DOWNLOAD_TIMEOUT": 20 / FASTER,
}
WAYS = ("refused", "stall", "5xx", *(path.removeprefix("/") for path in bad.RESOURCES))
SIZE = 20 * len(WAYS)
_EVERYWHERE = {"drop", "reset", "hang"}
"""Ways in which robots.txt fails too; elsewhere only the home page does."""


def _pages(way: str) -> dict[str, object]:
    if way == "5xx":
        return {"/": Reply("<h1>Storing</h1>", status=503), "/robots.txt": Reply("", status=404)}
    found = bad.RESOURCES.get(f"/{way}", Reply())
    return {"/": found, "/robots.txt": found if way in _EVERYWHERE else Reply("", status=404)}


def failing(directory: Path) -> Iterator[Figure]:
    """Both nights, the failing one first, so that a warm cache favours the other."""
    with ExitStack() as stack:
        nation = stack.enter_context(Nation(directory / "failing-nation", SIZE))
        towns = [town for town in nation.towns if town.case == "plain"][:: len(nation.towns) // len(WAYS) // 4][: len(WAYS)]
        sites = {town.website: way for town, way in zip(towns, WAYS, strict=True)}
        (directory / "authority").mkdir()
        authority = Authority(directory / "authority")
        closed = [f"{scheme}://{host}" for host, way in sites.items() if way == "refused" for scheme in ("http", "https")]
        world = stack.enter_context(World({host: _pages(way) for host, way in sites.items()}, authority, closed=closed))  # type: ignore[arg-type]
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
        stalled = [f"{host}:443:127.0.0.1:{silent.getsockname()[1]}" for host, way in sites.items() if way == "stall"]
        both = directory / "both.pem"
        both.write_bytes(nation.ca_file.read_bytes() + world.ca_file.read_bytes())

        def options(name: str, rules: list[str]) -> list[str]:
            paced = ["--delay", str(1 / FASTER), "--ca-file", str(both), "--no-render"]
            return [*(word for rule in rules for word in ("--connect-to", rule)), *nation.options(directory / name), *paced]

        spoilt = run(options("failing", [*stalled, *world.connect_to]), settings=_PACE)
        healthy = run(options("healthy", []), settings=_PACE)
        once = run(options("once", [*stalled, *world.connect_to]), settings={**_PACE, "GEMCRAWL_SECOND_ROUND": False})
    what = f"a night of {SIZE} with {len(sites)} sites failing, each in another way, beside a healthy one"
    if spoilt.code or healthy.code or once.code:
        complaint = f"exit codes {spoilt.code}, {healthy.code}, {once.code}: {spoilt.err.strip()[-300:]}"
        yield Figure(what, "<= 1.3x", complaint, good=False)
        return
    ratio = spoilt.seconds / healthy.seconds
    said = f"{ratio:.2f}x ({spoilt.seconds:.0f} s beside {healthy.seconds:.0f} s; {once.seconds / healthy.seconds:.2f}x without the second round)"
    yield Figure(what, "<= 1.3x", said, good=ratio <= 1.3)
    one, other = published(directory / "healthy")[0], published(directory / "failing")[0]
    codes = {town.code for town in towns}
    rows = nights.rows_per_municipality(other)
    changed = nights.municipalities_that_differ(one, other, without=TIMES | nights.EFFORT) - codes
    yield Figure(
        "rows of that night, and other municipalities that came out differently",
        f"{SIZE}, 0",
        f"{sum(rows.values())}, {len(changed)}",
        good=sum(rows.values()) == SIZE and not changed,
    )
