"""One night in one process and in two: how much faster, and at what cost; where waiting decides, and where the processor does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.faults.nights import EFFORT, TIMES, differences
from benchmarks.nation import SHORTEST_DELAY, settings_for
from benchmarks.scale.server import ScaleServer
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer

_RUN = (
    "import json, sys; from gemcrawl.cli.run import run_crawl; settings = json.load(open(sys.argv[1])); workers = int(sys.argv[2]); "
    "sys.exit(run_crawl(settings, workers=workers).code)"
)
SIZE = 390
BUSY_SIZE = 1_560
"""Enough for starting and publishing, which is not shared out, to be little beside surveying; SCALE_SIZE in the environment takes its place."""
TURNS = (1, 2, 1)
"""Workers of each night."""
_QUIET = {"scrapy.extensions.logstats.LogStats": None}
_BUSY_NOTE = """The nation is that of `scale`: copies of small sites that are kept ready, so that its server, which has no other cores than these two, takes little from
them. What it takes is told, and bounds the ratio: where one process has its server on the other core, two have it on theirs. Nothing is rendered, no
TLS inventories, 0.001 s between two requests to one server, 24 municipalities at a time in each worker. Surveying is from the first request that the
server saw to the last; the whole night has the start of the program and the publication besides, which one process does alone. Rows that differ: but
for times and costs."""


@dataclass(frozen=True, slots=True)
class _Night:
    seconds: float
    cpu: float
    """Of all its processes, the nation's server not among them."""
    pages: int
    snapshot: Path
    served: dict[str, float] = field(default_factory=dict)
    """What the server used; nothing where it serves several nights."""


def run(directory: Path) -> list[Table]:
    """The demo as it is, which mostly waits, and a nation without waits, so that the processor decides."""
    return [_waiting(directory / "waiting"), _busy(directory / "busy", int(os.environ.get("SCALE_SIZE", BUSY_SIZE)))]


def _waiting(directory: Path) -> Table:
    nights: list[_Night] = []
    with DemoServer(directory / "nation", size=SIZE) as server:
        for position, workers in enumerate(TURNS):
            output = directory / f"output-{position}"
            settings = settings_for(server, output, delay=SHORTEST_DELAY, EXTENSIONS=_QUIET)
            nights.append(_night(settings, workers, output))
    return _compared(f"A night of {SIZE} municipalities in several processes", nights)


def _busy(directory: Path, size: int) -> Table:
    nights: list[_Night] = []
    for position, workers in enumerate(TURNS):
        output = directory / f"output-{position}"
        with ScaleServer(directory / f"nation-{position}", size) as server:
            settings = server.directory / "settings.json"
            settings.write_text(json.dumps({**server.settings(output, delay=SHORTEST_DELAY), "EXTENSIONS": _QUIET}), encoding="utf-8")
            night = _night(settings, workers, output)
        nights.append(replace(night, served=server.used))
    table = _compared(f"The same where the processor decides: {size:,} small municipalities", nights, _BUSY_NOTE)
    table.add("surveying: seconds", *(f"{night.served['seconds']:.1f}" for night in nights))
    one, two, again = (night.served["seconds"] for night in nights)
    table.add("surveying: times as fast as the mean of the two; asked: 1.7", "", f"{(one + again) / 2 / two:.2f}", "")
    table.add("server: CPU seconds", *(f"{night.served['cpu']:.1f}" for night in nights))
    cores = len(os.sched_getaffinity(0))
    used = (f"{100 * (night.cpu + night.served['cpu']) / night.seconds / cores:.0f}" for night in nights)
    table.add(f"% of {cores} cores used, server included", *used)
    return table


def _compared(title: str, nights: list[_Night], note: str = "") -> Table:
    """One process, two workers, one process again: what the machine did meanwhile shows between the first and the last."""
    one, two, again = nights
    table = Table(title, ("figure", "one process", "two workers", "one process again"), note)
    table.add("seconds, start of the program to its end", *(f"{night.seconds:.1f}" for night in nights))
    table.add("CPU seconds, all processes", *(f"{night.cpu:.1f}" for night in nights))
    table.add("CPU ms per page", *(f"{1000 * night.cpu / night.pages:.2f}" for night in nights))
    usual = (one.seconds + again.seconds) / 2
    table.add("times as fast as the mean of the two", "", f"{usual / two.seconds:.2f}", "")
    different = differences(one.snapshot, two.snapshot, without=TIMES | EFFORT)
    base = differences(one.snapshot, again.snapshot, without=TIMES | EFFORT)
    table.add("rows unlike those of the first, times and costs aside", "", f"{sum(different.values())}", f"{sum(base.values())}")
    return table


def _night(settings: Path, workers: int, output: Path) -> _Night:
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", _RUN, str(settings), str(workers)], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"a night of {workers} workers ended with {process.returncode}")
    (snapshot,) = output.glob("snapshot=*")
    pages = pq.read_metadata(snapshot / "pages.parquet").num_rows
    return _Night(seconds, used.ru_utime + used.ru_stime, pages, snapshot)
