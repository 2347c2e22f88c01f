"""What a person, a spreadsheet and a program get from one and the same result."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemcrawl.cli.formats import Format, write_file, write_table
from gemcrawl.exceptions import UsageError

HOSTILE = "\x1b]0;bezeten\x07=1+1\x9b2J\u202e\r\n"
FOUND = pa.table({"a": [HOSTILE, None], "n": [-1, 2], "l": [["x", "=y"], []], "f": [float("nan"), 0.5]})


def test_parquet_is_the_result_as_it_is(tmp_path: Path) -> None:
    write_table(FOUND, Format.parquet, tmp_path / "x.parquet", None)
    assert pq.read_table(tmp_path / "x.parquet")["a"].to_pylist() == [HOSTILE, None]


@pytest.mark.parametrize("how", [Format.csv, Format.json, Format.parquet])
def test_a_limit_holds_for_every_format(how: Format, tmp_path: Path) -> None:
    to = tmp_path / "x"
    write_table(FOUND, how, to, 1)
    text = to.read_bytes()
    assert {Format.csv: text.count(b"\r\n") - 1, Format.json: text.count(b'"n"'), Format.parquet: 1}[how] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(
    ("how", "to", "words"),
    [
        (Format.parquet, None, "wants --to FILE"),
        (Format.table, "x", "a table is for the terminal"),
        (Format.csv, ".", "is a directory"),
        (Format.csv, "none/x.csv", "cannot be written"),
        (Format.csv, "snapshot=2026-11-23T020000Z/forms.parquet", "published snapshot"),
    ],
)
def test_what_cannot_be_written_is_told(how: Format, to: str | None, words: str, tmp_path: Path) -> None:
    (tmp_path / "snapshot=2026-11-23T020000Z").mkdir()
    with pytest.raises(UsageError, match=words):
        write_table(FOUND, how, None if to is None else tmp_path / to, None)
    assert [path.name for path in tmp_path.rglob("*")] == ["snapshot=2026-11-23T020000Z"]


def test_an_earlier_file_stays_whole_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "x.csv"
    to.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match="No space left"):
        write_file(to, b"after")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x.csv": "before"}


def test_two_columns_of_one_name_are_kept_apart_where_that_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    write_table(twice, Format.table, None, None)
    assert capsys.readouterr().out.split() == ["a", "a", "1", "2"]
    write_table(twice, Format.csv, None, None)
    assert capsys.readouterr().out.split() == ["a,a", "1,2"]
    for how in (Format.json, Format.parquet):
        with pytest.raises(UsageError, match="two columns are called 'a'"):
            write_table(twice, how, tmp_path / "x", None)


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name another file"):
        write_file(tmp_path / ("a" * 300), b"")
