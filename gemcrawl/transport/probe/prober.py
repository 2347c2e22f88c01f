"""One TLS inventory per (host, port, address) and crawl, shared by all forms there, at a pace that servers do not notice."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.turns import NoTurns
from gemcrawl.recent import MOST, Recent
from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe.exchange import Connect
from gemcrawl.transport.probe.inventory import DEFAULT_LIMITS, Limits, take_inventory
from gemcrawl.transport.urls import normal_host

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

    from gemcrawl.fetch.turns import Turns

CONNECT_SECONDS = 10.0
SPACING = 0.2
"""Seconds between two connections to one server."""
PER_SERVER = 2
"""Inventories of different hosts at one server at the same time, each with one connection at a time."""
SERVERS = 32
"""Inventories at the same time."""
ADDRESSES = 4
"""Addresses measured per host and family; what a large network gives out beyond that are copies."""


def guarded(guard: Guard, seconds: float = CONNECT_SECONDS) -> Connect:
    """Opens connections to addresses that ``guard`` allows.

    The coroutine it returns raises `AddressRefused` or another `OSError`, of which `TimeoutError` after ``seconds``.
    """

    async def connect(address: str, port: int, protocol: asyncio.Protocol) -> object:
        guard.check(address)
        async with asyncio.timeout(seconds):
            # The address is one already, so nothing is looked up between the check and the connection.
            return await asyncio.get_running_loop().create_connection(lambda: protocol, address, port)

    return connect


class Lane:
    """The way to one server: few at a time, one connection after another."""

    def __init__(self, connect: Connect, spacing: float, shared: Turns | None = None, name: str = "") -> None:
        self._name = name
        self.places = asyncio.Semaphore(PER_SERVER)
        self._connect, self._spacing, self._shared = connect, spacing, shared or NoTurns()
        self._free_at = self._left_at = float("-inf")

    async def connect(self, address: str, port: int, protocol: asyncio.Protocol) -> object:
        async with self._shared.turn(f"handshake {self._name}") as turn:
            await self._pause()
            turn.rest = self._spacing
        return await self._connect(address, port, protocol)

    async def _pause(self) -> None:
        time = asyncio.get_running_loop().time
        now = time()
        # A busy machine wakes several at once, late: they must not leave together, nor with one that comes just then.
        start, self._free_at = max(self._free_at, self._left_at + self._spacing / 2), max(now, self._free_at) + self._spacing
        while start > now:
            await asyncio.sleep(start - now)
            start, now = self._left_at + self._spacing / 2, time()
        self._left_at = time()


class Prober:
    """Takes inventories, each once.

    Args:
        resolver: applies connect-to and DNS; stays the caller's to close.
        connect: see `guarded`.
        spacing: seconds between two connections to one server.
        shared: turns among the processes of a run; what one of them listed, the others are told.
    """

    def __init__(
        self,
        resolver: Resolver,
        connect: Connect,
        *,
        limits: Limits = DEFAULT_LIMITS,
        spacing: float = SPACING,
        shared: Turns | None = None,
    ) -> None:
        self._resolver, self._limits = resolver, limits
        self._shared = shared or NoTurns()
        # By address; by host where a connect-to rule stands in for the host's own server.
        self._lanes: Recent[tuple[str, int], Lane] = Recent(lambda at: Lane(connect, spacing, self._shared, f"{at[0]} {at[1]}"))
        self._places = asyncio.Semaphore(SERVERS)
        self._probes: OrderedDict[tuple[str, int], asyncio.Task[dict[str, Inventory]]] = OrderedDict()
        self._tried_again: set[tuple[str, int]] = set()

    def begin(self, host: str, port: int = 443) -> None:
        """Starts the inventory of ``host``, if it was not, for `probe` to wait for."""
        self._begun((normal_host(host), port))

    async def probe(self, host: str, port: int = 443) -> dict[str, Inventory]:
        """The inventory of every address of ``host``, by address; empty when it has none.

        Asked again, or by several at once, it gives the inventories already taken or under way; who stops waiting stops nobody else.
        """
        return await asyncio.shield(self._begun((normal_host(host), port)))

    def _begun(self, key: tuple[str, int]) -> asyncio.Task[dict[str, Inventory]]:
        """The inventory of a host, taken or under way; of those that were taken, the ones asked for last are remembered."""
        if (probe := self._probes.get(key)) is None:
            probe = self._probes[key] = asyncio.create_task(self._probe(*key))
        self._probes.move_to_end(key)
        if len(self._probes) > MOST and (oldest := next((key for key, probe in self._probes.items() if probe.done()), None)) is not None:
            del self._probes[oldest]
            self._tried_again.discard(oldest)
        return probe

    async def ends(self, host: str, port: int = 443) -> dict[str, int]:
        """The addresses of ``host`` that are measured, and the port to connect to at each; empty when it has none."""
        return {server["host"]: server["port"] for server in await self._servers(normal_host(host), port)}

    def again(self, host: str, port: int = 443) -> None:
        """Starts a second try at the addresses whose inventory the network broke off, once; it has what the first left of the budget."""
        key = normal_host(host), port
        first = self._probes.get(key)
        if first is not None and first.done() and key not in self._tried_again:
            self._tried_again.add(key)
            self._probes[key] = asyncio.create_task(self._probe(*key, first=first.result()))

    def forget_broken(self) -> None:
        """Forgets the inventories that found no address or that the network broke off: who asks next begins anew, with a whole budget."""
        for key, probe in list(self._probes.items()):
            if probe.done() and not probe.cancelled() and (not probe.result() or any(map(broken_off, probe.result().values()))):
                del self._probes[key]
                self._tried_again.discard(key)

    async def close(self) -> None:
        """Ends inventories that are under way, and cancels who waits for them."""
        for probe in self._probes.values():
            probe.cancel()
        await asyncio.gather(*self._probes.values(), return_exceptions=True)

    async def _servers(self, host: str, port: int) -> list[ResolveResult]:
        try:
            found = await self._resolver.resolve(host, port)
        except OSError:
            return []
        by_address = {result["host"]: result for result in found}
        return [
            result
            for family in (socket.AF_INET, socket.AF_INET6)
            for result in [r for r in by_address.values() if r["family"] == family][:ADDRESSES]
        ]

    async def _probe(self, host: str, port: int, first: Mapping[str, Inventory] = MappingProxyType({})) -> dict[str, Inventory]:
        async with self._shared.turn(f"inventory {host} {port}") as turn:
            known = {address: _inventory(told) for address, told in turn.known.items()}
            if known and not any(map(broken_off, known.values())):
                return known
            chosen = await self._servers(host, port)
            own = (host, port) if self._resolver.redirects(host, port) else None
            taken = await asyncio.gather(*(self._take(host, server, first.get(server["host"]), own) for server in chosen))
            found = {**first, **{server["host"]: inventory for server, inventory in zip(chosen, taken, strict=True)}}
            turn.known = {address: asdict(inventory) for address, inventory in found.items()}
        return found

    async def _take(self, host: str, server: ResolveResult, first: Inventory | None, own: tuple[str, int] | None) -> Inventory:
        if first is not None and not broken_off(first):
            return first
        address, port = server["host"], server["port"]
        at = own or (address, port)
        lane = self._lanes[at]
        spent = first.handshakes if first is not None else 0
        # The lane first: who waits for a busy server must not hold a place that another server could use.
        async with lane.places, self._shared.turn(f"listing {at[0]} {at[1]}", places=PER_SERVER), self._places:
            limits = replace(self._limits, handshakes=max(0, self._limits.handshakes - spent))
            taken = await take_inventory(host, address, port, connect=lane.connect, limits=limits)
        better = first if first is not None and len(first.cipher_suites) > len(taken.cipher_suites) and not taken.complete else taken
        return replace(better, handshakes=spent + taken.handshakes)


def _inventory(told: Mapping[str, Any]) -> Inventory:
    """An inventory as another process took it."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Inventory(**values)


def broken_off(inventory: Inventory) -> bool:
    """Whether the network, not the server's answers, ended it."""
    return inventory.failure in ("refused", "timeout", "reset")
