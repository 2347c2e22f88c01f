"""Form definitions that a product publishes: what a form will ask, without running its scripts.

Open Forms answers two GET requests to anybody, since its own script in the browser needs them: `forms/<slug or uuid>` describes a form and
names its steps, `forms/<uuid>/steps/<uuid>` has the Form.io components of one step.  Shapes: `src/data/forms.ts` of the npm package
@open-formulieren/sdk 3.3.0, and the serializers of open-formulieren/open-forms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from gemcrawl.forms import personal
from gemcrawl.forms.data import table
from gemcrawl.forms.fields import MAX_FIELDS, MAX_LABEL, clean, signature
from gemcrawl.forms.kinds import MAX_REASONS, judge, weigh
from gemcrawl.forms.page import PageForm, PageReading
from gemcrawl.forms.suppliers import split, suppliers
from gemcrawl.forms.weights import Evidence
from gemcrawl.items import Field, PersonalData

MAX_BYTES = 1_000_000
"""A longer definition is not read."""
MAX_STEPS = 8
MAX_NODES = 2000
"""Components looked at in one step."""
MAX_DEPTH = 20

_SAYS_SO = 12.0
"""Points for what a definition states outright; more than words of a page can add up to."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_INSIDE = ("rows", "columns", "components")
"""Where containers keep what is in them."""
_TAG = re.compile(r"<[^>]{0,500}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredForm:
    """What a definition says of a form as a whole."""

    name: str
    is_appointment: bool = False
    login_required: bool = False
    """Nobody can fill it in without logging in."""
    active: bool = True
    """False when it takes no answers now: not active, or in maintenance."""
    step_names: tuple[str, ...] = ()
    step_urls: tuple[str, ...] = ()
    """Of at most `MAX_STEPS` steps, beside the definition's own address."""


def read_form(body: bytes, url: str) -> DeclaredForm | None:
    """The form that a definition describes; None when ``body``, received from ``url``, is no form definition.

    Addresses in it are not used: the steps are asked under the address that answered, so that a definition cannot send anybody elsewhere.
    """
    data = _json(body)
    if not isinstance(data, dict) or not isinstance(data.get("steps"), list):
        return None
    name, uuid = _text(data.get("name")), data.get("uuid")
    if not name or not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
        return None
    forms = url.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[0]
    steps = [s for s in data["steps"][:MAX_STEPS] if isinstance(s, dict) and isinstance(s.get("uuid"), str) and _UUID.fullmatch(s["uuid"])]
    options = data.get("appointmentOptions")
    return DeclaredForm(
        name=name,
        is_appointment=(isinstance(options, dict) and options.get("isAppointment") is True) or data.get("type") == "appointment",
        login_required=data.get("loginRequired") is True,
        active=data.get("active") is not False and data.get("maintenanceMode") is not True,
        step_names=tuple(filter(None, (_text(s.get("formDefinition")) or _text(s.get("name")) for s in steps))),
        step_urls=tuple(f"{forms}/{uuid}/steps/{s['uuid']}" for s in steps),
    )


def read_step(body: bytes) -> list[Field] | None:
    """The fields of one step's definition, or of a Form.io form; None when ``body`` is neither."""
    data = _json(body)
    if not isinstance(data, dict):
        return None
    for holder in (data.get("configuration"), data):
        if isinstance(holder, dict) and isinstance(holder.get("components"), list):
            return fields_of_components(holder["components"])
    return None


def fields_of_components(components: object) -> list[Field]:
    """Visible fields of a tree of Form.io components, in order; whatever is not as expected is passed over."""
    found: list[Field] = []
    for component, group in _walk(components):
        found.extend(_fields(component, group))
        if len(found) >= MAX_FIELDS:
            return found[:MAX_FIELDS]
    return found


def complete(form: PageForm, reading: PageReading, declared: DeclaredForm, fields: Sequence[Field], *, entry_text: str = "") -> PageForm:
    """A form whose fields only its definition shows, with those fields, judged anew.

    Args:
        form: as read from the page.
        reading: of the page it stands on.
        declared: what its definition says.
        fields: of all its steps.
        entry_text: text of the link that led to the page.
    """
    evidence = Evidence(
        own={
            "heading": [declared.name],
            "legend": list(declared.step_names),
            "labels": [t for f in fields[:40] for t in (f.label, f.name) if t],
        },
        fields=tuple(fields),
        method="post",
    )
    own = weigh(evidence)
    if declared.is_appointment:
        own.add("appointment", _SAYS_SO, "form definition: an appointment form")
    judgement = judge(evidence, _zones(reading, entry_text), own=own)
    notes = [f'form definition: "{declared.name}"']
    if declared.login_required:
        notes.append("form definition: login is required")
    if not declared.active:
        notes.append("form definition: closed for now")
    reasons = (*judgement.reasons[: MAX_REASONS - len(notes)], *notes)
    data = personal.in_order({f.category for f in fields if f.category})
    if data:
        form = replace(form, personal_data=data, personal_data_level="declared")
    elif judgement.kind == "appointment" and (inferred := _inferred(reading.supplier)):
        form = replace(form, personal_data=inferred, personal_data_level="inferred")
    return replace(
        form,
        declared=True,
        kind=judgement.kind,
        kind_score=judgement.score,
        kind_reasons=reasons,
        fields=tuple(fields) or form.fields,
        signature=signature(fields, [form.signature]),
    )


def _inferred(supplier: str | None) -> tuple[PersonalData, ...]:
    """What the later steps of a product's appointments ask."""
    return next((personal.in_order(set(s.inferred)) for s in suppliers() if s.name == supplier), ())


def _json(body: bytes) -> Any:
    """The value that ``body`` is; None when it is none, too long or too deep."""
    if len(body) > MAX_BYTES:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str:
    """A text without markup, of bounded length, that can be written as UTF-8; JSON may escape half of a surrogate pair."""
    if not isinstance(value, str):
        return ""
    return clean(_TAG.sub(" ", value[: 4 * MAX_LABEL]), MAX_LABEL).encode("utf-8", "replace").decode()


def _zones(reading: PageReading, entry_text: str) -> dict[str, list[str]]:
    """What the page as a whole says, by zone; the page of a mount point has little but its address."""
    host, rest = split(reading.url)
    segments = [s for s in rest.partition("?")[0].split("/") if s][-4:]
    labels = host.split(".")
    return {
        "host": labels[:-2] if len(labels) > 2 else [],
        "path": [" ".join(segments), *segments],
        "title": [reading.title or ""],
        "h1": list(reading.headings[:1]),
        "entry": [entry_text[:MAX_LABEL]],
    }


Component = dict[str, Any]


def _walk(components: object) -> Iterator[tuple[Component, str]]:
    """Every component that is not inside a hidden one, in order, with the label of the nearest group around it."""
    budget = MAX_NODES
    stack: list[tuple[object, str, int]] = [(components, "", 0)]
    while stack and budget > 0:
        node, group, depth = stack.pop()
        budget -= 1
        if isinstance(node, list):
            stack.extend((child, group, depth) for child in reversed(node[:budget]))
        elif isinstance(node, dict) and node.get("hidden") is not True and depth <= MAX_DEPTH:
            yield node, group
            inside = _text(node.get("legend") or node.get("title") or node.get("groupLabel") or node.get("label")) or group
            stack.extend((node[key], inside, depth + 1) for key in _INSIDE if isinstance(node.get(key), list))


def _fields(component: Component, group: str) -> list[Field]:
    """The fields that people see of one component; none of a container, of text and of a button."""
    kind, name = component.get("type"), _text(component.get("key"))
    if not isinstance(kind, str) or not name or kind in _silent() or component.get("input") is False:
        return []
    if any(isinstance(component.get(key), list) for key in _INSIDE):
        return []
    label = _text(component.get("label"))
    validate = component.get("validate")
    required = isinstance(validate, dict) and validate.get("required") is True
    if kind in _several():
        wanted = component.get("digitalAddressTypes")
        return [
            Field(name=f"{name}.{part}", label=label, type="text", category=category, required=required)
            for part, category in _several()[kind]
            if not isinstance(wanted, list) or part in wanted
        ]
    type_ = _types().get(kind, "text")
    category = _categories().get(kind) or personal.category(
        label=label,
        group=group,
        autocomplete=_text(component.get("autocomplete")),
        name=name,
        id_="",
        type_=type_,
    )
    return [Field(name=name, label=label, type=type_, category=category, required=required)]


@cache
def _types() -> Mapping[str, str]:
    return cast("Mapping[str, str]", table("declared.toml")["types"])


@cache
def _categories() -> Mapping[str, PersonalData]:
    return cast("Mapping[str, PersonalData]", table("declared.toml")["categories"])


@cache
def _several() -> Mapping[str, list[tuple[str, PersonalData]]]:
    return {kind: [(part, category) for part, category in parts] for kind, parts in table("declared.toml")["several"].items()}


@cache
def _silent() -> frozenset[str]:
    return frozenset(table("declared.toml")["silent"]["types"])
