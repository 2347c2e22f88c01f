"""What makes a municipality worth a second survey."""

from __future__ import annotations

from typing import Any

import pytest

from gemcrawl.items import Survey
from gemcrawl.spiders.forms import FormsSpider
from tests.snapshot.rows import municipality
from tests.transport.builders import host


@pytest.mark.parametrize(
    ("why", "row", "spoilt"),
    [
        ("listed", {"ncsc_2025": "good", "handshakes": 18}, False),
        ("the listing was broken off", {"ncsc_2025": "not_tested", "handshakes": 3}, True),
        ("the host of a form of another kind, which is not listed", {"ncsc_2025": "not_tested", "handshakes": 0}, False),
        ("it broke off every connection", {"https": "reset", "ncsc_2025": "not_tested"}, True),
        ("a closed port is an answer", {"http": "refused", "ncsc_2025": "good", "handshakes": 18}, False),
    ],
)
def test_a_host_that_the_network_spoilt(why: str, row: dict[str, Any], spoilt: bool) -> None:
    found = Survey(municipality=municipality("GM0001"), hosts=[host("x.test", **row)])
    assert bool(FormsSpider().spoilt(found)) == spoilt, why
