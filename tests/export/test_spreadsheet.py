"""A table as a spreadsheet opens it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from gemcrawl.export.spreadsheet import write_csv
from gemcrawl.export.tables import Snapshot
from gemcrawl.items import TABLES, Form
from gemcrawl.snapshot.schema import arrow_schema
from tests.support.nights import AA, a_form, publish_night, town


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_has_its_columns_and_rows(night: Snapshot, tmp_path: Path) -> None:
    for table, row_type in TABLES.items():
        done: list[int] = []
        write_csv(night, table, tmp_path / "x.csv", done.append)
        rows = _rows(tmp_path / "x.csv")
        assert list(rows[0]) == arrow_schema(row_type).names
        assert len(rows) == sum(done) == night.rows(table)


def test_nested_columns_are_json_text_that_loses_nothing(night: Snapshot, tmp_path: Path) -> None:
    write_csv(night, "forms", tmp_path / "x.csv", lambda _: None)
    published = [row for batch in night.batches("forms") for row in batch.to_pylist()]
    for row, told in zip(published, _rows(tmp_path / "x.csv"), strict=True):
        assert json.loads(told["findings"]) == row["findings"]
        assert json.loads(told["personal_data"]) == row["personal_data"]


def test_no_cell_of_a_site_is_a_formula(tmp_path: Path) -> None:
    formulas = ['=HYPERLINK("http://evil.test")', "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
    forms = [a_form(AA, "contact", f"/{number}", page_title=text) for number, text in enumerate(formulas)]
    snapshot = Snapshot.open(publish_night(tmp_path / "output", 0, town(AA, *forms)))
    write_csv(snapshot, "forms", tmp_path / "x.csv", lambda _: None)
    rows = _rows(tmp_path / "x.csv")
    assert sorted(row["page_title"] for row in rows) == sorted("'" + text.strip() for text in formulas)
    texts = [column.name for column in arrow_schema(Form) if str(column.type) == "string"]
    assert not [row[name] for row in rows for name in texts if row[name].startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_table_without_rows_is_its_header(tmp_path: Path) -> None:
    snapshot = Snapshot.open(publish_night(tmp_path / "output", 0, town(AA)))
    write_csv(snapshot, "forms", tmp_path / "x.csv", lambda _: None)
    assert (tmp_path / "x.csv").read_text("utf-8").strip() == ",".join(arrow_schema(Form).names)
