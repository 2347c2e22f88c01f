"""Servers that attack whoever asks them: every answer is written by hand, because no well-behaved server library would send it.

with Attacker() as attacker:
    attacker.port       # each path of `ATTACKS` answers in its own way, over http
    attacker.tls_port   # the same over TLS, when a context was given
    attacker.connections, attacker.sent
"""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

from tests.support.bombs import MIB, brotli_zeros, deflate_zeros, gzip_zeros, layers, noise, packed, zstd_zeros

HTML = b"Content-Type: text/html; charset=utf-8\r\n"
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + HTML

Attack = Callable[[], Iterator[bytes]]
"""The bytes of one answer, piece by piece; it may go on for ever."""


def _body(data: bytes, *fields: bytes) -> Iterator[bytes]:
    yield OK + b"".join(field + b"\r\n" for field in fields) + b"Content-Length: %d\r\n\r\n" % len(data)
    yield data


def nested_gzip() -> Iterator[bytes]:
    return _body(packed(gzip_zeros(1024 * MIB)), b"Content-Encoding: gzip, gzip")


def chained() -> Iterator[bytes]:
    """3 MB that have to be unpacked three hundred times, and are 3 MB every time."""
    return _body(layers(), b"Content-Encoding: " + b", ".join([b"gzip"] * 300))


def mixed_chain() -> Iterator[bytes]:
    return _body(packed(brotli_zeros(1024 * MIB)), b"Content-Encoding: br", b"Content-Encoding: gzip")


def wide_zstd() -> Iterator[bytes]:
    """A window of 128 MB for a page of three."""
    return _body(zstd_zeros(3 * MIB, 27), b"Content-Encoding: zstd")


def members() -> Iterator[bytes]:
    """A hundred thousand gzip members of nothing."""
    return _body(gzip.compress(b"") * 150_000, b"Content-Encoding: gzip")


def broken(coding: bytes) -> Attack:
    return lambda: _body(b"\x1f\x8b\x08\x00" + noise(1000)[:900], b"Content-Encoding: " + coding)


def endless() -> Iterator[bytes]:
    yield OK + b"\r\n"
    yield from itertools.repeat(b"<a href=/x>x</a>" * 4096)


def endless_chunks() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"1\r\nx\r\n" * 8192)


def chunk_extensions() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n1;"
    yield from itertools.repeat(b"x=" + b"y" * 65_000)


def endless_trailers() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    yield from (b"X-%d: %s\r\n" % (n, b"y" * 8000) for n in itertools.count())


def dripping() -> Iterator[bytes]:
    yield OK + b"\r\n"
    while True:
        time.sleep(0.05)
        yield b"."


def dripping_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    while True:
        time.sleep(0.05)
        yield b"."


def sixty_megabytes() -> Iterator[bytes]:
    return _body(b"<p>tekst</p>" * (60 * MIB // 12))


def header_flood() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from (b"X-%d: %s\r\n" % (n, b"y" * 50) for n in itertools.count())


def many_headers() -> Iterator[bytes]:
    yield OK + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"Content-Length: 2\r\n\r\nok"


def endless_header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    yield from itertools.repeat(b"y" * 65_536)


def endless_status() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 "
    yield from itertools.repeat(b"y" * 65_536)


def informational() -> Iterator[bytes]:
    yield from itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000)


def informational_then_page() -> Iterator[bytes]:
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3
    yield from _body(b"<title>na drie keer</title>")


def big_cookie() -> Iterator[bytes]:
    return _body(b"x", b"Set-Cookie: a=" + b"c" * MIB)


def many_cookies() -> Iterator[bytes]:
    return _body(b"x", *(b"Set-Cookie: c%d=%s; Path=/; expires=%s" % (n, b"1" * 400, b"1-" * 20) for n in range(100)))


def http_0_9() -> Iterator[bytes]:
    yield b"<html><title>geen kop</title></html>"


def wrong_protocol() -> Iterator[bytes]:
    yield b"SSH-2.0-OpenSSH_9.2\r\n"


def too_long() -> Iterator[bytes]:
    yield OK + b"Content-Length: 100\r\n\r\nkort"


def too_short() -> Iterator[bytes]:
    """More than it says, and the rest is an answer to what was not asked yet."""
    yield b"HTTP/1.1 200 OK\r\n" + HTML + b"Content-Length: 4\r\n\r\neersHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nvergif"
    time.sleep(0.3)


def two_lengths() -> Iterator[bytes]:
    yield OK + b"Content-Length: 4\r\nContent-Length: 8\r\n\r\neersvals"


def length_and_chunks() -> Iterator[bytes]:
    yield OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\neers\r\n0\r\n\r\n"


def negative_length() -> Iterator[bytes]:
    yield OK + b"Content-Length: -1\r\n\r\nx"


def huge_length() -> Iterator[bytes]:
    yield OK + b"Content-Length: 99999999999999999999999999\r\n\r\nx"


def bad_chunk() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx"


def mid_body() -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nhalf"


def switching() -> Iterator[bytes]:
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    yield from itertools.repeat(b"\x00" * 65_536)


def no_content() -> Iterator[bytes]:
    yield b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhallo"


def strange_status() -> Iterator[bytes]:
    yield b"HTTP/1.1 999 \x1b[31mrood\r\nContent-Length: 0\r\n\r\n"


def control_location() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /a\x01\x1b[2Jb\x7f\r\nContent-Length: 0\r\n\r\n"


def nul_field() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /a\x00b\r\nContent-Length: 0\r\n\r\n"


def huge_location() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * (10 * MIB) + b"\r\nContent-Length: 0\r\n\r\n"


def long_location() -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 15_000 + b"\r\nContent-Length: 0\r\n\r\n"


def bad_charset() -> Iterator[bytes]:
    body = b'<meta charset="\x00\xff"><title>\xff\xfe\x00</title>' + noise(1000)
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=rot13\x7f\xff\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def robots_100_megabytes() -> Iterator[bytes]:
    yield OK + b"Content-Length: %d\r\n\r\nUser-agent: *\n" % (100 * MIB + 14)
    block = b"".join(b"Disallow: /%d*/*%d$\n" % (n, n) for n in range(100_000, 150_000))[: 1 * MIB]
    yield from itertools.repeat(block, 100)


def robots_agents() -> Iterator[bytes]:
    """Half a megabyte: as many crawlers as rules, each rule for every crawler."""
    return _body(b"".join(b"User-agent: a%d\n" % n for n in range(14_000)) + b"Disallow: /x*y$\n" * 14_000)


def sitemap_entities() -> Iterator[bytes]:
    """A billion laughs, and beside them an entity of a megabyte that is named a thousand times."""
    laughs = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    kinds = b'<!DOCTYPE x [<!ENTITY e0 "https://x.test/"><!ENTITY big "' + b"x" * MIB + b'">' + laughs + b"]>"
    return _body(b"<?xml version='1.0'?>" + b" " * 5000 + kinds + b"<urlset><url><loc>&e11;" + b"&big;" * 1000 + b"</loc></url></urlset>")


def sitemap_deep() -> Iterator[bytes]:
    return _body(b"<urlset>" + b"<url><loc>" * 400_000)


def sitemap_attributes() -> Iterator[bytes]:
    return _body(b"<urlset " + b" ".join(b'a%d="1"' % n for n in range(300_000)) + b"><url><loc>https://x.test/</loc></url></urlset>")


def links() -> Iterator[bytes]:
    """Ten thousand, each of which promises a form."""
    return _body(b"".join(b"<a href=/afspraak/%d>Afspraak maken %d</a>" % (n, n) for n in range(10_000)))


def deep_page() -> Iterator[bytes]:
    return _body(b"<b><div>" * 400_000)


ATTACKS: dict[str, Attack] = {
    "gzip-bomb": lambda: _body(gzip_zeros(1024 * MIB), b"Content-Encoding: gzip"),
    "deflate-bomb": lambda: _body(deflate_zeros(), b"Content-Encoding: deflate"),
    "br-bomb": lambda: _body(brotli_zeros(1024 * MIB), b"Content-Encoding: br"),
    "zstd-bomb": lambda: _body(zstd_zeros(1024 * MIB), b"Content-Encoding: zstd"),
    "nested-gzip": nested_gzip,
    "mixed-chain": mixed_chain,
    "chained": chained,
    "wide-zstd": wide_zstd,
    "members": members,
    "broken-gzip": broken(b"gzip"),
    "broken-deflate": broken(b"deflate"),
    "broken-br": broken(b"br"),
    "broken-zstd": broken(b"zstd"),
    "endless": endless,
    "endless-chunks": endless_chunks,
    "chunk-extensions": chunk_extensions,
    "endless-trailers": endless_trailers,
    "dripping": dripping,
    "dripping-head": dripping_head,
    "60-megabytes": sixty_megabytes,
    "header-flood": header_flood,
    "many-headers": many_headers,
    "endless-header": endless_header,
    "endless-status": endless_status,
    "informational": informational,
    "informational-then-page": informational_then_page,
    "big-cookie": big_cookie,
    "many-cookies": many_cookies,
    "http-0.9": http_0_9,
    "wrong-protocol": wrong_protocol,
    "too-long": too_long,
    "too-short": too_short,
    "two-lengths": two_lengths,
    "length-and-chunks": length_and_chunks,
    "negative-length": negative_length,
    "huge-length": huge_length,
    "bad-chunk": bad_chunk,
    "mid-body": mid_body,
    "switching": switching,
    "no-content": no_content,
    "strange-status": strange_status,
    "control-location": control_location,
    "nul-field": nul_field,
    "huge-location": huge_location,
    "long-location": long_location,
    "bad-charset": bad_charset,
    "robots-100-megabytes": robots_100_megabytes,
    "robots-agents": robots_agents,
    "sitemap-entities": sitemap_entities,
    "sitemap-deep": sitemap_deep,
    "sitemap-attributes": sitemap_attributes,
    "links": links,
    "deep-page": deep_page,
}


def stalled_handshake(connection: socket.socket) -> None:
    """Half a ServerHello, and then nothing until the client has gone."""
    connection.recv(65_536)
    connection.sendall(bytes.fromhex("160303007a0200007603030000"))
    while connection.recv(65_536):
        pass


def dripping_handshake(connection: socket.socket) -> None:
    """A record of the largest size, a byte at a time."""
    connection.sendall(bytes.fromhex("1603034000"))
    while True:
        time.sleep(0.05)
        connection.sendall(b"\x02")


def endless_handshake(connection: socket.socket) -> None:
    """Warnings without end."""
    while True:
        connection.sendall(bytes.fromhex("15030300020170") * 5000)


def large_record(connection: socket.socket) -> None:
    """A record longer than records may be."""
    connection.recv(65_536)
    connection.sendall(b"\x16\x03\x03\xff\xff" + bytes(65_535))


def garbage_handshake(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(noise(50_000))


def empty_records(connection: socket.socket) -> None:
    """Handshake records of no length."""
    while True:
        connection.sendall(bytes.fromhex("1603030000") * 5000)


def huge_message(connection: socket.socket) -> None:
    """One handshake message of 16 MB, in records of 16 KB."""
    connection.recv(65_536)
    connection.sendall(bytes.fromhex("1603034000") + b"\x02\xff\xff\xff" + bytes(16_380))
    while True:
        connection.sendall(bytes.fromhex("1603034000") + bytes(16_384))


HANDSHAKES: dict[str, Callable[[socket.socket], None]] = {
    "stalled": stalled_handshake,
    "dripping": dripping_handshake,
    "endless": endless_handshake,
    "large-record": large_record,
    "garbage": garbage_handshake,
    "empty-records": empty_records,
    "huge-message": huge_message,
}


class Attacker:
    """Listens on loopback until it is left.

    Args:
        context: with it there is a port for TLS too.
        serve: what is done with each connection instead of answering by path; such as those of `HANDSHAKES`.
    """

    def __init__(self, context: ssl.SSLContext | None = None, serve: Callable[[socket.socket], None] | None = None) -> None:
        self.connections = 0
        self.sent = 0
        """Bytes that clients took, all together."""
        self._context = context
        self._serve = serve or self._answer
        self._listening = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2 if context else 1)]
        self._open: set[socket.socket] = set()
        self._leaving = False
        self._threads = [threading.Thread(target=self._accept, args=(n,), daemon=True) for n in range(len(self._listening))]

    @property
    def port(self) -> int:
        port: int = self._listening[0].getsockname()[1]
        return port

    @property
    def tls_port(self) -> int:
        port: int = self._listening[1].getsockname()[1]
        return port

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving = True
        for made in (*self._listening, *self._open):
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)
        for made in self._listening:
            made.close()
        for thread in tuple(self._threads):
            thread.join(10)

    def _accept(self, number: int) -> None:
        while not self._leaving:
            try:
                connection, _ = self._listening[number].accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._meet, args=(connection, number == 1), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _meet(self, connection: socket.socket, secure: bool) -> None:
        self._open.add(connection)
        try:
            connection.settimeout(30)
            if secure:
                assert self._context is not None
                self._open.discard(connection)
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            self._serve(connection)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):  # closing with something unread would reset the connection, and take with it what was sent
                pass
        except OSError:  # the client has had enough, or the test is over
            pass
        finally:
            self._open.discard(connection)
            with suppress(OSError):
                connection.close()

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(65_536)
            if not data:
                return
            head += data
        name = head.split(b" ", 2)[1].decode("latin-1").lstrip("/").partition("?")[0]
        attack = ATTACKS.get(name)
        pieces = attack() if attack else iter((b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",))
        for piece in pieces:
            connection.sendall(piece)
            self.sent += len(piece)
