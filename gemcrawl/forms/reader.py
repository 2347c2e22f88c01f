"""Reads one HTML document in one pass over its elements; every other module of this package works on what the pass collects."""

from __future__ import annotations

from itertools import islice
from operator import itemgetter

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from gemcrawl.forms import policy, state
from gemcrawl.forms.addresses import MAX_URL, Addresses, is_plain, join, normal
from gemcrawl.forms.assemble import forms_of
from gemcrawl.forms.document import MAX_LINKS, collect
from gemcrawl.forms.fields import clean
from gemcrawl.forms.kinds import SIDE_KINDS
from gemcrawl.forms.markup import MAX_BYTES, MAX_TAGS, markup_of, without_ballast
from gemcrawl.forms.owners import adopt, marked
from gemcrawl.forms.page import Link, PageReading
from gemcrawl.forms.raw import Document
from gemcrawl.forms.suppliers import Traces, recognise

MAX_WRITTEN_DEPTH = 3
"""Documents written in each other (``srcdoc``) that are read."""
_TEXT = 4 * state.SMALL_TEXT
_NO_TEXT = frozenset({"script", "style", "template", "noscript"})
_new = tuple.__new__
_SHELL_TEXT = 300
_SHELL_LINKS = 3
_SHELL_MOUNTS = (
    "#app,#root,#__next,#__nuxt,app-root,[ng-app],[aurelia-app],[data-reactroot],[ng-version],#main-app,#react-root,#vue-app,[data-v-app]"
)


def read_page(
    body: bytes,
    url: str,
    *,
    charset: str | None = None,
    entry_text: str = "",
    cookies: tuple[str, ...] = (),
    refresh: str | None = None,
    policies: tuple[str, ...] = (),
) -> PageReading:
    """Everything the survey and the transport rules need from one document, and from those that are written in it (``srcdoc``).

    `url` is the document's own address (after redirects), `charset` that of the Content-Type field, `entry_text` the text of the link that led to the
    page, when known: it counts as evidence for the kind of the page's main form; `cookies` the response's Set-Cookie fields, of which only names are looked
    at; `refresh` its Refresh field, which does what a meta refresh does; `policies` its Content-Security-Policy fields.  Never raises on account of the document: at most 2 MB are read (without the long comments, scripts,
    styles and data in addresses of a larger page), 2000 links, 100 forms, 300 fields per form.
    """
    return _read(body, normal(url), charset, entry_text, cookies, refresh, policies)


def _read(
    body: bytes,
    url: str,
    charset: str | None,
    entry_text: str,
    cookies: tuple[str, ...] = (),
    refresh: str | None = None,
    policies: tuple[str, ...] = (),
    around: tuple[str, ...] = (),
) -> PageReading:
    """Reads a document; ``around`` are the base addresses of those that it is written in, outermost first (HTML, about base URL)."""
    body = without_ballast(body)
    markup = markup_of(body, charset)
    try:
        tree = LexborHTMLParser(markup)
        root = tree.root
    except (SelectolaxError, ValueError, MemoryError, UnicodeError):
        return PageReading(url=url, base_url=url)
    if root is None:
        return PageReading(url=url, base_url=url)
    document = collect(root)
    if document.strays():
        tree = LexborHTMLParser(marked(markup))
        document = collect(tree.root or root)
    adopt(document)
    document.refresh = refresh or document.refresh
    base = _base_of(document, around[-1] if around else url)
    addresses = Addresses(base)
    traces = Traces(
        markup=markup, signs=document.signs(), scripts="\n".join(document.scripts), generator=document.generator, cookies=cookies
    )
    found = recognise(url, traces)
    supplier = found[0] if found else None
    text = _visible_text(tree, document)
    fields = document.visible_controls()
    challenge = state.challenge(document.title, markup, len(text), fields)
    error = challenge or state.error_phrase([document.title, *document.headings[:2], *document.alerts], text, fields)
    if error and not challenge and supplier is not None and supplier.keep:
        error = None
    secure = url.startswith("https://")
    links = _links(document, addresses, addresses if secure else Addresses(_base_of(document, url.replace("http:", "https:", 1))))
    shell = _is_shell(tree, document, len(text), len(links))
    forms = forms_of(document, tree, url, addresses, supplier, entry_text)
    if error:
        # What a page that is none still carries is the search box and the like that stand on every page.
        forms = () if challenge else tuple(f for f in forms if f.has_form_element and f.kind in SIDE_KINDS)
    reading = PageReading(
        url=url,
        base_url=base,
        title=document.title or None,
        language=document.language or None,
        headings=tuple(document.headings),
        links=links,
        scripted=_scripted(document),
        frames=_addresses(document.frames, addresses),
        held=_addresses(document.held, addresses),
        blank_frame=document.blank_frame and bool(document.scripts or document.inline_scripts),
        forms=forms,
        supplier=supplier.name if supplier else None,
        supplier_evidence=found[1] if found else None,
        meta_refresh=state.meta_refresh(document.refresh, addresses) if document.refresh else None,
        script_redirect=next(filter(None, (state.script_redirect(s, url, addresses) for s in document.inline_scripts)), None),
        canonical=(addresses.web(document.canonical) or None) if document.canonical else None,
        robots_noindex=document.noindex,
        error_page=error,
        challenge=challenge is not None,
        app_shell=shell,
        scripts=bool(document.scripts or document.inline_scripts),
        truncated=len(body) > MAX_BYTES or (len(markup) > MAX_TAGS and markup.count(b"<") >= MAX_TAGS),
        script_product=supplier is not None and (supplier.shell or bool(supplier.mount)),
        mixed_active=_insecure(document.active, addresses) if secure else (),
        mixed_passive=_insecure(document.passive, addresses) if secure else (),
    )
    for written in document.written if len(around) < MAX_WRITTEN_DEPTH and challenge is None else ():
        inner = _read(written.encode("utf-8", "replace"), url, "utf-8", entry_text, around=(*around, base))
        reading = reading.holding(inner)
    return policy.upgraded(reading) if policy.upgrades(policies, markup, tree) else reading


def _visible_text(tree: LexborHTMLParser, document: Document) -> str:
    """Text of the body, cut where more of it cannot matter: only small pages are judged by it."""
    body = tree.body
    if body is None:
        return ""
    # A page whose links alone say so much is not small, and what it says does not matter.
    links = list(map(itemgetter(1), document.links))
    if sum(map(len, links)) > _TEXT:
        return " ".join(links)[:_TEXT]
    text = clean(body.text(deep=True, separator=" "), _TEXT + document.script_characters)
    if not document.script_characters or len(text) >= _TEXT + document.script_characters:
        return text[:_TEXT]
    parts: list[str] = []
    length = 0
    for node in body.traverse(include_text=True):
        if node.is_text_node:
            parent = node.parent
            if parent is not None and parent.tag in _NO_TEXT:
                continue
            piece = node.text(deep=False)
            if piece and not piece.isspace():
                parts.append(piece)
                length += len(piece)
                if length > _TEXT:
                    break
    return clean(" ".join(parts), _TEXT)


def _base_of(document: Document, url: str) -> str:
    """What references are joined to when the document is at ``url``."""
    base = join(url, document.base_href) if document.base_href is not None else url
    return base if base.startswith(("https://", "http://")) else url


def _links(document: Document, addresses: Addresses, over_https: Addresses) -> tuple[Link, ...]:
    """The links, joined by ``addresses``; by ``over_https`` where the document would be that of an https page."""
    found: dict[tuple[str, str, str], Link] = {}
    keep, web, origin = found.setdefault, addresses.web, addresses.origin
    insecure = not addresses.base.startswith("https:")
    for href, text, title, place, around in document.links:
        if origin and is_plain(href) is not None and len(href) <= MAX_URL:
            url, route = origin + href, ""
        else:
            fragment = _route(href) if "#" in href else ""
            if fragment is None or not (url := web(href)):
                continue
            route = fragment
        upgrades = insecure and url.startswith("http:") and over_https.web(href).startswith("https:")
        # What a named tuple's own constructor does takes twice as long.
        keep((url, text, route), _new(Link, (url, text, title, place, route, upgrades, around)))
    return tuple(islice(found.values(), MAX_LINKS))


def _scripted(document: Document) -> tuple[str, ...]:
    """What only a script can follow, but for a link in a menu to the page itself."""
    if not document.scripts and not document.inline_scripts:
        return ()
    return tuple(
        dict.fromkeys(text for tag, text, place in document.scripted if tag != "a" or place == "main" or text != document.first_h1)
    )


def _route(href: str) -> str | None:
    """The fragment of a reference when it is a route of an application, else empty; None when a reference is nothing but a fragment."""
    fragment = href[href.index("#") :]
    if fragment.startswith(("#/", "#!")):
        return fragment[:500]
    return None if href.startswith("#") else ""


def _addresses(references: list[str], addresses: Addresses) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(addresses.web, references))))


def _insecure(references: list[str], addresses: Addresses) -> tuple[str, ...]:
    if addresses.base.startswith("https://"):
        # Only what names its scheme can leave https.
        references = [reference for reference in references if ":" in reference]
    return tuple(dict.fromkeys(u for u in map(addresses.join, references) if u.startswith("http://")))


def _is_shell(tree: LexborHTMLParser, document: Document, text_length: int, links: int) -> bool:
    """Whether scripts have to fill the page: little text, few links, no field, scripts, and an element to fill."""
    if text_length > _SHELL_TEXT or links > _SHELL_LINKS or document.visible_controls() or document.frames:
        return False
    if not document.scripts and not document.inline_scripts:
        return False
    return tree.css_first(_SHELL_MOUNTS) is not None or (text_length < 60 and links == 0 and bool(document.scripts))
