"""Buttons, lists and boxes that are links: a form that asks nothing and gets a page, a script that does nothing but go there; and what only a script can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode

from gemcrawl.forms.fields import hides, text_of
from gemcrawl.forms.owners import OWNER
from gemcrawl.forms.submit import method_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from gemcrawl.forms.raw import Attributes, RawForm

_PAGE = re.compile(r"https?://|/|[\w.~-]+(?:[/?]|$)", re.IGNORECASE)
_MAX_SCRIPT = 500
_MAX_HIDDEN = 10
_MAX_VALUE = 200
_STRING = r"(?:\"([^\"\\\s]+)\"|'([^'\\\s]+)')"
_GO = re.compile(
    rf"(?:javascript:)?\s*+(?:return\s++)?(?:(?:(?:window|document|self|top|parent|this)\s*+\.\s*+){{0,2}}location(?:\s*+\.\s*+href)?\s*+=\s*+{_STRING}"
    rf"|(?:(?:window|document|self|top|parent)\s*+\.\s*+){{0,2}}location\s*+\.\s*+(?:assign|replace)\s*+\(\s*+{_STRING}\s*+\)"
    rf"|(?:window\s*+\.\s*+)?open\s*+\(\s*+{_STRING}\s*+(?:,[^()]{{0,200}})?\))\s*+;?\s*+(?:return\s++(?:true|false)\s*+;?)?\s*+",
    re.IGNORECASE,
)

_OPENS = re.compile(
    rf"javascript:\s*+(?:void\s*+\(?\s*+)?(?:[\w$]*+\.)*+(?=[\w$]*(?:open|venster|popup|window|link|toon|show|navig|pagina|page|goto|ganaar))[\w$]++\s*+\(\s*+{_STRING}"
    r"\s*+(?:,\s*+[\w\s,.'-]{0,100})?\)\s*+\)?\s*+;?\s*+(?:void\s*+\(?\s*+0\s*+\)?\s*+;?)?\s*+",
    re.IGNORECASE,
)
_CHOSEN = r"(?:this\s*+\.\s*+value|this\s*+\.\s*+options\s*+\[\s*+this\s*+\.\s*+selectedIndex\s*+\]\s*+\.\s*+value)"
_JUMPS = re.compile(
    rf"\s*+(?:javascript:)?\s*+(?:if\s*+\(\s*+{_CHOSEN}[^()]{{0,20}}\)\s*+\{{?\s*+)?(?:(?:(?:window|document|self|top|parent)\s*+\.\s*+){{0,2}}location(?:\s*+\.\s*+href)?\s*+=\s*+{_CHOSEN}"
    rf"|(?:(?:window|document|self|top|parent)\s*+\.\s*+){{0,2}}location\s*+\.\s*+(?:assign|replace)\s*+\(\s*+{_CHOSEN}\s*+\)"
    rf"|(?:window\s*+\.\s*+)?open\s*+\(\s*+{_CHOSEN}[^()]{{0,100}}\))\s*+;?\s*+\}}?\s*+",
    re.IGNORECASE,
)
"""A script that goes to the value that was chosen, and does nothing else."""
_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)
_MAX_CHOICES = 200

_SHOWS = frozenset({"aria-expanded", "aria-controls", "aria-current", "data-toggle", "data-bs-toggle", "popovertarget", "commandfor"})
"""Attributes of what shows or hides something that is in the page, or stands for the page itself."""
_SHOWS_WORD = re.compile(r"toggle|drop-?down|accordion|collaps|scroll", re.IGNORECASE)
_HEADS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"})
_LISTS = frozenset({"ul", "ol", "menu"})


def goes_to(script: str | None) -> str:
    """Where an ``onclick`` or a ``javascript:`` address leads that does nothing but go there, as written; empty for any other."""
    if not script or len(script) > _MAX_SCRIPT or ("location" not in script and "open" not in script):
        return ""
    match = _GO.fullmatch(script)
    return next((group for group in match.groups() if group), "") if match else ""


def leads_to(href: str) -> str:
    """Where a ``javascript:`` address leads that does nothing but go there or call a function that is named for it (`openVenster('/afspraak')`)."""
    if len(href) > _MAX_SCRIPT:
        return ""
    script = unquote(href)
    match = _OPENS.fullmatch(script)
    called = next(filter(None, match.groups()), "") if match else ""
    return called if _ADDRESS.match(called) else goes_to(script)


def inner_click(link: LexborNode) -> str:
    """Where what is in a link goes at a click; for a link that goes nowhere itself."""
    inner = link.css_first("[onclick]")
    return goes_to(inner.attributes.get("onclick")) if inner is not None else ""


def said_by_picture(link: LexborNode, attributes: Attributes) -> str:
    """What stands for the picture in a link, or for the link itself when that is a part of one."""
    image = link.css_first("img[alt]")
    return (image.attributes.get("alt") if image is not None else attributes.get("alt")) or ""


def choices(list_: LexborNode) -> Iterator[tuple[str, str]]:
    """Address, as written, and text of each option of a list that goes to the address which is chosen."""
    if _JUMPS.fullmatch((list_.attributes.get("onchange") or "")[:_MAX_SCRIPT]):
        for option in islice(list_.css("option[value]"), _MAX_CHOICES):
            if _ADDRESS.match(href := (option.attributes.get("value") or "").strip()):
                yield href, text_of(option)


def is_link(form: RawForm) -> bool:
    """Whether a form is a button that leads to another page: it gets an address, asks for nothing and has one button."""
    attributes = form.attributes
    action = (attributes.get("action") or "").strip()
    if form.controls or len(form.buttons) != 1 or not _PAGE.match(action):
        return False
    if method_of(attributes.get("method")) != "get" or attributes.get("onsubmit"):
        return False
    return not any({"formaction", "formmethod", "name"} & button.keys() for button in form.submitters)


def address(form: RawForm) -> str:
    """The address that such a form gets, as written: its hidden values are the query."""
    attributes: list[Mapping[str, str | None]] = [node.attributes for node in form.node.css("input[type=hidden]")[:_MAX_HIDDEN]]
    pairs = [(a.get("name") or "", (a.get("value") or "")[:_MAX_VALUE]) for a in attributes if a.get("name")]
    action = (form.attributes.get("action") or "").strip()
    return f"{action.partition('#')[0].partition('?')[0]}?{urlencode(pairs)}" if pairs else action.partition("#")[0].partition("?")[0]


def needs_a_script(node: LexborNode, tag: str, attributes: Attributes) -> bool:
    """Whether a link or button without an address may lead to another page or bring a form, by a script that nobody but a browser can follow.

    What shows a part of the page itself does not: a menu, a tab, an accordion, a section to scroll to.
    """
    if tag == "a" and not (attributes.get("href") or attributes.keys() & {"onclick", "role", "tabindex"}):
        return False  # an anchor, or the page itself in a menu
    if attributes.get("form") or OWNER in attributes or goes_to(attributes.get("onclick")):
        return False
    if _SHOWS & attributes.keys() or attributes.get("role") == "tab" or hides(attributes):
        return False
    if (attributes.get("aria-haspopup") or "dialog").lower() != "dialog":
        return False
    if _SHOWS_WORD.search(
        f"{attributes.get('class') or ''} {attributes.get('onclick') or ''} {attributes.get('href') or ''}"[:_MAX_SCRIPT]
    ):
        return False
    if node.parent is not None and node.parent.tag in _HEADS:
        return False
    after = node.next
    while after is not None and not after.is_element_node:
        after = after.next
    return after is None or after.tag not in _LISTS
