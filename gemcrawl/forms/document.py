"""One pass over the elements of a document: what is where, not yet what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from selectolax.lexbor import LexborNode

from gemcrawl.forms.buttons import address, goes_to, is_link
from gemcrawl.forms.fields import MAX_FIELDS, Control, Group, Labels, clean, hides, text_of, type_of
from gemcrawl.forms.landmarks import IDS, LANDMARKS, ROLES, Place, of_class
from gemcrawl.forms.submit import is_submitter

MAX_LINKS = 2000
MAX_FORMS = 100
MAX_ELEMENTS = 30_000
"""Elements looked at; a page of a megabyte has some fifteen thousand."""
MAX_TITLE = 300
MAX_TEXT = 200
_MAX_HEADINGS = 50
_MAX_RESOURCES = 500
_MAX_CONTROLS = 6000

Attributes = Mapping[str, str | None]

_SECTIONS = frozenset({"section", "article", "aside", "dialog", "header", "footer", "nav", "main"})
_BOXES = frozenset({"div", "section", "article", "aside", "dialog", "header", "footer", "nav", "main"})
_BOXES_OF_FORMS = frozenset({"ul", "ol", "li", "p", "span", "td", "fieldset", "dl", "dd", "table"})
"""Elements that matter inside forms only."""
_MAX_ALERT, _MAX_ALERTS = 400, 8
_LEAVES = frozenset({"input", "img", "meta", "link", "script", "base", "area", "source", "embed", "title", "textarea"})
"""Handled elements that hold no other."""
_TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr"})
_SCRIPT_TYPES = frozenset({"", "text/javascript", "application/javascript", "module"})
_NOT_PAGES = ("mailto:", "tel:", "javascript:", "data:", "sms:", "whatsapp:", "callto:", "skype:", "MAILTO:", "file:", "blob:", "about:")


@dataclass(slots=True, eq=False)
class RawForm:
    """One form element with everything that belongs to it."""

    attributes: Attributes
    place: Place
    main: bool
    """In a main landmark."""
    node: LexborNode
    sections: tuple[int, ...]
    heading: str = ""
    controls: list[Control] = field(default_factory=list)
    submitters: list[Attributes] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    legends: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    element: bool = True
    """False for controls that stand in no form element."""
    number: int = 0
    """Its place in document order."""


@dataclass(slots=True, eq=False)
class _Context:
    """What holds for everything inside an element."""

    place: Place = "main"
    main: bool = False
    sections: tuple[int, ...] = ()
    form: RawForm | None = None
    hidden: bool = False
    group: Group | None = None
    label: LexborNode | None = None
    noscript: bool = False


@dataclass(slots=True, eq=False)
class Document:
    """What one pass found, as written."""

    title: str = ""
    language: str = ""
    base_href: str | None = None
    generator: str = ""
    refresh: str = ""
    canonical: str = ""
    noindex: bool = False
    has_main: bool = False
    headings: list[str] = field(default_factory=list)
    first_h1: str = ""
    subjects: list[str] = field(default_factory=list)
    """Those of the headings that stand in no header, footer or navigation."""
    links: list[tuple[str, str, str, Place]] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    inline_scripts: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    passive: list[str] = field(default_factory=list)
    forms: list[RawForm] = field(default_factory=list)
    loose: dict[Place, RawForm] = field(default_factory=dict)
    """Controls that belong to no form element, by the place they stand in."""
    alerts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Names of controls, hidden ones too."""
    script_characters: int = 0
    """Length of all inline scripts."""
    labels: Labels = field(default_factory=Labels)

    def signs(self) -> str:
        """Where products show themselves: addresses of resources, attributes of forms, names of controls."""
        forms = [v for f in self.forms for k, v in f.attributes.items() if v and k in {"id", "class", "action", "name"}]
        return "\n".join((*self.active, *self.passive[:50], *forms, *self.names))

    def visible_controls(self) -> int:
        """Number of fields that a person could fill in, of all forms but search boxes of one field."""
        count = 0
        for form in (*self.forms, *(f for f in self.loose.values() if f.place == "main")):
            visible = sum(1 for c in form.controls if not c.hidden and type_of(c) not in {"hidden", "submit", "image", "button", "reset"})
            if visible > 1 or form.main or (form.place == "main" and form.attributes.get("role") != "search"):
                count += visible
        return count


_ROOT = _Context()


def collect(root: LexborNode) -> Document:
    """Everything of interest in a document, in one pass in document order, without recursion."""
    return _Pass().run(root)


class _Pass:
    """The state of one pass."""

    def __init__(self) -> None:
        self.document = Document()
        self.by_id: dict[str, RawForm] = {}
        self.owned: list[tuple[str, Control | None, LexborNode, Attributes]] = []
        """Controls and buttons with a ``form`` attribute."""
        self.last_headings: dict[int, str] = {}
        """Latest heading by the section it stands in; 0 for none."""
        self.wanted: set[str] = set()
        self.controls = 0
        self.forms = 0
        self.alerts = 0

    def run(self, root: LexborNode) -> Document:
        contexts: dict[int, _Context] = {}
        handle = {
            "a": self.link, "area": self.link, "form": self.form, "input": self.control, "select": self.control, "textarea": self.control,
            "button": self.button, "label": self.label, "legend": self.legend, "h1": self.heading, "h2": self.heading, "h3": self.heading,
            "h4": self.heading, "iframe": self.frame, "frame": self.frame, "script": self.script, "link": self.linked, "meta": self.meta,
            "base": self.base, "title": self.title, "img": self.passive, "audio": self.passive, "video": self.passive, "source": self.passive,
            "object": self.active, "embed": self.active, "html": self.html,
        }  # fmt: skip
        known, handler_of = contexts.get, handle.get
        for node in islice(root.traverse(), MAX_ELEMENTS):
            parent = node.parent
            context = known(parent.mem_id, _ROOT) if parent is not None else _ROOT
            tag = node.tag or ""
            handler = handler_of(tag)
            if handler is not None:
                changed = handler(node, tag, context)
                if tag in _LEAVES:
                    continue
                if changed is not None:
                    context = changed
                    if tag == "form" and parent is not None:
                        self.table_form(parent, context, contexts)
            elif tag in _BOXES or (context.form is not None and tag in _BOXES_OF_FORMS):
                attributes = node.attributes
                if attributes or tag in _SECTIONS or tag == "fieldset":
                    context = self.box(node, tag, attributes, context)
            elif tag == "noscript":
                context = replace(context, noscript=True)
            if context is not _ROOT:
                contexts[node.mem_id] = context
        self.finish(root)
        return self.document

    def table_form(self, parent: LexborNode, context: _Context, contexts: dict[int, _Context]) -> None:
        """In a table the parser closes a form at once, yet the controls in the rest of the table are the form's."""
        node: LexborNode | None = parent
        while node is not None and node.tag in _TABLE_PARTS:
            contexts[node.mem_id] = replace(contexts.get(node.mem_id, _ROOT), form=context.form, hidden=False)
            node = node.parent if node.tag != "table" else None

    def box(self, node: LexborNode, tag: str, attributes: Attributes, context: _Context) -> _Context:
        place = LANDMARKS.get(tag) if not (tag == "header" and context.main) else None
        if attributes:
            role = attributes.get("role")
            if role:
                place = ROLES.get(role, place)
                if role == "alert":
                    self.alert(node)
            by_class, alerts = of_class((attributes.get("class") or "")[:MAX_TEXT])
            if place is None and context.place == "main" and not context.main:
                place = IDS.get((attributes.get("id") or "").lower()) or by_class
            if alerts:
                self.alert(node)
        changed: dict[str, object] = {}
        if place is not None and not (context.form is not None and tag not in LANDMARKS):
            main = place == "main" or (context.main and place not in {"footer", "nav"})
            if place == "main":
                self.document.has_main = True
            if place != context.place or main != context.main:
                changed["place"] = place
                changed["main"] = main
        if tag in _SECTIONS and tag != "main":
            changed["sections"] = (*context.sections[-30:], node.mem_id)
        if context.form is not None:
            self.box_in_form(tag, attributes, context, changed)
        return replace(context, **changed) if changed else context  # type: ignore[arg-type]

    def box_in_form(self, tag: str, attributes: Attributes, context: _Context, changed: dict[str, object]) -> None:
        if not context.hidden and attributes and hides(attributes):
            changed["hidden"] = True
        if tag == "fieldset" or (attributes and attributes.get("role") in {"group", "radiogroup"}):
            labelled_by = attributes.get("aria-labelledby") or ""
            self.want(labelled_by)
            changed["group"] = Group(clean(attributes.get("aria-label") or "", MAX_TEXT), labelled_by)

    def alert(self, node: LexborNode) -> None:
        self.alerts += 1
        if self.alerts <= _MAX_ALERTS:
            text = clean(node.text(deep=True), 2 * _MAX_ALERT)
            if len(text) <= _MAX_ALERT:
                self.document.alerts.append(text)

    def want(self, ids: str) -> None:
        if ids and len(self.wanted) < 1000:
            self.wanted.update(ids.split()[:5])

    def html(self, node: LexborNode, _tag: str, _context: _Context) -> None:
        self.document.language = (node.attributes.get("lang") or "").strip()[:35]

    def title(self, node: LexborNode, _tag: str, _context: _Context) -> None:
        parent = node.parent
        if not self.document.title and parent is not None and parent.tag != "svg":
            self.document.title = clean(node.text(deep=True), MAX_TITLE)

    def base(self, node: LexborNode, _tag: str, _context: _Context) -> None:
        if self.document.base_href is None and "href" in node.attributes:
            self.document.base_href = (node.attributes.get("href") or "").strip()[:2000]

    def meta(self, node: LexborNode, _tag: str, context: _Context) -> None:
        attributes = node.attributes
        content = attributes.get("content") or ""
        name = (attributes.get("name") or "").lower()
        if name == "robots":
            words = content.lower()
            self.document.noindex = self.document.noindex or "noindex" in words or "none" in words.replace(",", " ").split()
        elif name == "generator":
            self.document.generator = self.document.generator or content[:200]
        elif (attributes.get("http-equiv") or "").strip().lower() == "refresh" and not context.noscript:
            self.document.refresh = self.document.refresh or content[:2500]

    def linked(self, node: LexborNode, _tag: str, _context: _Context) -> None:
        attributes = node.attributes
        href = attributes.get("href")
        if not href:
            return
        rel = (attributes.get("rel") or "").lower().split()
        if "stylesheet" in rel and "alternate" not in rel:
            self.resource(self.document.active, href)
        elif "canonical" in rel and not self.document.canonical:
            self.document.canonical = href

    def resource(self, found: list[str], reference: str | None) -> None:
        if reference and len(found) < _MAX_RESOURCES:
            found.append(reference)

    def script(self, node: LexborNode, _tag: str, context: _Context) -> None:
        attributes = node.attributes
        if "src" in attributes:
            self.resource(self.document.scripts, attributes.get("src"))
            self.resource(self.document.active, attributes.get("src"))
            return
        text = node.text(deep=True) or ""
        self.document.script_characters += len(text)
        if len(self.document.inline_scripts) < 50 and not context.noscript and (attributes.get("type") or "").lower() in _SCRIPT_TYPES:
            self.document.inline_scripts.append(text[:2000])

    def passive(self, node: LexborNode, tag: str, _context: _Context) -> None:
        attributes = node.attributes
        self.resource(self.document.passive, attributes.get("src"))
        if tag == "video":
            self.resource(self.document.passive, attributes.get("poster"))

    def active(self, node: LexborNode, tag: str, _context: _Context) -> None:
        self.resource(self.document.active, node.attributes.get("data" if tag == "object" else "src"))

    def frame(self, node: LexborNode, _tag: str, _context: _Context) -> None:
        src = (node.attributes.get("src") or "").strip()
        if src and not src.lower().startswith("about:"):
            self.resource(self.document.frames, src)
            self.resource(self.document.active, src)

    def link(self, node: LexborNode, _tag: str, context: _Context) -> None:
        attributes = node.attributes
        href = attributes.get("href")
        if not href or href == "#" or href.startswith("javascript:"):
            href = goes_to(attributes.get("onclick")) or goes_to(href)
        if not href or len(self.document.links) >= 2 * MAX_LINKS:
            return
        href = href.strip()
        if not href or (":" in href and href.startswith(_NOT_PAGES)):
            return
        text = clean(node.text(deep=True), MAX_TEXT)
        title = attributes.get("title") or ""
        if title:
            title = clean(title, MAX_TEXT)
        if not text:
            text = clean(attributes.get("aria-label") or title, MAX_TEXT)
            if not text:
                image = node.css_first("img[alt]")
                text = clean((image.attributes.get("alt") or "") if image is not None else attributes.get("alt") or "", MAX_TEXT)
        self.document.links.append((href, text, title, context.place))

    def heading(self, node: LexborNode, tag: str, context: _Context) -> None:
        text = clean(node.text(deep=True), MAX_TEXT)
        if not text:
            return
        if tag in {"h1", "h2"} and len(self.document.headings) < _MAX_HEADINGS:
            self.document.headings.append(text)
            if context.place == "main":
                self.document.subjects.append(text)
        if tag == "h1" and not self.document.first_h1:
            self.document.first_h1 = text
        if context.form is not None:
            if len(context.form.headings) < 10:
                context.form.headings.append(text)
        elif tag != "h1" or context.sections:
            self.last_headings[context.sections[-1] if context.sections else 0] = text

    def form(self, node: LexborNode, _tag: str, context: _Context) -> _Context | None:
        if context.form is not None or len(self.document.forms) >= MAX_FORMS:
            return None
        attributes = node.attributes
        form = RawForm(attributes, context.place, context.main, node, context.sections, self.heading_above(context))
        self.numbered(form)
        self.document.forms.append(form)
        if id_ := attributes.get("id"):
            self.by_id.setdefault(id_, form)
        return replace(context, form=form, hidden=False, group=None, label=None)

    def owner(self, context: _Context, node: LexborNode) -> RawForm:
        if context.form is not None:
            return context.form
        form = self.document.loose.get(context.place)
        if form is None:
            form = RawForm({}, context.place, context.main, node, context.sections, self.heading_above(context), element=False)
            self.numbered(form)
            self.document.loose[context.place] = form
        return form

    def numbered(self, form: RawForm) -> None:
        self.forms += 1
        form.number = self.forms

    def heading_above(self, context: _Context) -> str:
        heading = next(filter(None, (self.last_headings.get(section, "") for section in reversed(context.sections))), "")
        return heading or (self.last_headings.get(0, "") if context.place == "main" else "")

    def control(self, node: LexborNode, tag: str, context: _Context) -> None:
        if self.controls >= _MAX_CONTROLS:
            return
        self.controls += 1
        attributes = node.attributes
        type_ = (attributes.get("type") or "").strip().lower()
        if tag == "input" and type_ in {"submit", "image", "button", "reset"}:
            text = attributes.get("value") or attributes.get("alt") or attributes.get("title") or ("Versturen" if type_ == "submit" else "")
            self.button_link(text, attributes, context)
            self.submitter(node, tag, type_, text, attributes, context)
            return
        if len(self.document.names) < 500:
            self.document.names.append((attributes.get("name") or "")[:MAX_TEXT])
        if tag == "input" and type_ == "hidden":
            return
        self.want(attributes.get("aria-labelledby") or "")
        control = Control(tag, attributes, context.hidden, context.group, context.label, node)
        if attributes.get("form"):
            self.owned.append((attributes.get("form") or "", control, node, attributes))
            return
        form = self.owner(context, node)
        if len(form.controls) < 3 * MAX_FIELDS:
            form.controls.append(control)

    def button(self, node: LexborNode, tag: str, context: _Context) -> None:
        attributes = node.attributes
        text = node.text(deep=True).strip() or attributes.get("aria-label") or attributes.get("title") or attributes.get("value") or ""
        self.button_link(text, attributes, context)
        self.submitter(node, tag, (attributes.get("type") or "").strip().lower(), text, attributes, context)

    def button_link(self, text: str, attributes: Attributes, context: _Context) -> None:
        if (href := goes_to(attributes.get("onclick"))) and len(self.document.links) < 2 * MAX_LINKS:
            self.document.links.append((href, clean(text, MAX_TEXT), "", context.place))

    def submitter(self, node: LexborNode, tag: str, type_: str, text: str, attributes: Attributes, context: _Context) -> None:
        if attributes.get("form"):
            self.owned.append((attributes.get("form") or "", None, node, attributes))
            return
        form = context.form or self.document.loose.get(context.place)
        if form is None:
            return
        if is_submitter(tag, type_) and len(form.submitters) < 50:
            form.submitters.append(attributes)
        if text and type_ != "reset" and len(form.buttons) < 20:
            form.buttons.append(clean(text, MAX_TEXT))

    def label(self, node: LexborNode, _tag: str, context: _Context) -> _Context:
        for_ = node.attributes.get("for")
        if for_:
            self.document.labels.by_for.setdefault(for_, []).append(node)
            return context
        return replace(context, label=node)

    def legend(self, node: LexborNode, _tag: str, context: _Context) -> None:
        text = clean(node.text(deep=True), MAX_TEXT)
        if context.group is not None and not context.group.label:
            context.group.label = text
        if context.form is not None and len(context.form.legends) < 20:
            context.form.legends.append(text)

    def finish(self, root: LexborNode) -> None:
        """Gives controls with a ``form`` attribute to their forms, tells forms that are links, and reads the texts that labels refer to."""
        for id_, control, node, attributes in self.owned:
            form = self.by_id.get(id_)
            if form is None:
                continue
            if control is not None:
                form.controls.append(control)
            else:
                tag = node.tag or ""
                type_ = (attributes.get("type") or "").strip().lower()
                if is_submitter(tag, type_):
                    form.submitters.append(attributes)
                text = node.text(deep=True).strip() if tag == "button" else attributes.get("value") or ""
                form.buttons.append(clean(text, MAX_TEXT))
        self.document.links += [(address(form), form.buttons[0], "", form.place) for form in self.document.forms if is_link(form)]
        self.document.forms = [form for form in self.document.forms if not is_link(form)]
        if self.wanted:
            texts = self.document.labels.texts
            for node in islice(root.traverse(), MAX_ELEMENTS):
                own = node.id
                if own is not None and own in self.wanted and own not in texts:
                    texts[own] = text_of(node)
