"""Turns at what the workers of a run share: the parent keeps them (`TurnKeeper`), workers take them (`SharedTurns`).

A server's turn is what keeps N processes as polite as one: it goes from hand to hand, with what was learnt of the server, and not before
the rest that the last one asked for is over.  A worker keeps a turn that it had until another one wants it: most servers are met by one
worker only, which then need not ask for every request.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gemcrawl.fetch.turns import Turn
from gemcrawl.recent import MOST, Recent

if TYPE_CHECKING:
    from gemcrawl.fleet.wire import Message, Wire

KEPT = 256
"""Turns that a worker keeps while it does not use them; the parent remembers what is known of a thing, a worker does not."""
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
    wanted: bool = False
    """Whoever holds it was told that another one waits."""


@dataclass(slots=True)
class _Shared:
    """One thing that is taken in turns."""

    places: int = 1
    held: list[_Asked] = field(default_factory=list)
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
        self._back(self._asked.pop((wire, message["free"])), message["known"], message["rest"], message["ago"])

    def gone(self, wire: Wire) -> None:
        """A worker is gone, and its turns with it."""
        for key in [key for key in self._asked if key[0] is wire]:
            asked = self._asked.pop(key)
            self._back(asked, None, self._rest, 0.0)

    def _back(self, asked: _Asked, known: dict[str, Any] | None, rest: float, ago: float) -> None:
        thing = self._things[asked.name]
        if asked in thing.waiting:
            thing.waiting.remove(asked)
            return
        now = asyncio.get_running_loop().time()
        thing.held.remove(asked)
        thing.free_at = max(thing.free_at, now + rest)
        if known is not None:
            thing.known, thing.since = json.dumps(known, separators=(",", ":")) if known else NOTHING, now - ago
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
        while thing.waiting and len(thing.held) < thing.places:
            now = loop.time()
            if thing.free_at > now:
                if thing.timer is None:
                    thing.timer = loop.call_at(thing.free_at, self._rested, thing)
                return
            asked = thing.waiting.popleft()
            thing.held.append(asked)
            asked.wire.send(granted=asked.number, known={} if thing.known == NOTHING else json.loads(thing.known), since=now - thing.since)
        if thing.waiting and thing.places == 1 and not thing.held[0].wanted:
            thing.held[0].wanted = True
            thing.held[0].wire.send(wanted=thing.held[0].number)

    def _rested(self, thing: _Shared) -> None:
        thing.timer = None
        self._grant(thing)


def _idle(thing: _Shared) -> bool:
    return not thing.held and not thing.waiting


@dataclass(slots=True)
class _Kept:
    """A turn that this worker has, in use or not."""

    name: str
    known: dict[str, Any]
    left: float
    """When it was last used, by anybody; of the event loop's clock, as the next."""
    free_at: float = 0.0
    """When the rest after that is over."""
    wanted: bool = False


class SharedTurns:
    """A worker's side; implements `gemcrawl.fetch.turns.Turns`.

    Only the first in a worker's own line asks the parent, so that workers alternate where several want the same.  What is learnt of a thing
    is told to the parent at once, with the turn: a worker may be lost.
    """

    def __init__(self) -> None:
        self.wire: Wire | None = None
        """To the parent; there is one before the first turn is asked for."""
        self._numbers = itertools.count()
        self._lines: Recent[str, asyncio.Lock] = Recent(lambda _: asyncio.Lock())
        self._asked: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self._kept: dict[int, _Kept] = {}
        self._unused: OrderedDict[str, int] = OrderedDict()

    @asynccontextmanager
    async def turn(self, name: str, *, places: int = 1) -> AsyncIterator[Turn]:
        """See `gemcrawl.fetch.turns.Turns.turn`."""
        alone = places == 1
        async with self._lines[name] if alone else nullcontext():
            number = self._unused.pop(name, None)
            if number is None:
                number = await self._ask(name, places)
            kept, now = self._kept[number], asyncio.get_running_loop().time
            keep = alone
            try:
                if (rest := kept.free_at - now()) > 0:
                    await asyncio.sleep(rest)
                turn = Turn(kept.known, now() - kept.left)
                try:
                    yield turn
                finally:
                    keep = alone and turn.known == kept.known
                    kept.known, kept.left, kept.free_at = turn.known, now(), now() + turn.rest
            finally:
                if keep and not kept.wanted:
                    self._keep(number)
                else:
                    self._give_back(number)

    async def _ask(self, name: str, places: int) -> int:
        """The number of a turn that the parent grants."""
        assert self.wire is not None
        number = next(self._numbers)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked[number] = name, granted
        self.wire.send(turn=name, number=number, places=places)
        try:
            await granted
        except asyncio.CancelledError:
            self._kept.pop(number, None)
            self.wire.send(free=number, known=None, rest=0.0, ago=0.0)
            raise
        finally:
            del self._asked[number]
        return number

    def granted(self, message: Message) -> None:
        """The parent grants a turn; one that nobody waits for any more was given back before."""
        number = message["granted"]
        name, granted = self._asked.get(number, ("", None))
        if granted is not None and not granted.done():
            self._kept[number] = _Kept(name, message["known"], asyncio.get_running_loop().time() - message["since"])
            granted.set_result(None)

    def wanted(self, message: Message) -> None:
        """Another worker waits for a turn; one that is not here any more was given back before."""
        number = message["wanted"]
        if (kept := self._kept.get(number)) is None:
            return
        kept.wanted = True
        if self._unused.get(kept.name) == number:
            del self._unused[kept.name]
            self._give_back(number)

    def _keep(self, number: int) -> None:
        self._unused[self._kept[number].name] = number
        if len(self._unused) > KEPT:
            _, oldest = self._unused.popitem(last=False)
            self._give_back(oldest)

    def _give_back(self, number: int) -> None:
        assert self.wire is not None
        kept, now = self._kept.pop(number), asyncio.get_running_loop().time()
        self.wire.send(free=number, known=kept.known, rest=max(0.0, kept.free_at - now), ago=max(0.0, now - kept.left))
