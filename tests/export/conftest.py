"""A published night to export."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemcrawl.export.tables import Snapshot
from tests.support.nights import AA, BEE, DEE, a_form, first_night, publish_night, town


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Four municipalities, with hostile text in a finding, and without coordinates."""
    return Snapshot.open(first_night(tmp_path_factory.mktemp("export") / "output"))


@pytest.fixture(scope="session")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Three municipalities, two of them with coordinates."""
    output = tmp_path_factory.mktemp("mapped") / "output"
    towns = (
        town(AA, a_form(AA, "appointment", "/a"), lat=52.37, lon=4.89),
        town(BEE, lat=50.85, lon=5.69),
        town(DEE, outcome="unreachable", reason="dns", appointment="not_tested", contact="not_tested"),
    )
    return Snapshot.open(publish_night(output, 0, *towns))


@pytest.fixture
def portal() -> Path:
    """The example of the documents."""
    return Path(__file__).resolve().parents[2] / "docs/examples/portal.toml"
