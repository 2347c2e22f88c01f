"""What one pass over a document found, as written: not yet what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from gemcrawl.forms.chat import Chats
from gemcrawl.forms.fields import MAX_FIELDS, Control, Labels
from gemcrawl.forms.landmarks import Place
from gemcrawl.forms.pointing import Words

MAX_FORMS = 100
MAX_CONTROLS = 3 * MAX_FIELDS
"""Of one form, or of all that are in none at one place of the page."""
Attributes = Mapping[str, str | None]


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
    links: list[tuple[str, str, str, Place, Words]] = field(default_factory=list)
    scripted: list[tuple[str, str, Place]] = field(default_factory=list)
    """Tag, text and place of links and buttons outside of forms that only a script can follow."""
    frames: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Those of the frames that are not shown at once."""
    written: list[str] = field(default_factory=list)
    """Documents written in the page (``srcdoc``)."""
    blank_frame: bool = False
    """There is a frame in sight of which nothing says what it will show."""
    scripts: list[str] = field(default_factory=list)
    inline_scripts: list[str] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)
    """Addresses that inline scripts give to a form, with the script's words for which form."""
    active: list[str] = field(default_factory=list)
    passive: list[str] = field(default_factory=list)
    forms: list[RawForm] = field(default_factory=list)
    misnested: bool = False
    """A form stands in a form, as only a parser or a script can put it."""
    loose: dict[Place, RawForm] = field(default_factory=dict)
    """Controls that belong to no form element, by the place they stand in."""
    alerts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Names of controls, hidden ones too."""
    script_characters: int = 0
    """Length of all inline scripts."""
    labels: Labels = field(default_factory=Labels)
    chats: Chats = field(default_factory=Chats)

    def signs(self) -> str:
        """Where products show themselves: addresses of resources, attributes of forms, names of controls."""
        forms = [v for f in self.forms for k, v in f.attributes.items() if v and k in {"id", "class", "action", "name"}]
        return "\n".join((*self.active, *self.passive[:50], *forms, *self.names))

    def strays(self) -> bool:
        """Whether controls may belong to another form than the tree shows: they stand outside of every form, or a form stands in a form.

        Not in a document with more forms or controls than are read, which would be gone through twice for nothing.
        """
        loose = [len(form.controls) for form in self.loose.values() if form.controls]
        if len(self.forms) >= MAX_FORMS or max(loose, default=0) >= MAX_CONTROLS:
            return False
        return self.misnested or (bool(self.forms) and bool(loose))

    def visible_controls(self) -> int:
        """Number of fields that a person could fill in, of all forms but search boxes of one field."""
        count = 0
        for form in (*self.forms, *(f for f in self.loose.values() if f.place == "main")):
            visible = sum(1 for c in form.controls if not c.hidden and c.type not in {"hidden", "submit", "image", "button", "reset"})
            if visible > 1 or form.main or (form.place == "main" and form.attributes.get("role") != "search"):
                count += visible
        return count
