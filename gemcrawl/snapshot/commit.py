"""What of a survey is committed: the better one of two tries, and whether it deserves a second."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gemcrawl.items import IN_SCOPE
from gemcrawl.survey.visit import NETWORK
from gemcrawl.transport.urls import host_of

if TYPE_CHECKING:
    from gemcrawl.items import Host, Survey
    from gemcrawl.snapshot.parts import Parts

_BEST_FIRST = ("surveyed", "partial", "robots_denied", "blocked", "unreachable", "failed")
_SILENT = {"dns", "timeout", "reset"}
"""States of a host in which nothing answered; a refused connection is an answer of a host, though it may not be one of a page's server."""
_BROKE = {"crashed", "failed"}
"""What a page's rendering ends in when the browser died under it."""


def spoilt(found: Survey, *, listing: bool) -> int:
    """How much of a survey may only have been spoilt by the network or by an error here: pages and hosts that stayed silent.

    A municipality of which any was is worth a second try.

    Args:
        found: the survey.
        listing: the TLS settings of hosts are listed in this run.
    """
    pages = sum(page.failure in NETWORK or page.render_outcome in _BROKE for page in found.pages)
    listed = _to_be_listed(found) if listing else set()
    hosts = sum(bool({host.https, host.http} & _SILENT) or (host.host in listed and _not_listed(host)) for host in found.hosts)
    return pages + hosts + (found.municipality.outcome == "failed" or found.municipality.reason in NETWORK)


def _to_be_listed(found: Survey) -> set[str]:
    """Hosts whose TLS settings are asked for: those that forms in scope meet over https."""
    forms = (form for form in found.forms if form.kind in IN_SCOPE)
    urls = (url for form in forms for url in (form.page_url, *form.frame_urls, *form.submit_urls))
    return {host_of(url) for url in urls if url.startswith("https:")}


def _not_listed(host: Host) -> bool:
    """Whether a host speaks TLS, and what it accepts could not be listed to the end."""
    return host.https in ("ok", "http_error") and host.ncsc_2025 == "not_tested"


def so_far(parts: Parts, codes: AbstractSet[str], *, listing: bool) -> tuple[set[str], set[str]]:
    """Those of ``codes`` that have a part, and those of them that are still to have their second try."""
    done = parts.codes() & codes
    return done, {
        code for code in done - parts.tried_again() if (first := parts.survey(code)) is not None and spoilt(first, listing=listing)
    }


def commit(parts: Parts, item: Survey, *, again: bool, listing: bool) -> None:
    """Writes a part.  After a second try the better survey stays, the first of equals, with the costs of both.

    Raises:
        OSError: it could not be written.
    """
    code = item.municipality.code
    kept, first = item, parts.survey(code) if again else None
    if first is not None:
        one, two = first.municipality, item.municipality
        kept = min(first, item, key=partial(_badness, listing=listing))
        kept.municipality = replace(kept.municipality, requests=one.requests + two.requests, bytes=one.bytes + two.bytes)
    parts.write(kept)
    if again:
        parts.mark_tried_again(code)


def _badness(found: Survey, *, listing: bool) -> tuple[int, int, int]:
    """Of two surveys of one municipality the one that saw more has less of it."""
    row = found.municipality
    return _BEST_FIRST.index(row.outcome), [row.appointment, row.contact].count("not_tested"), spoilt(found, listing=listing)
