"""What elements frame: at once, or only after consent, a click or a scroll, by attributes that ``frames.toml`` lists; and what is written in them."""

from __future__ import annotations

import re

from gemcrawl.forms.data import table
from gemcrawl.forms.fields import hides
from gemcrawl.forms.raw import Attributes, Document

MAX_WRITTEN = 5
"""Documents of one page that are written in it (``srcdoc``)."""
MAX_WRITTEN_CHARACTERS = 500_000
"""Of all of them together."""
_MAX_FRAMES = 500
_HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_NO_PAGE = ("about:", "javascript:", "data:", "blob:", "mailto:")
_NO_SIZE = frozenset({"0", "1", "0px", "1px"})
_FLAT = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)")

_data = table("frames.toml")
_HELD: tuple[str, ...] = tuple(_data["frame"])
_PLACEHOLDER: tuple[str, ...] = tuple(_data["placeholder"])
_PLACEHOLDER_WORDS: tuple[str, ...] = tuple(_data["placeholder_words"])
PLACEHOLDER = frozenset(_PLACEHOLDER)
"""Attributes by which an element may stand in the place of a frame."""


def note_frame(document: Document, tag: str, attributes: Attributes, *, main: bool) -> None:
    """Notes what a frame shows; ``main`` says whether it is in the main content.  An ``object`` or ``embed`` of a page is a frame too."""
    if tag in {"object", "embed"}:
        source = (attributes.get("data" if tag == "object" else "src") or "").strip()
        _note(document.active, source)
        if (attributes.get("type") or "").partition(";")[0].strip().lower() in _HTML and _is_address(source):
            _note(document.frames, source)
        return
    written = attributes["srcdoc"] or "" if tag == "iframe" and "srcdoc" in attributes else None
    if written and len(document.written) < MAX_WRITTEN and sum(map(len, document.written)) + len(written) <= MAX_WRITTEN_CHARACTERS:
        document.written.append(written)
    # What is written in a frame wins from what its address leads to.
    source = (attributes.get("src") or "").strip() if written is None else ""
    held = next((v for name in _HELD if (v := (attributes.get(name) or "").strip()) and _is_address(v)), "") if tag == "iframe" else ""
    if _is_address(source):
        _note(document.frames, source)
        _note(document.active, source)
    if held and held != source:
        _hold(document, held)
    elif main and tag == "iframe" and written is None and not _is_address(source) and not _out_of_sight(attributes):
        document.blank_frame = True


def note_placeholder(document: Document, attributes: Attributes) -> None:
    """Notes the frame that a script is to put in the place of an element."""
    called = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:500].lower()
    if any(word in called for word in _PLACEHOLDER_WORDS):
        held = next((v for name in _PLACEHOLDER if (v := (attributes.get(name) or "").strip()).startswith(("https://", "http://"))), "")
        if held:
            _hold(document, held)


def _hold(document: Document, address: str) -> None:
    _note(document.frames, address)
    _note(document.held, address)
    _note(document.active, address)


def _note(found: list[str], address: str) -> None:
    if address and len(found) < _MAX_FRAMES:
        found.append(address)


def _is_address(value: str) -> bool:
    return bool(value) and not value.lower().startswith(_NO_PAGE) and value[0] not in "{[<#"


def _out_of_sight(attributes: Attributes) -> bool:
    """Whether a frame is there for scripts alone: hidden, without size, or named as tools name theirs (``__tcfapiLocator``)."""
    if hides(attributes) or (attributes.get("name") or "").startswith("__"):
        return True
    return bool({attributes.get("width"), attributes.get("height")} & _NO_SIZE or _FLAT.search((attributes.get("style") or "").lower()))
