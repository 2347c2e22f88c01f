"""The evidence for what a form is for, the word list that weighs it, and the sum that it adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from gemcrawl.forms.choices import Offer
from gemcrawl.forms.data import derived, remembered, table
from gemcrawl.forms.words import Lexicon, fold
from gemcrawl.items import Field, Kind

_KINDS: tuple[Kind, ...] = get_args(Kind)
ZONE = ": "
"""Between a zone and the phrase found in it, in reasons."""
Points = dict[Kind, float]
Hits = tuple[tuple[Kind, float, str], ...]
"""Kind, weight and phrase."""


@dataclass(slots=True)
class Evidence:
    """What speaks for the kind of one form."""

    own: dict[str, list[str]] = field(default_factory=dict)
    """Texts by zone of the form itself: attributes, heading, legend, buttons, labels, text."""
    fields: tuple[Field, ...] = ()
    element: bool = True
    """It is a form element; else fields that stand in none."""
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
        self.where_alone = frozenset(data["asks"]["where_alone"])
        self.span_alone = frozenset(data["asks"]["span_alone"])
        self.application = frozenset(data["application"]["asks"])
        self.bare_share: float = data["application"]["share"]
        self.page_share: float = data["application"]["page_share"]
        self.silent_share: float = data["acts"]["silent_share"]
        self.callback_share: float = data["acts"]["callback_share"]
        self.comment_share: float = data["acts"]["comment_share"]
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


class Asks(NamedTuple):
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
def asks(label: str) -> Asks:
    data, folded = rules(), fold(label)
    day, time, where, span = (bool(lexicon.find(folded)) for lexicon in (data.dates, data.times, data.where, data.span))
    return Asks(day, time, where or folded in data.where_alone, span or folded in data.span_alone)


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
        hits = rules().hits
        for text in filter(None, texts):
            for kind, weight, phrase in hits(text):
                if weight > best.get(kind, (0.0, ""))[0]:
                    best[kind] = (weight, phrase)
                elif weight < worst.get(kind, 0.0):
                    worst[kind] = weight
        for kind, (weight, phrase) in best.items():
            self.add(kind, weight * factor, f"{name}{ZONE}{phrase}")
        for kind, weight in worst.items():
            self.add(kind, weight * factor, "")


@remembered(2048)
def product_words(text: str) -> int:
    """How many different products of the municipal counter a text names."""
    return len(set(rules().products.find(fold(text))))
