"""What a page shows of a form that is not on it: the login in front of it, or the days and times to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemcrawl.survey.links import (
    GOALS,
    STRONG,
    Goal,
    Scores,
    behind_login,
    forbidden_text,
    forbidden_url,
    is_slot,
    login_text,
    says,
    text_score,
)
from gemcrawl.survey.urls import host_of, key, split

if TYPE_CHECKING:
    from gemcrawl.forms.page import Link, PageReading

FEWEST = 2
"""Days or times that a page must offer: one number is no calendar."""


def shown(reading: PageReading, evidence: Scores) -> frozenset[Goal]:
    """Kinds of form that a page shows to be there, behind what is never passed or what only a script can follow.

    Args:
        evidence: what the page is about.
    """
    about_it = evidence.appointment >= STRONG
    links = [(text_score(link.text), link) for link in reading.links if link.text]
    ways = [scores for scores, link in links if _names(scores, link, about_it=about_it) and behind_login(link.url, link.text)]
    ways += [text_score(text) for text in reading.scripted if login_text(text)]
    found: set[Goal] = {goal for scores in ways for goal in GOALS if getattr(scores, goal) >= STRONG}
    if not about_it:
        return frozenset(found)
    logins = any(scores.appointment >= 0 for scores in ways) or {form.kind for form in reading.forms} == {"login"}
    if logins or slots(reading) or sum(map(is_slot, reading.scripted)) >= FEWEST:
        found.add("appointment")
    return frozenset(found)


def slots(reading: PageReading) -> list[Link]:
    """The links of a page to a day or time each; none when they are too few for a choice."""
    found = [link for link in reading.links if link.place == "main" and is_slot(link.text) and _is_its_own(link, reading)]
    return found if len(found) >= FEWEST else []


def first_slot(reading: PageReading) -> Link | None:
    """The first day or time whose link does nothing but show what comes next; None when there is none."""
    return next((link for link in slots(reading) if not _takes(link)), None)


def _names(scores: Scores, link: Link, *, about_it: bool) -> bool:
    """Whether a link names a form, or need not because its page does."""
    return scores.best >= STRONG or (about_it and link.place == "main")


def _is_its_own(link: Link, reading: PageReading) -> bool:
    parts = split(link.url)
    return (
        host_of(link.url) == host_of(reading.url)
        and key(link.url) != key(reading.url)
        and not says("calendar", "paging", f"{parts.path} {parts.query}")
    )


def _takes(link: Link) -> bool:
    parts = split(link.url)
    said = f"{parts.path} {parts.query} {link.title}"
    return says("calendar", "takes", said) or forbidden_url(link.url) or forbidden_text(link.title)
