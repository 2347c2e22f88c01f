"""Measures gemcrawl: ``python -m benchmarks [PART|all]``, the parts being `PARTS`.  Prints Markdown; leaves nothing behind.

``tls`` and ``requests`` run only when they are named: they install other tools, into a cache of their own that stays (`benchmarks.tls.tools`).
``publication`` too: it takes ten minutes and 4 GB of disk; and ``scale``, which takes an hour or two.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import (
    effort,
    fleet,
    hostile,
    night,
    politeness,
    process,
    publication,
    reading,
    rechecking,
    rendering,
    reporting,
    speed,
    transport,
)
from benchmarks.scale import growth
from benchmarks.tls import report

PARTS = {
    "night": night.run,
    "speed": speed.run,
    "fleet": fleet.run,
    "politeness": politeness.run,
    "requests": effort.run,
    "reading": reading.run,
    "transport": transport.run,
    "rendering": rendering.run,
    "report": reporting.run,
    "recheck": rechecking.run,
    "hostile": hostile.run,
    "publication": publication.run,
    "scale": growth.run,
    "tls": report.run,
}
_WHEN_NAMED = ("tls", "requests", "publication", "scale")
_NEED_ROOT = ("speed",)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure gemcrawl against the fictional nation, and against hostile servers."
    )
    parser.add_argument("part", nargs="?", choices=[*PARTS, "all"], default="all")
    chosen = parser.parse_args().part
    print(f"machine: {process.machine()}\n", flush=True)
    with TemporaryDirectory(prefix="gemcrawl-benchmarks-") as directory:
        for name in [part for part in PARTS if part not in _WHEN_NAMED] if chosen == "all" else [chosen]:
            if name in _NEED_ROOT and os.geteuid() != 0:
                print(
                    f"### {name}: skipped\n\nThe bare spider knows no connect-to and needs ports 443 and 80: run this part as root.\n",
                    flush=True,
                )
                continue
            started = time.monotonic()
            for table in PARTS[name](Path(directory)):
                print(f"{table}\n", flush=True)
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
