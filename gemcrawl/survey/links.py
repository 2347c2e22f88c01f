"""Scores of links: how likely does this one lead to an appointment or a contact form?

The words and weights are data (`links.toml`); this module only adds them up.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gemcrawl.forms.words import Lexicon, Phrases, fold
from gemcrawl.items import Reason
from gemcrawl.sites import site_of
from gemcrawl.survey.spelling import respelt, skeletons
from gemcrawl.survey.urls import host_of, split

if TYPE_CHECKING:
    from gemcrawl.forms.page import Link

Goal = Literal["appointment", "contact"]
GOALS: tuple[Goal, Goal] = ("appointment", "contact")

STRONG = 3.0
"""A link this strong promises a form by itself: it is followed although its kind was found already, and missed when it cannot be read."""
WEAK = 0.8
"""Below this a link is not followed at all."""
CONFIRMED = 1.0
"""What text and URL gain when both speak for the same kind."""
PREFERRED = 0.1
"""What an appointment link gains when it names the product that every municipality has: of equal ones it comes first."""
SENTENCE = 0.7
"""What a link that only points takes of its sentence's promise."""
HEADING = 0.5
"""What it takes of the heading's before it, when the sentence says nothing."""
AGAINST = -1.0
"""From here on what is said around such a link speaks against it."""
_ARROWS = re.compile(r"[\s<>«»‹›←→⟨⟩|.…0-9:/-]+")
"""A text without letters: a day, a time, a page number, an arrow."""


class Scores(NamedTuple):
    """Score per kind of form; 0 when nothing speaks for it."""

    appointment: float = 0.0
    contact: float = 0.0

    @property
    def best(self) -> float:
        return max(self)

    @property
    def goal(self) -> Goal:
        return "appointment" if self.appointment >= self.contact else "contact"

    def times(self, factor: float) -> Scores:
        return Scores(self.appointment * factor, self.contact * factor)

    def at_least(self, other: Scores) -> Scores:
        return Scores(max(self.appointment, other.appointment), max(self.contact, other.contact))


NOTHING = Scores()


@cache
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("links.toml").read_text("utf-8"))


@cache
def _phrases(goal: Goal, zone: str) -> Phrases:
    return Phrases(_vocabulary()[goal][zone])


@cache
def _words(section: str, zone: str = "text") -> Lexicon:
    return Lexicon(_vocabulary()[section][zone])


@cache
def _never_hosts() -> frozenset[str]:
    return frozenset(_vocabulary()["never"]["hosts"])


@cache
def _never_extensions() -> frozenset[str]:
    return frozenset(_vocabulary()["never"]["extensions"])


@lru_cache(maxsize=2048)
def forbidden_url(url: str) -> bool:
    """Whether a link to ``url`` may never be followed: another party, a file, a login, a system under test, what does something, or shows the
    same once more."""
    parts = split(url)
    return closed(url) is not None or _forbids(_words("never", "again"), fold(f"{parts.path} {parts.query}"))


@lru_cache(maxsize=2048)
def closed(url: str) -> Reason | None:
    """Why ``url`` is not requested even where a server redirects there: ``challenge`` for another party, a login, a system under test, or what does
    something, ``not_html`` for any other file; None when it may be."""
    parts = split(url)
    host = host_of(url)
    name = host
    while name:
        if name in _never_hosts():
            return "challenge"
        name = name.partition(".")[2]
    if _words("never", "host").find(_labels(host)) or login_url(url):
        return "challenge"
    if _forbids(_words("never", "url"), fold(f"{parts.path} {parts.query}")):
        return "challenge"
    last = parts.path.rpartition("/")[2]
    return "not_html" if "." in last and last.rpartition(".")[2].lower() in _never_extensions() else None


def _forbids(words: Lexicon, text: str) -> bool:
    """Whether one of ``words`` is in folded ``text``, and not as what is to be done without (``zonder DigiD``)."""
    return bool(words.find(text)) and not _words("login", "without").find(text)


def _labels(host: str) -> str:
    """The words of a host name, left of the domain."""
    return fold(host.removesuffix(site_of(host)))


@lru_cache(maxsize=2048)
def login_url(url: str) -> bool:
    """Whether an address says that it is a login."""
    parts = split(url)
    return bool(_words("login", "host").find(_labels(host_of(url)))) or _forbids(
        _words("login", "url"), fold(f"{parts.path} {parts.query}")
    )


@lru_cache(maxsize=8192)
def login_text(text: str) -> bool:
    """Whether a link with this text leads to a login."""
    return _forbids(_words("login"), fold(text))


def behind_login(url: str, text: str) -> bool:
    """Whether a link leads to a login, or to a part of a site that is there after one only."""
    return login_text(text) or login_url(url) or says("login", "portal", text) or says("login", "portal_host", _labels(host_of(url)))


@lru_cache(maxsize=8192)
def forbidden_text(text: str) -> bool:
    """Whether a link with this text may never be followed; it may when it makes an appointment, and changes and cancels it besides."""
    folded = fold(text)
    return login_text(text) or (_forbids(_words("never"), folded) and not _words("never", "beside").find(folded))


@lru_cache(maxsize=8192)
def text_score(text: str) -> Scores:
    """What a text promises: of a link, or of a page's heading; a word in dialect counts where nothing else does."""
    found = Scores(*(_phrases(goal, "text").score(text)[0] for goal in GOALS))
    if any(found) or (meant := respelt(fold(text), _near())) is None:
        return found
    return Scores(*(_phrases(goal, "text").score(meant)[0] for goal in GOALS))


@lru_cache(maxsize=8192)
def special(text: str) -> bool:
    """Whether a text is about an appointment with somebody else than the desk."""
    return bool(_words("special").find(fold(text)))


@lru_cache(maxsize=8192)
def at_the_desk(text: str) -> bool:
    """Whether a text is about a product of the desk, for all of which one appointment form is there."""
    return bool(_words("desk").find(fold(text))) and not special(text)


@lru_cache(maxsize=8192)
def is_dull(text: str) -> bool:
    """Whether a text names a part of a site where forms hardly are: news, the council, what a page says about itself."""
    return bool(_words("dull").find(fold(text)))


@lru_cache(maxsize=4096)
def in_translation(url: str) -> bool:
    """Whether an address is in a translation of its site, by the first part of its path."""
    return split(url).path.lstrip("/").partition("/")[0].lower() in _vocabulary()["translation"]["segments"]


def says(section: str, zone: str, text: str) -> bool:
    """Whether one of the words of a zone of `links.toml` is in ``text``."""
    return bool(_words(section, zone).find(fold(text)))


def lost_session(phrase: str) -> bool:
    """Whether the phrase by which a page says that it is none is about a session that is not there."""
    return bool(_words("session").find(fold(phrase)))


@lru_cache(maxsize=8192)
def portal_score(text: str) -> Scores:
    """What a link promises that names a part of the site, and no form: the part for residents, a list of all subjects, a language."""
    score = _portals().score(text)[0]
    return Scores(score, score)


@lru_cache(maxsize=64)
def letter_score(text: str) -> Scores:
    """What one letter of a list from A to Z promises: the page of the products and forms that begin with it."""
    letters = _vocabulary()["letters"]
    return Scores(*(float(letters[goal].get(text.lower(), 0.0)) for goal in GOALS))


@lru_cache(maxsize=8192)
def leads_on(text: str) -> bool:
    """Whether a text says nothing but "go on": such a link leads to what its page is about."""
    folded = fold(text)
    return folded in _vocabulary()["onward"]["alone"] or bool(_words("onward").find(folded))


def turns_pages(url: str, text: str) -> bool:
    """Whether a link turns the pages of a calendar or a list: a day, a time, a page number, an arrow, a month."""
    if not text:
        return False
    if _ARROWS.fullmatch(text) is not None:
        parts = split(url)
        return any(c.isdigit() for c in text + parts.path + parts.query) or path_score(url).best < STRONG
    if not any(c.isdigit() for c in text) or text_score(text).best >= STRONG:
        return False
    return is_slot(text) or bool(_words("calendar").find(fold(text)))


def is_slot(text: str) -> bool:
    """Whether a text is a day or a time, and nothing else: ``3``, ``09:20``, ``dinsdag 3 december 9.00 uur``."""
    words = fold(text).split(" ")
    numbers = [word for word in words if word.isdigit()]
    return any(len(n) <= 2 for n in numbers) and all(w.isdigit() or w in _of_slots() for w in words) and "week" not in words


@cache
def _of_slots() -> frozenset[str]:
    calendar = _vocabulary()["calendar"]
    return frozenset([*calendar["text"], *calendar["beside"]])


@cache
def _near() -> dict[str, str]:
    return skeletons(_vocabulary()["near"]["words"])


@cache
def _portals() -> Phrases:
    return Phrases(_vocabulary()["portal"]["text"])


@lru_cache(maxsize=8192)
def host_score(host: str) -> Scores:
    """What the words of a host name promise."""
    text = fold(host.rpartition(".")[0])
    return Scores(*(_phrases(goal, "host").score(text)[0] for goal in GOALS))


@lru_cache(maxsize=4096)
def path_score(url: str) -> Scores:
    """What path and query of an address promise."""
    parts = split(url)
    text = fold(f"{parts.path} {parts.query}")
    return Scores(*(_phrases(goal, "url").score(text)[0] for goal in GOALS))


def url_score(url: str, *, from_host: str = "") -> Scores:
    """What the address alone promises; the host's name counts only where it is another one than ``from_host``."""
    by_path = path_score(url)
    host = host_of(url)
    if host == from_host:
        return by_path
    # A word against (wijzigen, prestatieafspraken) outweighs what the host promises.
    return Scores(*(p if p < 0 else max(p, h) for p, h in zip(by_path, host_score(host), strict=True)))


def link_score(url: str, text: str, title: str = "", *, from_host: str = "") -> Scores:
    """Score of a link from its text, title and address, each kind from about -6 to 6.

    The stronger of text and address counts, and a bit more when both agree; a word against in either counts in full.
    """
    by_text = text_score(text)
    if title and title != text:
        by_text = by_text.at_least(text_score(title))
    by_url = url_score(url, from_host=from_host)
    found = Scores(*(_combined(t, u) for t, u in zip(by_text, by_url, strict=True)))
    if found.appointment >= STRONG and _words("prefer").find(fold(text)):
        found = found._replace(appointment=found.appointment + PREFERRED)
    return found


def score_of(link: Link, *, from_host: str = "") -> Scores:
    """Score of a link as it stands on its page: one that only points has what is said around it too, at a lower weight."""
    own = link_score(link.url, link.text, link.title, from_host=from_host)
    said, heading = link.around
    if not (said or heading):
        return own
    around = text_score(said).times(SENTENCE)
    if forbidden_text(said):
        # What may not be followed when a link says it is no reason to follow one when it stands beside it.
        around = Scores(*(min(a, 0.0) for a in around))
    elif not any(around):
        around = text_score(heading).times(HEADING)
    return Scores(*(o + a if a <= AGAINST else max(o, a) if o >= 0 else o for o, a in zip(own, around, strict=True)))


def _combined(text: float, url: float) -> float:
    if text < 0 or url < 0:
        return text + url if text > 0 or url > 0 else min(text, url)
    if text >= WEAK and url >= WEAK:
        return max(text, url) + CONFIRMED * min(text, url) / 5
    return max(text, url)
