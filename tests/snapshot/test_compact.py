from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemcrawl.items import TABLES, Host, Survey
from gemcrawl.snapshot import compact as module
from gemcrawl.snapshot.compact import Filler, compact, merged_hosts
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


def test_row_groups_are_written_when_enough_is_gathered(tmp_path, parts, read, monkeypatch):
    for number in range(6):
        parts.write(night(number))
    one = compact(tmp_path, parts, map(entry, range(6)), FILLER)
    whole = {name: read(name) for name in TABLES}
    assert pq.ParquetFile(tmp_path / "pages.parquet").num_row_groups == 1
    monkeypatch.setattr(module, "ROW_GROUP_BYTES", 20_000)
    monkeypatch.setattr(module, "HOSTS_BEFORE_MERGE", 4)
    many = compact(tmp_path, parts, map(entry, range(6)), FILLER)
    assert pq.ParquetFile(tmp_path / "pages.parquet").num_row_groups > 1
    assert many == one
    assert {name: read(name) for name in TABLES} == whole


class TestHosts:
    def test_that_several_municipalities_use_have_one_row_with_all_of_them(self):
        table = table_of(
            Host,
            [
                host("b.nl", "GM0002", roles=["submit"]),
                host("a.nl", "GM0001"),
                host("b.nl", "GM0001", "GM0003", roles=["page", "submit"]),
            ],
        )
        first, second = merged_hosts(table).to_pylist()
        assert (first["host"], first["municipalities"], first["roles"]) == ("a.nl", ["GM0001"], ["page"])
        assert (second["host"], second["municipalities"], second["roles"]) == ("b.nl", ["GM0001", "GM0002", "GM0003"], ["page", "submit"])

    def test_on_another_port_or_address_are_others(self):
        table = table_of(
            Host, [host("a.nl", port=8443), host("a.nl", address="192.0.2.9"), host("a.nl"), host("a.nl", address="2001:db8::1")]
        )
        assert [(row["port"], row["address"]) for row in merged_hosts(table).to_pylist()] == [
            (443, "192.0.2.1"),
            (443, "192.0.2.9"),
            (443, "2001:db8::1"),
            (8443, "192.0.2.1"),
        ]

    def test_keep_the_row_of_the_most_handshakes_then_the_latest(self):
        later = NIGHT + timedelta(hours=1)
        rows = [
            host("a.nl", handshakes=0, https="timeout", checked_at=later),
            host("a.nl", handshakes=28, https="ok"),
            host("a.nl", handshakes=28, https="http_error", checked_at=later),
        ]
        assert merged_hosts(table_of(Host, rows))["https"].to_pylist() == ["http_error"]

    def test_keep_a_supplier_that_any_row_names(self):
        rows = [host("a.nl", handshakes=9), host("a.nl", supplier="JCC")]
        assert merged_hosts(table_of(Host, rows))["supplier"].to_pylist() == ["JCC"]

    @given(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from([443, 8443]), st.sampled_from("12"), st.sets(st.sampled_from("xyz"))),
            max_size=12,
        ),
        st.randoms(use_true_random=False),
    )
    @settings(max_examples=50, deadline=None)
    def test_merge_to_the_same_in_any_order_and_in_any_steps(self, keys, random):
        rows = [host(name, *codes, port=port, address=address) for name, port, address, codes in keys]
        merged = merged_hosts(table_of(Host, rows))
        assert [(r["host"], r["port"], r["address"]) for r in merged.to_pylist()] == sorted({key[:3] for key in keys})
        random.shuffle(rows)
        middle = len(rows) // 2
        steps = pa.concat_tables([merged_hosts(table_of(Host, rows[:middle])), table_of(Host, rows[middle:])])
        assert merged_hosts(steps) == merged
        assert merged.schema.equals(arrow_schema(Host), check_metadata=True)
