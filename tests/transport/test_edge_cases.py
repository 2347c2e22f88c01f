"""The numbered edge cases of the specification as one table: facts in, findings out; where markup is the point, from the HTML on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gemcrawl.forms import read_page
from gemcrawl.items import Finding, Host, Reason
from gemcrawl.transport.facts import EntryLink, Hop, Inventory, Seen, Target, Way
from gemcrawl.transport.findings import find
from gemcrawl.transport.hosts import host_rows
from gemcrawl.transport.hsts import Policy, parse
from gemcrawl.transport.rules import apply, load, verdict
from gemcrawl.transport.status import municipality_status
from gemcrawl.transport.trust import TrustStore
from tests.snapshot.rows import form, municipality

from .builders import GOOD, GOOD_HSTS, HTTP, HTTPS, NOW, POST, YEAR, good_hosts, hop, host, issue, route
from .conftest import Authority

Findings = list[tuple[str, str]]
DAY = timedelta(days=1)
V4, V6 = "192.0.2.1", "2001:db8::1"


def page(form_: str, url: str = HTTPS, head: str = "") -> Way:
    """The way to the first form of a document, read as the survey reads it."""
    reading = read_page(f"{head}<input name=los>{form_}".encode(), url)
    first = next(f for f in reading.forms if f.has_form_element)
    twins = GOOD.twins if url.startswith("https:") else ()
    return Way(page=route(f"{url} 200"), targets=first.targets, by_script=first.by_script, twins=twins)


FIELD = "<input name=naam>"


@dataclass(frozen=True)
class Case:
    number: int
    why: str
    way: Way
    expected: Findings
    verdict: str
    x: dict[str, Any] = field(default_factory=dict)
    """What is not good about the row of x.test."""


def case(number: int, why: str, way: Way, *expected: tuple[str, str], verdict: str = "", **x: Any) -> Case:
    """A verdict that is not given is secure without findings, insecure with."""
    return Case(number, why, way, list(expected), verdict or ("insecure" if expected else "secure"), x)


CASES = [
    case(1, "an https page that posts to http", page(f"<form action=http://y.test/post>{FIELD}</form>"), ("action_http", "http://y.test/post")),
    case(2, "an http page can be rewritten on the way", page(f"<form action=https://y.test/p>{FIELD}</form>", HTTP), ("page_http", HTTP)),
    case(3, "http redirects to the same host on https; a relative post",
         replace(page(f"<form method=post action=post>{FIELD}</form>"), page=route(f"{HTTP} 301 -> {HTTPS} 200"))),
    case(3, "an http link with HSTS is as good", replace(GOOD, entries=(EntryLink("https://x.test/contact", HTTP),))),
    case(4, "no action: the document, whatever the base", page(f"<form method=post>{FIELD}</form>", head="<base href=http://b.test/>")),
    case(4, "an empty action: the same", page(f'<form method=post action="">{FIELD}</form>', head="<base href=http://b.test/>")),
    case(5, "a fragment on an http base", page(f'<form action="#">{FIELD}</form>', head="<base href=http://x.test/b>"), ("action_http", "http://x.test/b")),
    case(5, "a fragment without a base: the document", page(f'<form action="#">{FIELD}</form>')),
    case(6, "a scheme-relative action takes the page's scheme", page(f"<form action=//y.test/p>{FIELD}</form>")),
    case(6, "on an http page too", page(f"<form action=//y.test/p>{FIELD}</form>", HTTP), ("page_http", HTTP), ("action_http", "http://y.test/p")),
    case(7, "an http base", page(f"<form action=send>{FIELD}</form>", head="<base href=http://x.test/>"), ("action_http", "http://x.test/send")),
    case(8, "the worst of all submitters counts", page(f"<form action=/a>{FIELD}<button>A</button><button formaction=http://x.test/b>B</button></form>"),
         ("action_http", "http://x.test/b")),
    case(9, "a button outside belongs to the form it names",
         page("<form id=f1 action=/a></form><input form=f1 name=naam><button form=f1 formaction=http://x.test/b>B</button>"), ("action_http", "http://x.test/b")),
    case(10, "only a script knows the target", page(f"<form action=javascript:send()>{FIELD}</form>"), ("submit_by_script", HTTPS), verdict="not_tested"),
    case(10, "the request was seen in the browser",
         replace(GOOD, targets=(Target("javascript:send()", ""), Target("", "http://y.test/api", method="post")), by_script=True),
         ("action_http", "http://y.test/api"), ("submit_by_script", HTTPS)),
    case(11, "a dialog sends nothing", page(f"<form method=dialog action=http://y.test/>{FIELD}</form>"), verdict="not_tested"),
    case(13, "an https frame in an http page; the frame's host is judged too",
         Way(page=route(f"{HTTPS} 200"), frames=(route("http://g.test/ 200"),), targets=(POST,)),
         ("frame_parent_http", "http://g.test/"), ("cert_expired", "x.test"), certificate="expired", certificate_defects=["expired"]),
    case(14, "another http host first, though the end is https",
         replace(GOOD, page=route("http://y.test/ 301 -> http://x.test/form 301 -> https://x.test/form 200")), ("upgrade_late", "y.test"), verdict="weak"),
    case(15, "https, but of another host first", replace(GOOD, page=route("http://y.test/ 301 -> https://x.test/form 200")),
         ("upgrade_other_host_first", "y.test"), verdict="weak"),
    case(15, "its own https first", replace(GOOD, page=route("http://y.test/ 301 -> https://y.test/ 301 -> https://x.test/form 200"))),
    case(16, "a downgrade on the way, although it ends secure",
         replace(GOOD, page=route("http://x.test/ 301 -> https://x.test/ 301 -> http://www.x.test/ 301 -> https://x.test/form 200")),
         ("redirect_downgrade", "http://www.x.test/"), verdict="downgrade"),
    case(16, "the same, seen from the http version of the page",
         replace(GOOD, twins=((HTTP, route(f"{HTTP} 301 -> {HTTPS}?van=http 302 -> http://x.test/oud 301 -> {HTTPS} 200")),)),
         ("redirect_downgrade", "http://x.test/oud"), verdict="downgrade"),
    case(16, "the same, and it ends on http", replace(GOOD, twins=((HTTP, route(f"{HTTP} 301 -> {HTTPS}?van=http 302 -> http://x.test/oud 200")),)),
         ("redirect_downgrade", "http://x.test/oud"), verdict="downgrade"),
    case(16, "the same, seen from the root of the page's host", GOOD, ("redirect_downgrade", "x.test"), verdict="downgrade", upgrade="downgrade"),
    case(17, "default port, letter case and trailing dot make no other host",
         replace(GOOD, twins=(("http://X.test./form", route("http://X.test./form 301 -> https://x.test:443/form 0")),))),
    case(17, "nor does an international name", Way(page=route("http://súdwest.test/ 301 -> https://xn--sdwest-pya.test/ 200"), targets=(POST,))),
    case(18, "a meta refresh is no redirect", replace(GOOD, twins=((HTTP, route(f"{HTTP} 200 -meta-> {HTTPS} 0")),)), ("upgrade_client_side", "x.test"), verdict="weak"),
    case(18, "nor is a script", replace(GOOD, twins=((HTTP, route(f"{HTTP} 200 -script-> {HTTPS} 0")),)), ("upgrade_client_side", "x.test"), verdict="weak"),
    case(25, "443 refused, 80 answers", Way(page=route(f"{HTTP} 200"), targets=(POST,)), ("page_http", HTTP), https="refused", hsts="not_tested", certificate="not_tested"),
    case(25, "a service that breaks off is an error, not a finding", GOOD, verdict="not_tested", https="reset", certificate="not_tested", hsts="not_tested"),
]  # fmt: skip
"""In the order of the specification; 12, 19 to 24 and 26 start from other facts and follow below."""


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number}: {c.why}")
def test_the_way_to_the_form(case: Case) -> None:
    hosts = good_hosts(case.way) | ({"x.test": [host("x.test", **case.x)]} if case.x else {})
    found = find(case.way, hosts)
    assert [(f.code, f.subject) for f in found] == case.expected
    assert verdict(found, case.way, hosts) == case.verdict


def test_case_11_is_not_applicable_to_any_rule_set() -> None:
    way = page(f"<form method=dialog>{FIELD}</form>")
    assert {apply(rule_set, [], way, {}) for rule_set in load().values()} == {"not_applicable"}


def test_case_12_a_search_form_is_recorded_and_not_counted() -> None:
    (read,) = read_page(b"<form role=search action=/zoeken><input type=search name=trefwoord><button>Zoeken</button></form>", HTTP).forms
    assert read.kind == "search"
    row = form("GM0001", HTTP, "f1", kind="search", verdict="insecure", findings=[find(Way(page=route(f"{HTTP} 200")), {})[0]])
    told = municipality_status(municipality("GM0001"), [row], ())
    assert (told.appointment, told.contact, told.insecure_findings) == ("not_found", "not_found", [])


# What hosts serve: headers, certificates and TLS as they come from the handshakes on


def served(authority: Authority, *headers: str, name: str = "x.test", address: str = V4, alone: bool = False, **made: Any) -> Seen:
    """x.test as it answers over https: these Strict-Transport-Security fields, a leaf for ``name``."""
    leaf = issue(name, authority.intermediate, **({"names": (name,)} | made))
    chain = (leaf.der,) if alone else (leaf.der, authority.intermediate.der)
    return Seen(https={address: [replace(hop(f"{HTTPS} 200", chain=chain, address=address), hsts=headers)]})


def judged(seen: Seen, trust: TrustStore, **more: Any) -> list[Finding]:
    return find(GOOD, {"x.test": host_rows("x.test", seen, trust=trust, at=NOW, **more)})


def codes(found: list[Finding]) -> list[str]:
    return [f.code for f in found]


YEARS = [parse(["max-age=31536000"]), parse(["max-age=31536000; includeSubDomains"])]
HEADERS: list[tuple[int, str, tuple[str, ...], list[str]]] = [
    (20, "a year", ("max-age=31536000",), []),
    (20, "a second less", ("max-age=31535999",), ["hsts_short"]),
    (20, "zero", ("max-age=0",), ["hsts_off"]),
    (20, "any order", ("includeSubDomains; max-age=31536000",), []),
    (20, "any case, white space, quotes", ('MAX-AGE = "31536000"',), []),
    (20, "a stray colon", (": max-age=31536000",), ["hsts_invalid"]),
    (20, "a doubled equals sign", ("max-age==31536000",), ["hsts_invalid"]),
    (20, "a unit", ("max-age=1 year",), ["hsts_invalid"]),
    (20, "a repeated max-age", ("max-age=31536000; max-age=31536000",), ["hsts_invalid"]),
    (20, "no max-age", ("includeSubDomains",), ["hsts_invalid"]),
    (21, "two fields: the first counts", ("max-age=31536000", "max-age=0"), []),
    (21, "two fields: the first counts, also when it is the bad one", ("max-age=0", "max-age=31536000"), ["hsts_off"]),
    (22, "HSTS elsewhere", (), ["hsts_absent"]),
]


@pytest.mark.parametrize(("number", "why", "headers", "expected"), HEADERS, ids=lambda v: v if isinstance(v, (int, str)) else "")
def test_hsts(authority: Authority, trust: TrustStore, number: int, why: str, headers: tuple[str, ...], expected: list[str]) -> None:
    found = judged(served(authority, *headers), trust)
    assert codes(found) == expected
    for one in found:
        assert (headers[0] if headers else "no Strict-Transport-Security") in one.evidence


def test_case_21_hsts_over_http_or_in_meta_is_ignored(authority: Authority, trust: TrustStore) -> None:
    seen = served(authority)
    seen.http_routes = [(Hop("http://x.test/", 301, V4, (GOOD_HSTS,), None, "redirect"), hop(f"{HTTPS} 200"))]
    assert codes(judged(seen, trust)) == ["hsts_absent"]
    assert page(f"<form>{FIELD}</form>", head=f'<meta http-equiv=Strict-Transport-Security content="{GOOD_HSTS}">').page[-1].hsts == ()


def test_case_21_hsts_with_an_expired_certificate(authority: Authority, trust: TrustStore) -> None:
    found = judged(served(authority, GOOD_HSTS, start=NOW - YEAR, end=NOW - DAY), trust)
    assert codes(found) == ["cert_expired", "hsts_ineffective"]


@pytest.mark.parametrize(
    ("parent", "preload", "expected"),
    [(YEARS[0], (), ["hsts_absent"]), (YEARS[1], (), []), (None, ("test",), []), (None, ("other.test",), ["hsts_absent"])],
)
def test_case_22_what_covers_a_host_that_sends_nothing(
    authority: Authority, trust: TrustStore, parent: Policy | None, preload: tuple[str, ...], expected: list[str]
) -> None:
    """HSTS on the redirect of x.test, and none on www.x.test where the form is."""
    way = Way(page=route("https://www.x.test/ 200"), targets=(Target("", "https://www.x.test/", method="post"),))
    rows = host_rows(
        "www.x.test",
        served(authority, name="www.x.test"),
        trust=trust,
        at=NOW,
        hsts_of=lambda name: parent if name == "x.test" else None,
        preload=frozenset(preload),
    )
    assert codes(find(way, {"www.x.test": rows})) == expected


def test_case_19_the_worst_address_counts(authority: Authority, trust: TrustStore) -> None:
    seen = served(authority, GOOD_HSTS)
    seen.https |= served(authority, GOOD_HSTS, name="y.test", address=V6).https
    rows = host_rows("x.test", seen, trust=trust, at=NOW)
    assert {row.address: row.certificate for row in rows} == {V4: "valid", V6: "hostname_mismatch"}
    found = find(GOOD, {"x.test": rows})
    assert codes(found) == ["cert_hostname_mismatch", "hsts_ineffective"]
    assert V6 in found[0].evidence
    assert "y.test" in found[0].evidence
    assert verdict(found, GOOD, {"x.test": rows}) == "insecure"


CERTIFICATES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("leaf valid, intermediate missing", {"alone": True}, ["cert_incomplete_chain"]),
    ("a wildcard covers one label", {"names": ("*.x.test",)}, ["cert_hostname_mismatch"]),
    ("a common name without subjectAltName", {"names": ()}, ["cert_hostname_mismatch"]),
]


@pytest.mark.parametrize(("why", "made", "expected"), CERTIFICATES, ids=lambda v: v if isinstance(v, str) else "")
def test_case_23(authority: Authority, trust: TrustStore, why: str, made: dict[str, Any], expected: list[str]) -> None:
    trust.remember([authority.intermediate.der])
    name = "a.b.x.test"
    way = Way(page=route(f"https://{name}/ 200"), targets=(Target("", f"https://{name}/", method="post"),))
    rows = host_rows(name, served(authority, GOOD_HSTS, name=name, **made), trust=trust, at=NOW)
    assert [code for code in codes(find(way, {name: rows})) if code.startswith("cert_")] == expected


def test_case_24_an_old_version_beside_a_new_one_by_each_table(authority: Authority, trust: TrustStore) -> None:
    listed = Inventory(("TLSv1", "TLSv1.3"), ("TLS_AES_256_GCM_SHA384",), ("secp256r1",), 5, complete=True)
    (row,) = host_rows("x.test", served(authority, GOOD_HSTS), trust=trust, at=NOW, inventories={V4: listed})
    assert (row.ncsc_1_0, row.ncsc_2_1, row.ncsc_2025) == ("sufficient", "phase_out", "insufficient")
    (only,) = find(GOOD, {"x.test": [row]})
    assert (only.code, only.evidence) == ("tls_phase_out", f"phase out in NCSC 2.1 ({V4}): phase out: version TLSv1")


@pytest.mark.parametrize(("failure", "upgrade", "decree"), [("refused", "not_applicable", "pass"), ("timeout", "not_tested", "not_tested")])
def test_port_80_closed_passes_and_port_80_silent_is_not_tested(
    authority: Authority, trust: TrustStore, failure: Reason, upgrade: str, decree: str
) -> None:
    seen = served(authority, GOOD_HSTS)
    seen.http_failure = failure
    good = Inventory(("TLSv1.3",), ("TLS_AES_256_GCM_SHA384",), ("x25519",), 5, complete=True)
    hosts: dict[str, list[Host]] = {"x.test": host_rows("x.test", seen, trust=trust, at=NOW, inventories={V4: good})}
    way = replace(GOOD, twins=((HTTP, failure),))
    found = find(way, hosts)
    assert (hosts["x.test"][0].upgrade, found) == (upgrade, [])
    assert verdict(found, way, hosts) == "secure"
    assert apply(load()["decree-2023"], found, way, hosts) == decree


def test_case_26_a_page_without_a_session_is_no_form() -> None:
    body = b"<h1>Er is geen sessie gevonden</h1><form method=post action=http://x.test/><input type=hidden name=t><button>Opnieuw</button></form>"
    reading = read_page(body, HTTPS)
    assert reading.forms == ()
    assert reading.error_page is not None


def test_any_name_under_the_domain_answers_with_the_same_page() -> None:
    way = replace(GOOD, wildcard_name="qzx7.x.test")
    (only,) = find(way, good_hosts(way))
    assert (only.code, only.weight, only.subject) == ("wildcard_dns", "note", "x.test")
    assert "qzx7.x.test" in only.evidence
    assert verdict([only], way, good_hosts(way)) == "secure"


def numbers() -> Iterator[int]:
    yield from (case.number for case in CASES)
    yield from (number for number, *_ in HEADERS)
    for name, value in globals().items():
        if name.startswith("test_case_") and isinstance(value, Callable):  # type: ignore[arg-type]
            yield int(name.split("_")[2])


def test_no_case_is_left_out() -> None:
    assert sorted(set(numbers())) == list(range(1, 27))
