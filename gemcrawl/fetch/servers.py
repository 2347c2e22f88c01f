"""Turns at servers: however many names a machine goes by, it gets one request at a time and a pause between two."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gemcrawl.fetch.turns import NoTurns
from gemcrawl.recent import MOST, Recent

if TYPE_CHECKING:
    from gemcrawl.fetch.resolver import Resolver
    from gemcrawl.fetch.turns import Turns

REMEMBERED = 600.0
"""Seconds for which the addresses of a name are not looked up again."""


@dataclass(slots=True, weakref_slot=True)
class _Gate:
    """One address."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    """`time.monotonic` value before which no request may be sent."""


class Servers:
    """Knows which names are one server: a supplier's platform answers for a hundred municipalities, under their own domains too.

    Args:
        resolver: looks names up.
        delay: seconds from one request to the next.
        pause: seconds from an answer to the next request, which counts where a server is slow or a request waited after its turn came.
        shared: turns among the processes of a run.
    """

    def __init__(self, resolver: Resolver, delay: float, shared: Turns | None = None, *, pause: float = 0.0) -> None:
        self._resolver, self._delay, self._shared, self._pause = resolver, delay, shared or NoTurns(), pause
        self._addresses: OrderedDict[tuple[str, int], tuple[float, tuple[str, ...]]] = OrderedDict()
        self._gates: Recent[str, _Gate] = Recent(lambda _: _Gate())

    @asynccontextmanager
    async def turn(self, host: str, port: int, *, address: str | None = None) -> AsyncIterator[None]:
        """The turn of one request to ``host``: at ``address``, or else at every address that it may be sent to."""
        addresses = await self._of(host, port) if address is None else () if self._resolver.redirects(host, port) else (address,)
        gates = [self._gates[address] for address in addresses]
        async with AsyncExitStack() as stack:
            for gate in gates:  # in the order of the addresses, so that no two requests wait for each other
                await stack.enter_async_context(gate.lock)
            turns = [await stack.enter_async_context(self._shared.turn(f"address {address}")) for address in addresses]
            wait = max((gate.free_at for gate in gates), default=0.0) - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            for gate in gates:
                gate.free_at = time.monotonic() + self._delay
            try:
                yield
            finally:
                for gate, turn in zip(gates, turns, strict=True):
                    gate.free_at = max(gate.free_at, time.monotonic() + self._pause)
                    turn.rest = max(0.0, gate.free_at - time.monotonic())

    async def _of(self, host: str, port: int) -> tuple[str, ...]:
        """Addresses of ``host``; none where there are none, and none where a connect-to rule stands in for the name's own server."""
        if self._resolver.redirects(host, port):
            return ()
        until, addresses = self._addresses.get((host, port), (0.0, ()))
        if time.monotonic() < until:
            return addresses
        try:
            addresses = tuple(sorted({found["host"] for found in await self._resolver.resolve(host, port)}))
        except OSError:
            addresses = ()
        self._addresses[host, port] = time.monotonic() + REMEMBERED, addresses
        self._addresses.move_to_end((host, port))
        if len(self._addresses) > MOST:
            self._addresses.popitem(last=False)
        return addresses

    async def close(self) -> None:
        """Ends the look-ups."""
        await self._resolver.close()
