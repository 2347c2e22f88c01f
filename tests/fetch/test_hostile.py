"""Servers that attack: each answer of `tests.support.hostile` ends in an answer or a reason, and the next request is served as ever.

What each costs in memory and time is measured by ``python -m benchmarks hostile``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import uvloop
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError

from gemcrawl.fetch.handler import ConnectionResetFailure, TlsFailedError
from tests.fetch.conftest import handler_for
from tests.fetch.test_client import crawl
from tests.support.authority import Authority
from tests.support.hostile import ATTACKS, HANDSHAKES, Attacker
from tests.support.world import World

HOST = "www.kwaad.test"
READ: dict[str, int] = {
    "wide-zstd": 3 * 1024 * 1024,
    "endless": 4 * 1024 * 1024,
    "60-megabytes": 4 * 1024 * 1024,
    "informational-then-page": len(b"<title>na drie keer</title>"),
    "many-cookies": 1,
    "too-short": 4,
    "strange-status": 0,
    "control-location": 0,
    "long-location": 0,
    "bad-charset": 1037,
    "robots-100-megabytes": 4 * 1024 * 1024,
    "robots-agents": 478_890,
    "sitemap-entities": 1_059_319,
    "sitemap-deep": 4_000_008,
    "sitemap-attributes": 3_488_944,
    "links": 457_780,
    "deep-page": 3_200_000,
}
"""Attacks that bring an answer, and the bytes of its body that are kept."""
FAILS = {
    "gzip-bomb": "too_large",
    "deflate-bomb": "too_large",
    "br-bomb": "too_large",
    "zstd-bomb": "too_large",
    "nested-gzip": "too_large",
    "mixed-chain": "too_large",
    "chained": "too_large",
    "members": "too_large",
    "broken-gzip": "error",
    "broken-deflate": "error",
    "broken-br": "error",
    "broken-zstd": "error",
    "dripping": "timeout",
    "dripping-head": "timeout",
    "header-flood": "too_large",
    "many-headers": "too_large",
    "endless-header": "too_large",
    "endless-status": "too_large",
    "informational": "too_large",
    "big-cookie": "too_large",
    "http-0.9": "error",
    "wrong-protocol": "error",
    "too-long": "error",
    "two-lengths": "error",
    "length-and-chunks": "error",
    "negative-length": "error",
    "huge-length": "error",
    "bad-chunk": "error",
    "mid-body": "error",
    "switching": "error",
    "no-content": "error",
    "nul-field": "error",
    "huge-location": "too_large",
}
FLOODS = ("endless-chunks", "chunk-extensions", "endless-trailers")
"""Whether the budget, the parser or the time limit ends these depends on how fast they come."""


def test_every_attack_has_its_expectation() -> None:
    assert sorted([*READ, *FAILS, *FLOODS]) == sorted(ATTACKS)


@pytest.fixture(scope="module", params=["http", "https"])
def answers(request: pytest.FixtureRequest, authority: Authority) -> Iterator[dict[str, SimpleNamespace]]:
    """All attacks in one crawl, each followed by a request for a good page."""
    for attack in ATTACKS.values():
        next(attack())  # bombs take long to make, and are kept
    context = authority.leaf(HOST).server_context()
    with Attacker(context) as attacker, World({"www.goed.test": {"/": "goed"}}, authority) as world:
        rules = [f"{HOST}:80:127.0.0.1:{attacker.port}", f"{HOST}:443:127.0.0.1:{attacker.tls_port}", *world.connect_to]
        urls = [url for name in ATTACKS for url in (f"{request.param}://{HOST}/{name}", f"https://www.goed.test/?after={name}")]
        found = crawl(world, [{"url": url} for url in urls], GEMCRAWL_CONNECT_TO=rules, DOWNLOAD_TIMEOUT=2)
        yield {
            (answer.url.partition("?after=")[2] and f"after {answer.url.partition('=')[2]}") or answer.url.rpartition("/")[2]: answer
            for answer in found
        }


@pytest.mark.parametrize("name", READ)
def test_it_is_read_within_the_limit(name: str, answers: dict[str, SimpleNamespace]) -> None:
    answer = answers[name]
    assert answer.failure is None
    assert len(answer.body) == -(-READ[name] // 3) * 4  # base64
    assert answer.wire_bytes <= 4 * 1024 * 1024


@pytest.mark.parametrize("name", FAILS)
def test_it_fails_with_its_reason(name: str, answers: dict[str, SimpleNamespace]) -> None:
    answer = answers[name]
    assert (answer.failure, answer.hop, answer.body) == (FAILS[name], None, "")


@pytest.mark.parametrize("name", FLOODS)
def test_it_is_dammed(name: str, answers: dict[str, SimpleNamespace]) -> None:
    answer = answers[name]
    assert answer.failure in ("too_large", "error", "timeout")
    assert (answer.hop, answer.body) == (None, "")


@pytest.mark.parametrize("name", ATTACKS)
def test_the_next_request_is_served(name: str, answers: dict[str, SimpleNamespace]) -> None:
    assert answers[f"after {name}"].hop["status"] == 200


def test_nothing_of_it_reaches_the_log_raw(answers: dict[str, SimpleNamespace]) -> None:
    logged = next(iter(answers.values())).stderr
    assert "Traceback" not in logged
    assert "unexpected" not in logged
    assert all(line.isprintable() for line in logged.splitlines())


def test_an_answer_to_what_was_not_asked_is_not_taken_for_one(answers: dict[str, SimpleNamespace], authority: Authority) -> None:
    with Attacker() as attacker, World({}, authority) as world:
        rules = [f"{HOST}:80:127.0.0.1:{attacker.port}"]
        _, second = crawl(world, [{"url": f"http://{HOST}/{path}"} for path in ("too-short", "other")], GEMCRAWL_CONNECT_TO=rules)
    assert second.hop["status"] == 404


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_handshake_that_is_an_attack_ends_in_time(name: str, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def once(port: int) -> None:
        handler = handler_for(None, GEMCRAWL_ALLOW_NET=["127.0.0.0/8"], DOWNLOAD_TIMEOUT=0.5)
        try:
            with pytest.raises((TlsFailedError, ConnectionResetFailure, DownloadTimeoutError, DownloadCancelledError)):
                await handler.download_request(Request(f"https://127.0.0.1:{port}/"))
        finally:
            await handler.close()

    with Attacker(serve=HANDSHAKES[name]) as attacker, asyncio.Runner(loop_factory=loop) as runner:
        runner.run(once(attacker.port))
        assert attacker.connections == 1


def test_the_end_of_a_body_is_not_lost_when_its_server_closes_at_once(authority: Authority) -> None:
    """uvloop dropped what had come while reading was paused: one body of a megabyte in ten was cut short."""

    async def lengths(rule: str) -> set[int]:
        options = {"GEMCRAWL_CONNECT_TO": [rule], "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"], "GEMCRAWL_CA_FILE": str(authority.ca_file)}
        handler = handler_for(None, **options)
        try:
            return {len((await handler.download_request(Request(f"https://{HOST}/members"))).body) for _ in range(30)}
        finally:
            await handler.close()

    with Attacker(authority.leaf(HOST).server_context()) as attacker, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(lengths(f"{HOST}:443:127.0.0.1:{attacker.tls_port}")) == {3_000_000}
