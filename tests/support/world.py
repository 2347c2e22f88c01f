"""A small real web: hosts with pages over http and https, on loopback ports, with a log of what was asked.

with World({"www.a.test": {"/": "<h1>A</h1>", "http:/": redirect("https://www.a.test/")}}, authority) as world:
    settings = world.settings  # connect-to rules, root and allowed network: URLs stay https://www.a.test/
"""

from __future__ import annotations

import asyncio
import csv
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.support.authority import EVERY_SUITE, TLS12, TLS13, Authority, Fault, Leaf, Versions
from tests.support.bad import RESOURCES


@dataclass(frozen=True)
class Reply:
    """What a path answers; text is HTML unless ``headers`` says otherwise."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the answer."""


def redirect(location: str, status: int = 301) -> Reply:
    return Reply(status=status, headers={"Location": location})


Route = str | bytes | Reply | Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Tls:
    """How a host speaks TLS."""

    fault: Fault = ""
    versions: Versions = (TLS12, TLS13)
    ciphers: str = EVERY_SUITE
    """OpenSSL's notation; for TLS 1.2 and older."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    scheme: str
    host: str
    """The Host field."""
    path: str
    """With the query."""
    time: float
    """`time.monotonic`."""
    headers: Mapping[str, str]
    peer: tuple[Any, ...]
    """The other end of the connection: equal for requests over the same one."""


class World:
    """Serves ``hosts``, from the moment it is entered until it is left.

    Args:
        hosts: for every host its paths; ``http:/x`` and ``https:/x`` go before ``/x``; a path may hold its query.  Other paths are
            the bad resources of `tests.support.bad`, else 404.
        tls: hosts whose certificate, versions or suites are not simply good.
        closed: origins (``https://www.a.test``) at which nobody listens.
        address: where it listens.
    """

    def __init__(
        self,
        hosts: Mapping[str, Mapping[str, Route]],
        authority: Authority,
        *,
        tls: Mapping[str, Tls] | None = None,
        closed: Collection[str] = (),
        address: str = "127.0.0.1",
    ) -> None:
        self.hosts = hosts
        self.address = address
        self.ca_file = authority.ca_file
        self.log: list[Asked] = []
        self.server_names: list[str | None] = []
        """The SNI of every handshake begun."""
        self.leaves: dict[str, Leaf] = {}
        """What every host sends as its certificates."""
        self._tls = {host: (tls or {}).get(host, Tls()) for host in hosts}
        for host, how in self._tls.items():
            self.leaves[host] = authority.leaf(host, fault=how.fault)
        self._closed = frozenset(closed)
        self._ports: dict[tuple[str, str], int] = {}
        self._reserved: list[socket.socket] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._runner: web.ServerRunner | None = None

    def __enter__(self) -> Self:
        self._loop.set_exception_handler(lambda *_: None)  # clients that leave in the middle are what it is here for
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
        for reserved in self._reserved:
            reserved.close()

    def port(self, host: str, scheme: str = "https") -> int:
        """The loopback port at which ``host`` is served."""
        return self._ports[host, scheme]

    @property
    def connect_to(self) -> list[str]:
        """Rules that lead the standard ports of every host here."""
        standard = {"http": 80, "https": 443}
        return [f"{host}:{standard[scheme]}:{self.address}:{port}" for (host, scheme), port in self._ports.items()]

    @property
    def settings(self) -> dict[str, Any]:
        """Scrapy settings with which gemcrawl finds, may reach and trusts this world."""
        return {"GEMCRAWL_CONNECT_TO": self.connect_to, "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"], "GEMCRAWL_CA_FILE": str(self.ca_file)}

    def paths(self, host: str) -> list[str]:
        """What was asked of ``host``, in order."""
        return [asked.path for asked in self.log if asked.host == host]

    def registry(self, folder: Path, *websites: str) -> Path:
        """A registry file in ``folder`` with ``websites`` (all hosts when none is given) as GM9001, GM9002, ..."""
        path = folder / "registry.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("code", "name", "province", "website"))
            for number, website in enumerate(websites or self.hosts, start=9001):
                writer.writerow((f"GM{number}", f"Gemeente {number}", "Utrecht", website))
        return path

    async def _open(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)  # type: ignore[arg-type]
        await self._runner.setup()
        http = await self._listen(None)
        listeners: dict[Versions, int] = {}
        for host, how in self._tls.items():
            if how.versions not in listeners:
                listeners[how.versions] = await self._listen(self._context(host, how))
            self._ports[host, "http"] = self._nobody() if f"http://{host}" in self._closed else http
            self._ports[host, "https"] = self._nobody() if f"https://{host}" in self._closed else listeners[how.versions]

    async def _listen(self, context: ssl.SSLContext | None) -> int:
        listening = socket.create_server((self.address, 0), backlog=512)
        port: int = listening.getsockname()[1]
        assert self._runner is not None
        await web.SockSite(self._runner, listening, ssl_context=context).start()
        return port

    def _context(self, host: str, how: Tls) -> ssl.SSLContext:
        """The context of a listener; versions are its own, certificate and suites are chosen by name."""
        context = self.leaves[host].server_context(how.versions, how.ciphers)
        contexts = {name: leaf.server_context(ciphers=self._tls[name].ciphers) for name, leaf in self.leaves.items()}

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            self.server_names.append(name)
            if name in contexts:
                connection.context = contexts[name]

        context.sni_callback = choose
        return context

    def _nobody(self) -> int:
        """A port that stays refused: bound, so that no other process gets it, but not listening."""
        reserved = socket.socket()
        reserved.bind(("127.0.0.1", 0))
        self._reserved.append(reserved)
        port: int = reserved.getsockname()[1]
        return port

    async def _close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        scheme = "https" if request.secure else "http"
        peer = request.transport.get_extra_info("peername") if request.transport else ()
        host = request.host.partition(":")[0].lower()
        self.log.append(Asked(request.method, scheme, request.host, request.path_qs, time.monotonic(), dict(request.headers), peer))
        paths = self.hosts.get(host, {})
        found: Route | None = None
        for path in (request.path_qs, request.path):
            found = paths.get(f"{scheme}:{path}", paths.get(path))
            if found is not None:
                break
        if found is None:
            found = RESOURCES.get(request.path, Reply("<h1>Niet gevonden</h1>", 404))
        if isinstance(found, (str, bytes)):
            found = Reply(found)
        return await (_reply(found) if isinstance(found, Reply) else found(request))


async def _reply(reply: Reply) -> web.Response:
    if reply.delay:
        await asyncio.sleep(reply.delay)
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    answer = web.Response(body=body, status=reply.status)
    answer.headers["Content-Type"] = "text/html; charset=utf-8" if isinstance(reply.body, str) else "application/octet-stream"
    pairs = reply.headers.items() if isinstance(reply.headers, Mapping) else reply.headers
    for name in {name for name, _ in pairs}:
        answer.headers.popall(name, None)
    for name, value in pairs:
        answer.headers.add(name, value)
    return answer
