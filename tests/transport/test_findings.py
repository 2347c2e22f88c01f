"""What the edge cases of `test_edge_cases` leave open: every finding from its facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import CertificateState, Finding, FindingCode, Host, Hsts, NcscGrade, Reason, Upgrade
from gemcrawl.transport.facts import EntryLink, Seen, Target, Way
from gemcrawl.transport.findings import WEIGHT_ORDER, WEIGHTS, find, finding
from gemcrawl.transport.hosts import host_rows
from gemcrawl.transport.trust import TrustStore

from .builders import GOOD, GOOD_HSTS, HTTP, HTTPS, NOW, POST, YEAR, good_hosts, hop, host, issue, route
from .conftest import Authority

LINK = EntryLink("https://x.test/contact", HTTP)


def found(way: Way, **columns: Any) -> list[Finding]:
    """Findings with good hosts, but for ``columns`` of x.test."""
    return find(way, good_hosts(way) | ({"x.test": [host("x.test", **columns)]} if columns else {}))


def codes(way: Way, **columns: Any) -> list[tuple[str, str]]:
    return [(f.code, f.subject) for f in found(way, **columns)]


def submitting(*targets: Target, **more: Any) -> Way:
    return replace(GOOD, targets=targets, **more)


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


@pytest.mark.parametrize(("inherits", "given"), [(False, True), (True, False)])
def test_a_link_is_http_as_written_not_because_its_page_is(inherits: bool, given: bool) -> None:
    """``href="/form"`` on an http page joins to the same address as ``href="http://x.test/form"``."""
    way = replace(GOOD, entries=(EntryLink("http://x.test/contact", HTTP, inherits),))
    assert (("entry_http", HTTP) in codes(way, hsts="absent")) == given


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
    assert only.evidence == "http://x.test/form 301 -> http://x.test/nl 301 -> https://x.test/form not read"


def test_the_first_hop_decides_the_upgrade_and_a_later_http_hop_is_a_downgrade_beside_it() -> None:
    back = route(f"{HTTP} 301 -> https://y.test/form 301 -> http://x.test/terug 301 -> {HTTPS} 200")
    listed = found(replace(GOOD, twins=((HTTP, back),)))
    assert [(f.code, f.subject) for f in listed] == [("redirect_downgrade", "http://x.test/terug"), ("upgrade_other_host_first", "x.test")]
    assert {f.evidence for f in listed} == {f"{HTTP} 301 -> https://y.test/form 301 -> http://x.test/terug 301 -> {HTTPS} 200"}


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


OUTER, FRAME = "https://g.test/", "http://f.test/w"


def framed(*ways: str) -> list[tuple[str, str, str]]:
    """Findings about a form in the innermost of these documents, each given by the way to it."""
    *frames, page = map(route, ways)
    return [(f.code, f.subject, f.evidence) for f in found(Way(page=page, frames=tuple(frames), targets=(POST,)))]


def test_a_frame_asked_for_over_http_is_mixed_content_although_it_comes_over_https() -> None:
    """W3C Mixed Content: the address as written counts, whatever it redirects to; good HSTS of the frame's host changes nothing."""
    there = f"{FRAME} 301 -> https://f.test/w 200"
    assert framed(f"{OUTER} 200", there) == [("mixed_active", OUTER, f"frames {FRAME}: {there}")]
    inner = "https://i.test/form"
    assert framed(f"{OUTER} 200", there, f"{inner} 200") == [("mixed_active", OUTER, f"frames {FRAME}: {there}")]
    assert framed(f"{OUTER} 200", "https://i.test/ 200", there) == [("mixed_active", "https://i.test/", f"frames {FRAME}: {there}")]


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ((f"{OUTER} 200", f"{FRAME} 200"), ["frame_http"]),
        (("http://g.test/ 200", f"{FRAME} 301 -> https://f.test/w 200"), ["frame_parent_http"]),
        ((f"{OUTER} 200", "https://f.test/w 301 -> https://f.test/x 200"), []),
        ((f"{FRAME} 301 -> https://f.test/w 200", f"{HTTPS} 200"), []),
    ],
    ids=["comes over http", "in an http page", "asked for over https", "a link to the framing page is no frame"],
)
def test_other_frames_are_no_mixed_content(ways: tuple[str, ...], expected: list[str]) -> None:
    assert [code for code, _, _ in framed(*ways)] == expected


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
