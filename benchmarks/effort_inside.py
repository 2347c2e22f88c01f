"""What happens in the network of its own: the nation is served on the standard ports, and the crawlers take turns.

    python -m benchmarks.effort_inside PLAN

PLAN is a JSON file: ``folder``, ``hosts`` (the hosts file, rewritten here), ``crawlee`` (a Python interpreter that has it), ``every``,
``budget`` and ``concurrency``.  Writes ``found.json`` in the folder.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from benchmarks import asked
from benchmarks.bare_spider import bare_url
from benchmarks.nation import addresses_for, settings_for
from benchmarks.process import TIMEOUT, figures
from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.score import SCORED_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCRIPT = Path(__file__).parent / "crawlee_spider.py"


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(plan["folder"])
    with DemoServer(folder / "nation", standard_ports=True) as server:
        hosts = "".join(f"{address} {name}\n" for name, address in server.addresses.items())
        Path(plan["hosts"]).write_text(f"127.0.0.1 localhost\n{hosts}", encoding="utf-8")
        truth = json.loads(server.truth_file.read_text(encoding="utf-8"))["municipalities"]
        # Who fetches only cannot find what scripts make, and none of the crawlers compared here renders.
        fetched = [town for town in truth if town["forms"] and not town["case"].startswith("s_")]
        towns = fetched[:: plan["every"]]
        targets = folder / "targets.json"
        targets.write_text(json.dumps({town["code"]: [_addresses(form) for form in town["forms"]] for town in towns}), encoding="utf-8")
        registry = folder / "registry.csv"
        for source, target in ((server.registry, registry), (server.known_hosts, folder / "known_hosts.csv")):
            _only(source, target, {town["code"] for town in towns})
        limits = ("--budget", plan["budget"], "--concurrency", plan["concurrency"])
        found = {
            "towns": towns,
            "gemcrawl": _gemcrawl(server, registry, folder, plan["concurrency"]),
            "again": _gemcrawl(server, registry, folder, plan["concurrency"]),
            "crawlee": _crawlee(plan["crawlee"], folder, registry, targets, *limits),
            "breadth": {
                **figures("benchmarks.bare_spider", addresses_for(server), registry, folder / "breadth.log", "--targets", targets, *limits),
                "log": _lines(folder / "breadth.log"),
            },
        }
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def _addresses(form: dict[str, Any]) -> list[str]:
    """The addresses without query that count as having reached a form."""
    return [bare_url(url) for url in (form["page_url"], *form["also_urls"])]


def _only(source: Path, target: Path, codes: set[str]) -> None:
    """Writes the rows of a CSV file that are about these municipalities."""
    with source.open(newline="", encoding="utf-8") as file, target.open("w", newline="", encoding="utf-8") as chosen:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(chosen, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows(row for row in rows if row["code"] in codes)


def _gemcrawl(server: DemoServer, registry: Path, folder: Path, concurrency: int) -> dict[str, Any]:
    log = folder / "gemcrawl.log"
    extensions = {"benchmarks.clock.Clock": 0, "scrapy.extensions.logstats.LogStats": None, "benchmarks.asked.Asked": 0}
    settings = settings_for(
        server,
        folder / "output",
        GEMCRAWL_REGISTRY=str(registry),
        GEMCRAWL_KNOWN_HOSTS=str(folder / "known_hosts.csv"),
        GEMCRAWL_CONCURRENT_SITES=concurrency,
        GEMCRAWL_TLS_INVENTORY=False,
        EXTENSIONS=extensions,
        **{asked.FILE: str(log)},
    )
    found = figures("benchmarks.survey", settings)
    forms = pq.read_table(Path(found["snapshot"]) / "forms.parquet", columns=["municipality", "kind", "page_url"]).to_pylist()
    found["forms"] = [[row["municipality"], bare_url(row["page_url"])] for row in forms if row["kind"] in SCORED_KINDS]
    return {**found, "log": _lines(log)}


def _crawlee(python: str, folder: Path, registry: Path, targets: Path, *limits: object) -> dict[str, Any]:
    log = folder / "crawlee.log"
    command = [python, str(_SCRIPT), str(registry), str(log), str(targets), *map(str, limits)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"crawlee failed with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    return {**json.loads(done.stdout.strip().splitlines()[-1]), "log": _lines(log)}


def _lines(log: Path) -> list[tuple[str, float, str]]:
    """Municipality, time and address of every request, in order."""
    found: Iterable[list[str]] = (line.split(" ", 2) for line in log.read_text(encoding="utf-8").splitlines())
    return [(code, float(at), url) for code, at, url in found]


if __name__ == "__main__":
    main()
