"""What a request brought: plain data, known to the survey without knowing how it was fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gemcrawl import clock
from gemcrawl.fetch.exchange import Exchange
from gemcrawl.items import Reason
from gemcrawl.transport.facts import Hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response, or the reason why there is none (`failure`)."""

    url: str
    failure: Reason | None = None
    hop: Hop | None = None
    """None when there is no response."""
    body: bytes = b""
    """Decompressed; cut at the size limit, then `truncated`."""
    truncated: bool = False
    location: str | None = None
    refresh: str | None = None
    """The Refresh field: a meta refresh without a page."""
    content_type: str = ""
    charset: str | None = None
    policies: tuple[str, ...] = ()
    """Content-Security-Policy fields as sent."""
    retry_after: str | None = None
    cookies: tuple[str, ...] = ()
    """Set-Cookie fields as sent."""
    exchange: Exchange | None = None
    """What went over the connection, when evidence is kept."""
    wire_bytes: int = 0
    seconds: float = 0.0
    fetched_at: datetime = field(default_factory=clock.now)

    @property
    def status(self) -> int:
        """HTTP status; 0 when there is no response."""
        return self.hop.status if self.hop else 0
