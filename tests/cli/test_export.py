"""``gemcrawl export``, as a user starts it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import files, run
from tests.support.nights import FIRST, two_nights

PORTAL = Path(__file__).resolve().parents[2] / "docs/examples/portal.toml"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_nights(tmp_path_factory.mktemp("export") / "output")


@pytest.mark.parametrize(
    ("to", "more", "made"),
    [
        ("csv", [], {"municipalities.csv", "forms.csv", "pages.csv", "hosts.csv"}),
        ("csv", ["--table", "forms"], {"forms.csv"}),
        ("geojson", [], {"municipalities.geojson"}),
        ("sqlite", [], {"gemcrawl.sqlite"}),
        ("dcat", ["--portal", PORTAL], {"dcat.jsonld"}),
    ],
)
def test_files_are_made_and_named(output: Path, tmp_path: Path, to: str, more: list[str], made: set[str]) -> None:
    ended = run("export", "--to", to, "--output", output, "--into", tmp_path / "new" / "x", *more, cwd=tmp_path)
    assert ended.code == 0
    assert {Path(line).name for line in ended.out.splitlines()} == made
    assert files(tmp_path / "new" / "x") == made


def test_they_are_beside_the_snapshots_unless_told_and_a_second_time_replaces_them(output: Path, tmp_path: Path) -> None:
    for snapshot, status in ((FIRST, "insecure"), ("latest", "secure")):
        assert run("export", "--to", "sqlite", "--output", output, "--snapshot", snapshot, cwd=tmp_path).code == 0
        with closing(sqlite3.connect(output / "export/gemcrawl.sqlite")) as database:
            assert database.execute("SELECT appointment FROM municipalities WHERE name = 'Aa'").fetchone() == (status,)
    assert files(output / "export") == {"gemcrawl.sqlite"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "xlsx"], "'xlsx' is not one of 'csv', 'geojson', 'sqlite', 'dcat'"),
        (["--to", "csv", "--table", "persons"], "there are: municipalities, forms, pages, hosts"),
        (["--to", "geojson", "--table", "forms"], "--table is for --to csv and sqlite"),
        (["--to", "csv", "--portal", str(PORTAL)], "--portal is for --to dcat"),
        (["--to", "dcat"], "wants --portal FILE"),
        (["--to", "dcat", "--portal", "none.toml"], "cannot be read"),
        (["--to", "csv", "--snapshot", "1999"], "no snapshot has a name that begins like this"),
        (["--to", "csv", "--into", "file/x"], "cannot be made"),
        (["--to", "csv", "--into", "snapshot=2026-11-23T020000Z"], "a published snapshot is not written to"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_no_file(output: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "file").touch()
    ended = run("export", "--output", output, *arguments, cwd=tmp_path)
    assert ended.code == 2
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert not [name for name in files(tmp_path) if "." in name]


def test_a_snapshot_whose_descriptor_is_gone_is_told(tmp_path: Path) -> None:
    two_nights(tmp_path / "output")
    (tmp_path / "output" / f"snapshot={FIRST}" / "datapackage.json").write_text("{}")
    ended = run("export", "--to", "csv", "--snapshot", FIRST, cwd=tmp_path, fresh=True)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "datapackage.json" in ended.err


def test_a_full_disk_leaves_the_earlier_file(output: Path, tmp_path: Path) -> None:
    assert run("export", "--to", "csv", "--output", output, "--into", tmp_path, "--table", "hosts", cwd=tmp_path).code == 0
    before = (tmp_path / "hosts.csv").read_bytes()
    for to in ("csv", "sqlite"):
        ended = run("export", "--to", to, "--output", output, "--into", tmp_path, "--table", "hosts", cwd=tmp_path, limit=500)
        assert ended.code == 2
        assert "cannot be written" in ended.err
    assert files(tmp_path) == {"hosts.csv"}
    assert (tmp_path / "hosts.csv").read_bytes() == before
