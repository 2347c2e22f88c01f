"""Raw facts about the way to and from a form, as collected; nothing here is a judgement.

The survey fills these while it fetches; `gemcrawl.transport` turns them into host rows, findings and verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gemcrawl.items import Reason, TlsVersion


@dataclass(frozen=True, slots=True)
class Handshake:
    """What one TLS handshake showed."""

    version: str
    """Negotiated version: TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3."""
    cipher: str
    """Negotiated suite, OpenSSL name."""
    chain: tuple[bytes, ...]
    """Certificates as sent, DER, leaf first."""
    trusted: bool
    """Chain, dates and host name all verified against the roots in use."""
    error: str = ""
    """OpenSSL's reason when it did not verify."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One response on the way to a document."""

    url: str
    status: int
    """0 when the way led here and nothing was read: it did not answer, or may not be asked."""
    address: str = ""
    """IP address that answered."""
    hsts: tuple[str, ...] = ()
    """Strict-Transport-Security field values as sent, in order."""
    handshake: Handshake | None = None
    """None over http."""
    leaves_by: Literal["", "redirect", "meta_refresh", "script", "link"] = ""
    """How this hop leads to the next one; empty for the last."""


Route = tuple[Hop, ...]
"""The hops from a URL as written to the document it ends at; the last hop is the document."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address that a form can be submitted to."""

    written: str
    """The attribute as written; empty when absent."""
    url: str
    """Resolved as a browser would; empty when it cannot be resolved."""
    attribute: Literal["action", "formaction"] = "action"
    method: Literal["get", "post", "dialog"] = "get"


@dataclass(frozen=True, slots=True)
class EntryLink:
    """A link (or frame) on the municipality's own pages that leads to the form's page."""

    page_url: str
    href: str
    """Absolute, as written apart from joining."""
    inherits: bool = False
    """It is an http address only because its page is one; as written it names no scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All facts about the way to and from one form."""

    page: Route
    """To the document that contains the form."""
    frames: tuple[Route, ...] = ()
    """To each framing document, outermost first; empty for a form on a page of its own."""
    entries: tuple[EntryLink, ...] = ()
    """Links as written that lead to `page[0]` (or to the outermost framing page)."""
    targets: tuple[Target, ...] = ()
    """Every submit target of a real form element."""
    by_script: bool = False
    """The submit target is only known to a script."""
    has_form_element: bool = True
    """False for a script-driven form of which only the mount point was seen."""
    api_urls: tuple[str, ...] = ()
    """Declared data endpoints of a script-driven form."""
    twins: tuple[tuple[str, Route | Reason], ...] = ()
    """For the page and each framing page: its http version's URL, and the hops from there or why there are none."""
    mixed_active: tuple[str, ...] = ()
    """http addresses of scripts, styles, objects and frames on the form's https page."""
    mixed_passive: tuple[str, ...] = ()
    """http addresses of images and media there."""
    insecure_cookies: tuple[str, ...] = ()
    """Names of session cookies set on the form's https page without Secure."""
    personal_data: bool = False
    """The form has fields for personal data."""
    wildcard_name: str = ""
    """A name made up at random under the same domain that answered with the same page; empty when not tested or not so."""


@dataclass(slots=True, weakref_slot=True)
class Seen:
    """What the crawl saw of one host name, gathered over all pages and probes; the input of a host row."""

    https: dict[str, list[Hop]] = field(default_factory=dict)
    """https hops on this very host, by address."""
    https_failure: Reason | None = None
    http_routes: list[Route] = field(default_factory=list)
    """Routes that start at http on this very host."""
    http_failure: Reason | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the https service of one host accepts at one address, listed by probing."""

    versions: tuple[TlsVersion, ...] = ()
    cipher_suites: tuple[str, ...] = ()
    """IANA names, in server order, over all versions."""
    groups: tuple[str, ...] = ()
    """Key-exchange groups by IANA name; a server's own DHE group is named after its size: dhe-2048."""
    handshakes: int = 0
    """Spent on it."""
    complete: bool = False
    """Every version was listed until the server refused; otherwise it accepts at least what is named here."""
    failure: Reason | None = None
    """Why it is not complete."""
