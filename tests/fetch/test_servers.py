"""One server, one request at a time, whatever names it goes by: read from the log of a server with several names."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.servers import Servers
from tests.support.forks import CHECKOUT, Forked, environment

TAKES = 0.2


@contextmanager
def server() -> Iterator[tuple[int, list[tuple[float, float, str]]]]:
    """A server on all of 127/8; its port, and its log: begin, end and Host of every request."""
    log: list[tuple[float, float, str]] = []

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            begin = time.monotonic()
            time.sleep(TAKES)
            log.append((begin, time.monotonic(), self.headers["Host"].partition(":")[0]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield served.server_port, log
    finally:
        served.shutdown()
        served.server_close()


def ask(urls: list[str], **settings: Any) -> None:
    """Asks for all of them at once, in a crawl of its own."""
    wanted = {"DOWNLOAD_DELAY": 0.01, "DOWNLOAD_DELAY_JITTER": 0, "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"], **settings}
    command = ["-m", "tests.fetch.crawl", json.dumps(wanted), json.dumps([{"together": urls}])]
    with Forked(command, cwd=CHECKOUT, env=environment()) as crawling:
        out, err = crawling.communicate(60)
    assert crawling.returncode == 0, err
    assert [json.loads(line)["failure"] for line in out.splitlines()] == [None] * len(urls), err


def overlapping(log: list[tuple[float, float, str]]) -> int:
    ordered = sorted(log)
    return sum(after[0] < before[1] for before, after in itertools.pairwise(ordered))


def test_two_names_of_one_address_take_turns() -> None:
    with server() as (port, log):
        ask([f"http://{name}:{port}/{n}" for n in range(3) for name in ("localhost", "127.0.0.1")])
    assert {host for *_, host in log} == {"localhost", "127.0.0.1"}
    assert overlapping(log) == 0


def test_names_of_one_registrable_domain_take_turns_wherever_they_are() -> None:
    with server() as (port, log):
        ask(
            [f"http://{name}.platform.test/{n}" for n in range(2) for name in ("a", "b", "c")],
            GEMCRAWL_CONNECT_TO=[f"*.platform.test:80:127.0.0.1:{port}"],
        )
    assert {host for *_, host in log} == {"a.platform.test", "b.platform.test", "c.platform.test"}
    assert overlapping(log) == 0


def test_a_stand_in_for_several_servers_is_not_taken_for_one() -> None:
    with server() as (port, log):
        ask([f"http://www.{name}.test/" for name in "abcdef"], GEMCRAWL_CONNECT_TO=[f"*.test:80:127.0.0.1:{port}"])
    assert overlapping(log) > 0


async def test_between_two_turns_there_is_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("gemcrawl.fetch.servers.asyncio.sleep", sleep)
    servers = Servers(Resolver(ConnectTo()), delay=100)
    try:
        for name in ("localhost", "127.0.0.1", "127.0.0.2"):
            async with servers.turn(name, 80):
                pass
    finally:
        await servers.close()
    (pause,) = slept
    assert 90 < pause <= 100


async def test_a_name_without_an_address_has_no_turn_to_wait_for() -> None:
    servers = Servers(Resolver(ConnectTo()), delay=100)
    try:
        for _ in range(2):
            async with servers.turn("a..b", 80):
                pass
    finally:
        await servers.close()


async def test_addresses_are_remembered_of_the_names_asked_for_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.fetch.servers.MOST", 2)
    looked_up: list[str] = []

    class Counting(Resolver):
        async def resolve(self, host: str, *args: Any, **kwargs: Any) -> Any:
            looked_up.append(host)
            return await super().resolve("127.0.0.1", *args, **kwargs)

    servers = Servers(Counting(ConnectTo()), delay=0)
    try:
        for name in ("a.test", "b.test", "b.test", "c.test", "c.test", "a.test"):
            async with servers.turn(name, 80):
                pass
    finally:
        await servers.close()
    assert looked_up == ["a.test", "b.test", "c.test", "a.test"]


async def test_a_server_that_was_slow_has_a_pause_as_well() -> None:
    servers = Servers(Resolver(ConnectTo()), delay=0.05, pause=0.2)
    try:
        async with servers.turn("localhost", 80):
            await asyncio.sleep(0.1)
        answered = time.monotonic()
        async with servers.turn("127.0.0.1", 80):
            assert time.monotonic() - answered >= 0.2
    finally:
        await servers.close()
