"""How fast the browser gets on, and waits that are measured by it.

A machine that is busy with other things gives the browser a part of each second.  A limit in seconds of the clock on the wall then ends
what was on its way, and a browser that is merely late looks like one that hangs.  So the browser is asked something small all the time:
what passes while it does not answer hardly counts, and it hangs when it does not answer at all.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T")
SILENT = 30.0
"""Seconds of the clock without any answer after which a browser hangs."""
MOST = 6.0
"""So many seconds of the clock a limit may last for each of its own, on a machine that is busy with other things."""
OWN_DOING = 1.0
"""The same on a machine that is not: there a browser is late by what its own pages do, and seconds are those of the clock."""
_BUSY = 2.0
"""Processes that want to run, for each processor, from which on a machine is busy."""
_EVERY = 0.25
_PROMPT = 0.05
"""Seconds that an answer may take; what it takes beyond them does not count."""
_MEMORY = 2.0
"""Seconds of the clock over which slowness is told."""
_SLOW = 1.5
"""Below it the browser is as fast as ever: anything makes it wait for a moment now and then."""
_LOOK = 0.5


def most() -> float:
    """How many seconds of the clock a limit may last now for each of its own."""
    try:
        return MOST if os.getloadavg()[0] > _BUSY * (os.cpu_count() or 1) else OWN_DOING
    except OSError:
        return OWN_DOING


class Pulse:
    """The clock of a browser: runs like the one on the wall while it answers at once, slower while it answers late; stands while it is silent."""

    def __init__(self) -> None:
        self._counted = 0.0
        self._at = time.monotonic()
        self._slowness = 1.0
        self._followed = False

    def now(self) -> float:
        """Seconds; only their differences mean something."""
        return self._counted + min(time.monotonic() - self._at, _EVERY + _PROMPT)

    @property
    def slowness(self) -> float:
        """Seconds of the clock on the wall for each of the browser's, lately; 1 on a machine that has time for it, at most `most`."""
        since = time.monotonic() - self._at if self._followed else 0.0
        told = max(self._slowness, since / (_EVERY + _PROMPT))
        return 1.0 if told < _SLOW else min(told, most())

    async def watch(self, ask: Callable[[], Awaitable[Any]], silent: float = SILENT) -> None:
        """Follows a browser.  Returns when it has not answered for ``silent`` seconds: it hangs.

        Args:
            ask: asks it something small.

        Raises:
            Exception: whatever ``ask`` raises: it has ended.
        """
        self._counted, self._at, self._followed = self.now(), time.monotonic(), True
        try:
            while await self._answers(ask, silent):
                self._beat()
        finally:
            self._followed = False

    async def _answers(self, ask: Callable[[], Awaitable[Any]], silent: float) -> bool:
        await asyncio.sleep(_EVERY)
        answer = asyncio.ensure_future(ask())
        try:
            await asyncio.wait({answer}, timeout=silent)
            if answer.done():
                answer.result()
            return answer.done()
        finally:
            answer.cancel()

    def _beat(self) -> None:
        passed = time.monotonic() - self._at
        counts = min(passed, _EVERY + _PROMPT)
        self._counted, self._at = self._counted + counts, self._at + passed
        self._slowness += (passed / counts - self._slowness) * min(1.0, passed / _MEMORY)


@dataclass(slots=True)
class Limit:
    """Until when something is waited for, in seconds of the browser."""

    pulse: Pulse
    until: float
    """Value of the pulse at which it is over."""
    wall: float
    """`time.monotonic` value at which it is over in any case."""

    @classmethod
    def of(cls, pulse: Pulse, seconds: float, deadline: float = float("inf")) -> Limit:
        """One that begins now, and ends at ``deadline`` (`time.monotonic`) at the latest."""
        return cls(pulse, pulse.now() + seconds, min(deadline, time.monotonic() + most() * seconds))

    def set(self, seconds: float, deadline: float = float("inf")) -> None:
        """Begins it anew."""
        anew = Limit.of(self.pulse, seconds, deadline)
        self.until, self.wall = anew.until, anew.wall

    def but(self, seconds: float) -> Limit:
        """One that is over ``seconds`` sooner, though not at once."""
        return Limit(self.pulse, max(self.until - seconds, self.pulse.now() + 0.2), self.wall - seconds)

    @property
    def left(self) -> float:
        """Seconds, 0 when it is over."""
        return max(0.0, min(self.until - self.pulse.now(), self.wall - time.monotonic()))

    @property
    def clock(self) -> float:
        """Seconds of the clock that are left if the browser goes on as it does."""
        return max(0.0, min((self.until - self.pulse.now()) * self.pulse.slowness, self.wall - time.monotonic()))

    async def first(self, *awaited: asyncio.Future[Any]) -> None:
        """Waits for the first of them, and looks now and then whether the limit is another one by now.

        Raises:
            TimeoutError: none came in time; nothing is cancelled.
        """
        while True:
            done, _ = await asyncio.wait(awaited, timeout=min(max(self.left, 0.01), _LOOK), return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            if not self.left:
                raise TimeoutError

    async def result(self, work: Awaitable[_T]) -> _T:
        """What ``work`` brings; it is cancelled when it does not in time.

        Raises:
            TimeoutError: it did not.
        """
        task = asyncio.ensure_future(work)
        try:
            await self.first(task)
            return task.result()
        finally:
            task.cancel()
