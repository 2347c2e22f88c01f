"""Walls: a page about cookies that answers in place of another one, and the way on from it that consents to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemcrawl.items import IN_SCOPE
from gemcrawl.sites import site_of
from gemcrawl.survey.links import leads_on, says
from gemcrawl.survey.urls import host_of, key, split

if TYPE_CHECKING:
    from gemcrawl.forms.page import PageReading

MOST_LINKS = 8
"""Links to its own site that a wall has at the most; any other page about cookies has the menu of its site."""


def is_wall(reading: PageReading, asked: str) -> bool:
    """Whether a page is a wall in front of the one at ``asked``: its title, its address when that is another one, or all its headings are about cookies.

    A page that was asked for by such a name is none, nor is one with many links, or a form in scope.
    """
    if _about_cookies(split(asked).path) or any(form.kind in IN_SCOPE for form in reading.forms):
        return False
    moved = key(reading.url) != key(asked)
    said = _about_cookies(reading.title or "") or (bool(reading.headings) and all(map(_about_cookies, reading.headings)))
    if not said and not (moved and _about_cookies(split(reading.url).path)):
        return False
    return len({link.url for link in reading.links if _is_own(link.url, reading)}) <= MOST_LINKS


def way_on(reading: PageReading) -> str | None:
    """The link of a wall that refuses, or else the one that only goes on; None when all that goes on consents, or sends a form."""
    ways = [link for link in reading.links if _is_own(link.url, reading) and key(link.url) != key(reading.url)]
    refusing = (link.url for link in ways if says("wall", "without", link.text))
    going_on = (link.url for link in ways if _goes_on(link.text) and not says("wall", "consents", link.text))
    return next(refusing, None) or next(going_on, None)


def _goes_on(text: str) -> bool:
    return leads_on(text) or says("wall", "on", text)


def _about_cookies(text: str) -> bool:
    return says("wall", "text", text)


def _is_own(url: str, reading: PageReading) -> bool:
    return site_of(host_of(url)) == site_of(host_of(reading.url))
