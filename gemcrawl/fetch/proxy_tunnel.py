"""The first bytes of a connection to the guard proxy: a request for http as it stands, or CONNECT and what is spoken behind it.

Works on the bare socket and takes from it only the CONNECT head, so that the event loop's own TLS and HTTP can have the rest.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass

MAX_HEAD = 16_384
"""Bytes of a CONNECT request at most."""
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~-]+)):([0-9]{1,5})")
_HANDSHAKE = 0x16  # the first byte of a TLS record that carries a ClientHello, RFC 8446 5.1
_VERB = b"CONNECT "
_END = b"\r\n\r\n"


class NotATunnelError(Exception):
    """The head is no CONNECT request that could be served, or the client left."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Where a CONNECT leads, and whether TLS is spoken inside; WebSockets without TLS use a tunnel too."""

    host: str
    """Lower case, an IPv6 address without brackets."""
    port: int
    secure: bool

    @property
    def origin(self) -> str:
        """Scheme, host and port as in an address; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme, standard = ("https", 443) if self.secure else ("http", 80)
        return f"{scheme}://{host}" if self.port == standard else f"{scheme}://{host}:{self.port}"


def authority(target: str) -> tuple[str, int] | None:
    """Host and port of a CONNECT target (RFC 9112 3.2.3); None when it is not of that form."""
    match = _AUTHORITY.fullmatch(target)
    if match is None or not 0 < int(match[3]) < 65536:
        return None
    return (match[1] or match[2]).lower(), int(match[3])


async def meet(connection: socket.socket) -> Tunnel | None:
    """Answers a CONNECT, and says where it leads; None for a client that asks for http without a tunnel.

    Args:
        connection: non-blocking, just accepted; only the CONNECT head is taken from it.

    Raises:
        NotATunnelError: nothing to serve; a malformed or too long head has been answered with 400 or 431.
        OSError: the connection failed.
    """
    loop = asyncio.get_running_loop()
    head = b""
    while _END not in head:
        seen = await _peek(connection)
        if not seen:
            raise NotATunnelError("the client left")
        both = head + seen
        if not both.startswith(_VERB[: len(both)]):
            if not head:
                return None
            raise NotATunnelError("no CONNECT")
        if len(both) < len(_VERB):
            # Too little to tell, and nothing may be taken yet.
            await asyncio.sleep(0.01)
            continue
        found = both.find(_END)
        wanted = len(both) if found < 0 else found + len(_END)
        if wanted > MAX_HEAD:
            await loop.sock_sendall(
                connection, b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            raise NotATunnelError("the head is too long")
        connection.recv(wanted - len(head))
        head = both[:wanted]
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    where = authority(words[1]) if len(words) == 3 and words[2] in ("HTTP/1.1", "HTTP/1.0") else None
    if where is None:
        await loop.sock_sendall(connection, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        raise NotATunnelError("malformed CONNECT")
    await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
    first = await _peek(connection)
    if not first:
        raise NotATunnelError("the client left")
    return Tunnel(*where, secure=first[0] == _HANDSHAKE)


async def _peek(connection: socket.socket) -> bytes:
    """What can be read, left where it is; empty at the end of the stream."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return connection.recv(MAX_HEAD + 1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            pass
        readable = loop.create_future()
        loop.add_reader(connection, _wake, readable)
        try:
            await readable
        finally:
            loop.remove_reader(connection)


def _wake(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
