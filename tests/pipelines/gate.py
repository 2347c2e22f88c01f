"""A way to a server that is closed at times."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self


@contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own; what is left of its tasks is cancelled in the end."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # clients that leave in the middle are what it is here for
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.05)  # let transports see their ends close


@dataclass
class Gate:
    """Passes connections on to a port of this machine, but resets them while it is closed.

    It admits the first ``admits`` connections, then closes until nobody has knocked for ``quiet`` seconds; after that it stays open.
    """

    target: int
    admits: int = 0
    quiet: float = 1.0
    port: int = 0
    arrivals: list[float] = field(default_factory=list)
    admitted: list[bool] = field(default_factory=list)
    _opened: bool = False
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        loop = self._stack.enter_context(loop_in_thread())
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._pass, "127.0.0.1", 0), loop).result(10)
        self._stack.callback(lambda: loop.call_soon_threadsafe(server.close))
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def longest_pause(self) -> float:
        """Seconds between two arrivals, at most."""
        return max((b - a for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)), default=0.0)

    def _open(self) -> bool:
        now = time.monotonic()
        waited = bool(self.arrivals) and now - self.arrivals[-1] >= self.quiet
        self.arrivals.append(now)
        self._opened = self._opened or (waited and len(self.arrivals) > self.admits)
        self.admitted.append(self._opened or len(self.arrivals) <= self.admits)
        return self.admitted[-1]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open():
            # A lingering time of zero makes the kernel answer with RST instead of FIN.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
