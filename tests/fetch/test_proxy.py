"""The guard proxy: what it passes on, and what it does not."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Self

import pytest

from gemcrawl.fetch.rendered import BrowserRequest
from tests.fetch.conftest import Open
from tests.fetch.proxied import FETCH, NAVIGATE, PAGES, A, Bench, Start
from tests.support.world import Tls, World


class TestPassesOn:
    async def test_a_page_inside_a_tunnel(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask(headers=NAVIGATE)
        assert (answer.status, answer.body) == (200, b"<h1>Hallo</h1>")
        assert bench.slot.end() == ((BrowserRequest(f"https://{A}/", "GET", "document", "", 200),), 14)

    async def test_a_page_over_http(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.plain()).ask(f"http://{A}/", headers={"Accept": "text/html"})
        assert answer.body == b"<h1>Onversleuteld</h1>"
        assert bench.only() == BrowserRequest(f"http://{A}/", "GET", "document", "", 200)

    async def test_a_tunnel_without_tls_is_read_too(self, start: Start) -> None:
        bench = await start()
        assert (await (await bench.client(port=80, tls=False)).ask()).body == b"<h1>Onversleuteld</h1>"

    async def test_many_requests_over_one_connection(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        assert [(await client.ask(path)).status for path in ("/", "/none", "/zip", "/nothing", "/")] == [200, 404, 200, 204, 200]
        assert len({asked.peer for asked in bench.world.log}) == 1

    async def test_head(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        answer = await client.ask("/1mib", "HEAD")
        assert (answer.status, answer["content-length"]) == (200, str(1024 * 1024))
        assert (await client.ask()).status == 200

    async def test_a_redirect_is_the_browsers_to_follow(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/moved")
        assert (answer.status, answer["location"]) == (302, "/elsewhere")
        assert bench.world.paths(A) == ["/moved"]

    async def test_a_compressed_body_stays_compressed(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/zip", headers={"Accept-Encoding": "gzip, br, zstd"})
        assert (answer["content-encoding"], gzip.decompress(answer.body)) == ("gzip", b"zip" * 100)
        assert bench.world.log[0].headers["Accept-Encoding"] == "gzip"

    async def test_a_bad_certificate_stops_nothing(self, start: Start, make_world: Callable[..., World]) -> None:
        bench = await start(world=make_world({A: PAGES}, tls={A: Tls(fault="expired")}))
        assert (await (await bench.client()).ask()).status == 200

    async def test_the_request_says_who_asks_and_nothing_of_this_hop(self, start: Start) -> None:
        bench = await start()
        lies = {
            "User-Agent": "Chrome",
            "Sec-CH-UA": "x",
            "sec-ch-ua-platform": "x",
            "X-Client-Data": "x",
            "Proxy-Authorization": "x",
            "Proxy-Connection": "keep-alive",
            "Connection": "keep-alive, X-Hop",
            "X-Hop": "1",
            "TE": "trailers",
        }
        await (await bench.client()).ask(headers={**lies, "Cookie": "a=1", "Referer": "https://r.test/"})
        got = {name.lower(): value for name, value in bench.world.log[0].headers.items()}
        assert got == {"host": A, "accept-encoding": "gzip", "user-agent": "gemcrawl/test", "cookie": "a=1", "referer": "https://r.test/"}

    async def test_the_answer_has_nothing_by_which_a_browser_reports_or_goes_another_way(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/reporting")
        names = {name.lower() for name, _ in answer.headers}
        assert names == {"content-type", "content-length", "date", "server", "x-kept"}
        assert answer["x-kept"] == "café"

    async def test_every_cookie_arrives(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/cookies")
        assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


class TestOnlyGetAndHead:
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "OPTIONS", "CONNECT"])
    async def test_nothing_else_leaves(self, start: Start, method: str) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/", method, FETCH)
        assert answer.status in (400, 403)
        assert bench.world.log == []
        if method != "CONNECT":  # which has no path, and so no address to write down
            assert bench.only() == BrowserRequest(f"https://{A}/", method, "data", "method", 0)

    async def test_over_http_neither(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.plain()).ask(f"http://{A}/", "POST", {"Content-Length": "3"}, b"a=1")
        assert answer.status == 403
        assert bench.world.log == []

    async def test_a_form_that_posts_leaves_the_browser_on_its_page(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/", "POST", {**NAVIGATE, "Content-Length": "3"}, b"a=1")
        assert answer.status == 204
        assert bench.only().stopped == "method"

    @pytest.mark.parametrize("framing", [{"Content-Length": "3"}, {"Transfer-Encoding": "chunked"}])
    async def test_a_get_with_a_body_does_not_leave(self, start: Start, framing: dict[str, str]) -> None:
        bench = await start()
        body = b"a=1" if "Content-Length" in framing else b"3\r\na=1\r\n0\r\n\r\n"
        assert (await (await bench.client()).ask(headers=framing, body=body)).status == 403
        assert bench.only().stopped == "method"
        assert bench.world.log == []

    @pytest.mark.parametrize(("port", "tls"), [(443, True), (80, False)])
    async def test_a_websocket_does_not_leave(self, start: Start, port: int, tls: bool) -> None:
        bench = await start()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
        client = await bench.client(port=port, tls=tls)
        assert (await client.ask("/socket", headers=upgrade)).status == 403
        assert bench.only().stopped == "method"
        assert bench.world.log == []

    async def test_both_lengths_at_once_are_malformed(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        answer = await client.ask(
            "/", "POST", {"Content-Length": "4", "Transfer-Encoding": "chunked"}, b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"
        )
        assert answer.status == 400
        assert await client.ended()
        assert bench.world.log == []

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_a_preflight_for_what_may_leave_is_granted_here(self, start: Start, method: str) -> None:
        bench = await start()
        asked = {"Origin": "https://o.test", "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-a,x-b"}
        answer = await (await bench.client()).ask("/api", "OPTIONS", asked)
        assert answer.status == 204
        assert answer["access-control-allow-origin"] == "https://o.test"
        assert answer["access-control-allow-credentials"] == "true"
        assert answer["access-control-allow-methods"] == "GET, HEAD"
        assert answer["access-control-allow-headers"] == "x-a,x-b"
        assert bench.slot.end() == ((), 0)
        assert bench.world.log == []

    async def test_a_preflight_for_what_may_not_leave_counts_as_an_act(self, start: Start) -> None:
        bench = await start()
        asked = {"Origin": "https://o.test", "Access-Control-Request-Method": "PUT"}
        assert (await (await bench.client()).ask("/api", "OPTIONS", asked)).status == 403
        assert (bench.only().method, bench.world.log) == ("OPTIONS", [])


class TestWhatIsNotFetched:
    async def test_an_image_is_one_pixel(self, start: Start) -> None:
        bench = await start()
        answer = await (await bench.client()).ask("/logo.png", headers={"Sec-Fetch-Dest": "image", "Accept": "image/avif,*/*"})
        assert (answer.status, answer.body[:6]) == (200, b"GIF89a")
        assert bench.only() == BrowserRequest(f"https://{A}/logo.png", "GET", "media", "media", 0)
        assert bench.world.log == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Dest": "font"},
            {"Sec-Fetch-Dest": "video"},
            {**FETCH, "Sec-Purpose": "prefetch"},
            {**NAVIGATE, "Sec-Purpose": "prefetch;prerender"},
        ],
    )
    async def test_fonts_films_and_what_is_asked_ahead_are_not_there(self, start: Start, headers: dict[str, str]) -> None:
        bench = await start()
        assert (await (await bench.client()).ask("/x", headers=headers)).status == 404
        assert bench.only().stopped == "media"
        assert bench.world.log == []

    @pytest.mark.parametrize(("styles", "body"), [(True, b"b{}"), (False, b"")])
    async def test_stylesheets_are_fetched_if_one_wants(self, start: Start, styles: bool, body: bytes) -> None:
        bench = await start(styles=styles)
        answer = await (await bench.client()).ask("/style.css", headers={"Sec-Fetch-Dest": "style"})
        assert (answer.status, answer["content-type"], answer.body) == (200, "text/css", body)
        assert bench.only().stopped == ("" if styles else "media")


class TestAllowed:
    @pytest.mark.parametrize("goal", ["document", "iframe", "frame", "embed", "object"])
    async def test_is_asked_before_every_document(self, start: Start, goal: str) -> None:
        bench = await start()
        bench.forbidden.add(f"https://{A}/secret?x=1")
        answer = await (await bench.client()).ask("/secret?x=1", headers={"Sec-Fetch-Dest": goal})
        assert answer.status == 403
        assert bench.only().stopped == "robots"
        assert bench.world.log == []

    @pytest.mark.parametrize("headers", [{"Upgrade-Insecure-Requests": "1"}, {"Accept": "text/html,*/*"}, {"Sec-Fetch-Mode": "navigate"}])
    async def test_is_asked_where_the_browser_does_not_name_the_purpose(self, start: Start, headers: dict[str, str]) -> None:
        bench = await start()
        await (await bench.plain()).ask(f"http://{A}/", headers=headers)
        assert bench.asked == [f"http://{A}/"]

    async def test_is_not_asked_for_what_a_document_uses(self, start: Start) -> None:
        bench = await start()
        await (await bench.client()).ask("/", headers={"Sec-Fetch-Dest": "script"})
        assert bench.asked == []


class Listener:
    """Counts who connects to 127.0.0.1."""

    def __init__(self) -> None:
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._count, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "localhost",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
            "[::ffff:7f00:1]",
        ],
    )
    async def test_this_machine_is_refused_in_every_notation(self, start: Start, host: str) -> None:
        async with Listener() as listener:
            bench = await start()
            # Without the world's own settings: no network is allowed.
            bench.proxy.exchange = (await self._strict(bench)).exchange
            plain = await (await bench.plain()).ask(f"http://{host}:{listener.port}/")
            inside = await (await bench.client(host.strip("[]"), listener.port, tls=False)).ask("/")
            assert listener.connections == 0
            assert {plain.status, inside.status} <= {403, 502}
            assert {r.stopped for r in bench.slot.end()[0]} <= {"address", "failed"}

    async def test_the_log_says_that_it_was_the_address(self, start: Start) -> None:
        bench = await start()
        bench.proxy.exchange = (await self._strict(bench)).exchange
        assert (await (await bench.client("127.0.0.1")).ask("/")).status == 403
        assert bench.only().stopped == "address"

    @pytest.fixture(autouse=True)
    def _opener(self, make_world: object, open_handler: Open) -> None:  # worlds end last
        self._open = open_handler

    async def _strict(self, bench: Bench):  # type: ignore[no-untyped-def]
        return self._open(bench.world, GEMCRAWL_ALLOW_NET=[], GEMCRAWL_CONNECT_TO=[])

    async def test_a_host_that_does_not_answer_is_a_bad_gateway(self, start: Start, make_world: Callable[..., World]) -> None:
        bench = await start(world=make_world({A: PAGES}, closed=[f"https://{A}"]))
        assert (await (await bench.client()).ask()).status == 502
        assert bench.only().stopped == "failed"

    async def test_the_tunnel_says_where_whatever_the_request_claims(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        await client.ask("/", headers={"Host": "www.b.test"})
        assert [asked.host for asked in bench.world.log] == [A]
        assert (await client.ask("https://www.b.test/")).status == 400
        assert len(bench.world.log) == 1

    @pytest.mark.parametrize("target", ["/", f"https://{A}/", f"ftp://{A}/", f"http://me@{A}/", "http:///", f"http://{A}:99999/", "*"])
    async def test_outside_a_tunnel_only_http_addresses_are_served(self, start: Start, target: str) -> None:
        bench = await start()
        assert (await (await bench.plain()).ask(target)).status == 400
        assert bench.world.log == []
