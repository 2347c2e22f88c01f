"""The guard proxy: every byte of the rendering browser goes through it, and only GET and HEAD leave it.

A browser's own interception misses reports, beacons, workers, WebSockets and CORS preflights, and turns its cache off.  So this proxy ends
the browser's TLS with certificates of an authority that only this browser is told about, reads every request, and makes the ones that may
be made through the crawler's own connections: the same address guard, connect-to rules and TLS.

A slot (`ProxySlot`) is one port, and renders one page at a time; between two pages it refuses everything.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import zlib
from base64 import b64decode
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any, Protocol, Self

import yarl
from aiohttp import hdrs, web
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)

from gemcrawl.exceptions import AddressRefused
from gemcrawl.fetch import proxy_rules as rules
from gemcrawl.fetch.authority import ThrowawayAuthority
from gemcrawl.fetch.handler import METHODS, TlsFailedError, TlsResponse
from gemcrawl.fetch.proxy_page import Entry, Meter, Page
from gemcrawl.fetch.proxy_tunnel import NotATunnelError, Tunnel, meet
from gemcrawl.fetch.rendered import Allowed, BrowserRequest

logger = logging.getLogger(__name__)

MAX_REQUESTS = 150
MAX_BYTES = 15 * 1024 * 1024
MAX_CONNECTIONS = 128
"""Connections of the browser to one slot; Chromium makes no more than 32 to a proxy."""
_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_FAILURES = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    OSError,
    TlsFailedError,
    UnsupportedURLSchemeError,
    zlib.error,
)


class Exchange(Protocol):
    """`gemcrawl.fetch.handler.Handler.exchange`."""

    def __call__(
        self, method: str, url: yarl.URL, headers: Iterable[tuple[str, str]], seconds: float
    ) -> AbstractAsyncContextManager[tuple[TlsResponse, str]]: ...


class _OverBudgetError(Exception):
    pass


class _Server(web.Server):
    """Knows of every connection whether it is a tunnel, and where to."""

    def __init__(self, slot: ProxySlot) -> None:
        super().__init__(
            slot.answer,
            access_log=None,
            logger=logger,
            keepalive_timeout=60.0,
            lingering_time=1.0,
            auto_decompress=False,
            max_line_size=16_384,
            max_field_size=65_536,
        )
        self.tunnels: dict[object, Tunnel | None] = {}
        self._transports: dict[object, asyncio.Transport] = {}
        self._sockets: dict[object, socket.socket] = {}
        self._idle: set[object] = set()

    def protocol(self, tunnel: Tunnel | None, connection: socket.socket) -> asyncio.Protocol:
        made = self()
        self.tunnels[made] = tunnel
        self._sockets[made] = connection
        return made

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        self._transports[handler] = transport
        super().connection_made(handler, transport)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self.tunnels.pop(handler, None)
        self._transports.pop(handler, None)
        self._sockets.pop(handler, None)
        self._idle.discard(handler)
        super().connection_lost(handler, exc)

    def begins(self, handler: object) -> None:
        """A request is under way on a connection."""
        self._idle.discard(handler)

    def is_done(self, handler: object) -> None:
        """The request was answered."""
        if handler in self._transports:
            self._idle.add(handler)

    def abort(self, *, idle: bool) -> None:
        """Ends every connection at once, those included that wait for the other side to say goodbye; the idle ones only if asked to."""
        kept = frozenset() if idle else frozenset(self._idle)
        for transport in [one for handler, one in self._transports.items() if handler not in kept]:
            transport.abort()
        for connection in [one for handler, one in self._sockets.items() if handler not in kept]:
            with suppress(OSError):  # a TLS transport that was closed twice forgets how to abort
                connection.shutdown(socket.SHUT_RDWR)


class ProxySlot:
    """One port of the proxy, for one page at a time; made by `GuardProxy.open`."""

    def __init__(self, proxy: GuardProxy) -> None:
        self._proxy = proxy
        self._page: Page | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._arriving: set[asyncio.Task[None]] = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        """The port on 127.0.0.1 that the browser is given as its HTTP proxy."""
        self._server = _Server(self)
        self._shaking = 0
        """Connections whose handshakes are under way."""
        self._accepting = asyncio.get_running_loop().create_task(self._accept(), name=f"proxy {self.port}")

    def begin(self, allowed: Allowed, *, max_requests: int = MAX_REQUESTS, max_bytes: int = MAX_BYTES) -> None:
        """From here on requests are those of one page.

        Args:
            allowed: asked before every document, frames and redirects included.
            max_requests: requests that may leave.
            max_bytes: body bytes that may be received, all answers together.

        Raises:
            RuntimeError: the page before has not ended.
        """
        if self._page is not None:
            raise RuntimeError("the slot still renders another page")
        self._page = Page(allowed, max_requests, max_bytes)

    def end(self) -> tuple[tuple[BrowserRequest, ...], int]:
        """Breaks off what is under way and refuses everything until the next `begin`.

        Connections without a request are kept: the next page is of the same browser context, and need not shake hands again.

        Returns:
            Every request of the page in order, and the body bytes received; without a page nothing and 0.
        """
        page, self._page = self._page, None
        done = (page.log, page.wire_bytes) if page else ((), 0)
        for task in (*self._under_way, *self._arriving):
            task.cancel()
        self._server.abort(idle=False)
        return done

    @property
    def awaited(self) -> bool:
        """Whether the page waits for the answer to something that may bring a form, or is about to ask for it."""
        return self._page is not None and (self._page.awaited > 0 or self._shaking > 0)

    def hang_up(self) -> None:
        """Ends every connection: what comes next is another browser context."""
        self._server.abort(idle=True)

    async def close(self) -> None:
        """Ends the page and the port; closing twice does no harm."""
        self.end()
        self.hang_up()
        self._accepting.cancel()
        await asyncio.gather(self._accepting, *self._arriving, *self._under_way, return_exceptions=True)
        self._listening.close()
        await self._server.shutdown(0)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listening)
            except OSError as error:  # too many open files: wait for better times
                logger.warning("The guard proxy cannot accept a connection: %s", error)
                await asyncio.sleep(0.5)
                continue
            if len(self._arriving) + len(self._server.connections) >= MAX_CONNECTIONS:
                connection.close()
                continue
            task = loop.create_task(self._welcome(connection))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _welcome(self, connection: socket.socket) -> None:
        """Hands a new connection, behind its CONNECT and TLS if it has them, to the HTTP server."""
        loop = asyncio.get_running_loop()
        seconds = self._proxy.head_seconds
        tls: dict[str, Any] = {}
        try:
            async with asyncio.timeout(seconds):
                tunnel = await meet(connection)
            if tunnel is not None and tunnel.secure:
                context = self._proxy.authority.context(tunnel.host)
                tls = {"ssl": context, "ssl_handshake_timeout": seconds, "ssl_shutdown_timeout": 1.0}
        except (NotATunnelError, OSError, ValueError) as error:  # TimeoutError is an OSError
            logger.debug("Connection to the guard proxy refused: %s", error)
            connection.close()
            return
        except BaseException:
            connection.close()
            raise
        self._shaking += 1
        try:
            with suppress(OSError):  # a handshake that failed
                await loop.connect_accepted_socket(partial(self._server.protocol, tunnel, connection), connection, **tls)
        finally:
            self._shaking -= 1

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one request of the browser; the HTTP server calls it."""
        page, task = self._page, asyncio.current_task()
        if page is None or task is None:
            return _empty(503, close=True)
        self._under_way.add(task)
        self._server.begins(request.protocol)
        try:
            answered = await self._answer(page, request)
        finally:
            self._under_way.discard(task)
        self._server.is_done(request.protocol)
        return answered

    async def _answer(self, page: Page, request: web.BaseRequest) -> web.StreamResponse:
        url = self._address(request)
        if url is None:
            return _empty(400, close=True)
        if request.method == "OPTIONS" and request.headers.get("Access-Control-Request-Method") in METHODS:
            return _empty(204, rules.preflight(request.headers))
        goal = rules.destination(request.headers, url.raw_path)
        entry = page.note(str(url), request.method, goal)
        if request.method not in METHODS or request.body_exists or rules.is_websocket(request.headers):
            entry.stopped = "method"
            # Without content a browser stays on the page it has; any other answer would take the place of the page being read.
            return _empty(204 if goal in ("document", "frame") else 403, close=request.body_exists)
        if goal == "media" or rules.is_prefetch(request.headers) or (goal == "style" and not self._proxy.styles):
            entry.stopped = "media"
            return _instead(request, goal)
        if page.spent:
            entry.stopped = "budget"
            return _empty(503)
        with page.waits(goal):
            if goal in ("document", "frame") and await page.allowed(str(url)) is not None:
                entry.stopped = "robots"
                return _empty(403)
            async with page.turns(str(url.origin())):
                return await self._pass_on(page, entry, request, url)

    def _address(self, request: web.BaseRequest) -> yarl.URL | None:
        """What a request asks for; the tunnel says where, whatever the request itself claims."""
        if request.protocol not in self._server.tunnels:
            return None
        tunnel, target = self._server.tunnels[request.protocol], request.raw_path
        if tunnel is not None and not target.startswith("/"):
            return None
        try:
            url = yarl.URL(target if tunnel is None else tunnel.origin + target, encoded=True)
            usable = bool(url.raw_host) and bool(url.port) and url.user is None and url.password is None
        except ValueError:
            return None
        return url.with_fragment(None) if usable and (tunnel is not None or url.scheme == "http") else None

    async def _pass_on(self, page: Page, entry: Entry, request: web.BaseRequest, url: yarl.URL) -> web.StreamResponse:
        """Makes the request, and passes the answer on while it comes in."""
        if not page.take():
            entry.stopped = "budget"
            return _empty(503)
        response: web.StreamResponse | None = None
        fields = rules.sent(request.headers.items(), self._proxy.user_agent)
        try:
            # The time limit holds also when it is the browser that is slow.
            async with (
                asyncio.timeout(self._proxy.seconds),
                self._proxy.exchange(request.method, url, fields, self._proxy.seconds) as (answer, _),
            ):
                entry.status = answer.status
                coding = answer.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
                if answer.status < 200 or not Meter.can_follow(coding):
                    answer.abort()
                    return _empty(502)
                response = web.StreamResponse(status=answer.status, reason=answer.reason or "")
                await self._relay(page, request, answer, response, Meter(coding, self._proxy.max_size))
        except AddressRefused:
            entry.stopped = "address"
            return _empty(403)
        except (_OverBudgetError, DownloadCancelledError):  # the second: a header section beyond all measure
            entry.stopped = "budget"
        except _FAILURES as failure:
            logger.debug("Rendering: %s", failure)
        else:
            entry.stopped = ""
            return response
        if response is None or not response.prepared:
            return _empty(503 if entry.stopped == "budget" else 502)
        if request.transport is not None:  # the only way to tell the browser that this is not the whole body
            request.transport.abort()
        return response

    async def _relay(self, page: Page, request: web.BaseRequest, answer: TlsResponse, response: web.StreamResponse, meter: Meter) -> None:
        """Passes head and body on within the budgets."""
        length = 0 if request.method == "HEAD" else answer.content_length or 0
        if length > self._proxy.max_size or not page.has_room(length):
            raise _OverBudgetError
        for name, value in rules.returned(answer.raw_headers):
            response.headers.add(name, value)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            page.wire_bytes += len(chunk)
            if not meter.fits(chunk) or not page.has_room(0):
                raise _OverBudgetError
            await response.write(chunk)
        await response.write_eof()


class GuardProxy:
    """The proxy and its slots.

    Args:
        exchange: `Handler.exchange`, whose connections, address guard and connect-to rules are used.
        user_agent: gemcrawl's own; the browser's is not sent.
        max_size: bytes of one answer at most, as sent and decompressed.
        seconds: time limit of one request.
        styles: whether stylesheets are fetched; without them traps that CSS hides look like fields for people.
        head_seconds: time limit of a CONNECT head, and of the TLS handshake after it.

    Use as an asynchronous context manager, or call `start` and `close`.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        user_agent: str,
        max_size: int = 4 * 1024 * 1024,
        seconds: float = 20.0,
        styles: bool = True,
        head_seconds: float = 10.0,
    ) -> None:
        self.exchange = exchange
        self.user_agent = user_agent
        self.max_size = max_size
        self.seconds = seconds
        self.styles = styles
        self.head_seconds = head_seconds
        self.authority = ThrowawayAuthority()
        self._slots: list[ProxySlot] = []

    @property
    def refuse_port(self) -> int:
        """The port of a slot that never begins: the proxy for all that belongs to no page.

        Raises:
            RuntimeError: the proxy was not started.
        """
        if not self._slots:
            raise RuntimeError("the guard proxy is not started")
        return self._slots[0].port

    @property
    def spki_sha256(self) -> str:
        """For Chromium's --ignore-certificate-errors-spki-list: with it the browser trusts this proxy, and only this."""
        return self.authority.spki_sha256

    async def start(self) -> None:
        """Opens `refuse_port`."""
        await self.open()

    async def open(self) -> ProxySlot:
        """A new slot, closed with the proxy at the latest."""
        slot = ProxySlot(self)
        self._slots.append(slot)
        return slot

    async def close(self) -> None:
        """Ends every slot and forgets the authority; closing twice does no harm."""
        slots, self._slots = self._slots, []
        await asyncio.gather(*(slot.close() for slot in slots))
        self.authority.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _empty(status: int, fields: rules.Fields | None = None, *, close: bool = False) -> web.Response:
    response = web.Response(status=status, headers=fields)
    if close:
        response.force_close()
    return response


def _instead(request: web.BaseRequest, goal: str) -> web.Response:
    """What is answered for that which is never fetched.

    Images get one transparent pixel: pages wait for images to load, and go looking for others when they fail.  The rest is not there.
    """
    headers = request.headers
    if headers.get("Sec-Fetch-Dest", "image") == "image" and headers.get("Accept", "").startswith("image/"):
        fields = [("Content-Type", "image/gif"), ("Cache-Control", "max-age=3600"), *rules.cross_origin(headers)]
        return web.Response(body=_PIXEL, headers=fields)
    if goal == "style":
        return web.Response(body=b"", headers=[("Content-Type", "text/css"), *rules.cross_origin(headers)])
    return _empty(404, rules.cross_origin(headers))
