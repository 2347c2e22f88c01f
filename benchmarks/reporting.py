"""The report of one night of the nation: how long it takes and how heavy it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import night
from benchmarks.table import Table

_COMMAND = "from gemcrawl.cli import main; main()"


def run(directory: Path) -> list[Table]:
    """Writes the report of the night three times in each way and shows the median."""
    output = night.survey(directory).snapshot.parent
    table = Table("The report of that night, 390 municipalities", ("figure", "asked", "measured"))
    for lang, asked in (("nl", ""), ("both", "< 5")):
        to = directory / f"report-{lang}"
        timed = sorted(_report(output, to.with_name(f"{to.name}-{turn}"), lang) for turn in range(3))
        wall, cpu = timed[1]
        words = "one language" if lang != "both" else "two languages"
        table.add(f"seconds of the command, {words}", asked, f"{wall:.1f}")
        table.add(f"CPU seconds, {words}", "", f"{cpu:.1f}")
    site = directory / "report-both-0"
    pages = list(site.rglob("*.html"))
    table.add("front page, kB", "< 1000", f"{(site / 'index.html').stat().st_size / 1000:.0f}")
    table.add("heaviest page, kB", "", f"{max(page.stat().st_size for page in pages) / 1000:.0f}")
    table.add("pages", "", f"{len(pages)}")
    table.add("MB in all", "", f"{sum(page.stat().st_size for page in pages) / 1e6:.1f}")
    return [table]


def _report(output: Path, to: Path, lang: str) -> tuple[float, float]:
    """Seconds and CPU seconds of one command, start of Python included."""
    before, started = os.times(), time.monotonic()
    command = [sys.executable, "-c", _COMMAND, "report", "--output", str(output), "--to", str(to), "--lang", lang]
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - started, cpu
