"""Which host names belong together."""

from __future__ import annotations

import pytest

from gemcrawl.sites import is_public_suffix, site_of


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.utrecht.nl", "utrecht.nl"),
        ("a.b.utrecht.nl", "utrecht.nl"),
        ("utrecht.nl", "utrecht.nl"),
        ("www.example.co.uk", "example.co.uk"),
        ("x.github.io", "github.io"),
        ("www.x.test", "x.test"),
        ("nl", "nl"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_the_site_of_a_host(host: str, site: str) -> None:
    assert site_of(host) == site


@pytest.mark.parametrize(
    ("domain", "answer"),
    [("nl", True), ("co.uk", True), ("github.io", True), ("utrecht.nl", False), ("x.github.io", False), ("test", True)],
)
def test_public_suffixes(domain: str, answer: bool) -> None:
    assert is_public_suffix(domain) is answer
