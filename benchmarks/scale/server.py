"""The process that serves `benchmarks.scale.nation`, and who starts it.

python -m benchmarks.scale.server DIRECTORY SIZE TAKES [log] [standard]

It prints one line of JSON that says how to reach it, serves until its standard input ends, and prints what it used: processor seconds, peak of
its memory in MB, requests, and seconds from the first request to the last.  With ``log`` it writes DIRECTORY/log.json: when every request
came, in seconds, and to which host.  With ``standard`` it listens at ports 443 and 80 of all addresses, which is for a network of its own.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvloop

from benchmarks.clock import cpu_seconds
from benchmarks.scale.nation import Copies, Copy, write_registry
from gemcrawl.demo.server import Connection
from gemcrawl.demo.tls import Authority

if TYPE_CHECKING:
    from types import TracebackType

START_SECONDS = 60
PREPARED = 2_000
"""Municipalities whose hosts have their certificates before anything is asked; of a larger nation the others get them when they are."""
_LOOPBACK = "127.0.0.1"


class _Counted(Copies):
    """Notes what is asked."""

    def __init__(self, takes: float, *, log: bool) -> None:
        super().__init__(takes)
        self.requests = 0
        self.first = self.last = 0.0
        self.log: list[tuple[float, str]] | None = [] if log else None

    def answer(self, method: str, scheme: str, host_name: str, target: str, cookies: str = "", *, gzip: bool = False) -> bytes:
        self.requests += 1
        self.last = time.monotonic()
        self.first = self.first or self.last
        if self.log is not None:
            self.log.append((self.last, host_name))
        return super().answer(method, scheme, host_name, target, cookies, gzip=gzip)


async def _serve(directory: Path, size: int, takes: float, *, log: bool, standard: bool) -> None:
    hosts = {host for copy in map(Copy, range(min(size, PREPARED))) for host in (copy.website, copy.form_host)}
    authority, copies = Authority(directory / "tls", most=2 * PREPARED), _Counted(takes, log=log)
    authority.prepare("good", hosts)
    (directory / "ca.pem").write_bytes(authority.root_pem)
    write_registry(directory / "registry.csv", size)
    loop = asyncio.get_running_loop()
    rules = []
    for port, context in ((443, authority.listener("good")), (80, None)):
        listening = socket.create_server(("", port) if standard else (_LOOPBACK, 0), backlog=1024)
        rules.append(f"*.test:{port}:{_LOOPBACK}:{listening.getsockname()[1]}")
        factory = partial(Connection, copies, "https" if context else "http")
        await loop.create_server(factory, sock=listening, ssl=context)
    print(json.dumps([] if standard else rules), flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    if copies.log is not None:
        (directory / "log.json").write_text(json.dumps(copies.log), encoding="utf-8")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = {"cpu": cpu_seconds(), "peak_mb": peak, "requests": copies.requests, "seconds": copies.last - copies.first}
    print(json.dumps(used), flush=True)


class ScaleServer:
    """Serves so many municipalities while the context lasts; afterwards ``used`` says what that took, and ``log`` what was asked.

    Args:
        directory: for its files; made when missing.
        takes: seconds that an answer takes.
        log: whether to keep a log.
        standard: whether to use the standard ports of all addresses.
    """

    def __init__(self, directory: Path, size: int, *, takes: float = 0.0, log: bool = False, standard: bool = False) -> None:
        self.directory = directory
        how = [name for name, wanted in (("log", log), ("standard", standard)) if wanted]
        self._command = [sys.executable, "-m", __name__, str(directory), str(size), str(takes), *how]
        self.used: dict[str, float] = {}

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True)
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.connect_to: list[str] = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        said, _ = self._process.communicate(timeout=START_SECONDS)
        self.used = json.loads(said)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> list[tuple[float, str]]:
        """Time and host of every request, in order; once it has ended."""
        return [(when, host) for when, host in json.loads((self.directory / "log.json").read_bytes())]

    def settings(self, output: Path | str, *, delay: float) -> dict[str, Any]:
        """Scrapy settings with which a survey reaches this nation, rendering nothing and without TLS inventories."""
        return {
            "GEMCRAWL_REGISTRY": str(self.directory / "registry.csv"),
            "GEMCRAWL_OUTPUT": str(output),
            "GEMCRAWL_CONNECT_TO": self.connect_to,
            "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"],
            "GEMCRAWL_CA_FILE": str(self.directory / "ca.pem"),
            "GEMCRAWL_RENDER": False,
            "GEMCRAWL_TLS_INVENTORY": False,
            "DOWNLOAD_DELAY": delay,
            "LOG_LEVEL": "ERROR",
        }


if __name__ == "__main__":
    _directory, _size, _takes, *_how = sys.argv[1:]
    uvloop.run(_serve(Path(_directory), int(_size), float(_takes), log="log" in _how, standard="standard" in _how))
