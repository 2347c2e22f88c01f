"""The numbered edge cases of the specification, as facts in and findings out; then what they leave open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import CertificateState, Finding, FindingCode, Host, Hsts, NcscGrade, Reason, Upgrade
from gemcrawl.transport import parties
from gemcrawl.transport.facts import EntryLink, Seen, Target, Way
from gemcrawl.transport.findings import WEIGHT_ORDER, WEIGHTS, find, finding
from gemcrawl.transport.hosts import host_rows
from gemcrawl.transport.rules import verdict
from gemcrawl.transport.trust import TrustStore

from .builders import GOOD_HSTS, NOW, YEAR, hop, host, issue, route
from .conftest import Authority

HTTPS, HTTP = "https://x.test/form", "http://x.test/form"
POST = Target("/post", "https://x.test/post", method="post")
GOOD = Way(page=route(f"{HTTPS} 200"), targets=(POST,), twins=((HTTP, route(f"{HTTP} 301 -> {HTTPS} 0")),))
LINK = EntryLink("https://x.test/contact", HTTP)


def good_hosts(way: Way) -> dict[str, list[Host]]:
    return {name: [host(name)] for name in parties.hosts(way)}


def found(way: Way, **columns: Any) -> list[Finding]:
    """Findings with good hosts, but for ``columns`` of x.test."""
    return find(way, good_hosts(way) | ({"x.test": [host("x.test", **columns)]} if columns else {}))


def codes(way: Way, **columns: Any) -> list[tuple[str, str]]:
    return [(f.code, f.subject) for f in found(way, **columns)]


@dataclass(frozen=True)
class Case:
    why: str
    way: Way
    expected: list[tuple[str, str]]
    verdict: str
    hosts: dict[str, Any] = field(default_factory=dict)


def submitting(*targets: Target, **more: Any) -> Way:
    return replace(GOOD, targets=targets, **more)


CASES = {
    "1": Case(
        "an https page that posts to http",
        submitting(Target("http://y.test/post", "http://y.test/post")),
        [("action_http", "http://y.test/post")],
        "insecure",
    ),
    "2": Case(
        "an http page can be rewritten on the way, so an https action does not help",
        Way(page=route(f"{HTTP} 200"), targets=(Target("https://y.test/p", "https://y.test/p"),)),
        [("page_http", HTTP)],
        "insecure",
    ),
    "3": Case("http redirects to the same host on https", replace(GOOD, page=route(f"{HTTP} 301 -> {HTTPS} 200")), [], "secure"),
    "3, linked": Case("an http link with HSTS is as good", replace(GOOD, entries=(LINK,)), [], "secure"),
    "4": Case("no action: the document itself", submitting(Target("", HTTPS, method="post")), [], "secure"),
    "5": Case(
        "a fragment on an http base",
        submitting(Target("#", "http://x.test/#", method="post")),
        [("action_http", "http://x.test/#")],
        "insecure",
    ),
    "6": Case("a scheme-relative action on an https page", submitting(Target("//y.test/p", "https://y.test/p")), [], "secure"),
    "7": Case("an http base", submitting(Target("send", "http://x.test/send")), [("action_http", "http://x.test/send")], "insecure"),
    "8": Case(
        "the worst of all submitters counts",
        submitting(POST, Target("http://x.test/b", "http://x.test/b", "formaction", "post")),
        [("action_http", "http://x.test/b")],
        "insecure",
    ),
    "10": Case(
        "only a script knows the target",
        submitting(Target("javascript:send()", ""), by_script=True),
        [("submit_by_script", HTTPS)],
        "not_tested",
    ),
    "10, rendered": Case(
        "the request was seen in the browser",
        submitting(Target("javascript:send()", ""), Target("", "http://y.test/api", method="post"), by_script=True),
        [("action_http", "http://y.test/api"), ("submit_by_script", HTTPS)],
        "insecure",
    ),
    "11": Case("a dialog sends nothing", submitting(Target("http://y.test/", "http://y.test/", method="dialog")), [], "not_tested"),
    "13": Case(
        "an https frame in an http page, and the frame's host is judged too",
        Way(page=route("https://x.test/form 200"), frames=(route("http://g.test/ 200"),), targets=(POST,)),
        [("frame_parent_http", "http://g.test/"), ("cert_expired", "x.test")],
        "insecure",
        {"certificate": "expired", "certificate_defects": ["expired"]},
    ),
    "14": Case(
        "http of another host first, though the end is https",
        replace(GOOD, page=route("http://y.test/ 301 -> http://x.test/form 301 -> https://x.test/form 200")),
        [("upgrade_late", "y.test")],
        "weak",
    ),
    "15": Case(
        "https, but of another host first",
        replace(GOOD, page=route("http://y.test/ 301 -> https://x.test/form 200")),
        [("upgrade_other_host_first", "y.test")],
        "weak",
    ),
    "15, good": Case(
        "its own https first",
        replace(GOOD, page=route("http://y.test/ 301 -> https://y.test/ 301 -> https://x.test/form 200")),
        [],
        "secure",
    ),
    "16": Case(
        "a downgrade on the way, although it ends secure",
        replace(GOOD, page=route("http://x.test/ 301 -> https://x.test/ 301 -> http://www.x.test/ 301 -> https://x.test/form 200")),
        [("redirect_downgrade", "http://www.x.test/")],
        "downgrade",
    ),
    "16, of the host": Case(
        "the same, seen from the root of the page's host", GOOD, [("redirect_downgrade", "x.test")], "downgrade", {"upgrade": "downgrade"}
    ),
    "17": Case(
        "default port, letter case and trailing dot make no other host",
        replace(GOOD, twins=(("http://X.test./form", route("http://X.test./form 301 -> https://x.test:443/form 0")),)),
        [],
        "secure",
    ),
    "18": Case(
        "the http version is no page when it only sends on",
        replace(GOOD, twins=((HTTP, route(f"{HTTP} 200 -meta-> {HTTPS} 0")),)),
        [("upgrade_client_side", "x.test")],
        "weak",
    ),
    "20, short": Case("a second less than a year", GOOD, [("hsts_short", "x.test")], "weak", {"hsts": "short", "hsts_max_age": 31_535_999}),
    "20, off": Case("max-age=0", GOOD, [("hsts_off", "x.test")], "weak", {"hsts": "off"}),
    "20, invalid": Case("a header that breaks the grammar", GOOD, [("hsts_invalid", "x.test")], "weak", {"hsts": "invalid"}),
    "21": Case(
        "HSTS over an expired certificate",
        GOOD,
        [("cert_expired", "x.test"), ("hsts_ineffective", "x.test")],
        "insecure",
        {"hsts": "ineffective", "certificate": "expired", "certificate_defects": ["expired"]},
    ),
    "22": Case("HSTS elsewhere", GOOD, [("hsts_absent", "x.test")], "weak", {"hsts": "absent", "hsts_header": None}),
    "22, inherited": Case("the parent covers", GOOD, [], "secure", {"hsts": "inherited"}),
    "22, preloaded": Case("the preload list covers", GOOD, [], "secure", {"hsts": "preloaded"}),
    "23": Case(
        "an intermediate is missing: not a mismatch",
        GOOD,
        [("cert_incomplete_chain", "x.test")],
        "weak",
        {"certificate": "incomplete_chain", "certificate_defects": ["incomplete_chain"]},
    ),
    "24": Case("TLS 1.0 beside 1.3 cannot be known without the inventory", GOOD, [], "secure", {"tls_versions": ["TLSv1", "TLSv1.3"]}),
    "24, listed": Case(
        "phase out in NCSC 2.1",
        GOOD,
        [("tls_phase_out", "x.test")],
        "weak",
        {"tls_versions": ["TLSv1", "TLSv1.3"], "ncsc_2_1": "phase_out"},
    ),
    "25": Case("443 refused, 80 answers", Way(page=route(f"{HTTP} 200"), targets=(POST,)), [("page_http", HTTP)], "insecure"),
    "25, reset": Case(
        "a service that breaks off is an error, not a finding",
        GOOD,
        [],
        "not_tested",
        {"https": "reset", "certificate": "not_tested", "hsts": "not_tested"},
    ),
}


@pytest.mark.parametrize("number", CASES)
def test_edge_case(number: str) -> None:
    case = CASES[number]
    assert codes(case.way, **case.hosts) == case.expected, case.why
    hosts = good_hosts(case.way) | ({"x.test": [host("x.test", **case.hosts)]} if case.hosts else {})
    assert verdict(find(case.way, hosts), case.way, hosts) == case.verdict, case.why


def test_the_worst_address_counts(authority: Authority, trust: TrustStore) -> None:
    """Case 19, from the handshakes on."""
    chains = {
        address: (issue(name, authority.intermediate, names=(name,)).der, authority.intermediate.der)
        for address, name in (("192.0.2.1", "x.test"), ("2001:db8::1", "y.test"))
    }
    seen = Seen(https={address: [hop(f"{HTTPS} 200", hsts=GOOD_HSTS, chain=chain)] for address, chain in chains.items()})
    (one, other) = find(GOOD, {"x.test": host_rows("x.test", seen, trust=trust, at=NOW)})
    assert (one.code, other.code) == ("cert_hostname_mismatch", "hsts_ineffective")
    assert "2001:db8::1" in one.evidence
    assert "y.test" in one.evidence


def test_all_certificate_defects_are_findings(authority: Authority, trust: TrustStore) -> None:
    leaf = issue("y.test", authority.intermediate, names=("y.test",), start=NOW - 2 * YEAR, end=NOW - timedelta(days=1))
    seen = Seen(https={"192.0.2.1": [hop(f"{HTTPS} 200", hsts=GOOD_HSTS, chain=(leaf.der,))]})
    trust.remember([authority.intermediate.der])
    listed = find(GOOD, {"x.test": host_rows("x.test", seen, trust=trust, at=NOW)})
    assert [f.code for f in listed] == ["cert_expired", "cert_hostname_mismatch", "cert_incomplete_chain", "hsts_ineffective"]
    assert "2024-11-23 to 2026-11-22" in listed[0].evidence


# Frames


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("https://g.test/", "http://f.test/", [("frame_http", "http://f.test/")]),
        ("http://g.test/", "https://f.test/", [("frame_parent_http", "http://g.test/")]),
        ("http://g.test/", "http://f.test/", [("page_http", "http://f.test/")]),
        ("https://g.test/", "https://f.test/", []),
    ],
)
def test_frames(outer: str, inner: str, expected: list[tuple[str, str]]) -> None:
    assert codes(Way(page=route(f"{inner} 200"), frames=(route(f"{outer} 200"),), targets=(POST,))) == expected


# The http version, and http links to it

ANSWERS = ((HTTP, route(f"{HTTP} 200")),)


def test_the_http_version_answers_with_a_page() -> None:
    assert codes(replace(GOOD, twins=ANSWERS)) == [("http_twin", HTTP)]


@pytest.mark.parametrize(
    "twin",
    ["refused", "timeout", route(f"{HTTP} 404"), route(f"{HTTP} 500"), route(f"{HTTP} 301"), route(f"{HTTP} 301 -> {HTTPS} 0")],
    ids=str,
)
def test_the_http_version_is_no_page(twin: Any) -> None:
    assert codes(replace(GOOD, twins=((HTTP, twin),))) == []


def test_the_http_version_of_a_framing_page_counts_as_well() -> None:
    way = replace(GOOD, frames=(route("https://g.test/ 200"),), twins=(("http://g.test/", route("http://g.test/ 200")),))
    assert codes(way) == [("http_twin", "http://g.test/")]


def test_a_page_read_over_http_has_no_twin() -> None:
    assert codes(Way(page=route(f"{HTTP} 200"), targets=(POST,), twins=ANSWERS)) == [("page_http", HTTP)]


def test_a_linked_http_version_is_the_forms_page() -> None:
    (only,) = found(replace(GOOD, twins=ANSWERS, entries=(LINK,)))
    assert (only.code, only.subject) == ("page_http", HTTP)
    assert only.evidence == f"linked from {LINK.page_url}: {HTTP} 200"


def test_a_linked_http_version_of_a_framing_page_frames_the_form() -> None:
    way = replace(
        GOOD,
        frames=(route("https://g.test/ 200"),),
        twins=(("http://g.test/", route("http://g.test/ 200")),),
        entries=(EntryLink("https://g.test/home", "http://g.test/"),),
    )
    assert codes(way) == [("frame_parent_http", "http://g.test/")]


@pytest.mark.parametrize("state", get_args(Hsts))
def test_an_http_link_is_weak_unless_hsts_covers_the_host(state: Hsts) -> None:
    given_for = {code for code, _ in codes(replace(GOOD, entries=(LINK,)), hsts=state)}
    assert ("entry_http" in given_for) == (state not in ("good", "short", "inherited", "preloaded"))


def test_an_http_link_to_a_host_of_which_nothing_is_known_is_weak() -> None:
    entry = EntryLink("https://x.test/contact", "http://old.test/form")
    assert codes(replace(GOOD, entries=(entry,))) == [("entry_http", "http://old.test/form")]


def test_the_preload_list_covers_a_link_to_a_host_without_a_row() -> None:
    way = replace(GOOD, entries=(EntryLink("https://x.test/contact", "http://old.test/form"),))
    hosts = {"x.test": [host("x.test")]}
    assert [f.code for f in find(way, hosts, preloaded=lambda name: name == "old.test")] == []
    assert [f.code for f in find(way, hosts, preloaded=lambda name: name == "x.test")] == ["entry_http"]


def test_an_https_link_is_fine() -> None:
    assert codes(replace(GOOD, entries=(EntryLink("http://x.test/", HTTPS),)), hsts="absent") == [("hsts_absent", "x.test")]


# Hosts


@pytest.mark.parametrize(
    ("upgrade", "code"),
    [("late", "upgrade_late"), ("other_host_first", "upgrade_other_host_first"), ("client_side", "upgrade_client_side")],
)
def test_one_upgrade_finding_per_host_with_hops_where_they_are_known(upgrade: Upgrade, code: str) -> None:
    assert codes(GOOD, upgrade=upgrade) == [(code, "x.test")]
    late = route(f"{HTTP} 301 -> http://x.test/nl 301 -> {HTTPS} 0")
    (only,) = found(replace(GOOD, twins=((HTTP, late),)), upgrade="late")
    assert only.evidence == "http://x.test/form 301 -> http://x.test/nl 301 -> https://x.test/form 0"


def test_what_is_asked_of_which_role() -> None:
    """Upgrade: page and frame. HSTS: submit too. Certificate: API too."""
    way = Way(
        page=route("https://p.test/ 200"),
        frames=(route("https://f.test/ 200"),),
        targets=(Target("", "https://s.test/", method="post"),),
        api_urls=("https://a.test/",),
    )
    bad = {"upgrade": "late", "hsts": "absent", "certificate": "expired", "certificate_defects": ["expired"]}
    listed = find(way, {name: [host(name, **bad)] for name in ("p.test", "f.test", "s.test", "a.test")})
    by_host = {name: {f.code for f in listed if f.subject == name} for name in ("p.test", "f.test", "s.test", "a.test")}
    assert by_host["p.test"] == by_host["f.test"] == {"upgrade_late", "hsts_absent", "cert_expired"}
    assert by_host["s.test"] == {"hsts_absent", "cert_expired"}
    assert by_host["a.test"] == {"cert_expired"}


def test_the_worst_hsts_of_several_addresses_is_one_finding() -> None:
    rows = [host("x.test", hsts="short", hsts_max_age=5), host("x.test", hsts="absent", hsts_header=None, address="2001:db8::1")]
    (only,) = find(GOOD, {"x.test": rows})
    assert only.code == "hsts_absent"
    assert only.evidence == "no Strict-Transport-Security (2001:db8::1)"


def test_a_short_policy_stays_short_when_it_is_a_parents() -> None:
    assert codes(GOOD, hsts="inherited", hsts_max_age=300) == [("hsts_short", "x.test")]


def test_the_header_is_quoted_as_sent() -> None:
    (only,) = found(GOOD, hsts="invalid", hsts_header="max-age==1", hsts_max_age=None)
    assert only.evidence == "Strict-Transport-Security: max-age==1 (192.0.2.1)"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"tls_versions": ["TLSv1"]}, ["tls_phase_out"]),
        ({"tls_versions": ["TLSv1", "TLSv1.1"]}, ["tls_phase_out"]),
        ({"tls_versions": ["SSLv3"]}, ["tls_insufficient"]),
        ({"tls_versions": ["TLSv1.2"]}, []),
        ({"tls_versions": []}, []),
        ({"ncsc_2_1": "insufficient"}, ["tls_insufficient"]),
        ({"ncsc_2_1": "sufficient", "ncsc_2025": "insufficient"}, []),
    ],
)
def test_tls_by_the_decrees_table(columns: dict[str, Any], expected: list[str]) -> None:
    assert [code for code, _ in codes(GOOD, **columns)] == expected


def test_a_host_without_rows_gives_no_findings() -> None:
    assert find(GOOD, {}) == []


# The form and its page


def test_targets_quote_the_attribute_as_written_and_as_resolved() -> None:
    (only,) = found(submitting(Target("send", "http://x.test/send", "formaction")))
    assert only.evidence == 'formaction="send" resolves to http://x.test/send'


def test_mailto() -> None:
    assert codes(submitting(Target("mailto:info@x.test", "mailto:info@x.test"))) == [("action_mailto", "mailto:info@x.test")]
    assert codes(submitting(Target("MAILTO:info@x.test", ""))) == [("action_mailto", "MAILTO:info@x.test")]


def test_a_declared_http_endpoint() -> None:
    way = submitting(by_script=True, has_form_element=False, api_urls=("http://a.test/v1",))
    assert codes(way) == [("api_http", "http://a.test/v1"), ("submit_by_script", HTTPS)]


def test_personal_data_in_the_url() -> None:
    way = submitting(Target("/zoek", "https://x.test/zoek"), personal_data=True)
    assert codes(way) == [("personal_data_in_url", "https://x.test/zoek")]
    assert codes(replace(way, personal_data=False)) == []
    assert codes(replace(way, targets=(POST,))) == []
    assert codes(replace(way, by_script=True)) == [("submit_by_script", HTTPS)], "the script decides how the data travel"


def test_contents_of_the_page_are_one_finding_per_code() -> None:
    way = replace(
        GOOD,
        mixed_active=("http://x.test/a.js", "http://x.test/b.js"),
        mixed_passive=("http://x.test/a.png",),
        insecure_cookies=("PHPSESSID",),
    )
    assert [(f.code, f.subject, f.evidence) for f in found(way)] == [
        ("mixed_active", HTTPS, "2: http://x.test/a.js http://x.test/b.js"),
        ("cookie_insecure", HTTPS, "set without Secure: PHPSESSID"),
        ("mixed_passive", HTTPS, "http://x.test/a.png"),
    ]
    assert codes(replace(way, page=route(f"{HTTP} 200"))) == [("page_http", HTTP)]


# Of every list of findings

URLS = st.sampled_from(
    [HTTPS, HTTP, "http://y.test/\x00\x1b[31m", "https://[::1]:8443/a", "mailto:a@b", "javascript:x", "", "\ud800", "https://" + "a" * 900]
)
HOPS = st.lists(
    st.builds(
        lambda url, status, leaves: replace(hop("https://x.test/ 200"), url=url, status=status, leaves_by=leaves),
        URLS,
        st.sampled_from([200, 301, 404, 503, 0]),
        st.sampled_from(["", "redirect", "meta_refresh", "script"]),
    ),
    max_size=4,
).map(tuple)
WAYS = st.builds(
    Way,
    page=HOPS,
    frames=st.lists(HOPS, max_size=2).map(tuple),
    entries=st.lists(st.builds(EntryLink, URLS, URLS), max_size=3).map(tuple),
    targets=st.lists(
        st.builds(Target, URLS, URLS, st.sampled_from(["action", "formaction"]), st.sampled_from(["get", "post", "dialog"])), max_size=3
    ).map(tuple),
    by_script=st.booleans(),
    has_form_element=st.booleans(),
    api_urls=st.lists(URLS, max_size=2).map(tuple),
    twins=st.lists(st.tuples(URLS, HOPS | st.sampled_from(get_args(Reason))), max_size=3).map(tuple),
    mixed_active=st.lists(URLS, max_size=2).map(tuple),
    mixed_passive=st.lists(URLS, max_size=2).map(tuple),
    insecure_cookies=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    personal_data=st.booleans(),
)
ROWS = st.lists(
    st.builds(
        lambda **columns: host("x.test", **columns),
        address=st.sampled_from(["", "192.0.2.1"]),
        upgrade=st.sampled_from(get_args(Upgrade)),
        hsts=st.sampled_from(get_args(Hsts)),
        certificate=st.sampled_from(get_args(CertificateState)),
        ncsc_2_1=st.sampled_from(get_args(NcscGrade)),
    ),
    max_size=2,
)


@given(WAYS, ROWS)
def test_whatever_the_facts_findings_are_distinct_ordered_safe_and_never_empty(way: Way, rows: list[Host]) -> None:
    listed = find(way, {"x.test": rows, "y.test": rows})
    assert len({(f.code, f.subject) for f in listed}) == len(listed)
    order = [(WEIGHT_ORDER.index(f.weight), get_args(FindingCode).index(f.code)) for f in listed]
    assert order == sorted(order)
    for f in listed:
        assert f.weight == WEIGHTS[f.code]
        for text in (f.subject, f.evidence):
            assert 0 < len(text) <= 500
            assert text.isprintable()


def test_a_finding_is_cut_and_cleaned() -> None:
    made = finding("action_http", "http://x\n" + "a" * 900, "\x00")
    assert len(made.subject) == 500
    assert "\n" not in made.subject
    assert made.evidence == "action_http"


def test_a_tls_finding_names_what_offends_and_nothing_else() -> None:
    facts = {
        "tls_versions": ["TLSv1", "TLSv1.2"],
        "cipher_suites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"],
        "groups": ["x25519", "dhe-1024"],
        "certificate_key": "RSA-2048",
        "certificate_signature": "sha1",
    }
    (only,) = found(GOOD, ncsc_2_1="insufficient", **facts)
    assert only.evidence == (
        "insufficient in NCSC 2.1 (192.0.2.1): insufficient: group dhe-1024, certificate signature sha1; "
        "phase out: version TLSv1, suite TLS_RSA_WITH_AES_128_CBC_SHA"
    )


def test_what_the_row_does_not_hold_is_the_signature_of_an_intermediate() -> None:
    facts = {
        "cipher_suites": ["TLS_AES_128_GCM_SHA256"],
        "groups": ["x25519"],
        "certificate_key": "RSA-2048",
        "certificate_signature": "sha256",
    }
    (only,) = found(GOOD, ncsc_2_1="insufficient", **facts)
    assert only.evidence.endswith("signature of an intermediate certificate")
