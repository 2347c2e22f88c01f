"""The score of hand-made snapshots against a hand-made truth."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemcrawl.demo.score import score

RESULTS = {"ncsc_webapp_2015": "pass", "decree_2023": "pass", "internet_nl_2025": "pass"}
FAILS = dict.fromkeys(RESULTS, "fail")
FORM = {"product": "balie", "script": "", "also_urls": [], "tolerated": []}
TRUTH = {
    "night": 1,
    "appointment_without_https": ["GM9001"],
    "municipalities": [
        {
            "code": "GM9001", "case": "a_action_http", "website": "www.a.test", "outcomes": ["surveyed"], "reason": None,
            "appointment": "insecure", "contact": "secure",
            "forms": [
                FORM | {"kind": "appointment", "page_url": "https://a.test/afspraak", "findings": ["action_http"], "verdict": "insecure", "https_2016": "fail"} | FAILS,
                FORM | {"kind": "contact", "page_url": "https://a.test/contact", "findings": [], "verdict": "secure", "https_2016": "pass"} | RESULTS,
            ],
        },
        {
            "code": "GM9002", "case": "o_down", "website": "www.b.test", "outcomes": ["unreachable"], "reason": "http_5xx",
            "appointment": "not_tested", "contact": "not_tested", "forms": [],
        },
    ],
}  # fmt: skip
APPOINTMENT: dict[str, Any] = {
    "municipality": "GM9001",
    "kind": "appointment",
    "page_url": "https://a.test/afspraak?product=1",
    "verdict": "insecure",
    "https_2016": "fail",
    "findings": [{"code": "action_http"}],
    "rendered": False,
    "fields": [],
    "personal_data_level": "none",
    **FAILS,
}
CONTACT = (
    APPOINTMENT
    | RESULTS
    | {"kind": "contact", "page_url": "https://a.test/contact", "verdict": "secure", "https_2016": "pass", "findings": []}
)
TOWNS: list[dict[str, Any]] = [
    {"code": "GM9001", "outcome": "surveyed", "reason": None, "appointment": "insecure", "contact": "secure", "rendered": 0},
    {"code": "GM9002", "outcome": "unreachable", "reason": "http_5xx", "appointment": "not_tested", "contact": "not_tested", "rendered": 0},
]
_TYPES = {
    "findings": pa.list_(pa.struct([("code", pa.string())])),
    "fields": pa.list_(pa.struct([("name", pa.string())])),
    "rendered": pa.bool_(),
}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in APPOINTMENT])


def _snapshot(tmp_path: Path, forms: list[dict[str, Any]], towns: list[dict[str, Any]], script: str = "") -> tuple[Path, Path]:
    pq.write_table(pa.Table.from_pylist(forms, schema=_SCHEMA), tmp_path / "forms.parquet")
    pq.write_table(pa.Table.from_pylist(towns), tmp_path / "municipalities.parquet")
    truth = tmp_path / "truth.json"
    told = copy.deepcopy(TRUTH)
    told["municipalities"][0]["forms"][0]["script"] = script  # type: ignore[index]
    truth.write_text(json.dumps(told))
    return tmp_path, truth


def test_everything_right(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], TOWNS))
    assert [(k.recall, k.precision) for k in result.kinds.values()] == [(1, 1), (1, 1)]
    assert [s.value for s in (result.verdicts, result.https_2016, result.findings, result.outcomes, result.statuses)] == [1] * 5
    assert (result.headline, result.headline_truth) == (1, 1)
    assert [result.misses, result.false_alarms, result.wrong_verdicts, result.wrong_findings, result.wrong_outcomes] == [[]] * 5


def test_a_missed_form_lowers_recall_and_is_named(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [CONTACT], TOWNS))
    assert result.kinds["appointment"].recall == 0
    assert result.headline == 0
    assert result.misses == ["GM9001 a_action_http appointment balie https://a.test/afspraak"]


@pytest.mark.parametrize("extra", [APPOINTMENT, APPOINTMENT | {"municipality": "GM9002"}, APPOINTMENT | {"municipality": "GM0000"}])
def test_a_form_too_many_lowers_precision(tmp_path: Path, extra: dict[str, Any]) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT, extra], TOWNS))
    assert result.kinds["appointment"].precision == 0.5
    assert len(result.false_alarms) == 1


def test_forms_of_other_kinds_do_not_count(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT, CONTACT | {"kind": "search"}], TOWNS))
    assert result.false_alarms == []


def test_a_wrong_verdict_is_explained_by_the_codes(tmp_path: Path) -> None:
    wrong = APPOINTMENT | {"verdict": "weak", "findings": [{"code": "hsts_absent"}]}
    result = score(*_snapshot(tmp_path, [wrong, CONTACT], TOWNS))
    assert result.verdicts.value == 0.5
    assert "missing ['action_http'], extra ['hsts_absent']; verdict weak, in truth insecure" in result.wrong_verdicts[0]


def test_rule_sets_are_scored_apart_and_what_was_not_tested_is_counted(tmp_path: Path) -> None:
    untested = dict.fromkeys(("decree_2023", "internet_nl_2025"), "not_tested")
    result = score(*_snapshot(tmp_path, [APPOINTMENT | {"ncsc_webapp_2015": "pass"}, CONTACT | untested], TOWNS))
    assert {name: (s.right, s.of, s.not_tested) for name, s in result.rule_sets.items()} == {
        "ncsc_webapp_2015": (1, 2, 0),
        "decree_2023": (1, 2, 1),
        "internet_nl_2025": (1, 2, 1),
    }
    assert [line.partition("; ")[2] for line in result.wrong_rule_sets] == ["ncsc_webapp_2015 pass, in truth fail"]
    assert result.verdicts.value == 1
    assert "decree-2023: 0.500 (1/2), 1 not tested" in result.lines()


def test_a_municipality_that_vanished_has_a_wrong_outcome(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], TOWNS[:1]))
    assert result.outcomes.value == 0.5
    assert len(result.wrong_outcomes) == 1
    assert len(result.wrong_statuses) == 2


def test_another_reason_is_a_wrong_outcome(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], [TOWNS[0], TOWNS[1] | {"reason": "timeout"}]))
    assert result.outcomes.value == 0.5


SEEN = {"rendered": True, "fields": [{"name": "naam"}]}
KNOWN = {"personal_data_level": "inferred"}


@pytest.mark.parametrize(
    ("script", "told", "found"),
    [
        ("shown", SEEN, 1),
        ("shown", KNOWN, 0),
        ("shown", SEEN | {"rendered": False}, 0),
        ("shown", SEEN | {"fields": []}, 0),
        ("declared", {}, 1),
        ("silent", KNOWN, 1),
        ("silent", {}, 0),
    ],
)
def test_a_form_that_scripts_make_counts_when_it_is_told_as_it_can_be(
    script: str, told: dict[str, Any], found: int, tmp_path: Path
) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT | told, CONTACT], TOWNS, script)).scripts
    assert (result.found, result.expected, len(result.misses)) == (found, 1, 1 - found)


def test_a_form_that_stands_in_the_page_as_fetched_is_not_scored_among_those_of_scripts(tmp_path: Path) -> None:
    assert score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], TOWNS)).scripts.expected == 0


def test_rendered_pages_are_counted_for_the_municipalities_that_have_any(tmp_path: Path) -> None:
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], [TOWNS[0] | {"rendered": 3}, TOWNS[1]])).scripts
    assert (result.pages, result.pages_each, result.municipalities, result.of) == (3, 3.0, 1, 2)


def test_what_was_sent_to_the_nation_is_counted(tmp_path: Path) -> None:
    sent = tmp_path / "sent.json"
    sent.write_text(
        json.dumps([{"method": "POST", "url": "https://a.test/x", "count": 2}, {"method": "PUT", "url": "https://a.test/", "count": 1}])
    )
    result = score(*_snapshot(tmp_path, [APPOINTMENT, CONTACT], TOWNS), sent)
    assert result.scripts.sent == 3
    assert result.scripts.lines()[-1] == "requests other than GET and HEAD at the nation's servers: 3"
