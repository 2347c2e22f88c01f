"""The embargo: what may be named, and the record that decides it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.notify.embargo import NOTICES, Notice, embargo_of, notices, parse_days, record
from tests.snapshot.rows import NIGHT

PLACE = "www.aa.test/afspraak"


def notice(code: str = "page_http", days: int = 0, **changes: Any) -> Notice:
    given: dict[str, Any] = {"municipality": "GM1", "kind": "appointment", "place": PLACE, "code": code, "by": "GM1"}
    return Notice(**{**given, "given": NIGHT + timedelta(days=days), **changes})


def row(*codes: str, verdict: str = "insecure", **changes: Any) -> dict[str, Any]:
    weights = {"hsts_absent": "weak", "http_twin": "downgrade"}
    findings = [{"code": code, "weight": weights.get(code, "insecure")} for code in codes or ("page_http",)]
    given = {"municipality": "GM1", "kind": "appointment", "page_url": "https://www.aa.test/afspraak/?x=1", "verdict": verdict}
    return {**given, "findings": findings, **changes}


def hidden(tmp_path, form, *given: Notice, days: int = 60, after: int = 0) -> bool:
    record(tmp_path, given)
    return embargo_of(tmp_path, days, at=NIGHT + timedelta(days=after)).hides(form)


def test_a_case_of_which_nobody_was_told_is_not_named(tmp_path) -> None:
    assert hidden(tmp_path, row())


@pytest.mark.parametrize(("after", "still"), [(0, True), (59, True), (60, False), (61, False)])
def test_it_is_named_so_many_days_after_notice(tmp_path, after, still) -> None:
    assert hidden(tmp_path, row(), notice(), after=after) == still


@pytest.mark.parametrize("verdict", ["secure", "weak", "not_tested"])
def test_what_is_neither_insecure_nor_a_downgrade_is_always_named(tmp_path, verdict) -> None:
    assert not hidden(tmp_path, row(verdict=verdict))


def test_without_an_embargo_everything_is_named(tmp_path) -> None:
    assert not hidden(tmp_path, row(), days=0)


def test_every_finding_that_makes_it_so_needs_notice_others_do_not(tmp_path) -> None:
    assert hidden(tmp_path, row("page_http", "http_twin"), notice(), after=99)
    assert not hidden(tmp_path, row("page_http", "hsts_absent"), notice(), after=99)


@pytest.mark.parametrize("changes", [{"municipality": "GM2"}, {"kind": "contact"}, {"page_url": "https://www.aa.test/other"}])
def test_notice_of_one_form_is_not_notice_of_another(tmp_path, changes) -> None:
    assert hidden(tmp_path, row(**changes), notice(), after=99)


def test_telling_again_does_not_start_the_days_anew(tmp_path) -> None:
    assert record(tmp_path, [notice()]) == 1
    assert record(tmp_path, [notice(days=50), notice("http_twin", days=50)]) == 1
    assert [n.given for n in notices(tmp_path) if n.code == "page_http"] == [NIGHT]
    assert not embargo_of(tmp_path, 60, at=NIGHT + timedelta(days=60)).hides(row())


def test_the_rest_is_counted_and_its_municipality_known(tmp_path) -> None:
    found = embargo_of(tmp_path, 60, at=NIGHT).split([row(), row(municipality="GM2", verdict="weak"), row(municipality="GM3")])
    assert [form["municipality"] for form in found.named] == ["GM2"]
    assert len(found.withheld) == 2
    assert found.municipalities == {"GM1", "GM3"}


@pytest.mark.parametrize("content", ["{", "[]", '{"notices": [{}]}', '{"notices": [{"given": "gisteren"}]}', "\xff"])
def test_by_a_record_that_is_not_understood_nothing_is_named(tmp_path, content) -> None:
    (tmp_path / NOTICES).write_bytes(content.encode("latin-1"))
    with pytest.raises(OutputError, match="record of notices"):
        embargo_of(tmp_path, 60)
    with pytest.raises(OutputError):
        record(tmp_path, [notice()])
    assert (tmp_path / NOTICES).read_bytes() == content.encode("latin-1")


@pytest.mark.parametrize(("text", "days"), [("60d", 60), ("0", 0), (" 7 d ", 7), ("3650d", 3650)])
def test_days_as_written(text, days) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "d", "-1", "60w", "3651", "1.5d", "\x1b"])
def test_what_is_no_number_of_days(text) -> None:
    with pytest.raises(UsageError, match="--embargo"):
        parse_days(text)
