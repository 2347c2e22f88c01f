"""What the tests of the guard proxy share: a client that keeps no rules, over real sockets, and a proxy before a small web."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from gemcrawl.fetch.proxy import GuardProxy, ProxySlot
from gemcrawl.fetch.rendered import BrowserRequest
from gemcrawl.items import Reason
from tests.support.world import Reply, World, redirect

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
