"""Commands by the dozen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.program import Forks


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs ``gemcrawl`` commands, each in a process of its own."""
    with Forks.open() as opened:
        yield opened
