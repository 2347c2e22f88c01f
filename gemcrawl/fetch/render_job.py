"""One page to be rendered: what is asked, and, as it goes, what came of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gemcrawl.fetch.rendered import Allowed, BrowserRequest, Outline, Rendered, RenderedDocument

if TYPE_CHECKING:
    from gemcrawl.fetch.render_pool import Tab
    from gemcrawl.fetch.render_pulse import Limit

Failure = Literal["no_browser", "timeout", "crashed", "denied", "failed"]
META = "gemcrawl_render"
"""Key of the job in the meta of its request."""


class RenderFailed(Exception):
    """The page was not rendered; `Job.failure` says why."""


@dataclass(slots=True, eq=False)
class Job:
    """Arguments as of `gemcrawl.fetch.rendered.Render`."""

    url: str
    group: str
    allowed: Allowed
    deadline: float
    outline: Outline | None = None
    """The form that a picture is wanted of; None for no picture."""
    picture: bytes | None = None
    """WebP; None when there is none, or the form was not there."""
    failure: Failure | Literal[""] = "failed"
    """What it will have been unless something else is known."""
    documents: tuple[RenderedDocument, ...] = ()
    cut: bool = False
    """As of `gemcrawl.fetch.rendered.Rendered`."""
    requests: tuple[BrowserRequest, ...] = ()
    wire_bytes: int = 0
    given_up: bool = False
    task: asyncio.Task[object] | None = None
    """What works on it now."""
    limit: Limit | None = None
    """When this try is given up."""
    tab: Tab | None = None
    """Where it is rendered."""
    started: float = field(default_factory=time.monotonic)

    def give_up(self) -> None:
        """Nobody waits any more."""
        self.given_up = True
        if self.task is not None:
            self.task.cancel()

    def result(self) -> Rendered:
        return Rendered(
            url=self.url,
            failure=self.failure,
            documents=() if self.failure else self.documents,
            cut=self.cut and not self.failure,
            requests=self.requests,
            wire_bytes=self.wire_bytes,
            seconds=time.monotonic() - self.started,
        )
