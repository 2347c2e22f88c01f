"""The certificate and the HSTS header that one address of a host sends: a fetch by name learns those of the address it happened to take."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gemcrawl.exceptions import AddressRefused
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.tls import handshake_of, lax_context, strict_context
from gemcrawl.transport.facts import Hop

MOST_BYTES = 65_536
"""Bytes of a header section that are read."""
SECONDS = 20.0
"""For the whole of one request."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r?\n)")
_HSTS = re.compile(rb"^strict-transport-security[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_UNSENDABLE = re.compile(r"[\r\n\0]")
_INFORMATIONAL = 5
"""Answers with a status of 1xx that may go before the answer, RFC 9110, section 15.2."""


@dataclass(slots=True)
class Asker:
    """Asks one address at a time with a HEAD for the root, over a connection of its own that ends with the answer.

    Args:
        guard: refuses addresses.
        ca_file: roots to trust instead of the system's.
        headers: what every request of the crawl says, such as User-Agent.

    Raises:
        UsageError: ``ca_file`` cannot be read.
    """

    guard: Guard
    ca_file: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    _strict: ssl.SSLContext = field(init=False)
    _lax: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        self._strict, self._lax = strict_context(self.ca_file), lax_context()

    async def head(self, host: str, address: str, port: int = 443) -> Hop | None:
        """What ``https://host/`` answers at ``address``; None when it is refused, fails, or answers something that is not HTTP."""
        try:
            self.guard.check(address)
            async with asyncio.timeout(SECONDS):
                try:
                    return await self._ask(host, address, port, self._strict, "")
                except ssl.SSLCertVerificationError as error:
                    return await self._ask(host, address, port, self._lax, error.verify_message or str(error))
        except (AddressRefused, OSError, ValueError, EOFError, asyncio.LimitOverrunError):  # ValueError: a name that SNI cannot carry
            return None

    async def _ask(self, host: str, address: str, port: int, context: ssl.SSLContext, error: str) -> Hop | None:
        reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host, limit=MOST_BYTES)
        try:
            handshake = handshake_of(writer.get_extra_info("ssl_object"), error=error)
            fields = {"Host": host, **self.headers, "Connection": "close"}
            lines = ["HEAD / HTTP/1.1", *(f"{name}: {_UNSENDABLE.sub('', value)}" for name, value in fields.items()), "", ""]
            writer.write("\r\n".join(lines).encode("latin-1", "replace"))
            for _ in range(_INFORMATIONAL + 1):
                head = await reader.readuntil(b"\r\n\r\n")
                if (status := _STATUS.match(head)) is None:
                    return None
                if not status[1].startswith(b"1"):
                    hsts = tuple(value.decode("latin-1") for value in _HSTS.findall(head))
                    return Hop(url=f"https://{host}/", status=int(status[1]), address=address, hsts=hsts, handshake=handshake)
            return None
        finally:
            writer.transport.abort()
