"""The municipalities of a round: who is next, who has which, and what becomes of those whose worker is lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from statistics import median

ALONE_AFTER = 2
"""Workers lost with a municipality, after which it is handed out alone: it may be what loses them."""
GIVEN_UP_AFTER = 3
"""Workers lost with a municipality, after which it is handed out no more."""


def longest_first(codes: Iterable[str], seconds: Mapping[str, float]) -> list[str]:
    """``codes`` by how long they took before, so that none is left to wait for at the end; a new one counts as the median."""
    usual = median(seconds.values()) if seconds else 0.0
    return sorted(codes, key=lambda code: -seconds.get(code, usual))


class Work:
    """What is still to be handed out.

    Args:
        codes: municipalities, in this order.
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self._waiting = deque(codes)
        self._suspects: deque[str] = deque()
        self._lost: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._suspects)

    def add(self, codes: Iterable[str]) -> None:
        """More of it."""
        self._waiting.extend(codes)

    def next_for(self, at_work: Iterable[str]) -> str | None:
        """The municipality for a worker that has a place free beside those ``at_work``; None when there is none for it now."""
        busy = list(at_work)
        if any(self._lost[code] >= ALONE_AFTER for code in busy):
            return None
        if self._waiting:
            return self._waiting.popleft()
        return self._suspects.popleft() if self._suspects and not busy else None

    def lost(self, code: str) -> bool:
        """The worker of ``code`` is lost before it was committed: it is handed out again; False when that was once too often."""
        self._lost[code] += 1
        if self._lost[code] >= GIVEN_UP_AFTER:
            return False
        if self._lost[code] >= ALONE_AFTER:
            self._suspects.append(code)
        else:
            self._waiting.appendleft(code)
        return True
