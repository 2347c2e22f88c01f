"""The short form of ``make faults``: a few of each fault over a small nation, held against an undisturbed night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.scenarios import SCENARIOS, Stage
from benchmarks.faults.server import Nation

SIZE = 24


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory: Path = tmp_path_factory.mktemp("faults")
    with Nation(directory / "nation", SIZE) as nation:
        yield Stage.prepare(directory, nation, SIZE, short=True)


@pytest.mark.timeout(280)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_nothing_is_lost_and_nothing_differs(scenario, stage: Stage) -> None:
    figures = list(scenario(stage))
    assert figures
    assert [figure for figure in figures if not figure.good] == []
