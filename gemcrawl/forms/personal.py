"""Which kind of personal data a field asks for: by its label, then its autofill name, then its name, then its type.

Some products leave every name empty, others number them, so what a person reads decides; see ``personal.toml`` for the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gemcrawl.forms.data import derived, remembered, table
from gemcrawl.forms.words import Lexicon, fold
from gemcrawl.items import PERSONAL_DATA, Field, PersonalData

_NONE = "none"
_KNOWN: dict[str, PersonalData] = {category: category for category in PERSONAL_DATA}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTS = re.compile(r"[\[\]$:.\s]+")
_ASP_NET = re.compile(r"(?:^|_)ctl\d+_|_ssm_|CntMain|ContentPlaceHolder", re.IGNORECASE)
_NO_WORD = re.compile(r"[\d_\-]*|value|text|und|input|field|ctl\d+", re.IGNORECASE)
_POSTCODE_PATTERN = re.compile(r"\[1-9\]\[?(?:0-9|\\d)\]?\{3\}")
_LONG = 16
"""Words; a longer label is an explanation, of which only the start is the question."""
DRAWN = "canvas"
"""The type of a field that is drawn in."""
_TEXT_TYPES = frozenset(
    {"", "text", "email", "tel", "number", "search", "url", "date", "month", "datetime-local", "file", "textarea", "select", DRAWN}
)
_FREE_TYPES = frozenset({"", "text", "tel", "email", "search", "number"})
_CHOICES = frozenset({"radio group", "checkbox", "checkbox group"})
_OF_CHOICES = frozenset({"gender", "health", "family", "nationality"})
_BY_EXAMPLE = frozenset({"email", "phone", "bsn", "iban", "birth_date", "licence_plate"})
"""What a placeholder or title shows by an example; other words in it are advice."""
_OF_SOMEBODY = frozenset(PERSONAL_DATA) - {"health", "signature", "upload", "free_text"}
"""What is somebody else's when the group around it says so: a partner's or child's data count as family."""
_JOINTS = re.compile(r"\s*[/&+,]\s*|\s+(?:en|and|or|und|oder)\s+", re.IGNORECASE)
_OR = re.compile(r"\s+of\s+", re.IGNORECASE)
"""Also English, where it joins nothing ("country of birth"), so it counts between ways to reach somebody only."""
_REMARK = re.compile(r"\([^)]*\)")
_FEW = 4
"""Words."""
_SHORT = 60
"""Characters; a longer label is a sentence, which may name what it does not ask."""
_BY_CONTROL: dict[str, tuple[frozenset[str], str]] = {
    "select": (frozenset({"gender", "health", "family", "nationality", "birth_date", "address", "phone", "name", "document_number"}), ""),
    "textarea": (frozenset({"name", "address", "family", "health", "signature"}), "free_text"),
    "file": (frozenset({"signature"}), "upload"),
    "search": (frozenset({"postcode", "address"}), ""),
    DRAWN: (frozenset({"signature"}), ""),
}
"""What a kind of control can ask, and what it asks when its words say nothing else."""


class _Words:
    """One section of the word list: phrase to category."""

    def __init__(self, *sections: dict[str, list[str]]) -> None:
        self.categories = {phrase: category for section in sections for category, phrases in section.items() for phrase in phrases}
        self.lexicon = Lexicon(self.categories)
        order: list[str] = table("personal.toml")["order"]
        self.rank = {category: i for i, category in enumerate(order)}

    def category(self, folded: str) -> str:
        """The category of the phrases found, by precedence; ``none`` when only disarming phrases were found; empty when nothing was."""
        found = {self.categories[phrase] for phrase in self.lexicon.find(folded)}
        if not found:
            return ""
        found.discard(_NONE)
        return min(found, key=lambda c: self.rank.get(c, len(self.rank)), default=_NONE)


@derived
def _labels() -> _Words:
    return _Words(table("personal.toml")["label"])


@derived
def _names() -> _Words:
    data = table("personal.toml")
    return _Words(data["label"], data["name"])


@derived
def _autocomplete() -> dict[str, str]:
    return {word: category for category, words in table("personal.toml")["autocomplete"].items() for word in words}


@derived
def _types() -> dict[str, str]:
    return {word: category for category, words in table("personal.toml")["type"].items() for word in words}


@derived
def date_parts() -> frozenset[str]:
    """Labels that only name a part of a date: the group's label says of which."""
    return frozenset(table("personal.toml")["parts"]["words"])


def name_words(name: str) -> str:
    """The words of a name or id attribute that say something: the last part of ``a[b][c]``, ``ctl00$Main$c``, ``a:b:c``; camel case split."""
    parts = [p for p in _PARTS.split(name[:300]) if not _NO_WORD.fullmatch(p)]
    last = parts[-1] if parts else ""
    if "_" in last and _ASP_NET.search(name):
        last = next((p for p in reversed(last.split("_")) if not _NO_WORD.fullmatch(p)), "")
    return fold(_CAMEL.sub(" ", last))


@remembered(8192)
def category_of_label(label: str) -> str:
    """Category of a label's words; ``none`` when they rule one out, empty when they say nothing."""
    folded = fold(label)
    if folded.count(" ") >= _LONG:
        folded = " ".join(folded.split(" ", _LONG)[:_LONG])
    return _labels().category(folded)


@remembered(8192)
def category_of_name(name: str) -> str:
    """The same for a name or id attribute."""
    words = name_words(name)
    found = _names().category(words)
    return found or (_names().category(words.replace(" ", "")) if " " in words else "")


def category(
    *, label: str, group: str, autocomplete: str, name: str, id_: str, type_: str, pattern: str = "", hint: str = "", title: str = ""
) -> PersonalData | None:
    """The kind of personal data that a field asks for.

    `type_` is an input type, ``textarea``, ``select``, ``canvas``, ``radio group`` or ``checkbox group``; `group` the label of the group (legend) around it; `hint`
    its placeholder, title or first choices, which only count when nothing else says anything; a `title` of few words is what browsers fall back on as a
    label, and says as much as one.
    """
    if type_ not in _TEXT_TYPES and type_ not in _CHOICES:
        return None
    found = _by_label(label, group)
    if type_ in _CHOICES:
        found = found or category_of_name(name) or (category_of_label(hint) if hint else "")
        return _closed(found) if found in _OF_CHOICES else None
    if not found and title and title.count(" ") < _FEW:
        found = category_of_label(title)
    if not found and autocomplete.strip():
        found = _autocomplete().get(autocomplete.lower().split()[-1], "")
    found = found or category_of_name(name) or category_of_name(id_)
    if not found and hint and hint != label:
        found = category_of_label(hint)
        found = found if found in _BY_EXAMPLE or (found == "gender" and type_ == "select") else ""
    if type_ == "textarea" and found == "name" and label.count(" ") >= _FEW:
        # "Naam en toelichting van ...": only a short label of a large field means it literally.
        found = ""
    if type_ in _BY_CONTROL:
        allowed, otherwise = _BY_CONTROL[type_]
        return _closed(found if found in allowed else otherwise)
    if not found or (found == _NONE and type_ in {"email", "tel"}):
        found = _types().get(type_, "")
    if not found and pattern and _POSTCODE_PATTERN.search(pattern):
        found = "postcode"
    return _closed(found)


def _by_label(label: str, group: str) -> str:
    """Category of a label, with the help of its group's label: of three parts of a date, of a field with no label, of somebody else's name."""
    found = category_of_label(label) if label else ""
    if not group:
        return found
    of_group = category_of_label(group)
    if found and found != _NONE:
        return "family" if of_group == "family" and found in _OF_SOMEBODY else found
    if of_group == "birth_date" and (not found or fold(label) in date_parts()):
        return of_group
    return of_group if not label and of_group != _NONE else found


def _closed(found: str) -> PersonalData | None:
    return _KNOWN.get(found)


def asked(fields: Iterable[Field]) -> tuple[PersonalData, ...]:
    """What the fields of one form ask for together; a label like ``Postcode en woonplaats`` asks for two things in one field."""
    found: set[PersonalData] = set()
    for field in fields:
        if field.category is None:
            continue
        found.add(field.category)
        large = field.type == "textarea" and field.category in {"name", "address"}
        if (field.type in _FREE_TYPES or large) and field.category != "family" and len(field.label) <= _SHORT:
            found.update(_parts_of(field.label))
    return in_order(found)


@remembered(8192)
def _parts_of(label: str) -> tuple[PersonalData, ...]:
    bare = _REMARK.sub(" ", label)
    parts, ways = _JOINTS.split(bare), _OR.split(bare)
    found = [_closed(category_of_label(part)) for part in parts if part and not part.startswith("-")] if len(parts) > 1 else []
    if len(ways) > 1:
        found += [way for way in (_closed(category_of_label(part)) for part in ways) if way in {"email", "phone"}]
    return tuple(c for c in found if c is not None and c != "upload")


def in_order(found: set[PersonalData]) -> tuple[PersonalData, ...]:
    """Distinct categories in the order of `gemcrawl.items.PersonalData`."""
    return tuple(c for c in PERSONAL_DATA if c in found)
