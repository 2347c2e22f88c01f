"""How the benchmark of politeness reads a log."""

from __future__ import annotations

from benchmarks.politeness import Log, addresses, at_once, by, gaps
from benchmarks.scale.nation import Copy
from gemcrawl.sites import site_of

LOG: Log = [(3.0, "b.platform.test"), (1.0, "a.platform.test"), (1.5, "www.other.test"), (2.5, "www.other.test")]


def test_requests_count_by_registrable_domain_in_the_order_in_which_they_came() -> None:
    assert by(LOG, site_of) == {"platform.test": [1.0, 3.0], "other.test": [1.5, 2.5]}


def test_some_hosts_may_be_left_out() -> None:
    assert by(LOG, lambda host: "x" if host.startswith("a.") else None) == {"x": [1.0]}


def test_gaps_are_those_of_one_thing() -> None:
    assert gaps(by(LOG, site_of)) == [1.0, 2.0]


def test_requests_are_there_for_as_long_as_an_answer_takes() -> None:
    times = {"x": [0.0, 1.0, 1.05, 1.1]}
    assert [at_once(times, takes) for takes in (0.01, 0.06, 0.2)] == [1, 2, 3]


def test_every_host_has_an_address_and_platforms_share_theirs() -> None:
    at = addresses(30)
    for copy in map(Copy, range(30)):
        assert {copy.website, copy.form_host} <= set(at)
    shared = {host: address for host, address in at.items() if "platform" in host}
    assert len({site_of(host) for host in shared}) == 10
    assert len(set(shared.values())) == 2
    assert not set(shared.values()) & {at[Copy(number).website] for number in range(30)}
