"""One night: the survey that `gemcrawl demo` does, scored against the truth of the nation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.nation import settings_for
from benchmarks.process import figures
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.score import SCORED_KINDS, Score, Share, score


@dataclass(frozen=True, slots=True)
class Night:
    """One survey of the nation with the settings of `gemcrawl demo`."""

    found: dict[str, Any]
    """What `benchmarks.survey` printed."""
    snapshot: Path
    truth_file: Path
    score: Score
    seconds: float
    """From the start of the nation to the score."""


@cache
def survey(directory: Path) -> Night:
    """Surveys the nation of 390, on ports of its own; once per run of the benchmarks."""
    started = time.monotonic()
    with DemoServer(directory / "night") as server:
        found = figures("benchmarks.survey", settings_for(server, directory / "night-output", GEMCRAWL_RENDER=True))
        snapshot = Path(found["snapshot"])
        result = score(snapshot, server.truth_file, server.sent_file)
    return Night(found, snapshot, server.truth_file, result, time.monotonic() - started)


def run(directory: Path) -> list[Table]:
    """How good the night is, and what it costs."""
    night = survey(directory)
    return [_quality(night.score, night.snapshot), _cost(night.found, night.seconds)]


def _quality(result: Score, snapshot: Path) -> Table:
    table = Table("Quality of one night, against the truth of the nation", ("figure", "asked", "measured"))
    rows = pq.read_metadata(snapshot / "municipalities.parquet").num_rows
    table.add("municipalities with a row", "390 of 390", f"{rows} of {result.outcomes.of}")
    for kind in SCORED_KINDS:
        found = result.kinds[kind]
        table.add(f"recall, {kind} forms", ">= 0.97", f"{found.recall:.3f} ({found.found} of {found.expected})")
        table.add(f"precision, {kind} forms", ">= 0.97", f"{found.precision:.3f} ({found.false} false)")
    shares: dict[str, tuple[str, Share]] = {
        "verdicts right": (">= 0.98", result.verdicts),
        "rule set https-2016 right": (">= 0.98", result.https_2016),
        **{f"rule set {name.replace('_', '-')} right": ("", share) for name, share in result.rule_sets.items()},
        "findings exactly right": ("", result.findings),
        "outcomes right": ("", result.outcomes),
        "statuses of municipalities right": ("", result.statuses),
    }
    for name, (asked, share) in shares.items():
        table.add(name, asked, f"{share.value:.3f} ({share.right} of {share.of})")
    same = "the same ones" if result.headline_codes == result.headline_codes_truth else "not the same ones"
    table.add("headline: appointment form without https", f"{result.headline_truth}", f"{result.headline}, {same}")
    return table


def _cost(found: dict[str, Any], wall: float) -> Table:
    table = Table("Cost of that night", ("figure", "asked", "measured"))
    table.add("seconds, the nation's start and the scoring included", "< 90", f"{wall:.1f}")
    table.add("seconds of the crawl, opened to closed", "", f"{found['seconds']:.1f}")
    table.add("CPU seconds of the crawl", "", f"{found['cpu']:.1f}")
    table.add("peak memory of the crawler process, MB", "< 400", f"{found['peak_mb']:.0f}")
    table.add("pages", "", f"{found['pages']}")
    table.add("requests", "", f"{found['requests']}")
    table.add("MB received (bodies, as sent)", "", f"{found['bytes'] / 1e6:.1f}")
    return table
