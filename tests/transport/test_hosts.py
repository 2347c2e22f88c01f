from __future__ import annotations

from datetime import timedelta

import pytest

from gemcrawl.items import Host
from gemcrawl.transport.facts import Inventory, Seen
from gemcrawl.transport.hosts import host_rows, policy_of
from gemcrawl.transport.hsts import Policy, parse
from gemcrawl.transport.trust import TrustStore

from .builders import GOOD_HSTS, NOW, YEAR, hop, issue, route
from .conftest import Authority


def rows(seen: Seen, trust: TrustStore, name: str = "www.x.test", **more: object) -> list[Host]:
    return host_rows(name, seen, trust=trust, at=NOW, **more)  # type: ignore[arg-type]


def served(*hops: str, hsts: str | None = GOOD_HSTS) -> Seen:
    return Seen(https={"192.0.2.1": [hop(line, hsts=hsts) for line in hops or ("https://www.x.test/ 200",)]})


def chain(authority: Authority, name: str, **made: object) -> tuple[bytes, ...]:
    return issue(name, authority.intermediate, names=(name,), **made).der, authority.intermediate.der  # type: ignore[arg-type]


def test_a_good_host(authority: Authority, trust: TrustStore) -> None:
    seen = Seen(
        https={"192.0.2.1": [hop("https://www.x.test/ 200", hsts=GOOD_HSTS, chain=chain(authority, "www.x.test"))]},
        http_routes=[route("http://www.x.test/ 301 -> https://www.x.test/ 200")],
    )
    (row,) = rows(seen, trust, "WWW.X.test.", roles=["submit", "page", "page"], municipalities=["GM0002", "GM0001"], supplier="Timeblockr")
    assert (row.host, row.port, row.address) == ("www.x.test", 443, "192.0.2.1")
    assert (row.https, row.http, row.upgrade) == ("ok", "ok", "first_hop_same_host")
    assert (row.hsts, row.hsts_header, row.hsts_max_age) == ("good", GOOD_HSTS, 31_536_000)
    assert (row.certificate, row.certificate_defects, row.certificate_names) == ("valid", [], ["www.x.test"])
    assert row.certificate_key == "EC-P-256"
    assert row.tls_versions == ["TLSv1.3"]
    assert (row.ncsc_1_0, row.ncsc_2_1, row.ncsc_2025) == ("not_tested",) * 3
    assert (row.roles, row.municipalities, row.supplier) == (["page", "submit"], ["GM0001", "GM0002"], "Timeblockr")


def test_one_row_per_address_each_with_its_own_certificate(authority: Authority, trust: TrustStore) -> None:
    """Case 19."""
    seen = Seen(
        https={
            "192.0.2.1": [hop("https://www.x.test/ 200", chain=chain(authority, "www.x.test"))],
            "2001:db8::1": [hop("https://www.x.test/ 200", chain=chain(authority, "other.test"))],
        }
    )
    assert [(row.address, row.certificate) for row in rows(seen, trust)] == [("192.0.2.1", "valid"), ("2001:db8::1", "hostname_mismatch")]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("refused", "refused"),
        ("timeout", "timeout"),
        ("dns", "dns"),
        ("reset", "reset"),
        ("tls", "tls"),
        ("http_5xx", "http_error"),
        ("challenge", "http_error"),
        ("robots", "not_tested"),
        (None, "not_tested"),
    ],
)
def test_without_https_there_is_one_row_that_says_why(trust: TrustStore, reason: str | None, state: str) -> None:
    """Case 25: a reset is a service that exists, not "no https"."""
    seen = Seen(https_failure=reason, http_routes=[route("http://www.x.test/ 200")])  # type: ignore[arg-type]
    (row,) = rows(seen, trust)
    assert (row.https, row.http, row.upgrade, row.address) == (state, "ok", "none", "192.0.2.1")
    assert (row.hsts, row.certificate) == ("not_tested", "not_tested")


def test_a_host_that_was_never_met_still_has_a_row(trust: TrustStore) -> None:
    (row,) = rows(Seen(), trust)
    assert (row.address, row.https, row.http, row.upgrade) == ("", "not_tested", "not_tested", "not_tested")


@pytest.mark.parametrize(("failure", "upgrade"), [("refused", "not_applicable"), ("timeout", "not_tested")])
def test_port_80_closed_needs_no_upgrade(trust: TrustStore, failure: str, upgrade: str) -> None:
    seen = served()
    seen.http_failure = failure  # type: ignore[assignment]
    assert rows(seen, trust)[0].upgrade == upgrade


def test_the_worst_route_decides_the_upgrade(trust: TrustStore) -> None:
    seen = served()
    seen.http_routes = [
        route("http://www.x.test/ 301 -> https://www.x.test/ 200"),
        route("http://www.x.test/a 301 -> http://www.x.test/b 301 -> https://www.x.test/b 200"),
    ]
    assert rows(seen, trust)[0].upgrade == "late"


def test_where_a_deep_link_leads_later_is_not_this_hosts_upgrade(trust: TrustStore) -> None:
    seen = served()
    seen.http_routes = [route("http://www.x.test/link 301 -> https://www.x.test/link 302 -> http://museum.test/ 200")]
    assert rows(seen, trust)[0].upgrade == "first_hop_same_host"
    seen.http_routes = [route("http://www.x.test/ 301 -> https://www.x.test/ 302 -> http://x.test/ 200")]
    assert rows(seen, trust)[0].upgrade == "downgrade"


@pytest.mark.parametrize(
    ("header", "state", "max_age"),
    [
        ("max-age=31536000", "good", 31_536_000),
        ("max-age=31535999", "short", 31_535_999),
        ("max-age=0", "off", 0),
        ("max-age==1", "invalid", None),
        (None, "absent", None),
    ],
)
def test_hsts_of_the_host_itself(trust: TrustStore, header: str | None, state: str, max_age: int | None) -> None:
    (row,) = rows(served(hsts=header), trust)
    assert (row.hsts, row.hsts_header, row.hsts_max_age) == (state, header, max_age)


def test_hsts_over_a_bad_certificate_is_ineffective(authority: Authority, trust: TrustStore) -> None:
    """Case 21."""
    expired = chain(authority, "www.x.test", start=NOW - 2 * YEAR, end=NOW - timedelta(days=1))
    seen = Seen(https={"192.0.2.1": [hop("https://www.x.test/ 200", hsts=GOOD_HSTS, chain=expired)]})
    (row,) = rows(seen, trust)
    assert (row.hsts, row.certificate, row.hsts_header) == ("ineffective", "expired", GOOD_HSTS)
    assert policy_of("www.x.test", seen, trust=trust, at=NOW) is None


def test_hsts_over_a_chain_that_browsers_complete_is_effective(authority: Authority, trust: TrustStore) -> None:
    trust.remember([authority.intermediate.der])
    seen = Seen(https={"192.0.2.1": [hop("https://www.x.test/ 200", hsts=GOOD_HSTS, chain=chain(authority, "www.x.test")[:1])]})
    (row,) = rows(seen, trust)
    assert (row.hsts, row.certificate) == ("good", "incomplete_chain")


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ((GOOD_HSTS, None), "good"),
        ((None, "max-age=5"), "short"),
        ((GOOD_HSTS, "max-age=0"), "off"),
        ((GOOD_HSTS, "nonsense"), "good"),
        ((None, "nonsense"), "invalid"),
    ],
)
def test_the_weakest_policy_a_host_sends_can_be_in_force(trust: TrustStore, headers: tuple[str | None, ...], state: str) -> None:
    seen = Seen(https={"192.0.2.1": [hop("https://www.x.test/ 200", hsts=header) for header in headers]})
    assert rows(seen, trust)[0].hsts == state


@pytest.mark.parametrize(
    ("parent", "own", "state"),
    [
        ("max-age=31536000; includeSubDomains", None, "inherited"),
        ("max-age=31536000; includeSubDomains", "max-age=0", "inherited"),
        ("max-age=31536000; includeSubDomains", "nonsense", "inherited"),
        ("max-age=31536000; includeSubDomains", "max-age=5", "inherited"),
        ("max-age=31536000; includeSubDomains", "max-age=31536000", "good"),
        ("max-age=4; includeSubDomains", "max-age=5", "short"),
        ("max-age=31536000", None, "absent"),
        ("max-age=0; includeSubDomains", None, "absent"),
    ],
)
def test_a_parents_sub_domains_are_covered(trust: TrustStore, parent: str, own: str | None, state: str) -> None:
    """Case 22: the policy of x covers www.x only with includeSubDomains."""
    policies: dict[str, Policy] = {"x.test": parse([parent])}
    assert rows(served(hsts=own), trust, hsts_of=policies.get)[0].hsts == state
    assert rows(served(hsts=own), trust, "a.b.x.test", hsts_of=policies.get)[0].hsts == state


def test_only_parents_are_asked_and_never_the_top_level(trust: TrustStore) -> None:
    asked: list[str] = []

    def policy(name: str) -> None:
        asked.append(name)

    rows(served(hsts=None), trust, "a.b.x.test", hsts_of=policy)
    assert asked == ["b.x.test", "x.test"]


def test_the_preload_list_covers(trust: TrustStore) -> None:
    preload = frozenset({"x.test"})
    assert rows(served(hsts=None), trust, preload=preload)[0].hsts == "preloaded"
    assert rows(served(), trust, preload=preload)[0].hsts == "good"
    assert rows(served(hsts=None), trust, "notx.test", preload=preload)[0].hsts == "absent"


def test_an_address_cannot_have_hsts(trust: TrustStore) -> None:
    assert rows(served("https://192.0.2.1/ 200"), trust, "192.0.2.1")[0].hsts == "ineffective"
    assert policy_of("192.0.2.1", served("https://192.0.2.1/ 200"), trust=trust, at=NOW) is None


def test_policy_of_is_what_a_host_lends_to_those_below_it(trust: TrustStore) -> None:
    policy = policy_of("x.test", served("https://x.test/ 301"), trust=trust, at=NOW)
    assert policy is not None
    assert policy.covers_subdomains
    assert policy_of("x.test", Seen(), trust=trust, at=NOW) is None


def test_hostile_headers_are_stored_safely(trust: TrustStore) -> None:
    (row,) = rows(served(hsts="max-age=\x00\x1b[31m\ud800" + "x" * 5000), trust)
    assert row.hsts == "invalid"
    assert row.hsts_header is not None
    assert row.hsts_header.isprintable()
    assert len(row.hsts_header) <= 500


def test_an_error_page_is_an_https_service_all_the_same(trust: TrustStore) -> None:
    assert rows(served("https://www.x.test/ 404"), trust)[0].https == "http_error"
    assert rows(served("https://www.x.test/ 404", "https://www.x.test/ 200"), trust)[0].https == "ok"


MODERN = Inventory(
    ("TLSv1.2", "TLSv1.3"), ("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"), ("x25519",), 9, complete=True
)
OLD = Inventory(("TLSv1", "TLSv1.2"), ("TLS_RSA_WITH_AES_128_CBC_SHA",), (), 7, complete=True)


def with_chain(authority: Authority, *addresses: str) -> Seen:
    sent = chain(authority, "www.x.test")
    return Seen(https={address: [hop("https://www.x.test/ 200", chain=sent, version="TLSv1.2")] for address in addresses})


def test_an_inventory_fills_the_facts_and_the_grades(authority: Authority, trust: TrustStore) -> None:
    (row,) = rows(with_chain(authority, "192.0.2.1"), trust, inventories={"192.0.2.1": MODERN})
    assert row.tls_versions == ["TLSv1.2", "TLSv1.3"]
    assert row.cipher_suites == list(MODERN.cipher_suites)
    assert (row.groups, row.handshakes) == (["x25519"], 9)
    assert (row.ncsc_1_0, row.ncsc_2_1, row.ncsc_2025) == ("good", "sufficient", "sufficient")


def test_each_address_has_its_own_inventory(authority: Authority, trust: TrustStore) -> None:
    seen = with_chain(authority, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    found = rows(seen, trust, inventories={"192.0.2.1": MODERN, "192.0.2.2": OLD})
    assert [row.ncsc_2_1 for row in found] == ["sufficient", "phase_out", "not_tested"]
    assert [row.ncsc_2025 for row in found] == ["sufficient", "insufficient", "not_tested"]
    assert found[2].tls_versions == ["TLSv1.2"]


def test_an_address_that_was_only_listed_has_a_row(authority: Authority, trust: TrustStore) -> None:
    seen = with_chain(authority, "192.0.2.1")
    silent = Inventory((), (), (), 2, complete=False, failure="timeout")
    found = rows(seen, trust, inventories={"192.0.2.1": MODERN, "2001:db8::1": OLD, "2001:db8::2": silent})
    assert [(row.address, row.https, row.certificate) for row in found] == [
        ("192.0.2.1", "ok", "valid"),
        ("2001:db8::1", "not_tested", "not_tested"),
    ]
    assert found[1].ncsc_2025 == "insufficient"


def test_a_server_too_old_for_a_handshake_of_ours_is_graded_all_the_same(trust: TrustStore) -> None:
    ancient = Inventory(("SSLv3",), ("TLS_RSA_WITH_RC4_128_MD5",), (), 4, complete=True)
    (row,) = rows(Seen(https_failure="tls"), trust, inventories={"192.0.2.1": ancient})
    assert (row.https, row.certificate, row.tls_versions) == ("tls", "not_tested", ["SSLv3"])
    assert (row.ncsc_1_0, row.ncsc_2_1, row.ncsc_2025) == ("insufficient",) * 3


def test_an_inventory_that_failed_grades_nothing_but_counts_its_handshakes(authority: Authority, trust: TrustStore) -> None:
    failed = Inventory((), (), (), 2, complete=False, failure="reset")
    (row,) = rows(with_chain(authority, "192.0.2.1"), trust, inventories={"192.0.2.1": failed})
    assert (row.tls_versions, row.ncsc_2_1, row.handshakes) == (["TLSv1.2"], "not_tested", 2)
    (row,) = rows(Seen(https_failure="reset"), trust, inventories={"192.0.2.1": failed})
    assert (row.https, row.ncsc_2_1, row.handshakes) == ("reset", "not_tested", 2)


def test_a_version_that_was_negotiated_counts_although_the_listing_missed_it(authority: Authority, trust: TrustStore) -> None:
    seen = Seen(https={"192.0.2.1": [hop("https://www.x.test/ 200", chain=chain(authority, "www.x.test"), version="TLSv1")]})
    (row,) = rows(seen, trust, inventories={"192.0.2.1": MODERN})
    assert row.tls_versions == ["TLSv1", "TLSv1.2", "TLSv1.3"]
    assert row.ncsc_2_1 == "phase_out"


def test_names_from_an_inventory_are_stored_safely(trust: TrustStore) -> None:
    hostile = Inventory(("TLSv1.2",), ("\x1b[2J" + "x" * 500,), ("\x00",), 1, complete=True)
    (row,) = rows(served(), trust, inventories={"192.0.2.1": hostile})
    assert all(name.isprintable() and len(name) <= 80 for name in [*row.cipher_suites, *row.groups])


def test_the_packaged_preload_list_is_used_unless_another_is_given(trust: TrustStore) -> None:
    assert rows(served(hsts=None), trust, "www.example.dev")[0].hsts == "preloaded"
    assert rows(served(hsts=None), trust, "www.example.dev", preload=frozenset())[0].hsts == "absent"
    assert rows(served(hsts=None), trust, "www.x.test")[0].hsts == "absent"


def test_a_host_without_https_has_no_hsts_to_judge(trust: TrustStore) -> None:
    without = Seen(https_failure="refused", http_routes=[route("http://www.x.test/ 200")])
    assert rows(without, trust)[0].hsts == "not_tested"
    also_https = served(hsts=None)
    also_https.http_routes = [route("http://www.x.test/ 200")]
    assert rows(also_https, trust)[0].hsts == "absent"
