"""From readings to rows: the distinct forms of a municipality, each with the facts about its way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gemcrawl.evidence.archive import Archive
from gemcrawl.forms.page import PageForm, PageReading
from gemcrawl.items import IN_SCOPE, Form, FoundVia, RenderOutcome
from gemcrawl.survey.urls import host_of, key, place, split
from gemcrawl.survey.visit import Visit
from gemcrawl.transport.cookies import insecure_session_cookies
from gemcrawl.transport.facts import EntryLink, Route, Way

MAX_FORMS = 200
"""Distinct forms kept per municipality, of the kinds in scope and as many of all others: those may not take the place of what is looked for."""
SAME_FORM_PAGES = 3
"""An in-scope form that stands alike on more pages than this, or on the home page and another one, is part of the page frame: one form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How the survey came to a page."""

    via: FoundVia
    depth: int
    entry_url: str | None
    frames: tuple[Visit, ...] = ()
    """Framing documents, outermost first."""
    rendering: RenderOutcome | None = None
    """What became of rendering the page; None when there was no cause."""
    fresh: frozenset[str] = frozenset()
    """Signatures of forms that only stood there after scripts ran."""
    blocked: int = 0
    """Requests of the page that were stopped."""


@dataclass(slots=True)
class Collection:
    """Forms found so far, each once."""

    municipality: str
    archive: Archive | None = None
    """Keeps the pages of forms in scope, and what frames them."""
    forms: dict[str, Form] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    entries: dict[str, list[EntryLink]] = field(default_factory=dict)
    wildcards: dict[str, str] = field(default_factory=dict)
    """Hosts under a domain where any name answers alike, with a random name that did."""
    _ids: dict[tuple[str, ...], str] = field(default_factory=dict)
    _kept: Counter[bool] = field(default_factory=Counter)
    """How many forms are in scope, and how many are not."""

    def entry(self, page_url: str, href: str, *, inherits: bool = False) -> None:
        """Notes a link on the municipality's own pages; one per scheme, written or inherited, and target is kept."""
        known = self.entries.setdefault(key(href), [])
        if all((split(e.href).scheme, e.inherits) != (split(href).scheme, inherits) for e in known):
            known.append(EntryLink(page_url, href, inherits))

    def add(self, visit: Visit, found: Found) -> list[Form]:
        """Adds the forms of a page; returns those that are new."""
        assert visit.reading is not None
        fresh = []
        for form in visit.reading.forms:
            identity = _identity(form, visit.final_url)
            if (known := self._ids.get(identity)) is not None:
                self.forms[known] = replace(self.forms[known], seen_on=self.forms[known].seen_on + 1)
            elif self._kept[form.kind in IN_SCOPE] < MAX_FORMS:
                self._kept[form.kind in IN_SCOPE] += 1
                row = self._row(form, visit, found)
                self._ids[identity] = row.form_id
                self.forms[row.form_id] = row
                self.ways[row.form_id] = self._way(form, visit, found)
                fresh.append(row)
        return fresh

    def add_again(self, reading: PageReading, page_url: str) -> None:
        """Counts a page that says what another one said: its forms are those."""
        for form in reading.forms:
            same = (i for identity, i in self._ids.items() if identity[:2] == (form.kind, form.signature))
            known = next((i for i in same if host_of(self.forms[i].page_url) == host_of(page_url)), None)
            if known is not None:
                self.forms[known] = replace(self.forms[known], seen_on=self.forms[known].seen_on + 1)

    def finish(self) -> None:
        """Merges an in-scope form that stands on many pages into one, and completes the entry links of every way."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for identity, form_id in self._ids.items():
            form = self.forms[form_id]
            if form.kind in IN_SCOPE:
                groups.setdefault((form.kind, host_of(form.page_url), identity[1]), []).append(form_id)
        for ids in groups.values():
            first = self.forms[ids[0]]
            if len(ids) > SAME_FORM_PAGES or (len(ids) > 1 and first.depth == 0):
                self.forms[ids[0]] = replace(first, seen_on=sum(self.forms[i].seen_on for i in ids))
                for other in ids[1:]:
                    del self.forms[other], self.ways[other]
        for form_id, way in self.ways.items():
            outermost = way.frames[0] if way.frames else way.page
            name = self.wildcards.get(host_of(way.page[-1].url), "")
            self.ways[form_id] = replace(way, entries=self._entries_to(outermost), wildcard_name=name)

    def _entries_to(self, route: Route) -> tuple[EntryLink, ...]:
        return tuple(dict.fromkeys(e for hop in route for e in self.entries.get(key(hop.url), ())))

    def _row(self, form: PageForm, visit: Visit, found: Found) -> Form:
        reading = visit.reading
        assert reading is not None
        submit_urls = list(form.submit_urls)
        return Form(
            municipality=self.municipality,
            form_id=_form_id(self.municipality, form, visit.final_url),
            kind=form.kind,
            kind_score=form.kind_score,
            kind_reasons=list(form.kind_reasons),
            page_url=visit.final_url,
            page_title=reading.title,
            language=reading.language,
            entry_url=found.entry_url,
            found_via=found.via,
            depth=found.depth,
            rendered=form.signature in found.fresh,
            render_outcome=found.rendering,
            blocked_requests=found.blocked,
            frame_urls=[v.final_url for v in found.frames],
            evidence=self._evidence(visit, found) if form.kind in IN_SCOPE else None,
            supplier=reading.supplier,
            supplier_evidence=reading.supplier_evidence,
            method=form.method,
            enctype=form.enctype,
            action=form.action,
            submit_urls=submit_urls,
            fields=list(form.fields),
            personal_data=list(form.personal_data),
            personal_data_level=form.personal_data_level,
            page_sha256=visit.sha256 or "",
            fetched_at=visit.answer.fetched_at,
        )

    def _evidence(self, visit: Visit, found: Found) -> str | None:
        if self.archive is None:
            return None
        for kept in found.frames:
            self.archive.keep(kept.final_url, kept.answer.exchange, kept.answer.fetched_at)
        return self.archive.keep(visit.final_url, visit.answer.exchange, visit.answer.fetched_at)

    def _way(self, form: PageForm, visit: Visit, found: Found) -> Way:
        reading = visit.reading
        assert reading is not None
        return Way(
            page=visit.route,
            frames=tuple(v.route for v in found.frames),
            targets=form.targets,
            by_script=form.by_script,
            has_form_element=form.has_form_element,
            api_urls=form.api_urls,
            mixed_active=reading.mixed_active,
            mixed_passive=reading.mixed_passive,
            insecure_cookies=insecure_session_cookies(visit.cookies) if visit.final_url.startswith("https:") else (),
            personal_data=bool(form.personal_data),
        )


def _submits(form: PageForm) -> Iterable[str]:
    return (t.url for t in form.targets if t.url)


def _identity(form: PageForm, page_url: str) -> tuple[str, ...]:
    """What makes a form this very form: an in-scope form also by its page, every other by what it asks and where it sends to.

    A form that asks the same at the same place with another product chosen is the same form; one that stands in a page frame is the same on
    every page.
    """
    where = place(page_url) if form.kind in IN_SCOPE else host_of(page_url)
    own = key(page_url).partition("?")[0]
    targets = sorted({_target(url) for url in _submits(form)})
    return (form.kind, form.signature, where, *(target for target in targets if target != own))


def _target(url: str) -> str:
    """Host and path of a submit target, or what else it is, without session ids."""
    return key(url).partition("?")[0] if url.startswith("http") else url


def _form_id(municipality: str, form: PageForm, page_url: str) -> str:
    """Hash of what stays the same from night to night, whichever page of the site carried the form first and over whichever scheme."""
    text = "\n".join((municipality, *_identity(form, page_url)))
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()
