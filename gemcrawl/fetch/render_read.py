"""Reads the documents of a page in a browser: the page itself and its frames, each as HTML after its scripts ran.

The script runs in an isolated world, so that a page cannot change what it calls; what it returns is hostile text all the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from playwright.async_api import Error as PlaywrightError

from gemcrawl.fetch.rendered import RenderedDocument

MAX_CHARACTERS = 2_000_000
"""Characters of one document; gemcrawl.forms reads no more of it."""
MAX_NODES = 50_000
"""Nodes of one document."""
MAX_FRAMES = 30
"""Frames of one page, nested ones included."""
PATIENCE = 4.0
"""Seconds for a page to show its form, frames included."""
_FRAME_SECONDS = 2.5
_POLL = 0.05
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


async def read_documents(session: Session, patience: float = PATIENCE) -> tuple[RenderedDocument, ...]:
    """The page first, then its frames, parents before children, once a form has shown itself or none is to be expected any more.

    Args:
        session: a session with the page.
        patience: seconds to wait for forms, all in all.

    Raises:
        PlaywrightError: the page is gone, or will not be read.
        TimeoutError: the page goes on and on.
    """
    until = time.monotonic() + patience
    page = await _settled(session, until, frames=True)
    inner: list[tuple[_Reading, int]] = []
    if page.frames:
        inner = await _frames(session, page, until)
        if page.found < _FORM and not any(reading.found == _FORM for reading, _ in inner) and time.monotonic() < until:
            page = await _settled(session, until, frames=False)
            inner = await _frames(session, page, time.monotonic() + 0.5) or inner
    return (RenderedDocument(page.url, page.html), *(RenderedDocument(one.url, one.html, parent) for one, parent in inner))


async def _settled(session: Session, until: float, *, frames: bool) -> _Reading:
    """Reads the page itself; begins again when the page goes elsewhere meanwhile.

    Raises:
        TimeoutError: it never stayed anywhere for long enough.
    """
    while True:
        try:
            root = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]
            return await _evaluate(session, str(root["id"]), until, frames=frames)
        except PlaywrightError as error:
            if not _has_moved(error):
                raise
            if time.monotonic() > until:
                raise TimeoutError(error.message) from None
        await asyncio.sleep(_POLL)


def _has_moved(error: PlaywrightError) -> bool:
    """Whether a document was replaced while it was read."""
    said = error.message
    return any(part in said for part in ("context", "navigated", "No frame", "Frame was detached", "uniqueContextId"))


async def _evaluate(session: Session, frame: str, until: float, *, frames: bool) -> _Reading:
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "gemcrawl"})
    patience = max(0, round((until - time.monotonic()) * 1000))
    options = json.dumps({"patience": patience, "frames": frames, "characters": MAX_CHARACTERS, "nodes": MAX_NODES})
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
    return _Reading(
        url=str(value.get("url"))[:4000],
        html=str(value.get("html"))[: MAX_CHARACTERS + 10_000],
        found=int(value.get("found") or 0),
        frames=int(value.get("frames") or 0),
    )


async def _frames(session: Session, page: _Reading, until: float) -> list[tuple[_Reading, int]]:
    """Frames with a document worth reading, each with the index of the document around it; the page itself has index 0."""
    until = min(until, time.monotonic() + _FRAME_SECONDS)
    read: list[tuple[_Reading, int]] = []
    done: dict[str, int | None] = {}
    expected = page.frames
    while True:
        frames = _tree((await session.send("Page.getFrameTree"))["frameTree"], done)
        fresh = [frame for frame in frames if frame.id not in done and frame.url.startswith(("https:", "http:", "about:srcdoc"))]
        results = await asyncio.gather(*(_frame(session, frame.id, until) for frame in fresh[: MAX_FRAMES - len(read)]))
        for frame, reading in zip(fresh, results, strict=False):
            done[frame.id] = None
            if reading is not None and not reading.url.startswith(("about:blank", "chrome-error:")):
                read.append((reading, frame.parent))
                done[frame.id] = len(read)
                expected += reading.frames
        waiting = any(frame.url in ("", ":", "about:blank") for frame in frames) and len(done) < expected
        if len(read) >= MAX_FRAMES or time.monotonic() > until or not (fresh or waiting):
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


async def _frame(session: Session, frame: str, until: float) -> _Reading | None:
    """A frame's reading; None when it is gone or does not answer in time."""
    try:
        async with asyncio.timeout(max(0.1, until - time.monotonic() + 0.5)):
            return await _evaluate(session, frame, until, frames=True)
    except (PlaywrightError, TimeoutError):
        return None


@cache
def _script() -> str:
    return files("gemcrawl.fetch").joinpath("read.js").read_text(encoding="utf-8")
