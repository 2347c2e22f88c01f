"""Effort: requests until the forms are found, against breadth first and against someone who knows the way."""

from __future__ import annotations

import json
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from benchmarks import night
from benchmarks.bare_spider import bare_url
from benchmarks.nation import addresses_for
from benchmarks.process import figures
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.score import SCORED_KINDS

if TYPE_CHECKING:
    from pathlib import Path

BUDGET = 60
"""Requests after which breadth first gives a municipality up; a site has about fifty pages."""
EVERY = 5
"""One in so many of the municipalities that have forms is tried breadth first; all of them would take four minutes."""
_NOTE = """\
Breadth first is the bare CrawlSpider, with frames followed as links are, one set of seen URLs per municipality, and told when to stop:
it counts until one address of the last appointment or contact form of the truth was asked for, or {budget} requests where that never
happened ({unreached} of {towns} municipalities). Someone who knows the way clicks the shortest path to each form; the home page counts
once. gemcrawl is not told anything: its requests include robots.txt, sitemaps, http probes and hosts measured, and the pages with which it
makes sure that there is nothing more. All figures but the first row are over the same {towns} municipalities, every {every}th that has
forms."""


def run(directory: Path) -> list[Table]:
    """Takes the night's survey, and crawls a sample of the nation breadth first; needs root for ports 443 and 80 of loopback addresses."""
    surveyed = night.survey(directory)
    truth = json.loads(surveyed.truth_file.read_text(encoding="utf-8"))["municipalities"]
    towns = [town for town in truth if town["forms"]][::EVERY]
    with DemoServer(directory / "effort", standard_ports=True) as server:
        targets, log = server.directory / "targets.json", server.directory / "breadth.log"
        targets.write_text(json.dumps({town["code"]: _addresses(town) for town in towns}), encoding="utf-8")
        addresses = addresses_for(server)
        breadth = figures("benchmarks.bare_spider", addresses, server.registry, log, "--targets", targets, "--budget", BUDGET)
        requests = Counter(line.partition(" ")[0] for line in log.read_text(encoding="utf-8").splitlines())
    return [_table(surveyed.snapshot, towns, requests, breadth["unreached_codes"])]


def _addresses(town: dict[str, Any]) -> list[list[str]]:
    """For every form, the addresses without query that count as having reached it."""
    return [[bare_url(url) for url in (form["page_url"], *form["also_urls"])] for form in town["forms"]]


def _oracle(town: dict[str, Any]) -> int:
    """Page requests on the shortest paths to all forms; the home page counts once."""
    clicks: list[int] = [form["oracle_requests"] - 1 for form in town["forms"]]
    return 1 + sum(clicks)


def _table(snapshot: Path, towns: list[dict[str, Any]], breadth: Counter[str], unreached: list[str]) -> Table:
    rows = pq.read_table(snapshot / "municipalities.parquet", columns=["code", "pages", "requests"]).to_pylist()
    kinds = pq.read_table(snapshot / "forms.parquet", columns=["municipality", "kind"]).to_pylist()
    ours = {row["code"]: row for row in rows}
    codes = [town["code"] for town in towns]
    found = sum(1 for form in kinds if form["kind"] in SCORED_KINDS and form["municipality"] in set(codes))
    forms = sum(len(town["forms"]) for town in towns)
    spent = [BUDGET if code in unreached else breadth[code] for code in codes]
    note = _NOTE.format(budget=BUDGET, unreached=len(unreached), towns=len(towns), every=EVERY)
    table = Table("Requests until the forms are found", ("figure", "gemcrawl", "breadth first", "knows the way", "asked"), note)
    table.add("median requests per municipality, all 390", f"{median(row['requests'] for row in rows):g}", "", "", "<= 15")
    requests, pages = ([ours[code][name] for code in codes] for name in ("requests", "pages"))
    oracle = [_oracle(town) for town in towns]
    table.add("median requests per municipality", f"{median(requests):g}", f"{median(spent):g}", f"{median(oracle):g}", "")
    table.add("median pages per municipality", f"{median(pages):g}", "", "", "")
    table.add("requests per form found", f"{sum(requests) / found:.1f}", f"{sum(spent) / forms:.1f}", f"{sum(oracle) / forms:.1f}", "")
    table.add("pages per form found", f"{sum(pages) / found:.1f}", "", "", "")
    return table
