"""One night in one process and in two: how much faster, and at what cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.faults.nights import EFFORT, TIMES, differences
from benchmarks.nation import SHORTEST_DELAY, settings_for
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer

_RUN = (
    "import json, sys; from gemcrawl.cli.run import run_crawl; settings = json.load(open(sys.argv[1])); workers = int(sys.argv[2]); "
    "sys.exit(run_crawl(settings, workers=workers).code)"
)
SIZE = 390
_QUIET = {"scrapy.extensions.logstats.LogStats": None}
_WAITS = {
    "GEMCRAWL_SECOND_ROUND": False,
    "GEMCRAWL_TLS_INVENTORY": False,
    "GEMCRAWL_CRAWL_DELAY_MAX": 0.01,
    "GEMCRAWL_CONFIRM_PAUSE": 0.0,
    "DOWNLOAD_TIMEOUT": 2,
}
_WAITS_TOLD = "second round, TLS inventories, Crawl-delay, long time-outs"


@dataclass(frozen=True, slots=True)
class _Night:
    seconds: float
    cpu: float
    """Of all its processes, the nation's server not among them."""
    pages: int
    snapshot: Path


def run(directory: Path) -> list[Table]:
    """The demo as it is, and without what it mostly waits for, so that CPU decides."""
    return [
        _compared(directory / "waiting", f"A night of {SIZE} municipalities in several processes", {}),
        _compared(directory / "busy", f"The same, without what it waits for: {_WAITS_TOLD}", _WAITS),
    ]


def _compared(directory: Path, title: str, changes: dict[str, object]) -> Table:
    """One process, two workers, one process again: what the machine did meanwhile shows between the first and the last."""
    nights: list[_Night] = []
    with DemoServer(directory / "nation", size=SIZE) as server:
        for position, workers in enumerate((1, 2, 1)):
            output = directory / f"output-{position}"
            settings = settings_for(server, output, delay=SHORTEST_DELAY, EXTENSIONS=_QUIET, **changes)
            nights.append(_night(settings, workers, output))
    one, two, again = nights
    table = Table(title, ("figure", "one process", "two workers", "one process again"))
    table.add("seconds, start of the program to its end", *(f"{night.seconds:.1f}" for night in nights))
    table.add("CPU seconds, all processes", *(f"{night.cpu:.1f}" for night in nights))
    table.add("CPU ms per page", *(f"{1000 * night.cpu / night.pages:.2f}" for night in nights))
    usual = (one.seconds + again.seconds) / 2
    table.add("times as fast as the mean of the two; asked: 1.7 where CPU decides", "", f"{usual / two.seconds:.2f}", "")
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
