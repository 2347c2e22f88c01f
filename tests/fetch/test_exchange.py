"""What is kept of an exchange, held against the bytes that a server really got and sent."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from gemcrawl.fetch.exchange import Exchange
from gemcrawl.fetch.protocol import Protocol
from tests.fetch.conftest import Open
from tests.fetch.test_handler import A, fetch
from tests.support.world import Reply, World

BODY = b"<title>Contact</title><form></form>"
CHUNKED = b"Transfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"


@asynccontextmanager
async def raw_server(*answers: Sequence[bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Sends the pieces of one answer after each request, with a pause between them; its port, and the requests it got."""
    got: list[bytes] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for answer in answers:
                got.append(await reader.readuntil(b"\r\n\r\n"))
                for piece in answer:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got
        await ended.wait()


async def kept(open_handler: Open, *answers: Sequence[bytes], **settings: object) -> tuple[list[Exchange], list[bytes]]:
    """What is kept of the answers of a server, and what it got."""
    async with raw_server(*answers) as (port, got):
        rules = {"GEMCRAWL_CONNECT_TO": [f"{A}:80:127.0.0.1:{port}"], "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"]}
        handler = open_handler(None, GEMCRAWL_ARCHIVE=True, **rules, **settings)
        responses = [await fetch(handler, f"http://{A}/p?q=%C3%A9&r", headers={"Accept": "text/html"}) for _ in answers]
        return [response.meta["exchange"] for response in responses], got


HEADS = [
    b"HTTP/1.1 200 OK\r\nContent-Type:text/html\r\nX-Odd:   a \xe9  b\t\r\ncontent-length: 35\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n",
    b"HTTP/1.0 404 Niet gevonden!\r\nContent-Length: 35\r\n\r\n",
    b"HTTP/1.1 200 \r\nContent-Length: 35\r\nX-Empty:\r\n\r\n",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("size", [1000, 20, 1])
async def test_the_header_section_is_kept_to_the_byte_however_it_comes(head: bytes, size: int, open_handler: Open) -> None:
    answer = head + BODY
    (exchange,), (request,) = await kept(open_handler, [answer[at : at + size] for at in range(0, len(answer), size)])
    assert (exchange.head, exchange.body, exchange.request) == (head, BODY, request)
    assert exchange.request.startswith(b"GET /p?q=%C3%A9&r HTTP/1.1\r\nHost: " + A.encode())
    assert (exchange.address, exchange.truncated) == ("127.0.0.1", False)


async def test_informational_answers_are_left_out(open_handler: Open) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    (exchange,), _ = await kept(open_handler, [early[:30], early[30:] + HEADS[0][:10], HEADS[0][10:] + BODY])
    assert (exchange.head, exchange.body) == (HEADS[0], BODY)


@pytest.mark.timeout(60)  # in quadratic time it would be minutes of the processor, during which nothing else goes on
async def test_keeping_a_huge_header_section_takes_linear_time() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 60_000) for n in range(80)) + b"\r\n"
    protocol = Protocol(asyncio.get_running_loop(), most_bytes=2 * len(head), keeps_heads=True)
    protocol.set_response_params(max_line_size=16_384, max_field_size=65_536)
    for start in range(0, len(head), 1448):
        protocol.data_received(head[start : start + 1448])
    assert protocol.head == head


async def test_chunks_are_undone_and_the_header_section_still_tells_of_them(open_handler: Open) -> None:
    chunks = b"%x;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (10, BODY[:10], len(BODY) - 10, BODY[10:])
    (exchange,), _ = await kept(open_handler, [b"HTTP/1.1 200 OK\r\n" + CHUNKED, chunks])
    assert (exchange.head, exchange.body) == (b"HTTP/1.1 200 OK\r\n" + CHUNKED, BODY)


async def test_each_answer_over_one_connection_has_its_own(open_handler: Open) -> None:
    exchanges, requests = await kept(open_handler, [HEADS[0] + BODY], [b"HTTP/1.1 200 OK\r\n" + CHUNKED, b"0\r\n\r\n"], [HEADS[2] + BODY])
    assert [exchange.head for exchange in exchanges] == [HEADS[0], b"HTTP/1.1 200 OK\r\n" + CHUNKED, HEADS[2]]
    assert [exchange.request for exchange in exchanges] == requests


async def test_a_content_coding_stays_in_place(open_handler: Open) -> None:
    packed = gzip.compress(BODY)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    (exchange,), _ = await kept(open_handler, [head + packed])
    assert exchange.body == packed


async def test_what_goes_beyond_the_size_limit_is_cut_and_says_so(open_handler: Open) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    (exchange,), _ = await kept(open_handler, [head, b"x" * 5000], DOWNLOAD_MAXSIZE=1000)
    assert (len(exchange.body), exchange.truncated) == (1000, True)


async def test_over_tls_it_is_what_was_said_inside(make_world: Callable[..., World], open_handler: Open) -> None:
    world = make_world({A: {"/": Reply(BODY.decode(), headers={"X-One": "1"})}})
    response = await fetch(open_handler(world, GEMCRAWL_ARCHIVE=True), f"https://{A}/")
    exchange = response.meta["exchange"]
    assert exchange.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nX-One: 1\r\n" in exchange.head
    assert exchange.body == BODY


async def test_nothing_is_kept_unless_it_is_asked_for(make_world: Callable[..., World], open_handler: Open) -> None:
    response = await fetch(open_handler(make_world({A: {"/": "x"}})), f"https://{A}/")
    assert "exchange" not in response.meta
