"""The fictional nation on ports that stay the same, served by a process that can be killed and started again."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gemcrawl.demo.nation import PKI_HOST, nation
from gemcrawl.demo.responder import Responder
from gemcrawl.demo.server import Listeners, _add_pki, write_files
from gemcrawl.demo.tls import Authority

_FORK = multiprocessing.get_context("fork")


class _SamePorts(Listeners):
    """Listeners that come back where those before them were."""

    def __init__(self, nation: Any, ports: dict[str, int]) -> None:
        self._numbers = ports
        super().__init__(nation, standard_ports=False)

    def _listen(self, address: str, port: int, kind: str) -> int:
        number = super()._listen(address, self._numbers.get(kind, port), kind)
        self._numbers[kind] = number
        return number

    def _refuse(self) -> int:
        sock = _bound(self._numbers.get("refused", 0))
        self._refusing.append(sock)
        number: int = sock.getsockname()[1]
        self._numbers["refused"] = number
        return number


def _bound(port: int) -> socket.socket:
    """A port that is taken and refuses, and that a listener may share."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


class Nation:
    """Serves while the context lasts; one authority and one set of ports throughout.

    Args:
        directory: for its files.
        size: municipalities.
    """

    def __init__(self, directory: Path, size: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._nation = nation(1, size)
        self._authority = Authority(directory / "tls")
        _add_pki(self._nation.hosts[PKI_HOST], self._authority)
        for host in self._nation.hosts.values():
            if host.profile != "closed":
                self._authority._context(host.profile, host.name)  # so that a process started later has the same certificates
        self._ports: dict[str, int] = {}
        listeners = _SamePorts(self._nation, self._ports)
        self.connect_to = listeners.connect_to()
        self._close(listeners)
        # While no process serves, a port must not go to somebody else's connection.
        self._kept = [_bound(port) for port in self._ports.values()]
        files = write_files(directory, self._nation, self._authority)
        self.towns, self.ca_file = self._nation.towns, Path(files["ca_file"])
        self._registry, self._known_hosts, self._ca_file = files["registry"], files["known_hosts"], files["ca_file"]
        self._process: multiprocessing.process.BaseProcess | None = None

    @staticmethod
    def _close(listeners: Listeners) -> None:
        for sock in listeners._sockets.values():
            sock.close()
        listeners.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        for sock in self._kept:
            sock.close()

    def start(self) -> None:
        """Starts a process and waits until it serves."""
        ready, tell = os.pipe()
        self._process = _FORK.Process(target=self._serve, args=(tell,), daemon=True)
        self._process.start()
        os.close(tell)
        with os.fdopen(ready, "rb") as pipe:
            if not pipe.read(1):
                raise RuntimeError("the nation did not start")

    def kill(self) -> None:
        """Kills it: every connection breaks, new ones are refused."""
        if self._process is not None and self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.join()
        self._process = None

    def _serve(self, tell: int) -> None:
        async def serve() -> None:
            await _SamePorts(self._nation, self._ports).serve(Responder(self._nation), self._authority)
            os.write(tell, b"!")
            await asyncio.Event().wait()

        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  clients that are killed leave complaints
        asyncio.run(serve())

    def with_case(self, *cases: str) -> list[str]:
        """Codes of the municipalities that were dealt one of these cases (`gemcrawl.demo.cases`)."""
        return [town.code for town in self._nation.towns if town.case in cases]

    def options(self, output: Path, *, by_name: bool = False) -> list[str]:
        """Options of ``gemcrawl crawl``; ``by_name``: lead hosts to a name that has to be resolved, rather than to an address."""
        rules = [rule.replace(":127.0.0.1:", ":localhost:") if by_name else rule for rule in self.connect_to]
        found = ["--registry", self._registry, "--known-hosts", self._known_hosts, "--ca-file", self._ca_file, "--output", str(output)]
        found += ["--allow-net", "127.0.0.0/8", "--delay", "0.005"]
        return [*found, *(word for rule in rules for word in ("--connect-to", rule))]
