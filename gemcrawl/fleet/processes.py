"""Where the workers of a fleet come from: processes of this machine, or whatever else fits `Workers`."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any, Protocol

from gemcrawl.fleet.wire import Wire

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from gemcrawl.snapshot.lock import Lock

WORKER = ("-m", "gemcrawl.fleet.worker")
"""What Python runs as a worker."""


class Started(Protocol):
    """One worker that was started."""

    wire: Wire
    """To it; ends with it, and it ends with the wire."""

    def kill(self) -> None:
        """Ends it, without asking."""

    async def ended(self) -> int | None:
        """Waits until it is gone; its exit code, negative after a signal, or None when it was lost with what it ran on."""


class Workers(Protocol):
    """Starts workers."""

    size: int
    """How many are wanted at the same time."""
    apart: dict[str, Any]
    """Settings that they have unlike the parent."""

    async def start(self, number: int) -> Started:
        """Starts one, and waits until it can be talked to.

        Raises:
            OSError: it cannot be started; another one could not either.
        """

    async def close(self) -> None:
        """No more will be started."""


class LocalProcess:
    """A worker on this machine."""

    def __init__(self, process: Process, wire: Wire) -> None:
        self._process, self.wire = process, wire

    def kill(self) -> None:
        """See `Started.kill`."""
        self._process.kill()

    async def ended(self) -> int:
        """See `Started.ended`."""
        return await self._process.wait()


class LocalProcesses:
    """Workers on this machine, which hold the lock of the run as well.

    Args:
        size: how many.
        lock: of the run.
    """

    def __init__(self, size: int, lock: Lock) -> None:
        self.size, self._lock = size, lock
        self.apart: dict[str, Any] = {}

    async def start(self, number: int) -> LocalProcess:  # noqa: ARG002
        """See `Workers.start`."""
        ours, theirs = socket.socketpair()
        with theirs:
            inherited = tuple(number for number in (theirs.fileno(), self._lock.fileno()) if number is not None)
            # a session of its own: Ctrl-C at the terminal is for the parent, which tells its workers what it means
            process = await asyncio.create_subprocess_exec(
                sys.executable, *WORKER, *map(str, inherited), pass_fds=inherited, start_new_session=True
            )
        ours.setblocking(False)
        return LocalProcess(process, await Wire.over(ours))

    async def close(self) -> None:
        """See `Workers.close`."""
