"""Slots to render in: each is a port of the guard proxy, with browser contexts of its own, of which the last used are kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Protocol

from gemcrawl.fetch.rendered import Allowed, BrowserRequest, Destination

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page
    from playwright.async_api import Request as PageRequest

KEPT = 2
"""Contexts that a slot keeps, one for each group; an idle page costs a process."""
USES = 50
"""Pages rendered in one page of the browser before another takes its place."""
_MAX_UNSEEN = 100
_HARMLESS = ("GET", "HEAD", "OPTIONS")
_DESTINATIONS: dict[str, Destination] = {
    "document": "document", "script": "script", "stylesheet": "style", "fetch": "data", "xhr": "data", "eventsource": "data",
    "image": "media", "font": "media", "media": "media", "texttrack": "media",
}  # fmt: skip
"""By Playwright's resource types."""


class Gate(Protocol):
    """`gemcrawl.fetch.proxy.ProxySlot`."""

    port: int

    def begin(self, allowed: Allowed) -> None: ...
    def end(self) -> tuple[Sequence[BrowserRequest], int]: ...


class Tab:
    """A page of the browser, alone in its context."""

    def __init__(self, context_name: str) -> None:
        self.context_name = context_name
        self.page: Page | None = None
        self.session: CDPSession | None = None
        self.uses = 0
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the page crashed or was closed."""
        self._asked: list[tuple[str, str, str]] = []

    def has(self, page: Page) -> None:
        """The page is there: from now on this knows when it ends, and what it asks that the proxy cannot see."""
        self.page = page
        page.on("crash", lambda _: self.end())
        page.on("close", lambda _: self.end())
        page.on("request", self._ask)

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


class Slot:
    """Renders one page at a time."""

    _numbers = count(1)

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._tabs: OrderedDict[str, Tab] = OrderedDict()
        self._cleaning: asyncio.Task[None] | None = None

    def __contains__(self, group: str) -> bool:
        return group in self._tabs

    async def tab(self, group: str) -> Tab:
        """The tab of ``group``; a new one without a page when there is none yet, or when it has ended."""
        await self.cleaned()
        tab = self._tabs.pop(group, None)
        if tab is None or tab.gone.done():
            tab = Tab(f"{next(self._numbers)} {group}")
        self._tabs[group] = tab
        return tab

    async def cleaned(self) -> None:
        """The page before has left."""
        if self._cleaning is not None:
            await asyncio.wait({self._cleaning})

    def leave(self, tab: Tab, reset: Callable[[Tab], Awaitable[bool]], discard: Callable[[Tab], Awaitable[None]], *, clean: bool) -> None:
        """The tab's page is done with; emptied, or discarded when it is not ``clean``, while the slot is given to others."""
        self._cleaning = asyncio.ensure_future(self._clean(tab, reset, discard, clean=clean))

    async def _clean(
        self, tab: Tab, reset: Callable[[Tab], Awaitable[bool]], discard: Callable[[Tab], Awaitable[None]], *, clean: bool
    ) -> None:
        clean = clean and tab.uses < USES and not tab.gone.done() and await reset(tab)
        ended = [] if clean else [tab]
        while len(self._tabs) > KEPT:
            ended.append(self._tabs.popitem(last=False)[1])
        for one in ended:
            one.end()
            await discard(one)
        self._tabs = OrderedDict((group, kept) for group, kept in self._tabs.items() if not kept.gone.done())

    def forget(self) -> None:
        """The browser has ended, and every tab with it."""
        for tab in self._tabs.values():
            tab.end()
        self._tabs.clear()


class Pool:
    """Gives out slots; a group gets the one where it was before, if that is free."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)
        self._free = list(slots)
        self._places = asyncio.Semaphore(len(slots))

    @asynccontextmanager
    async def slot(self, group: str) -> AsyncIterator[Slot]:
        """A slot, once there is one."""
        async with self._places:
            chosen = next((slot for slot in self._free if group in slot), self._free[0])
            self._free.remove(chosen)
            try:
                yield chosen
            finally:
                self._free.append(chosen)

    @asynccontextmanager
    async def all(self) -> AsyncIterator[None]:
        """Every slot, once all are free and clean; one caller at a time."""
        taken = 0
        try:
            for _ in self.slots:
                await self._places.acquire()
                taken += 1
            for slot in self.slots:
                await slot.cleaned()
            yield
        finally:
            for _ in range(taken):
                self._places.release()
