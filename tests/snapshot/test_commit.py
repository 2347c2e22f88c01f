"""What makes a municipality worth a second survey."""

from __future__ import annotations

from typing import Any

import pytest

from gemcrawl.items import Survey
from gemcrawl.snapshot.commit import spoilt
from tests.snapshot.rows import form, municipality
from tests.transport.builders import host


@pytest.mark.parametrize(
    ("why", "row", "kind", "expected"),
    [
        ("listed", {"ncsc_2025": "good", "handshakes": 18}, "contact", False),
        ("the listing was broken off", {"ncsc_2025": "not_tested", "handshakes": 3}, "contact", True),
        ("its name was not found when it was to be listed", {"ncsc_2025": "not_tested", "handshakes": 0}, "contact", True),
        ("the host of a form of another kind, which is not listed", {"ncsc_2025": "not_tested"}, "search", False),
        ("it broke off every connection", {"https": "reset", "ncsc_2025": "not_tested"}, "search", True),
        ("a closed port is an answer", {"http": "refused", "ncsc_2025": "good"}, "contact", False),
    ],
)
def test_a_host_that_the_network_spoilt(why: str, row: dict[str, Any], kind: str, expected: bool) -> None:
    forms = [form("GM0001", "https://x.test/a", kind=kind, submit_urls=["https://x.test/a"])]
    found = Survey(municipality=municipality("GM0001"), forms=forms, hosts=[host("x.test", **row)])
    assert bool(spoilt(found, listing=True)) == expected, why
