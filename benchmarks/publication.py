"""Publication alone: how long it takes, and what memory, to make a snapshot of the parts of so many municipalities."""

from __future__ import annotations

from pathlib import Path

from benchmarks.process import figures
from benchmarks.table import Table

SIZES = (1_000, 10_000, 100_000)
"""Municipalities; the parts of 100,000 are 4 GB on disk while it lasts."""
TIMEOUT = 3600
"""Seconds after which a publication is given up."""


def run(directory: Path) -> list[Table]:
    """Writes parts of each size and publishes them, in a process of its own each time."""
    table = Table(
        "Publication of a night of so many municipalities",
        (
            "municipalities",
            "rows of pages",
            "rows of hosts",
            "seconds",
            "CPU seconds",
            "CPU ms per municipality",
            "peak memory, MB",
            "asked",
        ),
        "12 pages, 5 forms and 4 hosts each, two hosts of its own and two of platforms that all share.",
    )
    for size in SIZES:
        one = figures("benchmarks.publication_inside", directory / f"publication-{size}", size, timeout=TIMEOUT)
        table.add(
            f"{size:,}",
            f"{one['rows']['pages']:,}",
            f"{one['rows']['hosts']:,}",
            f"{one['seconds']:.1f}",
            f"{one['cpu']:.1f}",
            f"{1000 * one['cpu'] / size:.2f}",
            f"{one['memory_mb']:.0f}",
            "< 1024 MB" if size == max(SIZES) else "",
        )
    return [table]
