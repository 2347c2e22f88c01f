"""What a form lets people choose: days, times, places and things of the counter; by it a booking shows itself, whatever words stand around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gemcrawl.forms.data import derived, remembered, table
from gemcrawl.forms.fields import Control, Labels, clean
from gemcrawl.forms.words import Lexicon, fold

MAX_TEXT = 2000
"""Characters of all choices together that are looked at."""
_MAX_CHOICES = 60
"""Controls to tick that are looked at."""
_BETWEEN = " | "
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"(?<![\d.,:/-])([01]?\d|2[0-3])[.:][0-5][05](?![\d:/]|[.,]\d|-\d\d-)")
"""A time of day; minutes are multiples of five, which most prices and all dates with a year are not."""
_HOUR = re.compile(r"(?<![\d.,:])([01]?\d|2[0-3]) ?(?:uur|oere|uhr|am|pm|o'clock)\b", re.IGNORECASE)
_BETWEEN_HOURS = re.compile(r"\b(?:tussen|tusken|between|zwischen) ([01]?\d|2[0-3]) (?:en|and|und) (?:[01]?\d|2[0-3])\b", re.IGNORECASE)
_ISO = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?=\b|T)")
_WRITTEN = re.compile(r"\b[0-3]?\d[-/][01]?\d[-/]20\d\d\b")
_PRICE = re.compile(r"€|\beuro?\b|\bm2\b|\bkm\b", re.IGNORECASE)
_THUMBS = ("\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}")
_TWO = 3
"""Yes, no, and one button to send it."""
_EARLIEST = 6
"""Hours; whoever offers earlier ones lets people say when something is, not when to come."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from."""

    times: int = 0
    """Different times of day."""
    days: int = 0
    """Different dates."""
    parts: bool = False
    """Parts of a day: morning or afternoon."""
    places: bool = False
    """Offices to come to."""
    products: int = 0
    """Different things that people come to the counter for."""
    calendar: bool = False
    """A grid of days, or a button for each of several."""
    booking: bool = False
    """A button that books."""
    enrolling: bool = False
    """A button that enrols or sells: the times are those of a meeting or a lesson."""
    thumbs: bool = False
    """Thumbs up and down."""
    topics: bool = False
    """What to write: a question, or something else such as a complaint or a tip."""
    yes_or_no: bool = False
    """Two buttons or choices, yes and no, and nothing else to choose."""

    @property
    def slots(self) -> bool:
        """Whether there are times to come at; one date alone is none."""
        return self.times > 0 or self.days > 1


class _Words:
    """The lists of words, compiled once."""

    def __init__(self, data: Mapping[str, list[str]]) -> None:
        self.parts = Lexicon(data["parts_of_day"])
        self.places = Lexicon(data["places"])
        self.products = Lexicon(data["counter"])
        self.booking = Lexicon(data["booking"])
        self.enrolling = Lexicon(data["enrolling"])
        self.question = Lexicon(data["question"])
        self.or_else = Lexicon(data["or_else"])
        self.yes = frozenset(data["yes"])
        self.no = frozenset(data["no"])
        months = "|".join(re.escape(month) for month in sorted(data["months"], key=len, reverse=True))
        self.day_and_month = re.compile(rf"\b(?:[0-3]?\d[. ]{{1,2}}(?:{months})\b|(?:{months})\.? [0-3]?\d\b(?![.:]\d))", re.IGNORECASE)


@derived
def _words() -> _Words:
    return _Words(table("kinds.toml")["choices"])


@remembered(4096)
def _pressed(button: str) -> tuple[bool, bool]:
    """Whether a button books, and whether it enrols or sells."""
    known, folded = _words(), fold(button)
    return bool(known.booking.find(folded)), bool(known.enrolling.find(folded))


@remembered(4096)
def _chosen(choices: str) -> tuple[bool, bool, int, bool]:
    """Whether choices are parts of a day, whether places, how many things of the counter they name, and whether what to write is to be chosen."""
    known, folded = _words(), fold(choices)
    parts = len(set(known.parts.find(folded))) > 1
    topics = bool(known.question.find(folded)) and bool(known.or_else.find(folded))
    return parts, bool(known.places.find(folded)), len(set(known.products.find(folded))), topics


def offer_of(controls: Iterable[Control], labels: Labels, buttons: Iterable[str], values: Iterable[str], *, grid: bool = False) -> Offer:
    """What a form offers.

    `buttons` are the texts of its buttons, `values` what its submit buttons would send, `grid` whether it holds a grid (WAI-ARIA) of days.
    """
    texts = _texts(controls, labels)
    pressed = [*buttons]
    choices = _BETWEEN.join(texts)[:MAX_TEXT]
    read = _BETWEEN.join((choices, *pressed, *values))[: 2 * MAX_TEXT]
    numbers = _DIGIT.search(read) is not None
    hours, days = (_hours(read), _days(read)) if numbers else (set(), set())
    parts, places, products, topics = _chosen(choices) if choices else (False, False, 0, False)
    ways = [_pressed(button) for button in pressed]
    return Offer(
        times=0 if any(hour < _EARLIEST for hour, _ in hours) else len(hours),
        days=len(days),
        parts=parts,
        places=places,
        products=products,
        calendar=numbers and ((grid and bool(days or hours)) or len(_days(_BETWEEN.join((*pressed, *values))[:MAX_TEXT])) > 1),
        booking=any(books for books, _ in ways),
        enrolling=any(enrols for _, enrols in ways),
        thumbs=all(any(thumb in text for text in (*pressed, *texts)) for thumb in _THUMBS),
        topics=topics,
        yes_or_no=_yes_or_no(texts, pressed),
    )


def _texts(controls: Iterable[Control], labels: Labels) -> list[str]:
    """The words of every choice, one text per list and one per control to tick."""
    found: list[str] = []
    for control in controls:
        type_ = control.type
        if type_ == "select":
            found.append((control.node.text(deep=True, separator=_BETWEEN) or "")[:MAX_TEXT])
        elif type_ in {"radio", "checkbox"}:
            found.append(labels.of(control))
        if len(found) >= _MAX_CHOICES:
            break
    return [clean(text, MAX_TEXT) for text in found if text]


def _hours(text: str) -> set[tuple[int, str]]:
    """Different times of day in a text, with their hour."""
    found: set[tuple[int, str]] = set()
    for pattern in (_CLOCK, _HOUR, _BETWEEN_HOURS):
        for match in pattern.finditer(text):
            if not _PRICE.search(text[max(0, match.start() - 6) : match.end() + 6]):
                found.add((int(match[1]), match[0]))
    return found


def _days(text: str) -> set[str]:
    """Different dates in a text."""
    return {match[0].casefold() for pattern in (_ISO, _WRITTEN, _words().day_and_month) for match in pattern.finditer(text)}


def _yes_or_no(texts: list[str], buttons: list[str]) -> bool:
    known = _words()
    for several in (texts, buttons):
        words = {word for text in several for word in (fold(text), fold(text).partition(" ")[0])}
        if 0 < len(several) <= _TWO and words & known.yes and words & known.no:
            return True
    return False
