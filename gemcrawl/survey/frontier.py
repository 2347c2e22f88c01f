"""The frontier of one site: candidates, best first, each page once, no pattern too often."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gemcrawl.items import FoundVia
from gemcrawl.survey.links import GOALS, NOTHING, STRONG, WEAK, Goal, Scores, at_the_desk
from gemcrawl.survey.urls import chooses_product, host_of, key, pattern, split

MAX_CANDIDATES = 3000
PER_PATTERN = 3
"""Pages of one address pattern (a calendar, a catalogue) that are fetched."""
PER_PRODUCT = 1
"""Pages of another party's host that differ in the product they are asked for: the flow is the same for every product."""
MAX_DEPTH = 5
NAMED = STRONG
"""Once a kind was found, only links that promise it by themselves are followed for another form of that kind: the contact page, another desk."""
PATIENCE = 2
"""Pages without a new form, after which a kind that was found is left at that."""
FRESH = 12
"""Pages in a row without a new form, from which on a link for a kind that is still missing must promise more."""
TIRED = 0.1
"""How much more, for each page after those."""
PER_FOLDER = 4
"""Pages of one folder below the root that are tried although nothing promises a form there: news, minutes and the like fill folders."""
DECAY = 0.85
"""What a candidate keeps of its score per click from the home page."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that might be fetched."""

    url: str
    scores: Scores
    found_via: FoundVia
    depth: int
    text: str = ""
    """Text of the link, evidence for the kind of a form found there."""
    from_url: str | None = None
    """Page that links to it."""
    outside: int = 0
    """Clicks since the municipality's own site was left; 0 on it."""
    base: Scores = NOTHING
    """Scores before decay: is it the link that should lead to a form?"""
    fragment: str = ""
    """Route within a single-page application (``#/...``); empty elsewhere."""
    known: float = 0.0
    """What it is put forward by because it led to a form the last time."""
    slots: int = 0
    """Days and times chosen on the way to it."""
    door: bool = False
    """It names a part of the site behind which a form may be by whatever name: while it is unread, a kind that was not found is not absent."""

    @property
    def identity(self) -> str:
        return key(self.url) + self.fragment

    @property
    def score(self) -> float:
        return self.scores.best

    @property
    def rank(self) -> float:
        return self.score + self.known


@dataclass(slots=True)
class Frontier:
    """Best-first queue with memory of what was seen."""

    _heap: list[tuple[float, int, Candidate]] = field(default_factory=list)
    _later: list[tuple[float, int, Candidate]] = field(default_factory=list)
    """Candidates that promise only what was found already: a second form is sought when nothing is left for what is missing."""
    _seen: set[str] = field(default_factory=set)
    _best: dict[str, float] = field(default_factory=dict)
    _patterns: Counter[str] = field(default_factory=Counter)
    _products: Counter[str] = field(default_factory=Counter)
    """By host, pages read for a product chosen."""
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _aside: list[tuple[float, int, Candidate]] = field(default_factory=list)
    """What promises nothing by itself, for the case that a kind of form does not turn up."""
    _folders: Counter[str] = field(default_factory=Counter)
    _beyond: dict[str, Candidate] = field(default_factory=dict)
    """What names a form and lies too deep, or came when the queue was full; what leads to another host and was not worth a request any more."""

    @property
    def size(self) -> int:
        """Candidates queued; some of them may not be worth a request any more."""
        return len(self._heap) + len(self._later)

    def mark(self, url: str, fragment: str = "") -> bool:
        """Notes that ``url`` was (or is about to be) fetched; False when it was before."""
        identity = key(url) + fragment
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True

    def seen(self, url: str) -> bool:
        return key(url) in self._seen

    def add(self, candidate: Candidate) -> bool:
        """Queues a candidate unless it is too weak, too deep, known with at least this score, or the queue is full."""
        identity = candidate.identity
        if candidate.score < WEAK:
            return False
        if candidate.depth > MAX_DEPTH or self.size >= MAX_CANDIDATES:
            if candidate.base.best >= STRONG:
                self._beyond.setdefault(identity, candidate)
            return False
        if identity in self._seen or self._best.get(identity, 0.0) >= candidate.rank:
            return False
        self._best[identity] = candidate.rank
        heapq.heappush(self._heap, (-candidate.rank, next(self._order), candidate))
        return True

    def peek(self, wanted: Wanted) -> Candidate | None:
        """The best candidate that is still worth a request, for a kind that is missing before one that was found; None when nothing is."""
        while self._heap:
            candidate = self._heap[0][2]
            if self._is_open(candidate) and wanted.needs(candidate):
                return candidate
            entry = heapq.heappop(self._heap)
            if self._is_open(candidate):
                heapq.heappush(self._later, entry)
        while self._later:
            candidate = self._later[0][2]
            if self._is_open(candidate) and wanted.wants(candidate):
                return candidate
            heapq.heappop(self._later)
            # What is not wanted for its own kind is searched for the other one only on the municipality's site.
            if not self._is_open(candidate):
                continue
            if candidate.outside:
                self._beyond.setdefault(candidate.identity, candidate)
            else:
                self.set_aside(candidate, candidate.score)
        return None

    def _is_open(self, candidate: Candidate) -> bool:
        return candidate.identity not in self._seen and not self._is_enough(candidate)

    def set_aside(self, candidate: Candidate, rank: float) -> None:
        """Keeps a candidate that promises too little to be followed, higher ranks first; one that is too deep is dropped."""
        if candidate.depth <= MAX_DEPTH and len(self._aside) < MAX_CANDIDATES:
            heapq.heappush(self._aside, (-rank, next(self._order), candidate))

    def from_aside(self) -> Candidate | None:
        """The next candidate that was set aside, taken out; None when there is none left worth a try."""
        while self._aside:
            candidate = heapq.heappop(self._aside)[2]
            folder = split(candidate.url).path.rpartition("/")[0]
            full = bool(folder) and self._folders[folder] >= PER_FOLDER
            if self._is_open(candidate) and not full:
                self._folders[folder] += 1
                return candidate
        return None

    def take(self, candidate: Candidate) -> None:
        """Takes a candidate out of the queue: it is about to be fetched."""
        self._patterns[pattern(candidate.url)] += 1
        self._seen.add(candidate.identity)
        if _is_product(candidate):
            self._products[host_of(candidate.url)] += 1

    def give_back(self, candidate: Candidate) -> None:
        """What was taken could not be read: another product of its host may be tried instead."""
        if _is_product(candidate):
            self._products[host_of(candidate.url)] -= 1

    def _is_enough(self, candidate: Candidate) -> bool:
        """Whether pages like this one were read often enough."""
        if self._patterns[pattern(candidate.url)] >= PER_PATTERN:
            return True
        return _is_product(candidate) and self._products[host_of(candidate.url)] >= PER_PRODUCT

    def beyond(self) -> list[Candidate]:
        """Candidates that promise a form and were not read, unless another way led to them."""
        return [candidate for identity, candidate in self._beyond.items() if identity not in self._seen]

    def left(self, wanted: Wanted) -> list[Candidate]:
        """Candidates still worth a request, best first."""
        return [c for _, _, c in sorted(self._heap + self._later) if c.identity not in self._seen and wanted.wants(c)]

    def doors_left(self, goals: Sequence[Goal]) -> bool:
        """Whether one of the doors was not read that may lead to one of these kinds."""
        every = (candidate for _, _, candidate in (*self._heap, *self._later, *self._aside) if candidate.door)
        return any(self._is_open(c) and any(c.score < WEAK or getattr(c.scores, goal) > 0 for goal in goals) for c in every)


def _is_product(candidate: Candidate) -> bool:
    return candidate.outside > 0 and chooses_product(candidate.url)


@dataclass(slots=True)
class Wanted:
    """What is still worth a request: anything promising while a kind is missing, only links that name it once it was found."""

    home: str
    """Host of the municipality's own site."""
    appointment: bool = True
    contact: bool = True
    _doors: set[tuple[str, str]] = field(default_factory=set)
    """(kind, host) pairs with a form found: a second door to the same product is not needed."""
    _misses: Counter[str] = field(default_factory=Counter)
    """Per kind, how many pages in a row brought no form."""
    _dead_ends: Counter[str] = field(default_factory=Counter)
    """Per kind, how many pages in a row brought no form and no promising link either."""

    def wants(self, candidate: Candidate) -> bool:
        """Whether ``candidate`` is worth a request for either kind."""
        return any(self._wants(goal, candidate) for goal in GOALS)

    @property
    def nothing_found(self) -> list[Goal]:
        """The kinds of which no form at all was found."""
        return [goal for goal in GOALS if all(kind != goal for kind, _ in self._doors)]

    def needs(self, candidate: Candidate) -> bool:
        """Whether ``candidate`` is worth a request for a kind that is still missing."""
        return any(getattr(self, goal) and self._wants(goal, candidate) for goal in GOALS)

    def promise(self, candidate: Candidate, learned: float = 1.0) -> float:
        """What ``candidate`` promises of the kinds that are still missing; ``learned`` is what it keeps for each dead end in a row."""
        kept = (getattr(candidate.scores, goal) * learned ** self._dead_ends[goal] for goal in GOALS if getattr(self, goal))
        return max(kept, default=0.0)

    def found(self, kind: str, host: str, *, special: bool = False) -> bool:
        """Notes a form found; whether its kind is one that the survey looks for.

        A special appointment form counts, but the search for the one at the desk goes on.
        """
        if kind == "appointment":
            self.appointment = self.appointment and special
        elif kind == "contact":
            self.contact = False
        else:
            return False
        self._doors.add((kind, host))
        self._misses[kind] = self._dead_ends[kind] = 0
        return True

    def disappointed(self, candidate: Candidate, *, dead_end: bool = True) -> None:
        """Notes that a page brought no new form; and, unless it is a ``dead_end``, that it shows a way on."""
        goal = candidate.scores.goal
        self._misses[goal] += 1
        self._dead_ends[goal] = self._dead_ends[goal] + 1 if dead_end else 0

    def _is_known_door(self, goal: Goal, host: str) -> bool:
        return host != self.home and (goal, host) in self._doors

    def _wants(self, goal: Goal, candidate: Candidate) -> bool:
        missing: bool = getattr(self, goal)
        if missing:
            return bool(getattr(candidate.scores, goal) >= WEAK + TIRED * max(0, self._misses[goal] - FRESH))
        if self._misses[goal] >= PATIENCE or self._is_known_door(goal, host_of(candidate.url)):
            return False
        if goal == "appointment" and at_the_desk(candidate.text):
            return False
        return bool(getattr(candidate.base, goal) >= NAMED)
