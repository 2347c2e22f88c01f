"""Host names to addresses for aiohttp: connect-to first, then DNS."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from gemcrawl.fetch.connect_to import ConnectTo


class Resolver(AbstractResolver):
    """Applies connect-to rules, then resolves in a thread; the event loop never blocks."""

    def __init__(self, connect_to: ConnectTo) -> None:
        self._connect_to = connect_to
        self._dns = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        target, target_port = self._connect_to(host, port)
        try:
            version = ip_address(target).version
        except ValueError:
            return [{**found, "hostname": host, "port": target_port} for found in await self._dns.resolve(target, target_port, family)]
        return [
            ResolveResult(
                hostname=host,
                host=target,
                port=target_port,
                family=socket.AF_INET6 if version == 6 else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        await self._dns.close()
