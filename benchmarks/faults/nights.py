"""Nights as processes, and their tables side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

TABLES = ("municipalities", "forms", "pages", "hosts")
TIMES = frozenset({"started_at", "finished_at", "fetched_at", "checked_at", "seconds"})
EFFORT = frozenset({"requests", "bytes", "handshakes"})
"""What a night cost; one that was disturbed costs more."""
TIMEOUT = 280


@dataclass(frozen=True, slots=True)
class Night:
    code: int
    err: str
    seconds: float


def start(arguments: list[str], *, env: dict[str, str] | None = None, **fault: Any) -> subprocess.Popen[str]:
    """Starts ``gemcrawl crawl`` with these arguments and a fault of `benchmarks.faults.inside`."""
    command = [sys.executable, "-m", "benchmarks.faults.inside", json.dumps(fault), "crawl", "--log-level", "ERROR", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})


def wait(process: subprocess.Popen[str], started: float) -> Night:
    with process:
        try:
            _, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
    return Night(process.returncode, err, time.monotonic() - started)


def run(arguments: list[str], **fault: Any) -> Night:
    """Starts, and waits."""
    started = time.monotonic()
    return wait(start(arguments, **fault), started)


def published(output: Path) -> list[Path]:
    return sorted(output.glob("snapshot=*"))


def committed(output: Path) -> set[str]:
    return {path.parent.name for path in output.glob("runs/*/parts/*/survey.parquet")}


def differences(one: Path, other: Path, *, without: frozenset[str] = TIMES) -> dict[str, int]:
    """Rows by table that are in only one of two snapshots; empty when they are equal."""
    found = {}
    for table in TABLES:
        rows = [_rows(snapshot / f"{table}.parquet", without) for snapshot in (one, other)]
        if rows[0] != rows[1]:
            found[table] = len(set(rows[0]) ^ set(rows[1])) or abs(len(rows[0]) - len(rows[1]))
    return found


def changed_columns(one: Path, other: Path) -> dict[str, set[str]]:
    """Columns by table whose values differ, as a multiset, between two snapshots."""
    found: dict[str, set[str]] = {}
    for table in TABLES:
        tables = [pq.read_table(snapshot / f"{table}.parquet", partitioning=None) for snapshot in (one, other)]
        for name in tables[0].column_names:
            values = [sorted(map(repr, each[name].to_pylist())) for each in tables]
            if values[0] != values[1]:
                found.setdefault(table, set()).add(name)
    return found


def _rows(path: Path, without: frozenset[str]) -> list[str]:
    rows = pq.read_table(path, partitioning=None).to_pylist()
    return sorted(repr({name: value for name, value in row.items() if name not in without}) for row in rows)


def rows_per_municipality(snapshot: Path) -> dict[str, int]:
    codes = pq.read_table(snapshot / "municipalities.parquet", columns=["code"], partitioning=None)["code"].to_pylist()
    return {code: codes.count(code) for code in codes}


def municipalities_that_differ(one: Path, other: Path, *, without: frozenset[str]) -> set[str]:
    """Codes whose row in the table of municipalities differs between two snapshots."""
    rows = []
    for snapshot in (one, other):
        found = pq.read_table(snapshot / "municipalities.parquet", partitioning=None).to_pylist()
        rows.append({row["code"]: {name: value for name, value in row.items() if name not in without} for row in found})
    return {code for code in rows[0] if rows[0][code] != rows[1].get(code)}


def rendering(snapshot: Path) -> dict[str, int]:
    """Pages by what became of rendering them."""
    outcomes = pq.read_table(snapshot / "pages.parquet", columns=["render_outcome"], partitioning=None)["render_outcome"].to_pylist()
    return dict(Counter(outcome for outcome in outcomes if outcome is not None))
