"""The truth: what must be found, derived from the definitions."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from gemcrawl.demo.cases import HTTPS_2016_APPOINTMENT
from gemcrawl.demo.nation import nation
from gemcrawl.demo.truth import FormTruth, TownTruth, truth
from gemcrawl.items import FindingCode

CODES: tuple[str, ...] = get_args(FindingCode)


@pytest.fixture(scope="module")
def towns() -> list[TownTruth]:
    return truth(nation())


def _form(towns: list[TownTruth], case: str, kind: str = "appointment") -> FormTruth:
    town = next(t for t in towns if t.case == case)
    return next(f for f in town.forms if f.kind == kind)


def test_exactly_ten_municipalities_have_an_appointment_form_without_https(towns: list[TownTruth]) -> None:
    failing = [t.case for t in towns if any(f.kind == "appointment" and f.https_2016 == "fail" for f in t.forms)]
    assert sorted(failing) == sorted(HTTPS_2016_APPOINTMENT)


def test_every_finding_code_occurs_at_least_three_times(towns: list[TownTruth]) -> None:
    counts = Counter(code for town in towns for form in town.forms for code in form.findings)
    assert {code: counts[code] for code in CODES if counts[code] < 3} == {}
    assert set(counts) == set(CODES)


@pytest.mark.parametrize(
    ("case", "kind", "ncsc_webapp_2015", "decree_2023", "internet_nl_2025"),
    [
        ("n_tls12", "appointment", "pass", "pass", "pass"),
        ("n_wildcard", "appointment", "pass", "pass", "pass"),
        ("n_script_form", "contact", "pass", "pass", "pass"),
        ("a_javascript", "appointment", "not_tested", "not_tested", "not_tested"),
        ("a_hsts_short", "appointment", "pass", "pass", "fail"),
        ("a_hsts_absent", "appointment", "pass", "fail", "fail"),
        ("a_tls_old", "appointment", "pass", "fail", "fail"),
        ("a_tls_insufficient", "appointment", "pass", "fail", "fail"),
        ("a_not_yet_valid", "appointment", "pass", "fail", "fail"),
        ("a_incomplete", "appointment", "pass", "fail", "fail"),
        ("c_upgrade_late", "contact", "pass", "fail", "fail"),
        ("c_http_twin", "contact", "fail", "fail", "fail"),
        ("c_mailto", "contact", "fail", "fail", "fail"),
        ("c_api_http", "contact", "fail", "fail", "fail"),
        ("c_frame_http", "contact", "fail", "fail", "fail"),
    ],
)
def test_rule_sets(towns: list[TownTruth], case: str, kind: str, ncsc_webapp_2015: str, decree_2023: str, internet_nl_2025: str) -> None:
    for form in (f for t in towns if t.case == case for f in t.forms if f.kind == kind):
        assert (form.ncsc_webapp_2015, form.decree_2023, form.internet_nl_2025) == (ncsc_webapp_2015, decree_2023, internet_nl_2025)


def test_what_scripts_make_is_told_apart(towns: list[TownTruth]) -> None:
    scripted = [f for t in towns for f in t.forms if f.script]
    assert {f.script for f in scripted} == {"shown", "declared", "silent"}
    assert all("submit_by_script" in f.findings for f in scripted if f.product != "widget_frames")


def test_a_form_that_nothing_tells_of_is_neither_expected_nor_absent(towns: list[TownTruth]) -> None:
    hidden = [t for t in towns if t.case == "s_hidden"]
    assert len(hidden) == 3
    assert {(t.appointment, len([f for f in t.forms if f.kind == "appointment"])) for t in hidden} == {("not_tested", 0)}


def test_a_script_that_asks_a_service_over_http_is_mixed_content(towns: list[TownTruth]) -> None:
    form = _form(towns, "s_api_http", "contact")
    assert (set(form.findings), form.verdict) == ({"api_http", "mixed_active", "submit_by_script"}, "insecure")


def test_http_faults_of_contact_forms_leave_the_appointment_form_alone(towns: list[TownTruth]) -> None:
    mine = [t for t in towns if t.case in ("c_frame_parent_http", "c_frame_http", "c_api_http")]
    assert len(mine) == 9
    assert {(f.kind, f.https_2016) for t in mine for f in t.forms} == {("appointment", "pass"), ("contact", "fail")}


def test_hsts_that_a_framing_page_over_http_cannot_have_is_left_open(towns: list[TownTruth]) -> None:
    for case, kind in (("a_frame_parent_http", "appointment"), ("c_frame_parent_http", "contact")):
        for form in (f for t in towns if t.case == case for f in t.forms if f.kind == kind):
            assert "hsts_absent" in form.tolerated


def test_after_repair_only_the_new_fault_is_left() -> None:
    second = truth(nation(2))
    failing = [t.case for t in second if any(f.kind == "appointment" and f.https_2016 == "fail" for f in t.forms)]
    assert failing == ["a_action_http"]


def test_about_a_third_has_some_weakness(towns: list[TownTruth]) -> None:
    weak = sum(any(f.verdict != "secure" for f in t.forms) for t in towns)
    assert 110 <= weak <= 150


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("a_http_supplier", {"page_http", "action_http"}),
        ("a_http_site", {"page_http", "action_http"}),
        ("a_http_link", {"page_http", "action_http"}),
        ("a_frame_parent_http", {"frame_parent_http"}),
        ("a_frame_http", {"frame_http", "action_http"}),
        ("a_action_http", {"action_http"}),
        ("a_base_http", {"action_http"}),
        ("a_formaction_http", {"action_http"}),
        ("a_redirect_to_http", {"page_http", "action_http", "redirect_downgrade"}),
        ("a_base_fragment_http", {"action_http"}),
        ("a_expired", {"cert_expired", "hsts_ineffective"}),
        ("a_incomplete", {"cert_incomplete_chain"}),
        ("a_tls_old", {"tls_phase_out"}),
        ("a_hsts_absent", {"hsts_absent"}),
        ("a_http_twin", {"http_twin"}),
        ("a_entry_http", {"entry_http", "hsts_absent"}),
        ("a_downgrade", {"redirect_downgrade"}),
        ("a_get", {"personal_data_in_url"}),
        ("a_javascript", {"submit_by_script"}),
        ("a_not_yet_valid", {"cert_not_yet_valid", "hsts_ineffective"}),
        ("a_tls_insufficient", {"tls_insufficient"}),
        ("n_wildcard", {"wildcard_dns"}),
        ("n_inherited", set()),
        ("n_tls12", set()),
        ("n_mixed_passive", {"mixed_passive"}),
        ("n_quoted_hsts", set()),
    ],
)
def test_findings_of_appointment_forms(towns: list[TownTruth], case: str, codes: set[str]) -> None:
    for town in (t for t in towns if t.case == case):
        for form in (f for f in town.forms if f.kind == "appointment"):
            assert set(form.findings) == codes


@pytest.mark.parametrize(
    ("case", "codes", "verdict"),
    [
        ("c_mailto", {"action_mailto"}, "insecure"),
        ("c_action_http", {"action_http"}, "insecure"),
        ("c_http_twin", {"http_twin"}, "downgrade"),
        ("c_upgrade_other", {"upgrade_other_host_first"}, "weak"),
        ("c_upgrade_late", {"upgrade_late"}, "weak"),
        ("c_meta_refresh", {"upgrade_client_side"}, "weak"),
        ("c_script_upgrade", {"upgrade_client_side"}, "weak"),
        ("c_wrong_host", {"cert_hostname_mismatch", "hsts_ineffective"}, "insecure"),
        ("c_frame_parent_http", {"frame_parent_http"}, "insecure"),
        ("c_frame_http", {"frame_http", "action_http"}, "insecure"),
        ("c_api_http", {"api_http", "submit_by_script"}, "insecure"),
        ("n_script_form", {"submit_by_script"}, "secure"),
        ("c_tls_insufficient", {"tls_insufficient"}, "weak"),
        ("c_not_yet_valid", {"cert_not_yet_valid", "hsts_ineffective"}, "insecure"),
        ("n_entry_http_covered", set(), "secure"),
        ("n_http_closed", set(), "secure"),
    ],
)
def test_findings_of_contact_forms(towns: list[TownTruth], case: str, codes: set[str], verdict: str) -> None:
    form = _form(towns, case, "contact")
    assert set(form.findings) == codes
    assert form.verdict == verdict


@pytest.mark.parametrize(
    ("case", "outcome", "reason", "appointment", "contact"),
    [
        ("o_down", "unreachable", "http_5xx", "not_tested", "not_tested"),
        ("o_refused", "unreachable", "refused", "not_tested", "not_tested"),
        ("o_robots_all", "robots_denied", "robots", "not_tested", "not_tested"),
        ("o_robots_500", "robots_denied", "robots_unavailable", "not_tested", "not_tested"),
        ("o_forbidden", "blocked", "http_4xx", "not_tested", "not_tested"),
        ("o_rate_limited", "blocked", "rate_limited", "not_tested", "not_tested"),
        ("o_challenge", "blocked", "challenge", "not_tested", "not_tested"),
        ("o_phone_only", "surveyed", None, "not_found", "secure"),
        ("o_mail_only", "surveyed", None, "secure", "not_found"),
    ],
)
def test_outcomes(towns: list[TownTruth], case: str, outcome: str, reason: str | None, appointment: str, contact: str) -> None:
    town = next(t for t in towns if t.case == case)
    assert (town.outcomes, town.reason, town.appointment, town.contact) == ([outcome], reason, appointment, contact)


def test_a_form_whose_supplier_denies_robots_is_not_tested(towns: list[TownTruth]) -> None:
    denied = [t for t in towns if t.case == "o_supplier_robots"]
    assert denied
    assert all(t.appointment == "not_tested" and not any(f.kind == "appointment" for f in t.forms) for t in denied)


def test_the_oracle_reaches_every_form_in_two_to_four_requests(towns: list[TownTruth]) -> None:
    assert {f.oracle_requests for t in towns for f in t.forms} <= {2, 3, 4}


def test_a_javascript_action_is_neither_secure_nor_insecure(towns: list[TownTruth]) -> None:
    form = _form(towns, "a_javascript")
    assert (form.verdict, form.https_2016) == ("not_tested", "not_tested")
