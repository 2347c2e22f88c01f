"""Elements that are looked at in the pass over a document, each with the method that does (`gemcrawl.forms.document`)."""

from __future__ import annotations

METHODS = {
    "a": "link", "area": "link", "form": "form", "input": "control", "select": "control", "textarea": "control", "button": "button",
    "label": "label", "legend": "legend", "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "iframe": "frame", "frame": "frame",
    "script": "script", "link": "linked", "meta": "meta", "base": "base", "title": "title", "img": "passive", "audio": "passive", "video": "passive",
    "source": "passive", "object": "frame", "embed": "frame", "html": "html", "noscript": "noscript", "div": "box", "section": "box",
    "article": "box", "aside": "box", "dialog": "box", "header": "box", "footer": "box", "nav": "box", "main": "box",
}  # fmt: skip
"""What looks at an element, by its tag; all others are passed over."""
IN_FORMS = dict.fromkeys(("ul", "ol", "li", "p", "span", "td", "fieldset", "dl", "dd", "table"), "box") | {"canvas": "canvas"}
"""Elements that matter inside forms only."""
