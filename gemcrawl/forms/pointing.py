"""Links that only point ("klik hier"): what they lead to is said by the words around them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from gemcrawl.forms.data import table
from gemcrawl.forms.fields import clean
from gemcrawl.forms.words import fold

_LONGEST = 40
"""Characters; a link that says more says where it leads."""
_MOST_WORDS = 6
_data = table("pointing.toml")
_ALONE = frozenset(map(fold, _data["alone"]))
_BEGIN = tuple(f"{fold(words)} " for words in _data["begin"])
_MARKS = (">", "»", "›", "→", "-", "...", "…")
_FIRST = frozenset(
    f"{written}{mark}"
    for words in (*_ALONE, *_BEGIN)
    for word in (words.partition(" ")[0],)
    for written in (word, word.capitalize(), word.upper())
    for mark in ("", ".", ":", "!", ",", *_MARKS)
) | frozenset(_MARKS)
"""First words of such texts as they are written: to look one up costs less than folding every link's text."""
_INLINE = frozenset({"b", "strong", "i", "em", "u", "span", "small", "font", "mark", "abbr", "sup", "sub"})
_CELLS = {"td": ("td", "th"), "dd": ("dt",)}
"""What says what a cell is about, when it holds nothing but a link: the one before it."""
_MAX_CLIMBED = 4
_MAX_BESIDE = 12
_MAX_WORDS = 300
"""Characters before a link, and after it."""
_FEW = 2
"""A sentence with no more words than this beside the link only points too ("Klik dan"): the one before it says to what."""
_END = re.compile(r"[.!?:](?:\s+|$)")


class Words(NamedTuple):
    """What is said around a link; empty for links that say themselves where they lead."""

    sentence: str = ""
    """With the link's own words."""
    heading: str = ""
    """The nearest one before it."""


NO_WORDS = Words()


def only_points(text: str) -> bool:
    """Whether a link's text, white space folded, does not say where the link leads."""
    if not text:
        return True
    if text.partition(" ")[0] not in _FIRST or len(text) > _LONGEST:
        return False
    folded = fold(text)
    return folded in _ALONE or (folded.startswith(_BEGIN) and folded.count(" ") < _MOST_WORDS)


def sentence(link: LexborNode, text: str, read: Callable[[LexborNode], str]) -> str:
    """The sentence around a link within its paragraph, cell or list item, with the one before it when it says next to nothing; empty when there is none.

    Args:
        text: of the link.
        read: gives the text of a node, within what may be read of a document.
    """
    before, after = _beside(link, read)
    if not before and not after:
        return ""
    *earlier, start = _END.split(before)
    end = _END.split(after, maxsplit=1)[0]
    if len(start.split()) + len(end.split()) <= _FEW:
        start = f"{next((said for said in reversed(earlier) if said), '')} {start}"
    around = f"{start} {end}"
    return clean(f"{start} {text} {end}", 2 * _MAX_WORDS) if not around.isspace() else ""


def _beside(link: LexborNode, read: Callable[[LexborNode], str]) -> tuple[str, str]:
    """What stands before and after a link, up to the next link or the end of its block; after it, no further than the line."""
    parent = link.parent
    if parent is not None and link.prev is None and link.next is None and parent.tag not in _INLINE:
        # As most buttons stand.
        return _cell_before(parent, read), ""
    before, after = "", ""
    goes_back = goes_on = True
    at = link
    for _ in range(_MAX_CLIMBED):
        if goes_back:
            said, goes_back = _towards(at, read, forward=False)
            before = f"{said} {before}"
        if goes_on:
            said, goes_on = _towards(at, read, forward=True)
            after = f"{after} {said}"
        parent = at.parent
        if parent is None:
            break
        if parent.tag not in _INLINE:
            if goes_back and not before.strip():
                before = _cell_before(parent, read)
            break
        at = parent
    return " ".join(before[-_MAX_WORDS:].split()), " ".join(after[:_MAX_WORDS].split())


def _towards(node: LexborNode, read: Callable[[LexborNode], str], *, forward: bool) -> tuple[str, bool]:
    """The words on one side of a node, and whether nothing ended them."""
    said = ""
    at = node.next if forward else node.prev
    for _ in range(_MAX_BESIDE):
        if at is None:
            return said, True
        if at.is_text_node or (at.tag in _INLINE and at.css_first("a") is None):
            words = read(at)
            said = f"{said}{words[:_MAX_WORDS]}" if forward else f"{words[-_MAX_WORDS:]}{said}"
        elif at.is_element_node and (forward or at.tag != "br"):
            return said, False
        else:
            said = f"{said} " if forward else f" {said}"
        if len(said) > _MAX_WORDS:
            break
        at = at.next if forward else at.prev
    return said, False


def _cell_before(cell: LexborNode, read: Callable[[LexborNode], str]) -> str:
    """What the cell before one says that holds nothing but a link; empty elsewhere."""
    wanted = _CELLS.get(cell.tag or "")
    if wanted is None:
        return ""
    at = cell.prev
    while at is not None and not at.is_element_node:
        at = at.prev
    return read(at) if at is not None and at.tag in wanted else ""
