"""One survey by gemcrawl in a process of its own, with the settings that `gemcrawl demo` has.

    python -m benchmarks.survey SETTINGS

SETTINGS is a JSON file of Scrapy settings.  Prints JSON: the clock's figures (`benchmarks.clock.report`), snapshot, pages, requests, bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import clock
from gemcrawl.cli.run import run_crawl


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    result = run_crawl(settings)
    if result.snapshot is None or result.stats is None:
        sys.exit(f"no snapshot: {result.message}")
    figures = clock.report(result.stats)  # before the snapshot is read: its memory is not the crawl's
    columns = ["pages", "requests", "bytes"]
    rows = pq.read_table(result.snapshot / "municipalities.parquet", columns=columns).to_pylist()
    print(json.dumps({**figures, "snapshot": str(result.snapshot), **{name: sum(row[name] for row in rows) for name in columns}}))


if __name__ == "__main__":
    main()
