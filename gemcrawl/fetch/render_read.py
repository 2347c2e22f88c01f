"""Reads the documents of a page in a browser: the page itself and its frames, each as HTML after its scripts ran.

The script runs in an isolated world, so that a page cannot change what it calls; what it returns is hostile text all the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from playwright.async_api import Error as PlaywrightError

from gemcrawl.fetch.render_pulse import Limit
from gemcrawl.fetch.rendered import RenderedDocument

MAX_CHARACTERS = 2_000_000
"""Characters of one document; gemcrawl.forms reads no more of it."""
MAX_NODES = 50_000
"""Nodes of one document."""
MAX_FRAMES = 30
"""Frames of one page, nested ones included."""
PATIENCE = 4.0
"""Seconds in which a page can run before it is read without a form, frames included."""
_LEAST = 2.3
"""Such seconds before a page that stands still is taken for one without a form."""
_LEAST_AGAIN = 0.5
"""The same, when it was looked at before."""
_FRAME_SECONDS = 3.0
"""Of `PATIENCE`, those that its frames may take before the page itself is looked at again."""
_POLL = 0.05
_SLACK = 0.5
"""Seconds that a frame's answer may come later than the limit that it knows."""
_FORM = 2


class Session(Protocol):
    """A session of the Chrome DevTools Protocol."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Reading:
    url: str
    html: str
    found: int
    """2: a form to fill in, 1: a field, 0: none."""
    frames: int
    """Visible frames that lead somewhere."""
    unfinished: bool
    """It was read before it had its time."""


@dataclass(frozen=True, slots=True)
class Read:
    """What `read_documents` read."""

    documents: tuple[RenderedDocument, ...]
    """The page first, then its frames, parents before children."""
    cut: bool
    """There is no form, and the page had not had its time: one may have come later."""


@dataclass(slots=True)
class _Clock:
    """How long a document may still be waited for."""

    limit: Limit
    """When it is read as it is."""
    patience: float
    """Seconds in which it can run, of a browser that has the time it needs."""

    @property
    def over(self) -> bool:
        return not self.limit.left or self.patience <= 0

    @property
    def slowness(self) -> float:
        return self.limit.pulse.slowness

    def spend(self, seconds: float, slowness: float) -> None:
        self.patience = max(0.0, self.patience - seconds / slowness)

    async def wait(self) -> None:
        """A moment, which is spent."""
        slowness = self.slowness
        await asyncio.sleep(_POLL)
        self.spend(_POLL, slowness)


@dataclass(frozen=True, slots=True)
class _Frame:
    id: str
    url: str
    parent: int


async def go(session: Session, url: str) -> None:
    """Navigates the page, and returns when it has begun to arrive.

    Raises:
        PlaywrightError: it did not.
    """
    found = await session.send("Page.navigate", {"url": url})
    if found.get("errorText"):
        raise PlaywrightError(f"{url}: {found['errorText']}")


async def read_documents(session: Session, limit: Limit, awaits: Callable[[], bool]) -> Read:
    """Reads a page and its frames once a form has shown itself or none is to be expected any more.

    Args:
        session: a session with the page.
        limit: when the page is read as it is; it may have been found finished long before.
        awaits: whether the page still waits for the answer to something that it asked for.

    Raises:
        PlaywrightError: the page is gone, or will not be read.
        TimeoutError: the page goes on and on.
    """
    clock = _Clock(limit, PATIENCE)
    page, inner = await _look(session, clock, _LEAST, frames=True)
    left_early = bool(page.frames)
    while not _has_form(page, inner) and not clock.over and (await _answered(clock, awaits) or left_early or page.unfinished):
        page, again = await _look(session, clock, _LEAST if page.unfinished else _LEAST_AGAIN, frames=False)
        inner, left_early = again or inner, False
    documents = (RenderedDocument(page.url, page.html), *(RenderedDocument(one.url, one.html, parent) for one, parent in inner))
    hurried = (not limit.left and clock.patience > 0) or (awaits() and clock.slowness > 1)
    return Read(documents, cut=hurried and not _has_form(page, inner))


def _has_form(page: _Reading, inner: Sequence[tuple[_Reading, int]]) -> bool:
    return page.found == _FORM or any(reading.found == _FORM for reading, _ in inner)


async def _answered(clock: _Clock, awaits: Callable[[], bool]) -> bool:
    """Waits until the page has its answers; False when it waited for none."""
    waited = False
    while awaits() and not clock.over:
        waited = True
        await clock.wait()
    return waited


async def _look(session: Session, clock: _Clock, least: float, *, frames: bool) -> tuple[_Reading, list[tuple[_Reading, int]]]:
    """The page and what it frames; ``frames`` says whether the page is left at once for a frame that it shows."""
    page = await _settled(session, clock, least, frames=frames)
    return page, await _frames(session, page, clock, least) if page.frames else []


async def _settled(session: Session, clock: _Clock, least: float, *, frames: bool) -> _Reading:
    """Reads the page itself; begins again when the page goes elsewhere meanwhile.

    Raises:
        TimeoutError: it never stayed anywhere for long enough.
    """
    while True:
        try:
            root = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]
            return await _evaluate(session, str(root["id"]), clock, least, frames=frames)
        except PlaywrightError as error:
            if not _has_moved(error):
                raise
            if clock.over:
                raise TimeoutError(error.message) from None
        await clock.wait()


def _has_moved(error: PlaywrightError) -> bool:
    """Whether a document was replaced while it was read."""
    said = error.message
    return any(part in said for part in ("context", "navigated", "No frame", "Frame was detached", "uniqueContextId"))


async def _evaluate(session: Session, frame: str, clock: _Clock, least: float, *, frames: bool) -> _Reading:
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "gemcrawl"})
    slowness = clock.slowness
    times = {"patience": clock.patience * slowness, "least": least * slowness, "limit": clock.limit.clock}
    options = json.dumps(
        {name: round(seconds * 1000) for name, seconds in times.items()}
        | {"frames": frames, "characters": MAX_CHARACTERS, "nodes": MAX_NODES}
    )
    answer = await session.send(
        "Runtime.evaluate",
        {
            "expression": f"({_script()})({options})",
            "contextId": world["executionContextId"],
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    value = answer.get("result", {}).get("value")
    if not isinstance(value, dict):
        raise PlaywrightError(f"the document could not be read: {str(answer.get('exceptionDetails'))[:300]}")
    clock.spend(float(value.get("spent") or 0) / 1000, slowness)
    return _Reading(
        url=str(value.get("url"))[:4000],
        html=str(value.get("html"))[: MAX_CHARACTERS + 10_000],
        found=int(value.get("found") or 0),
        frames=int(value.get("frames") or 0),
        unfinished=bool(value.get("unfinished")),
    )


async def _frames(session: Session, page: _Reading, clock: _Clock, least: float) -> list[tuple[_Reading, int]]:
    """Frames with a document worth reading, each with the index of the document around it; the page itself has index 0.

    They are waited for together, on the page's ``clock``.
    """
    own = _Clock(clock.limit, min(_FRAME_SECONDS, clock.patience))
    read: list[tuple[_Reading, int]] = []
    done: dict[str, int | None] = {}
    expected = page.frames
    while True:
        frames = _tree((await session.send("Page.getFrameTree"))["frameTree"], done)
        fresh = [frame for frame in frames if frame.id not in done and frame.url.startswith(("https:", "http:", "about:srcdoc"))]
        clocks = [replace(own) for _ in fresh[: MAX_FRAMES - len(read)]]
        results = await asyncio.gather(*(_frame(session, frame.id, its, least) for frame, its in zip(fresh, clocks, strict=False)))
        spent = own.patience - min((its.patience for its in clocks), default=own.patience - _POLL)
        own.spend(spent, 1.0)
        clock.spend(spent, 1.0)
        for frame, reading in zip(fresh, results, strict=False):
            done[frame.id] = None
            if reading is not None and not reading.url.startswith(("about:blank", "chrome-error:")):
                read.append((reading, frame.parent))
                done[frame.id] = len(read)
                expected += reading.frames
        waiting = any(frame.url in ("", ":", "about:blank") for frame in frames) and len(done) < expected
        if len(read) >= MAX_FRAMES or own.over or not (fresh or waiting):
            return read
        if not fresh:
            await asyncio.sleep(_POLL)


def _tree(tree: dict[str, Any], done: dict[str, int | None]) -> list[_Frame]:
    """Frames below the page whose framing document has been read."""
    found: list[_Frame] = []
    level = [(tree, 0)]
    while level and len(found) < 10 * MAX_FRAMES:
        following: list[tuple[dict[str, Any], int]] = []
        for node, index in level:
            for child in node.get("childFrames") or ():
                frame = child["frame"]
                found.append(_Frame(str(frame["id"]), str(frame.get("url") or ""), index))
                known = done.get(str(frame["id"]))
                if known is not None:
                    following.append((child, known))
        level = following
    return found


async def _frame(session: Session, frame: str, clock: _Clock, least: float) -> _Reading | None:
    """A frame's reading; None when it is gone or does not answer in time."""
    try:
        return await clock.limit.but(-_SLACK).result(_evaluate(session, frame, clock, least, frames=True))
    except (PlaywrightError, TimeoutError):
        return None


@cache
def _script() -> str:
    return files("gemcrawl.fetch").joinpath("read.js").read_text(encoding="utf-8")
