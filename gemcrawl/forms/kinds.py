"""What a form is for: a sum of weighed evidence over named zones, with its reasons.

A form is judged on its own zones first (attributes, heading, legend, labels, buttons): the search box, newsletter, login or feedback form that stands
on every page is recognised there.  What the page says (address, title, headings, the link that led to it) speaks in full for its main form only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast, get_args

from gemcrawl.forms.data import table
from gemcrawl.forms.words import Lexicon, fold
from gemcrawl.items import Field, Kind

MAX_REASONS = 6
_KINDS: tuple[Kind, ...] = get_args(Kind)
SIDE_KINDS: frozenset[Kind] = frozenset({"search", "newsletter", "login", "feedback", "comment"})
"""Kinds of the forms that stand beside a page's own form."""
_SIDE_LEAST = 4.0
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
_LANGUAGE_NAMES = frozenset({"taal", "lang", "language", "lng", "goog-te-combo", "locale", "lang_dropdown_select"})
_DATE_NAMES = frozenset({"datum", "date", "dag", "afspraakdatum", "kies een datum", "kies datum", "gewenste datum", "kies een dag"})
_TIME_NAMES = frozenset(
    {"tijd", "time", "tijdstip", "dagdeel", "gewenste tijd", "gewenst tijdstip", "kies een tijd", "kies een tijdstip", "kies tijd"}
)
_PERSON = frozenset({"name", "email", "phone"})
_WIZARD_BUTTONS = frozenset(
    {"volgende", "verder", "volgende stap", "next", "naar stap 2", "start", "weiter", "folgjende", "ga verder", "beginnen", "starten"}
)

Points = dict[Kind, float]


@dataclass(slots=True)
class Evidence:
    """What speaks for the kind of one form."""

    own: dict[str, list[str]] = field(default_factory=dict)
    """Texts by zone of the form itself: attributes, heading, legend, buttons, labels, text."""
    fields: tuple[Field, ...] = ()
    role_search: bool = False
    method: str = "get"
    password: bool = False
    hint: Points = field(default_factory=dict)
    """Points of a known product, by kind."""
    hint_reason: str = ""


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
        self.lexicon = Lexicon(self.points)
        self.own: dict[str, float] = data["own"]
        self.page: dict[str, float] = data["page"]
        self.structure: dict[str, float] = data["structure"]
        self.products = Lexicon(data["products"]["words"])
        self.products_least: int = data["products"]["least"]
        self.products_weight: float = data["products"]["weight"]
        self.threshold: float = data["threshold"]
        self.scale: float = data["scale"]
        self.close: float = data["close"]
        self.cache: dict[str, tuple[tuple[Kind, float, str], ...]] = {}

    def hits(self, text: str) -> tuple[tuple[Kind, float, str], ...]:
        """(kind, weight, phrase) of every phrase in a text."""
        known = self.cache.get(text)
        if known is None:
            found = self.lexicon.find(fold(text))
            known = tuple((kind, weight, phrase) for phrase in found for kind, weight in self.points[phrase])
            if len(self.cache) >= 8192:
                self.cache.clear()
            self.cache[text] = known
        return known


def _kind(word: str) -> Kind:
    if word not in _KINDS:
        msg = f"kinds.toml: unknown kind {word!r}, one of {', '.join(_KINDS)}"
        raise ValueError(msg)
    return cast("Kind", word)


@cache
def rules() -> _Rules:
    """The compiled word list."""
    return _Rules(table("kinds.toml"))


class _Sum:
    """Points and reasons while they are added up."""

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
            self.add(kind, weight * factor, f"{name}: {phrase}")
        for kind, weight in worst.items():
            self.add(kind, weight * factor, "")


def product_words(text: str) -> int:
    """How many different products of the municipal counter a text names."""
    return len(set(rules().products.find(fold(text))))


def _structure(total: _Sum, evidence: Evidence) -> None:
    points = rules().structure
    fields = evidence.fields
    names = {f.name.lower() for f in fields}
    labels = {fold(f.label) for f in fields}
    categories = {f.category for f in fields if f.category}
    types = [f.type for f in fields]
    asks_text = [t for t in types if t in {"text", "search"}]
    if evidence.password:
        total.add("login", points["password_login"], "a password field")
    if evidence.role_search or (
        fields and len(fields) <= 3 and ("search" in types or names & _SEARCH_NAMES) and not categories & {"email", "phone", "free_text"}
    ):
        total.add("search", points["search_field_search"], "a search field")
    elif len(fields) == 1 and asks_text and evidence.method == "get" and not categories:
        total.add("search", points["single_text_get_search"], "one text field, sent by get")
    if categories & {"email"} and categories <= {"email", "name", "gender"} and len(fields) <= 5 and not evidence.password:
        total.add("newsletter", points["email_only_newsletter"], "asks an e-mail address only")
    question = "free_text" in categories
    if question and categories & _PERSON:
        total.add("contact", points["question_and_person_contact"], "a question and who asks it")
    elif question:
        total.add("contact", points["question_contact"], "a question")
    words = labels | {fold(n) for n in names}
    date = bool(words & _DATE_NAMES) or "date" in types
    time = bool(words & _TIME_NAMES) or "time" in types
    if date and time:
        total.add("appointment", points["date_and_time_appointment"], "asks a date and a time")
    elif date and "birth_date" not in categories:
        total.add("appointment", points["date_appointment"], "asks a date")
    if "phone" in categories and not question and "email" not in categories:
        total.add("callback", points["phone_without_question_callback"], "asks a phone number only")
    if fields and categories and categories <= {"postcode", "address", "city"} and len(fields) <= 4:
        total.add("other", points["lookup_other"], "looks up an address")
    if len(fields) == 1 and names & _LANGUAGE_NAMES:
        total.add("other", points["language_other"], "chooses a language")
    if categories & {"iban", "licence_plate"}:
        total.add("product", points["iban_or_bsn_product"], "asks what an application needs")


def judge(evidence: Evidence, page: Mapping[str, list[str]], share: float = 1.0) -> Judgement:
    """The kind of one form; `share` is how much of the page's zones counts for it (1 for the main form)."""
    data = rules()
    total = _Sum()
    for zone, texts in evidence.own.items():
        total.zone(zone, texts, data.own[zone])
    _structure(total, evidence)
    own = {kind: total.points.get(kind, 0.0) for kind in SIDE_KINDS}
    side = max(own, key=lambda k: own[k])
    if share and own[side] >= _SIDE_LEAST and own[side] >= max(total.points.values(), default=0.0):
        # Decided by itself: what the page is about is not what its search box is for.
        share = 0.0 if side in {"search", "login", "feedback"} else share * 0.25
    offered = product_words(" ".join(evidence.own.get("text", ()))[:1500]) if "text" in evidence.own else 0
    if share:
        for zone, texts in page.items():
            total.zone(zone, texts, data.page[zone] * share)
        if offered >= data.products_least:
            total.add("appointment", data.products_weight * share, f"offers {offered} products of the counter")
        if any(fold(b) in _WIZARD_BUTTONS for b in evidence.own.get("buttons", ())):
            for kind in ("appointment", "contact"):
                if total.points.get(kind, 0.0) > 0:
                    total.add(kind, data.structure["wizard"], "first step of several")
    for kind, points in evidence.hint.items():
        total.add(kind, points, evidence.hint_reason)
    return _decide(total)


def _decide(total: _Sum) -> Judgement:
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
