"""How a run ends before all municipalities had their turn: by a signal or at its deadline, gently, and with nothing half done.

First no municipality is taken any more, while those under way have a grace to end in.  Then whatever waits for an answer is told that there
will be none (`Interrupted`), so that nothing which is committed stems from the ending itself.  A second signal ends the process at once;
parts are on the disk when they are committed, so that costs only what is under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gemcrawl.exceptions import Interrupted
from gemcrawl.fetch.client import Client

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.fetch.answer import Answer

Cause = Literal["signal", "deadline", "output"]
SIGNALS = (signal.SIGTERM, signal.SIGINT)
ENDED_AT_ONCE = 5
"""Exit code after a second signal, as `gemcrawl.cli.exit_codes` has it for an interrupted run."""
STUCK_SECONDS = 20.0
"""After a signal and its grace, the longest that closing may take."""
_SHOW_CURSOR = b"\x1b[?25h"
logger = logging.getLogger(__name__)


class Stoppable(Protocol):
    """What is under way and can be told to end."""

    def stop(self) -> None: ...


class StoppableClient(Client):
    """A client whose requests end with `Interrupted` once the run is over."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._waiting: set[asyncio.Task[Answer]] = set()
        self._stopped = asyncio.Event()

    async def get(self, url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        """Fetches ``url`` once.

        Raises:
            Interrupted: the run is over.
        """
        if self._stopped.is_set():
            raise Interrupted("the run is over")
        waiting = asyncio.ensure_future(super().get(url, jar=jar, method=method, deadline=deadline))
        self._waiting.add(waiting)
        try:
            answer = await waiting
        except asyncio.CancelledError:
            if not (self._stopped.is_set() and waiting.cancelled()):
                raise
            raise Interrupted("the run is over") from None
        finally:
            self._waiting.discard(waiting)
        if self._stopped.is_set():  # a cancelled download may also come back as a failed one
            raise Interrupted("the run is over")
        return answer

    def stop(self) -> None:
        """From now on nothing is asked, and nobody waits for an answer."""
        self._stopped.set()
        for waiting in self._waiting:
            waiting.cancel()


class Interruption:
    """Watches for signals and the deadline on behalf of one run.

    Args:
        client: is stopped when the grace is over.
        grace: seconds for the municipalities under way.
    """

    def __init__(self, client: Stoppable, *, grace: float) -> None:
        self._client, self._grace = client, grace
        self.cause: Cause | None = None
        """Why the run ends early; None while it does not."""
        self.begun = asyncio.Event()
        """No municipality is taken any more."""
        self.over = asyncio.Event()
        """The grace is over: what has not ended will not be committed."""
        self._timers: list[asyncio.TimerHandle] = []

    def watch(self, deadline: float | None) -> None:
        """Begins to watch, inside the event loop; ``deadline`` in seconds from now."""
        loop = asyncio.get_running_loop()
        if deadline is not None:
            self._timers.append(loop.call_later(deadline, self.begin, "deadline"))
        if threading.current_thread() is not threading.main_thread():
            return

        def first(number: int, _: object) -> None:
            for each in SIGNALS:
                signal.signal(each, _end_at_once)
            loop.call_soon_threadsafe(self._signalled, number)

        for number in SIGNALS:
            signal.signal(number, first)

    def _signalled(self, number: int) -> None:
        name = signal.Signals(number).name
        logger.warning("%s: municipalities under way have %g s to end; once more ends at once", name, self._grace)
        self.begin("signal")
        self._timers.append(asyncio.get_running_loop().call_later(self._grace + STUCK_SECONDS, os._exit, ENDED_AT_ONCE))

    def begin(self, cause: Cause) -> None:
        """Lets the run end; a signal goes before a deadline, since who sends it wants no publication."""
        if self.cause is None or cause == "signal":
            self.cause = cause
        if not self.begun.is_set():
            self.begun.set()
            self._timers.append(asyncio.get_running_loop().call_later(self._grace, self.end))

    def end(self, cause: Cause | None = None) -> None:
        """Ends what is under way, without grace."""
        if cause is not None:
            self.begin(cause)
        self.over.set()
        self._client.stop()

    def forget(self) -> None:
        """Stops watching the clock; the run has ended."""
        for timer in self._timers:
            timer.cancel()


def _end_at_once(*_: Any) -> None:
    with contextlib.suppress(OSError):
        if os.isatty(2):
            os.write(2, _SHOW_CURSOR)
        os.write(2, b"ended at once; what was committed is kept\n")
    os._exit(ENDED_AT_ONCE)
