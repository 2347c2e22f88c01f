"""How a nation's servers see one process, several, and those of a Dask cluster: gaps and requests at the same time, from their log."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from benchmarks.scale.nation import PLATFORMS, Copy
from benchmarks.table import Table
from benchmarks.tls import isolated
from gemcrawl.sites import site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SIZE = 72
DELAY = 0.2
JITTER = 0.25
"""Share of the delay that a pause may fall short of it: DOWNLOAD_DELAY_JITTER."""
WORKERS = 3
TAKES = 0.05
"""Seconds that an answer takes, so that requests which overlap are seen to."""
NIGHTS = {"one process": 1, f"{WORKERS} workers": WORKERS, f"Dask, {WORKERS} workers": None}
"""How each night is surveyed: by so many processes of this machine, or on a cluster."""
_OWN, _SHARED, _MACHINES = "127.1.{}.{}", "127.2.0.{}", 2
_NOTE = f"""{SIZE} municipalities of the nation of `scale`, each at an address of its own; a third has its appointment form on one of {PLATFORMS} platforms, which are at
{_MACHINES} addresses between them. {DELAY:g} s between two requests to one server, of which jitter may take {100 * JITTER:.0f} %; an answer takes {1000 * TAKES:.0f} ms. In a network of its
own, where names are looked up as anywhere and no connect-to rule stands in for a server. A gap is between two requests as they arrive: it is shorter
than what was kept by as much as the first took longer on its way, a new connection, say. Dask: a scheduler and {WORKERS} Dask workers, each a process."""

Log = list[tuple[float, str]]
"""When a request came, and to which host."""


def addresses(size: int) -> dict[str, str]:
    """The address of every host: a municipality's own, or that of a machine which serves several platforms."""
    found = {}
    for copy in map(Copy, range(size)):
        own = _OWN.format(copy.number // 250, copy.number % 250 + 1)
        found[copy.website] = found[copy.website.removeprefix("www.")] = own
        _, _, platform = copy.form_host.partition(".platform")
        found[copy.form_host] = _SHARED.format(int(platform[:2]) % _MACHINES + 1) if platform else own
    return found


def run(directory: Path) -> list[Table]:
    """Surveys one nation three times in a network of its own."""
    if not isolated.available():
        print("politeness: skipped, this machine does not let its user have a network of his own\n", flush=True)
        return []
    directory = directory / "politeness"
    directory.mkdir()
    hosts = directory / "hosts"
    at = addresses(SIZE)
    hosts.write_text("".join(f"{address} {host}\n" for host, address in {**at, "localhost": "127.0.0.1"}.items()), encoding="utf-8")
    for number in range(len(NIGHTS)):  # a reactor runs once, so each has a process of its own
        subprocess.run(
            isolated.command(hosts, sys.executable, "-m", "benchmarks.politeness_inside", str(directory), str(number)), check=True
        )
    logs = [json.loads((directory / f"log-{number}.json").read_bytes()) for number in range(len(NIGHTS))]
    return [_table([[(when, host) for when, host in log] for log in logs], at)]


def by(log: Log, what: Callable[[str], str | None]) -> dict[str, list[float]]:
    """When each thing that ``what`` makes of a host was asked, in order; what it makes nothing of is left out."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for when, host in sorted(log):
        if (name := what(host)) is not None:
            found[name].append(when)
    return dict(found)


def gaps(times: Mapping[str, Sequence[float]]) -> list[float]:
    """Seconds from each request to the next one at the same thing, in order of size."""
    return sorted(later - sooner for each in times.values() for sooner, later in itertools.pairwise(each))


def at_once(times: Mapping[str, Sequence[float]], takes: float) -> int:
    """The most requests that one thing had at the same time."""
    return max(sum(0 <= when - other < takes for other in each) for each in times.values() for when in each)


def _table(logs: Sequence[Log], at: Mapping[str, str]) -> Table:
    table = Table("Politeness of several processes, from the servers' log", ("figure", *NIGHTS, "asked"), _NOTE)
    shared = _SHARED.removesuffix("{}")
    sites = [by(log, site_of) for log in logs]
    machines = [by(log, lambda host: at[host] if at[host].startswith(shared) else None) for log in logs]
    least = f">= {1000 * DELAY * (1 - JITTER):.0f}"
    table.add("requests", *(f"{len(log)}" for log in logs), "")
    table.add("seconds from the first to the last", *(f"{max(log)[0] - min(log)[0]:.1f}" for log in logs), "")
    for name, times in (("registrable domain", sites), ("address with several platforms", machines)):
        table.add(f"{name}: shortest gap, ms", *(f"{1000 * gaps(each)[0]:.0f}" for each in times), least)
        table.add(f"{name}: 1st percentile, ms", *(f"{1000 * gaps(each)[len(gaps(each)) // 100]:.0f}" for each in times), least)
        table.add(f"{name}: most at the same time", *(f"{at_once(each, TAKES)}" for each in times), "1")
    table.add("requests to such an address, most", *(f"{max(map(len, each.values()))}" for each in machines), "")
    return table
