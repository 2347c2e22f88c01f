"""How the last run and the newest snapshot are, for the textfile collector of Prometheus' node exporter; docs/schedules.md has the alerts."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from gemcrawl.exceptions import GemcrawlError, UsageError
from gemcrawl.items import TABLES, Outcome
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.read import latest

if TYPE_CHECKING:
    from pathlib import Path

    from gemcrawl.cli.exit_codes import ExitCode
    from gemcrawl.places import Place


def check(path: Path) -> None:
    """Makes sure that the file can be written, without touching it.

    Raises:
        UsageError: it cannot.
    """
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise UsageError(f"--metrics {str(path)!r} is no file in a directory that can be written; name another")


def write(path: Path, output: Place, *, code: ExitCode, seconds: float) -> None:
    """Writes the metrics of a run that just ended, and of the snapshot that is the latest now, in one rename.

    Args:
        path: by custom ``.../textfile_collector/gemcrawl.prom``.
        output: directory of the snapshots.
        code: how the run ended.
        seconds: how long it took.

    Raises:
        UsageError: the file cannot be written.
    """
    registry = CollectorRegistry()

    def gauge(name: str, documentation: str, value: float) -> None:
        Gauge(f"gemcrawl_{name}", documentation, registry=registry).set(value)

    gauge("run_end_timestamp_seconds", "When the last run ended.", time.time())
    gauge("run_duration_seconds", "How long the last run took.", seconds)
    gauge("run_exit_code", "Exit code of the last run: 0 published, 3 held back as suspect, 5 interrupted.", code)
    told = _latest(output)
    if told:
        gauge("snapshot_timestamp_seconds", "When the run of the newest published snapshot ended.", told["finished"])
        gauge("snapshot_registry_municipalities", "Municipalities of the register in the newest snapshot.", told["registry"])
        gauge("snapshot_missing_municipalities", "Municipalities without a survey of their own in the newest snapshot.", told["missing"])
        outcomes = Gauge("gemcrawl_snapshot_municipalities", "Municipalities of the newest snapshot.", ["outcome"], registry=registry)
        for outcome in get_args(Outcome):
            outcomes.labels(outcome).set(told["outcomes"].get(outcome, 0))
        rows = Gauge("gemcrawl_snapshot_rows", "Rows of the newest snapshot.", ["table"], registry=registry)
        for table in TABLES:
            rows.labels(table).set(told["rows"].get(table, 0))
    try:
        write_to_textfile(str(path), registry)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"--metrics {str(path)!r} cannot be written ({reason}); name another, or make its directory writable") from None


def _latest(output: Place) -> dict[str, Any]:
    """Numbers of the newest snapshot; empty when there is none whose descriptor can be read."""
    try:
        told = json.loads((latest(output) / DESCRIPTOR).read_bytes())
        run = told["gemcrawl"]
        return {
            "finished": datetime.fromisoformat(run["finished"]).timestamp(),
            "registry": int(run["registry"]["rows"]),
            "missing": int(run.get("missing", {}).get("municipalities", 0)),  # not told by the first nights
            "outcomes": {str(name): int(count) for name, count in run["outcomes"].items()},
            "rows": {str(resource["name"]): int(resource["rows"]) for resource in told["resources"]},
        }
    except (GemcrawlError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
