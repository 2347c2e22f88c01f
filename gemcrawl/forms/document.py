"""One pass over the elements of a document: what is where, not yet what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborNode, create_tag

from gemcrawl.forms.around import NEVER, ROOT, Around, Context
from gemcrawl.forms.buttons import address, choices, goes_to, inner_click, is_link, leads_to, needs_a_script, said_by_picture
from gemcrawl.forms.elements import IN_FORMS, METHODS
from gemcrawl.forms.fields import Control, Group, clean, hides
from gemcrawl.forms.frames import PLACEHOLDER, note_frame, note_placeholder
from gemcrawl.forms.landmarks import IDS, LANDMARKS, ROLES, Place, of_class
from gemcrawl.forms.owners import OWNER, owner_elsewhere
from gemcrawl.forms.pointing import NO_WORDS, Words, only_points, sentence
from gemcrawl.forms.raw import MAX_CONTROLS, MAX_FORMS, Attributes, Document, RawForm
from gemcrawl.forms.submit import MAX_TARGETS, actions_in, is_submitter

MAX_LINKS = 2000
_MOST_LINKS = 2 * MAX_LINKS
"""With those that turn out to be the same."""
MAX_ELEMENTS = 30_000
"""Elements looked at; a page of a megabyte has some fifteen thousand."""
MAX_TITLE = 300
MAX_TEXT = 200
_MAX_HEADINGS = 50
_MAX_RESOURCES = 500
_MAX_CONTROLS = 3000
_MAX_CLICKS = 100
_MAX_SCRIPTED = 200
_MAX_LOOKED_AT = 2000
"""Headings, of which some are kept."""
_MAX_READ = 5_000_000
"""Characters of all texts together; elements within each other repeat theirs."""

Handler = Callable[["_Pass", LexborNode, str, "Context"], "Context | None"]

_SILENT_CLASS: tuple[Place | None, bool] = None, False
_ACTING = PLACEHOLDER | {"contenteditable", "onclick"}
_SECTIONS = frozenset({"section", "article", "aside", "dialog", "header", "footer", "nav", "main"})
_MAX_ALERT, _MAX_ALERTS = 400, 8
_TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr"})
_SCRIPT_TYPES = frozenset({"", "text/javascript", "application/javascript", "module"})
_NOT_PAGES = ("mailto:", "tel:", "javascript:", "data:", "sms:", "whatsapp:", "callto:", "skype:", "MAILTO:", "file:", "blob:", "about:")


def collect(root: LexborNode) -> Document:
    """Everything of interest in a document, in one pass in document order, without recursion."""
    return _Pass().run(root)


class _Pass:
    """The state of one pass."""

    def __init__(self) -> None:
        self.document = Document()
        self.by_id: dict[str, RawForm] = {}
        self.owned: list[tuple[str, Control | None, LexborNode, Attributes, Context]] = []
        """Controls and buttons of forms that they are not in, with the name of the form."""
        self.last_headings: dict[int, str] = {}
        """Latest heading by the section it stands in; 0 for none."""
        self.wanted: set[str] = set()
        self.controls = self.buttons = self.headings = self.forms = self.clicks = self.alerts = self.read = 0
        self.around = Around()

    def run(self, root: LexborNode) -> Document:
        context, handler_of, (end_tag, end), link_tag = ROOT, _OUTSIDE.get, NEVER, _A
        for node in islice(root.traverse(), MAX_ELEMENTS):
            tag = node.tag_id
            # The tag first: most elements have another one, and to ask for an identity costs more.
            if tag == end_tag and node.mem_id == end:
                context, (end_tag, end) = self.around.leave()
                handler_of = (_OUTSIDE if context.form is None else _INSIDE).get
            if tag == link_tag:
                self.link(node, "a", context)
                continue
            entry = handler_of(tag)
            if entry is None:
                continue
            changed = entry[0](self, node, entry[1], context)
            if changed is not None:
                self.enter(node, changed, context)
                context, (end_tag, end) = changed, self.around.end
                handler_of = (_OUTSIDE if context.form is None else _INSIDE).get
        self.finish(root)
        return self.document

    def enter(self, node: LexborNode, context: Context, outer: Context) -> None:
        """Opens an element that changes the context."""
        if outer.form is None and context.form is not None:
            self.table_form(node, context, outer)
        self.around.enter(node, context)

    def table_form(self, form: LexborNode, context: Context, outer: Context) -> None:
        """In a table the parser closes a form at once, yet the controls in the rest of the table are the form's."""
        table, node = None, form.parent
        while node is not None and node.tag in _TABLE_PARTS:
            table = node
            node = node.parent if node.tag != "table" else None
        if table is not None:
            self.around.enter(table, outer._replace(form=context.form, hidden=False))

    def noscript(self, _node: LexborNode, _tag: str, context: Context) -> Context:
        return context._replace(noscript=True)

    def box(self, node: LexborNode, tag: str, context: Context) -> Context | None:
        attributes = node.attributes
        if not attributes and tag not in _SECTIONS and tag != "fieldset":
            return None
        if not _ACTING.isdisjoint(attributes):
            self.acting(node, attributes, context)
        role, class_ = attributes.get("role"), attributes.get("class")
        by_class, alerts = of_class(class_[:MAX_TEXT]) if class_ else _SILENT_CLASS
        if tag == "div" and by_class is None and not alerts and context.form is None and role is None and "id" not in attributes:
            # As most boxes are.
            return None
        place = LANDMARKS.get(tag) if tag != "header" or not context.main else None
        if role:
            place = ROLES.get(role, place)
        if place is None and context.place == "main" and not context.main:
            place = (IDS.get((attributes["id"] or "").lower()) if "id" in attributes else None) or by_class
        if alerts or role == "alert":
            self.alert(node)
        if place is None and context.form is None and tag not in _SECTIONS:
            return None
        changed: dict[str, Any] = {}
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
        return context._replace(**changed) if changed else None

    def box_in_form(self, tag: str, attributes: Attributes, context: Context, changed: dict[str, Any]) -> None:
        if not context.hidden and attributes and hides(attributes):
            changed["hidden"] = True
        if tag == "fieldset" or (attributes and attributes.get("role") in {"group", "radiogroup"}):
            labelled_by = attributes.get("aria-labelledby") or ""
            self.want(labelled_by)
            changed["group"] = Group(clean(attributes.get("aria-label") or "", MAX_TEXT), labelled_by)

    def text(self, node: LexborNode) -> str:
        """Text of an element, while there is any left of what may be read."""
        if self.read > _MAX_READ:
            return ""
        text = node.text_lexbor()
        self.read += len(text)
        return text

    def alert(self, node: LexborNode) -> None:
        self.alerts += 1
        if self.alerts <= _MAX_ALERTS:
            text = clean(self.text(node), 2 * _MAX_ALERT)
            if len(text) <= _MAX_ALERT:
                self.document.alerts.append(text)

    def want(self, ids: str) -> None:
        if ids and len(self.wanted) < 1000:
            self.wanted.update(ids.split()[:5])

    def html(self, node: LexborNode, _tag: str, _context: Context) -> None:
        self.document.language = (node.attributes.get("lang") or "").strip()[:35]

    def title(self, node: LexborNode, _tag: str, _context: Context) -> None:
        parent = node.parent
        if not self.document.title and parent is not None and parent.tag != "svg":
            self.document.title = clean(self.text(node), MAX_TITLE)

    def base(self, node: LexborNode, _tag: str, _context: Context) -> None:
        if self.document.base_href is None and "href" in node.attributes:
            self.document.base_href = (node.attributes.get("href") or "").strip()[:2000]

    def meta(self, node: LexborNode, _tag: str, context: Context) -> None:
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

    def linked(self, node: LexborNode, _tag: str, _context: Context) -> None:
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

    def script(self, node: LexborNode, _tag: str, context: Context) -> None:
        attributes = node.attributes
        if "src" in attributes:
            self.resource(self.document.scripts, attributes.get("src"))
            self.resource(self.document.active, attributes.get("src"))
            return
        text = self.text(node)
        self.document.script_characters += len(text)
        if "action" in text and len(self.document.actions) < MAX_TARGETS:
            self.document.actions += actions_in(text)
        if len(self.document.inline_scripts) < 50 and not context.noscript and (attributes.get("type") or "").lower() in _SCRIPT_TYPES:
            self.document.inline_scripts.append(text[:2000])

    def passive(self, node: LexborNode, tag: str, _context: Context) -> None:
        attributes = node.attributes
        self.resource(self.document.passive, attributes.get("src"))
        if tag == "video":
            self.resource(self.document.passive, attributes.get("poster"))

    def frame(self, node: LexborNode, tag: str, context: Context) -> None:
        note_frame(self.document, tag, node.attributes, main=context.place == "main" and not context.noscript)

    def link(self, node: LexborNode, _tag: str, context: Context) -> None:
        links = self.document.links
        if len(links) >= _MOST_LINKS:
            return
        attributes = node.attributes
        href = attributes.get("href") or attributes.get("xlink:href")
        if not href or href[0] != "/":
            href = href.strip() if href else ""
            if href in {"", "#", "#!"} or href[:11].lower() == "javascript:":
                self.clicks += 1
                href = (
                    goes_to(attributes.get("onclick"))
                    or (leads_to(href) if href else "")
                    or (inner_click(node) if self.clicks <= _MAX_CLICKS else "")
                )
                if not href:
                    self.scripted(node, "a", attributes, context)
                    return
            if href.startswith(_NOT_PAGES):
                return
        # `text` and `clean`, written out: a page has more links than all else that is read.
        text = node.text_lexbor() if self.read <= _MAX_READ else ""
        size = len(text)
        self.read += size
        text = " ".join(text.split()) if size <= MAX_TEXT else clean(text, MAX_TEXT)
        title = clean(attributes["title"] or "", MAX_TEXT) if "title" in attributes else ""
        if not text:
            text = clean(attributes.get("aria-label") or title or said_by_picture(node, attributes), MAX_TEXT)
        points = context.place == "main" and only_points(text)
        around = Words(sentence(node, text, self.text), self.heading_above(context)) if points else NO_WORDS
        links.append((href, text, title, context.place, around))

    def heading(self, node: LexborNode, tag: str, context: Context) -> None:
        self.headings += 1
        text = clean(self.text(node), MAX_TEXT) if self.headings <= _MAX_LOOKED_AT else ""
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

    def form(self, node: LexborNode, _tag: str, context: Context) -> Context | None:
        if len(self.document.forms) >= MAX_FORMS:
            return None
        attributes = node.attributes
        form = RawForm(attributes, context.place, context.main, node, context.sections, self.heading_above(context))
        self.numbered(form)
        self.document.forms.append(form)
        if id_ := attributes.get("id"):
            self.by_id.setdefault(id_, form)
        self.document.misnested = self.document.misnested or context.form is not None
        if OWNER in attributes:
            self.by_id.setdefault(f"{OWNER} {attributes[OWNER]}", form)
        return context._replace(form=form, hidden=False, group=None, label=None)

    def owner(self, context: Context, node: LexborNode) -> RawForm | None:
        """The form around a control, or what stands for one of all that are in no form; None for the line of a chat."""
        if context.form is not None:
            return context.form
        if self.document.chats.around(node.parent):
            return None
        form = self.document.loose.get(context.place)
        if form is None:
            form = RawForm({}, context.place, context.main, node, context.sections, self.heading_above(context), element=False)
            self.numbered(form)
            self.document.loose[context.place] = form
        return form

    def numbered(self, form: RawForm) -> None:
        self.forms += 1
        form.number = self.forms

    def heading_above(self, context: Context) -> str:
        heading = next(filter(None, (self.last_headings.get(section, "") for section in reversed(context.sections))), "")
        return heading or (self.last_headings.get(0, "") if context.place == "main" else "")

    def control(self, node: LexborNode, tag: str, context: Context) -> None:
        if self.controls >= _MAX_CONTROLS:
            return
        self.controls += 1
        attributes = node.attributes
        type_ = (attributes.get("type") or "").strip().lower()
        if tag == "input" and type_ in {"submit", "image", "button", "reset"}:
            text = attributes.get("value") or attributes.get("alt") or attributes.get("title") or ("Versturen" if type_ == "submit" else "")
            self.button_link(text, attributes, context)
            self.scripted(node, tag, attributes, context)
            self.submitter(node, tag, type_, text, attributes, context)
            return
        if len(self.document.names) < 500:
            self.document.names.append((attributes.get("name") or "")[:MAX_TEXT])
        if tag == "input" and type_ == "hidden":
            if id_ := attributes.get("id"):
                self.document.labels.hidden.add(id_)
            return
        if "onchange" in attributes and tag == "select" and len(self.document.links) < _MOST_LINKS:
            self.document.links += [(href, text, "", context.place, NO_WORDS) for href, text in choices(node)]
        self.asked(tag, node, attributes, context)

    def asked(self, tag: str, node: LexborNode, attributes: Attributes, context: Context) -> None:
        """A control that a person sees."""
        if owner := owner_elsewhere(attributes, context):
            control = Control(tag, attributes, context.hidden, context.group, context.label, node)
            self.owned.append((owner, control, node, attributes, context))
        else:
            form = self.owner(context, node)
            if form is None or len(form.controls) >= MAX_CONTROLS:
                return
            form.controls.append(Control(tag, attributes, context.hidden, context.group, context.label, node))
        self.want(attributes.get("aria-labelledby") or "")

    def editable(self, node: LexborNode, attributes: Attributes, context: Context) -> None:
        """An element that is written into, as editors of text in scripts are: it stands for a textarea."""
        if self.controls < _MAX_CONTROLS and (attributes["contenteditable"] or "").lower() != "false":
            self.controls += 1
            self.asked("textarea", node, attributes, context)

    def canvas(self, node: LexborNode, tag: str, context: Context) -> None:
        """What is drawn on in a form: a signature, where its label says so."""
        if self.controls < _MAX_CONTROLS:
            self.controls += 1
            self.asked(tag, node, node.attributes, context)

    def button(self, node: LexborNode, tag: str, context: Context) -> None:
        if self.buttons >= _MAX_CONTROLS:
            return
        self.buttons += 1
        attributes = node.attributes
        text = self.text(node).strip() or attributes.get("aria-label") or attributes.get("title") or attributes.get("value") or ""
        self.button_link(text, attributes, context)
        self.scripted(node, tag, attributes, context)
        self.submitter(node, tag, (attributes.get("type") or "").strip().lower(), text, attributes, context)

    def button_link(self, text: str, attributes: Attributes, context: Context) -> None:
        if (href := goes_to(attributes.get("onclick"))) and len(self.document.links) < _MOST_LINKS:
            self.document.links.append((href, clean(text, MAX_TEXT), "", context.place, NO_WORDS))

    def acting(self, node: LexborNode, attributes: Attributes, context: Context) -> None:
        """A box that is written into, stands in the place of a frame, or goes somewhere at a click and holds nothing that is clicked by itself."""
        if "contenteditable" in attributes:
            self.editable(node, attributes, context)
        note_placeholder(self.document, attributes)
        self.clicks += "onclick" in attributes
        if self.clicks <= _MAX_CLICKS and goes_to(attributes.get("onclick")) and node.css_first("a,button") is None:
            self.button_link(self.text(node), attributes, context)

    def scripted(self, node: LexborNode, tag: str, attributes: Attributes, context: Context) -> None:
        """A link without an address, or a button that sends nothing."""
        found = self.document.scripted
        sends = context.form is not None or (tag != "a" and context.place in self.document.loose)
        if not sends and len(found) < _MAX_SCRIPTED and needs_a_script(node, tag, attributes):
            text = self.text(node).strip() or attributes.get("value") or attributes.get("aria-label") or attributes.get("title") or ""
            found.append((tag, clean(text, MAX_TEXT), context.place))

    def submitter(self, node: LexborNode, tag: str, type_: str, text: str, attributes: Attributes, context: Context) -> None:
        if owner := owner_elsewhere(attributes, context):
            self.owned.append((owner, None, node, attributes, context))
            return
        form = context.form or self.document.loose.get(context.place)
        if form is None or (context.form is None and self.document.chats.around(node.parent)):
            return
        if is_submitter(tag, type_) and len(form.submitters) < 50:
            form.submitters.append(attributes)
        if text and type_ != "reset" and len(form.buttons) < 20:
            form.buttons.append(clean(text, MAX_TEXT))

    def label(self, node: LexborNode, _tag: str, context: Context) -> Context | None:
        for_ = node.attributes.get("for")
        if for_:
            self.document.labels.by_for.setdefault(for_, []).append(node)
            return None
        return context._replace(label=node)

    def legend(self, node: LexborNode, _tag: str, context: Context) -> None:
        text = clean(self.text(node), MAX_TEXT)
        if context.group is not None and not context.group.label:
            context.group.label = text
        if context.form is not None and len(context.form.legends) < 20:
            context.form.legends.append(text)

    def finish(self, root: LexborNode) -> None:
        """Gives controls to the forms that they are not in, tells forms that are links, and reads the texts that labels refer to."""
        for owner, control, node, attributes, context in self.owned:
            form = self.by_id.get(owner)
            if form is None and not attributes.get("form"):
                form = self.owner(context, node)
            if form is not None and control is not None:
                form.controls.append(control)
            elif form is not None:
                tag, type_ = node.tag or "", (attributes.get("type") or "").strip().lower()
                if is_submitter(tag, type_):
                    form.submitters.append(attributes)
                form.buttons.append(clean(self.text(node) if tag == "button" else attributes.get("value") or "", MAX_TEXT))
        self.document.links += [(address(form), form.buttons[0], "", form.place, NO_WORDS) for form in self.document.forms if is_link(form)]
        self.document.forms = [form for form in self.document.forms if not is_link(form)]
        if self.wanted:
            self.document.labels.read(islice(root.traverse(), MAX_ELEMENTS), self.wanted)


def _handlers(methods: Mapping[str, str]) -> dict[int, tuple[Handler, str]]:
    """Methods with their tags, by the number that the parser gives the tag: quicker to get and to compare than its name."""
    return {create_tag(tag).tag_id: (getattr(_Pass, method), tag) for tag, method in methods.items()}


_A = create_tag("a").tag_id
_OUTSIDE = _handlers(METHODS)
_INSIDE = _handlers(METHODS | IN_FORMS)
"""What looks at elements, outside of forms and inside."""
