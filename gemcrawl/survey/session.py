"""The survey of one municipality under way: what it may spend, what it read, and what it could not read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gemcrawl.evidence.archive import Archive
from gemcrawl.items import Kind, Page
from gemcrawl.sites import site_of
from gemcrawl.survey.collect import Collection
from gemcrawl.survey.frontier import Candidate, Frontier, Wanted
from gemcrawl.survey.links import GOALS, STRONG, Goal
from gemcrawl.survey.rows import page_row
from gemcrawl.survey.urls import host_of, key
from gemcrawl.survey.visit import Visit, Visitor

if TYPE_CHECKING:
    from gemcrawl.items import RenderCause
    from gemcrawl.registry import Entry
    from gemcrawl.survey.rendering import Seen

OUTSIDE_SCORE = 2.0
"""What a link to another host must promise."""
KEPT_BYTES = 256 * 1024
"""Body of an exchange that is kept as evidence of a page which may still turn out to carry a form, when its own bytes are not."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one municipality."""

    pages: int = 40
    seconds: float = 900.0
    rendered: int = 8
    searched: int = 20
    """Pages that promise nothing which are read all the same while no form at all of a kind was found: not every site calls it by its name."""
    archived: int = 0
    """Bytes of evidence, packed; 0 when none is kept."""


@dataclass(slots=True)
class Progress:
    """What a watcher may look at while a survey runs."""

    name: str
    started: float = field(default_factory=time.monotonic)
    pages: int = 0
    last_url: str = ""


@dataclass(slots=True)
class Session:
    """State that exploring, reading and following share."""

    entry: Entry
    visitor: Visitor
    limits: Limits
    deadline: float
    progress: Progress
    collection: Collection = field(init=False)
    frontier: Frontier = field(default_factory=Frontier)
    wanted: Wanted = field(init=False)
    own_sites: set[str] = field(default_factory=set)
    """Registrable domains that are the municipality's own."""
    rows: list[Page] = field(default_factory=list)
    unread: set[Kind] = field(default_factory=set)
    """Kinds of form that cannot be called absent: a link that should lead to one did not."""
    behind: set[Goal] = field(default_factory=set)
    """Kinds of form that a page shows to be there, behind a login or a choice that is not made."""
    fetched: int = 0
    shells: dict[str, Visit] = field(default_factory=dict)
    """Pages that scripts have to fill: one document with a page for every route."""
    _scripted: dict[str, frozenset[Goal]] = field(default_factory=dict)
    """By page, what its links and buttons promise that only a script can follow, and what it did not get to show."""
    _failed: set[str] = field(default_factory=set)
    _rows_at: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.collection = Collection(self.entry.code, Archive(self.limits.archived) if self.limits.archived else None)
        self.wanted = Wanted(home=self.entry.website)
        self.own_sites.add(site_of(self.entry.website))

    @property
    def spent(self) -> bool:
        """No page may be fetched any more."""
        return self.fetched >= self.limits.pages

    def owns(self, url: str) -> bool:
        """Whether ``url`` is on the municipality's own site."""
        return site_of(host_of(url)) in self.own_sites

    async def visit(self, candidate: Candidate) -> Visit:
        """Fetches a candidate, or takes the shell it is a route of, and writes its page row."""
        self.progress.last_url = candidate.url
        shell = self.shells.get(key(candidate.url)) if candidate.fragment else None
        visit = shell or await self.visitor.visit(candidate.url, text=candidate.text)
        self.fetched += 1
        self.progress.pages = self.fetched
        self.frontier.mark(candidate.url)
        self.frontier.mark(candidate.url, candidate.fragment)
        self._rows_at[visit.final_url] = len(self.rows)
        self.rows.append(page_row(self.entry.code, candidate, visit))
        return visit

    def rendered(self, visit: Visit, cause: RenderCause, seen: Seen) -> None:
        """Completes the row of a page that was to be rendered."""
        at = self._rows_at[visit.final_url]
        reading = seen.page.reading if seen.page is not None else visit.reading
        self.rows[at] = replace(
            self.rows[at],
            rendered=seen.page is not None,
            render_cause=cause,
            render_outcome=seen.outcome,
            title=reading.title if reading is not None else None,
            forms=len(reading.forms) if reading is not None else 0,
        )

    def missed(self, candidate: Candidate, *, hollow: bool = False) -> None:
        """A link that should have led to a form did not: that kind of form cannot be called absent.

        On the site itself a link must name the form for that; one to another host, where forms live, or to a page that stayed
        ``hollow``, need only promise it. What nothing links to
        any more, known from the register, a sitemap or an earlier night, is no loss.
        """
        self._failed.add(candidate.identity)
        if candidate.found_via == "home" and candidate.depth == 0:
            self.unread.update(GOALS)
        self.unread.update(self.due(candidate, hollow=hollow))

    def due(self, candidate: Candidate, *, hollow: bool = False) -> frozenset[Goal]:
        """Kinds of form that a link should lead to, as `missed` has it."""
        threshold = OUTSIDE_SCORE if candidate.outside or hollow else STRONG
        linked = candidate.found_via in ("link", "home", "frame")
        return frozenset(goal for goal in GOALS if linked and getattr(candidate.base, goal) >= threshold)

    def promised(self, page_url: str, goals: frozenset[Goal]) -> None:
        """Notes what a page promises by links and buttons that only a script can follow, or by what it did not get to show, in place of what it
        did before it was rendered."""
        self._scripted[page_url] = goals

    def left_unread(self) -> list[Kind]:
        """Kinds of form that cannot be called absent, at the end: also those of which there is none, and that are behind something or only a script leads to."""
        found = {form.kind for form in self.collection.forms.values()}
        return sorted(self.unread | (self.behind.union(*self._scripted.values()) - found))

    def linked_again(self, candidate: Candidate) -> None:
        """A link to a page that failed: it fails this link too."""
        if candidate.identity in self._failed:
            self.missed(candidate)

    def give_up(self, left: Iterable[Candidate]) -> None:
        """What is left and promising stays unread."""
        for candidate in left:
            self.missed(candidate)


def without_body(visit: Visit) -> Visit:
    """A visit to keep: what it read is kept, the bytes are not, but for a small exchange where evidence is kept."""
    exchange = visit.answer.exchange
    kept = exchange if exchange is not None and len(exchange.body) <= KEPT_BYTES else None
    return replace(visit, answer=replace(visit.answer, body=b"", exchange=kept))
