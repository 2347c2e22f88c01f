"""A night that was published with the first schema is read by today's code.

``first_schema`` holds one of three municipalities, written by the code of commit 6ffb32e, before columns were added for rendering,
coordinates and security.txt, and before its descriptor told of the gate.  It is never written anew: what cannot read it is at fault.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemcrawl.cli import checks, metrics
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.cli.report import make
from gemcrawl.compare.load import diff
from gemcrawl.items import TABLES
from gemcrawl.snapshot.gate import Tally, comparable
from gemcrawl.snapshot.known import known_towns
from gemcrawl.snapshot.previous import known_forms
from gemcrawl.snapshot.prune import plan
from gemcrawl.snapshot.read import query
from gemcrawl.snapshot.schema import SCHEMA_VERSION, arrow_schema
from tests.cli.test_metrics import read
from tests.snapshot.rows import NIGHT
from tests.support.nights import AA, BEE, second_night

FIRST = "2026-11-22T020000Z"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An output with nothing but the old night."""
    shutil.copytree(Path(__file__).parent / "first_schema", tmp_path / "output")
    return tmp_path / "output"


@pytest.fixture
def both(old: Path) -> Path:
    """The old night, and one of today's two days later: Aa is mended, Bee's contact form is worse."""
    second_night(old)
    return old


def test_it_is_of_another_schema_than_today_and_of_a_version_that_says_it_can_be_read(old: Path) -> None:
    told = json.loads((old / f"snapshot={FIRST}" / "datapackage.json").read_bytes())["gemcrawl"]
    assert told["schema_version"] == 1
    assert SCHEMA_VERSION >= 1
    schemas = {name: pq.read_schema(old / f"snapshot={FIRST}" / f"{name}.parquet") for name in TABLES}
    assert any(set(arrow_schema(row).names) > set(schemas[name].names) for name, row in TABLES.items())


def test_every_column_of_then_is_there_today_with_the_same_type(old: Path) -> None:
    for name, row in TABLES.items():
        today = arrow_schema(row)
        for column in pq.read_schema(old / f"snapshot={FIRST}" / f"{name}.parquet"):
            assert column.name in today.names, f"{name}.{column.name}"
            if not column.type.equals(today.field(column.name).type):  # members may have been added to a struct
                assert str(column.type).split("<")[0] == str(today.field(column.name).type).split("<")[0]


def test_alone_it_is_queried_like_any_other(old: Path) -> None:
    rows = query(old, "SELECT name, appointment, contact FROM latest.municipalities ORDER BY code").to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("Aa", "insecure", "secure"),
        ("Bee", "secure", "weak"),
        ("Dee", "not_tested", "not_tested"),
    ]


def test_beside_a_night_of_today_it_is_in_every_view(both: Path) -> None:
    nights = query(both, "SELECT snapshot, count(*) AS n FROM forms GROUP BY 1 ORDER BY 1").to_pylist()
    assert [(row["snapshot"], row["n"]) for row in nights] == [(FIRST, 4), ("2026-11-24T020000Z", 6)]
    assert query(both, "SELECT DISTINCT lat FROM municipalities").num_rows == 1
    found = query(both, f"SELECT unnest(findings).code AS code FROM forms WHERE snapshot = '{FIRST}'").to_pylist()
    assert sorted(row["code"] for row in found) == ["hsts_short", "page_http"]
    assert query(both, "SELECT * FROM history").num_rows > 0
    for name in query(both, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'trend'")["table_name"].to_pylist():
        query(both, f"SELECT * FROM trend.{name}")


def test_it_is_compared_with_a_night_of_today(both: Path) -> None:
    changes = {(form.municipality, form.kind): form.change for form in diff(both, FIRST, "latest").forms}
    assert changes[AA, "appointment"] == "fixed"
    assert changes[BEE, "contact"] == "new"


def test_there_is_a_report_of_it_and_of_a_trend_that_begins_with_it(both: Path, tmp_path: Path) -> None:
    for number, snapshot in enumerate((FIRST, "latest")):
        index, _ = make(both, snapshot=snapshot, to=tmp_path / f"report{number}")
        assert "Aa" in (index.parent / "m" / f"{AA}.html").read_text("utf-8")


def test_the_next_survey_and_a_recheck_start_from_it(old: Path) -> None:
    assert [form.kind for form in known_forms(old)[AA]] == ["appointment", "contact"]
    assert [town.code for town in known_towns(old / f"snapshot={FIRST}", everything=False, only=())] == [AA, BEE]


def test_gate_doctor_metrics_and_pruning_take_it(both: Path, old: Path, tmp_path: Path) -> None:
    comparable(old, Tally.of(old / f"snapshot={FIRST}"), run_id="another", settings={})
    assert len(plan(old, keep=1).removed) == 1
    shutil.rmtree(old / "snapshot=2026-11-24T020000Z")
    assert checks.last_night(old, now=NIGHT).state == "ok"
    metrics.write(tmp_path / "m.prom", old, code=ExitCode.PUBLISHED, seconds=1)
    assert read(tmp_path / "m.prom")["gemcrawl_snapshot_rows", "forms"] == 4
