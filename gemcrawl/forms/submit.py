"""Where a form is submitted to, by the form submission algorithm of the HTML standard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal

from gemcrawl.forms.addresses import Addresses, normal
from gemcrawl.transport.facts import Target

Method = Literal["get", "post", "dialog"]
Attributes = Mapping[str, str | None]

MAX_TARGETS = 20
_MAX_WRITTEN = 500
_HTML_SPACE = " \t\n\r\f"
_ACTION = re.compile(
    r"\.(?:action\s{0,9}=|(?:setAttribute|attr|prop)\(\s{0,9}[\"']action[\"']\s{0,9},)\s{0,9}[\"'`](https?://[^\"'`\s<>]{1,500})[\"'`]",
    re.IGNORECASE,
)
"""Where a script sends a form, written out."""
_STATEMENT = 100
"""Characters before that in which a script says which form."""
_NAME = re.compile(r"[\w-]+")
_PREVENTS = re.compile(r"return\s+false|preventDefault|return\s+[\w.$]+\s*\(|javascript:", re.IGNORECASE)


def method_of(written: str | None) -> Method:
    """The method a browser uses: anything but post and dialog is get."""
    word = (written or "").lower()
    return "post" if word == "post" else "dialog" if word == "dialog" else "get"


def _resolve(written: str | None, document: str, addresses: Addresses) -> str:
    # A missing or empty action is the document's own address, whatever the base is (HTML, form submission algorithm, "action"); browsers
    # strip white space first, which the standard does not say.
    if not written or not written.strip(_HTML_SPACE):
        return normal(document)
    return addresses.join(written)[:_MAX_WRITTEN]


def _method_by(button: Attributes, own: Method) -> Method:
    """Method of a submit by one button; a ``formmethod`` that says nothing is get, not the form's."""
    return method_of(button.get("formmethod")) if "formmethod" in button else own


def is_submitter(tag: str, type_: str) -> bool:
    """Whether a control submits its form: ``input`` of type submit or image, a ``button`` of no other type than submit."""
    return type_ in {"submit", "image"} if tag == "input" else type_ not in {"button", "reset"}


def targets_of(form: Attributes, submitters: Iterable[Attributes], document: str, addresses: Addresses) -> tuple[Target, ...]:
    """Every address that the form can be submitted to, distinct, the form's own action first.

    The form's action counts unless each of its submit buttons brings a ``formaction`` of its own: then a browser never uses it.
    """
    own_method = method_of(form.get("method"))
    found: dict[Target, None] = {}
    buttons = list(submitters)
    methods = [_method_by(b, own_method) for b in buttons if "formaction" not in b] or ([] if buttons else [own_method])
    written = form.get("action")
    for method in methods:
        if method != "dialog":
            found[Target((written or "")[:_MAX_WRITTEN], _resolve(written, document, addresses), "action", method)] = None
    for button in buttons:
        if "formaction" not in button:
            continue
        method = _method_by(button, own_method)
        if method != "dialog":
            written = button.get("formaction")
            found[Target((written or "")[:_MAX_WRITTEN], _resolve(written, document, addresses), "formaction", method)] = None
        if len(found) >= MAX_TARGETS:
            break
    return tuple(found)


def actions_in(script: str) -> list[tuple[str, str]]:
    """The addresses of http and https that a script gives to a form, as far as they are written out in it, each with the words before it."""
    found = islice(_ACTION.finditer(script), MAX_TARGETS)
    return [(re.split("[;{}]", script[max(0, match.start() - _STATEMENT) : match.start()])[-1], match[1]) for match in found]


def names(statement: str, form: Attributes) -> bool:
    """Whether a statement of a script names a form, by its id or name."""
    words = _NAME.findall(statement)
    return any(name in words for name in (form.get("id"), form.get("name")))


def targets_by_script(
    form: Attributes, submitters: Iterable[Attributes], others: Sequence[str], addresses: Addresses
) -> tuple[Target, ...]:
    """Addresses that the handlers of a form and of its buttons give to it, and `others`, which scripts of the page do: only a browser knows which of them counts."""
    handlers = [handler for handler in (form.get("onsubmit"), *(button.get("onclick") for button in submitters)) if handler]
    if not handlers and not others:
        return ()
    written = [*others, *(url for handler in handlers for _, url in actions_in(handler))]
    method = method_of(form.get("method"))
    return tuple(dict.fromkeys(Target(url, addresses.join(url), "action", method) for url in written if addresses.join(url)))[:MAX_TARGETS]


def idle_action(form: Attributes, submitters: Iterable[Attributes], document: str, addresses: Addresses) -> str:
    """The resolved action of a form whose every submit button brings an address of its own: only a script would still send there; else empty."""
    buttons = list(submitters)
    written = form.get("action")
    if not written or not buttons or not all("formaction" in button for button in buttons) or method_of(form.get("method")) == "dialog":
        return ""
    return _resolve(written, document, addresses)


def by_script(form: Attributes, targets: tuple[Target, ...]) -> bool:
    """Whether only a script knows where the form goes.

    A form without action goes to its document, so a missing action alone says nothing: it takes a handler that stops the submit as well.
    """
    if targets and all(t.url.startswith("javascript:") for t in targets):
        return True
    if any(t.attribute == "formaction" for t in targets):
        return False
    handler = form.get("onsubmit") or ""
    return not form.get("action") and bool(_PREVENTS.search(handler[:2000]))
