"""What the crawl saw of every host, gathered while it fetches: the memory from which host rows are made."""

from __future__ import annotations

from gemcrawl.items import Reason
from gemcrawl.recent import Recent
from gemcrawl.transport.facts import Hop, Route, Seen
from gemcrawl.transport.urls import host_of

PER_ADDRESS = 4
"""Hops with another header or certificate, or that are errors where others are none, that are kept per address."""
PER_HOST = 4
"""http routes that are kept per host."""


class Observed:
    """Facts by host name; small and bounded per host, and of all hosts those that were met last.

    Args:
        hosts: a memory that is there.
        met: keeps what is met through this object.
    """

    def __init__(self, hosts: Recent[str, Seen] | None = None, met: dict[str, Seen] | None = None) -> None:
        self._hosts: Recent[str, Seen] = Recent(lambda _: Seen()) if hosts is None else hosts
        self._met = met

    def for_one(self) -> Observed:
        """The same memory for one municipality: what that meets is remembered for as long as it is under way."""
        return Observed(self._hosts, {})

    def of(self, host: str) -> Seen:
        """Facts about ``host``; empty ones when it was never asked."""
        seen = self._hosts[host]
        if self._met is not None:
            self._met[host] = seen
        return seen

    def hop(self, hop: Hop) -> None:
        """Notes one response."""
        if hop.handshake is None:
            return
        hops = self.of(host_of(hop.url)).https.setdefault(hop.address, [])
        if len(hops) < PER_ADDRESS and _told(hop) not in map(_told, hops):
            hops.append(hop)

    def route(self, route: Route) -> None:
        """Notes where an http address led."""
        if route and route[0].url.startswith("http:"):
            routes = self.of(host_of(route[0].url)).http_routes
            if len(routes) < PER_HOST and all(known[0].url != route[0].url for known in routes):
                routes.append(route)

    def failure(self, url: str, reason: Reason) -> None:
        """Notes that ``url`` did not answer."""
        seen = self.of(host_of(url))
        if url.startswith("https:"):
            seen.https_failure = reason
        else:
            seen.http_failure = reason

    def forget_failures(self) -> None:
        """Forgets which hosts did not answer, before they are asked again."""
        for seen in self._hosts.values():
            seen.https_failure = seen.http_failure = None


def _told(hop: Hop) -> tuple[object, ...]:
    """What a host row takes from a hop; a status of its own would crowd out the one hop that has a header."""
    return hop.status < 400, hop.hsts, hop.handshake
