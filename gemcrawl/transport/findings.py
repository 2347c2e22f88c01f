"""What is wrong with the way to and from one form: facts in, findings out.

Every judgement here is a row of the table of findings; each says what it is about and quotes what was seen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import pairwise

from gemcrawl.items import CertificateState, Finding, FindingCode, Host, Hsts, TlsVersion, Upgrade, Weight
from gemcrawl.transport import ncsc, parties, preload
from gemcrawl.transport.facts import Route, Way
from gemcrawl.transport.hsts import YEAR
from gemcrawl.transport.upgrade import classify, describe, downgrades, is_page, until_secure
from gemcrawl.transport.urls import clean, document_of, host_of, same_url, scheme_of

WEIGHTS: dict[FindingCode, Weight] = tomllib.loads(
    (resources.files("gemcrawl.transport") / "findings.toml").read_text("utf-8"),
)  # type: ignore[assignment]
"""Weight by code, in the order of the closed list."""

WEIGHT_ORDER: tuple[Weight, ...] = ("insecure", "downgrade", "weak", "note")
_CODE_ORDER = {code: i for i, code in enumerate(WEIGHTS)}

_COVERED: frozenset[Hsts] = frozenset({"good", "short", "inherited", "preloaded"})
_UPGRADES: dict[Upgrade, FindingCode] = {
    "client_side": "upgrade_client_side",
    "late": "upgrade_late",
    "other_host_first": "upgrade_other_host_first",
}
_CERTIFICATES: dict[CertificateState, FindingCode] = {
    "expired": "cert_expired",
    "not_yet_valid": "cert_not_yet_valid",
    "self_signed": "cert_self_signed",
    "untrusted": "cert_untrusted",
    "hostname_mismatch": "cert_hostname_mismatch",
    "incomplete_chain": "cert_incomplete_chain",
}
_HSTS: dict[Hsts, FindingCode] = {
    "absent": "hsts_absent",
    "invalid": "hsts_invalid",
    "off": "hsts_off",
    "ineffective": "hsts_ineffective",
    "short": "hsts_short",
}
"""Worst first: the worst address of a host counts."""
_OLD_VERSIONS: dict[TlsVersion, FindingCode] = {"SSLv3": "tls_insufficient", "TLSv1": "tls_phase_out", "TLSv1.1": "tls_phase_out"}
"""NCSC 2.1; a version is negotiated only when the server has no better one."""

_MOST_SUBJECTS = 50
_Found = Iterator[Finding]


def find(way: Way, hosts: Mapping[str, Sequence[Host]], *, preloaded: Callable[[str], bool] = preload.covered) -> list[Finding]:
    """Every finding about one form, worst weight first, then in the order of the closed list.

    Args:
        way: the facts about the way to and from the form.
        hosts: rows of the hosts that take part in it (`parties.roles`), by host name as in `Host.host`, one per address.
        preloaded: whether a host that an http link names is on the preload list, also one without a row.

    A host without rows gives no findings; whether that leaves a verdict untested is for `gemcrawl.transport.rules`.  There is one finding per
    code and subject; strings from sites are cut at 500 characters and hold no control characters.
    """
    found = [
        *_documents(way),
        *_targets(way),
        *_downgrades(way, hosts),
        *_http_versions(way, hosts, preloaded),
        *_upgrades(way, hosts),
        *_certificates(way, hosts),
        *_hsts(way, hosts),
        *_tls(way, hosts),
        *_contents(way),
        *_frames(way),
        *_wildcard(way),
    ]
    distinct: dict[tuple[str, str], Finding] = {}
    for finding in found:
        distinct.setdefault((finding.code, finding.subject), finding)
    return sorted(distinct.values(), key=lambda f: (WEIGHT_ORDER.index(f.weight), _CODE_ORDER[f.code], f.subject))


def finding(code: FindingCode, subject: str, evidence: str) -> Finding:
    """A finding with the weight of its code; subject and evidence made safe to store and never empty."""
    return Finding(code=code, weight=WEIGHTS[code], subject=clean(subject) or "(unknown)", evidence=clean(evidence) or code)


def _documents(way: Way) -> _Found:
    """The form's document and those that frame it, by the scheme they came over."""
    if not way.page:
        return
    frames = [route for route in way.frames if route]
    framing = [scheme_of(route[-1].url) for route in frames]
    page = way.page[-1].url
    if scheme_of(page) == "http":
        code: FindingCode = "frame_http" if "https" in framing else "page_http"
        yield finding(code, page, f"delivered over http: {describe(way.page)}")
        return
    for route, scheme in zip(frames, framing, strict=True):
        if scheme == "http":
            yield finding("frame_parent_http", route[-1].url, f"frames {page} and is delivered over http: {describe(route)}")


def _targets(way: Way) -> _Found:
    page = way.page[-1].url if way.page else ""
    by_script = way.by_script
    for target in way.targets:
        if target.method == "dialog":
            continue
        seen = f'{target.attribute}="{clean(target.written, 200)}" resolves to {target.url or "nothing"}'
        scheme = scheme_of(target.url) or scheme_of(target.written)
        if scheme == "http":
            yield finding("action_http", target.url, seen)
        elif scheme == "mailto":
            yield finding("action_mailto", target.url or target.written, seen)
        elif scheme == "javascript":
            by_script = True
        # A script that takes the submit over decides for itself how the data travel.
        if target.method == "get" and scheme in ("http", "https") and way.personal_data and way.has_form_element and not way.by_script:
            yield finding("personal_data_in_url", target.url, f"method get with fields for personal data: {seen}")
    for url in way.api_urls:
        if scheme_of(url) == "http":
            yield finding("api_http", url, f"data endpoint that the page declares: {url}")
    if by_script:
        written = next((t.written for t in way.targets if scheme_of(t.written) == "javascript"), "")
        yield finding(
            "submit_by_script", page, f'action="{clean(written, 200)}"' if written else "a script sends the form; no target in the markup"
        )


def _routes(way: Way) -> list[Route]:
    """Every route to the form that has hops: the page, its frames and their http versions."""
    twins = [twin for _, twin in way.twins if not isinstance(twin, str)]
    return [route for route in (way.page, *way.frames, *twins) if route]


def _downgrades(way: Way, hosts: Mapping[str, Sequence[Host]]) -> _Found:
    for route in _routes(way):
        for hop in downgrades(route):
            yield finding("redirect_downgrade", hop.url, describe(route))
    for host in parties.hosts(way, parties.JUDGED_FOR_UPGRADE):
        for row in hosts.get(host, ()):
            if row.upgrade == "downgrade":
                yield finding("redirect_downgrade", host, f"http://{host}/{_at(row)} leads to https and back to http")


def _http_versions(way: Way, hosts: Mapping[str, Sequence[Host]], preloaded: Callable[[str], bool]) -> _Found:
    """The http version of a page that was reached over https, and the http links that lead to the form.

    Links are followed as written: where one leads to an http version that answers with a page, that page is the form's page.  A link that
    names no scheme, on a page that was itself read over http, is no http link as written: entry_http is not given for it.
    """
    answering = {url: route for url, route in way.twins if not isinstance(route, str) and _answers_over_http(route)}
    page = way.page[-1].url if way.page else ""
    secure = [route[-1].url for route in (way.page, *way.frames) if route and scheme_of(route[-1].url) == "https"]
    linked: set[str] = set()
    for entry in way.entries:
        if scheme_of(entry.href) != "http":
            continue
        url, route = next(((url, route) for url, route in answering.items() if same_url(url, entry.href)), ("", ()))
        if route:
            linked.add(url)
            # The form itself sits in a frame when the link leads to a framing page.
            framing = bool(way.frames) and document_of(url) != document_of(page)
            code: FindingCode = "frame_parent_http" if framing and scheme_of(page) == "https" else "page_http"
            yield finding(code, url, f"linked from {clean(entry.page_url, 200)}: {describe(route)}")
        elif (
            scheme_of(page) == "https"
            and not entry.inherits
            and not (_covered(hosts.get(host_of(entry.href), ())) or preloaded(host_of(entry.href)))
        ):
            yield finding("entry_http", entry.href, f"linked from {clean(entry.page_url, 200)}; no HSTS covers {host_of(entry.href)}")
    documents = {document_of(url) for url in secure}
    for url, route in answering.items():
        if url not in linked and document_of(url) in documents:
            yield finding("http_twin", url, describe(route))


def _answers_over_http(route: Route) -> bool:
    return bool(route) and is_page(route[-1]) and all(scheme_of(hop.url) == "http" for hop in route)


def _covered(rows: Sequence[Host]) -> bool:
    return bool(rows) and all(row.hsts in _COVERED for row in rows)


def _upgrades(way: Way, hosts: Mapping[str, Sequence[Host]]) -> _Found:
    """One finding per host that a page or frame lives on; one with hops to show is preferred.  What comes after https is a downgrade or none."""
    evidence: dict[str, dict[Upgrade, str]] = {}
    for route in _routes(way):
        if scheme_of(route[0].url) == "http":
            evidence.setdefault(host_of(route[0].url), {}).setdefault(classify(until_secure(route)), describe(route))
    for host in parties.hosts(way, parties.JUDGED_FOR_UPGRADE):
        for row in hosts.get(host, ()):
            evidence.setdefault(host, {}).setdefault(row.upgrade, f"http://{host}/{_at(row)}: {row.upgrade.replace('_', ' ')}")
    for host, seen in evidence.items():
        for upgrade, code in _UPGRADES.items():
            if upgrade in seen:
                yield finding(code, host, seen[upgrade])
                break


def _certificates(way: Way, hosts: Mapping[str, Sequence[Host]]) -> _Found:
    for host in parties.hosts(way, parties.JUDGED_FOR_TLS):
        for row in hosts.get(host, ()):
            for defect in row.certificate_defects or [row.certificate]:
                if defect in _CERTIFICATES:
                    yield finding(_CERTIFICATES[defect], host, _certificate(row))


def _certificate(row: Host) -> str:
    dates = f"{row.certificate_not_before:%Y-%m-%d} to {row.certificate_not_after:%Y-%m-%d}" if _dated(row) else "unknown"
    return (
        f"{', '.join(row.certificate_defects) or row.certificate}{_at(row)}; names {clean(', '.join(row.certificate_names), 120) or 'none'}; "
        f"valid {dates}; subject {clean(row.certificate_subject or 'unknown', 100)}; issuer {clean(row.certificate_issuer or 'unknown', 100)}"
    )


def _dated(row: Host) -> bool:
    return row.certificate_not_before is not None and row.certificate_not_after is not None


def _hsts(way: Way, hosts: Mapping[str, Sequence[Host]]) -> _Found:
    for host in parties.hosts(way, parties.JUDGED_FOR_HSTS):
        states = {_hsts_state(row): row for row in reversed(hosts.get(host, ()))}
        worst = next((state for state in _HSTS if state in states), None)
        if worst is None:
            continue
        row = states[worst]
        header = "no Strict-Transport-Security" if row.hsts_header is None else f"Strict-Transport-Security: {clean(row.hsts_header, 300)}"
        why = {"ineffective": f"; certificate {row.certificate}", "short": f"; in force for {row.hsts_max_age} s"}.get(worst, "")
        yield finding(_HSTS[worst], host, f"{header}{why}{_at(row)}")


def _hsts_state(row: Host) -> Hsts:
    """A short policy stays short when it is a parent's."""
    if row.hsts == "inherited" and row.hsts_max_age is not None and row.hsts_max_age < YEAR:
        return "short"
    return row.hsts


def _tls(way: Way, hosts: Mapping[str, Sequence[Host]]) -> _Found:
    """By NCSC 2.1: the grade of the inventory, or else what the handshakes themselves prove."""
    for host in parties.hosts(way, parties.JUDGED_FOR_TLS):
        for row in hosts.get(host, ()):
            if row.ncsc_2_1 != "not_tested":
                if row.ncsc_2_1 in ("insufficient", "phase_out"):
                    code: FindingCode = "tls_insufficient" if row.ncsc_2_1 == "insufficient" else "tls_phase_out"
                    # What is not in the row is the signature of an intermediate certificate.
                    why = ncsc.below_sufficient(ncsc.grade_row(ncsc.load()["ncsc-2.1"], row)) or "signature of an intermediate certificate"
                    yield finding(code, host, f"{row.ncsc_2_1.replace('_', ' ')} in NCSC 2.1{_at(row)}: {why}")
            elif row.tls_versions and _OLD_VERSIONS.keys() >= set(row.tls_versions):
                best = max(row.tls_versions, key=tuple(_OLD_VERSIONS).index)
                yield finding(_OLD_VERSIONS[best], host, f"best version negotiated{_at(row)}: {best}")


def _contents(way: Way) -> _Found:
    """What the form's https page loads over http, and the session cookies it sets."""
    page = way.page[-1].url if way.page else ""
    if scheme_of(page) != "https":
        return
    if way.mixed_active:
        yield finding("mixed_active", page, _listed(way.mixed_active))
    if way.mixed_passive:
        yield finding("mixed_passive", page, _listed(way.mixed_passive))
    if way.insecure_cookies:
        yield finding("cookie_insecure", page, f"set without Secure: {_listed(way.insecure_cookies)}")


def _frames(way: Way) -> _Found:
    """Frames on the way to the form that an https page asks for over http and that come over https only after a redirect.

    W3C Mixed Content judges the address as written, before any redirect and before HSTS; one that comes over http is `_documents`'.
    """
    for outer, inner in pairwise(route for route in (*way.frames, way.page) if route):
        over_https = scheme_of(outer[-1].url) == scheme_of(inner[-1].url) == "https"
        if over_https and scheme_of(inner[0].url) == "http":
            yield finding("mixed_active", outer[-1].url, f"frames {clean(inner[0].url, 200)}: {describe(inner)}")


def _wildcard(way: Way) -> _Found:
    """Any name under the domain answers alike, so a host that nobody links to proves little."""
    if way.wildcard_name and way.page:
        yield finding(
            "wildcard_dns", host_of(way.page[-1].url), f"{clean(way.wildcard_name)}, made up at random, answers with the same page"
        )


def _listed(strings: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(strings))
    return f"{len(distinct)}: {' '.join(clean(s, 150) for s in distinct[:_MOST_SUBJECTS])}" if len(distinct) > 1 else clean(distinct[0])


def _at(row: Host) -> str:
    return f" ({row.address})" if row.address else ""
