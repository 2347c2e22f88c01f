"""Wires over TCP, for workers on other machines: who knows a secret word is let in, once, and a machine that is cut off is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import socket
from typing import Self

from gemcrawl.fleet.wire import LONGEST, Wire

WORD_BYTES = 32
REFUSED = 75
"""Exit code of a worker that was not let in: Dask began the task of a lost one anew, whose word was used."""
HELLO_SECONDS = 10.0
"""How long somebody who connects may take to say the word."""
PATIENCE = (10, 5, 3)
"""Of the parent with a silent machine: seconds until it is asked whether it is there, between two questions, and how many."""
WORKER_PATIENCE = (5, 3, 3)
"""The same of a worker; it ends before the parent gives its turns to somebody else."""


def watch(connected: socket.socket, patience: tuple[int, int, int]) -> None:
    """Has the kernel end the connection when the machine at the other end does not answer any more."""
    idle, between, times = patience
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": idle,
        "TCP_KEEPINTVL": between,
        "TCP_KEEPCNT": times,
        "TCP_USER_TIMEOUT": 1000 * (idle + between * times),  # what was sent and not acknowledged
    }
    for name, value in options.items():
        if hasattr(socket, name):  # they are Linux's
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def join(host: str, port: int, word: str) -> socket.socket:
    """A worker's end of a wire.

    Raises:
        OSError: nobody is there.
    """
    connected = socket.create_connection((host, port), timeout=HELLO_SECONDS)
    connected.settimeout(None)
    watch(connected, WORKER_PATIENCE)
    connected.sendall(f"{word}\n".encode())
    return connected


class Gate:
    """Listens for workers that are expected; nobody else gets an answer.

    Args:
        host: the address that it listens at.
        port: 0 for any.
    """

    def __init__(self, host: str, port: int = 0) -> None:
        self._host, self.port = host, port
        self._expected: dict[str, asyncio.Future[Wire]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._greet, self._host, self.port, limit=LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def expect(self) -> tuple[str, asyncio.Future[Wire]]:
        """A word that lets one worker in, once, and the wire to it when it comes; cancel that to expect it no more."""
        word = secrets.token_hex(WORD_BYTES)
        wire: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self._expected[word] = wire
        wire.add_done_callback(lambda _: self._expected.pop(word, None))
        return word, wire

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(HELLO_SECONDS):
                said = await reader.readexactly(2 * WORD_BYTES + 1)
        meant = [word for word in self._expected if hmac.compare_digest(f"{word}\n".encode(), said)]
        if not meant:
            writer.close()
            return
        watch(writer.get_extra_info("socket"), PATIENCE)
        self._expected[meant[0]].set_result(Wire(reader, writer))
