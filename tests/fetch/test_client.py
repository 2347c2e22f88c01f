"""The client: one URL in, one answer or one reason out; asked in real crawls, each a process of its own."""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from scrapy.utils.test import get_crawler

from gemcrawl.fetch.answer import Answer
from gemcrawl.fetch.client import Client
from gemcrawl.recent import MOST
from tests.support.authority import TLS12, Authority
from tests.support.forks import CHECKOUT, Forked, environment
from tests.support.world import Reply, Tls, World, redirect

A, B, BUSY = "www.a.test", "www.b.test", "www.busy.test"
QUICK: dict[str, Any] = {"DOWNLOAD_DELAY": 0.01, "DOWNLOAD_TIMEOUT": 1, "RETRY_TIMES": 0}


def crawl(world: World, questions: list[dict[str, Any]], **settings: Any) -> list[SimpleNamespace]:
    """The answers of one crawl; ``stderr`` of each is what the whole crawl logged."""
    asked = [question if "slow_down" in question else {"jar": "GM9001", **question} for question in questions]
    command = ["-m", "tests.fetch.crawl", json.dumps({**world.settings, **QUICK, **settings}), json.dumps(asked)]
    with Forked(command, cwd=CHECKOUT, env=environment()) as crawling:
        out, err = crawling.communicate(60)
    assert crawling.returncode == 0, err
    answers = [SimpleNamespace(**json.loads(line), stderr=err) for line in out.splitlines()]
    assert len(answers) == sum("url" in question for question in questions), err
    return answers


PAGES = {
    "/": Reply(
        "<p>hallo</p>",
        headers=(
            ("Content-Type", "Text/HTML; Charset='ISO-8859-1'; x=y"),
            ("Strict-Transport-Security", "max-age=1"),
            ("Strict-Transport-Security", "max-age=2"),
            ("Set-Cookie", "a=1; Secure"),
            ("Set-Cookie", "b=2"),
            ("Content-Security-Policy", "upgrade-insecure-requests"),
            ("Refresh", "300"),
        ),
    ),
    "/bare": Reply(b"x", headers={"Content-Type": "application/pdf"}),
    "/moved": redirect("/elsewhere", 302),
    "/error": Reply("stuk", 500),
    "/packed": Reply(gzip.compress(b"<p>" + b"a" * 1000), headers={"Content-Encoding": "gzip", "Content-Type": "text/html"}),
    "/long": "x" * (4 * 1024 * 1024 + 1),
}
FAILURES = {
    "https://closed.test/": "refused",
    "https://nowhere.invalid/": "dns",
    "https://a..invalid/": "dns",
    f"https://{A}/hang": "timeout",
    f"https://{A}/drop": "reset",
    f"https://{A}/reset": "reset",
    "https://not-tls.test/": "tls",
    "http://10.0.0.1/": "address_refused",
    "http://169.254.169.254/latest/meta-data/": "address_refused",
    f"https://{A}/gzip-bomb": "too_large",
    f"https://{A}/partial": "error",
    f"https://{A}/not-http": "error",
    "ftp://www.a.test/": "error",
    "mailto:gemeente@a.test": "error",
    "no address": "error",
    "http://[::1/": "error",
    "http:///x": "error",
    f"http://{A}:99999/": "error",
    "": "error",
}


@pytest.fixture(scope="module")
def world(authority: Authority) -> Iterator[World]:
    hosts = {
        A: PAGES,
        B: {"/": "B"},
        BUSY: {"/": Reply("", 429, {"Retry-After": "120"})},
        "expired.test": {"/": "E"},
        "closed.test": {},
        "not-tls.test": {},
    }
    tls = {"expired.test": Tls("expired"), B: Tls(versions=(TLS12, TLS12))}
    with World(hosts, authority, tls=tls, closed=["https://closed.test"]) as made:
        yield made


@pytest.fixture(scope="module")
def answers(world: World) -> dict[str, SimpleNamespace]:
    """Everything below that needs no settings of its own, in one crawl, by URL."""
    urls = [f"https://{A}{path}" for path in PAGES] + [
        f"http://{A}/",
        f"https://{B}/",
        f"https://{BUSY}/",
        "https://expired.test/",
        *FAILURES,
    ]
    rules = [f"not-tls.test:443:127.0.0.1:{world.port(A, 'http')}", *world.connect_to]
    return {answer.url: answer for answer in crawl(world, [{"url": url} for url in urls], GEMCRAWL_CONNECT_TO=rules)}


class TestAnAnswer:
    def test_has_all_that_the_survey_reads(self, answers: dict[str, SimpleNamespace]) -> None:
        answer = answers[f"https://{A}/"]
        assert answer.failure is None
        assert base64.b64decode(answer.body) == b"<p>hallo</p>"
        assert (answer.content_type, answer.charset, answer.policies) == ("text/html", "iso-8859-1", ["upgrade-insecure-requests"])
        assert answer.cookies == ["a=1; Secure", "b=2"]
        assert (answer.truncated, answer.location, answer.retry_after, answer.refresh) == (False, None, None, "300")
        assert answer.wire_bytes == 12
        assert 0 < answer.seconds < 10
        assert answer.fetched_at.endswith("+00:00")

    def test_has_the_hop(self, answers: dict[str, SimpleNamespace], world: World) -> None:
        hop = answers[f"https://{A}/"].hop
        assert (hop["url"], hop["status"], hop["address"], hop["hsts"]) == (f"https://{A}/", 200, "127.0.0.1", ["max-age=1", "max-age=2"])
        assert hop["handshake"]["version"] == "TLSv1.3"
        assert hop["handshake"]["trusted"]
        assert tuple(map(base64.b64decode, hop["handshake"]["chain"])) == world.leaves[A].chain

    def test_over_http_has_no_handshake(self, answers: dict[str, SimpleNamespace]) -> None:
        assert answers[f"http://{A}/"].hop["handshake"] is None

    def test_knows_how_each_host_speaks_tls(self, answers: dict[str, SimpleNamespace]) -> None:
        assert answers[f"https://{B}/"].hop["handshake"]["version"] == "TLSv1.2"
        assert answers["https://expired.test/"].hop["handshake"]["error"] == "certificate has expired"

    def test_without_charset_says_so(self, answers: dict[str, SimpleNamespace]) -> None:
        answer = answers[f"https://{A}/bare"]
        assert (answer.content_type, answer.charset, answer.policies, answer.cookies) == ("application/pdf", None, [], [])

    def test_keeps_a_redirect(self, answers: dict[str, SimpleNamespace], world: World) -> None:
        answer = answers[f"https://{A}/moved"]
        assert (answer.hop["status"], answer.location) == (302, "/elsewhere")
        assert "/elsewhere" not in world.paths(A)

    @pytest.mark.parametrize(("url", "status", "retry_after"), [(f"https://{BUSY}/", 429, "120"), (f"https://{A}/error", 500, None)])
    def test_may_be_an_error_page(self, url: str, status: int, retry_after: str | None, answers: dict[str, SimpleNamespace]) -> None:
        answer = answers[url]
        assert (answer.failure, answer.hop["status"], answer.retry_after) == (None, status, retry_after)

    def test_is_unpacked_and_counts_what_crossed_the_wire(self, answers: dict[str, SimpleNamespace]) -> None:
        answer = answers[f"https://{A}/packed"]
        assert base64.b64decode(answer.body) == b"<p>" + b"a" * 1000
        assert answer.wire_bytes == len(PAGES["/packed"].body)  # type: ignore[union-attr]

    def test_that_was_cut_says_so(self, answers: dict[str, SimpleNamespace]) -> None:
        answer = answers[f"https://{A}/long"]
        assert (answer.truncated, answer.wire_bytes) == (True, 4 * 1024 * 1024)


@pytest.mark.parametrize(("url", "reason"), FAILURES.items())
def test_each_failure_has_its_reason_and_no_hop(url: str, reason: str, answers: dict[str, SimpleNamespace]) -> None:
    assert (answers[url].failure, answers[url].hop, answers[url].body) == (reason, None, "")


def test_no_failure_was_unexpected(answers: dict[str, SimpleNamespace]) -> None:
    assert "unexpected" not in answers[f"https://{A}/"].stderr
    assert "Traceback" not in answers[f"https://{A}/"].stderr


def test_cookies_are_kept_by_jar(authority: Authority) -> None:
    async def echo(request: Any) -> Any:
        return web.Response(text=request.headers.get("Cookie", ""), headers={"Set-Cookie": "session=1"})

    with World({A: {"/": echo}}, authority) as world:
        found = crawl(world, [{"url": f"https://{A}/", "jar": jar} for jar in ("GM9001", "GM9002", "GM9001")])
    assert [base64.b64decode(answer.body) for answer in found] == [b"", b"", b"session=1"]


def test_a_reset_is_tried_once_more_and_a_refusal_is_not(authority: Authority) -> None:
    with World({A: {}, "closed.test": {}}, authority, closed=["http://closed.test"]) as world:
        found = crawl(world, [{"url": f"http://{A}/drop"}, {"url": "http://closed.test/"}], RETRY_TIMES=1)
        assert [answer.failure for answer in found] == ["reset", "refused"]
        assert world.paths(A) == ["/drop", "/drop"]


@pytest.mark.parametrize("path", ["/late", "/hang"])
def test_before_the_second_try_there_is_a_pause_however_long_the_first_took(path: str, authority: Authority) -> None:
    with World({A: {"/late": Reply("", 504, delay=0.6)}}, authority) as world:
        crawl(world, [{"url": f"http://{A}{path}"}], RETRY_TIMES=1, DOWNLOAD_TIMEOUT=0.9, DOWNLOAD_DELAY=0.4, DOWNLOAD_DELAY_JITTER=0)
        first, second = times(world, A)
    assert second - first > 0.39 + (0.6 if path == "/late" else 0.9)


def test_a_deadline_bounds_the_wait(authority: Authority) -> None:
    with World({A: {}}, authority) as world:
        (answer,) = crawl(world, [{"url": f"http://{A}/hang", "within": 0.1}], DOWNLOAD_TIMEOUT=30)
    assert answer.failure == "timeout"
    assert answer.seconds < 5


def test_a_server_is_not_asked_faster_than_the_delay(authority: Authority) -> None:
    """Hosts of one domain are one server; a longer delay asked for holds from then on, up to the cap."""
    questions: list[dict[str, Any]] = [{"url": f"http://{host}/"} for host in (A, "x.a.test", A)]
    questions += [{"slow_down": ["x.a.test", 99]}, {"url": f"http://{A}/"}, {"slow_down": [A, 0.01]}, {"url": f"http://{A}/"}]
    with World({A: {"/": "A"}, "x.a.test": {"/": "x"}}, authority) as world:
        crawl(world, questions, DOWNLOAD_DELAY=0.2, DOWNLOAD_DELAY_JITTER=0, GEMCRAWL_CRAWL_DELAY_MAX=0.6)
        times = [asked.time for asked in world.log]
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert [gap > 0.15 for gap in gaps[:2]] == [True, True]
    assert [0.55 < gap < 5 for gap in gaps[2:]] == [True, True]


def test_a_longer_delay_may_be_asked_for_before_the_first_request(authority: Authority) -> None:
    questions: list[dict[str, Any]] = [{"slow_down": [A, 0.8]}, {"url": f"http://{A}/"}, {"url": f"http://{A}/"}]
    with World({A: {"/": "A"}}, authority) as world:
        crawl(world, questions, DOWNLOAD_DELAY_JITTER=0)
        assert world.log[1].time - world.log[0].time > 0.7


def times(world: World, host: str) -> list[float]:
    return [asked.time for asked in world.log if asked.host == host]


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_rest_gets_it_and_is_asked_again(status: int, authority: Authority) -> None:
    answers = iter((Reply("", status, {"Retry-After": "1"}), Reply("", status, {"Retry-After": "1"}), Reply("gerust")))
    with World({A: {"/": turns(answers)}, B: {"/": "B"}}, authority) as world:
        (found,) = crawl(world, [{"url": f"https://{A}/"}])
        assert (found.failure, found.hop["status"], base64.b64decode(found.body)) == (None, 200, b"gerust")
        asked = times(world, A)
    assert len(asked) == 3
    assert all(later - sooner > 0.95 for sooner, later in itertools.pairwise(asked))


def test_a_server_that_goes_on_refusing_is_asked_three_times_with_ever_longer_rests(authority: Authority) -> None:
    with World({A: {"/": Reply("", 429)}}, authority) as world:
        (found,) = crawl(world, [{"url": f"https://{A}/"}], DOWNLOAD_DELAY=0.05, DOWNLOAD_DELAY_JITTER=0)
        first, second, third = times(world, A)
    assert found.hop["status"] == 429
    assert second - first > 0.45  # ten delays
    assert third - second > 0.95


def test_a_connection_that_breaks_does_not_end_the_row_of_refusals(authority: Authority) -> None:
    with World({A: {"/busy": Reply("", 503), "/": "A"}}, authority) as world:
        crawl(
            world,
            [{"url": f"https://{A}{path}"} for path in ("/busy", "/drop", "/busy", "/")],
            DOWNLOAD_DELAY=0.05,
            DOWNLOAD_DELAY_JITTER=0,
        )
        *_, second, last = times(world, A)
    assert last - second > 0.95  # twice ten delays


@pytest.mark.parametrize("retry_after", ["120", "9" * 300, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_server_that_asks_for_a_long_rest_is_left_alone_under_all_its_names(retry_after: str, authority: Authority) -> None:
    hosts = {A: {"/": Reply("", 503, {"Retry-After": retry_after})}, "forms.a.test": {"/": "F"}, B: {"/": "B"}}
    with World(hosts, authority) as world:
        found = crawl(world, [{"url": f"https://{host}/", "jar": host} for host in (A, A, "forms.a.test", B)])
        assert [(answer.failure, answer.hop and answer.hop["status"]) for answer in found] == [
            (None, 503),
            ("rate_limited", None),
            ("rate_limited", None),
            (None, 200),
        ]
        assert [asked.host for asked in world.log] == [A, B]


def test_an_error_503_is_asked_once_and_the_next_page_after_a_rest(authority: Authority) -> None:
    with World({A: {"/": Reply("", 503), "/b": "B"}}, authority) as world:
        found = crawl(world, [{"url": f"https://{A}{path}"} for path in ("/", "/b")], DOWNLOAD_DELAY=0.05, DOWNLOAD_DELAY_JITTER=0)
        first, second = times(world, A)
    assert [answer.hop["status"] for answer in found] == [503, 200]
    assert second - first > 0.45


def test_a_rest_that_outlasts_the_deadline_is_not_sat_out(authority: Authority) -> None:
    with World({A: {"/": Reply("", 429, {"Retry-After": "30"})}}, authority) as world:
        (found,) = crawl(world, [{"url": f"https://{A}/", "within": 5}])
        assert (found.hop["status"], len(world.log)) == (429, 1)


def turns(answers: Iterator[Reply]) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Each request gets the next answer."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        reply = next(answers)
        return web.Response(body=str(reply.body).encode(), status=reply.status, headers=dict(reply.headers))

    return answer


class Unasked(Client):
    """Answers at once."""

    async def _ask(self, url: str, *_: Any) -> Answer:
        return Answer(url=url)

    def _pace(self, server: str) -> float:
        return 0.0

    def _left(self, server: str) -> dict[str, Any]:
        return {}


async def test_sites_are_remembered_that_were_asked_last() -> None:
    client = Unasked(get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False}))
    for number in range(MOST + 20):
        await client.get(f"https://www.g{number}.test/", jar="GM9001")
    assert len(client._sites) == MOST


class TestATurn:
    """Of a request that is made without the client."""

    @pytest.fixture
    async def client(self) -> AsyncIterator[Client]:
        made = Unasked(get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False, "DOWNLOAD_DELAY": 0.2, "GEMCRAWL_BACK_OFF": 10}))
        yield made
        await made._servers.close()

    @pytest.mark.parametrize(
        ("hosts", "addresses", "together"),
        [
            (("www.a.test", "forms.a.test"), ("127.0.0.1", "127.0.0.2"), False),
            (("www.a.test", "www.b.test"), ("127.0.0.1", "127.0.0.1"), False),
            (("www.a.test", "www.b.test"), ("127.0.0.1", "127.0.0.2"), True),
        ],
        ids=["one site", "one address", "nothing in common"],
    )
    async def test_is_one_at_a_time_at_a_site_and_at_an_address(
        self, client: Client, hosts: tuple[str, str], addresses: tuple[str, str], together: bool
    ) -> None:
        under_way, most = 0, 0

        async def ask(host: str, address: str) -> None:
            nonlocal under_way, most
            async with client.turn(host, address) as free:
                assert free
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.05)
                under_way -= 1

        await asyncio.gather(*map(ask, hosts, addresses))
        assert most == (2 if together else 1)

    async def test_is_not_used_while_the_server_asks_for_rest(self, client: Client) -> None:
        client._back_off.refused("a.test", "60")
        async with client.turn("www.a.test", "127.0.0.1") as free:
            assert not free
