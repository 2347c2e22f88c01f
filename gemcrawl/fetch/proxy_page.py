"""What one rendered page has asked of the guard proxy so far, and what it may still ask."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gemcrawl.fetch.rendered import Allowed, BrowserRequest, Destination, Stopped

MAX_LOGGED = 1000
"""Requests kept in the log of a page; a page that asks more often is already over its budget."""
PER_HOST = 6
"""Requests of one page under way at one host; what browsers do over HTTP/1.1."""
_BRING_FORMS: tuple[Destination, ...] = ("document", "frame", "script", "data")
_STEP = 65_536


@dataclass(slots=True)
class Entry:
    """One request; `stopped` is what it ends as unless something better happens."""

    url: str
    method: str
    destination: Destination
    stopped: Stopped = "failed"
    status: int = 0


class Page:
    """The log and the budgets of one page."""

    def __init__(self, allowed: Allowed, max_requests: int, max_bytes: int) -> None:
        self.allowed = allowed
        self._requests_left = max_requests
        self._max_bytes = max_bytes
        self._log: list[Entry] = []
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self.wire_bytes = 0
        """Body bytes received."""
        self.awaited = 0
        """Requests under way that may bring a form."""

    def note(self, url: str, method: str, destination: Destination) -> Entry:
        """A new line of the log."""
        entry = Entry(url, method, destination)
        if len(self._log) < MAX_LOGGED:
            self._log.append(entry)
        return entry

    @property
    def log(self) -> tuple[BrowserRequest, ...]:
        """Every request in the order in which they came; those still under way count as failed unless an answer had begun."""
        return tuple(BrowserRequest(e.url, e.method, e.destination, e.stopped, e.status) for e in self._log)

    @property
    def spent(self) -> bool:
        """Whether a budget is used up."""
        return self._requests_left <= 0 or self.wire_bytes >= self._max_bytes

    def take(self) -> bool:
        """Takes one request from the budget; False when there is none left."""
        if self.spent:
            return False
        self._requests_left -= 1
        return True

    def has_room(self, size: int) -> bool:
        """Whether ``size`` bytes more fit in the budget."""
        return self.wire_bytes + size <= self._max_bytes

    @contextmanager
    def waits(self, destination: Destination) -> Iterator[None]:
        """While a request is under way."""
        counts = destination in _BRING_FORMS
        self.awaited += counts
        try:
            yield
        finally:
            self.awaited -= counts

    def turns(self, origin: str) -> asyncio.Semaphore:
        """Held while a request to ``origin`` is under way."""
        return self._hosts.setdefault(origin, asyncio.Semaphore(PER_HOST))


class Meter:
    """Measures a body that is passed on as it came, also by what the browser will make of it: a few bytes can be a great many.

    Args:
        coding: the value of Content-Encoding.
        limit: bytes, as sent and decompressed.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._wire = self._decoded = 0
        self._limit = limit
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if coding in ("gzip", "x-gzip") else None

    @staticmethod
    def can_follow(coding: str) -> bool:
        """Whether bodies of this coding can be measured; only these are asked for."""
        return coding in ("", "identity", "gzip", "x-gzip")

    def fits(self, chunk: bytes) -> bool:
        """Whether the body is within the limit with ``chunk`` added.

        Raises:
            zlib.error: the body is not what Content-Encoding says.
        """
        self._wire += len(chunk)
        if self._inflate is not None:
            while chunk and not self._inflate.eof and self._decoded <= self._limit:
                self._decoded += len(self._inflate.decompress(chunk, _STEP))
                chunk = self._inflate.unconsumed_tail
        return max(self._wire, self._decoded) <= self._limit
