"""Host names to addresses for aiohttp: connect-to first, then DNS."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from gemcrawl.fetch.connect_to import ConnectTo

THREADS = 32
"""Lookups at the same time; the event loop's own pool has a handful of threads, and a few dead name servers would stall every site."""


class Resolver(AbstractResolver):
    """Applies connect-to rules, then resolves in threads of its own; the event loop never blocks."""

    def __init__(self, connect_to: ConnectTo) -> None:
        self._connect_to = connect_to
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")

    def redirects(self, host: str, port: int) -> bool:
        """Whether a connect-to rule leads ``host`` and ``port`` elsewhere."""
        return self._connect_to(host, port) != (host, port)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """The addresses to connect to for ``host`` and ``port``.

        Raises:
            OSError: there are none, or ``host`` cannot be a host name.
        """
        target, to_port = self._connect_to(host, port)
        try:
            literal = ip_address(target)
        except ValueError:
            return await self._look_up(host, target, to_port, family)
        return [_result(host, target, to_port, socket.AF_INET6 if literal.version == 6 else socket.AF_INET)]

    async def _look_up(self, host: str, target: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        kind, flags = socket.SOCK_STREAM, socket.AI_ADDRCONFIG
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: socket.getaddrinfo(target, port, family=family, type=kind, flags=flags)
            )
        except ValueError as error:  # labels that are empty, too long or not to be encoded
            raise OSError(f"{target!r} is not a host name: {error}") from None
        return [_result(host, str(address[0]), port, kind) for kind, _, _, _, address in found]

    async def close(self) -> None:
        """Ends the threads; lookups under way are left to themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, address: str, port: int, family: socket.AddressFamily) -> ResolveResult:
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
