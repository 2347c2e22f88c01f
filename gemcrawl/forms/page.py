"""What one HTML document says: the data that reading a page yields, and nothing that needs the network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from gemcrawl.forms.pointing import NO_WORDS, Words
from gemcrawl.items import Field, Kind, PersonalData, PersonalDataLevel
from gemcrawl.transport.facts import Target


class Link(NamedTuple):
    """One ``a[href]`` or ``area[href]``; the href joined to the document's base as a browser does, http and https only, fragment removed."""

    url: str
    text: str
    """Visible text, white space folded; else aria-label, title or the alt of an image in it."""
    title: str = ""
    place: Literal["main", "nav", "header", "footer"] = "main"
    """Nearest landmark around it."""
    hash_route: str = ""
    """The fragment when it is a route of a single-page application (``#/...`` or ``#!...``)."""
    inherits: bool = False
    """It is an http address only because its page is one: neither the reference nor a base element names the scheme."""
    around: Words = NO_WORDS
    """What is said around it, where its own words do not say where it leads."""


@dataclass(frozen=True, slots=True)
class PageForm:
    """One form of a page, read and typed."""

    kind: Kind
    kind_score: float
    """0 to 1."""
    kind_reasons: tuple[str, ...]
    method: str | None
    """As written."""
    enctype: str | None
    action: str | None
    targets: tuple[Target, ...]
    """Empty for ``method=dialog`` only forms and for mount points."""
    by_script: bool
    """The submit target is only known to a script: a ``javascript:`` action, a submit handler without an action, or a mount point."""
    has_form_element: bool
    """False for a mount point of a script-driven product, of which no form element is in the document."""
    fields: tuple[Field, ...]
    personal_data: tuple[PersonalData, ...]
    """In the order of `gemcrawl.items.PersonalData`."""
    personal_data_level: PersonalDataLevel
    api_urls: tuple[str, ...] = ()
    definition_url: str | None = None
    """Where the product of a mount point publishes the form's definition, for anyone to read."""
    declared: bool = False
    """Its definition was read: it is as complete as it gets without sending anything."""
    idle_action: str = ""
    """The resolved action when each submit button brings its own address; it is named, and no browser uses it."""
    signature: str = ""
    """Stable over runs and over pages: field names, types and labels, without values, tokens or session ids."""

    @property
    def submit_urls(self) -> tuple[str, ...]:
        """Every address that action and formaction name, distinct; what only a script resolves is none, and an empty query says nothing."""
        named = (self.idle_action, *(target.url for target in self.targets if target.method != "dialog"))
        return tuple(dict.fromkeys(url.removesuffix("?") for url in named if url and not url.startswith("javascript:")))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """Everything the survey and the transport rules need from one document, from one parse."""

    url: str
    base_url: str
    """Address that relative references resolve against."""
    title: str | None = None
    language: str | None = None
    headings: tuple[str, ...] = ()
    """h1 and h2, in order."""
    links: tuple[Link, ...] = ()
    """Distinct by URL and text, document order."""
    scripted: tuple[str, ...] = ()
    """Texts of the links and buttons outside of forms that only a script can follow; empty where there are no scripts."""
    frames: tuple[str, ...] = ()
    """Resolved addresses of what iframe, frame, object and embed elements show, http and https only, distinct."""
    held: tuple[str, ...] = ()
    """Those of `frames` that are shown only after consent, a click or a scroll; a browser that does none of these does not load them."""
    blank_frame: bool = False
    """There is a frame in the main content, in sight and to be filled by a script, of which nothing says what it will show."""
    forms: tuple[PageForm, ...] = ()
    supplier: str | None = None
    supplier_evidence: str | None = None
    meta_refresh: str | None = None
    """Target of an immediate (at most 5 s) refresh, of a meta element or a response field."""
    script_redirect: str | None = None
    """Target of an inline script that does nothing but set location."""
    canonical: str | None = None
    robots_noindex: bool = False
    error_page: str | None = None
    """The phrase by which a page with status 200 shows that it is no page: no session, out of order, not found, challenge."""
    challenge: bool = False
    """It is a bot challenge."""
    app_shell: bool = False
    """An empty mount point that scripts will fill."""
    scripts: bool = False
    """It has scripts."""
    truncated: bool = False
    """It is longer than what is read of a page."""
    script_product: bool = False
    """The product recognised builds its forms by script."""
    mixed_active: tuple[str, ...] = field(default=())
    """http addresses of scripts, styles, objects and frames; empty unless the page is https."""
    mixed_passive: tuple[str, ...] = field(default=())
    """http addresses of images and media; the same."""

    def holding(self, inner: PageReading) -> PageReading:
        """This page with what a document says that is written in it (``srcdoc``): it came with the page, and has the page's address."""
        return replace(
            self,
            links=tuple(dict.fromkeys((*self.links, *inner.links))),
            scripted=tuple(dict.fromkeys((*self.scripted, *inner.scripted))),
            frames=tuple(dict.fromkeys((*self.frames, *inner.frames))),
            held=tuple(dict.fromkeys((*self.held, *inner.held))),
            blank_frame=self.blank_frame or inner.blank_frame,
            forms=(*self.forms, *inner.forms),
            supplier=self.supplier or inner.supplier,
            supplier_evidence=self.supplier_evidence or inner.supplier_evidence,
            app_shell=self.app_shell or inner.app_shell,
            scripts=self.scripts or inner.scripts,
            truncated=self.truncated or inner.truncated,
            script_product=self.script_product or inner.script_product,
            mixed_active=tuple(dict.fromkeys((*self.mixed_active, *inner.mixed_active))),
            mixed_passive=tuple(dict.fromkeys((*self.mixed_passive, *inner.mixed_passive))),
        )
