"""Sitemaps, well-formed, broken and hostile."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.survey import sitemap
from gemcrawl.survey.sitemap import MAX_BYTES, locations

_PAGES = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://x.test/a </loc><lastmod>2026-01-01</lastmod></url><url><loc>https://x.test/b</loc></url></urlset>"""


def test_pages_in_order() -> None:
    assert locations(_PAGES) == (["https://x.test/a", "https://x.test/b"], [])


def test_gzip() -> None:
    assert locations(gzip.compress(_PAGES))[0] == ["https://x.test/a", "https://x.test/b"]


def test_an_index_names_sitemaps() -> None:
    index = b"<sitemapindex><sitemap><loc>https://x.test/s.xml.gz</loc></sitemap></sitemapindex>"
    assert locations(index) == ([], ["https://x.test/s.xml.gz"])


def test_what_comes_before_a_break_counts() -> None:
    assert locations(_PAGES[:150])[0] == ["https://x.test/a"]


def test_entities_are_not_resolved() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>https://x.test/&b;</loc></url></urlset>'
    assert locations(bomb) == ([], [])


def test_a_gzip_bomb_is_cut() -> None:
    bomb = gzip.compress(b"<urlset>" + b"<url><loc>https://x.test/a</loc></url>" * (MAX_BYTES // 10))
    assert len(locations(bomb)[0]) <= 20_000


def test_a_tag_of_hundreds_of_thousands_of_attributes_is_not_read() -> None:
    attributes = b" ".join(b'a%d="1"' % n for n in range(10_000))
    assert locations(b"<urlset " + attributes + b"><url><loc>https://x.test/a</loc></url></urlset>") == ([], [])


def test_elements_without_end_are_forgotten_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    real = sitemap._forget

    def forget(element: Any) -> None:
        real(element)
        left.append(len(element.getroottree().getroot()))

    monkeypatch.setattr(sitemap, "_forget", forget)
    assert locations(b"<urlset>" + b"<a/>" * 100_000 + b"<url><loc>https://x.test/a</loc></url></urlset>") == (["https://x.test/a"], [])
    assert left[-1] <= 1
    assert max(left) <= sitemap._PIECE


def test_an_address_may_lie_across_two_pieces() -> None:
    padding = b" " * (sitemap._PIECE - 30)
    assert locations(b"<urlset>" + padding + _PAGES.partition(b"<urlset")[2].partition(b">")[2])[0] == [
        "https://x.test/a",
        "https://x.test/b",
    ]


def test_only_http_addresses() -> None:
    assert locations(b"<urlset><url><loc>javascript:alert(1)</loc></url><url><loc>/a</loc></url></urlset>") == ([], [])


@given(st.binary(max_size=3000))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    pages, sitemaps = locations(body)
    assert all(u.startswith("http") for u in pages + sitemaps)
