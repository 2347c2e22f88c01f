"""The two answers of a municipality: the worst form counts, and absence is claimed only when all was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations

import pytest

from gemcrawl.items import Finding, FindingCode, Form, Kind, Municipality, Outcome, Verdict, Weight
from gemcrawl.transport.status import municipality_status

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORDER: tuple[Verdict, ...] = ("insecure", "downgrade", "weak", "not_tested", "secure")


def municipality(outcome: Outcome = "surveyed") -> Municipality:
    return Municipality(
        code="GM9999",
        name="X",
        province="Utrecht",
        website="www.x.test",
        outcome=outcome,
        appointment="not_tested",
        contact="not_tested",
        started_at=NOW,
        finished_at=NOW,
    )


def form(kind: Kind, verdict: Verdict, *findings: tuple[FindingCode, Weight]) -> Form:
    return Form(
        municipality="GM9999",
        form_id="x",
        kind=kind,
        kind_score=1.0,
        page_url="https://www.x.test/",
        found_via="link",
        findings=[Finding(code=code, weight=weight, subject="x", evidence="x") for code, weight in findings],
        verdict=verdict,
        page_sha256="",
        fetched_at=NOW,
    )


@pytest.mark.parametrize("pair", list(combinations(ORDER, 2)))
def test_the_worst_form_counts(pair: tuple[Verdict, Verdict]) -> None:
    for first, second in (pair, pair[::-1]):
        found = municipality_status(municipality(), [form("contact", first), form("contact", second), form("search", "insecure")], [])
        assert found.contact == pair[0]
        assert found.appointment == "not_found"


@pytest.mark.parametrize("outcome", ["partial", "unreachable", "blocked", "robots_denied", "failed"])
def test_absence_is_claimed_of_a_surveyed_site_only(outcome: Outcome) -> None:
    found = municipality_status(municipality(outcome), [], [])
    assert (found.appointment, found.contact) == ("not_tested", "not_tested")


def test_absence_is_not_claimed_of_a_kind_with_something_unread() -> None:
    found = municipality_status(municipality(), [], ["appointment"])
    assert (found.appointment, found.contact) == ("not_tested", "not_found")


def test_a_form_found_counts_whatever_the_outcome() -> None:
    assert municipality_status(municipality("partial"), [form("contact", "secure")], ["contact"]).contact == "secure"


def test_insecure_findings_are_those_that_weigh_of_forms_in_scope() -> None:
    forms = [
        form("contact", "insecure", ("page_http", "insecure"), ("hsts_absent", "weak")),
        form("appointment", "downgrade", ("http_twin", "downgrade"), ("page_http", "insecure")),
        form("search", "insecure", ("action_http", "insecure")),
    ]
    assert municipality_status(municipality(), forms, []).insecure_findings == ["page_http", "http_twin"]
