"""The guard proxy, asked over real sockets by a client that keeps no rules."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Self

import pytest

from gemcrawl.fetch.proxy import GuardProxy, ProxySlot
from gemcrawl.fetch.rendered import BrowserRequest
from gemcrawl.items import Reason
from tests.fetch.conftest import Open
from tests.support.world import Reply, Tls, World, redirect

A = "www.a.test"
BOMB = gzip.compress(bytes(8 * 1024 * 1024))
FETCH = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}
NAVIGATE = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    whole: bool = True

    def __getitem__(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass
class Client:
    """One connection to the proxy."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __post_init__(self) -> None:
        self._socket_transport = self.writer.transport

    def abort(self) -> None:
        """Ends the connection without a goodbye; a TLS transport that the other side closed would not."""
        self._socket_transport.abort()

    @classmethod
    async def to(cls, slot: ProxySlot) -> Client:
        return cls(*await asyncio.open_connection("127.0.0.1", slot.port))

    @classmethod
    async def through(cls, slot: ProxySlot, proxy: GuardProxy, host: str = A, port: int = 443, *, tls: bool = True) -> Client:
        """Inside a tunnel."""
        client = await cls.to(slot)
        name = f"[{host}]" if ":" in host else host
        answer = await client.raw(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n\r\n".encode(), head_only=True)
        assert answer.status == 200
        if tls:
            trusting = ssl.create_default_context(cadata=proxy.authority.pem.decode())
            await client.writer.start_tls(trusting, server_hostname=host)
        return client

    async def raw(self, data: bytes, *, head_only: bool = False, method: str = "GET") -> Answer:
        self.writer.write(data)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("utf-8").split("\r\n")
        pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2])]
        answer = Answer(int(head[0].split(" ")[1]), pairs, b"")
        if head_only or method == "HEAD" or answer.status in (204, 304):
            return answer
        try:
            answer.body = await self._body(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            answer.whole = False
        return answer

    async def _body(self, answer: Answer) -> bytes:
        if answer["transfer-encoding"] != "chunked":
            return await self.reader.readexactly(int(answer["content-length"] or 0))
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return body

    async def ask(self, target: str = "/", method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        fields = {"Host": A, **(headers or {})}
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        return await self.raw(head.encode() + body, method=method)

    async def rest(self) -> bytes:
        """What still comes until the proxy ends the connection."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def ended(self) -> bool:
        """Whether the proxy ends the connection without another byte."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True


@dataclass
class Bench:
    """A proxy before a world, with one slot that has begun."""

    world: World
    proxy: GuardProxy
    slot: ProxySlot
    asked: list[str] = field(default_factory=list)
    """What `allowed` was asked."""
    forbidden: set[str] = field(default_factory=set)
    clients: list[Client] = field(default_factory=list)

    async def allowed(self, url: str) -> Reason | None:
        self.asked.append(url)
        return "robots" if url in self.forbidden else None  # type: ignore[return-value]

    async def client(self, host: str = A, port: int = 443, *, tls: bool = True) -> Client:
        self.clients.append(await Client.through(self.slot, self.proxy, host, port, tls=tls))
        return self.clients[-1]

    async def plain(self) -> Client:
        self.clients.append(await Client.to(self.slot))
        return self.clients[-1]

    def only(self) -> BrowserRequest:
        """Ends the page, which made one request."""
        (request,) = self.slot.end()[0]
        return request


PAGES = {
    "/": "<h1>Hallo</h1>",
    "http:/": "<h1>Onversleuteld</h1>",
    "/style.css": Reply("b{}", headers={"Content-Type": "text/css"}),
    "/moved": redirect("/elsewhere", 302),
    "/zip": Reply(gzip.compress(b"zip" * 100), headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"}),
    "/bomb": Reply(BOMB, headers={"Content-Encoding": "gzip"}),
    "/br": Reply(b"?", headers={"Content-Encoding": "br"}),
    "/1mib": Reply(b"x" * 1024 * 1024),
    "/nothing": Reply("", 204),
    "/reporting": Reply(
        "x",
        headers={
            "Alt-Svc": 'h3=":443"',
            "NEL": "{}",
            "Report-To": "{}",
            "Reporting-Endpoints": "a=b",
            "Clear-Site-Data": "*",
            "Service-Worker-Allowed": "/",
            "Content-Security-Policy-Report-Only": "default-src 'none'; report-uri /r",
            "Connection": "X-Hop",
            "X-Hop": "1",
            "X-Kept": "caf\u00e9",
        },
    ),
    "/cookies": Reply("x", headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))),
}

Start = Callable[..., "asyncio.Future[Bench]"]


@pytest.fixture
async def start(make_world: Callable[..., World], open_handler: Open) -> AsyncIterator[Callable[..., object]]:
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


class TestBudgets:
    async def test_of_requests(self, start: Start) -> None:
        bench = await start(budget={"max_requests": 2})
        client = await bench.client()
        assert [(await client.ask(headers=FETCH)).status for _ in range(3)] == [200, 200, 503]
        assert [r.stopped for r in bench.slot.end()[0]] == ["", "", "budget"]
        assert len(bench.world.log) == 2

    async def test_of_bytes_announced(self, start: Start) -> None:
        bench = await start(budget={"max_bytes": 1000})
        assert (await (await bench.client()).ask("/1mib")).status == 503
        (request,), size = bench.slot.end()
        assert (request.stopped, request.status, size) == ("budget", 200, 0)

    async def test_of_bytes_that_keep_coming(self, start: Start) -> None:
        bench = await start(budget={"max_bytes": 10})
        answer = await (await bench.client()).ask("/slow-drip")
        assert not answer.whole
        (request,), size = bench.slot.end()
        assert (request.stopped, size) == ("budget", 11)

    async def test_of_one_answer(self, start: Start) -> None:
        bench = await start(max_size=4 * 1024 * 1024)
        assert (await (await bench.client()).ask("/big")).status == 503
        assert bench.only().stopped == "budget"

    async def test_of_one_answer_unpacked(self, start: Start) -> None:
        bench = await start(max_size=4 * 1024 * 1024)
        assert not (await (await bench.client()).ask("/bomb")).whole
        assert bench.only().stopped == "budget"

    async def test_codings_that_cannot_be_measured_are_not_passed_on(self, start: Start) -> None:
        bench = await start()
        assert (await (await bench.client()).ask("/br")).status == 502

    @pytest.mark.parametrize("path", ["/hang", "/slow-drip"])
    async def test_of_time(self, start: Start, path: str) -> None:
        bench = await start(seconds=0.4)
        answer = await asyncio.wait_for((await bench.client()).ask(path), 5)
        assert answer.status == 502 or not answer.whole
        assert bench.only().stopped == "failed"

    async def test_six_at_a_time_at_one_host(self, start: Start) -> None:
        bench = await start()
        clients = [await bench.client() for _ in range(9)]
        asking = [asyncio.create_task(client.ask("/hang")) for client in clients]
        await asyncio.sleep(0.5)
        assert len(bench.world.log) == 6
        bench.slot.end()
        await asyncio.gather(*asking, return_exceptions=True)
        assert len(bench.world.log) == 6

    async def test_the_log_has_an_end(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        for _ in range(1005):
            await client.ask("/", "PUT", FETCH)
        assert len(bench.slot.end()[0]) == 1000


class TestSlots:
    async def test_before_a_page_and_after_it_everything_is_refused(self, start: Start) -> None:
        bench = await start()
        first = await bench.client()
        assert (await first.ask()).status == 200
        bench.slot.end()
        assert (await first.ask()).status == 503
        assert await first.ended()
        assert (await (await bench.client()).ask()).status == 503
        assert bench.slot.end() == ((), 0)
        bench.slot.begin(bench.allowed)
        assert (await (await bench.client()).ask()).status == 200
        assert len(bench.slot.end()[0]) == 1
        assert len(bench.world.log) == 2

    async def test_a_connection_without_a_request_is_kept_for_the_next_page(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        await client.ask("/one")
        bench.slot.end()
        bench.slot.begin(bench.allowed)
        await client.ask("/two")
        assert [r.url for r in bench.slot.end()[0]] == [f"https://{A}/two"]

    async def test_no_connection_outlives_its_browser_context(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        await client.ask()
        bench.slot.end()
        bench.slot.hang_up()
        assert await asyncio.wait_for(client.ended(), 2)

    async def test_the_end_breaks_off_what_is_under_way(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        asking = asyncio.create_task(client.ask("/hang"))
        await asyncio.sleep(0.3)
        assert bench.only() == BrowserRequest(f"https://{A}/hang", "GET", "other", "failed", 0)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await asyncio.wait_for(asking, 2)

    async def test_a_question_about_robots_that_comes_too_late_lets_nothing_out(self, start: Start) -> None:
        bench = await start()
        bench.slot.end()
        answered = asyncio.Event()

        async def slowly(_: str) -> Reason | None:
            await answered.wait()
            return None

        bench.slot.begin(slowly)
        client = await bench.client()
        asking = asyncio.create_task(client.ask(headers=NAVIGATE))
        await asyncio.sleep(0.2)
        answered.set()
        bench.slot.end()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(0.2)
        assert bench.world.log == []

    async def test_one_page_at_a_time(self, start: Start) -> None:
        bench = await start()
        with pytest.raises(RuntimeError, match="another page"):
            bench.slot.begin(bench.allowed)

    async def test_slots_do_not_mix(self, start: Start) -> None:
        bench = await start()
        other = await bench.proxy.open()
        other.begin(bench.allowed)
        await (await bench.client()).ask("/one")
        client = await Client.through(other, bench.proxy)
        await client.ask("/two")
        client.writer.close()
        assert [r.url for r in bench.slot.end()[0]] == [f"https://{A}/one"]
        assert [r.url for r in other.end()[0]] == [f"https://{A}/two"]

    async def test_the_port_for_all_else_refuses(self, start: Start) -> None:
        bench = await start()
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.proxy.refuse_port)
        answer = await Client(reader, writer).ask(f"http://{A}/")
        writer.close()
        assert (answer.status, bench.world.log) == (503, [])

    async def test_closing_twice_does_no_harm_and_frees_the_port(self, start: Start) -> None:
        bench = await start()
        await bench.proxy.close()
        await bench.proxy.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", bench.slot.port)
        with pytest.raises(RuntimeError, match="not started"):
            _ = bench.proxy.refuse_port


class TestHeads:
    @pytest.mark.parametrize(
        "line",
        [
            "CONNECT www.a.test HTTP/1.1",
            "CONNECT /:443 HTTP/1.1",
            "CONNECT :443 HTTP/1.1",
            "CONNECT a:0 HTTP/1.1",
            "CONNECT a:65536 HTTP/1.1",
            "CONNECT a:443",
        ],
    )
    async def test_a_malformed_connect_is_refused(self, start: Start, line: str) -> None:
        bench = await start()
        client = await bench.plain()
        assert (await client.raw(f"{line}\r\n\r\n".encode())).status == 400
        assert await client.ended()

    async def test_a_connect_without_end_is_refused(self, start: Start) -> None:
        bench = await start()
        client = await bench.plain()
        assert (await client.raw(b"CONNECT a.test:443 HTTP/1.1\r\nX: " + b"x" * 20_000)).status == 431

    async def test_huge_fields_are_refused(self, start: Start) -> None:
        bench = await start()
        assert (await (await bench.client()).ask(headers={"X": "x" * 80_000})).status in (400, 431)
        assert bench.world.log == []

    @pytest.mark.parametrize(
        "start_of_it",
        [b"", b"CON", b"CONNECT a.test:443 HT", b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", b"CONNECT a.test:443 HTTP/1.1\r\n\r\n\x16"],
    )
    async def test_a_client_that_dawdles_is_left(self, start: Start, start_of_it: bytes) -> None:
        bench = await start(head_seconds=0.3)
        client = await bench.plain()
        client.writer.write(start_of_it)
        assert (await asyncio.wait_for(client.rest(), 5)) in (b"", b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def test_a_head_in_single_bytes_is_read(self, start: Start) -> None:
        bench = await start()
        client = await bench.plain()
        client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"CONNECT {A}:80 HTTP/1.1\r\n\r\n".encode():
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0.002)
        await client.reader.readuntil(b"\r\n\r\n")
        assert (await client.ask()).status == 200

    async def test_noise_harms_nobody(self, start: Start) -> None:
        bench = await start()
        for noise in (
            b"\x00" * 100,
            b"\x16\x03\x01\x00\x05hello",
            b"CONNECT a.test:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x05hello",
            b"\xff\r\n\r\n",
        ):
            client = await bench.plain()
            client.writer.write(noise)
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 5)
        assert (await (await bench.client()).ask()).status == 200
