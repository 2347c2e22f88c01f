"""The words that stand before a control or a form: the label of layouts that have no label elements.

Old forms are laid out in tables, home-made ones write ``<b>Naam</b><br><input>``; what a person reads just before a field is its label there.
Every walk is bounded, so that no document makes it expensive.
"""

from __future__ import annotations

from itertools import islice
from typing import Protocol

from selectolax.lexbor import LexborNode

_LEVELS = 5
"""Elements that are left upwards in search of words."""
_STEPS = 30
"""Siblings looked at in all."""
_COLUMNS = 30
_ROWS = 10
_ENDS = frozenset({"form", "fieldset", "body", "main", "table", "html", "article", "section", "aside", "header", "footer", "nav"})
_INLINE = frozenset({"b", "strong", "span", "em", "i", "font", "abbr", "small", "sup", "a", "u", "label", "big", "code", "img"})
_CONTROLS = frozenset({"input", "select", "textarea", "button"})
_SKIPPED = frozenset({"script", "style", "link", "template", "noscript", "svg"})
CONTROL = "input,select,textarea,button,canvas,[contenteditable]"
_NO_PROSE = frozenset({"label", "button", "select", "textarea", "legend", "h1", "h2", "h3", "h4", "h5", "h6"}) | _SKIPPED
_SKIPPED_OR_LINK = _SKIPPED | {"a"}
_PROSE, _PAGE = 50, 1500
"""Nodes looked at within a small form, and within one that is drawn around a page."""
_ENOUGH = 1500
"""Characters."""
_CELLS = frozenset({"td", "th"})


class Words(Protocol):
    """What is known of elements, each worked out once."""

    hidden: set[str]
    """Ids of hidden inputs."""

    def text(self, node: LexborNode) -> str:
        """Text of an element without that of the controls in it."""

    def asks(self, node: LexborNode) -> bool:
        """Whether an element holds a control or is one."""


def words_before(node: LexborNode, words: Words) -> str:
    """The nearest words before an element that belong to no other control; empty where there are none near.

    In a table they are those of the cell to the left, else of the column's head.
    """
    steps = _STEPS
    for _ in range(_LEVELS):
        if node.tag in _CELLS:
            return _in_table(node, words)
        found, ended, steps = _among_siblings(node, words, steps)
        if found or ended or steps <= 0:
            return found
        parent = node.parent
        if parent is None or parent.tag in _ENDS:
            return ""
        node = parent
    return ""


def words_inside(node: LexborNode, *, links: bool = True) -> str:
    """The first words within an element that label no control and are not to be chosen or pressed: what a form itself says.

    Without `links` every word that is no link's.
    """
    silent: set[int] = set()
    parts: list[str] = []
    length = 0
    tags = _NO_PROSE if links else _SKIPPED_OR_LINK
    for child in islice(node.traverse(include_text=True), _PROSE if links else _PAGE):
        parent = child.parent
        if child.tag in tags or (parent is not None and parent.mem_id in silent and child.mem_id != node.mem_id):
            silent.add(child.mem_id)
        elif child.is_text_node:
            text = (child.text(deep=False) or "").strip()
            parts.append(text)
            length += len(text)
            if length > _ENOUGH:
                break
    return " ".join(filter(None, parts))


def _among_siblings(node: LexborNode, words: Words, steps: int) -> tuple[str, bool, int]:
    """Words just before an element within its parent, whether something there ends the search, and the steps left."""
    parts: list[str] = []
    sibling = node.prev
    ended = False
    while sibling is not None and steps > 0:
        steps -= 1
        tag = sibling.tag or ""
        if sibling.is_text_node:
            text = " ".join((sibling.text(deep=False) or "")[-400:].split())
            if any(c.isalnum() for c in text):
                parts.append(text)
        elif tag in {"br", "hr"}:
            if parts:
                break
        elif tag in _CONTROLS:
            if not _hidden(sibling):
                ended = True
                break
        elif not sibling.is_element_node or tag in _SKIPPED:
            pass
        elif tag in _ENDS or _owned(sibling, tag, words):
            ended = True
            break
        else:
            text = words.text(sibling)
            if text and (tag in _INLINE or not parts):
                parts.append(text)
            if text and tag not in _INLINE:
                break
        sibling = sibling.prev
    return " ".join(reversed(parts)), ended, steps


def _hidden(node: LexborNode) -> bool:
    return node.tag == "input" and (node.attributes.get("type") or "").lower() == "hidden"


def _owned(node: LexborNode, tag: str, words: Words) -> bool:
    """Whether an element's words belong to another control."""
    if tag == "label" and (for_ := node.attributes.get("for")):
        return for_ not in words.hidden
    return tag == "legend" or words.asks(node)


def _in_table(cell: LexborNode, words: Words) -> str:
    column, left, steps = 0, cell.prev, _COLUMNS
    beside = True
    while left is not None and steps > 0:
        steps -= 1
        if left.tag in _CELLS:
            column += 1
            if beside:
                beside = not words.asks(left)
                text = words.text(left) if beside else ""
                if any(c.isalnum() for c in text):
                    return text
        left = left.prev
    return "" if left is not None else _head_of_column(cell, column, words)


def _head_of_column(cell: LexborNode, column: int, words: Words) -> str:
    row = cell.parent
    if row is None or row.tag != "tr":
        return ""
    above = row.prev if row.prev is not None else _head_of_table(row)
    for _ in range(_ROWS):
        if above is None:
            return ""
        if above.tag == "tr" and not words.asks(above):
            return _cell(above, column, words)
        above = above.prev if above.prev is not None else _head_of_table(above)
    return ""


def _head_of_table(row: LexborNode) -> LexborNode | None:
    """The last row of a ``thead`` before the section of a row."""
    section = row.parent
    head = section.prev if section is not None and section.tag == "tbody" else None
    while head is not None and head.tag != "thead":
        head = head.prev
    return head.last_child if head is not None else None


def _cell(row: LexborNode, column: int, words: Words) -> str:
    cell = row.first_child
    while cell is not None:
        if cell.tag in _CELLS:
            if column == 0:
                return words.text(cell)
            column -= 1
        cell = cell.next
    return ""
