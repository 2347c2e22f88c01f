from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import Finding, FindingCode, Host, NcscGrade, TlsVersion
from gemcrawl.transport.facts import Inventory, Seen, Target, Way
from gemcrawl.transport.findings import WEIGHTS, find, finding
from gemcrawl.transport.hosts import host_rows
from gemcrawl.transport.ncsc import LEVELS
from gemcrawl.transport.rules import apply, load, verdict, worst
from gemcrawl.transport.trust import TrustStore

from .builders import GOOD_HSTS, NOW, hop, host, issue, route

PAGE, SUBMIT = "https://x.test/afspraak", "https://y.test/post"
GRADES = {"ncsc_1_0": "good", "ncsc_2_1": "good", "ncsc_2025": "sufficient"}
WAY = Way(
    page=route(f"{PAGE} 200"),
    targets=(Target("/post", SUBMIT, method="post"),),
    twins=(("http://x.test/afspraak", route(f"http://x.test/afspraak 301 -> {PAGE} 200")),),
)
HOSTS = {name: [host(name, **GRADES)] for name in ("x.test", "y.test")}
UNLISTED = {name: [host(name)] for name in ("x.test", "y.test")}
SYSTEM = TrustStore()
IDS = ("https-2016", "ncsc-webapp-2015", "decree-2023", "internet-nl-2025")


def results(way: Way = WAY, hosts: dict[str, list[Host]] = HOSTS, *codes: FindingCode) -> dict[str, str]:
    findings = [*find(way, hosts), *(finding(code, PAGE, "seen") for code in codes)]
    return {name: apply(rule_set, findings, way, hosts) for name, rule_set in load().items()}


def judged(way: Way = WAY, hosts: dict[str, list[Host]] = HOSTS) -> str:
    return verdict(find(way, hosts), way, hosts)


def test_each_rule_set_names_its_source_and_the_date_from_which_it_applies() -> None:
    assert set(load()) == set(IDS)
    for name, rule_set in load().items():
        assert rule_set.id == name
        assert len(rule_set.source) > 10
        assert len(rule_set.title) > 10
        assert date(2013, 1, 1) < rule_set.applies_from < date(2030, 1, 1)


def test_rule_sets_fail_only_on_codes_of_the_closed_list() -> None:
    assert tuple(WEIGHTS) == get_args(FindingCode)
    for rule_set in load().values():
        assert rule_set.fails_on <= set(WEIGHTS)
        assert rule_set.needs <= {"target", "twin", "certificate", "upgrade", "tls"}
        assert ("tls" in rule_set.needs) == (rule_set.tls is not None)


def test_each_norm_asks_more_than_the_one_before() -> None:
    sets = [load()[name].fails_on - {"tls_insufficient", "tls_phase_out"} for name in IDS]
    assert all(smaller < larger for smaller, larger in pairwise(sets))


@pytest.mark.parametrize(
    ("code", "failing"),
    [
        ("page_http", 4),
        ("frame_parent_http", 4),
        ("frame_http", 4),
        ("action_http", 4),
        ("api_http", 4),
        ("http_twin", 3),
        ("redirect_downgrade", 3),
        ("action_mailto", 3),
        ("cert_expired", 2),
        ("cert_incomplete_chain", 2),
        ("upgrade_late", 2),
        ("upgrade_other_host_first", 2),
        ("upgrade_client_side", 2),
        ("hsts_absent", 2),
        ("hsts_invalid", 2),
        ("hsts_off", 2),
        ("hsts_ineffective", 2),
        ("hsts_short", 1),
        ("entry_http", 0),
        ("mixed_active", 0),
        ("cookie_insecure", 0),
        ("submit_by_script", 0),
    ],
)
def test_what_fails_which_rule_set(code: FindingCode, failing: int) -> None:
    expected = ["pass"] * (4 - failing) + ["fail"] * failing
    found = results(WAY, HOSTS, code)
    assert [found[name] for name in IDS] == expected


def test_nothing_wrong_passes_all() -> None:
    assert set(results().values()) == {"pass"}
    assert judged() == "secure"


def test_before_the_tls_inventory_the_two_norms_with_a_tls_table_are_not_tested() -> None:
    assert results(WAY, UNLISTED) == dict.fromkeys(IDS[:2], "pass") | dict.fromkeys(IDS[2:], "not_tested")
    assert results(WAY, UNLISTED, "hsts_absent")["decree-2023"] == "fail", "a failure needs no other facts"


@pytest.mark.parametrize(
    ("columns", "decree", "internet_nl"),
    [
        ({"ncsc_2_1": "phase_out"}, "fail", "pass"),
        ({"ncsc_2_1": "insufficient"}, "fail", "pass"),
        ({"ncsc_2025": "phase_out"}, "pass", "pass"),
        ({"ncsc_2025": "insufficient"}, "pass", "fail"),
        ({"tls_versions": ["TLSv1"], "ncsc_2_1": "not_tested", "ncsc_2025": "not_tested"}, "fail", "fail"),
        ({"tls_versions": ["TLSv1", "TLSv1.2"], "ncsc_2_1": "not_tested", "ncsc_2025": "not_tested"}, "not_tested", "not_tested"),
    ],
)
def test_each_norm_has_its_own_tls_table(columns: dict[str, object], decree: str, internet_nl: str) -> None:
    """Case 24; the submit host counts as well."""
    for name in HOSTS:
        found = results(WAY, HOSTS | {name: [host(name, **(GRADES | columns))]})
        assert (found["decree-2023"], found["internet-nl-2025"]) == (decree, internet_nl)


def test_the_worst_address_decides_the_tls_grade() -> None:
    hosts = HOSTS | {
        "x.test": [host("x.test", **GRADES), host("x.test", **(GRADES | {"address": "2001:db8::1", "ncsc_2_1": "insufficient"}))]
    }
    assert results(WAY, hosts)["decree-2023"] == "fail"


def test_dialog_sends_nothing() -> None:
    """Case 11."""
    for targets in ((), (Target("", PAGE, method="dialog"),)):
        way = replace(WAY, targets=targets)
        assert set(results(way).values()) == {"not_applicable"}
        assert judged(way) == "not_tested"


def test_a_javascript_action_without_an_observed_target_is_not_tested() -> None:
    """Case 10."""
    way = replace(WAY, targets=(Target("javascript:send()", ""),), by_script=True)
    assert judged(way) == "not_tested"
    assert set(results(way).values()) == {"not_tested"}
    observed = replace(way, targets=(*way.targets, Target("", SUBMIT, method="post")))
    assert judged(observed) == "secure"
    assert set(results(observed).values()) == {"pass"}


def test_what_is_proven_is_not_hidden_by_what_is_unknown() -> None:
    way = replace(WAY, page=route("http://x.test/afspraak 200"), targets=(Target("javascript:send()", ""),), by_script=True)
    assert judged(way) == "insecure"
    assert set(results(way).values()) == {"fail"}


def test_weak_is_not_said_of_a_form_that_may_be_worse() -> None:
    way = replace(WAY, targets=(Target("javascript:send()", ""),), by_script=True)
    hosts = HOSTS | {"x.test": [host("x.test", hsts="absent", **GRADES)]}
    assert judged(WAY, hosts) == "weak"
    assert judged(way, hosts) == "not_tested"


def test_a_mount_point_is_judged_by_page_and_api_hosts() -> None:
    way = replace(WAY, targets=(), by_script=True, has_form_element=False, api_urls=("https://y.test/api",))
    assert judged(way) == "secure"
    assert judged(way, {"x.test": HOSTS["x.test"]}) == "not_tested"
    assert judged(replace(way, api_urls=("http://y.test/api",))) == "insecure"


@pytest.mark.parametrize(
    ("https", "result"),
    [
        ("timeout", "unreachable"),
        ("refused", "unreachable"),
        ("dns", "unreachable"),
        ("reset", "error"),
        ("tls", "error"),
        ("not_tested", "not_tested"),
    ],
)
@pytest.mark.parametrize("name", ["x.test", "y.test"])
def test_a_certificate_that_was_not_seen(name: str, https: str, result: str) -> None:
    """Case 25."""
    hosts = HOSTS | {name: [host(name, https=https, certificate="not_tested", hsts="not_tested")]}
    assert judged(WAY, hosts) == "not_tested"
    found = results(WAY, hosts)
    assert (found["https-2016"], found["decree-2023"]) == ("pass", result)


def test_one_address_that_did_not_answer_does_not_make_a_host_untested() -> None:
    silent = host("x.test", address="2001:db8::1", https="timeout", certificate="not_tested", hsts="not_tested", tls_versions=[])
    hosts = HOSTS | {"x.test": [*HOSTS["x.test"], silent]}
    assert judged(WAY, hosts) == "secure"
    assert results(WAY, hosts)["decree-2023"] == "pass"


@pytest.mark.parametrize(
    ("reason", "result"), [("refused", "pass"), ("http_4xx", "pass"), ("timeout", "not_tested"), ("robots", "not_tested")]
)
def test_the_http_version_must_be_known_for_the_whole_application(reason: str, result: str) -> None:
    way = replace(WAY, twins=(("http://x.test/afspraak", reason),))  # type: ignore[arg-type]
    assert results(way)["ncsc-webapp-2015"] == result
    assert results(way)["https-2016"] == "pass"
    assert judged(way) == "secure"


def test_a_way_that_began_at_http_needs_no_further_look_at_the_http_version() -> None:
    way = replace(WAY, page=route(f"http://x.test/afspraak 301 -> {PAGE} 200"), twins=())
    assert results(way)["ncsc-webapp-2015"] == "pass"
    assert results(replace(WAY, twins=()))["ncsc-webapp-2015"] == "not_tested"
    other_port = "https://x.test:8443/afspraak"
    assert results(replace(WAY, page=route(f"{other_port} 200"), twins=()))["ncsc-webapp-2015"] == "pass"


@pytest.mark.parametrize(("upgrade", "result"), [("not_applicable", "pass"), ("not_tested", "not_tested")])
def test_port_80_closed_passes_and_port_80_silent_is_not_tested(upgrade: str, result: str) -> None:
    hosts = HOSTS | {"x.test": [host("x.test", upgrade=upgrade, **GRADES)]}
    assert results(WAY, hosts)["decree-2023"] == result


def test_upgrade_is_not_asked_of_a_host_that_only_receives() -> None:
    hosts = HOSTS | {"y.test": [host("y.test", upgrade="not_tested", **GRADES)]}
    assert results(WAY, hosts)["decree-2023"] == "pass"


def test_a_note_does_not_make_a_form_weak() -> None:
    assert judged(replace(WAY, mixed_passive=("http://x.test/a.png",))) == "secure"
    assert judged(replace(WAY, mixed_active=("http://x.test/a.js",))) == "weak"


def test_the_worst_verdict_of_several() -> None:
    assert worst(["secure", "weak"]) == "weak"
    assert worst(["weak", "not_tested"]) == "not_tested"
    assert worst(["not_tested", "downgrade", "insecure"]) == "insecure"
    assert worst([]) == "not_tested"


def listed(inventory: Inventory) -> list[Host]:
    """A row graded from an inventory, as the crawl makes it."""
    leaf = issue("x.test", names=("x.test",)).der
    seen = Seen(https={"192.0.2.1": [hop("https://x.test/ 200", hsts=GOOD_HSTS, chain=(leaf,))]})
    graded = host_rows("x.test", seen, trust=SYSTEM, at=NOW, inventories={"192.0.2.1": inventory})[0]
    good = {"certificate": "valid", "certificate_defects": [], "hsts": "good", "upgrade": "first_hop_same_host"}
    return [replace(graded, **good)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("inventory", "tls", "decree", "internet_nl"),
    [
        (Inventory(("TLSv1.3",), ("TLS_AES_256_GCM_SHA384",), ("x25519",), 3, complete=True), [], "pass", "pass"),
        (
            Inventory(("TLSv1", "TLSv1.3"), ("TLS_AES_256_GCM_SHA384",), ("x25519",), 3, complete=True),
            [("tls_phase_out", "phase out in NCSC 2.1 (192.0.2.1): phase out: version TLSv1")],
            "fail",
            "fail",
        ),
        (
            Inventory(("TLSv1.2",), ("TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"), (), 3, complete=True),
            [
                (
                    "tls_insufficient",
                    (
                        "insufficient in NCSC 2.1 (192.0.2.1): insufficient: suite TLS_RSA_WITH_RC4_128_SHA; "
                        "phase out: suite TLS_RSA_WITH_AES_128_CBC_SHA"
                    ),
                )
            ],
            "fail",
            "fail",
        ),
        (
            Inventory(("TLSv1.2",), ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",), ("ffdhe3072",), 3, complete=True),
            [],
            "pass",
            "pass",
        ),
        (Inventory(("TLSv1.3",), ("TLS_AES_256_GCM_SHA384",), ("x25519",), 3, complete=False), [], "not_tested", "not_tested"),
    ],
)
def test_from_an_inventory_to_the_two_norms_with_a_tls_table(
    inventory: Inventory, tls: list[tuple[str, str]], decree: str, internet_nl: str
) -> None:
    hosts = HOSTS | {"x.test": listed(inventory)}
    found = find(WAY, hosts)
    assert [(f.code, f.evidence) for f in found] == tls
    assert (results(WAY, hosts)["decree-2023"], results(WAY, hosts)["internet-nl-2025"]) == (decree, internet_nl)
    assert judged(WAY, hosts) == ("weak" if tls else "secure")


WAYS = [
    WAY,
    replace(WAY, targets=()),
    replace(WAY, twins=()),
    replace(WAY, targets=(Target("javascript:x()", ""),), by_script=True),
    replace(WAY, targets=(), by_script=True, has_form_element=False),
    Way(page=()),
]
BADNESS = ["secure", "weak", "not_tested", "downgrade", "insecure"]
RESULT_BADNESS = {"not_applicable": 0, "pass": 0, "not_tested": 1, "unreachable": 1, "error": 1, "fail": 2}
some_findings = st.lists(st.sampled_from(sorted(WEIGHTS)).map(lambda code: finding(code, PAGE, "seen")), max_size=6)


@given(
    st.sampled_from(WAYS),
    st.sampled_from([HOSTS, UNLISTED, {}]),
    some_findings,
    some_findings,
)
def test_one_more_finding_never_improves_a_judgement(
    way: Way, hosts: dict[str, list[Host]], some: list[Finding], more: list[Finding]
) -> None:
    before, after = verdict(some, way, hosts), verdict([*some, *more], way, hosts)
    assert BADNESS.index(before) <= BADNESS.index(after)
    for rule_set in load().values():
        assert RESULT_BADNESS[apply(rule_set, some, way, hosts)] <= RESULT_BADNESS[apply(rule_set, [*some, *more], way, hosts)]


grades = st.sampled_from(get_args(NcscGrade))
versions = st.lists(st.sampled_from(get_args(TlsVersion)), max_size=3, unique=True)


@given(st.sampled_from(WAYS), versions.filter(bool), grades, grades, grades, grades)
def test_a_worse_tls_grade_never_improves_a_judgement(
    way: Way, accepted: list[TlsVersion], one: NcscGrade, other: NcscGrade, one_2025: NcscGrade, other_2025: NcscGrade
) -> None:
    """Among grades that were given; a host that was not listed has none to compare."""
    pairs = [sorted(pair, key=LEVELS[::-1].index) for pair in ((one, other), (one_2025, other_2025)) if "not_tested" not in pair]
    if len(pairs) < 2:
        return
    before, after = (
        HOSTS | {"x.test": [host("x.test", tls_versions=accepted, ncsc_2_1=pairs[0][i], ncsc_2025=pairs[1][i])]} for i in (0, 1)
    )
    assert BADNESS.index(judged(way, before)) <= BADNESS.index(judged(way, after))
    for name, result in results(way, before).items():
        assert RESULT_BADNESS[result] <= RESULT_BADNESS[results(way, after)[name]]


@given(st.sampled_from(WAYS), versions, grades, grades)
def test_one_more_address_never_improves_a_judgement(way: Way, accepted: list[TlsVersion], v21: NcscGrade, v2025: NcscGrade) -> None:
    more = host("x.test", address="2001:db8::1", tls_versions=accepted, ncsc_2_1=v21, ncsc_2025=v2025)
    hosts = HOSTS | {"x.test": [*HOSTS["x.test"], more]}
    assert BADNESS.index(judged(way)) <= BADNESS.index(judged(way, hosts))
    for name, result in results(way).items():
        assert RESULT_BADNESS[result] <= RESULT_BADNESS[results(way, hosts)[name]]
