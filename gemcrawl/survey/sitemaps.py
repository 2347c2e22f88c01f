"""The pages of a site's sitemaps that are worth a place in the frontier."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from gemcrawl.sites import site_of
from gemcrawl.survey import sitemap
from gemcrawl.survey.links import Scores, closed, forbidden_url, url_score
from gemcrawl.survey.urls import host_of, split
from gemcrawl.survey.visit import HTML, Visitor

MAX_SITEMAPS = 3
MAX_PAGES = 40
"""Best pages that join the frontier."""


async def promising_pages(visitor: Visitor, start_url: str, own_sites: Collection[str], *, at_least: float) -> list[tuple[str, Scores]]:
    """Pages whose address promises ``at_least`` so much, best first, from the sitemaps that robots.txt names; where it names none, /sitemap.xml."""
    host = split(start_url).host
    rules = await visitor.book.of(host)
    queue = list(rules.sitemaps) or [f"{start_url.partition('://')[0]}://{host}/sitemap.xml"]
    read: list[str] = []
    found: dict[str, Scores] = {}
    while queue and len(read) < MAX_SITEMAPS:
        url = queue.pop(0)
        if url in read or site_of(host_of(url)) not in own_sites or closed(url) not in (None, "not_html"):
            continue
        read.append(url)
        visit = await visitor.visit(url)
        if visit.answer.status != 200 or visit.answer.content_type in HTML - {""}:
            continue
        pages, more = sitemap.locations(visit.answer.body)
        queue.extend(more)
        for page in pages:
            scores = url_score(page)
            if scores.best >= at_least and site_of(host_of(page)) in own_sites and not forbidden_url(page):
                found[page] = scores
    return heapq.nsmallest(MAX_PAGES, found.items(), key=lambda item: -item[1].best)
