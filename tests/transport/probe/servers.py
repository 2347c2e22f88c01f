"""Servers to take inventories of: OpenSSL's own, and a scripted one for what no OpenSSL speaks any more."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gemcrawl.transport.probe import Inventory
from gemcrawl.transport.probe.names import load

NAMES = load()
OPENSSL = shutil.which("openssl")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
# SHA-256 of "HelloRetryRequest", RFC 8446, section 4.1.3.
_RETRY = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")


@dataclass
class Counter:
    """The port to connect to, and how many connections the server accepted there."""

    port: int = 0
    accepted: int = 0


@asynccontextmanager
async def counted(port: int) -> AsyncIterator[Counter]:
    """Relays connections to ``port`` of this machine, and counts them."""
    counter = Counter()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counter.accepted += 1
        theirs = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, theirs[1]), pipe(theirs[0], writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    counter.port = server.sockets[0].getsockname()[1]
    try:
        yield counter
    finally:
        server.close()
        for _ in range(20):  # let the relays see their ends close
            await asyncio.sleep(0.005)


def openssl(*arguments: str) -> str:
    """What ``openssl`` prints."""
    return subprocess.run([str(OPENSSL), *arguments], capture_output=True, check=True, text=True).stdout


def suites_of(cipher_list: str, *flags: str, leave_out: Sequence[str] = ("PSK", "SRP")) -> list[str]:
    """IANA names, in order, of what OpenSSL makes of a cipher list."""
    lines = openssl("ciphers", "-s", "-stdname", *flags, cipher_list).splitlines()
    return [name for name in (line.split()[0] for line in lines) if not any(part in name for part in leave_out)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        assert process.poll() is None, "the server did not start"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise AssertionError("the server does not listen")


@dataclass(frozen=True)
class Certificates:
    """PEM files with key and certificate."""

    rsa: Path
    ecdsa: Path


@dataclass
class Offer:
    """What a ClientHello offers; read independently of the code under test."""

    version: int
    suites: list[int]
    groups: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    name: str = ""
    extensions: list[int] = field(default_factory=list)
    length: int = 0


def read_offer(record: bytes) -> Offer:
    """Reads a ClientHello; an assertion fails where it is malformed."""
    kind, _, length = struct.unpack("!BHH", record[:5])
    assert (kind, length) == (22, len(record) - 5)
    assert record[5] == 1
    assert int.from_bytes(record[6:9]) == len(record) - 9
    version = int.from_bytes(record[9:11])
    at = 43 + 1 + record[43]
    count = int.from_bytes(record[at : at + 2])
    offer = Offer(version, _words(record[at + 2 : at + 2 + count]), length=length)
    at += 2 + count
    assert record[at : at + 2] == b"\x01\x00"
    at += 2
    if at == len(record):
        return offer
    assert int.from_bytes(record[at : at + 2]) == len(record) - at - 2
    at += 2
    while at < len(record):
        extension, size = struct.unpack("!HH", record[at : at + 4])
        content = record[at + 4 : at + 4 + size]
        assert len(content) == size
        offer.extensions.append(extension)
        if extension == 0:
            offer.name = content[5:].decode()
        elif extension == 10:
            offer.groups = _words(content[2:])
        elif extension == 43:
            offer.versions = _words(content[1:])
        elif extension == 51 and content[2:]:
            offer.shares = [int.from_bytes(content[2:4])]
        at += 4 + size
    return offer


def _words(data: bytes) -> list[int]:
    return list(struct.unpack(f"!{len(data) // 2}H", data))


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(content)) + content


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3) + body


def server_hello(version: int, suite: int, *, group: int | None = None, retry: bool = False) -> bytes:
    """A ServerHello message, or a HelloRetryRequest; with ``group`` one of TLS 1.3."""
    body = struct.pack("!H", min(version, TLS12)) + (_RETRY if retry else bytes(32)) + b"\x00" + struct.pack("!HB", suite, 0)
    if version == TLS13:
        share = struct.pack("!H", group or 0) + (b"" if retry else b"\x00\x20" + bytes(32))
        extensions = struct.pack("!HHH", 43, 2, TLS13) + struct.pack("!HH", 51, len(share)) + share
        body += struct.pack("!H", len(extensions)) + extensions
    return message(2, body)


Refuse = Callable[[asyncio.StreamWriter], None]


def with_alert(code: int) -> Refuse:
    return lambda writer: writer.write(record(21, bytes([2, code])))


HANDSHAKE_FAILURE = with_alert(40)


def with_reset(writer: asyncio.StreamWriter) -> None:
    # A lingering time of zero makes the kernel answer with RST instead of FIN.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def with_nothing(writer: asyncio.StreamWriter) -> None:
    """Closes without a word."""


@dataclass
class Scripted:
    """A server that takes its own favourite of what it is offered, and sends no more than a probe reads.

    ``suites`` has, per version, the accepted suites in order; keys are exchanged over ``groups``, in order.  A suite that the client shares no
    curve for is passed over.
    """

    suites: dict[int, list[int]]
    groups: list[int] = field(default_factory=list)
    refuse: Refuse = HANDSHAKE_FAILURE
    clients_order: bool = False
    """Of groups: whether it takes the first one offered that it has."""
    ecdsa_curve: int = 0
    """That of its ECDSA certificate, without which in an offer its ECDSA suites are passed over; 0 where any will do."""
    careless: bool = False
    """Refuses a suite that it shares no curve for, instead of passing it over."""
    needs_share: bool = False
    ancient: bool = False
    """Refuses hellos with extensions."""
    disturb: dict[int, Refuse] = field(default_factory=dict)
    """What happens instead of an answer at the n-th connection, counted from 1; at 0: at every later one that is not named."""
    undisturbed: int = 1_000
    """Connections before the disturbance 0."""
    delay: float = 0.0
    """Seconds before every answer."""
    offers: list[Offer] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    @asynccontextmanager
    async def serve(self, address: str = "127.0.0.1") -> AsyncIterator[int]:
        """Listens while the block runs; gives the port."""
        server = await asyncio.start_server(self._answer, address, 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await asyncio.sleep(0.01)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        self.arrivals.append(time.monotonic())
        try:
            head = await reader.readexactly(5)
            offer = read_offer(head + await reader.readexactly(int.from_bytes(head[3:])))
            self.offers.append(offer)
            number = len(self.offers)
            disturbance = self.disturb.get(number) or (self.disturb.get(0) if number > self.undisturbed else None)
            act = disturbance or self._choose(offer)
            await asyncio.sleep(self.delay)
            act(writer)
            await writer.drain()
            if act is stall:
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    def _choose(self, offer: Offer) -> Refuse:
        highest = offer.versions or list(range(offer.version, SSL3 - 1, -1))
        version = next((v for v in sorted(self.suites, reverse=True) if v in highest), None)
        first, second = (offer.groups, self.groups) if self.clients_order else (self.groups, offer.groups)
        group = next((g for g in first if g in second), None)
        suite = next((s for s in self.suites.get(version or 0, []) if s in offer.suites and self._usable(s, group, offer)), None)
        if version is None or suite is None or (self.ancient and offer.extensions):
            return self.refuse
        if version == TLS13:
            if group is None or (self.needs_share and group not in offer.shares):
                return self.refuse
            hello = server_hello(version, suite, group=group, retry=group not in offer.shares)
            return lambda writer: writer.write(record(22, hello))
        if suite in WITH_CURVE:
            if not offer.groups:  # then the choice is the server's
                group = next(iter(self.groups), 23)
            if group is None:
                return self.refuse
            hello = server_hello(version, suite) + message(12, b"\x03" + struct.pack("!H", group) + b"\x01\x04")
        else:
            hello = server_hello(version, suite) + message(11, b"\x00\x00\x00")
        return lambda writer: writer.write(record(22, hello + message(14, b"")))

    def _usable(self, suite: int, group: int | None, offer: Offer) -> bool:
        if suite not in WITH_CURVE or not offer.groups:
            return True
        if suite in ECDSA and self.ecdsa_curve and self.ecdsa_curve not in offer.groups:
            return False
        return group is not None or self.careless


WITH_CURVE = frozenset(code for code in NAMES.common + NAMES.rare if re.match("TLS_ECDHE_|TLS_ECDH_anon_", NAMES.suite(code)))
"""Suites with a curve of the server's choice."""
ECDSA = frozenset({0xC009, 0xC00A, 0xC023, 0xC024, 0xC02B, 0xC02C})
"""Suites with an ECDSA certificate, in these tests."""


def stall(writer: asyncio.StreamWriter) -> None:
    """Never answers."""


def saying(*said: bytes) -> Refuse:
    return lambda writer: writer.writelines(said)


def frugal(inventory: Inventory) -> bool:
    """Accepted suites + versions + groups + a few."""
    listed = len(inventory.cipher_suites) + len(inventory.versions) + len(inventory.groups)
    return inventory.handshakes <= min(listed + 6, 60)
