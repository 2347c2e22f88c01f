"""One night in one process and in two: how much faster, and at what cost; where waiting decides, and where the processor does."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.faults.nights import EFFORT, TIMES, differences
from benchmarks.nation import SHORTEST_DELAY, settings_for
from benchmarks.process import cpu_of
from benchmarks.scale.server import ScaleServer
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer

_RUN = (
    "import json, sys; from gemcrawl.cli.run import run_crawl; settings = json.load(open(sys.argv[1])); workers = int(sys.argv[2]); "
    "sys.exit(run_crawl(settings, workers=workers).code)"
)
_BUSY = (
    "import json, sys, time; page = {str(n): ['veld', n] for n in range(200)}; until, done = time.monotonic() + float(sys.argv[1]), 0\n"
    "while time.monotonic() < until: done += len(json.loads(json.dumps(page)))\n"
    "print(done)"
)
"""A process that shares nothing with anybody, and prints how much it got done."""
SIZE = 390
BUSY_SIZE = 1_560
"""Enough for starting and publishing, which is not shared out, to be little beside surveying; SCALE_SIZE in the environment takes its place."""
TURNS = (1, 2, 1)
"""Workers of each night."""
_QUIET = {"scrapy.extensions.logstats.LogStats": None}
_NO_PANDAS = 'raise ImportError("gemcrawl does not depend on pandas")\n'
_BUSY_NOTE = """The nation is that of `scale`: copies of small sites that are kept ready, so that its server, which has no other cores than these two, takes little from
them. What it takes is told, and bounds the ratio: where one process has its server on the other core, two have it on theirs. Nothing is rendered, no
TLS inventories, 0.001 s between two requests to one server, 24 municipalities at a time in each worker. Both tables are without pandas, which gemcrawl
does not depend on and its development does: pyarrow would import it in every process, with half a second of processor. Surveying is from the start
of the first municipality to the end of the last; the whole night has the start of the program and the publication besides, which one process does
alone."""


@dataclass(frozen=True, slots=True)
class _Night:
    seconds: float
    surveying: float
    """Seconds from the start of the first municipality to the end of the last."""
    cpu: float
    """Of all its processes, the nation's server not among them."""
    server_cpu: float
    pages: int
    snapshot: Path


def run(directory: Path) -> list[Table]:
    """The demo as it is, which mostly waits, and a nation without waits, so that the processor decides."""
    with DemoServer(directory / "waiting", size=SIZE) as demo:
        nights = [
            _night(settings_for(demo, directory / f"waiting-{n}", delay=SHORTEST_DELAY, EXTENSIONS=_QUIET), workers, demo.pid)
            for n, workers in enumerate(TURNS)
        ]
    return [_compared(f"A night of {SIZE} municipalities in several processes", nights), busy(directory / "busy")]


def busy(directory: Path) -> Table:
    """Where the processor decides; of as many municipalities as SCALE_SIZE in the environment says, where it is set."""
    size = int(os.environ.get("SCALE_SIZE", BUSY_SIZE))
    nights: list[_Night] = []
    most = [second_core()]
    with ScaleServer(directory, size) as server:
        for number, workers in enumerate(TURNS):
            settings = directory / "settings.json"
            how = {**server.settings(directory / f"output-{number}", delay=SHORTEST_DELAY), "EXTENSIONS": _QUIET}
            settings.write_text(json.dumps(how), encoding="utf-8")
            nights.append(_night(settings, workers, server.pid))
    most.append(second_core())
    return _compared(f"The same where the processor decides: {size:,} small municipalities", nights, _BUSY_NOTE, statistics.mean(most))


def second_core(turns: int = 5, seconds: float = 3.0) -> float:
    """What this machine has to give: how many times the work of one process two do that share nothing, in turns; the median.

    It is 2 where two cores share nothing either; those of a virtual machine may be two threads of one core, or somebody else's too.
    """

    def done(processes: int) -> int:
        command = [sys.executable, "-c", _BUSY, str(seconds)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        return sum(int(process.communicate()[0]) for process in running)

    return statistics.median(done(2) / done(1) for _ in range(turns))


def _compared(title: str, nights: list[_Night], note: str = "", most: float | None = None) -> Table:
    """One process, two workers, one process again: what the machine did meanwhile shows between the first and the last."""
    one, two, again = nights
    table = Table(title, ("figure", "one process", "two workers", "one process again", "asked"), note)
    asked = ">= 1.7" if note else ""
    table.add("seconds of surveying", *(f"{night.surveying:.1f}" for night in nights), "")
    faster = (one.surveying + again.surveying) / 2 / two.surveying
    table.add("times as fast as the mean of the two", "", f"{faster:.2f}", "", asked)
    if most is not None:
        table.add("two processes that share nothing, times the work of one", "", f"{most:.2f}", "", "")
        table.add("of that, surveying has, %", "", f"{100 * faster / most:.0f}", "", "")
    table.add("seconds, start of the program to its end", *(f"{night.seconds:.1f}" for night in nights), "")
    table.add("times as fast as the mean of the two", "", f"{(one.seconds + again.seconds) / 2 / two.seconds:.2f}", "", "")
    table.add("CPU seconds, all processes", *(f"{night.cpu:.1f}" for night in nights), "")
    table.add("CPU ms per page", *(f"{1000 * night.cpu / night.pages:.2f}" for night in nights), "")
    table.add("CPU seconds of the nation's server", *(f"{night.server_cpu:.1f}" for night in nights), "")
    cores = len(os.sched_getaffinity(0))
    shares = (f"{100 * (night.cpu + night.server_cpu) / night.seconds / cores:.0f}" for night in nights)
    table.add(f"% of {cores} cores in use by these", *shares, "")
    different = differences(one.snapshot, two.snapshot, without=TIMES | EFFORT)
    base = differences(one.snapshot, again.snapshot, without=TIMES | EFFORT)
    table.add("rows unlike those of the first, times and costs aside", "", f"{sum(different.values())}", f"{sum(base.values())}", "")
    return table


def _night(settings: Path, workers: int, server: int) -> _Night:
    output = Path(json.loads(settings.read_bytes())["GEMCRAWL_OUTPUT"])
    (settings.parent / "pandas.py").write_text(_NO_PANDAS, encoding="utf-8")
    paths = os.pathsep.join((str(settings.parent), *filter(None, [os.environ.get("PYTHONPATH")])))
    before, started = cpu_of(server), time.monotonic()
    command = [sys.executable, "-c", _RUN, str(settings), str(workers)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths})
    _, status, used = os.wait4(process.pid, 0)
    seconds, served = time.monotonic() - started, cpu_of(server) - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"a night of {workers} workers ended with {process.returncode}")
    (snapshot,) = output.glob("snapshot=*")
    towns = pq.read_table(snapshot / "municipalities.parquet", columns=["started_at", "finished_at"], partitioning=None).to_pylist()
    surveying = max(town["finished_at"] for town in towns) - min(town["started_at"] for town in towns)
    pages = pq.read_metadata(snapshot / "pages.parquet").num_rows
    return _Night(seconds, surveying.total_seconds(), used.ru_utime + used.ru_stime, served, pages, snapshot)
