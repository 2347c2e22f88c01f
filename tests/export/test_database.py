"""The tables as a database keeps them: with types, keys and closed lists."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gemcrawl.exceptions import OutputError
from gemcrawl.export.database import write_sqlite
from gemcrawl.export.tables import Snapshot
from tests.support.nights import HOSTILE


@pytest.fixture(scope="module")
def file(night: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "x.sqlite"
    write_sqlite(night, night.tables, path, lambda _: None)
    return path


def _ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(sql).fetchall()


def test_every_value_comes_back_as_it_was_published(night: Snapshot, file: Path) -> None:
    for table in night.tables:
        published = [row for batch in night.batches(table) for row in batch.to_pylist()]
        names = list(published[0])
        stored = [dict(zip(names, row, strict=True)) for row in _ask(file, f'SELECT * FROM "{table}"')]
        for was, now in zip(published, stored, strict=True):
            for name, value in was.items():
                if isinstance(value, (list, dict)):
                    assert json.loads(now[name]) == json.loads(json.dumps(value, default=lambda moment: moment.isoformat()))
                elif hasattr(value, "isoformat"):
                    assert now[name] == value.isoformat().replace("+00:00", "Z")
                else:
                    assert now[name] == value


def test_types_keys_and_rules_are_those_of_the_descriptor(file: Path) -> None:
    columns = {name: (kind, null, key) for _, name, kind, null, _, key in _ask(file, "PRAGMA table_info(forms)")}
    assert columns["municipality"] == ("TEXT", 1, 1)
    assert columns["form_id"] == ("TEXT", 1, 2)
    assert columns["kind_score"][0] == "REAL"
    assert columns["rendered"][:2] == ("INTEGER", 1)
    assert columns["supplier"][1] == 0
    assert [(row[2], row[3], row[4]) for row in _ask(file, "PRAGMA foreign_key_list(pages)")] == [
        ("municipalities", "municipality", "code")
    ]
    assert _ask(file, "PRAGMA foreign_key_check") == []
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        for wrong in ("verdict = 'fine'", "rendered = 2", "municipality = 'GM0000'", "page_url = NULL"):
            with pytest.raises(sqlite3.IntegrityError):
                database.execute(f"UPDATE forms SET {wrong}")


def test_dates_and_nested_columns_can_be_asked_for(file: Path) -> None:
    assert _ask(file, "SELECT DISTINCT date(started_at) FROM municipalities") == [("2026-11-23",)]
    found = _ask(file, "SELECT DISTINCT json_extract(value, '$.code') FROM forms, json_each(findings) ORDER BY 1")
    assert [code for (code,) in found] == ["hsts_short", "http_twin", "page_http"]


def test_the_schema_tells_what_a_column_means(file: Path) -> None:
    ((sql,),) = _ask(file, "SELECT sql FROM sqlite_master WHERE name = 'municipalities'")
    assert '"code" TEXT NOT NULL, -- CBS code, GM and four digits' in sql


def test_what_a_site_says_is_a_value_and_no_sql(night: Snapshot, file: Path) -> None:
    published = [finding["evidence"] for batch in night.batches("forms") for row in batch.to_pylist() for finding in row["findings"]]
    assert any("HYPERLINK" in text for text in published)
    assert "HYPERLINK" in HOSTILE
    assert len(_ask(file, "SELECT 1 FROM forms WHERE findings LIKE '%HYPERLINK%'")) == 1


def test_a_table_alone_has_no_key_into_nowhere(night: Snapshot, tmp_path: Path) -> None:
    write_sqlite(night, ("forms",), tmp_path / "x", lambda _: None)
    assert _ask(tmp_path / "x", "PRAGMA foreign_key_list(forms)") == []
    assert _ask(tmp_path / "x", "SELECT count(*) FROM forms") == [(night.rows("forms"),)]


def test_a_table_that_breaks_its_own_rules_is_told(night: Snapshot, tmp_path: Path) -> None:
    broken = tmp_path / night.path.name
    shutil.copytree(night.path, broken)
    table = pq.read_table(broken / "municipalities.parquet", partitioning=None)
    pq.write_table(table.slice(0, 1), broken / "municipalities.parquet")
    with pytest.raises(OutputError, match=r"table forms does not keep to its descriptor.*FOREIGN KEY"):
        write_sqlite(Snapshot.open(broken), night.tables, tmp_path / "x", lambda _: None)


def test_the_kept_night_of_the_first_schema_has_its_own_columns(tmp_path: Path) -> None:
    (old,) = (Path(__file__).parents[1] / "snapshot/first_schema").glob("snapshot=*")
    snapshot = Snapshot.open(old)
    write_sqlite(snapshot, snapshot.tables, tmp_path / "x", lambda _: None)
    assert _ask(tmp_path / "x", "SELECT name, appointment FROM municipalities ORDER BY code") == [
        ("Aa", "insecure"),
        ("Bee", "secure"),
        ("Dee", "not_tested"),
    ]
    assert "lat" not in {row[1] for row in _ask(tmp_path / "x", "PRAGMA table_info(municipalities)")}
