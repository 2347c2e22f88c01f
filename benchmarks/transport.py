"""What transport security costs: the same survey with it, without TLS inventories, and without any of it, in turns."""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.nation import settings_for
from benchmarks.process import cpu_of, figures
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer
from gemcrawl.settings import ITEM_PIPELINES

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 5
VARIANTS: dict[str, dict[str, Any]] = {
    "complete": {},
    "without inventories": {"GEMCRAWL_TLS_INVENTORY": False},
    "without transport": {"ITEM_PIPELINES": {**ITEM_PIPELINES, "gemcrawl.pipelines.transport.TransportPipeline": None}},
}
"""Settings by name; the first is what a survey does."""
_NOTE = """\
Medians of {rounds} rounds in turns, with the settings of `gemcrawl demo`, on as many cores as there are. Without inventories the twins of form
pages, the hosts that a form is only sent to, HSTS and certificates are still measured; without transport nothing is asked beyond the survey
itself, and nothing judged. {handshakes} handshakes for {rows} hosts and addresses: {each:.1f} each, {most} at most."""


def run(directory: Path) -> list[Table]:
    """Surveys the nation in every variant, `ROUNDS` times."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    with DemoServer(directory / "transport") as server:
        for number in range(ROUNDS):
            # Every other round backwards: whatever else the machine does wears all of them alike.
            for name in list(VARIANTS)[:: -1 if number % 2 else 1]:
                before = cpu_of(server.pid)
                output = directory / f"transport-{number}-{name.replace(' ', '-')}"
                found = figures("benchmarks.survey", settings_for(server, output, **VARIANTS[name]))
                runs[name].append({**found, "server": cpu_of(server.pid) - before})
                told = ", ".join(f"{key} {runs[name][-1][key]:.1f}" for key in ("seconds", "cpu", "server", "requests"))
                print(f"transport: round {number + 1} {name}: {told}", file=sys.stderr, flush=True)
    return [_table(runs)]


def _table(runs: dict[str, list[dict[str, Any]]]) -> Table:
    handshakes = pq.read_table(f"{runs['complete'][-1]['snapshot']}/hosts.parquet", columns=["handshakes"])["handshakes"]
    total, most = pc.sum(handshakes).as_py(), pc.max(handshakes).as_py()
    note = _NOTE.format(rounds=ROUNDS, handshakes=total, rows=len(handshakes), each=total / len(handshakes), most=most)
    table = Table("Transport security's share of a survey", ("figure", *VARIANTS, "it adds", "asked"), note)
    for name, of in (("seconds", "seconds"), ("CPU seconds", "cpu"), ("CPU seconds of the nation", "server"), ("requests", "requests")):
        values = [median(run[of] for run in runs[variant]) for variant in VARIANTS]
        asked = "<= 25 %" if of == "seconds" else ""
        table.add(name, *(f"{value:.1f}".removesuffix(".0") for value in values), f"{values[0] / values[-1] - 1:.0%}", asked)
    return table
