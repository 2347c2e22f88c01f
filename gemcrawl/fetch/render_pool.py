"""Tabs to render in: each a page alone in its context, behind a port of the guard proxy that is its own; those last used are kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeAlias
from weakref import WeakValueDictionary

from gemcrawl.fetch.rendered import Allowed, BrowserRequest, Destination

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page
    from playwright.async_api import Request as PageRequest

USES = 50
"""Pages rendered in one page of the browser before another takes its place."""
_MAX_UNSEEN = 100
_LOOK = 0.2
"""Seconds until a page that waits for the browser to get on looks again."""
_HARMLESS = ("GET", "HEAD", "OPTIONS")
_DESTINATIONS: dict[str, Destination] = {
    "document": "document", "script": "script", "stylesheet": "style", "fetch": "data", "xhr": "data", "eventsource": "data",
    "image": "media", "font": "media", "media": "media", "texttrack": "media",
}  # fmt: skip
"""By Playwright's resource types."""


Reset: TypeAlias = "Callable[[Tab], Awaitable[bool]]"
"""Leaves a tab's page; whether the tab may be used again."""
Discard: TypeAlias = "Callable[[Tab], Awaitable[None]]"


class Gate(Protocol):
    """`gemcrawl.fetch.proxy.ProxySlot`."""

    port: int

    @property
    def awaited(self) -> bool: ...
    def begin(self, allowed: Allowed) -> None: ...
    def end(self) -> tuple[Sequence[BrowserRequest], int]: ...
    def hang_up(self) -> None: ...


class Tab:
    """A page of the browser, alone in its context."""

    def __init__(self, context_name: str, gate: Gate) -> None:
        self.gate = gate
        self.context_name = context_name
        self.page: Page | None = None
        self.session: CDPSession | None = None
        self.uses = 0
        self.crashed = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the page crashed or was closed."""
        self._asked: list[tuple[str, str, str]] = []

    def has(self, page: Page) -> None:
        """The page is there: from now on this knows when it ends, and what it asks that the proxy cannot see."""
        self.page = page
        page.on("crash", self._crash)
        page.on("close", lambda _: self.end())
        page.on("request", self._ask)

    def _crash(self, _: Page) -> None:
        self.crashed = True
        self.end()

    def end(self) -> None:
        """The page is of no use any more."""
        if not self.gone.done():
            self.gone.set_result(None)

    def begin(self) -> None:
        """Another address is rendered in it."""
        self.uses += 1
        self._asked.clear()

    def _ask(self, request: PageRequest) -> None:
        if len(self._asked) < _MAX_UNSEEN and (request.method not in _HARMLESS or request.url.startswith("http:")):
            self._asked.append((request.url.partition("#")[0], request.method, request.resource_type))

    def unseen(self, seen: Sequence[BrowserRequest]) -> tuple[BrowserRequest, ...]:
        """Requests that the browser itself stopped, such as mixed content: they never reached the proxy, which has ``seen`` the others."""
        known = {(request.url, request.method) for request in seen}
        return tuple(
            BrowserRequest(url, method, _DESTINATIONS.get(kind, "other"), "failed" if method in _HARMLESS else "method")
            for url, method, kind in dict.fromkeys(self._asked)
            if (url, method) not in known
        )


class Pool:
    """Gives tabs to pages: one to a group, so many at work at the same time, and so many kept for when their group comes back.

    Args:
        open_gate: opens another port of the guard proxy; a tab's requests all go to its own.
        places: tabs at work at the same time.
        kept: tabs kept when they are not at work.
        slowness: how many times slower than by itself the browser is; so many times fewer tabs are at work, each of which gets on the faster.
    """

    def __init__(self, open_gate: Callable[[], Awaitable[Gate]], places: int, kept: int, slowness: Callable[[], float]) -> None:
        self._open_gate, self._slowness = open_gate, slowness
        self._at_work = 0
        self._count, self._kept = places, kept
        self._places = asyncio.Semaphore(places)
        self._tabs: OrderedDict[str, Tab] = OrderedDict()
        """Those that wait, the one longest unused first."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._gates: list[Gate] = []
        self._numbers = count(1)
        self._cleaning: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def place(self, group: str) -> AsyncIterator[None]:
        """One page of a group at a time, and no more pages at work than there are places."""
        turn = self._turns.setdefault(group, asyncio.Lock())
        async with turn, self._places:
            while self._at_work and self._at_work >= self._count / self._slowness():  # noqa: ASYNC110 -- a figure tells nobody that it changed
                await asyncio.sleep(_LOOK)
            self._at_work += 1
            try:
                yield
            finally:
                self._at_work -= 1

    @asynccontextmanager
    async def everything(self) -> AsyncIterator[None]:
        """Nothing is at work, and nothing begins; for one caller at a time."""
        taken = 0
        try:
            for _ in range(self._count):
                await self._places.acquire()
                taken += 1
            await self.cleaned()
            yield
        finally:
            for _ in range(taken):
                self._places.release()

    async def take(self, group: str) -> Tab:
        """The tab of ``group``; one without a page when there is none yet, or when it has ended.  The caller has a place."""
        if (cleaning := self._cleaning.get(group)) is not None:
            await asyncio.wait({cleaning})
        tab = self._tabs.pop(group, None)
        if tab is not None and not tab.gone.done():
            return tab
        if tab is not None:
            self._free(tab.gate)
        gate = self._gates.pop() if self._gates else await self._open_gate()
        return Tab(f"{next(self._numbers)} {group}", gate)

    def give_back(self, group: str, tab: Tab, reset: Reset, discard: Discard, *, clean: bool) -> None:
        """The tab's page is done with: it is left, or the tab discarded when it is not ``clean``, while others are at work."""
        self._cleaning[group] = task = asyncio.ensure_future(self._clean(group, tab, reset, discard, clean=clean))
        task.add_done_callback(lambda done: self._cleaning.pop(group, None) if self._cleaning.get(group) is done else None)

    async def _clean(self, group: str, tab: Tab, reset: Reset, discard: Discard, *, clean: bool) -> None:
        if clean and tab.uses < USES and not tab.gone.done() and await reset(tab) and not tab.gone.done():
            self._tabs[group] = tab
        else:
            await self._end(tab, discard)
        while len(self._tabs) > self._kept:
            await self._end(self._tabs.popitem(last=False)[1], discard)

    async def _end(self, tab: Tab, discard: Discard) -> None:
        tab.end()
        await discard(tab)
        self._free(tab.gate)

    def _free(self, gate: Gate) -> None:
        gate.hang_up()
        self._gates.append(gate)

    async def cleaned(self) -> None:
        """Every tab that was given back is ready or gone."""
        if self._cleaning:
            await asyncio.wait(set(self._cleaning.values()))

    def forget(self) -> None:
        """The browser has ended, and every tab with it."""
        for tab in self._tabs.values():
            tab.end()
            self._free(tab.gate)
        self._tabs.clear()
