"""One TLS inventory per (host, port, address) and crawl, shared by all forms there, at a pace that servers do not notice."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from ipaddress import ip_address
from typing import TYPE_CHECKING

from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe.inventory import DEFAULT_LIMITS, Connect, Limits, take_inventory
from gemcrawl.transport.urls import normal_host

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

CONNECT_SECONDS = 10.0
SPACING = 0.2
"""Seconds between two connections to one server."""
PER_SERVER = 2
"""Inventories of different hosts at one server at the same time, each with one connection at a time."""
SERVERS = 8
"""Inventories at the same time."""
ADDRESSES = 4
"""Addresses measured per host and family; what a large network gives out beyond that are copies."""


def guarded(guard: Guard, seconds: float = CONNECT_SECONDS) -> Connect:
    """Opens connections to addresses that ``guard`` allows.

    The coroutine it returns raises `AddressRefused` or another `OSError`, of which `TimeoutError` after ``seconds``.
    """

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        guard.check(address)
        made = socket.socket(socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(made, (address, port))
                return await asyncio.open_connection(sock=made)
        except BaseException:
            made.close()
            raise

    return connect


class _Lane:
    """The way to one server: few at a time, one connection after another."""

    def __init__(self, connect: Connect, spacing: float) -> None:
        self.places = asyncio.Semaphore(PER_SERVER)
        self._connect, self._spacing = connect, spacing
        self._free_at = 0.0

    async def connect(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        now = asyncio.get_running_loop().time()
        start, self._free_at = self._free_at, max(now, self._free_at) + self._spacing
        if start > now:
            await asyncio.sleep(start - now)
        return await self._connect(address, port)


class Prober:
    """Takes inventories, each once.

    Args:
        resolver: applies connect-to and DNS; stays the caller's to close.
        connect: see `guarded`.
        spacing: seconds between two connections to one server.
    """

    def __init__(self, resolver: Resolver, connect: Connect, *, limits: Limits = DEFAULT_LIMITS, spacing: float = SPACING) -> None:
        self._resolver, self._limits = resolver, limits
        self._lanes: defaultdict[tuple[str, int], _Lane] = defaultdict(lambda: _Lane(connect, spacing))
        self._places = asyncio.Semaphore(SERVERS)
        self._probes: dict[tuple[str, int], asyncio.Task[dict[str, Inventory]]] = {}

    async def probe(self, host: str, port: int = 443) -> dict[str, Inventory]:
        """The inventory of every address of ``host``, by address; empty when it has none.

        Asked again, or by several at once, it gives the inventories already taken or under way; who stops waiting stops nobody else.
        """
        key = normal_host(host), port
        if key not in self._probes:
            self._probes[key] = asyncio.create_task(self._probe(*key))
        return await asyncio.shield(self._probes[key])

    async def close(self) -> None:
        """Ends inventories that are under way, and cancels who waits for them."""
        for probe in self._probes.values():
            probe.cancel()
        await asyncio.gather(*self._probes.values(), return_exceptions=True)

    async def _probe(self, host: str, port: int) -> dict[str, Inventory]:
        try:
            found = await self._resolver.resolve(host, port)
        except OSError:
            return {}
        by_address = {result["host"]: result for result in found}
        chosen = [
            result
            for family in (socket.AF_INET, socket.AF_INET6)
            for result in [r for r in by_address.values() if r["family"] == family][:ADDRESSES]
        ]
        taken = await asyncio.gather(*(self._take(host, result) for result in chosen))
        return {result["host"]: inventory for result, inventory in zip(chosen, taken, strict=True)}

    async def _take(self, host: str, server: ResolveResult) -> Inventory:
        address, port = server["host"], server["port"]
        lane = self._lanes[address, port]
        # The lane first: who waits for a busy server must not hold a place that another server could use.
        async with lane.places, self._places:
            return await take_inventory(host, address, port, connect=lane.connect, limits=self._limits)
