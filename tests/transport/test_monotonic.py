"""One more bad fact never improves a judgement: each finding by the fact that causes it, in any company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import CertificateState, FindingCode, Host, Hsts, NcscGrade, Upgrade
from gemcrawl.transport.certificates import DEFECTS
from gemcrawl.transport.facts import EntryLink, Target, Way
from gemcrawl.transport.findings import WEIGHTS, find
from gemcrawl.transport.ncsc import LEVELS
from gemcrawl.transport.rules import apply, load, verdict
from gemcrawl.transport.upgrade import worst

from .builders import GOOD, HTTP, HTTPS, host, route

Facts = tuple[Way, dict[str, list[Host]]]
Worsen = Callable[[Facts], Facts]

GRADES: dict[str, Any] = {"ncsc_1_0": "good", "ncsc_2_1": "good", "ncsc_2025": "sufficient"}
NOTHING_WRONG: Facts = (GOOD, {name: [host(name, **GRADES)] for name in ("x.test", "y.test", "g.test")})
HSTS: tuple[Hsts, ...] = ("absent", "invalid", "off", "ineffective", "short", "preloaded", "inherited", "good")
"""Worst first."""


def way(**changes: Callable[[Way], Any]) -> Worsen:
    return lambda facts: (replace(facts[0], **{name: change(facts[0]) for name, change in changes.items()}), facts[1])


def row(change: Callable[[Host], dict[str, Any]]) -> Worsen:
    return lambda facts: (facts[0], facts[1] | {"x.test": [replace(r, **change(r)) for r in facts[1]["x.test"]]})


def defect(new: CertificateState) -> Worsen:
    def change(known: Host) -> dict[str, Any]:
        defects = [d for d in DEFECTS if d in {*known.certificate_defects, new}]
        return {"certificate": defects[0], "certificate_defects": defects}

    return row(change)


def hsts(new: Hsts) -> Worsen:
    return row(lambda known: {"hsts": min(known.hsts, new, key=HSTS.index)})


def upgrade(new: Upgrade) -> Worsen:
    return row(lambda known: {"upgrade": worst([known.upgrade, new])})


def tls(new: NcscGrade) -> Worsen:
    return row(
        lambda known: {"ncsc_2_1": min(known.ncsc_2_1, new, key=LEVELS.index), "ncsc_2025": min(known.ncsc_2025, new, key=LEVELS.index)}
    )


def target(written: str, method: Any = "post") -> Worsen:
    return way(targets=lambda known: (*known.targets, Target(written, written, "formaction", method)))


BAD: dict[FindingCode, Worsen] = {
    "page_http": way(page=lambda known: (*known.page[:-1], *route(f"{HTTP} 200"))),
    "frame_parent_http": way(frames=lambda known: (*known.frames, route("http://g.test/ 200"))),
    "frame_http": way(page=lambda _: route(f"{HTTP} 200"), frames=lambda known: (*known.frames, route("https://g.test/ 200"))),
    "action_http": target("http://y.test/"),
    "api_http": way(api_urls=lambda known: (*known.api_urls, "http://y.test/api")),
    "action_mailto": target("mailto:a@x.test"),
    "cert_expired": defect("expired"),
    "cert_not_yet_valid": defect("not_yet_valid"),
    "cert_self_signed": defect("self_signed"),
    "cert_untrusted": defect("untrusted"),
    "cert_hostname_mismatch": defect("hostname_mismatch"),
    "redirect_downgrade": way(page=lambda known: (*route("https://x.test/ 301 -> http://x.test/ 301"), *known.page)),
    "http_twin": way(twins=lambda known: (*known.twins, (HTTP, route(f"{HTTP} 200")))),
    "entry_http": way(entries=lambda known: (*known.entries, EntryLink(HTTPS, "http://old.test/"))),
    "upgrade_other_host_first": upgrade("other_host_first"),
    "upgrade_late": upgrade("late"),
    "upgrade_client_side": upgrade("client_side"),
    "cert_incomplete_chain": defect("incomplete_chain"),
    "mixed_active": way(mixed_active=lambda known: (*known.mixed_active, "http://y.test/a.js")),
    "hsts_absent": hsts("absent"),
    "hsts_invalid": hsts("invalid"),
    "hsts_off": hsts("off"),
    "hsts_short": hsts("short"),
    "hsts_ineffective": hsts("ineffective"),
    "tls_insufficient": tls("insufficient"),
    "tls_phase_out": tls("phase_out"),
    "cookie_insecure": way(insecure_cookies=lambda known: (*known.insecure_cookies, "sid")),
    "personal_data_in_url": lambda facts: target("https://x.test/zoek", "get")((replace(facts[0], personal_data=True), facts[1])),
    "mixed_passive": way(mixed_passive=lambda known: (*known.mixed_passive, "http://y.test/a.png")),
    "submit_by_script": target("javascript:send()"),
    "wildcard_dns": way(wildcard_name=lambda _: "qzx.x.test"),
}
VERDICTS = ("secure", "weak", "not_tested", "downgrade", "insecure")
"""Best first; "not tested" stands where a form may turn out to be anything worse."""
RESULTS = {"not_applicable": 0, "pass": 0, "not_tested": 1, "unreachable": 1, "error": 1, "fail": 2}


def judged(facts: Facts) -> tuple[int, list[int]]:
    findings = find(*facts)
    return VERDICTS.index(verdict(findings, *facts)), [RESULTS[apply(r, findings, *facts)] for r in load().values()]


def test_without_any_of_them_all_is_well() -> None:
    assert find(*NOTHING_WRONG) == []
    assert judged(NOTHING_WRONG) == (0, [0, 0, 0, 0])


@pytest.mark.parametrize("code", get_args(FindingCode))
def test_every_finding_has_its_fact_its_weight_and_names_subject_and_evidence(code: FindingCode) -> None:
    facts = BAD[code](NOTHING_WRONG)
    (found, *_) = [f for f in find(*facts) if f.code == code]
    assert found.weight == WEIGHTS[code]
    assert any(name in found.subject for name in (*NOTHING_WRONG[1], "old.test"))
    assert found.evidence not in ("", code)
    if found.weight != "note":
        assert judged(facts)[0] >= VERDICTS.index(found.weight)
    for rule_set in load().values():
        if code in rule_set.fails_on:
            assert apply(rule_set, find(*facts), *facts) == "fail"


@given(st.lists(st.sampled_from(get_args(FindingCode)), max_size=6), st.sampled_from(get_args(FindingCode)))
def test_one_more_bad_fact_never_improves_a_judgement(some: list[FindingCode], more: FindingCode) -> None:
    facts = NOTHING_WRONG
    for code in some:
        facts = BAD[code](facts)
    (before, results_before), (after, results_after) = judged(facts), judged(BAD[more](facts))
    assert before <= after
    assert all(one <= other for one, other in zip(results_before, results_after, strict=True))
