"""Which links of a page join the frontier, and with how much promise: their own words, and what the page around them is about."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from gemcrawl.survey.behind import first_slot, shown
from gemcrawl.survey.frontier import DECAY, Candidate
from gemcrawl.survey.links import (
    GOALS,
    NOTHING,
    STRONG,
    WEAK,
    Scores,
    forbidden_text,
    forbidden_url,
    in_translation,
    is_dull,
    leads_on,
    letter_score,
    portal_score,
    score_of,
    text_score,
    turns_pages,
)
from gemcrawl.survey.session import OUTSIDE_SCORE
from gemcrawl.survey.urls import host_of, split

if TYPE_CHECKING:
    from gemcrawl.forms.page import Link, PageReading
    from gemcrawl.items import FoundVia
    from gemcrawl.survey.previous import Previous
    from gemcrawl.survey.session import Session
    from gemcrawl.survey.visit import Visit

MAX_OUTSIDE = 2
"""Clicks on another host: its first page, and the one link from there that names the form."""
CHOSEN = 3
"""Ways on from a page of another host that is about an appointment and is a list to choose from; they may be one click further than others."""
VAGUE = 4
"""Per kind, links to other hosts that promise no form themselves, and are followed for what their page is about."""
VAGUE_PER_HOST = 2
"""The same, to one host."""
HANDING = 1.2
"""What a page must promise for a link to another host which only says "go on" to be followed: more than a part of the site does, and no more than a
product of the desk."""
INHERITED = 0.5
"""Share of a promising page's score that its own links to another host inherit, whatever their text."""
HANDED_ON = 0.8
"""Share that a link which only says "go on" inherits."""
RAISED = 0.25
"""Share that a link of little promise of its own gains, or loses, by what the page around it is about."""
FEW = 8
"""A home page, or one that promised a form, with no more ways on than this is a splash page or a choice: each of them is a way on."""
CHOICE = 0.9
"""What each of those promises."""
LETTERS = 10
"""Links of one letter that make a page a list from A to Z."""
BESIDE = 0.3
"""Share of its page's promise by which a link in the main content that promises nothing itself comes earlier among its like."""
DULL = 1.0
"""By how much a link to a part of the site where forms hardly are comes later among those."""
DEEPER = 0.1
"""The same, for each click from the home page."""
DOOR = 1.0
"""By how much such a link comes earlier when it is a door: a short name on the home page, of a page right below the root that is no folder of others."""
DOORS = 12
"""Of more of them none is a door: the site has all its pages right below the root."""
DOOR_WORDS = 3
MAX_SLOTS = 2
"""Choices in a row that are made on the way to an appointment form: a day, and a time."""
TRANSLATED = 0.8
"""Share that a link into a translation of the site keeps: the forms in the site's own language come first."""
_LETTER = re.compile(r"[a-z]", re.IGNORECASE)


class Follower:
    """Follows the links of pages on behalf of one municipality; each link, by address and text, once."""

    def __init__(self, session: Session, previous: Previous) -> None:
        self._session, self._previous = session, previous
        self._known: set[tuple[str, str]] = set()
        self._vague: Counter[tuple[str, ...]] = Counter()
        """Links followed for what their page is about, by kind, and by kind and host."""
        self._doors: frozenset[str] = frozenset()
        """Addresses that the home page has short names for."""
        self._chosen: set[tuple[str, int]] = set()
        """Hosts on which a day or time was chosen, and which choice in a row it was."""

    def follow(self, visit: Visit, reading: PageReading, candidate: Candidate) -> None:
        """Queues what the links of a page promise.

        Args:
            visit: the page, as fetched or as rendered.
            reading: what it says.
            candidate: the link that led to it.
        """
        own = self._session.owns(visit.final_url)
        evidence = about(reading, candidate)
        lists = own and sum(1 for link in reading.links if _LETTER.fullmatch(link.text)) >= LETTERS
        fresh = [link for link in reading.links if (link.url, link.text) not in self._known]
        self._known.update((link.url, link.text) for link in fresh)
        if candidate.depth == 0:
            self._doors |= _doors([link for link in fresh if self._session.owns(link.url)])
        self._session.behind |= shown(reading, evidence)
        promising = [self._link(link, visit.final_url, candidate, evidence, own=own, lists=lists) for link in fresh]
        if evidence.appointment >= STRONG and not any(form.kind == "appointment" for form in reading.forms):
            self._choose(visit.final_url, reading, candidate)
        begins = candidate.depth == 0 or (candidate.base.best >= STRONG and min(evidence) >= 0)
        if own and begins and not any(promising) and not reading.forms:
            self._choice(fresh, visit.final_url, candidate)
        if not own and not any(promising) and not any(form.kind in GOALS for form in reading.forms):
            self._list(fresh, visit.final_url, reading, candidate)

    def _link(self, link: Link, page_url: str, parent: Candidate, evidence: Scores, *, own: bool, lists: bool) -> bool:
        """Queues one link; whether it promises anything."""
        session = self._session
        target_own = session.owns(link.url)
        base = score_of(link, from_host=host_of(page_url))
        if own:
            base = base.at_least(portal_score(link.text)) if target_own else base
            base = base.at_least(letter_score(link.text)) if lists else base
        vague = False
        if link.place == "main":
            base = _by_page(base, link, evidence, own=own, target_own=target_own)
            needed = HANDING if leads_on(link.text) else OUTSIDE_SCORE
            vague = own and not target_own and base.best < OUTSIDE_SCORE and evidence.best >= needed
        if turns_pages(link.url, link.text):
            return False
        if base.best < WEAK:
            if own and target_own:
                self._set_aside(link, page_url, parent, base)
            return False
        if own:
            session.collection.entry(page_url, link.url, inherits=link.inherits)
        outside = 0 if target_own else parent.outside + 1
        via: FoundVia = "home" if parent.depth == 0 else "link"
        # What its page promises is near: it does not fade by how deep in the site the page is.
        scores = base if vague else base.times(DECAY**parent.depth)
        switches = in_translation(link.url) and not in_translation(page_url)
        if target_own and switches:
            scores = scores.times(TRANSLATED)
        known = self._previous.advance(link.url, scores)
        door = target_own and (switches or (lists and letter_score(link.text).best > 0))
        child = Candidate(link.url, scores, via, parent.depth + 1, link.text, page_url, outside, base, link.hash_route, known, door=door)
        if forbidden_url(link.url) or forbidden_text(link.text):
            session.missed(child)
            return False
        session.linked_again(child)
        if outside > MAX_OUTSIDE or (outside and base.best < OUTSIDE_SCORE and not (vague and self._may_try(child))):
            return False
        # From another host only its own pages, and only those whose link names the form.
        if not own and (host_of(link.url) != host_of(page_url) or base.best < STRONG):
            return False
        if door and child.score < WEAK:
            session.frontier.set_aside(child, child.score)
        session.frontier.add(child)
        return True

    def _may_try(self, child: Candidate) -> bool:
        """Whether one more link may be followed for what its page is about; counts it."""
        goal, host = child.base.goal, host_of(child.url)
        if self._session.frontier.seen(child.url) or self._vague[goal,] >= VAGUE or self._vague[goal, host] >= VAGUE_PER_HOST:
            return False
        self._vague.update([(goal,), (goal, host)])
        return True

    def _set_aside(self, link: Link, page_url: str, parent: Candidate, base: Scores) -> None:
        """Keeps a link of the site that promises nothing, unless its words speak against both kinds."""
        if max(base) < 0 or forbidden_url(link.url) or forbidden_text(link.text):
            return
        rank = base.best + (BESIDE * parent.base.best if link.place == "main" else 0.0) - (DULL if is_dull(link.text) else 0.0)
        door = link.url in self._doors
        via: FoundVia = "home" if parent.depth == 0 else "link"
        rank += DOOR if door else 0.0
        child = Candidate(link.url, base, via, parent.depth + 1, link.text, page_url, 0, base, link.hash_route, door=door)
        self._session.frontier.set_aside(child, rank - DEEPER * parent.depth)

    def _choose(self, page_url: str, reading: PageReading, candidate: Candidate) -> None:
        """One day or time of a page that offers them: the form comes after it."""
        choice = host_of(page_url), candidate.slots
        link = first_slot(reading) if candidate.slots < MAX_SLOTS and choice not in self._chosen else None
        if link is not None and self._session.wanted.appointment:
            self._chosen.add(choice)
            base = Scores(appointment=STRONG)
            self._session.frontier.add(
                Candidate(
                    link.url,
                    base,
                    "link",
                    candidate.depth + 1,
                    candidate.text,
                    page_url,
                    candidate.outside,
                    base,
                    link.hash_route,
                    slots=candidate.slots + 1,
                )
            )

    def _choice(self, links: list[Link], page_url: str, candidate: Candidate) -> None:
        """The ways on from a page that has hardly any, whatever they say: a choice of language, a picture to click."""
        own = (link for link in links if self._session.owns(link.url) and not turns_pages(link.url, link.text))
        ways = {link.url: link for link in own if not self._session.frontier.seen(link.url)}
        if len(ways) > FEW:
            return
        for url, link in ways.items():
            if not forbidden_url(url) and not forbidden_text(link.text):
                base = Scores(CHOICE, CHOICE).at_least(portal_score(link.text))
                self._session.frontier.add(Candidate(url, base, "link", candidate.depth + 1, link.text, page_url, 0, base))

    def _list(self, links: list[Link], page_url: str, reading: PageReading, candidate: Candidate) -> None:
        """The first ways on from a page on another host whose title or heading is about an appointment: products or places to choose from."""
        said = text_score(reading.title or "").at_least(text_score(reading.headings[0] if reading.headings else "")).appointment
        if said < OUTSIDE_SCORE or candidate.outside > MAX_OUTSIDE:
            return
        ways: dict[str, tuple[float, Link]] = {}
        for link in links:
            scores = score_of(link, from_host=host_of(page_url))
            if link.place != "main" or host_of(link.url) != host_of(page_url) or scores.appointment < 0 or is_dull(link.text):
                continue
            if not (turns_pages(link.url, link.text) or forbidden_url(link.url) or forbidden_text(link.text)):
                ways.setdefault(link.url + link.hash_route, (scores.appointment, link))
        base = Scores(appointment=said * HANDED_ON)
        for _, link in sorted(ways.values(), key=lambda way: -way[0])[:CHOSEN]:
            self._session.frontier.add(
                Candidate(
                    link.url,
                    base.times(DECAY**candidate.depth),
                    "link",
                    candidate.depth + 1,
                    link.text,
                    page_url,
                    candidate.outside + 1,
                    base,
                    link.hash_route,
                )
            )


def _doors(links: list[Link]) -> frozenset[str]:
    """Addresses of the site right below its root and of no folder, by a short name, if they are few."""
    paths = {link.url: split(link.url).path.strip("/") for link in links}
    folders = {path.partition("/")[0] for path in paths.values() if "/" in path}
    lone = {link.url for link in links if 0 < len(link.text.split()) <= DOOR_WORDS and not is_dull(link.text)}
    found = frozenset(url for url in lone if paths[url] and "/" not in paths[url] and paths[url] not in folders)
    return found if len(found) <= DOORS else frozenset()


def about(reading: PageReading, candidate: Candidate) -> Scores:
    """What a page is about: what the link to it promised, and what its headings say for or against."""
    if candidate.depth == 0:
        return NOTHING
    said = text_score(reading.headings[0] if reading.headings else reading.title or "")
    return Scores(*(s if s < 0 else max(s, b) for s, b in zip(said, candidate.base, strict=True)))


def _by_page(base: Scores, link: Link, evidence: Scores, *, own: bool, target_own: bool) -> Scores:
    """The score of a link in the main content of a page that is about something."""
    if min(base) < 0:
        return base
    if leads_on(link.text):
        return base.at_least(evidence.times(HANDED_ON))
    if own and not target_own and evidence.best >= OUTSIDE_SCORE and base.best < OUTSIDE_SCORE:
        return base.at_least(evidence.times(INHERITED))
    return Scores(*(b + RAISED * getattr(evidence, goal) if 0 < b < STRONG else b for goal, b in zip(GOALS, base, strict=True)))
