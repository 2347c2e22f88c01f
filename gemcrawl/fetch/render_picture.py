"""A picture of a rendered page with one of its forms outlined, within bounds; what the page says of itself is hostile."""

from __future__ import annotations

import base64
import json
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemcrawl.fetch.render_read import Session
    from gemcrawl.fetch.rendered import Outline

MOST_PIXELS = (1600, 3000)
"""Width and height of a picture, in CSS pixels."""
AROUND = 200
"""Pixels of the page above and below a form that is too far down to be shown from the top."""
_QUALITIES = (70, 35, 10)


async def take_picture(session: Session, outline: Outline) -> bytes | None:
    """A picture of the page, WebP; None when the form is not there, or no picture of it is small enough.

    The form is found by its fields, outlined and measured in an isolated world; the picture begins at the top of the page where that leaves room
    for the form.

    Raises:
        PlaywrightError: the page is gone.
    """
    frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "gemcrawl"})
    wanted = json.dumps({"fields": list(outline.fields), "action": outline.action})
    answer = await session.send(
        "Runtime.evaluate",
        {"expression": f"({_script()})({wanted})", "contextId": world["executionContextId"], "returnByValue": True},
    )
    clip = clip_of(answer.get("result", {}).get("value"))
    if clip is None:
        return None
    for quality in _QUALITIES:
        shot = await session.send(
            "Page.captureScreenshot", {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": True}
        )
        picture = base64.b64decode(shot["data"])
        if len(picture) <= outline.most_bytes:
            return picture
    return None


def clip_of(measured: Any) -> dict[str, float] | None:
    """What is shown of a page, from what the page measured; None when that makes no sense."""
    if not isinstance(measured, dict):
        return None
    top, bottom, width, height = (measured.get(name) for name in ("top", "bottom", "width", "height"))
    sizes = (top, bottom, width, height)
    if not all(isinstance(size, (int, float)) and math.isfinite(size) for size in sizes):
        return None
    assert top is not None
    assert bottom is not None
    assert width is not None
    assert height is not None
    if not (0 <= top < bottom <= height and width > 0):
        return None
    most_width, most_height = MOST_PIXELS
    begin = 0.0 if bottom + AROUND <= most_height else max(0.0, top - AROUND)
    return {
        "x": 0,
        "y": begin,
        "width": min(width, most_width),
        "height": min(height, bottom + AROUND, begin + most_height) - begin,
        "scale": 1,
    }


@cache
def _script() -> str:
    return files("gemcrawl.fetch").joinpath("picture.js").read_text(encoding="utf-8")
