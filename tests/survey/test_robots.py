"""robots.txt as RFC 9309 asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.survey.robots import MAX_SITEMAPS, Robots, RobotsBook, parse


@pytest.mark.parametrize("status", [500, 503, 599, 429])
def test_a_server_error_means_stay_out(status: int) -> None:
    assert parse(status, b"User-agent: *\nAllow: /").refuses("https://x.test/") == "robots_unavailable"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_client_error_means_free(status: int) -> None:
    assert parse(status, b"User-agent: *\nDisallow: /").refuses("https://x.test/") is None


def test_rules_for_everybody_and_for_us() -> None:
    rules = parse(
        200, b"User-agent: *\nDisallow: /prive\nCrawl-delay: 3\n\nUser-agent: gemcrawl\nDisallow: /a\nAllow: /a/b\nCrawl-delay: 7"
    )
    assert rules.refuses("https://x.test/prive") is None
    assert rules.refuses("https://x.test/a/c") == "robots"
    assert rules.refuses("https://x.test/a/b") is None
    assert rules.delay == 7


def test_a_page_in_place_of_the_file_holds_no_rules() -> None:
    assert parse(200, b"<!doctype html><title>Disallow: /</title>").refuses("https://x.test/") is None


def test_sitemaps_are_absolute_and_few() -> None:
    body = b"Sitemap: /relative.xml\n" + b"".join(b"Sitemap: https://x.test/s%d.xml\n" % i for i in range(20))
    assert parse(200, body).sitemaps == tuple(f"https://x.test/s{i}.xml" for i in range(MAX_SITEMAPS))


@given(st.binary(max_size=2000))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    rules = parse(200, body)
    assert rules.refuses("https://x.test/a?b=c") in (None, "robots")
    assert isinstance(rules.sitemaps, tuple)


async def test_every_host_is_asked_once() -> None:
    asked = []

    async def ask(host: str) -> Robots:
        asked.append(host)
        return Robots()

    book = RobotsBook(ask)
    await book.of("a.test")
    await book.of("a.test")
    await book.of("b.test")
    assert asked == ["a.test", "b.test"]
