"""From what the pass collected to typed forms: fields, targets, kind, personal data; and the mount points of script-driven products."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gemcrawl.forms import personal
from gemcrawl.forms.addresses import Addresses
from gemcrawl.forms.beside import words_before, words_inside
from gemcrawl.forms.chat import Chats
from gemcrawl.forms.choices import offer_of
from gemcrawl.forms.fields import Labels, clean, fields_of, signature
from gemcrawl.forms.kinds import Judgement, decide, judge, weigh
from gemcrawl.forms.page import PageForm
from gemcrawl.forms.raw import Document, RawForm
from gemcrawl.forms.structure import TICKED, asks_words
from gemcrawl.forms.submit import by_script, idle_action, method_of, names, targets_by_script, targets_of
from gemcrawl.forms.suppliers import Supplier, split
from gemcrawl.forms.weights import Evidence, Sum
from gemcrawl.items import Field, Kind, PersonalData, PersonalDataLevel

_SIDE_SHARE = 0.25
"""How much of the page's evidence counts for forms that are not its main form."""
_BESIDE: dict[str, float] = {"newsletter": 6.0, "other": 9.0}
"""Points by which a form shows by itself that it stands beside what the page is about: a subscription, a choice of cookies."""
_TEXT = 1200
_WISH = re.compile(
    r"\s*(?:ja,? )?(?:wilt u|wil je|wil jij|ik wil|mogen wij|mogen we|mag de|would you|do you want|may we|m.chten sie|wol(?:le)? jo)\b",
    re.IGNORECASE,
)
"""How a wish begins that is only ticked: "Wilt u teruggebeld worden?" within a form is not what the form is for."""
_SMALL = 3
"""Fields."""
_MENU = 300
"""Characters of a form that may hold a menu."""
_LINKS = 12
"""A form with more links is drawn around the whole page, its menus too."""
_LEAD = 100
"""Characters; what stands before a form begins with what matters, or is an introduction."""


def forms_of(
    document: Document, tree: LexborHTMLParser, url: str, addresses: Addresses, supplier: Supplier | None, entry_text: str
) -> tuple[PageForm, ...]:
    """All forms of a document, typed, in document order."""
    page = page_zones(document, url, entry_text)
    host, rest = split(url)
    hint = supplier.points(host + rest) if supplier else {}
    reason = f"product: {supplier.name}" if supplier else ""
    read = [(raw, fields_of(raw.controls, document.labels)) for raw in document.forms]
    read = [(raw, fields) for raw, fields in read if fields or raw.submitters or raw.controls]
    read.extend(_loose(document, personal_only=supplier is not None and supplier.shell and _is_product_page(supplier, url)))
    read.sort(key=lambda pair: pair[0].number)
    headings = frozenset(document.headings)
    evidences = [_evidence(raw, fields, document.labels, headings) for raw, fields in read]
    sums = [weigh(evidence) for evidence in evidences]
    asides = [_aside(raw, fields, document.chats) for raw, fields in read]
    main = _main_form(read, sums, asides)
    given = _given(document.actions, [raw for raw, _ in read], main)
    found: list[PageForm] = []
    passed: list[RawForm] = []
    for i, (raw, fields) in enumerate(read):
        evidence = evidences[i]
        if i == main:
            evidence.hint, evidence.hint_reason = hint, reason
        element = raw.element
        share = 1.0 if i == main else _SIDE_SHARE if raw.place == "main" else 0.0
        judgement = judge(evidence, page, 0.0 if _only_ticked(raw, fields) else share, sums[i])
        if asides[i]:
            judgement = Judgement("other", 1.0, (asides[i],))
        if not element and not _is_form(judgement, evidence):
            continue
        targets = targets_of(raw.attributes, raw.submitters, url, addresses) if element else ()
        if targets:
            by_scripts = targets_by_script(raw.attributes, raw.submitters, given.get(i, ()), addresses)
            targets = tuple(dict.fromkeys((*targets, *by_scripts))) if by_scripts else targets
        data = personal.asked(fields)
        level: PersonalDataLevel = "seen" if data else "none"
        if not data and i == main and supplier is not None and supplier.inferred and judgement.kind in hint:
            data, level = personal.in_order(set(supplier.inferred)), "inferred"
        passed.append(raw)
        found.append(
            PageForm(
                kind=judgement.kind,
                kind_score=judgement.score,
                kind_reasons=judgement.reasons,
                method=_written(raw, "method"),
                enctype=_written(raw, "enctype"),
                action=_written(raw, "action"),
                targets=targets,
                by_script=not element or by_script(raw.attributes, targets),
                has_form_element=element,
                fields=tuple(fields),
                personal_data=data,
                personal_data_level=level,
                idle_action=idle_action(raw.attributes, raw.submitters, url, addresses) if element else "",
                signature=signature(fields, raw.buttons),
            )
        )
    if main is None or not read[main][1]:
        node = tree.css_first(supplier.mount) if supplier is not None and supplier.mount else None
        mounted = _mounted(document, node, addresses, supplier, page, hint, url, has_main=main is not None)
        at = _before(tree, node, passed) if node is not None else len(found)
        found[at:at] = mounted
    return tuple(found)


def _given(actions: list[tuple[str, str]], forms: list[RawForm], main: int | None) -> dict[int, list[str]]:
    """The addresses that scripts give to forms, by the form's index: to the forms that the script names, else to the main form."""
    given: dict[int, list[str]] = {}
    for statement, url in actions:
        named = [i for i, form in enumerate(forms) if names(statement, form.attributes)]
        for i in named or ([main] if main is not None else []):
            given.setdefault(i, []).append(url)
    return given


def _aside(raw: RawForm, fields: list[Field], chats: Chats) -> str:
    """Why a form is none of the town hall's, whatever its words and those of the page say; empty for most."""
    if not raw.element:
        return ""
    if method_of(raw.attributes.get("method")) == "dialog" and not any(f.category for f in fields):
        return "method dialog: nothing is sent"
    beside = (raw.place != "main" and not raw.main) or raw.attributes.get("role") == "search"
    return "a chat" if not beside and chats.around(raw.node) else ""


def _before(tree: LexborHTMLParser, node: LexborNode, forms: list[RawForm]) -> int:
    """How many of the forms begin before an element."""
    known = {form.node.mem_id for form in forms}
    count = 0
    for element in tree.root.traverse() if tree.root is not None else ():
        if element.mem_id == node.mem_id:
            break
        count += element.mem_id in known
    return count


def _loose(document: Document, *, personal_only: bool) -> Iterator[tuple[RawForm, list[Field]]]:
    """Fields that stand in no form element; of a product that is one form all over, only those that ask something personal."""
    for raw in document.loose.values():
        fields = fields_of(raw.controls, document.labels)
        if fields and (not personal_only or any(f.category for f in fields)):
            yield raw, fields


def _only_ticked(raw: RawForm, fields: list[Field]) -> bool:
    """Whether boxes stand in no form element and there is nothing else: a choice of cookies or a filter, that what the page is about says nothing of."""
    return not raw.element and all(f.type == "checkbox" for f in fields)


def _is_form(judgement: Judgement, evidence: Evidence) -> bool:
    """Whether fields that stand in no form element are one all the same, as scripts make them: who asks something personal, or says what it is for."""
    if any(f.category for f in evidence.fields):
        return len(evidence.fields) > 1
    if judgement.kind == "search":
        return evidence.role_search or asks_words(evidence.fields)
    return judgement.kind != "other" and bool(evidence.own["buttons"])


def page_zones(document: Document, url: str, entry_text: str) -> dict[str, list[str]]:
    """What the page as a whole says, by zone."""
    host, rest = split(url)
    path = rest.partition("?")[0]
    segments = [s for s in path.split("/") if s][-4:]
    labels = host.split(".")
    return {
        "host": labels[:-2] if len(labels) > 2 else [],
        "path": [" ".join(segments), *segments, rest.partition("?")[2][:100]],
        "title": [document.title],
        "h1": [document.first_h1 or (document.headings[0] if document.headings else "")],
        "h2": [h for h in document.subjects[:6] if h != document.first_h1],
        "entry": [clean(entry_text, 200)],
    }


def _written(raw: RawForm, name: str) -> str | None:
    value = raw.attributes.get(name)
    if value is None:
        return "" if name in raw.attributes else None
    return value[:500]


def _evidence(raw: RawForm, fields: list[Field], labels: Labels, headings: frozenset[str]) -> Evidence:
    attributes = raw.attributes
    action = attributes.get("action") or ""
    own = {
        "attributes": [
            attributes.get("id") or "", attributes.get("class") or "", attributes.get("name") or "", attributes.get("aria-label") or "",
            split(action)[1].partition("?")[0] if "://" in action else action.partition("?")[0].partition("#")[0],
        ],
        "heading": [raw.heading, *raw.headings[:5]],
        "legend": [legend for legend in raw.legends[:10] if not _WISH.match(legend)],
        "buttons": raw.buttons[:10],
        "labels": [t for f in fields[:40] for t in (f.label, f.name) if t and not (f.type in TICKED and _WISH.match(t))],
    }  # fmt: skip
    if raw.element and len(fields) <= _SMALL:
        # Of a small form the question often stands before it: "Was deze informatie nuttig?" and two buttons.
        lead = clean(words_before(raw.node, labels), _LEAD)
        own["lead"] = [] if lead in headings else [lead]
        if not asks_words(fields):
            own["lead"].append(clean(words_inside(raw.node), _LEAD))
    if len(fields) <= 30:
        own["text"] = [_text(raw)] if fields or raw.buttons else []
    return Evidence(
        own=own,
        fields=tuple(fields),
        element=raw.element,
        role_search=attributes.get("role") == "search",
        method=method_of(attributes.get("method")),
        says_get=(attributes.get("method") or "").strip().lower() == "get",
        password=any(c.type == "password" for c in raw.controls),
        offer=offer_of(
            (c for c in raw.controls if not c.hidden),
            labels,
            raw.buttons,
            [b.get("value") or "" for b in raw.submitters],
            grid=raw.element and len(raw.buttons) > 1 and raw.node.css_first("[role=grid]") is not None,
        ),
    )


def _text(raw: RawForm) -> str:
    """The words of a form; of one that holds links as a whole page does, those that are no links."""
    text = raw.node.text(deep=True, separator=" ")
    if raw.element and len(text) > _MENU and len(raw.node.css("a[href]")) > _LINKS:
        return clean(words_inside(raw.node, links=False), _TEXT)
    return clean(text, _TEXT)


_API_IN_SCRIPT = re.compile(r"[\"'](https?://[^\"'\s<>]{1,300}?/(?:[\w.-]*api|warp)(?:/[^\"'\s<>]{0,200})?)[\"']", re.IGNORECASE)
"""Address of a data service in the configuration that a product writes into its page."""


_ATTRIBUTE = re.compile(r"\{([\w-]+)\}")
"""An attribute's name in the template of an address."""


def _main_form(read: list[tuple[RawForm, list[Field]]], sums: list[Sum], asides: list[str]) -> int | None:
    """Index of the form the page is there for: the largest in main content that is not a search box or its like."""
    best, best_rank = None, (-1, -1, -1)
    for i, (raw, fields) in enumerate(read):
        if asides[i] or (raw.place in {"header", "footer", "nav"} and not raw.main):
            continue
        own = decide(sums[i])
        if _only_ticked(raw, fields) or own.kind in {"search", "login", "feedback"} or own.total >= _BESIDE.get(own.kind, math.inf):
            continue
        rank = (1 if raw.main else 0, 1 if own.kind != "other" or own.total < 4 else 0, len(fields))
        if rank > best_rank:
            best, best_rank = i, rank
    return best


def _mounted(
    document: Document,
    node: LexborNode | None,
    addresses: Addresses,
    supplier: Supplier | None,
    page: Mapping[str, list[str]],
    hint: Mapping[Kind, float],
    url: str,
    *,
    has_main: bool,
) -> list[PageForm]:
    """The form that a script will put on the page, when the page's product shows that it will."""
    if supplier is None:
        return []
    if node is None and (has_main or not ((supplier.shell and _is_product_page(supplier, url)) or supplier.keep)):
        return []
    api: list[str] = []
    identity: list[str] = []
    if node is not None:
        api = [addresses.web(value) for name in supplier.api if (value := node.attributes.get(name))]
        identity = [value[:200] for name in supplier.identity if (value := node.attributes.get(name))]
    api.extend(addresses.web(match[1]) for script in document.inline_scripts for match in islice(_API_IN_SCRIPT.finditer(script), 5))
    evidence = Evidence(own={"attributes": identity}, hint=dict(hint), hint_reason=f"product: {supplier.name}")
    judgement = judge(evidence, page)
    data: tuple[PersonalData, ...] = personal.in_order(set(supplier.inferred)) if judgement.kind == "appointment" else ()
    return [
        PageForm(
            kind=judgement.kind,
            kind_score=judgement.score,
            kind_reasons=judgement.reasons,
            method=None,
            enctype=None,
            action=None,
            targets=(),
            by_script=node is not None or supplier.shell,
            has_form_element=False,
            fields=(),
            personal_data=data,
            personal_data_level="inferred" if data else "none",
            api_urls=tuple(dict.fromkeys(filter(None, api))),
            definition_url=_definition(supplier.definition, node.attributes, addresses) if node is not None else None,
            signature=signature((), [supplier.id, *identity]),
        )
    ]


def _definition(template: str, attributes: Mapping[str, str | None], addresses: Addresses) -> str | None:
    """The address in ``template`` with the mount element's attributes filled in; None where one is missing."""
    names = _ATTRIBUTE.findall(template)
    if not names or not all(attributes.get(name) for name in names):
        return None
    # The first attribute is where the service lives, with its slashes; every other is a name in a path.
    values = {
        name: (attributes[name] or "")[:_TEXT] if i == 0 else quote((attributes[name] or "")[:_TEXT], safe="")
        for i, name in enumerate(names)
    }
    return addresses.web(_ATTRIBUTE.sub(lambda match: values[match[1]], template)) or None


def _is_product_page(supplier: Supplier, url: str) -> bool:
    host, rest = split(url)
    return bool((supplier.host and supplier.host.search(host)) or (supplier.path and supplier.path.search(rest)))
