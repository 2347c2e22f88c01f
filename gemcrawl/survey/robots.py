"""robots.txt as RFC 9309 asks: what may be fetched, how slowly, and where the sitemaps are."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from gemcrawl.items import Reason

MAX_BYTES = 512 * 1024
"""RFC 9309 section 2.5 asks for at least 500 KiB; what comes after is not read."""
AGENT = "gemcrawl"
MAX_SITEMAPS = 5
_GROUP = re.compile(r"user\s*-?\s*agent\s*[:\s]\s*([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z_-]*")
_OTHERS = "others-than-us"


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one host."""

    rules: Protego | None = None
    """None: everything is allowed, or nothing (`closed`)."""
    closed: Reason | None = None
    """Nothing may be fetched, and why: robots.txt unreachable or answering 5xx (RFC 9309 section 2.3.1.4)."""

    def refuses(self, url: str) -> Reason | None:
        """Why ``url`` may not be fetched; None when it may."""
        if self.closed is not None:
            return self.closed
        if self.rules is not None and not self.rules.can_fetch(url, AGENT):
            return "robots"
        return None

    @property
    def delay(self) -> float | None:
        """Crawl-delay in seconds."""
        found = self.rules.crawl_delay(AGENT) if self.rules is not None else None
        return float(found) if found is not None else None

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Sitemap addresses, absolute http(s) only, at most `MAX_SITEMAPS`."""
        if self.rules is None:
            return ()
        return tuple(u for u in self.rules.sitemaps if u.startswith(("http://", "https://")))[:MAX_SITEMAPS]


def parse(status: int, body: bytes) -> Robots:
    """Rules from the final answer to a request for robots.txt; 4xx means free, 5xx and 429 mean stay out (RFC 9309 section 2.3.1)."""
    if status >= 500 or status == 429:
        return Robots(closed="robots_unavailable")
    if not 200 <= status < 300:
        return Robots()
    # The byte order mark that editors of Windows write would be part of the first line's name: the rules of the first group would count for nobody.
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
    if text.lstrip().startswith("<"):  # a page served in place of the file holds no rules
        return Robots()
    return Robots(rules=Protego.parse(_ours(text)))


def _ours(text: str) -> str:
    """``text`` with all crawlers but ours and ``*`` as one; ours is named by its product token and nothing shorter (RFC 9309 section 2.2.1).

    Protego keeps the rules of a group once for each crawler it names: half a megabyte of names and rules would be hundreds of millions of them.
    """
    kept: list[str] = []
    for line in text.splitlines():
        named = _GROUP.match(line.strip())
        if named is None:
            kept.append(line)
            continue
        name = named[1].strip().lower()
        token = _TOKEN.match(name)
        wanted = f"User-agent: {'*' if name == '*' else AGENT if token and token[0] == AGENT else _OTHERS}"
        if not kept or kept[-1] != wanted:
            kept.append(wanted)
    return "\n".join(kept)


class RobotsBook:
    """The rules of every host (with its port) that this municipality's survey touches, each asked for once."""

    def __init__(self, ask: Callable[[str], Awaitable[Robots]]) -> None:
        self._ask = ask
        self._known: dict[str, Robots] = {}

    async def of(self, host: str) -> Robots:
        """The rules of ``host``."""
        if (known := self._known.get(host)) is None:
            known = self._known[host] = await self._ask(host)
        return known

    def forget(self, host: str) -> None:
        """Has the rules of ``host`` asked for once more where there were none."""
        if (known := self._known.get(host)) is not None and known.rules is None and known.closed is None:
            del self._known[host]
