"""What a survey of the nation must find, derived from the definitions alone; nothing here calls gemcrawl's own judging code."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from gemcrawl.demo.faults import INHERITABLE_HSTS, INVALID_HSTS, OUTCOMES
from gemcrawl.demo.model import FormPlace, Host, Nation, Town
from gemcrawl.demo.products import LOOKALIKES, PRODUCTS
from gemcrawl.demo.render import menu
from gemcrawl.demo.sites import find

_INSECURE = {
    "page_http", "frame_parent_http", "frame_http", "action_http", "api_http", "action_mailto", "cert_expired", "cert_not_yet_valid",
    "cert_self_signed", "cert_untrusted", "cert_hostname_mismatch",
}  # fmt: skip
_DOWNGRADE = {"redirect_downgrade", "http_twin"}
_NOTES = {"mixed_passive", "submit_by_script", "wildcard_dns"}
_HTTPS_2016 = {"page_http", "frame_parent_http", "frame_http", "action_http", "api_http"}
_WEBAPP_2015 = {*_HTTPS_2016, "http_twin", "redirect_downgrade", "action_mailto"}
_DECREE_2023 = {
    *_WEBAPP_2015, "cert_expired", "cert_not_yet_valid", "cert_self_signed", "cert_untrusted", "cert_hostname_mismatch",
    "cert_incomplete_chain", "upgrade_other_host_first", "upgrade_late", "upgrade_client_side", "hsts_absent", "hsts_invalid", "hsts_off",
    "hsts_ineffective", "tls_phase_out", "tls_insufficient",
}  # fmt: skip
# By the table of 2025 exactly those profiles are insufficient that are below sufficient in 2.1, so the codes say it.
_INTERNET_NL_2025 = {*_DECREE_2023, "hsts_short"}
_CERTIFICATES = {
    "expired": "cert_expired",
    "not_yet_valid": "cert_not_yet_valid",
    "self_signed": "cert_self_signed",
    "untrusted": "cert_untrusted",
    "wrong_host": "cert_hostname_mismatch",
}
_TLS = {"tls10_11": "tls_phase_out", "insufficient": "tls_insufficient"}
_UPGRADES = {
    "other_host": "upgrade_other_host_first",
    "late": "upgrade_late",
    "meta_refresh": "upgrade_client_side",
    "script": "upgrade_client_side",
}
_RANK = ("not_found", "secure", "not_tested", "weak", "downgrade", "insecure")


@dataclass(slots=True, kw_only=True)
class FormTruth:
    """One form that a survey must find."""

    kind: str
    product: str
    page_url: str
    also_urls: list[str]
    """Other addresses of the same document that count as right."""
    frame_urls: list[str]
    entry_urls: list[str]
    submit_urls: list[str]
    findings: list[str]
    """Codes that must be there."""
    tolerated: list[str]
    """Codes that may be there: the rules leave it open."""
    verdict: str
    https_2016: str
    ncsc_webapp_2015: str
    decree_2023: str
    """With versions, suites and groups of every host listed; the same for the next."""
    internet_nl_2025: str
    personal_data: bool
    script: str
    """As `gemcrawl.demo.products.Script`; empty for a form that stands in the page as fetched."""
    oracle_requests: int
    """Page requests on the shortest click path from the home page, which counts; 2 for a form that only the sitemap or the known hosts name."""
    sitemap_only: bool
    known_host_only: bool


@dataclass(slots=True, kw_only=True)
class TownTruth:
    """One municipality."""

    code: str
    name: str
    province: str
    website: str
    case: str
    outcomes: list[str]
    """Every outcome that is right."""
    reason: str | None
    appointment: str
    contact: str
    forms: list[FormTruth] = field(default_factory=list)
    other_forms: list[dict[str, str]] = field(default_factory=list)
    """Kind and URL of the look-alikes on its site."""


def truth(nation: Nation) -> list[TownTruth]:
    """The truth about every municipality."""
    return [_town(town, nation.hosts) for town in nation.towns]


def write_truth(nation: Nation, path: Path) -> None:
    """Writes the truth as JSON: night, headline and municipalities."""
    towns = truth(nation)
    failing = [t.code for t in towns if any(f.kind == "appointment" and f.https_2016 == "fail" for f in t.forms)]
    document = {"night": nation.night, "appointment_without_https": failing, "municipalities": [asdict(t) for t in towns]}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _town(town: Town, hosts: dict[str, Host]) -> TownTruth:
    site = hosts[town.website]
    barred = town.case in OUTCOMES and town.case != "o_supplier_robots"
    paths = {} if barred else _click_paths(site)
    places = [p for p in town.places if not barred and not _denied(p, town) and not _hidden(p)]
    forms = [_form(place, site, hosts, paths) for place in places]
    statuses = {}
    for kind in ("appointment", "contact"):
        if barred or any(p.kind == kind and (_denied(p, town) or _hidden(p)) for p in town.places):
            statuses[kind] = "not_tested"
        else:
            statuses[kind] = max((f.verdict for f in forms if f.kind == kind), key=_RANK.index, default="not_found")
    scheme = "http" if site.profile == "closed" else "https"
    others = [
        {"kind": LOOKALIKES[key], "url": f"{scheme}://{site.name}{page.path}"}
        for page in site.pages.values()
        for key in page.lookalikes
        if not barred and not page.forbidden
    ]
    return TownTruth(
        code=town.code,
        name=town.name,
        province=town.province,
        website=town.website,
        case=town.case,
        outcomes=list(town.outcomes),
        reason=town.reason,
        appointment=statuses["appointment"],
        contact=statuses["contact"],
        forms=forms,
        other_forms=others,
    )


def _denied(place: FormPlace, town: Town) -> bool:
    return town.case == "o_supplier_robots" and urlsplit(place.page_url).hostname != town.website


def _hidden(place: FormPlace) -> bool:
    return PRODUCTS[place.spec.product].script == "hidden"


def _submit_urls(place: FormPlace) -> list[str]:
    """The form's targets, resolved as a browser does; an absent or empty action is the document itself; none without a form element."""
    spec = place.spec
    if spec.api:
        return []
    base = spec.base_href or place.page_url
    written = spec.action or ""
    urls = [urljoin(base, written) if written else place.page_url]
    if written.startswith(("javascript:", "mailto:")):
        urls = [written]
    if spec.formaction:
        urls.append(urljoin(base, spec.formaction))
    return urls


def _form(place: FormPlace, site: Host, hosts: dict[str, Host], paths: dict[str, int]) -> FormTruth:
    product, submits = PRODUCTS[place.spec.product], _submit_urls(place)
    documents = [place.page_url, *place.frames]
    names = list(dict.fromkeys(name for url in (*documents, *submits) if (name := urlsplit(url).hostname)))
    found = _scheme_findings(place, submits) | _page_findings(place)
    for name in names:
        found |= _host_findings(hosts[name], site)
    if place.spec.api.startswith("https:"):
        # HSTS is asked of hosts that a visitor's page or data goes to by name, not of a script's data endpoint.
        api = hosts[urlsplit(place.spec.api).hostname or ""]
        found |= {code for code in _host_findings(api, site) if not code.startswith("hsts_")}
    if hosts[names[0]].wildcard and place.known_host_only:
        found.add("wildcard_dns")
    for url in documents:
        if url.startswith("https:"):
            found |= _twin(url, hosts)
    if _http_entry(place, site, hosts):
        found.add("entry_http")
    if any(url.startswith("http:") for url in documents):
        found.discard("hsts_absent")
    tolerated = _tolerated(place, found, [hosts[name] for name in names])
    # Only a real form owes its target; a form that a script draws is judged by its page and its endpoint.
    unknown = "submit_by_script" in found and not place.spec.api
    return FormTruth(
        kind=place.kind,
        product=place.spec.product,
        page_url=place.page_url,
        also_urls=list(place.also_urls),
        frame_urls=list(place.frames),
        entry_urls=list(place.entries),
        submit_urls=submits,
        findings=sorted(found),
        tolerated=sorted(tolerated),
        verdict=_verdict(found, unknown_target=unknown),
        https_2016=_result(found & _HTTPS_2016, unknown_target=unknown),
        ncsc_webapp_2015=_result(found & _WEBAPP_2015, unknown_target=unknown),
        decree_2023=_result(found & _DECREE_2023, unknown_target=unknown),
        internet_nl_2025=_result(found & _INTERNET_NL_2025, unknown_target=unknown),
        personal_data=product.personal,
        script=product.script,
        oracle_requests=_oracle(place, paths),
        sitemap_only=place.sitemap_only,
        known_host_only=place.known_host_only,
    )


def _scheme_findings(place: FormPlace, submits: list[str]) -> set[str]:
    """What follows from the schemes of page, frames, targets and route."""
    secure, found = place.page_url.startswith("https:"), set()
    if not secure:
        found.add("frame_http" if place.frames and place.frames[-1].startswith("https:") else "page_http")
    if any(url.startswith("http:") for url in place.frames):
        found.add("frame_parent_http")
    schemes = {url.partition(":")[0] for url in submits}
    found |= {
        code
        for scheme, code in (("http", "action_http"), ("mailto", "action_mailto"), ("javascript", "submit_by_script"))
        if scheme in schemes
    }
    if place.spec.api:
        found |= {"submit_by_script", *(("api_http",) if place.spec.api.startswith("http:") else ())}
        if place.spec.api.startswith("http:") and PRODUCTS[place.spec.product].script:
            found.add("mixed_active")  # its script asks the service before it shows the form
    if any(a.startswith("https:") and b.startswith("http:") for a, b in pairwise(place.route)):
        found.add("redirect_downgrade")
    return found


def _page_findings(place: FormPlace) -> set[str]:
    """What follows from the page itself; over http the mixture and the cookie are no findings of their own."""
    found, spec = set(), place.spec
    if place.page_url.startswith("https:"):
        if spec.mixed_active:
            found.add("mixed_active")
        if spec.mixed_passive:
            found.add("mixed_passive")
        if place.page.set_cookie and "Secure" not in place.page.set_cookie:
            found.add("cookie_insecure")
    if spec.method == "get" and PRODUCTS[spec.product].personal:
        found.add("personal_data_in_url")
    return found


def _tolerated(place: FormPlace, found: set[str], hosts: list[Host]) -> set[str]:
    """Codes on which the rules leave room."""
    tolerated: set[str] = set()
    if "frame_http" in found:
        tolerated.add("page_http")
    if any(host.profile in (*_CERTIFICATES, "incomplete_chain") for host in hosts):
        tolerated |= {"hsts_ineffective", "hsts_absent"}
    if any(url.startswith("http:") for url in (place.page_url, *place.frames)):
        tolerated |= {"hsts_absent", "entry_http", "http_twin", "redirect_downgrade"}
    if place.spec.base_href:
        tolerated |= {"mixed_active", "mixed_passive", "entry_http"}
    return tolerated - found


def _http_entry(place: FormPlace, site: Host, hosts: dict[str, Host]) -> bool:
    if place.frames or not place.entries or not place.page_url.startswith("https:"):
        return False
    entry = urlsplit(place.entries[0])
    return entry.scheme == "http" and not _covered(hosts[entry.hostname or ""], site)


def _verdict(found: set[str], *, unknown_target: bool) -> str:
    if found & _INSECURE:
        return "insecure"
    if unknown_target:
        return "not_tested"
    if found & _DOWNGRADE:
        return "downgrade"
    return "weak" if found - _NOTES else "secure"


def _result(failing: set[str], *, unknown_target: bool) -> str:
    """What a rule set says of a form with these codes on which it fails."""
    if failing:
        return "fail"
    return "not_tested" if unknown_target else "pass"


def _hsts(header: str | None) -> str:
    """How the nation means a header; the varieties are those of `gemcrawl.demo.faults`, not a parser."""
    if header is None:
        return "hsts_absent"
    if header == "max-age=0":
        return "hsts_off"
    if header == "max-age=31535999":
        return "hsts_short"
    return "hsts_invalid" if header in INVALID_HSTS else ""


def _inherited(host: Host, site: Host) -> bool:
    return host.name.endswith("." + site.name) and site.hsts == INHERITABLE_HSTS


def _covered(host: Host, site: Host) -> bool:
    return host.profile != "closed" and (_hsts(host.hsts) in ("", "hsts_short") or _inherited(host, site))


def _host_findings(host: Host, site: Host) -> set[str]:
    """Certificate, TLS and HSTS of one host; a host without https has none of them."""
    found: set[str] = set()
    if host.profile == "closed":
        return found
    if host.profile in _CERTIFICATES:
        # RFC 6797 8.1: over a bad certificate the header counts for nothing.
        return {_CERTIFICATES[host.profile], "hsts_ineffective" if host.hsts else "hsts_absent"}
    if host.profile == "incomplete_chain":
        found.add("cert_incomplete_chain")
    if host.profile in _TLS:
        found.add(_TLS[host.profile])
    state = _hsts(host.hsts)
    if state and not _inherited(host, site):
        found.add(state)
    return found


def _twin(url: str, hosts: dict[str, Host]) -> set[str]:
    """What the http version of an https document does."""
    parts = urlsplit(url)
    host = hosts[parts.hostname or ""]
    page = find(host, parts.path)
    if host.http == "serve" or (page is not None and page.on_http):
        return {"http_twin"}
    return {_UPGRADES[host.http]} if host.http in _UPGRADES else set()


def _click_paths(site: Host) -> dict[str, int]:
    """Page requests from the home page, itself included, to every URL without query that links lead to, breadth first.

    Menu, navigation and footer are the same on every page, so the home page stands for them all.
    """
    origin = f"{'http' if site.profile == 'closed' else 'https'}://{site.name}"
    clicks, queue = {f"{origin}/": 1}, deque([f"{origin}/"])
    while queue:
        url = queue.popleft()
        parts = urlsplit(url)
        page = site.pages.get(parts.path) if parts.hostname == site.name else None
        if page is None:
            continue
        hrefs = [link.href for link in page.links] + [page.frame]
        if clicks[url] == 1:
            hrefs += [link.href for link in (*site.nav, *site.footer, *menu(site))]
        for href in hrefs:
            target = (origin + href if href.startswith("/") else href).partition("?")[0]
            if target.startswith("http") and target not in clicks:
                clicks[target] = clicks[url] + 1
                queue.append(target)
    return clicks


def _oracle(place: FormPlace, paths: dict[str, int]) -> int:
    if place.sitemap_only or place.known_host_only:
        return 2
    entries = (entry.partition("?")[0] for entry in place.entries)
    return min((paths[entry] for entry in entries if entry in paths), default=0)
