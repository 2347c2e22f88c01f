"""One worker of a fleet: surveys what its parent hands out and commits it, and ends with its parent, whatever becomes of that.

Started as ``python -m gemcrawl.fleet.worker SOCKET [LOCK]``: file descriptors that it inherits (a lease in a store is no file), or, on another
machine, as ``python -m gemcrawl.fleet.worker HOST:PORT`` with the parent's word on standard input.  Its settings are the parent's, and so are
the moments at which it ends; signals are for the parent.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self

from gemcrawl import night
from gemcrawl.exceptions import UsageError
from gemcrawl.fetch.turns import share
from gemcrawl.fleet import link
from gemcrawl.fleet.turns import SharedTurns
from gemcrawl.fleet.wire import Message, Wire
from gemcrawl.interruption import ENDED_AT_ONCE, SIGNALS
from gemcrawl.snapshot.commit import spoilt
from gemcrawl.spiders.forms import FormsSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from gemcrawl.items import Survey
    from gemcrawl.night import Night
    from gemcrawl.registry import Entry


class WorkerSpider(FormsSpider):
    """Surveys municipalities as they come over the wire.

    Args:
        connected: the worker's end of it.
    """

    name = "worker"

    def __init__(self, connected: socket.socket, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._connected = connected
        self._queue: asyncio.Queue[Entry | None] = asyncio.Queue()
        self._canaries: asyncio.Task[None] | None = None

    wire: Wire
    _listening: asyncio.Task[None] | None = None
    turns: SharedTurns
    by_code: dict[str, Entry]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Makes the spider, and joins the run.

        Raises:
            UsageError: what `gemcrawl.night.join` finds.
        """
        turns = SharedTurns()
        share(crawler, turns)
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.turns = turns
        spider.by_code = {entry.code: entry for entry in spider.registry.entries}
        return spider

    def enter(self, settings: BaseSettings) -> Night:
        """Joins the run, whose lock the parent holds."""
        return night.join(settings)

    async def start(self) -> AsyncIterator[Survey]:
        """What the parent hands out, until it says that this was all or that the run ends."""
        for number in SIGNALS:  # a service manager sends them to every process: what they mean is for the parent to say
            signal.signal(number, signal.SIG_IGN)
        self.turns.wire = self.wire = await Wire.over(self._connected)
        deadline = self.night.plan.deadline
        self._ends_at = None if deadline is None else asyncio.get_running_loop().time() + deadline
        stop, begun = asyncio.create_task(self._stop()), asyncio.create_task(self._end_when_begun())
        self._listening = asyncio.create_task(self._listen())  # turns are granted until the process ends
        self.wire.send(ready=self.sites)
        try:
            async with aclosing(self._round(self._queue.get, self.sites)) as surveys:
                async for found in surveys:
                    yield found
            self._wind_up()
        finally:
            self.stopping.set()
            stop.cancel()
            begun.cancel()

    def closed(self, reason: str) -> None:  # noqa: ARG002
        """Scrapy's last word: nobody waits for a turn any more."""
        if self._listening is not None:
            self._listening.cancel()

    async def _listen(self) -> None:
        async for message in self.wire.messages():
            self._told(message)
        os._exit(ENDED_AT_ONCE)  # the parent is gone; what was committed is kept

    def _told(self, message: Message) -> None:
        if "granted" in message:
            self.turns.granted(message)
        elif "wanted" in message:
            self.turns.wanted(message)
        elif "survey" in message:
            if message["again"]:
                if not self.second_round:
                    self.observed.forget_failures()
                self.second_round.add(message["survey"])
            self._queue.put_nowait(self.by_code[message["survey"]])
        elif "canaries" in message:
            self._canaries = asyncio.create_task(self._tell_canaries())
        elif "begin" in message:
            self.interruption.begin(message["begin"])
        else:
            self._no_more()

    def _no_more(self) -> None:
        """Whoever waits for another municipality waits no longer."""
        for _ in range(self.sites):
            self._queue.put_nowait(None)

    async def _end_when_begun(self) -> None:
        await self.interruption.begun.wait()
        self._no_more()

    async def _tell_canaries(self) -> None:
        await self._ask_canaries()
        self.wire.send(dead_canaries=self.dead_canaries)

    async def _survey(self, entry: Entry) -> Survey | None:
        found = await super()._survey(entry)
        if found is None:
            self.wire.send(left=entry.code)
        return found

    def item_done(self, item: Survey) -> None:
        """Signal handler: a municipality is committed."""
        super().item_done(item)
        row, kinds = item.municipality, [form.kind for form in item.forms]
        once_more = bool(spoilt(item, listing=self.settings.getbool("GEMCRAWL_TLS_INVENTORY")))
        self.wire.send(committed=row.code, outcome=row.outcome, pages=row.pages, kinds=kinds, spoilt=once_more)

    def item_failed(self, item: Survey) -> None:
        """Signal handler: a pipeline raised."""
        super().item_failed(item)
        if (error := self.crawler.stats and self.crawler.stats.get_value("snapshot/error")) is not None:
            self.wire.send(error=error)
        self.wire.send(failed=item.municipality.code)


def _inherited(*numbers: int) -> socket.socket:
    for number in numbers:  # the browser is to outlive neither the run nor its lock
        os.set_inheritable(number, False)
    return socket.socket(fileno=numbers[0])


def _joined(parent: str) -> socket.socket:
    """The wire to a parent on another machine; this process ends with the one that started it, which holds its standard input open."""
    host, _, port = parent.rpartition(":")
    with sys.stdin.buffer as pipe:
        word = pipe.readline().decode().strip()
        lifeline = os.dup(pipe.fileno())
    threading.Thread(target=lambda: (os.read(lifeline, 1), os._exit(ENDED_AT_ONCE)), name="lifeline", daemon=True).start()
    return link.join(host, int(port), word)


def main() -> None:
    """Entry point."""
    from gemcrawl.cli.run import run_spider

    connected = _joined(sys.argv[1]) if ":" in sys.argv[1] else _inherited(*map(int, sys.argv[1:]))
    last_words = connected.dup()
    with connected.makefile("rb") as lines:
        first = lines.readline()
    if not first:
        sys.exit(link.REFUSED)
    settings = json.loads(first)["settings"]
    connected.setblocking(False)
    try:
        crawler, error = run_spider(WorkerSpider, settings, connected=connected)
    except UsageError as wrong:
        message = str(wrong)
    else:
        told = crawler.stats.get_value("snapshot/error") if crawler.stats is not None and error is None else None
        message = told or (f"{type(error).__name__}: {error}" if error is not None else "")
    if message:
        last_words.setblocking(True)
        last_words.sendall(json.dumps({"error": message}).encode() + b"\n")


if __name__ == "__main__":
    main()
