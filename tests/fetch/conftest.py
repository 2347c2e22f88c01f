"""A handler of its own for each test, and name lookups that are answered here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from gemcrawl.fetch.handler import Handler
from gemcrawl.fetch.proxy import GuardProxy
from tests.fetch.proxied import PAGES, A, Bench
from tests.support.world import World

Open = Callable[..., Handler]


def handler_for(world: World | None = None, **overrides: Any) -> Handler:
    """A handler with gemcrawl's settings, those of ``world``, and ``overrides``."""
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    crawler = get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False})
    crawler.settings = settings
    crawler.settings.setdict({**(world.settings if world else {}), **overrides}, priority="cmdline")
    return Handler.from_crawler(crawler)


@pytest.fixture
async def open_handler() -> AsyncIterator[Open]:
    """Makes handlers that are closed with the test."""
    made: list[Handler] = []

    def make(world: World | None = None, **overrides: Any) -> Handler:
        made.append(handler_for(world, **overrides))
        return made[-1]

    yield make
    for handler in made:
        await handler.close()
    await asyncio.sleep(0)


@pytest.fixture
async def start(make_world: Callable[..., World], open_handler: Open) -> AsyncIterator[Callable[..., object]]:
    """Starts guard proxies before a world; see `tests.fetch.proxied.Bench`."""
    benches: list[Bench] = []

    async def begin(*, world: World | None = None, budget: dict[str, int] | None = None, **options: object) -> Bench:
        world = world or make_world({A: PAGES, "www.b.test": PAGES})
        proxy = GuardProxy(open_handler(world).exchange, user_agent="gemcrawl/test", **options)  # type: ignore[arg-type]
        await proxy.start()
        benches.append(Bench(world, proxy, await proxy.open()))
        benches[-1].slot.begin(benches[-1].allowed, **(budget or {}))
        return benches[-1]

    yield begin
    for bench in benches:
        await bench.proxy.close()
        for client in bench.clients:
            client.abort()
    await asyncio.sleep(0.05)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, list[str]]], None]:
    """Puts a table in the place of DNS; a name that is not in it does not exist."""

    def use(table: Mapping[str, list[str]]) -> None:
        real = socket.getaddrinfo

        def look_up(host: str, port: int, **options: Any) -> list[Any]:
            if host not in table:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [found for address in table[host] for found in real(address, port, type=socket.SOCK_STREAM)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return use


async def fetch(handler: Handler, url: str, **options: Any) -> Response:
    """One request, as the engine would make it: the response knows it, and with it its meta."""
    request = Request(url, **options)
    response = await handler.download_request(request)
    response.request = request
    return response


def with_url(url: str) -> Request:
    """A request whose address Scrapy has not mended."""
    request = Request("http://www.a.test/")
    request._url = url
    return request


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Two hosts with one page each."""
    return make_world({A: {"/": "<h1>A</h1>"}, "www.b.test": {"/": "<h1>B</h1>"}})
