"""Whether a page that a browser has read says that something was still to come, or could not come; the words are in ``states.toml``."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from gemcrawl.forms.data import table
from gemcrawl.forms.fields import hides
from gemcrawl.forms.words import Lexicon, fold

_LONGEST = 120
"""Characters of a text that says so; a longer one is about something else."""
_MOST_NODES = 50_000
_MOST_CLIMBED = 60
_NO_TEXT = frozenset({"script", "style", "template", "noscript"})
_AROUND = _NO_TEXT | {"header", "footer", "nav", "aside", "a", "button", "option"}
_AROUND_ROLES = frozenset({"banner", "navigation", "contentinfo", "complementary", "dialog", "alertdialog", "search"})
_INLINE = frozenset({"p", "span", "li", "label", "td", "th", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "b", "i", "summary"})
"""What stands in these is a part of a text, or a picture."""
_SHOWN = "img,iframe,input,select,textarea,video,object,embed,canvas"

_data = table("states.toml")["unfilled"]
_LOADING, _FAILED = Lexicon(_data["loading"]), Lexicon(_data["failed"])
_ALONE = frozenset(map(fold, _data["alone"]))
_MOUNTS: str = _data["mounts"]
_OTHER_ELEMENTS: tuple[str, ...] = tuple(_data["other_elements"])


def unfilled(html: str) -> str | None:
    """By what the main content shows it: a phrase, ``aria-busy``, or an element that is still empty; None when nothing does."""
    try:
        tree = LexborHTMLParser(html)
    except (SelectolaxError, ValueError, MemoryError, UnicodeError):
        return None
    if any(_counts(node) for node in tree.css("[aria-busy=true]")[:50]):
        return "aria-busy"
    for node in tree.css(_MOUNTS)[:50]:
        if _is_empty(node) and _counts(node):
            return f"empty {node.tag}#{node.id}" if node.id else f"empty {node.tag}"
    return next(_said(tree), None)


def _said(tree: LexborHTMLParser) -> Iterator[str]:
    body = tree.body
    for i, node in enumerate(body.traverse(include_text=True) if body is not None else ()):
        if i > _MOST_NODES:
            return
        if not node.is_text_node:
            tag = node.tag or ""
            if "-" in tag and not any(word in tag for word in _OTHER_ELEMENTS) and _is_empty(node) and _counts(node, _INLINE):
                yield f"empty {tag}"
            continue
        text = node.text(deep=False)
        if not text or len(text) > 4 * _LONGEST or text.isspace():
            continue
        folded = fold(text)
        if len(folded) <= _LONGEST and _counts(node):
            if folded in _ALONE:
                yield folded
            yield from (_LOADING.find(folded) or _FAILED.find(folded))[:1]


def _is_empty(node: LexborNode) -> bool:
    if node.css_first(_SHOWN) is not None:
        return False
    texts = (inner for inner in node.traverse(include_text=True) if inner.is_text_node and (inner.text(deep=False) or "").strip())
    return all(text.parent is not None and text.parent.tag in _NO_TEXT for text in texts)


def _counts(node: LexborNode, but: frozenset[str] = frozenset()) -> bool:
    """Whether a node is in sight in the main content, as far as the markup says, and in no element of ``but``."""
    at: LexborNode | None = node
    for _ in range(_MOST_CLIMBED):
        if at is None or at.tag == "body":
            return True
        if not at.is_text_node:
            attributes = at.attributes
            if at.tag in _AROUND or at.tag in but or attributes.get("role") in _AROUND_ROLES or hides(attributes):
                return False
        at = at.parent
    return True
