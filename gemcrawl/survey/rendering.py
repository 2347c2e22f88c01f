"""When a page is rendered, and what becomes of it: from the documents that a browser saw to visits as the survey knows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gemcrawl.fetch.rendered import BrowserRequest, Render, Rendered, RenderedDocument
from gemcrawl.forms import read_page, unfilled
from gemcrawl.forms.page import PageForm, PageReading
from gemcrawl.forms.suppliers import of_address
from gemcrawl.items import IN_SCOPE, RenderCause, RenderOutcome
from gemcrawl.sites import site_of
from gemcrawl.survey.links import STRONG, Scores, url_score
from gemcrawl.survey.urls import host_of, key
from gemcrawl.survey.visit import Visit, Visitor

MAX_API_URLS = 20
"""Addresses of data services kept per form."""


@dataclass(slots=True)
class Budget:
    """How many pages may still be rendered."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What rendering one page brought."""

    outcome: RenderOutcome
    page: Visit | None = None
    """The visit with the reading of the page as it stood after scripts ran; None when it was not read.  One that was read too soon to say that there
    is no form has the outcome ``timeout`` all the same."""
    frames: tuple[tuple[Visit, tuple[Visit, ...]], ...] = ()
    """Every frame that may be read, with the documents that frame it, outermost first."""
    fresh: frozenset[str] = frozenset()
    """Signatures of the forms that were not in the page as fetched."""
    blocked: int = 0
    """Requests stopped because they were neither GET nor HEAD."""
    hollow: bool = False
    """After scripts ran the page is still nothing but a shell to be filled: what it would show is not known."""
    unfilled: bool = False
    """There is no form in scope, and the page says that something was still to come, or failed, or its own data did: what it would show is not known."""


def cause_of(reading: PageReading, promise: Scores) -> RenderCause | None:
    """Why a page that was fetched should be rendered at once; None when the page as fetched says enough.

    Args:
        reading: the page as fetched.
        promise: what the link that led to it promises.
    """
    if any(form.kind in IN_SCOPE and not _is_bare(form) for form in reading.forms):
        return None
    bare = [form for form in reading.forms if _is_bare(form)]
    if any(form.kind in IN_SCOPE or (form.kind == "other" and promise.best >= STRONG) for form in bare):
        return "product"
    if reading.app_shell and not bare:
        return "app_shell"
    if reading.script_product and not bare and promise.best >= STRONG:
        return "supplier_script"
    return None


def _is_bare(form: PageForm) -> bool:
    """A mount point of which nothing is known yet but that a script will put a form there."""
    return not form.has_form_element and not form.fields and not form.declared


class Renderings:
    """Renders pages on behalf of one municipality."""

    def __init__(self, render: Render | None, visitor: Visitor, own: Budget, run: Budget, deadline: float) -> None:
        self._render, self._visitor, self._own, self._run, self._deadline = render, visitor, own, run, deadline
        self.pages = 0
        """Pages rendered so far."""

    async def look(self, visit: Visit, *, fragment: str = "", text: str = "") -> Seen:
        """Renders the page of ``visit``; ``fragment`` is the route within a single-page application, ``text`` that of the link."""
        if self._render is None:
            return Seen(outcome="off")
        if not (self._own.left and self._run.left):
            return Seen(outcome="budget")
        self._own.left -= 1
        self._run.left -= 1
        rendered = await self._render(
            visit.final_url + fragment, group=site_of(host_of(visit.final_url)), allowed=self._visitor.may_render, deadline=self._deadline
        )
        self._visitor.rendered(rendered.answered, rendered.wire_bytes)
        if rendered.failure:
            return Seen(outcome=rendered.failure, blocked=rendered.blocked)
        self.pages += 1
        return await self._seen(visit, rendered, text)

    async def _seen(self, visit: Visit, rendered: Rendered, text: str) -> Seen:
        known = {form.signature for form in visit.reading.forms} if visit.reading is not None else set()
        documents = rendered.documents
        policies = visit.answer.policies  # frames inherit what matters here
        readings = [
            read_page(d.html.encode("utf-8", "replace"), _address(d, documents), charset="utf-8", entry_text=text, policies=policies)
            for d in documents
        ]
        _join_written(documents, readings)
        kept: dict[int, Visit] = {}
        chains: dict[int, tuple[Visit, ...]] = {}
        for i in sorted(_needed(documents, readings)):
            parent = documents[i].parent
            if parent is not None and parent not in kept:
                continue
            there = await self._arrive(visit if parent is None else kept[parent], readings[i].url)
            if there is None:
                if parent is None:
                    return Seen(outcome="denied", blocked=rendered.blocked)
                continue
            kept[i] = replace(there, reading=_completed(readings[i], visit.reading, rendered, known))
            chains[i] = () if parent is None else (*chains[parent], kept[parent])
        if 0 not in kept:
            return Seen(outcome="failed", blocked=rendered.blocked)
        fresh = {f.signature for v in kept.values() if v.reading is not None for f in v.reading.forms} - known
        return Seen(
            outcome="timeout" if rendered.cut else "rendered",
            page=kept[0],
            frames=tuple((kept[i], chains[i]) for i in kept if i),
            fresh=frozenset(fresh),
            blocked=rendered.blocked,
            hollow=readings[0].app_shell and not any(reading.forms for reading in readings),
            unfilled=_is_unfilled(rendered, readings),
        )

    async def _arrive(self, base: Visit, url: str) -> Visit | None:
        """The visit whose facts hold for a document: that of the page itself, else one made for it; None where it may not be read."""
        if key(url) == key(base.final_url):
            return base
        visit = await self._visitor.visit(url)
        return visit if visit.failure is None and visit.route else None


def _address(document: RenderedDocument, documents: tuple[RenderedDocument, ...]) -> str:
    """Where a document came from: one that was written into its frame (about:srcdoc, about:blank) came with the framing document."""
    at = document
    while not at.url.startswith(("http://", "https://")) and at.parent is not None:
        at = documents[at.parent]
    return at.url.partition("#")[0]


def _join_written(documents: tuple[RenderedDocument, ...], readings: list[PageReading]) -> None:
    """What documents say that are written in their frames (``srcdoc``) is what the framing documents say, as in a page that is only fetched."""
    for i in reversed(range(len(documents))):
        parent = documents[i].parent
        if parent is not None and not documents[i].url.startswith(("http://", "https://")):
            readings[parent] = readings[parent].holding(readings[i])
            readings[i] = PageReading(url=readings[i].url, base_url=readings[i].base_url)


def _is_unfilled(rendered: Rendered, readings: list[PageReading]) -> bool:
    """Whether what a page would show is not known: the page itself, or a frame whose address promises a form or is that of a product, says so."""
    if any(form.kind in IN_SCOPE for reading in readings for form in reading.forms):
        return False
    if readings[0].blank_frame or _own_data_failed(rendered, readings[0].url):
        return True
    promising = [i for i, r in enumerate(readings) if not i or url_score(r.url).best >= STRONG or of_address(r.url) is not None]
    return any(unfilled(rendered.documents[i].html) is not None for i in promising)


def _own_data_failed(rendered: Rendered, page_url: str) -> bool:
    """Whether a data service of the page's own site, or of a known product, did not answer, or answered with a server's error."""
    return bool(_data_requests((r for r in rendered.requests if r.stopped == "failed" or r.status >= 500), page_url))


def _needed(documents: tuple[RenderedDocument, ...], readings: list[PageReading]) -> set[int]:
    """The page, the frames that carry a form, and what frames those."""
    needed = {0} if documents else set()
    for i, reading in enumerate(readings):
        at: int | None = i if reading.forms else None
        while at is not None and at not in needed:
            needed.add(at)
            at = documents[at].parent
    return needed


def _completed(reading: PageReading, fetched: PageReading | None, rendered: Rendered, known: set[str]) -> PageReading:
    """A rendered reading with what the browser's requests add, and with the mount points of products that showed nothing."""
    data = _data_requests(rendered.requests, reading.url)
    forms = [form if form.signature in known else _made_by_script(form, data) for form in reading.forms]
    shown = {form.kind for form in forms if form.fields}
    if fetched is not None and fetched.url == reading.url:
        have = {form.signature for form in forms}
        forms += [f for f in fetched.forms if _is_bare(f) and f.kind not in shown and f.signature not in have]
    if shown & IN_SCOPE:
        forms = [f for f in forms if not (_is_bare(f) and f.kind in shown | {"other"})]
    forms = _begun(forms, known)
    secure = reading.url.startswith("https://")
    plain = [r.url for r in rendered.requests if secure and r.url.startswith("http://")]
    active = [r.url for r in rendered.requests if r.url in plain and r.destination in ("script", "style", "data", "frame")]
    passive = [r.url for r in rendered.requests if r.url in plain and r.destination == "media"]
    return replace(
        reading,
        forms=tuple(forms),
        app_shell=False,
        supplier=reading.supplier or (fetched.supplier if fetched else None),
        supplier_evidence=reading.supplier_evidence or (fetched.supplier_evidence if fetched else None),
        mixed_active=tuple(dict.fromkeys((*reading.mixed_active, *active))),
        mixed_passive=tuple(dict.fromkeys((*reading.mixed_passive, *passive))),
    )


def _begun(forms: list[PageForm], known: set[str]) -> list[PageForm]:
    """Forms without the button by which the product of a mount point lets people begin: it is the form that the page as fetched promised."""
    mounts = {form.kind: form.signature for form in forms if _is_bare(form) and form.signature in known}
    buttons = [form for form in forms if _is_bare(form) and form.signature not in known and form.kind in mounts]
    kept = [form for form in forms if form not in buttons]
    for i, form in enumerate(kept):
        if mounts.get(form.kind) == form.signature:
            data = (url for button in buttons if button.kind == form.kind for url in button.api_urls)
            kept[i] = replace(form, api_urls=tuple(dict.fromkeys((*form.api_urls, *data)))[:MAX_API_URLS])
    return kept


def _made_by_script(form: PageForm, data: tuple[str, ...]) -> PageForm:
    """A form that a script made: without an action of its own it is the script that sends it, to the page's data services."""
    if form.action or any(t.attribute == "formaction" for t in form.targets) or (form.method or "").lower() == "post":
        return form
    return replace(
        form, targets=(), by_script=True, has_form_element=False, api_urls=tuple(dict.fromkeys((*form.api_urls, *data)))[:MAX_API_URLS]
    )


def _data_requests(requests: Iterable[BrowserRequest], page_url: str) -> tuple[str, ...]:
    """Data services that a page talked to, or tried to: on its own site, or of a known product; statistics and the like are left out."""
    own = site_of(host_of(page_url))
    found = (r.url.partition("?")[0] for r in requests if r.destination == "data" and r.stopped in ("", "method", "failed"))
    return tuple(dict.fromkeys(url for url in found if site_of(host_of(url)) == own or of_address(url) is not None))
