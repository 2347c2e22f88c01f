"""Taking in a page: its forms, as fetched, as declared or as rendered, and those of its frames."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from gemcrawl.forms.suppliers import of_address
from gemcrawl.sites import site_of
from gemcrawl.survey.collect import Found
from gemcrawl.survey.definitions import Definitions
from gemcrawl.survey.follow import FEW
from gemcrawl.survey.frontier import Candidate
from gemcrawl.survey.links import GOALS, STRONG, Goal, forbidden_text, forbidden_url, lost_session, says, special, text_score, url_score
from gemcrawl.survey.rendering import cause_of
from gemcrawl.survey.session import OUTSIDE_SCORE, without_body
from gemcrawl.survey.urls import host_of, key, parent_page

if TYPE_CHECKING:
    from gemcrawl.forms.page import PageReading
    from gemcrawl.items import RenderCause
    from gemcrawl.survey.follow import Follower
    from gemcrawl.survey.rendering import Renderings, Seen
    from gemcrawl.survey.session import Session
    from gemcrawl.survey.visit import Visit

MAX_FRAMES = 5
"""Frames of one document that are read, those whose address promises most."""
MAX_FRAME_DEPTH = 3
SESSION_LOST = 0.9
"""Share of a link's promise that the beginning of a flow keeps when the link led into its middle."""


class Intake:
    """Takes in pages on behalf of one municipality."""

    def __init__(self, session: Session, follower: Follower, renderings: Renderings) -> None:
        self._session, self._follower, self._renderings = session, follower, renderings
        self._definitions = Definitions(session.visitor)
        self._formless: dict[Goal, tuple[Visit, Candidate]] = {}
        """The page that promised most of a form, had scripts, and showed none."""
        self._bare_home: tuple[Visit, Candidate] | None = None
        """The home page when it has scripts and hardly any links: a script may make its menu."""
        self._rendered_late: set[str] = set()
        self._contents: dict[bytes, str] = {}
        """Digest of what a page says, with its identity."""
        self._begun: set[str] = set()
        """Hosts on which a flow was begun anew."""

    async def take(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...] = ()) -> int:
        """Takes in a page that was read.  Returns how many forms of the wanted kinds were new.

        Args:
            candidate: the link that led to it.
            frames: the documents that frame it, outermost first.
        """
        session, reading = self._session, visit.reading
        assert reading is not None
        if visit.wall:
            session.missed(candidate)
        if not frames and candidate.found_via != "home" and not candidate.fragment and not self._first_time(visit):
            return 0
        if reading.error_page is not None or reading.challenge:
            session.missed(candidate)
            if lost_session(reading.error_page or ""):
                self._begin_again(visit, reading, candidate)
            return 0
        if reading.app_shell:
            session.shells[key(visit.final_url)] = without_body(visit)
        elif not frames and self._says_the_same(visit, reading):
            if reading.scripts:
                self._promised_more(visit, candidate)
            return 0
        reading = await self._definitions.complete(reading, entry_text=candidate.text)
        visit = replace(visit, reading=reading)
        cause = cause_of(reading, candidate.base)
        seen = await self._render(visit, candidate, cause) if cause is not None else None
        new = await self._collect(visit, candidate, frames, seen)
        if visit.truncated and not new:
            session.missed(candidate)
        unread = seen is not None and seen.outcome != "rendered"
        if not new and (unread or (reading.app_shell and (seen is None or seen.blocked or seen.hollow))):
            session.missed(candidate, hollow=reading.app_shell)
        if seen is None and not frames and reading.scripts:
            if not new:
                self._promised_more(visit, candidate)
            if candidate.found_via == "home" and candidate.depth == 0 and self._shows_little(reading):
                self._bare_home = (without_body(visit), candidate)
        return new

    async def render_formless(self) -> bool:
        """Renders a page that promised a form of a kind that was not found, or a home page without a menu; False when there is none left to try."""
        wanted = self._session.wanted
        for goal in GOALS:
            if getattr(wanted, goal) and (found := self._formless.pop(goal, None)) is not None and await self._render_late(*found):
                return True
        home, self._bare_home = self._bare_home, None
        return home is not None and bool(wanted.nothing_found) and await self._render_late(*home)

    async def _render_late(self, visit: Visit, candidate: Candidate) -> bool:
        """Renders a page that was taken in before as fetched; False when it was rendered already."""
        if visit.final_url in self._rendered_late:
            return False
        self._rendered_late.add(visit.final_url)
        seen = await self._render(visit, candidate, "missing_form")
        if seen.outcome != "rendered":
            self._session.missed(candidate)
        if seen.page is not None:
            await self._collect(visit, candidate, (), seen)
        return True

    def _shows_little(self, reading: PageReading) -> bool:
        own = {key(link.url) for link in reading.links if self._session.owns(link.url)}
        return len(own - {key(reading.url)}) <= FEW

    def _first_time(self, visit: Visit) -> bool:
        """False where a redirect led to a page that was read before."""
        return key(visit.final_url) == key(visit.url) or self._session.frontier.mark(visit.final_url)

    def _says_the_same(self, visit: Visit, reading: PageReading) -> bool:
        """Whether a page read before, at another address of this host, said the same: a site that answers everything with one page."""
        said = (host_of(visit.final_url), reading.title, reading.headings, tuple(link.text for link in reading.links), reading.frames)
        forms = tuple((form.kind, form.signature) for form in reading.forms)
        digest = hashlib.blake2s(repr((said, forms)).encode("utf-8", "replace"), digest_size=16).digest()
        first = self._contents.setdefault(digest, key(visit.final_url))
        if first == key(visit.final_url) or not (reading.links or reading.forms):
            return False
        self._session.collection.add_again(reading, visit.final_url)
        return True

    def _begin_again(self, visit: Visit, reading: PageReading, candidate: Candidate) -> None:
        """A link into the middle of a flow ends where there is no session; the flow begins where the page says so, once per host, or one step up."""
        host = host_of(visit.final_url)
        ways = (link.url for link in reading.links if host_of(link.url) == host and says("session", "restart", link.text))
        begin = next(ways, None) if host not in self._begun else None
        if begin is not None:
            self._begun.add(host)
        else:
            begin = parent_page(visit.final_url)
        if candidate.depth and begin is not None and candidate.base.best >= STRONG and not forbidden_url(begin):
            self._session.frontier.add(replace(candidate, url=begin, scores=candidate.scores.times(SESSION_LOST), fragment=""))

    async def _render(self, visit: Visit, candidate: Candidate, cause: RenderCause) -> Seen:
        """Renders a page and says so in its row."""
        seen = await self._renderings.look(visit, fragment=candidate.fragment, text=candidate.text)
        self._session.rendered(visit, cause, seen)
        return seen

    async def _collect(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...], seen: Seen | None) -> int:
        """Adds what stands on a page, as rendered where it was, and follows its frames and links."""
        page = (seen.page if seen is not None else None) or visit
        reading = page.reading
        assert reading is not None
        new = await self._add(page, candidate, frames, seen)
        rendered = seen is not None and seen.page is not None
        self._session.promised(page.final_url, self._promises(page, reading, candidate, seen if rendered else None))
        for framed, chain in seen.frames if seen is not None else ():
            new += await self._add(framed, candidate, (*frames, *chain), seen)
        # Frames that are shown at once are among those that the browser read.
        new += await self._frames(page, reading.held if rendered else reading.frames, candidate, frames)
        if not frames or _is_frameset(frames[-1]):
            self._follower.follow(page, reading, candidate)
        return new

    def _promises(self, page: Visit, reading: PageReading, candidate: Candidate, seen: Seen | None) -> frozenset[Goal]:
        """What links and buttons promise that only a script can follow, of another party's page only what it was visited for; and what a page should
        have that did not get to show it."""
        own = self._session.owns(page.final_url)
        promised = [text_score(text) for text in reading.scripted if not forbidden_text(text)]
        unshown = seen.unfilled if seen is not None else reading.blank_frame
        return (self._session.due(candidate) if unshown else frozenset()) | frozenset(
            goal
            for goal in GOALS
            if (own or getattr(candidate.base, goal) >= OUTSIDE_SCORE) and any(getattr(scores, goal) >= STRONG for scores in promised)
        )

    async def _add(self, visit: Visit, candidate: Candidate, frames: tuple[Visit, ...], seen: Seen | None) -> int:
        """Adds the forms of one document.  Returns how many of the wanted kinds were new."""
        reading = visit.reading
        assert reading is not None
        fresh = self._session.collection.add(
            visit,
            Found(
                via="frame" if frames else candidate.found_via,
                depth=candidate.depth,
                entry_url=frames[0].final_url if frames else candidate.from_url,
                frames=frames,
                rendering=seen.outcome if seen is not None else None,
                fresh=seen.fresh if seen is not None else frozenset(),
                blocked=seen.blocked if seen is not None else 0,
            ),
        )
        if fresh and candidate.found_via in ("known_host", "guess"):
            await self._test_wildcard(visit)
        special_one = special(f"{candidate.text} {reading.title or ''}")
        return sum(self._session.wanted.found(form.kind, host_of(form.page_url), special=special_one) for form in fresh)

    async def _frames(self, visit: Visit, urls: tuple[str, ...], candidate: Candidate, frames: tuple[Visit, ...]) -> int:
        """Frames are read as part of their page where the page or the frame's address promises a form, or frames are all it has.

        One that is not read although it promises a form leaves its kind unread; a map or a film, which many pages of contact frame, promises none.
        """
        session, new, left = self._session, 0, MAX_FRAMES if len(frames) < MAX_FRAME_DEPTH else 0
        for url in sorted(urls, key=lambda url: -url_score(url).best):
            scores = url_score(url)
            promising = max(scores.best, candidate.base.best) >= OUTSIDE_SCORE or (_is_frameset(visit) and session.owns(url))
            if not promising or session.frontier.seen(url):
                continue
            inner = Candidate(
                url,
                scores.at_least(candidate.scores),
                "frame",
                candidate.depth,
                text=candidate.text,
                from_url=visit.final_url,
                outside=0 if session.owns(url) else candidate.outside + 1,
                base=candidate.base.at_least(scores),
            )
            if forbidden_url(url):
                if scores.best >= OUTSIDE_SCORE or of_address(url) is not None:
                    session.missed(inner)
                continue
            if session.spent or not left:
                session.missed(inner)
                continue
            session.frontier.mark(url)
            left -= 1
            framed = await session.visit(inner)
            if framed.failure is not None:
                session.missed(inner)
            elif framed.reading is not None:
                new += await self.take(framed, inner, (*frames, visit))
        return new

    def _promised_more(self, visit: Visit, candidate: Candidate) -> None:
        """Keeps the page whose link promised most, for the case that no form of that kind turns up."""
        for goal in GOALS:
            promise = getattr(candidate.base, goal)
            known = self._formless.get(goal)
            if promise >= STRONG and (known is None or promise > getattr(known[1].base, goal)):
                self._formless[goal] = (without_body(visit), candidate)

    async def _test_wildcard(self, visit: Visit) -> None:
        """Where any name under the domain answers with the same page, a host that nobody links to proves little."""
        site = site_of(host_of(visit.final_url))
        name = f"{secrets.token_hex(6)}.{site}"
        other = await self._session.visitor.visit(f"https://{name}/")
        if other.reading is not None and visit.reading is not None and other.reading.forms and other.reading.title == visit.reading.title:
            self._session.collection.wildcards[host_of(visit.final_url)] = name


def _is_frameset(visit: Visit) -> bool:
    """Whether a page has nothing but frames: the menu and the content of a frameset are the page."""
    reading = visit.reading
    return reading is not None and bool(reading.frames) and not reading.links and not reading.forms
