"""What a form is for: a sum of weighed evidence over named zones, with its reasons.

A form is judged on its own zones first (attributes, heading, legend, labels, buttons): the search box, newsletter, login or feedback form that stands
on every page is recognised there.  What the page says (address, title, headings, the link that led to it) speaks in full for its main form only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from gemcrawl.forms.choices import Offer
from gemcrawl.forms.data import derived, remembered, table
from gemcrawl.forms.words import Lexicon, fold
from gemcrawl.items import Field, Kind, PersonalData

MAX_REASONS = 6
_KINDS: tuple[Kind, ...] = get_args(Kind)
SIDE_KINDS: frozenset[Kind] = frozenset({"search", "newsletter", "login", "feedback", "comment"})
"""Kinds of the forms that stand beside a page's own form."""
_SIDE_LEAST = 4.0
_SIDE = 0.25
"""How much of what the page says counts for a form that is not what the page is for."""
_SEARCH_NAMES = frozenset(
    {
        "q",
        "s",
        "query",
        "zoekterm",
        "zoekwoord",
        "trefwoord",
        "trefwoorden",
        "keyword",
        "keywords",
        "searchtext",
        "searchword",
        "search",
        "zoek",
        "zoeken",
        "zoekveld",
        "search_api_fulltext",
        "search_block_form",
        "tx_solr[q]",
        "keys",
        "term",
        "text",
        "freetext",
        "searchterm",
    }
)
_SEARCHES = re.compile(r"(?<!be)(?<!ver)(?<!onder)zoek|(?<!re)search", re.IGNORECASE)
"""In names; "bezoek" (visit), "verzoek" (request) and "research" are something else."""
_LANGUAGE_NAMES = frozenset({"taal", "lang", "language", "lng", "goog-te-combo", "locale", "lang_dropdown_select"})
TICKED = frozenset({"checkbox", "checkbox group", "radio group"})
_PERSON = frozenset({"name", "email", "phone"})
_OF_APPLICATIONS = frozenset({"iban", "licence_plate", "document_number", "signature"})
"""What applications and claims ask, and questions do not."""
_OF_SOMEBODY = frozenset({"bsn", "document_number", "iban"})
_PLACE = frozenset({None, "address", "city"})
_CLEAR = 3.0
"""Points that another kind has by its words."""
_LIVES = frozenset({"address", "postcode"})
_ZONE = ": "
"""Between a zone and the phrase found in it, in reasons."""
_LITTLE = 0.3
"""What is left of points that something else makes doubtful."""
_OFFER = 1500
"""Characters of a form in which products are looked for."""
_FEW = 3
"""Fields; a search box has no more."""
_WIZARD_KINDS: tuple[Kind, ...] = ("appointment", "contact")
_WIZARD_BUTTONS = frozenset(
    {"volgende", "verder", "volgende stap", "next", "naar stap 2", "start", "weiter", "folgjende", "ga verder", "beginnen", "starten"}
)

Points = dict[Kind, float]
Hits = tuple[tuple[Kind, float, str], ...]
"""Kind, weight and phrase."""


@dataclass(slots=True)
class Evidence:
    """What speaks for the kind of one form."""

    own: dict[str, list[str]] = field(default_factory=dict)
    """Texts by zone of the form itself: attributes, heading, legend, buttons, labels, text."""
    fields: tuple[Field, ...] = ()
    role_search: bool = False
    method: str = "get"
    says_get: bool = False
    """Its method is get, and written."""
    password: bool = False
    hint: Points = field(default_factory=dict)
    """Points of a known product, by kind."""
    hint_reason: str = ""
    offer: Offer = field(default_factory=Offer)
    """What it lets people choose."""
    offered: int = 0
    """Different products of the municipal counter that the form names; `weigh` counts them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A kind with its score (0 to 1) and its reasons, strongest first."""

    kind: Kind
    score: float
    reasons: tuple[str, ...]
    total: float = 0.0


class _Rules:
    """The word list, compiled once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.points: dict[str, list[tuple[Kind, float]]] = {}
        for kind, phrases in data["phrases"].items():
            for phrase, weight in phrases.items():
                self.points.setdefault(phrase, []).append((_kind(kind), float(weight)))
        self.lexicon = Lexicon(self.points, gaps_count=True)
        self.own: dict[str, float] = data["own"]
        self.page: dict[str, float] = data["page"]
        self.structure: dict[str, float] = data["structure"]
        self.products = Lexicon(data["products"]["words"])
        self.products_least: int = data["products"]["least"]
        self.products_weight: float = data["products"]["weight"]
        self.dates = Lexicon(data["asks"]["date"])
        self.times = Lexicon(data["asks"]["time"])
        self.where = Lexicon(data["asks"]["where"])
        self.span = Lexicon(data["asks"]["span"])
        self.bare = frozenset(data["asks"]["date_alone"])
        self.application = frozenset(data["application"]["asks"])
        self.bare_share: float = data["application"]["share"]
        self.page_share: float = data["application"]["page_share"]
        self.silent_share: float = data["acts"]["silent_share"]
        self.slot_share: float = data["acts"]["slot_share"]
        self.threshold: float = data["threshold"]
        self.scale: float = data["scale"]
        self.close: float = data["close"]
        self.acts = frozenset(map(_kind, data["acts"]["kinds"]))
        self.subjects = frozenset(map(_kind, data["acts"]["subjects"]))
        self.act_least: float = data["acts"]["least"]
        self.subject_share: float = data["acts"]["share"]
        self.cache: dict[str, Hits] = {}

    def about(self, hits: Hits) -> Hits:
        """Hits with the subject of an act weakened: a product that an appointment or a question is about is not applied for."""
        if not any(kind in self.acts and weight >= self.act_least for kind, weight, _ in hits):
            return hits
        return tuple(
            (kind, weight * self.subject_share if kind in self.subjects and weight > 0 else weight, phrase) for kind, weight, phrase in hits
        )

    def hits(self, text: str) -> Hits:
        """(kind, weight, phrase) of every phrase in a text."""
        known = self.cache.get(text)
        if known is None:
            found = self.lexicon.find(fold(text))
            known = self.about(tuple((kind, weight, phrase) for phrase in found for kind, weight in self.points[phrase]))
            if len(self.cache) >= 8192:
                self.cache.clear()
            self.cache[text] = known
        return known


def _kind(word: str) -> Kind:
    if word not in _KINDS:
        msg = f"kinds.toml: unknown kind {word!r}, one of {', '.join(_KINDS)}"
        raise ValueError(msg)
    return word


@derived
def rules() -> _Rules:
    """The compiled word list."""
    return _Rules(table("kinds.toml"))


class _Asks(NamedTuple):
    """What a label asks for, beside personal data."""

    day: bool
    """A day to come."""
    time: bool
    """A time to come."""
    where: bool
    """Where something is."""
    span: bool
    """When something begins or ends."""


@remembered(8192)
def _asks(label: str) -> _Asks:
    data, folded = rules(), fold(label)
    return _Asks(*(bool(lexicon.find(folded)) for lexicon in (data.dates, data.times, data.where, data.span)))


class Sum:
    """Points by kind, with their reasons, while they are added up."""

    def __init__(self) -> None:
        self.points: Points = {}
        self.reasons: dict[Kind, list[tuple[float, str]]] = {}

    def add(self, kind: Kind, points: float, reason: str) -> None:
        self.points[kind] = self.points.get(kind, 0.0) + points
        if points > 0:
            self.reasons.setdefault(kind, []).append((points, reason))

    def zone(self, name: str, texts: Iterable[str], factor: float) -> None:
        """The strongest phrase for and against each kind in one zone."""
        best: dict[Kind, tuple[float, str]] = {}
        worst: Points = {}
        for text in texts:
            for kind, weight, phrase in rules().hits(text) if text else ():
                if weight > best.get(kind, (0.0, ""))[0]:
                    best[kind] = (weight, phrase)
                elif weight < worst.get(kind, 0.0):
                    worst[kind] = weight
        for kind, (weight, phrase) in best.items():
            self.add(kind, weight * factor, f"{name}{_ZONE}{phrase}")
        for kind, weight in worst.items():
            self.add(kind, weight * factor, "")


def product_words(text: str) -> int:
    """How many different products of the municipal counter a text names."""
    return len(set(rules().products.find(fold(text))))


def _structure(total: Sum, evidence: Evidence) -> None:
    """Points for what a form asks, whatever words it uses."""
    fields = evidence.fields
    words = {fold(f.label) for f in fields} | {fold(f.name) for f in fields}
    categories = {f.category for f in fields if f.category}
    if evidence.password:
        _add(total, "login", "password", "a password field")
    _search(total, evidence, categories)
    _person(total, evidence, categories)
    _coming(total, evidence, categories, words)
    if evidence.offer.thumbs and len(fields) <= _FEW:
        _add(total, "feedback", "thumbs", "thumbs up or down")
    elif _asks_yes_or_no(evidence):
        _add(total, "feedback", "yes_or_no", "asks yes or no")
        if "free_text" in categories or not fields:
            _add(total, "feedback", "yes_or_no_and_why", "asks why, or nothing else")
    if len(fields) == 1 and fields[0].name.lower() in _LANGUAGE_NAMES:
        _add(total, "other", "language", "chooses a language")


def _asks_yes_or_no(evidence: Evidence) -> bool:
    """Whether a form asks one thing, yes or no, with nothing but words and an address for an answer beside it."""
    return evidence.offer.yes_or_no and _asks_little(evidence) and not _leads_on(evidence)


def _leads_on(evidence: Evidence) -> bool:
    """Whether a form is a step of several."""
    return any(fold(b) in _WIZARD_BUTTONS for b in evidence.own.get("buttons", ()))


def _asks_little(evidence: Evidence) -> bool:
    """Whether a form asks for words and an address for an answer at most."""
    return len(evidence.fields) <= _FEW and {f.category for f in evidence.fields} <= {None, "free_text", "email"}


def _coming(total: Sum, evidence: Evidence, categories: set[PersonalData], words: set[str]) -> None:
    """Points for a time, a place and a reason to come, as far as they are asked or offered."""
    data, fields, offer = rules(), evidence.fields, evidence.offer
    if any(_asks(f.label).span for f in fields):
        return
    asked = [_asks(f.label) for f in fields if f.category is None]
    both = any(f.type == "datetime-local" for f in fields)
    date = both or bool(words & data.bare) or any(f.type == "date" and f.category is None for f in fields)
    date = date or any(label.day for label in asked)
    time = (
        both or offer.parts or any(f.type == "time" for f in fields) or any(_asks(word).time for f in fields for word in (f.label, f.name))
    )
    if (offer.times and (offer.days or date)) or (offer.days > 1 and time):
        _add(total, "appointment", "slots_on_days", "offers times on days")
    elif offer.times:
        _add(total, "appointment", "slots", "offers times")
    elif date and time:
        _add(total, "appointment", "date_and_time", "asks a date and a time")
    elif offer.days > 1:
        _add(total, "appointment", "days", "offers days")
    elif offer.parts:
        _add(total, "appointment", "part_of_day", "offers parts of the day")
    elif date and "birth_date" not in categories:
        _add(total, "appointment", "date", "asks a date")
    if offer.calendar:
        _add(total, "appointment", "calendar", "a calendar to choose from")
    coming = offer.slots or time or offer.calendar
    if offer.products > 1 and "free_text" not in categories and (coming or offer.places or categories & _PERSON):
        _add(total, "appointment", "counter", f"offers {offer.products} things of the counter")
        coming = True
    elif offer.slots and offer.enrolling and not offer.places and not categories & _LIVES:
        _add(total, "other", "enrolling", "times of something to take part in")
    if offer.places and coming:
        _add(total, "appointment", "place", "offers places to come to")
    if offer.booking and (coming or date):
        _add(total, "appointment", "booking", "a button that books")


def _add(total: Sum, kind: Kind, points: str, reason: str) -> None:
    total.add(kind, rules().structure[points], reason)


def asks_words(fields: Iterable[Field]) -> bool:
    """Whether there is a field for the words of a search, by its type or name."""
    return any(f.type == "search" or (f.type == "text" and (f.name.lower() in _SEARCH_NAMES or _SEARCHES.search(f.name))) for f in fields)


def _search(total: Sum, evidence: Evidence, categories: set[PersonalData]) -> None:
    fields = evidence.fields
    asking = [f for f in fields if f.type in {"text", "search"}]
    named = asks_words(asking)
    if evidence.role_search or (named and len(fields) <= _FEW and not categories & {"email", "phone", "free_text"}):
        _add(total, "search", "search_field", "a search field")
    elif len(fields) == 1 and asking and evidence.method == "get" and not categories:
        _add(total, "search", "single_text_by_get", "one text field, sent by get")
    elif evidence.says_get and fields and not categories:
        _add(total, "search", "by_get", "sent by get, asks nothing personal")
    elif categories or len(fields) > _FEW:
        # A word like "zoek" says little in a form that asks who somebody is.
        total.points["search"] = total.points.get("search", 0.0) * _LITTLE


def _nothing_else(fields: Iterable[Field]) -> bool:
    """Whether every field that asks nothing personal is one to tick."""
    return all(f.category or f.type in TICKED for f in fields)


def _person(total: Sum, evidence: Evidence, categories: set[PersonalData]) -> None:
    fields = evidence.fields
    question = "free_text" in categories
    somewhere = (question or "upload" in categories) and any(f.category in _PLACE and _asks(f.label).where for f in fields)
    if somewhere:
        _add(total, "report", "where", "asks where it is")
    if categories & _OF_SOMEBODY:
        _add(total, "report", "numbers_of_somebody", "")
    if (
        "email" in categories
        and categories <= {"email", "name", "gender"}
        and len(fields) <= 5
        and _nothing_else(fields)
        and not evidence.password
    ):
        _add(total, "newsletter", "email_only", "asks an e-mail address only")
    if question and (somewhere or categories & _OF_APPLICATIONS):
        _add(total, "contact", "question", "a question")
    elif question:
        who = bool(categories & _PERSON)
        _add(total, "contact", "question_and_person" if who else "question", "a question and who asks it" if who else "a question")
        if "phone" in categories:
            _add(total, "comment", "number_below", "")
    elif "phone" in categories and "email" not in categories:
        _add(total, "callback", "phone_only", "asks a phone number only")
    if categories and categories <= {"postcode", "address", "city"} and len(fields) <= 4 and total.points.get("appointment", 0.0) < _CLEAR:
        _add(total, "other", "address_only", "looks up an address")
    if categories & _OF_APPLICATIONS:
        _add(total, "product", "of_applications" if question else "of_applications_alone", "asks what an application needs")


def weigh(evidence: Evidence) -> Sum:
    """Points of a form's own zones and structure, whatever page it stands on."""
    factors = rules().own
    total = Sum()
    for zone, texts in evidence.own.items():
        total.zone(zone, texts, factors[zone])
    _structure(total, evidence)
    evidence.offered = product_words(" ".join(evidence.own.get("text", ()))[:_OFFER])
    if evidence.offered >= rules().products_least:
        # A field that narrows down a list of products is not what the form is for.
        total.points["search"] = total.points.get("search", 0.0) * _LITTLE
    return total


def judge(evidence: Evidence, page: Mapping[str, list[str]], share: float = 1.0, own: Sum | None = None) -> Judgement:
    """The kind of one form; `share` is how much of the page's zones counts for it (1 for the main form), `own` what `weigh` said, when known."""
    data = rules()
    total = own if own is not None else weigh(evidence)
    sides = {kind: total.points.get(kind, 0.0) for kind in SIDE_KINDS}
    side = max(sides, key=lambda k: sides[k])
    if share and sides[side] >= _SIDE_LEAST and sides[side] >= max(total.points.values(), default=0.0):
        # Decided by itself: what the page is about is not what its search box is for.
        share = 0.0 if side in {"search", "login", "feedback"} else share * _SIDE
    elif _asks_yes_or_no(evidence):
        share *= _SIDE
    named = max(total.points.get(kind, 0.0) for kind in data.subjects)
    if share:
        for zone, texts in page.items():
            total.zone(zone, texts, data.page[zone] * share)
        if evidence.offered >= data.products_least:
            total.add("appointment", data.products_weight * share, f"offers {evidence.offered} products of the counter")
        if _leads_on(evidence):
            for kind in _WIZARD_KINDS:
                if total.points.get(kind, 0.0) > 0:
                    total.add(kind, data.structure["wizard"], "first step of several")
    _subjects(total, evidence, named)
    _silent_contact(total)
    for kind, points in evidence.hint.items():
        total.add(kind, points, evidence.hint_reason)
    return decide(total)


def _subjects(total: Sum, evidence: Evidence, named: float) -> None:
    """Weakens a product that the words name but the form does not apply for; `named` is how much the form itself names it."""
    data = rules()
    share = 1.0
    if evidence.offer.slots and total.points.get("appointment", 0.0) >= data.threshold:
        share = data.slot_share
    elif evidence.fields and not any(f.category in data.application for f in evidence.fields):
        share = data.page_share if named <= 0 and not _leads_on(evidence) and _asks_little(evidence) else data.bare_share
    for kind in data.subjects:
        if total.points.get(kind, 0.0) > 0:
            total.points[kind] *= share


def _silent_contact(total: Sum) -> None:
    """Weakens contact where no word says so and words say something else: many forms ask a question and who asks it."""
    data = rules()
    others = max((points for kind, points in total.points.items() if kind != "contact"), default=0.0)
    if others >= data.threshold and not any(_ZONE in reason for _, reason in total.reasons.get("contact", ())):
        total.points["contact"] = total.points.get("contact", 0.0) * data.silent_share


def decide(total: Sum) -> Judgement:
    """The kind with most points, or ``other`` when nothing is clear."""
    data = rules()
    ranked = sorted(total.points.items(), key=lambda item: -item[1])
    best, points = ranked[0] if ranked else ("other", 0.0)
    second = max(ranked[1][1] if len(ranked) > 1 else 0.0, 0.0)
    if points < data.threshold:
        why = f"nothing clear: {best} {points:.1f} of {data.threshold:.1f}" if points > 0 else "nothing clear"
        return Judgement("other", round(max(0.1, 1 - max(points, 0.0) / data.threshold) * 0.5, 3), (why,), points)
    score = 1 - math.exp(-points / data.scale)
    if points - second < data.close:
        score *= 0.6 + 0.2 * (points - second)
    reasons = [f"{reason} (+{weight:.1f})" for weight, reason in sorted(total.reasons.get(best, ()), key=lambda r: -r[0]) if reason]
    if points - second < data.close and len(ranked) > 1:
        reasons.insert(min(1, len(reasons)), f"close to {ranked[1][0]} ({second:.1f})")
    return Judgement(best, round(min(score, 1.0), 3), tuple(reasons[:MAX_REASONS]), points)
