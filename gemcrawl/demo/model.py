"""What the nation is made of: hosts with scheme policies, pages, forms and their places.  Served pages and truth both come from these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gemcrawl.items import Kind, Outcome, Reason

TlsProfile = Literal[
    "good",
    "expired",
    "not_yet_valid",
    "self_signed",
    "wrong_host",
    "incomplete_chain",
    "untrusted",
    "tls10_11",
    "tls12",
    "tls13",
    "insufficient",
    "closed",
]
"""How a host answers on port 443; ``insufficient`` has suites that no guideline lists beside good ones, ``closed`` refuses the connection."""
HttpPolicy = Literal["redirect", "serve", "closed", "other_host", "late", "meta_refresh", "script"]
"""How a host answers on port 80."""
Barrier = Literal["", "down", "forbidden", "rate_limited", "challenge"]
"""What a host answers instead of its pages: 503, 403, 429, or a page that wants proof of a browser."""
Language = Literal["nl", "fy", "en"]

GOOD_HSTS = "max-age=31536000"
"""Strict-Transport-Security of a host that does it well."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link as written."""

    href: str
    text: str


@dataclass(slots=True, kw_only=True)
class FormSpec:
    """One form as written in a page."""

    product: str
    """Key in `gemcrawl.demo.products.PRODUCTS`."""
    action: str | None = ""
    """The attribute as written; None when absent."""
    method: Literal["post", "get"] = "post"
    formaction: str = ""
    base_href: str = ""
    mixed_active: str = ""
    """http address of a script on the page."""
    mixed_passive: str = ""
    """http address of an image on the page."""
    api: str = ""
    """Address to which a script on the page sends the data; the page has no form element then."""
    late: int = 0
    """Milliseconds that a script waits before it shows the form."""


@dataclass(slots=True, kw_only=True)
class Page:
    """One path of a host."""

    path: str
    title: str
    links: list[Anchor] = field(default_factory=list)
    form: FormSpec | None = None
    lookalikes: tuple[str, ...] = ()
    """Keys of forms that are neither appointment nor contact form."""
    frame: str = ""
    """src of an iframe."""
    embed: str = ""
    """Address that a script of `gemcrawl.demo.apps.WIDGET_HOST` puts into a frame."""
    app: str = ""
    """Template of an application's document, in the place of the host's layout."""
    text: str = ""
    paragraphs: int = 8
    language: Language = "nl"
    redirect: str = ""
    """Absolute URL to which the https version of the page redirects with 302."""
    http_redirect: str = ""
    """Absolute URL to which the http version redirects, instead of what the host's policy says."""
    on_http: bool = False
    """The http version answers with the page, whatever the host's policy says."""
    cookie_gate: str = ""
    """Cookie without which the page redirects to itself while setting it."""
    session: str = ""
    """Cookie without which the page says that there is no session."""
    set_cookie: str = ""
    forbidden: bool = False
    """A crawler has no business here: DigiD, log out, cancel."""
    in_sitemap: bool = True
    raw: bytes = b""
    """A body that is no HTML page."""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    delay: float = 0.0
    """Seconds before the answer."""


@dataclass(slots=True, kw_only=True, eq=False)
class Host:
    """One host name and everything it serves; equal only to itself, so that it can be a cache key."""

    name: str
    owner: str
    """Name shown in the page header."""
    layout: str
    profile: TlsProfile = "good"
    http: HttpPolicy = "redirect"
    hsts: str | None = GOOD_HSTS
    alternate: str = ""
    """The other host name that the policies ``other_host`` and ``late`` go through."""
    pages: dict[str, Page] = field(default_factory=dict)
    nav: list[Anchor] = field(default_factory=list)
    footer: list[Anchor] = field(default_factory=list)
    language: Language = "nl"
    barrier: Barrier = ""
    redirect_all: str = ""
    """Origin to which every path redirects (over https)."""
    wildcard: str = ""
    """Domain under which every name that is no host of its own answers as this host does."""
    search: str = ""
    """Key of the search form in the header."""
    newsletter: bool = False
    seed: int = 0

    def add(self, page: Page) -> Page:
        """Adds a page; a second page at the same path is a mistake in the generator.

        Raises:
            ValueError: there is a page at that path.
        """
        if page.path in self.pages:
            raise ValueError(f"{self.name}{page.path} is defined twice")
        self.pages[page.path] = page
        return page


@dataclass(slots=True, kw_only=True)
class FormPlace:
    """Where a form of a municipality stands, as a visitor who follows the links comes to it."""

    kind: Kind
    spec: FormSpec
    page_url: str
    page: Page
    frames: tuple[str, ...] = ()
    also_urls: tuple[str, ...] = ()
    """Addresses that lead to the same document."""
    route: tuple[str, ...] = ()
    """Addresses passed through before the document, when they are not just the host's upgrade."""
    entries: tuple[str, ...] = ()
    """Links as written on the municipality's own pages."""
    sitemap_only: bool = False
    known_host_only: bool = False
    """No page links to it, but its host is on the list of known hosts."""


@dataclass(slots=True, kw_only=True)
class Town:
    """One municipality: what the register says, what happens when it is surveyed, and where its forms are."""

    code: str
    name: str
    slug: str
    province: str
    website: str
    case: str
    outcomes: tuple[Outcome, ...] = ("surveyed",)
    reason: Reason | None = None
    places: list[FormPlace] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    known_hosts: list[str] = field(default_factory=list)
    lat: float = 0.0
    lon: float = 0.0


@dataclass(slots=True)
class Nation:
    """All municipalities and all hosts, shared ones included."""

    night: int
    towns: list[Town]
    hosts: dict[str, Host]
