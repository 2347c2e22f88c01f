"""What each case changes: on a form, on a host, or on the outcome of the whole municipality."""

from __future__ import annotations

import random
from dataclasses import dataclass
from urllib.parse import urlsplit

from gemcrawl.demo.model import Barrier, FormPlace, Host, HttpPolicy, Page, TlsProfile, Town
from gemcrawl.items import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the survey of a municipality is to end."""

    outcomes: tuple[Outcome, ...]
    reason: Reason | None
    barrier: Barrier = ""
    closed: bool = False


OUTCOMES: dict[str, Outcomes] = {
    "o_down": Outcomes(("unreachable",), "http_5xx", "down"),
    "o_refused": Outcomes(("unreachable",), "refused", closed=True),
    "o_robots_all": Outcomes(("robots_denied",), "robots"),
    "o_robots_500": Outcomes(("robots_denied",), "robots_unavailable"),
    "o_forbidden": Outcomes(("blocked",), "http_4xx", "forbidden"),
    "o_rate_limited": Outcomes(("blocked",), "rate_limited", "rate_limited"),
    "o_challenge": Outcomes(("blocked",), "challenge", "challenge"),
    "o_supplier_robots": Outcomes(("surveyed", "partial"), None),
}
_PROFILES: dict[str, TlsProfile] = {
    "expired": "expired",
    "not_yet_valid": "not_yet_valid",
    "self_signed": "self_signed",
    "wrong_host": "wrong_host",
    "incomplete": "incomplete_chain",
    "untrusted": "untrusted",
    "tls_old": "tls10_11",
    "tls_insufficient": "insufficient",
}
INVALID_HSTS = (": max-age=31536000", "max-age==31536000", "max-age=1 year", "max-age=1; max-age=31536000", "includeSubDomains")
_QUOTED_HSTS = ("includeSubDomains; max-age=31536000", 'MAX-AGE = "31536000"', "max-age=63072000; preload", "max-age=31536000 ; foo=bar")
INHERITABLE_HSTS = "max-age=31536000; includeSubDomains"
_ASSET = "/assets/kaart.js"
_HSTS = {"hsts_absent": None, "hsts_short": "max-age=31535999", "hsts_off": "max-age=0"}
_UPGRADES: dict[str, HttpPolicy] = {
    "c_upgrade_other": "other_host",
    "c_upgrade_late": "late",
    "c_meta_refresh": "meta_refresh",
    "c_script_upgrade": "script",
}
HOST_FAULTS = tuple(f"a_{fault}" for fault in (*_PROFILES, *_HSTS, "hsts_invalid", "http_twin", "entry_http"))
"""Faults of the host that carries the appointment form; it is never the site's own host then."""


def apply_form_fault(town: Town, site: Host, host: Host, place: FormPlace) -> None:
    """Faults that lie in the form, its page or the link to it."""
    fault = town.case[2:]
    written = _written(fault, town, host, place)
    if written:
        for name, value in written.items():
            setattr(place.spec, name, value)
    elif fault == "cookie":
        place.page.set_cookie = "PHPSESSID=9f8e7d6c5b4a; path=/; HttpOnly"
    elif fault == "downgrade":
        _downgrade(site, place)
    else:
        _over_http(fault, site, host, place)
    if place.spec.mixed_active:
        asset = Page(path=_ASSET, title="", raw=b"/* kaart */", content_type="text/javascript", on_http=True, in_sitemap=False)
        host.pages.setdefault(_ASSET, asset)


def _written(fault: str, town: Town, host: Host, place: FormPlace) -> dict[str, str]:
    """What a fault changes in the form as written; empty when it lies elsewhere."""
    submit, base = f"//{host.name}/verzenden", f"http://{host.name}/"
    changes = {
        "action_http": {"action": f"http:{submit}"},
        "formaction_http": {"action": f"https:{submit}", "formaction": f"http:{submit}"},
        "base_http": {"base_href": base, "action": "afspraak/verzenden"},
        "base_fragment_http": {"base_href": base, "action": "#"},
        "mailto": {"action": f"mailto:gemeente@{town.slug}.test"},
        "get": {"method": "get", "action": place.page.path},
        "javascript": {"action": "javascript:verstuur()"},
        "mixed_active": {"mixed_active": f"http://{host.name}{_ASSET}"},
    }
    return changes.get(fault, {})


def _over_http(fault: str, site: Host, host: Host, place: FormPlace) -> None:
    """Faults by which the page, or the first step to it, goes over http."""
    entry, plain = place.entries[0], f"http://{host.name}{place.page.path}"
    entry_plain = entry.replace("https:", "http:", 1)
    if fault == "http_link":
        place.page.on_http, site.hsts = True, None
        place.page_url, place.entries = plain, (plain,)
    elif fault == "entry_http_covered":
        place.entries = (entry_plain,)
    elif fault == "entry_http":
        place.entries, host.hsts = (entry_plain,), None
    elif fault in ("http_supplier", "frame_http"):
        host.profile, host.http, host.hsts = "closed", "serve", None
        place.page_url, place.entries = plain, (entry_plain,)
    elif fault == "http_site":
        for page_host in (site, host):
            page_host.profile, page_host.http, page_host.hsts = "closed", "serve", None
        place.page_url, place.entries = plain, (plain,)
    elif fault == "redirect_to_http":
        place.page.redirect, place.page.on_http, host.hsts = plain, True, None
        place.page_url, place.route, place.also_urls = plain, (entry, plain), (f"https://{host.name}{place.page.path}",)


def _downgrade(site: Host, place: FormPlace) -> None:
    entry, middle = place.entries[0], f"http://{site.name}/afspraak-doorsturen"
    site.add(Page(path="/afspraak-online", title="", redirect=middle, in_sitemap=False))
    site.add(Page(path="/afspraak-doorsturen", title="", redirect=entry, http_redirect=entry, in_sitemap=False))
    place.route = (f"https://{site.name}/afspraak-online", middle, entry)
    place.entries = place.route[:1]


def apply_host_fault(town: Town, site: Host, hosts: dict[str, Host], rng: random.Random) -> None:
    """Faults and peculiarities of the host that carries the appointment form (a_ and n_) or of the site (c_)."""
    case, fault = town.case, town.case[2:]
    place = next((p for p in town.places if p.kind == "appointment"), None)
    target = hosts[urlsplit(place.page_url).hostname or ""] if place and case.startswith(("a_", "n_")) else site
    if fault in _PROFILES:
        target.profile = _PROFILES[fault]
    elif fault in _HSTS:
        target.hsts = _HSTS[fault]
    elif fault == "hsts_invalid":
        target.hsts = rng.choice(INVALID_HSTS)
    elif fault == "http_twin":
        target.http = "serve"
    elif case in _UPGRADES:
        site.http = _UPGRADES[case]
    elif case == "a_http_site":
        other = hosts[site.alternate]
        other.profile, other.http, other.redirect_all = "closed", "serve", f"http://{site.name}"
        _all_http(town, site)
    else:
        _no_fault(case, town, site, target, rng)


def _no_fault(case: str, town: Town, site: Host, target: Host, rng: random.Random) -> None:
    """Peculiarities that look like faults and are none."""
    if case == "n_inherited":
        site.hsts, target.hsts = INHERITABLE_HSTS, None
    elif case in ("n_tls12", "n_tls13"):
        target.profile = "tls12" if case == "n_tls12" else "tls13"
    elif case == "n_mixed_passive":
        for place in town.places:
            place.spec.mixed_passive = f"http://{site.name}/assets/foto.png"
        site.add(
            Page(path="/assets/foto.png", title="", raw=b"\x89PNG\r\n\x1a\n", content_type="image/png", on_http=True, in_sitemap=False)
        )
    elif case == "n_http_closed":
        site.http = "closed"
    elif case == "n_quoted_hsts":
        site.hsts, target.hsts = rng.choice(_QUOTED_HSTS), rng.choice(_QUOTED_HSTS)


def _all_http(town: Town, site: Host) -> None:
    """A site without https: every form on it is reached over http."""
    secure, plain = f"https://{site.name}/", f"http://{site.name}/"
    for place in town.places:
        if place.page_url.startswith(secure):
            place.page_url = place.page_url.replace(secure, plain, 1)
            place.entries = tuple(entry.replace(secure, plain, 1) for entry in place.entries)
