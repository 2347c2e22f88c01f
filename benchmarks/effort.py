"""Effort: requests until the forms are found, beside breadth first, Crawlee, and someone who knows the way."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from benchmarks import night
from benchmarks.bare_spider import bare_url
from benchmarks.table import Table
from benchmarks.tls import isolated, tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUDGET = 60
"""Requests after which a crawler that does not know when to stop gives a municipality up; a site has about fifty pages."""
EVERY = 12
"""One in so many of the municipalities that have forms is tried; all of them would take the other two crawlers four minutes each."""
CONCURRENCY = 24
"""gemcrawl: municipalities at the same time, one request each; the others: requests at the same time."""
_SHARES = (0.5, 0.9, 0.95)
_CRAWLERS = ("gemcrawl", "crawlee", "breadth")
_NOTE = """\
Every {every}th municipality whose forms stand in pages as fetched, {towns} of them with {forms} appointment and contact forms, in one run; {concurrency} at a time. Crawlee is the
ParselCrawler of Crawlee for Python {version}, breadth first is a bare Scrapy CrawlSpider; both follow every link and frame of all hosts, with
one set of seen URLs per municipality, and are told the answer: they leave a municipality when every form's page was asked for, or after
{budget} requests. Someone who knows the way clicks the shortest path to each form; the home page counts once. gemcrawl is told nothing; for it a form
counts as reached only when it is also in the snapshot, with its kind. Where a form was not reached the municipality counts with {budget}, for all.

A request is whatever is sent: for gemcrawl robots.txt of every host, sitemaps, and every hop of a redirect; for Crawlee neither (it was not
asked to obey robots.txt, and its client follows redirects by itself); for breadth first redirects, but no robots.txt. "But for robots.txt
and sitemaps" leaves out what someone who knows the way does without. What comes after the last form is told apart: what goes on exploring,
to be sure that there is nothing more; and what measures the transport of the forms found (http versions of pages, hosts that are only submitted to).
Seconds are from the first request of each crawler; gemcrawl keeps its delay between two requests to one server ({delay} ms here) and makes no TLS
inventories, the others keep none."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What one crawler asked for in one municipality until the last form, and after it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    times: tuple[float, ...]
    """When each form that was reached was."""
    complete: bool

    @property
    def requests(self) -> int:
        return len(self.before) if self.complete else BUDGET

    @property
    def clicks(self) -> int:
        """Without what someone who knows the way does without."""
        return sum(1 for url in self.before if not _is_aid(url)) if self.complete else BUDGET


def run(directory: Path) -> list[Table]:
    """Takes the night's survey, and has the crawlers find the forms of a sample in a network of its own."""
    if not isolated.available():
        print("requests: skipped, this machine does not let its user have a network of his own\n", flush=True)
        return []
    python = tools.crawlee()
    surveyed = night.survey(directory)
    folder = directory / "effort"
    folder.mkdir()
    hosts, plan = folder / "hosts", folder / "plan.json"
    hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
    settings = {"folder": str(folder), "hosts": str(hosts), "crawlee": python, "every": EVERY, "budget": BUDGET, "concurrency": CONCURRENCY}
    plan.write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run(isolated.command(hosts, sys.executable, "-m", "benchmarks.effort_inside", str(plan)), check=True)
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    version = subprocess.run([python, "-c", "import crawlee; print(crawlee.__version__)"], capture_output=True, text=True, check=True)
    return [_table(surveyed.snapshot, found, version.stdout.strip())]


def walk(town: dict[str, Any], log: list[tuple[float, str]], known: set[str] | None) -> Walk:
    """How a crawler went through one municipality.

    Args:
        town: its truth.
        log: times and addresses, in order.
        known: addresses, without query, of the forms that it says it found; None when asking counts.
    """
    last, times, complete = 0, [], True
    bare = [bare_url(url.removeprefix("redirected ")) for _, url in log]
    for form in town["forms"]:
        wanted = {bare_url(url) for url in (form["page_url"], *form["also_urls"])}
        at = next((i for i, url in enumerate(bare) if url in wanted), None)
        if at is None or (known is not None and not wanted & known):
            complete = False
        else:
            while bare[at + 1 : at + 2] and bare[at + 1] in wanted:  # a redirect to itself that asks for its cookie, or into its first step
                at += 1
            last = max(last, at + 1)
            times.append(log[at][0])
    urls = [url for _, url in log]
    before = tuple(url for url in urls[:last] if not url.startswith("redirected "))
    return Walk(before, tuple(urls[last:]), tuple(times), complete)


def _is_aid(url: str) -> bool:
    return url.endswith("/robots.txt") or "sitemap" in url


def oracle(town: dict[str, Any]) -> int:
    """Page requests on the shortest paths to all forms; the home page counts once."""
    clicks: list[int] = [form["oracle_requests"] - 1 for form in town["forms"]]
    return 1 + sum(clicks)


def _walks(found: dict[str, Any], crawler: str) -> list[Walk]:
    logs: dict[str, list[tuple[float, str]]] = {}
    for code, at, url in found[crawler]["log"]:
        logs.setdefault(code, []).append((at, url))
    known: dict[str, set[str]] = {}
    for code, url in found[crawler].get("forms", ()):
        known.setdefault(code, set()).add(url)
    told = crawler in ("crawlee", "breadth")
    return [walk(town, logs.get(town["code"], []), None if told else known.get(town["code"], set())) for town in found["towns"]]


def _seconds_to(share: float, found: dict[str, Any], crawler: str, walks: list[Walk], forms: int) -> str:
    """Seconds from a crawler's first request until it had reached this share of all forms."""
    times = sorted(at for one in walks for at in one.times)
    wanted = -(-int(share * forms * 1000) // 1000)
    first = min(at for _, at, _ in found[crawler]["log"])
    return f"{times[wanted - 1] - first:.1f}" if wanted <= len(times) else "never"


def _table(snapshot: Path, found: dict[str, Any], version: str) -> Table:
    towns = found["towns"]
    forms = sum(len(town["forms"]) for town in towns)
    walks = {crawler: _walks(found, crawler) for crawler in _CRAWLERS}
    way = [oracle(town) for town in towns]
    delay = 5
    note = _NOTE.format(every=EVERY, towns=len(towns), forms=forms, concurrency=CONCURRENCY, version=version, budget=BUDGET, delay=delay)
    header = ("figure", "gemcrawl", "Crawlee", "breadth first", "knows the way", "asked")
    table = Table("Requests until the forms are found", header, note)
    ours = walks["gemcrawl"]

    def row(name: str, of: Callable[[Walk], int], asked: str = "") -> None:
        values = [f"{median(map(of, walks[crawler])):g}" for crawler in _CRAWLERS]
        table.add(name, *values, f"{median(way):g}", asked)

    row("requests until the last form, median", lambda one: one.requests)
    table.add(
        "the same, mean",
        *(f"{mean(one.requests for one in walks[crawler]):.1f}" for crawler in _CRAWLERS),
        f"{mean(way):.1f}",
        "",
    )
    row("the same but for robots.txt and sitemaps, median", lambda one: one.clicks)
    to_way = [median(one.requests / clicks for one, clicks in zip(walks[crawler], way, strict=True)) for crawler in _CRAWLERS]
    table.add("requests for each one of who knows the way, median", *(f"{value:.2f}" for value in to_way), "1", "<= 1.6")
    clicks = [median(one.clicks / of for one, of in zip(walks[crawler], way, strict=True)) for crawler in _CRAWLERS]
    table.add("the same but for robots.txt and sitemaps", *(f"{value:.2f}" for value in clicks), "1", "")
    for name, other in (("Crawlee", "crawlee"), ("breadth first", "breadth")):
        ratio = median(one.requests / of.requests for one, of in zip(ours, walks[other], strict=True))
        asked = "<= 0.33" if other == "breadth" else ""
        table.add(f"requests for each one of {name}, median", f"{ratio:.2f}", "", "", "", asked)
    left = [sum(not one.complete for one in walks[crawler]) for crawler in _CRAWLERS]
    table.add(f"municipalities with a form not reached, of {len(towns)}", *map(str, left), "0", "")
    reached = [sum(len(one.times) for one in walks[crawler]) for crawler in _CRAWLERS]
    table.add(f"forms reached, of {forms}", *map(str, reached), str(forms), "")
    exploring = [sum(not url.startswith("http:") for url in one.after) for one in ours]
    table.add("requests after the last form: exploring, mean", f"{mean(exploring):.2f}", "", "", "", "")
    table.add("requests after the last form: exploring, median", f"{median(exploring):g}", "", "", "", "")
    measuring = [len(one.after) - n for one, n in zip(ours, exploring, strict=True)]
    table.add("requests after the last form: http versions of pages, mean", f"{mean(measuring):.2f}", "", "", "", "")
    again = _walks(found, "again")
    table.add(
        "the night after, knowing the last snapshot: requests until the last form, median",
        f"{median(o.requests for o in again):g}",
        "",
        "",
        "",
        "",
    )
    table.add("the same, mean", f"{mean(o.requests for o in again):.1f}", "", "", "", "")
    for share in _SHARES:
        table.add(f"seconds until {share:.0%} of the forms", *(_seconds_to(share, found, c, walks[c], forms) for c in _CRAWLERS), "", "")
    everything = pq.read_table(snapshot / "municipalities.parquet", columns=["requests", "pages"]).to_pydict()
    table.add("all requests per municipality, median of all 390", f"{median(everything['requests']):g}", "", "", "", "<= 15")
    table.add("pages per municipality, median of all 390", f"{median(everything['pages']):g}", "", "", "", "")
    return table
