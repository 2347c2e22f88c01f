"""What rendering brings to a survey of the nation and what it costs: the same survey with it and without it, in turns."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.nation import settings_for
from benchmarks.process import figures
from benchmarks.table import Table
from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.score import Score, score

ROUNDS = 2
VARIANTS = {"with rendering": True, "without": False}
_NOTE = """\
Medians of {rounds} rounds in turns, with the settings of `gemcrawl demo` and of `gemcrawl demo --no-render`.  Seconds are those of the crawl, opened to
closed; CPU seconds and memory are those of the crawler process alone, without the browser."""


def run(directory: Path) -> list[Table]:
    """Surveys the nation in both variants, `ROUNDS` times; scores the first survey with rendering."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    scored: Score | None = None
    with DemoServer(directory / "rendered") as server:
        for number in range(ROUNDS):
            # Every other round backwards: whatever else the machine does wears both alike.
            for name in list(VARIANTS)[:: -1 if number % 2 else 1]:
                output = directory / f"rendered-{number}-{name.split()[0]}"
                found = figures("benchmarks.survey", settings_for(server, output, GEMCRAWL_RENDER=VARIANTS[name]))
                runs[name].append(found)
                if scored is None:
                    scored = score(Path(found["snapshot"]), server.truth_file, server.sent_file)
        assert scored is not None
        # After all the surveys, for what was sent in any of them.
        last = score(Path(runs["with rendering"][0]["snapshot"]), server.truth_file, server.sent_file)
        scored.scripts.sent = last.scripts.sent
    return [_quality(scored), _cost(runs)]


def _quality(scored: Score) -> Table:
    scripts = scored.scripts
    table = Table("Forms that only scripts make", ("figure", "asked", "measured"))
    table.add("recall", ">= 0.97", f"{scripts.recall:.3f} ({scripts.found} of {scripts.expected})")
    each = f"{scripts.pages_each:.2f} ({scripts.pages} pages, {scripts.municipalities} municipalities)"
    table.add("rendered pages per municipality, of those with any", "<= 1.5", each)
    table.add("rendered pages per municipality, of all", "<= 1.5", f"{scripts.pages / scripts.of:.2f}")
    table.add("requests other than GET and HEAD at the nation's servers, all surveys", "0", f"{scripts.sent}")
    return table


def _cost(runs: dict[str, list[dict[str, Any]]]) -> Table:
    table = Table("What rendering adds to a survey", ("figure", *VARIANTS, "ratio", "asked"), _NOTE.format(rounds=ROUNDS))
    rows = (("seconds", "seconds", "<= 2.5"), ("CPU seconds", "cpu", ""), ("peak memory, MB", "peak_mb", ""), ("requests", "requests", ""))
    for name, of, asked in rows:
        a, b = (median(run[of] for run in runs[variant]) for variant in VARIANTS)
        table.add(name, f"{a:.1f}".removesuffix(".0"), f"{b:.1f}".removesuffix(".0"), f"{a / b:.2f}", asked)
    return table
