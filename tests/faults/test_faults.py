"""The short form of ``make faults``: a few of each fault over a small nation, held against an undisturbed night."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults import nights, scenarios
from benchmarks.faults.scenarios import SCENARIOS, Stage
from benchmarks.faults.server import Nation
from tests.support.forks import CHECKOUT, Forked, environment

SIZE = 24
_fresh = nights.start


def start(arguments: list[str], *, env: dict[str, str] | None = None, **fault: Any) -> subprocess.Popen[str] | Forked:
    """As `nights.start`, without the price of the imports, but where a library is to be loaded before everything."""
    if env:
        return _fresh(arguments, env=env, **fault)
    command = ["-m", "benchmarks.faults.inside", json.dumps(fault), "crawl", "--log-level", "ERROR", *arguments]
    return Forked(command, cwd=CHECKOUT, env=environment())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory: Path = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch, Nation(directory / "nation", SIZE) as nation:
        patch.setattr(nights, "start", start)
        patch.setattr(scenarios, "start", start)
        yield Stage.prepare(directory, nation, SIZE, short=True)


@pytest.mark.timeout(280)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_nothing_is_lost_and_nothing_differs(scenario, stage: Stage) -> None:
    figures = list(scenario(stage))
    assert figures
    assert [figure for figure in figures if not figure.good] == []
