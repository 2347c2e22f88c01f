"""Faults over the fictional nation: ``python -m benchmarks.faults [--short] [NAME ...]``.  Prints Markdown; exits with 1 when a figure is missed."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import process
from benchmarks.faults import failing, scenarios
from benchmarks.faults.scenarios import SCENARIOS, Figure, Stage
from benchmarks.faults.server import Nation
from benchmarks.table import Table

ALONE: tuple[Callable[[Path], Iterator[Figure]], ...] = (scenarios.browser, failing.failing)
"""Scenarios with a nation of their own; left out of the short form."""


def main() -> None:
    names = [scenario.__name__ for scenario in (*SCENARIOS, *ALONE)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="What a night survives.")
    parser.add_argument("names", nargs="*", choices=[*names, []], help="scenarios; all when left out")
    parser.add_argument("--short", action="store_true", help="fewer of each, in a smaller nation")
    parser.add_argument("--size", type=int, default=0, help="municipalities")
    asked = parser.parse_args()
    chosen = asked.names or [name for name in names if not asked.short or name not in {each.__name__ for each in ALONE}]
    table = Table("What a night survives", ("fault", "asked", "measured", ""))
    missed = 0

    def note(figures: Iterator[Figure], name: str) -> None:
        nonlocal missed
        began = time.monotonic()
        for figure in figures:
            missed += not figure.good
            table.add(figure.what, figure.asked, figure.measured, "" if figure.good else "missed")
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    print(f"machine: {process.machine()}\n", flush=True)
    size = asked.size or (24 if asked.short else 40)
    with TemporaryDirectory(prefix="gemcrawl-faults-") as place:
        directory = Path(place)
        together = [each for each in SCENARIOS if each.__name__ in chosen]
        if together:
            with Nation(directory / "nation", size) as nation:
                stage = Stage.prepare(directory, nation, size, short=asked.short)
                print(f"an undisturbed night of {size} municipalities: {stage.seconds:.1f} s\n", flush=True)
                for scenario in together:
                    note(scenario(stage), scenario.__name__)
        for alone in ALONE:
            if alone.__name__ in chosen:
                note(alone(directory), alone.__name__)
    print(table)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
