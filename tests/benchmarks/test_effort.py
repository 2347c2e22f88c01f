"""The benchmark of effort counts rightly; the crawlers themselves are not run here."""

from __future__ import annotations

from typing import Any

from benchmarks.effort import BUDGET, oracle, walk

W = "https://www.x.test"
FORMS = [
    {"page_url": f"{W}/contact", "also_urls": [f"{W}/contact-2"], "oracle_requests": 2},
    {"page_url": "https://planner.test/", "also_urls": [], "oracle_requests": 3},
]
TOWN: dict[str, Any] = {"forms": FORMS}
LOG = [
    (1.0, f"{W}/robots.txt"),
    (2.0, f"{W}/"),
    (3.0, f"{W}/contact-2?x=1"),
    (4.0, f"{W}/sitemap.xml"),
    (5.0, "https://planner.test/?product=1"),
    (6.0, "http://www.x.test/"),
]
FOUND = {f"{W}/contact", "https://planner.test/"}


def test_requests_count_until_the_page_of_the_last_form_was_asked_for() -> None:
    found = walk(TOWN, LOG, FOUND)
    assert (found.requests, found.clicks, found.complete) == (5, 3, True)
    assert found.times == (3.0, 5.0)
    assert found.after == ("http://www.x.test/",)


def test_a_form_asked_for_but_not_found_costs_the_whole_budget() -> None:
    found = walk(TOWN, LOG, {f"{W}/contact"})
    assert (found.requests, found.clicks, found.complete) == (BUDGET, BUDGET, False)
    assert found.times == (3.0,)


def test_to_have_asked_is_enough_for_those_who_judge_nothing() -> None:
    assert walk(TOWN, LOG, None).requests == 5
    assert not walk(TOWN, LOG[:3], None).complete


def test_where_a_redirect_led_counts_as_reached_but_as_no_request() -> None:
    log = [(1.0, f"{W}/"), (2.0, f"{W}/contact"), (3.0, f"{W}/afspraak"), (3.1, "redirected https://planner.test/")]
    assert walk(TOWN, log, None).requests == 3


def test_a_page_that_asks_for_its_cookie_back_is_reached_by_the_second_request() -> None:
    log = [(1.0, f"{W}/"), (2.0, "https://planner.test/"), (3.0, f"{W}/contact"), (4.0, f"{W}/contact"), (5.0, f"{W}/over")]
    found = walk(TOWN, log, FOUND)
    assert (found.requests, found.after) == (4, (f"{W}/over",))


def test_who_knows_the_way_opens_the_home_page_once() -> None:
    assert oracle(TOWN) == 4
