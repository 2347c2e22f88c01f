"""How a plain http address leads to https, read from the hops of a route."""

from __future__ import annotations

from collections.abc import Sequence

from gemcrawl.items import Upgrade
from gemcrawl.transport.facts import Hop, Route
from gemcrawl.transport.urls import clean, host_of, scheme_of

# Worst first; `worst` and the findings read it.
_ORDER: tuple[Upgrade, ...] = (
    "downgrade",
    "none",
    "client_side",
    "late",
    "other_host_first",
    "first_hop_same_host",
    "not_applicable",
    "not_tested",
)


def classify(route: Route) -> Upgrade:
    """How a route that starts at http goes to https; the first hop decides, any http after https is a downgrade.

    ``none``: it ends on an http page.  ``not_applicable``: the route starts at https, or http answers 4xx, so there is no page to upgrade.
    ``not_tested``: no hops, a server error or a rate limit, or a redirect that was not followed to its end.
    """
    if not route:
        return "not_tested"
    if scheme_of(route[0].url) != "http":
        return "not_applicable"
    if downgrades(route):
        return "downgrade"
    secure = next((i for i, hop in enumerate(route) if scheme_of(hop.url) == "https"), None)
    if secure is None:
        return _without_https(route[-1])
    if route[secure - 1].leaves_by in ("meta_refresh", "script", "link"):
        return "client_side"
    if secure > 1:
        return "late"
    return "first_hop_same_host" if host_of(route[0].url) == host_of(route[1].url) else "other_host_first"


def _without_https(last: Hop) -> Upgrade:
    if is_page(last):
        return "none"
    if 400 <= last.status < 500 and last.status != 429:
        return "not_applicable"
    return "not_tested"


def is_page(hop: Hop) -> bool:
    """Whether a hop is the end of its route and answered with a document."""
    return 200 <= hop.status < 300 and not hop.leaves_by


def downgrades(route: Route) -> list[Hop]:
    """The http hops that come after an https hop."""
    found: list[Hop] = []
    secure = False
    for hop in route:
        scheme = scheme_of(hop.url)
        if scheme == "http" and secure:
            found.append(hop)
        secure = secure or scheme == "https"
    return found


def worst(upgrades: Sequence[Upgrade]) -> Upgrade:
    """The worst of several classifications; ``not_tested`` of none."""
    return min(upgrades, key=_ORDER.index, default="not_tested")


def until_secure(route: Route) -> Route:
    """The hops up to and including the first over https: what the upgrade check is about, without where the site leads on to."""
    secure = next((i for i, hop in enumerate(route) if scheme_of(hop.url) == "https"), len(route))
    return route[: secure + 1]


def describe(route: Route) -> str:
    """The hops in one line, as findings quote them: ``http://x/ 301 -> https://x/ 200``; a hop without an answer is ``not read``."""
    arrows = {"meta_refresh": " -(meta refresh)-> ", "script": " -(script)-> ", "link": " -(link)-> "}
    parts: list[str] = []
    for i, hop in enumerate(route[:20]):
        parts.append(f"{clean(hop.url, 200)} {hop.status or 'not read'}")
        if i + 1 < len(route):
            parts.append(arrows.get(hop.leaves_by, " -> "))
    return clean("".join(parts))
