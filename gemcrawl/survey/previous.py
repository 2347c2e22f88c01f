"""What the latest published night knew: where each municipality's forms were, and which of its pages led there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gemcrawl.items import IN_SCOPE
from gemcrawl.survey.links import NOTHING, Scores, forbidden_url
from gemcrawl.survey.urls import key

FIRST = 2.0
"""What a link is put forward by when it led to a form, or to the page with the link to one, the last time: its score stays what it is."""
UNLINKED = 4.0
"""What such a page promises when no link to it is met: enough to be asked for once more, as one that names the form."""
MAX_PAGES = 20
"""Pages remembered per municipality."""


class KnownForm(NamedTuple):
    """One form of an earlier snapshot."""

    kind: str
    page_url: str
    entry_url: str | None
    """The municipality's own page that links to it or frames it."""


@dataclass(slots=True)
class Previous:
    """Pages of one municipality that led to forms the last time, by the identity of their address."""

    pages: dict[str, tuple[str, Scores]] = field(default_factory=dict)
    """Address, and what it promises."""

    @classmethod
    def of(cls, forms: Iterable[KnownForm]) -> Previous:
        """From the forms of an earlier snapshot; those of other kinds, and addresses that may not be requested, are left out."""
        found = cls()
        wanted = [form for form in forms if form.kind in IN_SCOPE]
        for url, kind in [(f.entry_url, f.kind) for f in wanted] + [(f.page_url, f.kind) for f in wanted]:
            if url and url.startswith(("https://", "http://")) and not forbidden_url(url) and len(found.pages) < MAX_PAGES:
                promise = NOTHING._replace(**{kind: UNLINKED})
                known = found.pages.get(key(url))
                found.pages[key(url)] = (url, promise.at_least(known[1]) if known else promise)
        return found

    def advance(self, url: str, scores: Scores) -> float:
        """By how much a link is put forward, because its page led to a form of the kind that it promises the last time."""
        known = self.pages.get(key(url))
        return FIRST if known and getattr(known[1], scores.goal) else 0.0


KnownForms = Mapping[str, tuple[KnownForm, ...]]
"""By municipality."""
