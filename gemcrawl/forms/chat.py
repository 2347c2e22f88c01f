"""What is a conversation with a person or a program, beside the page: a chat is no form of the town hall, whatever it asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gemcrawl.forms.data import remembered, table
from gemcrawl.forms.words import Lexicon, fold

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_AROUND = 6
"""Elements around a control that are looked at."""
_PAGE = frozenset({"html", "body", "main"})
_MAX_WRITTEN = 200
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_STATES = frozenset({"has", "is", "no", "with", "without", "not"})
"""With these a class tells of something elsewhere: "has-chat"."""


@remembered(8192)
def _is_called_chat(written: str) -> bool:
    """Whether a class or an id names a chat."""
    names = frozenset(table("kinds.toml")["chat"]["names"])
    for name in written.split():
        words = [word.lower() for word in _WORD.findall(name)]
        if words and words[0] not in _STATES and (not names.isdisjoint(words) or "".join(words) in names):
            return True
    return False


@remembered(1024)
def _says_chat(label: str) -> bool:
    return bool(Lexicon(table("kinds.toml")["chat"]["labels"]).find(fold(label)))


def in_chat(element: LexborNode | None) -> bool:
    """Whether an element or one of the nearest around it is a chat, by its class, id, tag or label; not one that holds the heading of the page."""
    for _ in range(_AROUND):
        if element is None or (element.tag or "") in _PAGE:
            return False
        attributes = element.attributes
        tag = element.tag or ""
        written = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_MAX_WRITTEN]
        called = (written != " " and _is_called_chat(written)) or ("-" in tag and _is_called_chat(tag))
        if called or ("aria-label" in attributes and "role" in attributes and _says_chat((attributes["aria-label"] or "")[:_MAX_WRITTEN])):
            return element.css_first("h1") is None
        element = element.parent
    return False
