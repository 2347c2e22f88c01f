"""Values as a spreadsheet and a program get them: harmless, and without loss where a program reads."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.export.cells import as_json, csv_lines, harmless

HOSTILE = "\x1b]0;bezeten\x07=1+1\x9b2J\u202e\r\n"
FOUND = pa.table({"a": [HOSTILE, None], "n": [-1, 2], "l": [["x", "=y"], []], "f": [float("nan"), 0.5]})


def test_csv_is_read_back_with_nested_values_as_json() -> None:
    header, first, second = csv.reader(io.StringIO("".join(csv_lines(FOUND)), newline=""))
    assert header == ["a", "n", "l", "f"]
    assert first == ["]0;bezeten =1+1 2J", "-1", '["x", "=y"]', ""]
    assert second == ["", "2", "[]", "0.5"]


@given(st.text(max_size=20) | st.text("=+-@\t\r\n ＝'\"", max_size=5))
def test_no_text_is_a_formula_or_moves_a_cursor(text: str) -> None:
    shown = harmless(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Afspraak;=cmd|' /C calc'!A0", "Afspraak;'=cmd|' /C calc'!A0"),
        ('x; "=1+1"', 'x; "\'=1+1"'),
        ("a;b; c-d", "a;b; c-d"),
        (";-1;+2", ";'-1;'+2"),
    ],
)
def test_nor_does_one_begin_where_semicolons_separate_cells(text: str, shown: str) -> None:
    """Excel in Dutch takes a semicolon for the end of a cell, in whatever file."""
    assert harmless(text) == shown
    (_, line) = csv_lines(pa.table({"nested": [[text]]}))
    assert not re.search(r';[\s"]*[=+@-]', line)


def test_sums_are_numbers_to_a_program() -> None:
    told = json.loads(as_json({"whole": Decimal(302), "many": Decimal(9) * 10**20, "part": Decimal("1.50")}))
    assert told == {"whole": 302, "many": 9 * 10**20, "part": 1.5}
    assert list(csv_lines(pa.table({"n": [Decimal("1.50")]}))) == ["n\r\n", "1.50\r\n"]


@given(st.text(max_size=20))
def test_json_is_ascii_and_loses_nothing(text: str) -> None:
    told = as_json([{text: text}])
    assert told.isascii()
    assert told.replace("\n", "").isprintable()
    assert json.loads(told) == [{text: text}]


def test_json_knows_times_and_has_no_numbers_that_are_none() -> None:
    value = {"at": datetime(2026, 11, 23, tzinfo=UTC), "nan": float("inf"), "bytes": b"\x00"}
    assert json.loads(as_json(value)) == {"at": "2026-11-23T00:00:00+00:00", "nan": None, "bytes": "00"}
