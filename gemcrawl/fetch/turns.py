"""Turns that several processes of one run take at what they share; a run of one process has its own locks and needs none of these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from scrapy.crawler import Crawler


@dataclass(slots=True)
class Turn:
    """One turn; who has it may change what the next one finds."""

    known: dict[str, Any] = field(default_factory=dict)
    """What those before left about this thing, in values that JSON has."""
    since: float = 0.0
    """Seconds since they left it."""
    rest: float = 0.0
    """Seconds for which nobody gets the next turn."""


class Turns(Protocol):
    """Gives turns by name."""

    def turn(self, name: str, *, places: int = 1) -> AbstractAsyncContextManager[Turn]:
        """Waits for a turn and holds it.

        Args:
            name: of what is shared.
            places: so many hold one at the same time.
        """
        ...


class NoTurns:
    """Nothing is shared: everybody's turn, always, and nothing known from before."""

    @asynccontextmanager
    async def turn(self, name: str, *, places: int = 1) -> AsyncIterator[Turn]:  # noqa: ARG002
        """See `Turns.turn`."""
        yield Turn()


_shared: MutableMapping[Crawler, Turns] = WeakKeyDictionary()


def share(crawler: Crawler, turns: Turns) -> None:
    """From now on ``crawler`` takes its turns among other processes."""
    _shared[crawler] = turns


def turns_of(crawler: Crawler) -> Turns:
    """The turns that ``crawler`` is to take."""
    return _shared.get(crawler) or NoTurns()
