"""Whatever bytes come, readers answer and requests end in one of their known failures; seeds that broke something stay as examples.

The other readers are fuzzed beside their own tests: HTML in `tests.forms.test_hostile`, robots.txt, sitemaps, HSTS, certificates, cookies,
form definitions and the answers to a ClientHello.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from gemcrawl.fetch.compression import CompressionMiddleware
from gemcrawl.fetch.cookies import CookiesMiddleware
from gemcrawl.survey.links import forbidden_url
from gemcrawl.survey.urls import http_twin, key, pattern, split
from gemcrawl.survey.visit import LONGEST_URL, resolve
from tests.fetch.conftest import handler_for
from tests.support.hostile import Attacker

PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 101 x\r\n\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/9.9 999 \xff\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 1, 2\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n", b"Content-Type: text/html; charset=\xff\r\n", b"Location: //\r\n", b"Location: \xff\xfe\r\n", b"Set-Cookie: a=b; Domain=.; Expires=x\r\n",
    b"Connection: close\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n", b" folded\r\n", b": \r\n", b"X\r\n", b"\r\n", b"\n", b"\x00", b"5\r\nhallo\r\n0\r\n\r\n", b"fffffffff\r\n", b"hallo",
]  # fmt: skip


class Server:
    """Answers every request with ``answer`` and closes."""

    def __init__(self) -> None:
        self.answer = b""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(self.answer)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, int]]:
    made = Server()
    with Attacker(serve=made.serve) as attacker:
        yield made, attacker.port


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=10).map(b"".join))
@example(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x00")
@example(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_answer_of_any_bytes(server: tuple[Server, int], answer: bytes) -> None:
    made, port = server
    made.answer = answer

    async def ask() -> Response | Exception:
        handler = handler_for(None, GEMCRAWL_ALLOW_NET=["127.0.0.0/8"], DOWNLOAD_TIMEOUT=5)
        try:
            return await handler.download_request(Request(f"http://127.0.0.1:{port}/"))
        except (DownloadFailedError, DownloadCancelledError, DownloadTimeoutError) as failure:
            return failure
        finally:
            await handler.close()

    found = asyncio.run(ask())
    assert isinstance(found, Exception) or found.status >= 200


URLS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["http", "https", ":", "/", "//", "\\", "@", "[", "]", "::1", "%", "%2e", "..", "?", "#", "x.test", "\t", "\n", "\x00", "\ud800", "\uff0e", "xn--", "99999"]), max_size=12).map("".join),
)  # fmt: skip


@given(URLS, st.sampled_from(["https://www.x.test/a/b?c#d", "http://[::1]:81/", "http://x.test/" + "a" * 9000]))
@example("/" + "a" * 20_000, "https://www.x.test/")
@example("//[::1%25eth0]/", "https://www.x.test/")
def test_a_location_of_any_text(reference: str, base: str) -> None:
    found = resolve(reference, base)
    if found is None:
        return
    assert found.startswith(("http://", "https://"))
    assert len(found) <= LONGEST_URL
    assert found.isascii()
    assert found.isprintable()
    assert resolve(found, base) == found
    for reader in (split, key, pattern, http_twin, forbidden_url):
        reader(found)


@given(st.lists(st.one_of(st.text('abc=;, \t"\\%:/.-0123456789Domainexpirspthu', max_size=80), st.text(max_size=30)), max_size=5))
@example(["a=b; expires=" + "1" * 5000, "a=" + "\\" * 5000, 'a="' + "\\" * 5000, "; " * 5000])
@example(["a=b; domain=[::1"])
def test_cookies_of_any_text(fields: list[str]) -> None:
    middleware = CookiesMiddleware.from_crawler(get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False}))
    request = Request("https://www.x.nl/", meta={"cookiejar": "GM1"})
    response = Response(request.url, headers={"Set-Cookie": [field.encode("utf-8", "replace") for field in fields]})
    middleware.process_response(request, response)
    again = Request("https://www.x.nl/", meta={"cookiejar": "GM1"})
    middleware.process_request(again)
    assert b"\r" not in (again.headers.get("Cookie") or b"")
    assert b"\n" not in (again.headers.get("Cookie") or b"")


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"gzip, br", b"x", b"", b","]))
@example(b"\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x03\xff\xff", b"gzip")
@example(b"\x28\xb5\x2f\xfd\xa4\xff\xff\xff\xff", b"zstd")
def test_a_packed_body_of_any_bytes(body: bytes, coding: bytes) -> None:
    from scrapy.exceptions import IgnoreRequest

    middleware = CompressionMiddleware.from_crawler(get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False, "DOWNLOAD_MAXSIZE": 4096}))
    request = Request("https://www.x.nl/")
    response = Response(request.url, headers={"Content-Encoding": coding}, body=body)
    response.request = request
    try:
        found = middleware.process_response(request, response)
    except (DownloadFailedError, IgnoreRequest):
        return
    assert isinstance(found, Response)
    assert len(found.body) <= max(4096, len(body))
