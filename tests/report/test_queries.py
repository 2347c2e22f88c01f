"""Every number is the answer to a query that the report shows, and the same as counted from the files without it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from gemcrawl.report import queries
from gemcrawl.report.data import load
from gemcrawl.report.site import RULE_SETS
from gemcrawl.report.words import Words
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.snapshot.read import latest, query
from tests.report.nights import first_night, published, survey
from tests.report.pages import read, text
from tests.snapshot.rows import NIGHT, entry, municipality, run_info
from tests.snapshot.rows import form as a_form

KINDS = ("appointment", "contact")


def rows(output: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(latest(output) / f"{table}.parquet", partitioning=None).to_pylist()
    return found


def failing(output: Path, kind: str, rule_set: str) -> set[str]:
    column = rule_set.replace("-", "_")
    return {form["municipality"] for form in rows(output, "forms") if form["kind"] == kind and form[column] == "fail"}


def test_rows_hold_what_arrow_says_with_moments_in_utc() -> None:
    sql = "SELECT $snapshot AS name, TIMESTAMPTZ '2026-11-23 02:00:00+00' AS moment, NULL::TIMESTAMPTZ AS never, [{'a': 1}] AS nested FROM range(2)"
    with duckdb.connect() as database:
        found = queries.rows(database, sql, "night")
    assert found == [{"name": "night", "moment": datetime(2026, 11, 23, 2, tzinfo=UTC), "never": None, "nested": [{"a": 1}]}] * 2
    assert f"{found[0]['moment']}" == "2026-11-23 02:00:00+00:00"


def test_the_headline_is_what_the_files_say(demo_output: Path) -> None:
    page = read(demo_output / "report" / "en" / "index.html")
    shown = [int(re.findall(r"\d+", node.text())[0]) for node in page.css("ul.big li b")]
    expected = [("appointment", "https-2016"), ("contact", "https-2016"), ("appointment", "decree-2023")]
    assert shown == [len(failing(demo_output, kind, rule)) for kind, rule in expected]
    assert sum(shown) > 0
    (table,) = (node for node in page.css("table") if "ncsc-webapp-2015" in node.text())
    for row in table.css("tbody tr"):
        rule = row.css_first("a").text()  # type: ignore[union-attr]
        assert [int(cell.text()) for cell in row.css("td.n")] == [len(failing(demo_output, kind, rule)) for kind in KINDS]


def test_a_rule_set_divides_all_municipalities(demo_output: Path) -> None:
    data = load(demo_output)
    total = len(rows(demo_output, "municipalities"))
    assert {(row["kind"], row["rule_set"]) for row in data.numbers["headline"]} == {(kind, rule) for kind in KINDS for rule in RULE_SETS}
    for row in data.numbers["headline"]:
        assert row["failing"] + row["unknown"] + row["passing"] + row["no_form"] == row["total"] == total


def test_statuses_findings_and_suppliers_are_what_the_files_say(demo_output: Path) -> None:
    numbers = load(demo_output).numbers
    towns, forms = rows(demo_output, "municipalities"), [form for form in rows(demo_output, "forms") if form["kind"] in KINDS]
    for kind in KINDS:
        counted = {row["status"]: row["municipalities"] for row in numbers["statuses"] if row["kind"] == kind}
        assert counted == Counter(town[kind] for town in towns)
    places: dict[str, set[str]] = defaultdict(set)
    affected: dict[str | None, set[str]] = defaultdict(set)
    for form in forms:
        for finding in form["findings"]:
            places[finding["code"]].add(form["municipality"])
        if form["verdict"] in ("insecure", "downgrade", "weak"):
            affected[form["supplier"]].add(form["municipality"])
    assert {row["code"]: row["municipalities"] for row in numbers["findings"]} == {code: len(of) for code, of in places.items()}
    assert {row["supplier"]: row["affected"] for row in numbers["suppliers"] if row["affected"]} == {
        name: len(of) for name, of in affected.items()
    }


def test_personal_data_is_what_the_files_say(demo_output: Path) -> None:
    numbers = load(demo_output).numbers["personal"]
    insecure: dict[str, set[str]] = defaultdict(set)
    asked: Counter[str] = Counter()
    for form in rows(demo_output, "forms"):
        for category in form["personal_data"]:
            asked[category] += 1
            if form["verdict"] == "insecure":
                insecure[category].add(form["municipality"])
    assert {row["category"]: row["forms"] for row in numbers} == asked
    assert {row["category"]: row["municipalities"] for row in numbers if row["municipalities"]} == {
        c: len(of) for c, of in insecure.items()
    }


def test_the_citizen_service_number_comes_first(two_nights: Path) -> None:
    assert [row["category"] for row in load(two_nights, "previous").numbers["personal"]] == ["bsn", "email"]


def test_provinces_add_up(demo_output: Path) -> None:
    numbers = load(demo_output).numbers
    for kind in KINDS:
        of = [row for row in numbers["provinces"] if row["kind"] == kind]
        for status in numbers["statuses"]:
            if status["kind"] == kind:
                assert sum(row[status["status"]] for row in of) == status["municipalities"]


@pytest.mark.parametrize("name", queries.load())
def test_every_query_is_shown_as_it_was_asked_and_can_be_asked_again(name: str, two_nights: Path) -> None:
    data = load(two_nights)
    sql = queries.load()[name].replace("$snapshot", f"'{data.snapshot}'")
    assert query(two_nights, sql).to_pylist() == data.numbers[name]
    assert len(Words("nl")(f"queries.{name}")) > 10


def test_the_page_of_the_method_prints_every_query(hostile_report: Path) -> None:
    page = read(hostile_report / "en" / "method.html")
    for name, sql in queries.load().items():
        (shown,) = page.css(f"#q-{name} pre")
        assert shown.text() == sql.replace("$snapshot", "'2026-11-23T020000Z'")
    assert "Besluit beveiligde verbinding" in text(hostile_report / "en" / "method.html")


def test_an_earlier_night_is_shown_as_it_was_then(two_nights: Path) -> None:
    first, second = load(two_nights, "previous"), load(two_nights)
    assert [row["snapshot"] for row in first.numbers["trend"]] == [first.snapshot] * 8
    assert {row["snapshot"] for row in second.numbers["trend"]} == {first.snapshot, second.snapshot}
    assert not any(row["fixed"] for row in first.numbers["fix_times"])
    assert sum(row["fixed"] for row in second.numbers["fix_times"]) == 2


def test_an_earlier_night_is_shown_as_it_was_then_although_a_finding_came_back(two_nights: Path) -> None:
    mended = load(two_nights).numbers["fix_times"]
    published(two_nights, first_night(), NIGHT + timedelta(days=2), "r3")
    assert load(two_nights, "previous").numbers["fix_times"] == mended


def test_since_when_is_known_of_a_municipality_that_merged_later(tmp_path: Path) -> None:
    for day, code in enumerate(("GM0003", "GM0003", "GM1979")):  # Appingedam became Eemsdelta
        parts = Parts(tmp_path / "runs" / f"r{day}")
        parts.write(survey(municipality(code), [a_form(code, "https://www.x.test/contact", f"ab{day}", verdict="weak")], []))
        publish(tmp_path, run_info(f"r{day}", started=NIGHT + timedelta(days=day)), parts, [entry(int(code[2:]))])
    for snapshot, code in (("2026-11-24", "GM0003"), ("latest", "GM1979")):
        (found,) = load(tmp_path, snapshot).forms[code]
        assert (found["since"], found["first_seen"]) == ("2026-11-23T020000Z", "2026-11-23T020000Z")


def test_a_selection_is_no_night_of_the_trend(two_nights: Path) -> None:
    nights = {row["snapshot"] for row in load(two_nights).numbers["trend"]}
    published(two_nights, first_night()[:1], NIGHT + timedelta(hours=1), "r9")
    numbers = load(two_nights).numbers
    assert {row["snapshot"] for row in numbers["trend"]} == {row["snapshot"] for row in numbers["trend_statuses"]} == nights
    assert {row["total"] for row in numbers["trend"]} == {4}
