"""When two addresses are the same page, and when many are one pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.survey.urls import chooses_product, clean_query, http_twin, key, pattern, place, split


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.x.test/a", "http://www.x.test/a"),
        ("https://www.x.test/a/", "https://www.x.test/a"),
        ("https://www.x.test/a?utm_source=mail", "https://www.x.test/a"),
        ("https://www.x.test/a;jsessionid=1F2A?x=1", "https://www.x.test/a?x=1"),
        ("https://www.x.test/(S(k4jbx0nqv2))/a.aspx", "https://www.x.test/a.aspx"),
        ("https://www.x.test/a?3-1.ILinkListener-menu", "https://www.x.test/a"),
        ("https://www.x.test/a?b=1&a=2", "https://www.x.test/a?a=2&b=1"),
        ("https://www.x.test/a#top", "https://www.x.test/a"),
        ("https://www.x.test/a?lang=nl", "https://www.x.test/a"),
    ],
)
def test_same_page(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.x.test/a", "https://x.test/a"),
        ("https://www.x.test/a?product=1", "https://www.x.test/a?product=2"),
        ("https://www.x.test/A", "https://www.x.test/a"),
        ("https://x.test/mozard/!suite86.scherm0325?mPag=244", "https://x.test/mozard/!suite86.scherm0325?mPag=245"),
    ],
)
def test_different_pages(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_numbers_hashes_and_product_choices_are_one_pattern() -> None:
    assert pattern("https://x.test/agenda/2026/09") == pattern("https://x.test/agenda/2027/1")
    assert pattern("https://x.test/?product=1") == pattern("https://x.test/?product=paspoort")
    assert pattern("https://x.test/a") != pattern("https://x.test/b")


def test_http_twin_drops_an_explicit_port() -> None:
    assert http_twin("https://x.test:8443/a?b=1") == "http://x.test/a?b=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://x.test/a?sid=1&product=2",
        "http://x.test/a/",
        "https://x.test/a;jsessionid=9F?product=3",
        "https://x.test/(S(k4jbx0nqv2))/a",
        "https://x.test/a?3-1.ILinkListener-menu",
        "https://x.test/a?12",
        "https://x.test/a#/stap/1",
    ],
)
def test_what_identifies_a_form_s_page_over_time_is_where_it_is(url: str) -> None:
    assert place(url) == "x.test/a"


def test_a_catalogue_chooses_its_product_in_the_query() -> None:
    assert chooses_product("https://x.test/?lang=nl&product=2")
    assert chooses_product("https://x.test/afspraak?product_code=1")
    assert not chooses_product("https://x.test/product/2?q=product")


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    url = "https://x.test/" + text
    assert split(url).host
    assert key(url)
    assert pattern(url)
    assert clean_query(clean_query(text)) == clean_query(text)
