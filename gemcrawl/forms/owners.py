"""Which form a control belongs to where the tree does not say it: the form element pointer of the parser of the HTML standard.

A parser gives a control to the form that was opened last, up to that form's end tag, wherever the form itself ended: ``<div><form></div><input></form>``, a form in
a table, one that is misnested.  In the tree such a form stands empty, and its controls stand outside of it; only the markup tells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gemcrawl.forms.fields import hides
from gemcrawl.forms.markup import ATTRIBUTE

if TYPE_CHECKING:
    from gemcrawl.forms.around import Context
    from gemcrawl.forms.raw import Attributes, Document

OWNER = "gemcrawl-form"
"""Attribute with a form's number, given to the form and to its controls here, and to those that are not in it by the renderer (`gemcrawl/fetch/read.js`)."""
_CONTROLS = frozenset({b"input", b"select", b"textarea", b"button"})
_NO_MARKUP = frozenset({b"script", b"style", b"textarea", b"title", b"iframe", b"xmp", b"noembed", b"noframes"})
"""Elements in which a parser sees no tags."""
_OPENS = re.compile(rb"<(?:(/?[a-zA-Z][^\t\n\f\r />]*+)|!--)")
_ATTRIBUTES = re.compile(rb"(?:%b)*+" % ATTRIBUTE.pattern)


def marked(markup: bytes) -> bytes:
    """The markup with `OWNER` in the tags of forms and of the controls that a parser gives to them; itself when the renderer put it there."""
    mark = OWNER.encode()
    if mark in markup:
        return markup
    lower = markup.lower()
    parts: list[bytes] = []
    done = at = number = owner = templates = 0
    while at >= 0 and (tag := _OPENS.search(markup, at)) is not None:
        if tag[1] is None:
            at = markup.find(b"-->", tag.start() + 2)
            continue
        name = tag[1].lower()
        attributes = _ATTRIBUTES.match(markup, tag.end())
        at = attributes.end() if attributes is not None else tag.end()
        if name in {b"template", b"/template"}:
            templates = max(0, templates + (1 if name == b"template" else -1))
        elif name == b"/form" and not templates:
            owner = 0
        elif not templates and ((name == b"form" and not owner) or (name in _CONTROLS and owner)):
            if name == b"form":
                owner = number = number + 1
            parts += markup[done : tag.end()], b' %b="%d"' % (mark, owner)
            done = tag.end()
        if name in _NO_MARKUP:
            at = lower.find(b"</" + name, at)
    return b"".join((*parts, markup[done:]))


def owner_elsewhere(attributes: Attributes, context: Context) -> str:
    """The name of the form that a control belongs to when that is not the one around it: an id, or `OWNER` with the form's number; else empty."""
    if "form" not in attributes and OWNER not in attributes:
        return ""
    if id_ := attributes.get("form"):
        return id_
    number = attributes.get(OWNER)
    return f"{OWNER} {number}" if number and (context.form is None or context.form.attributes.get(OWNER) != number) else ""


def adopt(document: Document) -> None:
    """Gives controls of no form to the form with an address just before them when nothing else is its: it is there for them, if only by a script."""
    for place, loose in list(document.loose.items()):
        before = [form for form in document.forms if form.number < loose.number]
        form = before[-1] if before else None
        if form is None or form.place != place or form.controls or form.submitters or form.buttons:
            continue
        if form.attributes.get("action") and not hides(form.attributes):
            form.controls, form.submitters, form.buttons = loose.controls, loose.submitters, loose.buttons
            del document.loose[place]
