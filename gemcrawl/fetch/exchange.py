"""One request and its answer as they went over the connection, for those who keep them as evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Bytes sent and received, TLS undone."""

    request: bytes
    """Request line and header section, with the empty line at its end; no body is ever sent."""
    head: bytes
    """Status line and header section exactly as received, with the empty line at its end; without informational answers before it."""
    body: bytes
    """The body as transferred: with its content coding in place, but out of its chunks."""
    truncated: bool = False
    """The body was cut at the size limit."""
    address: str = ""
    """IP address that answered."""
