"""Points for what a form asks and offers, whatever words it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gemcrawl.forms.weights import Evidence, Sum, asks, rules
from gemcrawl.forms.words import fold
from gemcrawl.items import Field, Kind, PersonalData

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
LITTLE = 0.3
"""What is left of points that something else makes doubtful."""
_FEW = 3
"""Fields; a search box has no more."""
_WIZARD_BUTTONS = frozenset(
    {"volgende", "verder", "volgende stap", "next", "naar stap 2", "start", "weiter", "folgjende", "ga verder", "beginnen", "starten"}
)


def add_structure(total: Sum, evidence: Evidence) -> None:
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
    elif asks_yes_or_no(evidence):
        _add(total, "feedback", "yes_or_no", "asks yes or no")
        if "free_text" in categories or not fields:
            _add(total, "feedback", "yes_or_no_and_why", "asks why, or nothing else")
    if len(fields) == 1 and fields[0].name.lower() in _LANGUAGE_NAMES:
        _add(total, "other", "language", "chooses a language")


def asks_yes_or_no(evidence: Evidence) -> bool:
    """Whether a form asks one thing, yes or no, with nothing but words and an address for an answer beside it."""
    return evidence.offer.yes_or_no and asks_little(evidence) and not leads_on(evidence)


def leads_on(evidence: Evidence) -> bool:
    """Whether a form is a step of several."""
    return any(fold(b) in _WIZARD_BUTTONS for b in evidence.own.get("buttons", ()))


def helps(evidence: Evidence) -> bool:
    """Whether a form may be a help beside the page's text, for opening hours or costs: one line to write, or fields in no form element, that ask nothing personal and lead to no next step."""
    fields = evidence.fields
    if not fields or (evidence.element and (len(fields) > 1 or fields[0].type not in {"text", "search"})):
        return False
    return not any(f.category for f in fields) and not leads_on(evidence)


def asks_little(evidence: Evidence) -> bool:
    """Whether a form asks for words and an address for an answer at most."""
    return len(evidence.fields) <= _FEW and {f.category for f in evidence.fields} <= {None, "free_text", "email"}


def at_home(evidence: Evidence) -> bool:
    """Whether a form asks where somebody lives: times may be those of a delivery."""
    return any(f.category in _LIVES for f in evidence.fields)


def _coming(total: Sum, evidence: Evidence, categories: set[PersonalData], words: set[str]) -> None:
    """Points for a time, a place and a reason to come, as far as they are asked or offered."""
    fields, offer = evidence.fields, evidence.offer
    labels = [(f, asks(f.label)) for f in fields]
    if any(asked.span for _, asked in labels):
        return
    both = any(f.type == "datetime-local" for f in fields)
    date = both or bool(words & rules().bare) or any(f.category is None and (f.type == "date" or asked.day) for f, asked in labels)
    time = both or offer.parts or any(f.type == "time" or asked.time or asks(f.name).time for f, asked in labels)
    if when := _when(evidence, date=date and "birth_date" not in categories, time=time, both=date and time):
        _add(total, "appointment", *when)
    if offer.times and not categories:
        _add(total, "appointment", "slots_only", "asks nothing but a time")
    if offer.calendar:
        _add(total, "appointment", "calendar", "a calendar to choose from")
    coming = offer.slots or time or offer.calendar
    if offer.products > 1 and "free_text" not in categories and (coming or offer.places or categories & _PERSON):
        _add(total, "appointment", "counter", f"offers {offer.products} things of the counter")
        coming = True
    elif offer.slots and offer.enrolling and not offer.places and not at_home(evidence):
        _add(total, "other", "enrolling", "times of something to take part in")
    if offer.places and coming:
        _add(total, "appointment", "place", "offers places to come to")
    if offer.booking and (coming or date):
        _add(total, "appointment", "booking", "a button that books")


def _when(evidence: Evidence, *, date: bool, time: bool, both: bool) -> tuple[str, str] | None:
    """The points, by name, for what a form offers or asks of days and times, and their reason: the strongest that holds."""
    offer = evidence.offer
    cases = (
        ((offer.times and (offer.days or date or both)) or (offer.days > 1 and time), "slots_on_days", "offers times on days"),
        (offer.times, "slots", "offers times"),
        (both, "date_and_time", "asks a date and a time"),
        (offer.days > 1, "days", "offers days"),
        (offer.parts, "part_of_day", "offers parts of the day"),
        (date, "date", "asks a date"),
    )
    return next(((points, reason) for holds, points, reason in cases if holds), None)


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
        total.points["search"] = total.points.get("search", 0.0) * LITTLE


def _nothing_else(fields: Iterable[Field]) -> bool:
    """Whether every field that asks nothing personal is one to tick."""
    return all(f.category or f.type in TICKED for f in fields)


def _person(total: Sum, evidence: Evidence, categories: set[PersonalData]) -> None:
    fields = evidence.fields
    question = "free_text" in categories
    somewhere = (question or "upload" in categories) and any(f.category in _PLACE and asks(f.label).where for f in fields)
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
        and not evidence.offer.slots
    ):
        _add(total, "newsletter", "email_only", "asks an e-mail address only")
    if question and (somewhere or categories & _OF_APPLICATIONS):
        _add(total, "contact", "question", "a question")
    elif question:
        who = bool(categories & _PERSON)
        _add(total, "contact", "question_and_person" if who else "question", "a question and who asks it" if who else "a question")
        if evidence.offer.topics:
            _add(total, "contact", "topics", "offers what to write: a question or else")
    elif "phone" in categories and "email" not in categories:
        _add(total, "callback", "phone_only", "asks a phone number only")
    if categories and categories <= {"postcode", "address", "city"} and len(fields) <= 4 and total.points.get("appointment", 0.0) < _CLEAR:
        _add(total, "other", "address_only", "looks up an address")
    if categories & _OF_APPLICATIONS:
        _add(total, "product", "of_applications" if question else "of_applications_alone", "asks what an application needs")
