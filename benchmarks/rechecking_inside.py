"""One recheck by gemcrawl in a process of its own.

    python -m benchmarks.rechecking_inside SETTINGS [all]

SETTINGS is a JSON file of Scrapy settings; ``all``: forms without findings too.  Prints JSON: the clock's figures (`benchmarks.clock.report`), and
as ``rows`` what was seen of each form.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import clock
from gemcrawl.cli.run import run_spider
from gemcrawl.items import Recheck
from gemcrawl.spiders.recheck import RecheckSpider

COLUMNS = ("municipality", "kind", "page_url", "new_page_url", "result", "verdict_before", "verdict", "requests")


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows: list[Recheck] = []
    crawler, error = run_spider(RecheckSpider, settings, everything="all" in sys.argv[2:], seen=rows.extend)
    if error is not None or crawler.stats is None:
        sys.exit(f"no recheck: {error}")
    figures = clock.report(crawler.stats.get_stats())
    print(json.dumps({**figures, "rows": [{name: getattr(row, name) for name in COLUMNS} for row in rows]}))


if __name__ == "__main__":
    main()
