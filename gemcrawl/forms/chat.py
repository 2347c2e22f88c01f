"""What is a conversation with a person or a program, beside the page: a chat is no form of the town hall, whatever it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gemcrawl.forms.data import remembered, table
from gemcrawl.forms.words import Lexicon, fold

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_AROUND = 5
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


@dataclass(slots=True)
class Chats:
    """The chats of one document."""

    _known: dict[int, bool] = field(default_factory=dict)
    """Elements that are called chats, by their identity, and whether they are."""

    def around(self, element: LexborNode | None) -> bool:
        """Whether an element or one of the nearest around it is a chat, by its class, id, tag or label; not one that holds the heading of the page."""
        for _ in range(_AROUND):
            if element is None or (tag := element.tag or "") in _PAGE:
                return False
            if _is_called(element, tag):
                if element.mem_id not in self._known:
                    self._known[element.mem_id] = element.css_first("h1") is None
                return self._known[element.mem_id]
            element = element.parent
        return False


def _is_called(element: LexborNode, tag: str) -> bool:
    attributes = element.attributes
    label = attributes.get("aria-label") if "role" in attributes else None
    if label and _says_chat(label[:_MAX_WRITTEN]):
        return True
    written = (attributes.get("class"), attributes.get("id"), tag if "-" in tag else None)
    return any(name and _is_called_chat(name[:_MAX_WRITTEN]) for name in written)
