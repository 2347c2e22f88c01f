"""One night of `benchmarks.politeness`, in a network of its own: python -m benchmarks.politeness_inside DIRECTORY NUMBER

Leaves the log of its servers as log-NUMBER.json.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from distributed import LocalCluster

from benchmarks.politeness import DELAY, JITTER, NIGHTS, SIZE, TAKES, WORKERS
from benchmarks.scale.server import ScaleServer
from gemcrawl.cli.run import run_crawl


def night(directory: Path, number: int, workers: int | None) -> None:
    """One night.

    Raises:
        RuntimeError: nothing was published.
    """
    with ExitStack() as stack:
        server = stack.enter_context(ScaleServer(directory / f"nation-{number}", SIZE, takes=TAKES, log=True, standard=True))
        settings = server.settings(directory / f"output-{number}", delay=DELAY)
        settings |= {"DOWNLOAD_DELAY_JITTER": JITTER, "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None}}
        if workers is None:
            cluster = stack.enter_context(LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None))
            result = run_crawl(settings, dask=cluster.scheduler_address)
        else:
            result = run_crawl(settings, workers=workers)
        if result.snapshot is None:
            raise RuntimeError(f"no snapshot: {result.message}")
    (directory / f"log-{number}.json").write_text(json.dumps(server.log), encoding="utf-8")


def main() -> None:
    number, workers = int(sys.argv[2]), list(NIGHTS.values())[int(sys.argv[2])]
    night(Path(sys.argv[1]), number, workers)


if __name__ == "__main__":
    main()
