"""Scrapy's download handler for http and https, over aiohttp.

It gives what Scrapy's own handlers cannot: the facts of the handshake, sites that only speak old TLS, the reason why a certificate
fails, connect-to, and the address guard at the socket.  Responses carry in ``meta``: ``address`` (IP address that answered),
``handshake`` (`gemcrawl.transport.facts.Handshake`, https only), ``wire_bytes`` (body bytes received) and, when evidence is kept, ``exchange``
(`gemcrawl.fetch.exchange.Exchange`).
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
import time
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import aiohttp
import yarl
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from gemcrawl.exceptions import AddressRefused, HostExcluded
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.exchange import Exchange
from gemcrawl.fetch.guard import NOT_PUBLIC, Guard
from gemcrawl.fetch.protocol import OVERHEAD, FloodError, Protocol
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.tls import handshake_of, lax_context, strict_context
from gemcrawl.registry.exclusions import Exclusions
from gemcrawl.transport.facts import Handshake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aiohttp.abc import ResolveResult
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

METHODS = frozenset({"GET", "HEAD"})
KEEP_ALIVE = 1.5
"""Seconds an idle connection is kept, or twice the delay: long enough for the next page of a site, short enough not to hold one per host."""


class TlsFailedError(Exception):
    """The handshake failed for another reason than the certificate: a service exists, but no common TLS."""


class ConnectionResetFailure(DownloadFailedError):
    """The connection was reset or closed before an answer."""


class TlsResponse(aiohttp.ClientResponse):
    """Keeps what the transport knows; aiohttp drops it once a short body is read."""

    address: str = ""
    tls: ssl.SSLObject | None = None
    head: bytes = b""
    """As `gemcrawl.fetch.protocol.Protocol.head`."""
    _transport: Any = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        self._transport = transport = connection.transport
        protocol = connection.protocol
        if transport is not None:
            self.address = (transport.get_extra_info("peername") or ("",))[0]
            self.tls = transport.get_extra_info("ssl_object")
        try:
            started = await super().start(connection)
            if self.status < 200:  # 101 Switching Protocols, which nobody asked for
                raise aiohttp.ClientPayloadError(f"status {self.status}")  # noqa: TRY301
        except BaseException:
            self.abort()
            raise
        self.head = protocol.head
        return started

    def finish(self) -> None:
        """After the body: a connection that is not kept is ended at once."""
        if self._transport is not None and self._transport.is_closing():
            self._transport.abort()

    def abort(self) -> None:
        """Ends the connection at once; a plain close waits up to half a minute for a TLS peer to say goodbye."""
        if self._transport is not None:
            self._transport.abort()
        self.close()


_made: ContextVar[list[socket.socket]] = ContextVar("sockets made for the connection that is being opened")


class _Connector(aiohttp.TCPConnector):
    """Three things that aiohttp does not: addresses are put to the resolver too, since connect-to rules may name them; what a server may
    send has a budget; and sockets whose handshake failed are closed once.

    uvloop closes the socket of a connection whose TLS handshake fails, and so does Python when it forgets the socket object, by which time
    the number may belong to another connection.
    """

    def __init__(self, resolver: Resolver, guard: Guard, *, most_bytes: int, keeps_heads: bool, **options: Any) -> None:
        super().__init__(resolver=resolver, socket_factory=self._socket, **options)
        self._factory = partial(Protocol, loop=self._loop, most_bytes=most_bytes, keeps_heads=keeps_heads)  # type: ignore[assignment]  # a subclass of what stood there
        self._ours = resolver
        self._guard = guard

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last word before a connection: ``info`` holds the final address, whatever led to it."""
        family, kind, proto, _, address = info
        self._guard.check(str(address[0]))
        made = socket.socket(family, kind, proto)
        made.setblocking(False)
        _made.get().append(made)
        return made

    async def _wrap_create_connection(self, *args: Any, **options: Any) -> Any:
        made: list[socket.socket] = []
        before = _made.set(made)
        try:
            return await super()._wrap_create_connection(*args, **options)
        except BaseException:
            if type(self._loop).__module__.startswith("uvloop"):
                for one in made:
                    one.detach()
            raise
        finally:
            _made.reset(before)

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        if self._ours.redirects(host, port):
            return await self._ours.resolve(host, port)
        return await super()._resolve_host(host, port, traces)


class Handler(BaseDownloadHandler):
    """One instance per crawler serves both schemes, and with them one connection pool."""

    _open_handlers: ClassVar[dict[Crawler, Handler]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Handler:
        """The instance of ``crawler``; Scrapy asks once for every scheme."""
        if crawler not in cls._open_handlers:
            cls._open_handlers[crawler] = cls(crawler)
        return cls._open_handlers[crawler]

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._max_size = settings.getint("DOWNLOAD_MAXSIZE")
        self._keeps = settings.getbool("GEMCRAWL_ARCHIVE")
        ca_file = settings.get("GEMCRAWL_CA_FILE")
        self._strict = strict_context(Path(ca_file) if ca_file else None)
        self._lax = lax_context()
        self._guard = Guard(settings.getlist("GEMCRAWL_ALLOW_NET"))
        self._exclusions = Exclusions.read(settings.get("GEMCRAWL_EXCLUDE"))
        self._untrusted: dict[tuple[str, int], str] = {}
        self._handshakes: WeakKeyDictionary[ssl.SSLObject, Handshake] = WeakKeyDictionary()
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._resolver = Resolver(ConnectTo(settings.getlist("GEMCRAWL_CONNECT_TO")))
        connector = _Connector(
            self._resolver,
            self._guard,
            most_bytes=self._max_size + OVERHEAD,
            keeps_heads=self._keeps,
            limit=settings.getint("CONCURRENT_REQUESTS"),
            keepalive_timeout=max(KEEP_ALIVE, 2 * settings.getfloat("DOWNLOAD_DELAY")),
            ttl_dns_cache=600,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=TlsResponse,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            read_bufsize=self._max_size,  # uvloop loses the end of a body when its server closes while reading is paused
            max_line_size=16_384,
            max_field_size=65_536,
        )
        self._renders: BaseDownloadHandler | None = None
        # aiohttp repeats every GET that was cut off, at once; Scrapy's retry is counted, waits its turn and is the only one.
        self._session._retry_connection = False  # noqa: SLF001

    async def download_request(self, request: Request) -> Response:
        """Fetches ``request``.

        Raises:
            CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError, TlsFailedError, ConnectionResetFailure,
            AddressRefused, HostExcluded, DownloadCancelledError (over DOWNLOAD_MAXSIZE, or a header section beyond all measure),
            UnsupportedURLSchemeError, DownloadFailedError.
        """
        if request.meta.get("playwright"):
            return await self._rendering().download_request(request)
        if request.method not in METHODS or request.body:
            raise UnsupportedURLSchemeError(f"{request.method} {request.url}: only GET and HEAD without a body are ever sent")
        try:
            url = yarl.URL(request.url, encoded=True)
            usable = url.scheme in ("http", "https") and bool(url.raw_host) and url.port is not None
        except ValueError as failure:
            raise UnsupportedURLSchemeError(f"{request.url}: {failure}") from failure
        if not usable:
            raise UnsupportedURLSchemeError(f"{request.url}: only http and https")
        timeout = float(request.meta.get("download_timeout", self._timeout))
        async with self.exchange(request.method, url, request.headers.to_tuple_list(), timeout) as (answer, error):
            request.meta["address"] = answer.address
            if isinstance(answer.tls, ssl.SSLObject):
                request.meta["handshake"] = self._handshake(answer.tls, error)
            headers = Headers([(name, value) for name, value in answer.raw_headers])
            body, complete = await self._body(answer)
        if self._keeps:
            request.meta["exchange"] = Exchange(
                request=_sent(answer), head=answer.head, body=body, truncated=not complete, address=answer.address
            )
        if not complete and (headers.get("Content-Encoding") or b"").strip().lower() not in (b"", b"identity"):
            raise DownloadCancelledError(f"{request.url}: over {self._max_size} bytes compressed")
        request.meta["wire_bytes"] = len(body)
        kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(request.url, status=answer.status, headers=headers, body=body, flags=[] if complete else ["truncated"])

    def _rendering(self) -> BaseDownloadHandler:
        """scrapy-playwright's handler, loaded and made with the first page that is to be rendered."""
        if self._renders is None:
            from gemcrawl.fetch.playwright import PlaywrightHandler

            self._renders = PlaywrightHandler(self.crawler, self.exchange)
        return self._renders

    def _handshake(self, tls: ssl.SSLObject, error: str) -> Handshake:
        """One reading per connection, however many responses it carries."""
        known = self._handshakes.get(tls)
        if known is None:
            known = self._handshakes[tls] = handshake_of(tls, error=error)
        return known

    async def _body(self, answer: TlsResponse) -> tuple[bytes, bool]:
        """The body up to the size limit, and whether that was all of it."""
        chunks, size = [], 0
        async for chunk in answer.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_size:
                answer.abort()
                return b"".join(chunks)[: self._max_size], False
        return b"".join(chunks), True

    @asynccontextmanager
    async def exchange(
        self, method: str, url: yarl.URL, headers: Iterable[tuple[str, str]], seconds: float
    ) -> AsyncIterator[tuple[TlsResponse, str]]:
        """One exchange over guarded connections: the answer, its body not yet read, and why the certificate was not trusted ("" if it was).

        Args:
            method: GET or HEAD; no body is ever sent.
            url: http or https, with a host; sent as it is written.
            seconds: limit for the whole of it, the reading of the body included.

        Raises:
            What `download_request` does.
        """
        if self._exclusions.covers(url.raw_host or ""):
            raise HostExcluded(f"{url}: on the list of --exclude")
        async with AsyncExitStack() as stack:
            if url.scheme == "http":
                yield await stack.enter_async_context(self._open(method, url, headers, seconds, None)), ""
                return
            origin = (url.raw_host or "", url.port or 0)
            answer: TlsResponse | None = None
            until = time.monotonic() + seconds
            if (error := self._untrusted.get(origin, "")) == "":
                try:
                    answer = await stack.enter_async_context(self._open(method, url, headers, seconds, self._strict))
                except ssl.SSLCertVerificationError as failure:
                    error = self._untrusted[origin] = failure.verify_message or str(failure)
            if answer is None:
                left = max(0.001, until - time.monotonic())  # none at all would be no limit to aiohttp
                answer = await stack.enter_async_context(self._open(method, url, headers, left, self._lax))
            yield answer, error

    @asynccontextmanager
    async def _open(
        self, method: str, url: yarl.URL, headers: Iterable[tuple[str, str]], seconds: float, context: ssl.SSLContext | None
    ) -> AsyncIterator[TlsResponse]:
        """One try; every error of aiohttp leaves as one of Scrapy's or ours, but a certificate's leaves as it is."""
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds),
                ssl=context if context is not None else True,
                allow_redirects=False,
            ) as answer:
                assert isinstance(answer, TlsResponse)
                try:
                    yield answer
                except BaseException:
                    answer.abort()
                    raise
                answer.finish()
        except TimeoutError as failure:
            raise DownloadTimeoutError(f"{url}: no complete answer in {seconds:g} s") from failure
        except aiohttp.ClientConnectorDNSError as failure:
            raise CannotResolveHostError(f"{url}: {failure.os_error}") from failure
        except aiohttp.ClientConnectorCertificateError as failure:
            if isinstance(failure.certificate_error, ssl.SSLCertVerificationError):
                raise failure.certificate_error from failure
            raise TlsFailedError(f"{url}: {failure.certificate_error}") from failure
        except aiohttp.ClientConnectorSSLError as failure:
            raise TlsFailedError(f"{url}: {failure.os_error}") from failure
        except aiohttp.ClientConnectorError as failure:
            raise _connect_failure(failure.os_error, str(url)) from failure
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientConnectionResetError) as failure:
            raise ConnectionResetFailure(f"{url}: {failure}") from failure
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as failure:
            raise UnsupportedURLSchemeError(str(failure)) from failure
        except (FloodError, aiohttp.ClientResponseError) as failure:
            raise _unreadable(failure, str(url)) from failure
        except (aiohttp.ClientError, ValueError) as failure:  # ValueError: header fields that cannot be sent
            raise DownloadFailedError(f"{url}: {failure}") from failure

    async def close(self) -> None:
        """Closes every connection; closing twice does no harm."""
        self._open_handlers.pop(self.crawler, None)
        if self._renders is not None:
            await self._renders.close()
        await self._session.close()
        await self._resolver.close()


def _sent(answer: aiohttp.ClientResponse) -> bytes:
    """The request of an answer, as aiohttp wrote it."""
    asked = answer.request_info
    lines = [f"{asked.method} {asked.url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.headers.items()), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def _connect_failure(error: OSError, url: str) -> Exception:
    """One of Scrapy's exceptions, or ours, for a connection that was not made."""
    said = str(error)  # of several addresses tried, only the text says what happened at each
    text = f"{url}: {said}"
    numbers = {error.errno, *map(int, re.findall(r"\[Errno (\d{1,4})\]", said))}
    if isinstance(error, AddressRefused) or NOT_PUBLIC in said:
        return AddressRefused(text)
    if errno.ECONNREFUSED in numbers:
        return DownloadConnectionRefusedError(text)
    if isinstance(error, ConnectionError):
        return ConnectionResetFailure(text)
    if errno.ETIMEDOUT in numbers:
        return DownloadTimeoutError(text)
    return DownloadFailedError(text)


def _unreadable(failure: aiohttp.ClientError, url: str) -> Exception:
    """An answer that is no HTTP, or too much of it."""
    said = failure.message if isinstance(failure, aiohttp.ClientResponseError) else str(failure)
    # What the parser found is in the text only: aiohttp makes a new exception of it.
    too_much = isinstance(failure, FloodError) or said.startswith(("Got more than", "Too many headers"))
    return DownloadCancelledError(f"{url}: {said}") if too_much else DownloadFailedError(f"{url}: {said}")
