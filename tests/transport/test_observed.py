"""The memory of every host: small, and bounded whatever a host sends."""

from __future__ import annotations

from gemcrawl.recent import MOST
from gemcrawl.transport.facts import Handshake, Hop
from gemcrawl.transport.observed import PER_ADDRESS, PER_HOST, Observed

HANDSHAKE = Handshake("TLSv1.3", "TLS_AES_128_GCM_SHA256", (), True)


def hop(url: str = "https://x.test/", *, status: int = 200, address: str = "192.0.2.1", hsts: tuple[str, ...] = ()) -> Hop:
    return Hop(url=url, status=status, address=address, hsts=hsts, handshake=HANDSHAKE if url.startswith("https:") else None)


def test_a_host_never_asked_is_empty() -> None:
    seen = Observed().of("x.test")
    assert (seen.https, seen.http_routes, seen.https_failure, seen.http_failure) == ({}, [], None, None)


def test_hops_are_kept_by_address_and_alike_ones_once() -> None:
    observed = Observed()
    for one in (hop(), hop("https://X.test:443/other"), hop(status=404), hop(hsts=("max-age=1",)), hop(address="2001:db8::1")):
        observed.hop(one)
    seen = observed.of("x.test").https
    assert [(h.status, h.hsts) for h in seen["192.0.2.1"]] == [(200, ()), (404, ()), (200, ("max-age=1",))]
    assert len(seen["2001:db8::1"]) == 1


def test_hops_without_a_handshake_are_no_https() -> None:
    observed = Observed()
    observed.hop(hop("http://x.test/"))
    assert observed.of("x.test").https == {}


def test_a_host_with_ever_new_headers_fills_no_memory() -> None:
    observed = Observed()
    for n in range(50):
        observed.hop(hop(hsts=(f"max-age={n}",)))
        observed.route((hop(f"http://x.test/{n}"),))
    assert len(observed.of("x.test").https["192.0.2.1"]) == PER_ADDRESS
    assert len(observed.of("x.test").http_routes) == PER_HOST


def test_pages_without_a_header_do_not_crowd_out_the_one_that_has_it() -> None:
    observed = Observed()
    for status in (200, 301, 302, 404, 403, 500):
        observed.hop(hop(status=status))
    observed.hop(hop(hsts=("max-age=31536000",)))
    assert [(h.status, h.hsts) for h in observed.of("x.test").https["192.0.2.1"]] == [(200, ()), (404, ()), (200, ("max-age=31536000",))]


def test_routes_count_where_they_start_at_http() -> None:
    observed = Observed()
    upgrade = (hop("http://x.test/", status=301), hop("https://www.x.test/"))
    for route in (upgrade, upgrade, (hop(),), ()):
        observed.route(route)
    assert observed.of("x.test").http_routes == [upgrade]
    assert observed.of("www.x.test").http_routes == []


def test_failures_are_kept_by_scheme() -> None:
    observed = Observed()
    observed.failure("https://x.test/", "tls")
    observed.failure("http://x.test/", "refused")
    assert (observed.of("x.test").https_failure, observed.of("x.test").http_failure) == ("tls", "refused")


def test_failures_are_forgotten_and_answers_are_not() -> None:
    observed = Observed()
    observed.hop(hop())
    for url in ("https://x.test/", "http://x.test/", "https://y.test/"):
        observed.failure(url, "dns")
    observed.forget_failures()
    assert [observed.of(host).https_failure for host in ("x.test", "y.test")] == [None, None]
    assert observed.of("x.test").http_failure is None
    assert observed.of("x.test").https.keys() == {"192.0.2.1"}


def test_hosts_that_were_met_long_ago_are_forgotten_but_for_whoever_is_under_way() -> None:
    observed = Observed()
    under_way, over = observed.for_one(), observed.for_one()
    under_way.hop(hop("https://mine.test/"))
    over.hop(hop("https://yours.test/"))
    del over
    for n in range(MOST):
        observed.for_one().hop(hop(f"https://h{n}.test/"))
    assert under_way.of("mine.test").https
    assert observed.of("mine.test").https
    assert observed.of("yours.test").https == {}
    assert observed.of(f"h{MOST - 1}.test").https


def test_a_platform_that_one_municipality_met_is_known_to_the_next() -> None:
    observed = Observed()
    observed.for_one().hop(hop("https://platform.test/"))
    assert observed.for_one().of("platform.test").https
