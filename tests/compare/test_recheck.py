"""What a second look says: a pure function of what a form was and what was found."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.compare.recheck import Looked, counts, missing, result_of, results
from gemcrawl.items import Form, Verdict
from gemcrawl.transport.findings import finding
from tests.snapshot.rows import NIGHT, form
from tests.survey.test_revisit import PAGE, known

BAD = finding("page_http", PAGE, "delivered over http")


def now(verdict: Verdict, url: str = PAGE, *found: Any, **changes: Any) -> Form:
    return form("GM9999", url, changes.pop("form_id", url), kind="appointment", verdict=verdict, findings=list(found), **changes)


def looked(*forms: Form, **changes: Any) -> Looked:
    given: dict[str, Any] = {"failures": {}, "statuses": {PAGE: 200}, "searched": True, "requests": 7, "at": NIGHT}
    return Looked(forms=forms, **{**given, **changes})


def the_row(old: Any, seen: Looked) -> Any:
    (row,) = results([old], seen, snapshot="s")
    return row


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        ("insecure", "secure", "fixed"),
        ("downgrade", "weak", "fixed"),
        ("weak", "secure", "fixed"),
        ("insecure", "downgrade", "still"),
        ("weak", "weak", "still"),
        ("secure", "secure", "still"),
        ("not_tested", "secure", "still"),
        ("secure", "weak", "worse"),
        ("weak", "insecure", "worse"),
        ("downgrade", "insecure", "worse"),
    ],
)
def test_results(before: str, after: str, result: str) -> None:
    assert result_of(before, after) == result


def test_what_is_mended_is_told_with_what_is_gone() -> None:
    row = the_row(known(findings=(BAD,)), looked(now("secure")))
    assert (row.result, row.gone, row.findings, row.requests) == ("fixed", ["page_http"], [], 7)
    assert row.evidence == "no finding that counts"


def test_what_is_not_is_told_with_what_was_seen() -> None:
    row = the_row(known(findings=(BAD,)), looked(now("insecure", PAGE, BAD)))
    assert (row.result, row.gone) == ("still", [])
    assert "page_http" in row.evidence
    assert "delivered over http" in row.evidence


def test_a_form_that_moved_says_where_to() -> None:
    row = the_row(known(), looked(now("secure", "https://elders.test/")))
    assert (row.result, row.new_page_url) == ("fixed", "https://elders.test/")
    assert "now at https://elders.test/" in row.evidence


def test_a_form_that_cannot_be_judged_is_not_called_mended() -> None:
    row = the_row(known(), looked(now("not_tested")))
    assert (row.result, row.verdict) == ("unreachable", "not_tested")


@pytest.mark.parametrize(
    ("changes", "result", "reason"),
    [
        ({}, "gone", None),
        ({"failures": {PAGE: "http_4xx"}, "statuses": {PAGE: 404}}, "gone", None),
        ({"failures": {PAGE: "http_4xx"}, "statuses": {PAGE: 403}}, "unreachable", "http_4xx"),
        ({"failures": {PAGE: "timeout"}, "statuses": {PAGE: 0}}, "unreachable", "timeout"),
        ({"searched": False}, "unreachable", "error"),
        ({"statuses": {}}, "unreachable", "error"),
    ],
)
def test_a_form_that_is_not_found_is_gone_only_when_somebody_says_so(changes: dict[str, Any], result: str, reason: str | None) -> None:
    row = the_row(known(), looked(**changes))
    assert (row.result, row.reason, row.verdict, row.gone) == (result, reason, None, [])


def test_whether_a_search_is_needed() -> None:
    assert missing([known()], [])
    assert not missing([known()], [now("secure", "https://elders.test/")])


@given(st.lists(st.sampled_from(get_args(Verdict)), max_size=4), st.lists(st.sampled_from(get_args(Verdict)), max_size=4), st.booleans())
def test_every_known_form_has_exactly_one_result(before: list[Verdict], after: list[Verdict], searched: bool) -> None:
    old = [known(f"{PAGE}/{i}", verdict=verdict) for i, verdict in enumerate(before)]
    seen = looked(*(now(verdict, f"{PAGE}/{i + 1}") for i, verdict in enumerate(after)), searched=searched)
    rows = results(old, seen, snapshot="s")
    assert sorted(row.form_id for row in rows) == sorted(form.form_id for form in old)
    assert sum(counts(rows).values()) == len(old)
    assert not [row for row in rows if row.result == "fixed" and row.verdict not in ("secure", "weak")]
