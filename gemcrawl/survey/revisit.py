"""Known forms of one municipality, visited anew: the page with the link, the page, its frames; a handful of requests, no exploring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gemcrawl.items import Reason
from gemcrawl.sites import site_of
from gemcrawl.survey.collect import Collection, Found
from gemcrawl.survey.definitions import Definitions
from gemcrawl.survey.links import STRONG, Scores, forbidden_url, url_score
from gemcrawl.survey.rendering import Renderings, cause_of
from gemcrawl.survey.urls import host_of, key
from gemcrawl.survey.visit import Visit, Visitor

if TYPE_CHECKING:
    from gemcrawl.snapshot.known import KnownForm, KnownTown

MAX_ENTRIES = 6
"""Pages with links to its forms that are read per municipality."""
MAX_DOCUMENTS = 12
"""Pages with forms that are read per municipality."""
MAX_FRAMES = 5
MAX_FRAME_DEPTH = 3
FRAME_SCORE = 2.0
"""What the address of a frame must promise when no known form is on its site."""
PROMISED = Scores(STRONG, STRONG)
"""A page that had a form promises one."""

_LINKED = re.compile(r"linked from (\S+?)[:;](?: |$)")


@dataclass(slots=True)
class Revisited:
    """What was found where forms had been."""

    collection: Collection
    """The forms that are there now, with their ways; call `finish` when nothing is added any more."""
    failures: dict[str, Reason] = field(default_factory=dict)
    """By document of a known form (`KnownForm.document`): why it could not be read."""
    statuses: dict[str, int] = field(default_factory=dict)
    """By document: the HTTP status of what answered; 0 when nothing did."""
    pages: int = 0
    """Pages fetched."""


async def revisit(town: KnownTown, visitor: Visitor, renderings: Renderings) -> Revisited:
    """Visits every known form of a municipality where it was, and where the link to it leads now."""
    return await _Revisit(town, visitor, renderings).run()


class _Revisit:
    def __init__(self, town: KnownTown, visitor: Visitor, renderings: Renderings) -> None:
        self._town, self._visitor, self._renderings = town, visitor, renderings
        self._definitions = Definitions(visitor)
        self._found = Revisited(Collection(town.code))
        self._visited: dict[str, Visit] = {}
        self._links: dict[str, str] = {}
        """The first link to a page, as written now, by the identity of the page."""
        self._known = {key(url) for form in town.forms for url in (form.page_url, *form.frame_urls)}
        self._sites = {site_of(host_of(url)) for form in town.forms for url in (form.page_url, *form.frame_urls)}

    async def run(self) -> Revisited:
        for url in _entries(self._town):
            await self._read_links(url)
        documents = dict.fromkeys(form.document for form in self._town.forms)
        for document in list(documents)[:MAX_DOCUMENTS]:
            await self._document(document, next(form for form in self._town.forms if form.document == document))
        website = self._town.website
        if any(host_of(form.document) == website for form in self._town.forms):
            await self._visitor.visit(f"http://{website}/", only_route=True)
        return self._found

    async def _visit(self, url: str) -> Visit:
        visit = self._visited.get(url)
        if visit is None:
            visit = self._visited[url] = await self._visitor.visit(url)
            self._found.pages += 1
        return visit

    async def _read_links(self, url: str) -> None:
        """Notes every link of a page of the municipality's own, as it is written now."""
        visit = await self._visit(url)
        if visit.reading is None or visit.failure is not None:
            return
        for link in visit.reading.links:
            self._found.collection.entry(visit.final_url, link.url, inherits=link.inherits)
            self._links.setdefault(key(link.url) + link.hash_route, link.url)

    async def _document(self, document: str, form: KnownForm) -> None:
        """Opens a page by the link to it, and where there is none any more by its address."""
        address, hash_mark, route = form.asked_url.partition("#")
        fragment = hash_mark + route
        url = self._links.get(key(address) + fragment) or self._links.get(key(document) + fragment) or address
        if forbidden_url(url):
            self._found.failures[document] = "robots"
            return
        visit = await self._visit(url)
        self._found.statuses[document] = visit.answer.status
        if visit.failure is not None:
            self._found.failures[document] = visit.failure
        elif visit.reading is not None and visit.reading.challenge:
            self._found.failures[document] = "challenge"
        elif visit.reading is not None:
            await self._take(visit, form, fragment)

    async def _take(self, visit: Visit, form: KnownForm, fragment: str, frames: tuple[Visit, ...] = ()) -> None:
        """Takes in what stands on a page, as rendered where it has to be, and in the frames that may hold the form."""
        assert visit.reading is not None
        reading = await self._definitions.complete(visit.reading)
        visit = replace(visit, reading=reading)
        seen = await self._renderings.look(visit, fragment=fragment) if cause_of(reading, PROMISED) is not None else None
        if seen is not None and seen.outcome != "rendered":
            # Where its form is not found after this, that says nothing.
            self._found.failures[form.document] = "timeout" if seen.outcome == "timeout" else "error"
        page = (seen.page if seen is not None else None) or visit
        found = Found(
            via="frame" if frames else "previous",
            depth=form.depth,
            entry_url=frames[0].final_url if frames else form.entry_url,
            frames=frames,
            rendering=seen.outcome if seen is not None else None,
            fresh=seen.fresh if seen is not None else frozenset(),
            blocked=seen.blocked if seen is not None else 0,
        )
        self._found.collection.add(page, found)
        for framed, chain in seen.frames if seen is not None else ():
            self._found.collection.add(framed, replace(found, via="frame", entry_url=page.final_url, frames=(*frames, *chain)))
        if len(frames) < MAX_FRAME_DEPTH and page.reading is not None:
            await self._frames(page, page.reading.frames if page is visit else page.reading.held, form, frames)

    async def _frames(self, visit: Visit, urls: tuple[str, ...], form: KnownForm, frames: tuple[Visit, ...]) -> None:
        for url in list(filter(self._may_hold_it, urls))[:MAX_FRAMES]:
            if url not in self._visited:
                framed = await self._visit(url)
                if framed.reading is not None and framed.failure is None:
                    await self._take(framed, form, "", (*frames, visit))

    def _may_hold_it(self, url: str) -> bool:
        """Whether a known form may be in a frame."""
        known = key(url) in self._known or site_of(host_of(url)) in self._sites
        return (known or url_score(url).best >= FRAME_SCORE) and not forbidden_url(url)


def _entries(town: KnownTown) -> Sequence[str]:
    """The municipality's own pages that led to its forms: those by which they were found, and those that findings name."""
    own = {site_of(town.website)}
    found = [form.entry_url for form in town.forms if form.entry_url] + [url for form in town.forms for url in linked_from(form)]
    return [url for url in dict.fromkeys(found) if site_of(host_of(url)) in own and not forbidden_url(url)][:MAX_ENTRIES]


def linked_from(form: KnownForm) -> Iterable[str]:
    """The pages that the evidence of findings about links names (`gemcrawl.transport.findings`)."""
    for finding in form.findings:
        if (named := _LINKED.match(finding.evidence)) is not None and named[1].startswith(("http://", "https://")):
            yield named[1]
