"""The process that serves the nation: ``python -m gemcrawl.demo.server --directory DIR``.

It writes ca.pem, registry.csv, known_hosts.csv and truth.json into DIR, prints one line of JSON that says how to reach it, serves until
its standard input ends or SIGTERM comes, and then writes requests.json.  sent.json has the requests that are neither GET nor HEAD, at any
moment.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gc
import json
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

from gemcrawl.demo.model import Host, Nation, Page, TlsProfile
from gemcrawl.demo.nation import PKI_HOST, nation
from gemcrawl.demo.responder import Responder, Visits
from gemcrawl.demo.secured import SecuredProtocol
from gemcrawl.demo.tls import PROFILES, Authority
from gemcrawl.demo.truth import write_truth

_MAX_HEAD = 65536
_HANDSHAKE = 10.0
"""Seconds after which a client that does not finish its handshake is sent away."""
_LOOPBACK = "127.0.0.1"
_LOG = "requests.json"
_SENT = "sent.json"


class Answering(Protocol):
    """Who has the answers: `gemcrawl.demo.responder.Responder`, or another one for as many hosts as it likes."""

    def answer(self, method: str, scheme: str, host_name: str, target: str, cookies: str = "", *, gzip: bool = False) -> bytes: ...

    def delay(self, host_name: str, target: str) -> float: ...


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as little of it as the nation needs."""

    def __init__(self, responder: Answering, scheme: str) -> None:
        self._responder, self._scheme = responder, scheme
        self._buffer = b""
        self._skip = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        assert transport is not None
        if self._skip:
            dropped = min(self._skip, len(data))
            self._skip -= dropped
            data = data[dropped:]
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            request = _parse(head)
            if request is None:
                transport.close()
                return
            method, target, fields = request
            length = fields.get("content-length", "0")
            body = int(length) if length.isdecimal() else 0
            self._skip = max(0, body - len(self._buffer))
            self._buffer = self._buffer[body:]
            gzip = "gzip" in fields.get("accept-encoding", "")
            host = fields.get("host", "")
            answer = self._responder.answer(method, self._scheme, host, target, fields.get("cookie", ""), gzip=gzip)
            last = fields.get("connection", "").lower() == "close"
            if delay := self._responder.delay(host, target):
                asyncio.get_running_loop().call_later(delay, self._write, answer, last)
                continue
            self._write(answer, last)
            if last:
                return
        if len(self._buffer) > _MAX_HEAD:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- as the loop calls it
        self._transport = None

    def _write(self, answer: bytes, last: bool) -> None:
        """Answers whoever is still there; a client has one request under way on a connection."""
        if self._transport is not None:
            self._transport.write(answer)
            if last:
                self._transport.close()


def _parse(head: bytes) -> tuple[str, str, dict[str, str]] | None:
    """Method, target and header fields by lower-case name; None when it is no request."""
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/"):
        return None
    fields = {}
    for line in rest:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return words[0], words[1], fields


class Listeners:
    """The sockets of the nation and the way to each host.

    Args:
        nation: whose hosts are to be reached.
        standard_ports: give every kind of host an own loopback address with ports 443 and 80, for clients without connect-to; needs root.
    """

    def __init__(self, nation: Nation, *, standard_ports: bool) -> None:
        self._nation = nation
        self._standard = standard_ports
        self._kinds: list[tuple[TlsProfile, bool]] = list(dict.fromkeys((h.profile, h.http == "closed") for h in nation.hosts.values()))
        self._sockets: dict[tuple[str, int, str], socket.socket] = {}
        self._refusing: list[socket.socket] = []
        self._ends: dict[tuple[TlsProfile, bool], tuple[str, int, int]] = {}
        (self._open_standard if standard_ports else self._open_high)()

    def _open_high(self) -> None:
        refused = self._refuse()
        http = self._listen(_LOOPBACK, 0, "http")
        tls: dict[TlsProfile, int] = {profile: self._listen(_LOOPBACK, 0, profile) for profile in PROFILES}
        self._ends = {
            (profile, closed): (_LOOPBACK, tls.get(profile, refused), refused if closed else http) for profile, closed in self._kinds
        }

    def _open_standard(self) -> None:
        for number, (profile, closed) in enumerate(self._kinds, 1):
            address = f"127.9.0.{number}"
            if profile != "closed":
                self._listen(address, 443, profile)
            if not closed:
                self._listen(address, 80, "http")
            self._ends[profile, closed] = (address, 443, 80)

    def _listen(self, address: str, port: int, kind: str) -> int:
        sock = socket.create_server((address, port), backlog=1024)
        number: int = sock.getsockname()[1]
        self._sockets[address, number, kind] = sock
        return number

    def _refuse(self) -> int:
        """A port that is taken and refuses: bound, never listening."""
        sock = socket.socket()
        sock.bind((_LOOPBACK, 0))
        self._refusing.append(sock)
        number: int = sock.getsockname()[1]
        return number

    def connect_to(self) -> list[str]:
        """Rules in curl's syntax, exact hosts first."""
        address, tls, http = self._ends["good", False]
        rules = [
            f"{host.name}:{port}:{end[0]}:{to}"
            for host in self._nation.hosts.values()
            if (host.profile, host.http == "closed") != ("good", False)
            for end in (self._ends[host.profile, host.http == "closed"],)
            for port, to in ((443, end[1]), (80, end[2]))
        ]
        return [*rules, f"*.test:443:{address}:{tls}", f"*.test:80:{address}:{http}"]

    def addresses(self) -> dict[str, str]:
        """The address of every host, when ports are the standard ones."""
        return {host.name: self._ends[host.profile, host.http == "closed"][0] for host in self._nation.hosts.values()}

    async def serve(self, responder: Responder, authority: Authority) -> list[asyncio.Server]:
        """Starts all listeners."""
        loop = asyncio.get_running_loop()
        servers = []
        for (_, _, kind), sock in self._sockets.items():
            context: ssl.SSLContext | None = None if kind == "http" else authority.listener(kind)  # type: ignore[arg-type]
            servers.append(await loop.create_server(_factory(responder, context), sock=sock))
        return servers

    def close(self) -> None:
        """Gives up the port that refuses; the others close with their servers."""
        for sock in self._refusing:
            sock.close()


def _factory(responder: Answering, context: ssl.SSLContext | None) -> Callable[[], asyncio.Protocol]:
    if context is None:
        return lambda: Connection(responder, "http")
    return lambda: SecuredProtocol(context, lambda: Connection(responder, "https"), handshake_seconds=_HANDSHAKE)


def write_files(directory: Path, made: Nation, authority: Authority) -> dict[str, str]:
    """Writes what a survey of the nation needs, and the truth; returns the names of the files."""
    names = {
        "registry": "registry.csv",
        "known_hosts": "known_hosts.csv",
        "ca_file": "ca.pem",
        "truth": "truth.json",
        "log": _LOG,
        "sent": _SENT,
    }
    paths = {key: directory / name for key, name in names.items()}
    paths["ca_file"].write_bytes(authority.root_pem)
    towns = ((t.code, t.name, t.province, t.website, f"{t.lat:.3f}", f"{t.lon:.3f}") for t in made.towns)
    _write_csv(paths["registry"], ("code", "name", "province", "website", "lat", "lon"), towns)
    _write_csv(paths["known_hosts"], ("code", "host"), ((t.code, host) for t in made.towns for host in t.known_hosts))
    write_truth(made, paths["truth"])
    return {key: str(path) for key, path in paths.items()}


def _write_csv(path: Path, header: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _add_pki(host: Host, authority: Authority) -> None:
    host.add(
        Page(path="/intermediate.der", title="", raw=authority.intermediate_der, content_type="application/pkix-cert", in_sitemap=False)
    )


def _write_sent(directory: Path, visits: Visits) -> None:
    """Right at every moment, for whoever scores before the server stops."""
    (directory / _SENT).write_text(json.dumps(visits.not_get_or_head()) + "\n", encoding="utf-8")


async def _run(directory: Path, night: int, size: int, *, standard_ports: bool) -> Responder:
    """Serves until told to stop; returns the responder with its counts."""
    made = nation(night, size)
    authority = Authority(directory / "tls")
    _add_pki(made.hosts[PKI_HOST], authority)
    responder = Responder(made, watch=lambda visits: _write_sent(directory, visits))
    _write_sent(directory, responder.visits)
    listeners = Listeners(made, standard_ports=standard_ports)
    servers = await listeners.serve(responder, authority)
    files = write_files(directory, made, authority)
    gc.collect()
    gc.freeze()
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)

    def wait_for_end() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    ready: dict[str, object] = {"connect_to": listeners.connect_to(), **files}
    if standard_ports:
        ready["addresses"] = listeners.addresses()
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    threading.Thread(target=wait_for_end, daemon=True).start()
    await stop.wait()
    for server in servers:
        server.close()
    listeners.close()
    return responder


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of the process."""
    parser = argparse.ArgumentParser(prog="python -m gemcrawl.demo.server", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where files are written")
    parser.add_argument("--night", type=int, choices=(1, 2), default=1, help="2: after repair, with three new faults")
    parser.add_argument("--size", type=int, default=390, help="number of municipalities")
    parser.add_argument("--standard-ports", action="store_true", help="ports 443 and 80 of several loopback addresses; needs root")
    options = parser.parse_args(arguments)
    options.directory.mkdir(parents=True, exist_ok=True)
    work = _run(options.directory, options.night, options.size, standard_ports=options.standard_ports)
    try:
        import uvloop
    except ImportError:
        responder = asyncio.run(work)
    else:
        responder = uvloop.run(work)
    counts = json.dumps(responder.visits.as_dict(), indent=1)
    (options.directory / _LOG).write_text(counts + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
