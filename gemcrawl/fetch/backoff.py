"""When a server that said "not now" may be asked again: Retry-After (RFC 9110 section 10.2.3), or twice as long each time."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

REFUSALS = frozenset({429, 503})
LONGEST = 24 * 3600.0
"""Seconds; what asks for more, or makes no sense, is cut to this."""
_SECONDS = re.compile(r"[0-9]{1,400}")
_MOST_DOUBLINGS = 10


def seconds_of(retry_after: str | None, at: datetime) -> float | None:
    """The seconds that a Retry-After field asks for at the time ``at``, from 0 to `LONGEST`; None when there is none or it says nothing."""
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:  # RFC 5322 section 3.3: -0000 is a time in UTC
        until = until.replace(tzinfo=UTC)
    return min(max((until - at).total_seconds(), 0.0), LONGEST)


class BackOff:
    """The servers of a crawl that asked for rest.

    Args:
        first: seconds to wait after a first refusal that names no time; each further one in a row doubles it.
        clock: seconds that only go forward.
    """

    def __init__(self, first: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._first, self._clock = first, clock
        self._until: dict[str, float] = {}
        self._refusals: dict[str, int] = {}

    def refused(self, server: str, retry_after: str | None) -> None:
        """Notes an answer of 429 or 503."""
        times = self._refusals[server] = self._refusals.get(server, 0) + 1
        asked = seconds_of(retry_after, datetime.now(UTC))
        wait = self._first * math.ldexp(1.0, min(times - 1, _MOST_DOUBLINGS)) if asked is None else max(asked, self._first)
        self._until[server] = max(self._until.get(server, 0.0), self._clock() + min(wait, LONGEST))

    def answered(self, server: str) -> None:
        """Notes any other answer."""
        self._refusals.pop(server, None)

    def in_a_row(self, server: str) -> int:
        """Refusals of ``server`` since it last answered."""
        return self._refusals.get(server, 0)

    def resume(self, server: str, rest: float, refusals: int) -> None:
        """Takes over what somebody else knows: refusals in a row, and seconds of rest that are left; rest only ever grows."""
        if rest > 0:
            self._until[server] = max(self._until.get(server, 0.0), self._clock() + min(rest, LONGEST))
        if refusals > 0:
            self._refusals[server] = refusals
        else:
            self._refusals.pop(server, None)

    def left(self, server: str) -> float:
        """Seconds until ``server`` may be asked again; 0 when it may."""
        left = self._until.get(server, 0.0) - self._clock()
        if left <= 0:
            self._until.pop(server, None)
            return 0.0
        return left
