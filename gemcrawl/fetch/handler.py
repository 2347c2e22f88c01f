"""Scrapy's download handler for http and https, over aiohttp.

It gives what Scrapy's own handlers cannot: the facts of the handshake, sites that only speak old TLS, the reason why a certificate
fails, connect-to, and the address guard at the socket.  Responses carry in ``meta``: ``address`` (IP address that answered),
``handshake`` (`gemcrawl.transport.facts.Handshake`, https only) and ``wire_bytes`` (body bytes received).
"""

from __future__ import annotations

import socket
import ssl
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
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

from gemcrawl.exceptions import AddressRefused
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.tls import handshake_of, lax_context, strict_context
from gemcrawl.transport.facts import Handshake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

METHODS = frozenset({"GET", "HEAD"})
KEEP_ALIVE = 10.0
"""Seconds an idle connection is kept: long enough for the next page of a site, short enough not to hold one per host all night."""


class TlsFailedError(Exception):
    """The handshake failed for another reason than the certificate: a service exists, but no common TLS."""


class ConnectionResetFailure(DownloadFailedError):
    """The connection was reset or closed before an answer."""


class _TlsResponse(aiohttp.ClientResponse):
    """Keeps what the transport knows; aiohttp drops it once a short body is read."""

    address: str = ""
    tls: ssl.SSLObject | None = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        transport = connection.transport
        if transport is not None:
            self.address = (transport.get_extra_info("peername") or ("",))[0]
            self.tls = transport.get_extra_info("ssl_object")
        return await super().start(connection)


class Handler(BaseDownloadHandler):
    """One instance serves both schemes, and with them one connection pool."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._max_size = settings.getint("DOWNLOAD_MAXSIZE")
        ca_file = settings.get("GEMCRAWL_CA_FILE")
        self._strict = strict_context(Path(ca_file) if ca_file else None)
        self._lax = lax_context()
        self._guard = Guard(settings.getlist("GEMCRAWL_ALLOW_NET"))
        self._untrusted: dict[tuple[str, int], str] = {}
        self._handshakes: WeakKeyDictionary[ssl.SSLObject, Handshake] = WeakKeyDictionary()
        connector = aiohttp.TCPConnector(
            resolver=Resolver(ConnectTo(settings.getlist("GEMCRAWL_CONNECT_TO"))),
            socket_factory=self._socket,
            limit=settings.getint("CONCURRENT_REQUESTS"),
            keepalive_timeout=KEEP_ALIVE,
            ttl_dns_cache=600,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_TlsResponse,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_line_size=16_384,
            max_field_size=65_536,
        )

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last word before a connection: ``info`` holds the final address, whatever led to it."""
        family, kind, proto, _, address = info
        self._guard.check(str(address[0]))
        made = socket.socket(family, kind, proto)
        made.setblocking(False)
        return made

    async def download_request(self, request: Request) -> Response:
        """Fetches ``request``.

        Raises:
            CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError, TlsFailedError, ConnectionResetFailure,
            AddressRefused, DownloadCancelledError (over DOWNLOAD_MAXSIZE), UnsupportedURLSchemeError, DownloadFailedError.
        """
        if request.method not in METHODS or request.body:
            raise UnsupportedURLSchemeError(f"{request.method} {request.url}: only GET and HEAD without a body are ever sent")
        url = yarl.URL(request.url, encoded=True)
        if url.scheme not in ("http", "https") or not url.host:
            raise UnsupportedURLSchemeError(f"{request.url}: only http and https")
        origin = (url.host, url.port or 0)
        if url.scheme == "http":
            return await self._fetch(request, url, None, "")
        if (error := self._untrusted.get(origin)) is None:
            try:
                return await self._fetch(request, url, self._strict, "")
            except ssl.SSLCertVerificationError as failure:
                error = self._untrusted[origin] = failure.verify_message or str(failure)
        return await self._fetch(request, url, self._lax, error)

    async def _fetch(self, request: Request, url: yarl.URL, context: ssl.SSLContext | None, error: str) -> Response:
        async with self._open(request, url, context) as answer:
            request.meta["address"] = answer.address
            if isinstance(answer.tls, ssl.SSLObject):
                request.meta["handshake"] = self._handshake(answer.tls, error)
            headers = Headers([(name, value) for name, value in answer.raw_headers])
            body, complete = await self._body(answer)
        if not complete and headers.get("Content-Encoding"):
            raise DownloadCancelledError(f"{request.url}: over {self._max_size} bytes compressed")
        request.meta["wire_bytes"] = len(body)
        kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(request.url, status=answer.status, headers=headers, body=body, flags=[] if complete else ["truncated"])

    def _handshake(self, tls: ssl.SSLObject, error: str) -> Handshake:
        """One reading per connection, however many responses it carries."""
        known = self._handshakes.get(tls)
        if known is None:
            known = self._handshakes[tls] = handshake_of(tls, error=error)
        return known

    async def _body(self, answer: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        """The body up to the size limit, and whether that was all of it."""
        chunks, size = [], 0
        async for chunk in answer.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_size:
                answer.close()
                return b"".join(chunks)[: self._max_size], False
        return b"".join(chunks), True

    @asynccontextmanager
    async def _open(self, request: Request, url: yarl.URL, context: ssl.SSLContext | None) -> AsyncIterator[_TlsResponse]:
        """One exchange; every error of aiohttp leaves as one of Scrapy's or ours, but a certificate's leaves as it is."""
        timeout = float(request.meta.get("download_timeout", self.crawler.settings.getfloat("DOWNLOAD_TIMEOUT")))
        try:
            async with self._session.request(
                request.method,
                url,
                headers=request.headers.to_tuple_list(),
                timeout=aiohttp.ClientTimeout(total=timeout),
                ssl=context if context is not None else True,
                allow_redirects=False,
            ) as answer:
                yield answer  # type: ignore[misc]
        except TimeoutError as failure:
            raise DownloadTimeoutError(f"{request.url}: no complete answer in {timeout:g} s") from failure
        except aiohttp.ClientConnectorDNSError as failure:
            raise CannotResolveHostError(str(failure)) from failure
        except aiohttp.ClientConnectorCertificateError as failure:
            if isinstance(failure.certificate_error, ssl.SSLCertVerificationError):
                raise failure.certificate_error from failure
            raise TlsFailedError(str(failure)) from failure
        except aiohttp.ClientConnectorSSLError as failure:
            raise TlsFailedError(str(failure)) from failure
        except aiohttp.ClientConnectorError as failure:
            raise _connect_failure(failure.os_error, str(failure)) from failure
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as failure:
            raise ConnectionResetFailure(f"{request.url}: {failure}") from failure
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as failure:
            raise UnsupportedURLSchemeError(str(failure)) from failure
        except aiohttp.ClientError as failure:
            raise DownloadFailedError(f"{request.url}: {failure}") from failure

    async def close(self) -> None:
        await self._session.close()


def _connect_failure(error: OSError, text: str) -> Exception:
    if isinstance(error, AddressRefused) or "is not a public address" in str(error):
        return AddressRefused(str(error))
    if isinstance(error, ConnectionResetError):
        return ConnectionResetFailure(text)
    if isinstance(error, TimeoutError):
        return DownloadTimeoutError(text)
    return DownloadConnectionRefusedError(text)
