"""Reports: of a hostile night, of two nights, and of the demo nation, made once for all processes of a test run."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path

import pytest

from gemcrawl.cli.report import make
from tests.cli.program import run
from tests.report.nights import first_night, published, second_night
from tests.snapshot.rows import NIGHT

SIZE = 24
"""Municipalities of the demo nation that are surveyed: enough for a form of nearly every status."""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """One hostile night."""
    published(tmp_path / "output", first_night())
    return tmp_path / "output"


@pytest.fixture
def two_nights(output: Path) -> Path:
    """And the night after."""
    published(output, second_night(), NIGHT + timedelta(days=1), "r2")
    return output


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a hostile night after another one, in both languages."""
    output = tmp_path_factory.mktemp("hostile") / "output"
    published(output, second_night(), NIGHT - timedelta(days=1), "r0")
    published(output, first_night())
    index, _ = make(output)
    return index.parent


@pytest.fixture(scope="session")
def demo_output(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What ``gemcrawl demo`` leaves after two nights, its report included."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "demo-for-the-report"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            for night in ("1", "2"):
                done = run("demo", "--size", str(SIZE), "--night", night, "--no-render", "--output", "demo", cwd=shared)
                assert done.code == 0, done.err
                (shared / f"said-{night}").write_text(done.out)
            (shared / "done").touch()
    return shared / "demo"
