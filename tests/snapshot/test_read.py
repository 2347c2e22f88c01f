from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.snapshot.read import connect, directory_of, latest, query, snapshot_id, snapshots
from tests.snapshot.rows import NIGHT, entry, night, run_info

DIRECTORIES = [
    "output",
    "it's",
    '"quoted"',
    "a';DROP TABLE x;--",
    "we[i]rd*?{a}",
    "ruimte en é",
    "back\\slash",
    "snapshot=*",
    "50%",
    "a*b",
    "wat?",
    "code=x",
]


def fill(output: Path, nights: int = 2) -> Path:
    output.mkdir(parents=True, exist_ok=True)
    for day in range(nights):
        parts = Parts(output / "runs" / f"r{day}")
        for number in range(day + 1):
            parts.write(night(number))
        publish(output, run_info(f"r{day}", started=NIGHT + timedelta(days=day)), parts, map(entry, range(day + 1)))
    return output


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    return fill(tmp_path_factory.mktemp("read") / "output")


class TestFinding:
    def test_a_snapshot_is_named_after_a_moment_in_utc(self):
        assert snapshot_id(datetime(2026, 11, 23, 2, 0, 59, 999_999, tzinfo=UTC)) == "2026-11-23T020059Z"
        assert snapshot_id(datetime(2026, 11, 23, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-22T230000Z"

    @pytest.mark.parametrize(
        "name", ["", "..", "../../etc", "2026-11-23", "2026-11-23T020000Z/..", "2026-11-23T020000Z\n", "٢٠26-11-23T020000Z"]
    )
    def test_nothing_else_is_the_name_of_a_snapshot(self, tmp_path, name):
        with pytest.raises(UsageError, match="is not the name of a snapshot"):
            directory_of(tmp_path, name)

    def test_all_snapshots_oldest_first(self, output):
        assert [path.name for path in snapshots(output)] == ["snapshot=2026-11-23T020000Z", "snapshot=2026-11-24T020000Z"]

    def test_other_things_are_no_snapshots(self, tmp_path):
        for name in ("snapshot=x", "snapshot=", ".snapshot=2026-11-23T020000Z", "suspect/snapshot=2026-11-23T020000Z"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "snapshot=2026-11-23T020000Z").touch()
        assert snapshots(tmp_path) == []

    def test_the_latest_is_what_latest_json_names(self, output, tmp_path):
        assert latest(output) == output / "snapshot=2026-11-24T020000Z"
        fill(tmp_path)
        (tmp_path / "latest.json").write_text('{"snapshot": "2026-11-23T020000Z"}')
        assert latest(tmp_path) == tmp_path / "snapshot=2026-11-23T020000Z"

    @pytest.mark.parametrize(
        "content",
        [None, "", "{", "[]", "null", '{"snapshot": null}', '{"snapshot": "../../etc"}', '{"snapshot": "2020-01-01T000000Z"}', "\xff"],
    )
    def test_a_latest_json_of_no_use_gives_way_to_the_newest(self, tmp_path, content):
        fill(tmp_path)
        (tmp_path / "latest.json").unlink()
        if content is not None:
            (tmp_path / "latest.json").write_bytes(content.encode("latin-1"))
        assert latest(tmp_path) == tmp_path / "snapshot=2026-11-24T020000Z"

    @pytest.mark.parametrize("there", ["empty", "absent", "file"])
    def test_without_a_snapshot_it_says_how_to_make_one(self, tmp_path, there):
        path = tmp_path / there
        if there == "empty":
            path.mkdir()
        if there == "file":
            path.touch()
        assert snapshots(path) == []
        for function in (latest, connect, lambda output: query(output, "SELECT 1")):
            with pytest.raises(OutputError, match=r"no snapshot in .*; make one with: gemcrawl crawl"):
                function(path)


class TestQuery:
    def test_views_hold_all_snapshots(self, output):
        result = query(output, "SELECT snapshot, count(*) AS n FROM municipalities GROUP BY ALL ORDER BY 1")
        assert result.to_pylist() == [{"snapshot": "2026-11-23T020000Z", "n": 1}, {"snapshot": "2026-11-24T020000Z", "n": 2}]

    @pytest.mark.parametrize(("table", "count"), [("municipalities", 2), ("forms", 16), ("pages", 80), ("hosts", 5)])
    def test_the_schema_latest_holds_the_newest(self, output, table, count):
        result = query(output, f"SELECT DISTINCT snapshot, count(*) AS n FROM latest.{table} GROUP BY ALL")
        assert result.to_pylist() == [{"snapshot": "2026-11-24T020000Z", "n": count}]

    def test_nested_columns_and_times_come_as_they_are(self, output):
        (row,) = query(output, "SELECT fetched_at, fields[1].name AS field, findings[1].code AS code FROM latest.forms LIMIT 1").to_pylist()
        assert row == {"fetched_at": NIGHT, "field": "veld0", "code": "hsts_absent"}
        assert str(query(output, "SELECT fetched_at FROM forms LIMIT 1").schema.field(0).type) == "timestamp[us, tz=UTC]"

    @pytest.mark.parametrize(
        "sql", ["DESCRIBE forms", "SUMMARIZE hosts", "SHOW TABLES", "FROM pages", "WITH x AS (FROM hosts) FROM x;", "VALUES (1)"]
    )
    def test_takes_any_statement_that_only_reads(self, output, sql):
        assert query(output, sql).num_rows > 0

    @pytest.mark.parametrize("name", DIRECTORIES)
    def test_the_name_of_the_directory_is_only_a_name(self, tmp_path, name):
        place = fill(tmp_path / name, nights=1)
        assert query(place, "SELECT count(*) AS n FROM pages").to_pylist() == [{"n": 40}]
        assert query(place, "SELECT count(*) AS n FROM latest.pages").to_pylist() == [{"n": 40}]

    def test_a_relative_path_will_do(self, output, monkeypatch):
        monkeypatch.chdir(output.parent)
        assert query(Path("output"), "FROM latest.municipalities").num_rows == 2

    def test_an_older_snapshot_may_lack_a_column(self, tmp_path):
        fill(tmp_path)
        path = tmp_path / "snapshot=2026-11-23T020000Z" / "pages.parquet"
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["seconds"]), path)
        result = query(tmp_path, "SELECT snapshot, any_value(seconds) AS s FROM pages GROUP BY ALL ORDER BY 1").to_pylist()
        assert [row["s"] for row in result] == [None, 0.0]

    def test_snapshots_published_later_are_not_in_an_open_database(self, tmp_path):
        fill(tmp_path, nights=1)
        with connect(tmp_path) as database:
            fill(tmp_path / "other", nights=1)
            parts = Parts(tmp_path / "runs" / "late")
            publish(tmp_path, run_info("late", started=NIGHT + timedelta(days=9)), parts, [entry(1)])
            assert database.sql("SELECT count(*) FROM municipalities").fetchall() == [(1,)]
        assert query(tmp_path, "FROM municipalities").num_rows == 2

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("SELEC 1", "syntax error"),
            ("SELECT nothing FROM forms", "nothing"),
            ("SELECT * FROM form", "form"),
            ("SELECT 1/", "syntax error"),
            ("SELECT CAST('x' AS INTEGER)", "Conversion Error"),
            ("SELECT '\ud800'", "surrogates"),
        ],
    )
    def test_what_is_wrong_with_the_sql_is_told_on_one_line(self, output, sql, words):
        with pytest.raises(UsageError) as caught:
            query(output, sql)
        message = str(caught.value)
        assert message.startswith("SQL: ")
        assert "\n" not in message
        assert words in message

    @pytest.mark.parametrize(
        "sql",
        [
            "",
            "-- nothing",
            "SELECT 1; SELECT 2",
            "CREATE TABLE x (i INTEGER)",
            "DROP VIEW forms",
            "COPY (SELECT 1) TO 'OUTPUT/latest.json'",
            "EXPLAIN ANALYZE COPY (SELECT 1) TO 'OUTPUT/latest.json'",
            "COPY (PIVOT forms ON kind) TO 'OUTPUT/latest.json'",
            "EXPORT DATABASE 'OUTPUT/export'",
            "ATTACH 'OUTPUT/x.db'",
            "SET enable_external_access = true",
            "SET lock_configuration = false",
            "PRAGMA database_list",
            "INSTALL httpfs",
            "LOAD httpfs",
        ],
    )
    def test_what_does_more_than_read_is_refused(self, output, sql):
        before = (output / "latest.json").read_bytes()
        with pytest.raises(UsageError, match="one statement that only reads"):
            query(output, sql.replace("OUTPUT", str(output)))
        assert (output / "latest.json").read_bytes() == before
        assert {path.name for path in output.iterdir()} == {*(path.name for path in snapshots(output)), "latest.json", "runs"}

    @pytest.mark.parametrize(
        "sql",
        [
            "FROM read_csv('/etc/passwd')",
            "FROM read_text('/etc/passwd')",
            "FROM read_blob('OUTPUT/../secret.txt')",
            "FROM 'OUTPUT/../secret.parquet'",
            "FROM parquet_metadata('OUTPUT/../secret.parquet')",
            "FROM glob('/etc/*')",
            "FROM read_text('http://127.0.0.1:9/')",
            "FROM read_parquet('s3://bucket/x.parquet')",
            "SELECT getenv('HOME')",
        ],
    )
    def test_nothing_outside_the_output_can_be_read(self, output, sql):
        (output.parent / "secret.txt").write_text("secret")
        pq.write_table(
            pq.read_table(output / "snapshot=2026-11-23T020000Z" / "hosts.parquet", partitioning=None), output.parent / "secret.parquet"
        )
        with pytest.raises(UsageError) as caught:
            query(output, sql.replace("OUTPUT", str(output)))
        assert any(word in str(caught.value) for word in ("Permission Error", "Catalog Error"))

    def test_a_python_variable_is_not_a_table(self, output):
        municipalities_by_hand = pq.read_table(output / "snapshot=2026-11-23T020000Z" / "hosts.parquet", partitioning=None)
        assert municipalities_by_hand.num_rows == 3
        with pytest.raises(UsageError, match="municipalities_by_hand"):
            query(output, "FROM municipalities_by_hand")

    @given(st.text(max_size=60) | st.text("SELECTFROMforms*(),;'\"-/ \n1", max_size=60))
    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    def test_text_of_any_kind_is_answered_or_refused(self, output, sql):
        try:
            query(output, sql)
        except UsageError as error:
            message = str(error)
        else:
            message = ""
        assert "\n" not in message


class TestConnect:
    def test_the_configuration_is_locked(self, output):
        with connect(output) as database:
            for statement in (
                "SET enable_external_access = true",
                "SET allowed_directories = ['/']",
                "SET lock_configuration = false",
                "RESET TimeZone",
            ):
                with pytest.raises(Exception, match="locked"):
                    database.execute(statement)

    def test_a_table_that_is_damaged_is_named(self, tmp_path):
        fill(tmp_path, nights=1)
        (tmp_path / "snapshot=2026-11-23T020000Z" / "pages.parquet").write_bytes(b"no parquet")
        with pytest.raises(OutputError, match=r"cannot read the snapshots in .*pages\.parquet"):
            connect(tmp_path)

    def test_the_time_series_of_the_contract_reads_the_same(self, output):
        import duckdb

        pattern = str(output / "snapshot=*" / "forms.parquet")
        with duckdb.connect(":memory:") as plain:
            there = plain.execute("SELECT count(*) FROM read_parquet(?, hive_partitioning => true)", [pattern]).fetchone()
        assert there == (query(output, "FROM forms").num_rows,)


def test_latest_json_holds_nothing_but_the_name(output):
    assert json.loads((output / "latest.json").read_text()) == {"snapshot": "2026-11-24T020000Z"}
