from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemcrawl.items import TABLES, Host, Survey
from gemcrawl.snapshot import hosts, writer
from gemcrawl.snapshot.compact import Filler, compact
from gemcrawl.snapshot.hosts import merged_hosts
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.schema import arrow_schema, table_of
from tests.snapshot.rows import NIGHT, entry, form, host, municipality, night, page

FILLER = Filler(reason="error", started=NIGHT, finished=NIGHT + timedelta(hours=3))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "run")


@pytest.fixture
def read(tmp_path: Path):
    def read(table: str) -> pa.Table:
        return pq.read_table(tmp_path / f"{table}.parquet")

    return read


def test_rows_are_sorted_by_municipality_then_url(tmp_path, parts, read):
    for number in (3, 1, 2):
        parts.write(night(number))
    compact(tmp_path, parts, [entry(2), entry(3), entry(1)], FILLER)
    assert read("municipalities")["code"].to_pylist() == ["GM0001", "GM0002", "GM0003"]
    for table, url in (("forms", "page_url"), ("pages", "url")):
        keys = [(row["municipality"], row[url]) for row in read(table).to_pylist()]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys) == 3 * (8 if table == "forms" else 40)
    hosts = read("hosts")["host"].to_pylist()
    assert hosts == sorted(hosts)


def test_every_row_arrives_as_it_was_written(tmp_path, parts, read):
    survey = night(1)
    parts.write(survey)
    compact(tmp_path, parts, [entry(1)], FILLER)
    assert read("forms").equals(table_of(TABLES["forms"], sorted(survey.forms, key=lambda form: form.page_url)))
    assert read("pages").equals(table_of(TABLES["pages"], sorted(survey.pages, key=lambda page: page.url)))
    assert read("municipalities").equals(table_of(TABLES["municipalities"], [survey.municipality]))


def test_the_files_have_the_schema_with_descriptions_and_are_compressed(tmp_path, parts):
    parts.write(night(1))
    compact(tmp_path, parts, [entry(1)], FILLER)
    for name, row in TABLES.items():
        file = pq.ParquetFile(tmp_path / f"{name}.parquet")
        assert file.schema_arrow.equals(arrow_schema(row), check_metadata=True)
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_municipality_without_a_part_gets_a_row(tmp_path, parts, read):
    parts.write(night(1))
    compacted = compact(tmp_path, parts, [entry(1), entry(2)], FILLER)
    assert compacted.missing == ("GM0002",)
    assert compacted.outcomes == {"failed": 1, "surveyed": 1}
    assert compacted.rows == {"municipalities": 2, "forms": 8, "pages": 40, "hosts": 3}
    row = read("municipalities").to_pylist()[1]
    assert (row["code"], row["name"], row["website"]) == ("GM0002", "Gemeente 2", "www.gemeente2.nl")
    assert (row["outcome"], row["reason"], row["appointment"], row["contact"]) == ("failed", "error", "not_tested", "not_tested")
    assert (row["started_at"], row["finished_at"]) == (NIGHT, NIGHT + timedelta(hours=3))


def test_a_municipality_with_a_damaged_part_gets_a_row(tmp_path, parts, read):
    path = parts.write(night(1))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 8 : len(damaged) // 2] = bytes(len(damaged) // 2 - len(damaged) // 8)
    path.write_bytes(damaged)
    assert compact(tmp_path, parts, [entry(1)], FILLER).missing == ("GM0001",)
    assert read("municipalities")["outcome"].to_pylist() == ["failed"]


def test_no_parts_at_all_make_complete_tables(tmp_path, parts, read):
    compact(tmp_path, parts, [entry(1)], FILLER)
    assert [read(name).num_rows for name in TABLES] == [1, 0, 0, 0]
    assert [read(name).schema for name in TABLES] == [arrow_schema(row) for row in TABLES.values()]


def test_a_part_of_a_municipality_that_is_not_asked_for_is_left_out(tmp_path, parts, read):
    for number in (1, 2):
        parts.write(night(number))
    assert compact(tmp_path, parts, [entry(1)], FILLER).outcomes == {"surveyed": 1}
    assert set(read("pages")["municipality"].to_pylist()) == {"GM0001"}
    assert read("hosts")["municipalities"].to_pylist() == [["GM0001"]] * 3


def test_equal_urls_keep_an_order_of_their_own(tmp_path, parts, read):
    forms = [form("GM0001", "https://x.nl/", form_id) for form_id in ("b", "a")]
    pages = [page("GM0001", "https://x.nl/", fetched_at=NIGHT + timedelta(seconds=s)) for s in (5, 1)]
    parts.write(Survey(municipality=municipality("GM0001"), forms=forms, pages=pages))
    compact(tmp_path, parts, [entry(1)], FILLER)
    assert read("forms")["form_id"].to_pylist() == ["a", "b"]
    assert read("pages")["fetched_at"].to_pylist() == [NIGHT + timedelta(seconds=1), NIGHT + timedelta(seconds=5)]


def in_memory(parts: Parts, codes: list[str]) -> dict[str, pa.Table]:
    """The tables as anybody would make them who has the memory for it."""
    surveys = [survey for code in sorted(codes) if (survey := parts.survey(code)) is not None]
    return {
        "municipalities": table_of(TABLES["municipalities"], [survey.municipality for survey in surveys]),
        "forms": table_of(TABLES["forms"], [f for s in surveys for f in sorted(s.forms, key=lambda f: (f.page_url, f.form_id))]),
        "pages": table_of(TABLES["pages"], [p for s in surveys for p in sorted(s.pages, key=lambda p: (p.url, p.fetched_at))]),
        "hosts": merged_hosts(table_of(Host, [host for survey in surveys for host in survey.hosts])),
    }


@pytest.mark.parametrize(("row_group", "run", "batch"), [(None, None, None), (4_000, 3_000, 2), (1, 1, 1)])
def test_tables_are_the_same_in_any_amount_of_memory(tmp_path, parts, read, monkeypatch, row_group, run, batch):
    """Hosts of a platform's customers come back with every part; one of them sorts before, one after and one between all the others."""
    for number in range(24):
        survey = night(number)
        code = survey.municipality.code
        shared = [host(name, code, handshakes=number * 7 % 5, roles=["submit"]) for name in ("a.platform.nl", "www.gemeente5.nl", "z.nl")]
        parts.write(dataclasses.replace(survey, hosts=[*survey.hosts, *shared[: number % 4]]))
    if row_group:
        monkeypatch.setattr(writer, "ROW_GROUP_BYTES", row_group)
        monkeypatch.setattr(writer, "ROWS_AT_ONCE", 3)
        monkeypatch.setattr(hosts, "RUN_BYTES", run)
        monkeypatch.setattr(hosts, "BATCH_ROWS", batch)
    compacted = compact(tmp_path, parts, map(entry, range(24)), FILLER)
    expected = in_memory(parts, [f"GM{number:04d}" for number in range(24)])
    for name, table in expected.items():
        assert read(name) == table
        assert read(name).schema.equals(arrow_schema(TABLES[name]), check_metadata=True)
        assert compacted.rows[name] == table.num_rows
        assert (pq.ParquetFile(tmp_path / f"{name}.parquet").num_row_groups > 1) == bool(row_group)


def test_nothing_but_the_tables_is_left(tmp_path, parts, monkeypatch):
    monkeypatch.setattr(hosts, "RUN_BYTES", 1)
    for number in range(3):
        parts.write(night(number))
    into = tmp_path / "tables"
    into.mkdir()
    compact(into, parts, map(entry, range(3)), FILLER)
    assert sorted(path.name for path in into.iterdir()) == sorted(f"{name}.parquet" for name in TABLES)
