"""Turns at what the workers of a run share: the parent keeps them (`TurnKeeper`), workers take them (`SharedTurns`).

A server's turn is what keeps N processes as polite as one: it goes from hand to hand, with what was learnt of the server, and not before
the rest that the last one asked for is over.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gemcrawl.fetch.turns import Turn
from gemcrawl.recent import MOST

if TYPE_CHECKING:
    from gemcrawl.fleet.wire import Message, Wire

NOTHING = "{}"
"""What is known of most things."""
INVENTORY = "inventory "
"""Names that begin so are of hosts whose inventory goes along with the turn."""


@dataclass(eq=False, slots=True)
class _Asked:
    """One turn, held or waited for."""

    wire: Wire
    number: int
    name: str


@dataclass(slots=True)
class _Shared:
    """One thing that is taken in turns."""

    places: int = 1
    held: int = 0
    waiting: deque[_Asked] = field(default_factory=deque)
    known: str = NOTHING
    """As JSON, which takes a fifth of the memory: there is one for every host of the run."""
    since: float = 0.0
    free_at: float = 0.0
    timer: asyncio.TimerHandle | None = None


class TurnKeeper:
    """Grants turns, first come first served.

    Args:
        rest: seconds that a thing rests when the worker that had it is gone.
    """

    def __init__(self, rest: float) -> None:
        self._rest = rest
        self._things: dict[str, _Shared] = {}
        self._asked: dict[tuple[Wire, int], _Asked] = {}
        self._inventories: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """Things that are remembered."""
        return len(self._things)

    def ask(self, wire: Wire, message: Message) -> None:
        """A worker asks for a turn."""
        asked = _Asked(wire, message["number"], message["turn"])
        self._asked[wire, asked.number] = asked
        thing = self._things.setdefault(asked.name, _Shared())
        thing.places = message["places"]
        thing.waiting.append(asked)
        self._grant(thing)

    def free(self, wire: Wire, message: Message) -> None:
        """A worker gives a turn back, or no longer wants it."""
        self._back(self._asked.pop((wire, message["free"])), message["known"], message["rest"])

    def gone(self, wire: Wire) -> None:
        """A worker is gone, and its turns with it."""
        for key in [key for key in self._asked if key[0] is wire]:
            asked = self._asked.pop(key)
            self._back(asked, None, self._rest)

    def _back(self, asked: _Asked, known: dict[str, Any] | None, rest: float) -> None:
        thing = self._things[asked.name]
        if asked in thing.waiting:
            thing.waiting.remove(asked)
            return
        now = asyncio.get_running_loop().time()
        thing.held -= 1
        thing.free_at = max(thing.free_at, now + rest)
        if known is not None:
            thing.known, thing.since = json.dumps(known, separators=(",", ":")) if known else NOTHING, now
        self._grant(thing)
        if known and asked.name.startswith(INVENTORY):
            self._remember(asked.name)
        if thing.known == NOTHING and _idle(thing):
            asyncio.get_running_loop().call_at(thing.free_at + 0.01, self._forget, asked.name)

    def _remember(self, name: str) -> None:
        """Of the hosts' inventories, which are large, those asked for last are remembered; what a server asked of us always is."""
        self._inventories[name] = None
        self._inventories.move_to_end(name)
        if len(self._inventories) > MOST:
            oldest, _ = self._inventories.popitem(last=False)
            if (thing := self._things.get(oldest)) is not None:
                thing.known = NOTHING
                self._forget(oldest)

    def _forget(self, name: str) -> None:
        """Most of what a run meets belongs to one municipality, and nobody asks for it again."""
        thing = self._things.get(name)
        if thing is not None and thing.known == NOTHING and _idle(thing) and thing.free_at <= asyncio.get_running_loop().time():
            del self._things[name]

    def _grant(self, thing: _Shared) -> None:
        loop = asyncio.get_running_loop()
        while thing.waiting and thing.held < thing.places:
            now = loop.time()
            if thing.free_at > now:
                if thing.timer is None:
                    thing.timer = loop.call_at(thing.free_at, self._rested, thing)
                return
            asked = thing.waiting.popleft()
            thing.held += 1
            asked.wire.send(granted=asked.number, known={} if thing.known == NOTHING else json.loads(thing.known), since=now - thing.since)

    def _rested(self, thing: _Shared) -> None:
        thing.timer = None
        self._grant(thing)


def _idle(thing: _Shared) -> bool:
    return not thing.held and not thing.waiting


class SharedTurns:
    """A worker's side; implements `gemcrawl.fetch.turns.Turns`."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        """To the parent; there is one before the first turn is asked for."""
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Turn]] = {}

    @asynccontextmanager
    async def turn(self, name: str, *, places: int = 1) -> AsyncIterator[Turn]:
        """See `gemcrawl.fetch.turns.Turns.turn`."""
        assert self.wire is not None
        number = next(self._numbers)
        granted = self._waiting[number] = asyncio.get_running_loop().create_future()
        self.wire.send(turn=name, number=number, places=places)
        turn: Turn | None = None
        try:
            turn = await granted
            yield turn
        finally:
            del self._waiting[number]
            self.wire.send(free=number, known=turn.known if turn is not None else None, rest=turn.rest if turn is not None else 0.0)

    def granted(self, message: Message) -> None:
        """The parent grants a turn; one that nobody waits for any more was given back before."""
        waiting = self._waiting.get(message["granted"])
        if waiting is not None and not waiting.done():
            waiting.set_result(Turn(message["known"], message["since"]))
