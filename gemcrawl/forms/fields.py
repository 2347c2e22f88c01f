"""The visible fields of a form, with labels as browsers compute them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborNode

from gemcrawl.forms import personal
from gemcrawl.forms.beside import CONTROL, words_before
from gemcrawl.forms.words import fold
from gemcrawl.items import Field

MAX_FIELDS = 300
MAX_LABEL = 200
_MAX_BESIDE = 120
"""Characters; longer text before a field explains something and is no label."""
_MAX_WRITTEN = 1000
"""Characters of a class or style attribute that are looked at."""
_TICKED = frozenset({"radio", "checkbox"})
"""Their labels stand behind them."""

_BEHIND = frozenset({"radio", "checkbox", "file"})
"""Controls that pages hide to draw their own in their place; a label says that one is there."""
_INPUT_TYPES = frozenset({
    "hidden", "text", "search", "tel", "url", "email", "password", "date", "month", "week", "time", "datetime-local", "number", "range", "color", "checkbox", "radio",
    "file", "submit", "image", "reset", "button",
})  # fmt: skip
_SILENT_TAGS = frozenset({"select", "option", "optgroup", "textarea", "button", "script", "style", "datalist", "noscript"})
_SILENT = ",".join(sorted(_SILENT_TAGS))
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|left\s*:\s*-\d{3,}|top\s*:\s*-\d{3,}|right\s*:\s*-\d{3,}|text-indent\s*:\s*-\d{3,}|opacity\s*:\s*0(?![.\d])"
)
_HIDING_CLASS = re.compile(
    r"[\s_-](?:gform_validation_container|honeypot|hpot|ohnohoney|hidden-?honey|hp-?field|form-?hp|robot-?trap|bot-?trap|url-textfield|d-none|ninja-forms-hp|frm_verify|is-hidden|hidden)(?:$|[\s_-])"
)
"""In a class attribute in lower case with a space before it; that something always begins it lets the search skip what does not."""
_STEP = re.compile(r"[\s_-](?:gform_page|step|stap|wizard|tab-?pane|panel|page|slide|pagina)(?:$|[\s_-]|\d)")
"""In a class or id attribute written likewise."""
_DECOY = re.compile(
    r"^(?:website|url|homepage|home_page|web_?site_?url|hp|hp_.*|.*_hp|honeypot.*|.*honeypot|winnie|fax_number_hp|confirm_email_address_hp|email_confirm_hp|leave_?blank|_?gotcha|bot_?field|spam.*|nobots?)$",
    re.IGNORECASE,
)
_LEAVE_EMPTY = re.compile(
    r"\b(?:laat (?:dit|deze)(?: veld)? (?:veld )?(?:leeg|vrij)|leeg laten|niet invullen|leave this (?:field )?(?:blank|empty)|veld is bedoeld voor validatie|feld (?:bitte )?(?:nicht ausfullen|leer lassen)|if you are (?:a )?human)",
)
_TOKENISH = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{4,}|\d{4,}", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Group:
    """A fieldset or an element of role group or radiogroup around controls."""

    label: str = ""
    labelled_by: str = ""


@dataclass(slots=True, eq=False)
class Control:
    """One input, select or textarea as it stands in the document."""

    tag: str
    attributes: Mapping[str, str | None]
    hidden: bool
    """An element between it and its form hides it."""
    group: Group | None
    wrapping: LexborNode | None
    """The label element around it."""
    node: LexborNode
    type: str = field(init=False)
    """input type as browsers take it (one that is none is text: ``telephone``), or textarea, select, canvas."""

    def __post_init__(self) -> None:
        self.type = self.tag
        if self.tag == "input":
            written = self.get("type").strip().lower()
            self.type = written if written in _INPUT_TYPES else "text"

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


@dataclass(slots=True)
class Labels:
    """What can label a control: label elements by the id they are for, and texts by id."""

    by_for: dict[str, list[LexborNode]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """Text of the elements that an ``aria-labelledby`` names."""
    known: dict[int, str] = field(default_factory=dict)
    """Text of elements that label more than one control, by their identity."""

    hidden: set[str] = field(default_factory=set)
    """Ids of hidden inputs, which a label does not label: what a script puts in their place is meant (HTML, labelable elements)."""
    asking: dict[int, bool] = field(default_factory=dict)
    """Whether controls are in elements that were looked at, by their identity."""

    def read(self, nodes: Iterable[LexborNode], wanted: AbstractSet[str]) -> None:
        """Reads the texts of elements that are wanted, by their ids."""
        for node in nodes:
            own = node.id
            if own is not None and own in wanted and own not in self.texts:
                self.texts[own] = text_of(node)

    def text(self, node: LexborNode) -> str:
        """`text_of` an element, worked out once."""
        known = self.known.get(node.mem_id)
        if known is None:
            known = self.known[node.mem_id] = text_of(node)
        return known

    def asks(self, node: LexborNode) -> bool:
        """Whether an element holds a control or is one, worked out once."""
        known = self.asking.get(node.mem_id)
        if known is None:
            known = self.asking[node.mem_id] = node.css_first(CONTROL) is not None
        return known

    def before(self, control: Control) -> str:
        """What stands just before a control, when it is short enough to be a label."""
        labels = self.by_for.get(control.get("id")) if control.get("id") else None
        text = words_before(labels[0] if labels else control.wrapping or control.node, self)
        return "" if len(text) > _MAX_BESIDE else text

    def of(self, control: Control) -> str:
        """What a person takes for the name: aria-labelledby, aria-label, label elements, the words just before, title, placeholder last."""
        by = control.get("aria-labelledby")
        if by:
            text = " ".join(filter(None, (self.texts.get(i, "") for i in by.split()[:5])))
            if text:
                return clean(text, MAX_LABEL)
        text = clean(control.get("aria-label"), MAX_LABEL)
        if text:
            return text
        nodes = self.by_for.get(control.get("id"), []) if control.get("id") else []
        text = " ".join(filter(None, map(self.text, nodes[:3])))
        if not text and control.wrapping is not None:
            text = self.text(control.wrapping)
        if not text and control.type not in _TICKED:
            text = self.before(control)
        return clean(text or control.get("title") or control.get("placeholder"), MAX_LABEL)

    def of_group(self, group: Group | None) -> str:
        """Label of the group around a control."""
        if group is None:
            return ""
        if group.labelled_by and not group.label:
            group.label = clean(" ".join(filter(None, (self.texts.get(i, "") for i in group.labelled_by.split()[:5]))), MAX_LABEL)
        return group.label


def clean(text: str, limit: int) -> str:
    """White space folded, cut to a number of characters."""
    if len(text) <= limit:
        return " ".join(text.split())
    return " ".join(text[: limit * 8].split())[:limit].rstrip()


def text_of(node: LexborNode) -> str:
    """Text of a label without that of the controls inside it."""
    first = node.first_child
    if first is None:
        return ""
    if (first.is_text_node and first.next is None) or node.css_first(_SILENT) is None:
        return clean(node.text(deep=True), MAX_LABEL)
    silent: set[int] = set()
    parts: list[str] = []
    for child in node.traverse(include_text=True):
        parent = child.parent
        if (child.tag in _SILENT_TAGS) or (parent is not None and child.mem_id != node.mem_id and parent.mem_id in silent):
            silent.add(child.mem_id)
        elif child.is_text_node:
            parts.append(child.text(deep=False) or "")
            if len(parts) > 200:
                break
    return clean(" ".join(parts), MAX_LABEL)


def hides(attributes: Mapping[str, str | None]) -> bool:
    """Whether an element inside a form hides what is in it: as a trap for robots or because nobody is to fill it in.

    Steps of a form in parts are hidden until their turn comes and count as visible.
    """
    if not attributes:
        return False
    class_, style = attributes.get("class"), attributes.get("style")
    classes = f" {class_[:_MAX_WRITTEN]}".lower() if class_ else ""
    if not (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or (style and _HIDING_STYLE.search(style[:_MAX_WRITTEN].lower()))
        or (classes and _HIDING_CLASS.search(classes))
    ):
        return False
    return not (_STEP.search(classes) or _STEP.search(f" {attributes.get('id') or ''}".lower()) or "data-step" in attributes)


@lru_cache(maxsize=8192)
def _is_left_empty(label: str) -> bool:
    return _LEAVE_EMPTY.search(fold(label)) is not None


def is_decoy(control: Control, label: str) -> bool:
    """Whether the field is a trap for robots, which no person is meant to see."""
    attributes = control.attributes
    if control.hidden or (hides(attributes) and not (label and control.type in _BEHIND)):
        return True
    if label and _is_left_empty(label):
        return True
    name = control.get("name") or control.get("id")
    off = attributes.get("tabindex") == "-1" or (
        control.get("autocomplete").lower() in {"off", "nope", "new-password", "false"} and not label
    )
    if not off or control.type not in {"text", "email", "url", "tel"}:
        return False
    return attributes.get("tabindex") == "-1" or _DECOY.match(re.split(r"[\[\]$.:]+", name.rstrip("]"))[-1]) is not None


def fields_of(controls: Iterable[Control], labels: Labels) -> list[Field]:
    """Visible fields in document order; radio buttons of one name are one field, and so are check boxes of one name."""
    found: list[Field] = []
    groups: set[tuple[str, str]] = set()
    listed = list(controls)
    boxes: dict[str, int] = {}
    for control in listed:
        if control.type == "checkbox" and control.get("name"):
            boxes[control.get("name")] = boxes.get(control.get("name"), 0) + 1
    for control in listed:
        type_ = control.type
        if type_ in {"hidden", "submit", "image", "reset", "button"}:
            continue
        name, id_ = control.get("name").strip()[:MAX_LABEL], control.get("id").strip()[:MAX_LABEL]
        own = labels.of(control)
        if is_decoy(control, own):
            continue
        group = labels.of_group(control.group)
        if not group and (type_ == "radio" or fold(own) in personal.date_parts()):
            group = labels.before(control)
        choice = own if type_ == "radio" else _options(control) if type_ == "select" else ""
        if type_ == "radio" or (type_ == "checkbox" and boxes.get(name, 0) > 1):
            type_ = "radio group" if type_ == "radio" else "checkbox group"
            key = (type_, name)
            if name and key in groups:
                continue
            groups.add(key)
            own, group = (group or own), ""
        category = personal.category(
            label=own,
            group=group,
            autocomplete=control.get("autocomplete")[:100],
            name=name,
            id_=id_,
            type_=type_,
            pattern=control.get("pattern")[:200],
            title=control.get("title")[:MAX_LABEL],
            hint=choice or (control.get("placeholder") or control.get("title"))[:MAX_LABEL],
        )
        if type_ == personal.DRAWN and category is None:
            # A chart, a map, or a picture to prove that one is no robot.
            continue
        required = "required" in control.attributes or control.get("aria-required").lower() == "true"
        label = own if not group or own or type_ == "radio group" else group
        found.append(Field(name=name or id_, label=label, type=type_, category=category, required=required))
        if len(found) >= MAX_FIELDS:
            break
    return found


def _options(control: Control) -> str:
    """The first words to choose from, without the empty choice."""
    options: list[str] = []
    option = control.node.first_child
    for _ in range(12):
        if option is None or len(options) > 2:
            break
        if option.tag == "option":
            options.append((option.text(deep=True) or "")[:40])
        option = option.next
    return clean(" / ".join(options), MAX_LABEL)


def signature(fields: Iterable[Field], buttons: Iterable[str]) -> str:
    """A short hash of what a form asks, the same in every session and on every page that carries the form."""
    digest = hashlib.sha256()
    for one in fields:
        digest.update(f"{_TOKENISH.sub('#', one.name)}\x1f{one.type}\x1f{_TOKENISH.sub('#', fold(one.label))}\x1e".encode(errors="replace"))
    for button in buttons:
        digest.update(f"\x1d{fold(button)}".encode(errors="replace"))
    return digest.hexdigest()[:16]
