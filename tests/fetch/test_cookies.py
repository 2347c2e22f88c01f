"""Cookies: one jar per municipality, within a budget, none for a whole suffix, and forgotten at the end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from gemcrawl.fetch.cookies import MAX_BYTES, MAX_COOKIES, CookiesMiddleware
from gemcrawl.items import Municipality, Survey


@pytest.fixture
def middleware() -> CookiesMiddleware:
    return CookiesMiddleware.from_crawler(get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False}))


def sets(middleware: CookiesMiddleware, *fields: str, url: str = "https://www.x.nl/", jar: str = "GM1") -> None:
    request = Request(url, meta={"cookiejar": jar})
    middleware.process_response(request, Response(url, headers={"Set-Cookie": [f.encode() for f in fields]}))


def sent(middleware: CookiesMiddleware, url: str = "https://www.x.nl/", jar: str = "GM1") -> set[str]:
    request = Request(url, meta={"cookiejar": jar})
    middleware.process_request(request)
    return {pair for pair in (request.headers.get("Cookie") or b"").decode().split("; ") if pair}


def test_what_was_set_is_sent_back_to_that_site_for_that_municipality(middleware: CookiesMiddleware) -> None:
    sets(middleware, "sid=1; Path=/", "b=2")
    assert sent(middleware) == {"sid=1", "b=2"}
    assert sent(middleware, url="https://y.nl/") == set()
    assert sent(middleware, jar="GM2") == set()


def test_secure_cookies_stay_off_http(middleware: CookiesMiddleware) -> None:
    sets(middleware, "sid=1; Secure", "b=2")
    assert sent(middleware, url="http://www.x.nl/") == {"b=2"}


@pytest.mark.parametrize("domain", ["nl", ".nl", "y.nl"])
def test_no_cookie_for_a_suffix_or_another_site(domain: str, middleware: CookiesMiddleware) -> None:
    sets(middleware, f"sid=1; Domain={domain}")
    assert sent(middleware) == sent(middleware, url="https://y.nl/") == set()


def test_a_cookie_for_the_whole_site_is_sent_to_its_hosts(middleware: CookiesMiddleware) -> None:
    sets(middleware, "sid=1; Domain=x.nl")
    assert sent(middleware, url="https://afspraak.x.nl/") == {"sid=1"}


def test_too_much_at_once_sets_nothing(middleware: CookiesMiddleware) -> None:
    sets(middleware, "a=1", "b=" + "x" * MAX_BYTES)
    assert sent(middleware) == set()


def test_a_full_jar_takes_no_more(middleware: CookiesMiddleware) -> None:
    for n in range(MAX_COOKIES + 20):
        sets(middleware, f"c{n}=1")
    assert len(sent(middleware)) == MAX_COOKIES


def test_a_finished_municipality_is_forgotten(middleware: CookiesMiddleware) -> None:
    sets(middleware, "sid=1")
    sets(middleware, "sid=2", jar="GM2")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    row = Municipality(
        code="GM1",
        name="X",
        province="Utrecht",
        website="www.x.nl",
        outcome="surveyed",
        appointment="secure",
        contact="secure",
        started_at=now,
        finished_at=now,
    )
    middleware.forget(Survey(municipality=row))
    assert sent(middleware) == set()
    assert sent(middleware, jar="GM2") == {"sid=2"}
