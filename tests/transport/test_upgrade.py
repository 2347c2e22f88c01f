from __future__ import annotations

import pytest

from gemcrawl.transport.upgrade import classify, describe, downgrades, until_secure, worst

from .builders import route

CASES = {
    "to https of the same host": ("http://x/ 301 -> https://x/ 200", "first_hop_same_host"),
    "the same host first, then another (case 15)": ("http://x/ 301 -> https://x/ 301 -> https://www.x/ 200", "first_hop_same_host"),
    "the port, letter case and a trailing dot make no other host (case 17)": (
        "http://X./ 301 -> https://x:443/ 200",
        "first_hop_same_host",
    ),
    "an IDN is its punycode (case 17)": ("http://súdwest.test/ 301 -> https://xn--sdwest-pya.test/ 200", "first_hop_same_host"),
    "another host first (case 15)": ("http://x/ 301 -> https://www.x/ 200", "other_host_first"),
    "another http URL first (case 14)": ("http://x/ 301 -> http://www.x/ 301 -> https://www.x/ 200", "late"),
    "another path over http first": ("http://x/ 302 -> http://x/nl/ 301 -> https://x/nl/ 200", "late"),
    "back to http on the way (case 16)": ("http://x/ 301 -> https://x/ 301 -> http://www.x/ 301 -> https://www.x/ 200", "downgrade"),
    "back to http at the end": ("http://x/ 301 -> https://x/ 301 -> http://x/form 200", "downgrade"),
    "by meta refresh (case 18)": ("http://x/ 200 -meta-> https://x/ 200", "client_side"),
    "by script (case 18)": ("http://x/ 200 -script-> https://x/ 200", "client_side"),
    "by script after an http redirect": ("http://x/ 301 -> http://x/a 200 -script-> https://x/ 200", "client_side"),
    "the https hop need not have been asked": ("http://x/ 301 -> https://x/ 0", "first_hop_same_host"),
    "a page": ("http://x/ 200", "none"),
    "a page after an http redirect": ("http://x/ 301 -> http://www.x/ 200", "none"),
    "nothing there over http": ("http://x/ 404", "not_applicable"),
    "a server error says nothing": ("http://x/ 503", "not_tested"),
    "a rate limit says nothing": ("http://x/ 429", "not_tested"),
    "a redirect that was not followed": ("http://x/ 301", "not_tested"),
    "a way that starts at https": ("https://x/ 200", "not_applicable"),
}


@pytest.mark.parametrize(("hops", "expected"), CASES.values(), ids=CASES.keys())
def test_classify(hops: str, expected: str) -> None:
    assert classify(route(hops)) == expected


def test_no_hops_is_not_tested() -> None:
    assert classify(()) == "not_tested"


def test_downgrades_are_the_http_hops_after_https() -> None:
    way = route("http://a/ 301 -> https://b/ 301 -> http://c/ 301 -> http://d/ 301 -> https://e/ 200")
    assert [hop.url for hop in downgrades(way)] == ["http://c/", "http://d/"]
    assert downgrades(way[:2]) == []


def test_the_worst_address_counts() -> None:
    assert worst(["first_hop_same_host", "late", "not_applicable"]) == "late"
    assert worst([]) == "not_tested"


def test_until_secure_stops_at_the_first_https_hop() -> None:
    way = route("http://a/ 301 -> https://b/ 301 -> http://c/ 200")
    assert [hop.url for hop in until_secure(way)] == ["http://a/", "https://b/"]
    assert until_secure(way[2:]) == way[2:]


def test_describe_shows_every_hop_with_its_status() -> None:
    way = route("http://a/ 301 -> http://b/ 200 -meta-> https://b/ 200")
    assert describe(way) == "http://a/ 301 -> http://b/ 200 -(meta refresh)-> https://b/ 200"


def test_describe_says_of_a_hop_without_an_answer_that_it_was_not_read() -> None:
    assert describe(route("http://a/ 301 -> https://a/ 0")) == "http://a/ 301 -> https://a/ not read"
