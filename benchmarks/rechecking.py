"""A second look at the known forms of one night: how many requests, how long, and whether it says what a survey says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

from benchmarks import night
from benchmarks.nation import settings_for
from benchmarks.process import figures
from benchmarks.table import Table
from gemcrawl.compare.match import path_of
from gemcrawl.demo.process import DemoServer

Verdicts = dict[tuple[str, str, str], str]
_BADNESS = ("secure", "not_tested", "weak", "downgrade", "insecure")


def run(directory: Path) -> list[Table]:
    """Rechecks the night on the nation as it was, forms with findings and all forms, and on the nation after repair."""
    known = night.survey(directory)
    output = known.snapshot.parent
    with DemoServer(directory / "recheck") as server:
        settings = settings_for(server, output, GEMCRAWL_RENDER=True)
        bad, everything = figures("benchmarks.rechecking_inside", settings), figures("benchmarks.rechecking_inside", settings, "all")
    with DemoServer(directory / "repaired", night=2) as server:
        after = figures("benchmarks.rechecking_inside", settings_for(server, output, GEMCRAWL_RENDER=True))
        survey = figures("benchmarks.survey", settings_for(server, directory / "repaired-output", GEMCRAWL_RENDER=True))
    table = Table(
        "A second look at the forms of that night", ("figure", "forms with findings", "all forms", "forms with findings, after repair")
    )
    runs = (bad, everything, after)
    _add(table, "forms", *(len(found["rows"]) for found in runs))
    _add(table, "municipalities", *(len(_requests(found)) for found in runs))
    _add(table, "requests", *(sum(_requests(found)) for found in runs))
    _add(table, "requests per form", *(f"{sum(_requests(found)) / len(found['rows']):.1f}" for found in runs))
    _add(table, "requests per municipality, median", *(f"{median(_requests(found)):g}" for found in runs))
    _add(table, "requests per municipality, most", *(max(_requests(found)) for found in runs))
    _add(table, "seconds", *(f"{found['seconds']:.1f}" for found in runs))
    _add(table, "CPU seconds", *(f"{found['cpu']:.1f}" for found in runs))
    for result in ("fixed", "still", "worse", "gone", "unreachable"):
        _add(table, result, *(Counter(row["result"] for row in found["rows"])[result] for found in runs))
    of = (verdicts(known.snapshot), verdicts(known.snapshot), verdicts(Path(survey["snapshot"])))
    _add(table, "same verdict as a survey of the same nation", *(_agreement(found, to) for found, to in zip(runs, of, strict=True)))
    _add(table, "requests of that survey", known.found["requests"], known.found["requests"], survey["requests"])
    return [table]


def _add(table: Table, name: str, *values: object) -> None:
    table.add(name, *map(str, values))


def _requests(found: dict[str, Any]) -> list[int]:
    """Of each municipality; every row of it says the same."""
    return list({row["municipality"]: row["requests"] for row in found["rows"]}.values())


def verdicts(snapshot: Path) -> Verdicts:
    """The worst verdict by municipality, kind and place."""
    worst: Verdicts = {}
    for row in pq.read_table(
        snapshot / "forms.parquet", columns=["municipality", "kind", "page_url", "verdict"], partitioning=None
    ).to_pylist():
        place = (row["municipality"], row["kind"], path_of(row["page_url"]))
        worst[place] = max(worst.get(place, "secure"), row["verdict"], key=_BADNESS.index)
    return worst


def _agreement(found: dict[str, Any], survey: Verdicts) -> str:
    """Of the forms at a place that the survey knows too, and of which both can tell: how many have its verdict."""
    both: Verdicts = {}
    for row in found["rows"]:
        place = (row["municipality"], row["kind"], path_of(row["new_page_url"] or row["page_url"]))
        if row["verdict"] is not None and place in survey:
            both[place] = max(both.get(place, "secure"), row["verdict"], key=_BADNESS.index)
    told = [(verdict, survey[place]) for place, verdict in both.items() if "not_tested" not in (verdict, survey[place])]
    return f"{sum(one == other for one, other in told)} of {len(told)}"
