from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemcrawl.items import Host
from gemcrawl.snapshot import hosts as module
from gemcrawl.snapshot import writer
from gemcrawl.snapshot.hosts import Hosts, merged_hosts
from gemcrawl.snapshot.schema import arrow_schema, table_of
from tests.snapshot.rows import NIGHT, host


class TestMergedHosts:
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
            st.tuples(
                st.sampled_from("abc"),
                st.sampled_from([443, 8443]),
                st.sampled_from("12"),
                st.sets(st.sampled_from("xyz")),
                st.sampled_from([None, "JCC", "Qmatic"]),
                st.integers(0, 3),
            ),
            max_size=12,
        ),
        st.randoms(use_true_random=False),
    )
    @settings(max_examples=50)
    def test_merge_to_the_same_in_any_order_and_in_any_steps(self, keys, random):
        rows = [
            # whoever has as many handshakes is alike in all but what is merged, as nothing else says which of them to keep
            host(name, *codes, port=port, address=address, supplier=supplier, handshakes=handshakes)
            for name, port, address, codes, supplier, handshakes in keys
        ]
        merged = merged_hosts(table_of(Host, rows))
        assert [(r["host"], r["port"], r["address"]) for r in merged.to_pylist()] == sorted({key[:3] for key in keys})
        random.shuffle(rows)
        middle = len(rows) // 2
        steps = pa.concat_tables([merged_hosts(table_of(Host, rows[:middle])), table_of(Host, rows[middle:])])
        assert merged_hosts(steps) == merged
        assert merged.schema.equals(arrow_schema(Host), check_metadata=True)

    def test_of_several_suppliers_named_have_the_first_by_name(self):
        rows = [host("a.nl", supplier="Qmatic", handshakes=9), host("a.nl", supplier="JCC")]
        assert merged_hosts(table_of(Host, rows))["supplier"].to_pylist() == ["JCC"]


class TestMoreHostsThanFitInMemory:
    @given(st.lists(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 3)), max_size=9), max_size=9), st.integers(1, 4))
    @settings(max_examples=60)
    def test_are_merged_as_those_that_do(self, parts, batch):
        """Every part becomes a sorted run of its own; a host may be in any of them, and at the edge of any batch."""
        rows = [
            [host(name, f"GM{number:04d}", handshakes=handshakes, roles=["api"] if handshakes else ["page"]) for name, handshakes in part]
            for number, part in enumerate(parts)
        ]
        with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as directory:
            patch.setattr(writer, "ROWS_AT_ONCE", 1)
            patch.setattr(module, "RUN_BYTES", 1)
            patch.setattr(module, "BATCH_ROWS", batch)
            hosts = Hosts(Path(directory) / "scratch")
            for part in rows:
                hosts.add(part)
            pieces = list(hosts.merged())
        if any(parts):
            assert pa.concat_tables(pieces) == merged_hosts(table_of(Host, itertools.chain(*rows)))
        assert sum(piece.num_rows for piece in pieces) == len({name for part in parts for name, _ in part})

    def test_come_back_in_pieces_no_larger_than_the_runs_have_in_memory(self, tmp_path, monkeypatch):
        monkeypatch.setattr(writer, "ROWS_AT_ONCE", 1)
        monkeypatch.setattr(module, "RUN_BYTES", 1)
        monkeypatch.setattr(module, "BATCH_ROWS", 10)
        hosts = Hosts(tmp_path / "scratch")
        for run in range(3):
            hosts.add([host(f"{number:03d}.nl", f"GM{run:04d}") for number in range(run, 300, 3)])
        pieces = [piece.num_rows for piece in hosts.merged()]
        assert sum(pieces) == 300
        assert max(pieces) <= 3 * 10

    def test_are_written_to_no_disk_while_they_fit(self, tmp_path):
        hosts = Hosts(tmp_path / "scratch")
        hosts.add([host("b.nl", "GM0001"), host("a.nl", "GM0001")])
        assert [row["host"] for piece in hosts.merged() for row in piece.to_pylist()] == ["a.nl", "b.nl"]
        assert not (tmp_path / "scratch").exists()

    def test_none_at_all_are_no_pieces(self, tmp_path):
        assert list(Hosts(tmp_path / "scratch").merged()) == []
