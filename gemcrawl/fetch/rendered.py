"""What rendering a page brought: plain data, known to the survey without knowing how a browser was driven."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from gemcrawl.items import Reason

Destination = Literal["document", "frame", "script", "style", "data", "media", "other"]
"""What a browser wants a response for, after the request header Sec-Fetch-Dest: `data` is fetch, XMLHttpRequest and EventSource
(`empty`), `frame` is iframe, frame, embed and object, `media` is image, font, audio, video and track."""

Stopped = Literal["", "method", "robots", "address", "budget", "media", "failed"]
"""Why a request of the browser brought it nothing: it was not GET or HEAD, robots.txt or the survey's own rules forbid the document, the
address is refused, the page's budget is spent, images and the like are never fetched, or nothing answered.  Empty: it was answered."""


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """One request that a page made while it was rendered."""

    url: str
    method: str
    destination: Destination
    stopped: Stopped = ""
    status: int = 0
    """HTTP status of the answer; 0 without one."""


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """One document of a rendered page: the page itself, or one of its frames."""

    url: str
    html: str
    """The document as it stood after scripts ran, open shadow trees written in place, cut at the size limit."""
    parent: int | None = None
    """Index of the framing document; None for the page itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A page after its scripts ran, or the reason why it could not be rendered (`failure`)."""

    url: str
    failure: Literal["", "no_browser", "timeout", "crashed", "denied", "failed"] = ""
    """`denied`: robots.txt forbids where the page went by itself."""
    documents: tuple[RenderedDocument, ...] = ()
    """The page first, then its frames, parents before children."""
    cut: bool = False
    """No form was seen, and the page had not had the time that pages have: the machine was too busy, or its own scripts were.  One may have come later."""
    requests: tuple[BrowserRequest, ...] = ()
    """Everything that reached the proxy, and everything that documents of the page had begun when it was read, whatever became of it; what
    begins after that may be missing."""
    wire_bytes: int = 0
    seconds: float = 0.0

    @property
    def answered(self) -> int:
        """Requests that brought an answer."""
        return sum(1 for r in self.requests if r.status)

    @property
    def blocked(self) -> int:
        """Requests stopped because they would have changed something: neither GET nor HEAD."""
        return sum(r.stopped == "method" for r in self.requests)


Allowed = Callable[[str], Awaitable[Reason | None]]
"""Why a document may not be fetched; None when it may."""


@dataclass(frozen=True, slots=True)
class Outline:
    """By what a form is found again in a rendered page."""

    fields: tuple[str, ...]
    """Names of its fields, or their ids where they have none."""
    action: str | None = None
    """As written."""
    most_bytes: int = 512 * 1024
    """Size that its picture may have."""


class Render(Protocol):
    """Renders one page; never raises but for cancellation."""

    def __call__(self, url: str, *, group: str, allowed: Allowed, deadline: float) -> Awaitable[Rendered]:
        """
        Args:
            url: the final address of a page that was fetched and is allowed.
            group: pages of one group share cookies, storage and cache; every group is isolated from the others.
            allowed: asked before every document, frames and redirects included.
            deadline: `time.monotonic` value after which nothing more may be waited for.
        """
        ...
