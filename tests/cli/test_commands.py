"""The commands when all goes well: help with an example, the register, queries, the demo."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gemcrawl.items import Municipality, Survey
from gemcrawl.registry import load
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import RegistrySummary, RunInfo, publish
from tests.cli.program import environment, run

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize("command", ["crawl", "query", "registry", "demo"])
def test_help_shows_an_example(command: str, tmp_path: Path) -> None:
    found = run(command, "--help", cwd=tmp_path)
    assert found.code == 0
    assert re.search(rf"Example: gemcrawl {command}", found.out)


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    found = run(cwd=tmp_path)
    assert found.code == 2
    for command in ("crawl", "demo", "query", "registry"):
        assert command in found.out + found.err


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_only_tells_loads_nothing_that_works(option: str, tmp_path: Path) -> None:
    heavy = {"aiohttp", "cryptography", "duckdb", "jinja2", "lxml", "numpy", "pandas", "pyarrow", "pygal", "scrapy", "selectolax"}
    program = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); from gemcrawl.cli import main; main()"
    command = [sys.executable, "-c", program, option]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=True)
    loaded = set(ended.stderr.split())
    assert "gemcrawl.cli.app" in loaded
    assert not loaded & heavy


@pytest.mark.parametrize("command", ["explain", "rules"])
def test_a_command_that_other_tests_call_starts_as_a_program(command: str, tmp_path: Path) -> None:
    found = run(command, "--help", cwd=tmp_path, fresh=True)
    assert (found.code, found.err) == (0, "")
    assert f"gemcrawl {command}" in found.out


@pytest.mark.parametrize(("as_of", "count"), [("2016-01-01", 390), ("2026-01-01", 342)])
def test_the_register_on_a_date(as_of: str, count: int, tmp_path: Path) -> None:
    found = run("registry", "--as-of", as_of, cwd=tmp_path)
    assert found.code == 0
    lines = found.out.splitlines()
    assert len(lines) == count
    assert all(re.match(r"GM\d{4}  [a-z0-9.-]+ ", line) for line in lines)
    assert f"{count} municipalities on {as_of}" in found.err


@pytest.fixture
def hostile_output(tmp_path: Path) -> Path:
    """A snapshot whose one municipality carries what would take over a terminal."""
    (tmp_path / "r.csv").write_text("code,name,province,website\nGM9001,Aa,Utrecht,www.a.test\n")
    registry = load(tmp_path / "r.csv", as_of=NOW.date())
    parts = Parts(tmp_path / "output" / "runs" / "x")
    row = Municipality(
        code="GM9001",
        name="\x1b]0;bezeten\x07\x1b[31mRood\x9b2J\r\n[bold]vet[/bold] \u202edrow",
        province="Utrecht",
        website="www.a.test",
        outcome="surveyed",
        appointment="secure",
        contact="weak",
        started_at=NOW,
        finished_at=NOW,
    )
    parts.write(Survey(municipality=row))
    run = RunInfo(run_id="x", started=NOW, finished=NOW, as_of=NOW.date(), registry=RegistrySummary.of(registry))
    publish(tmp_path / "output", run, parts, registry.entries)
    return tmp_path / "output"


def test_a_query_answers_as_a_table(hostile_output: Path) -> None:
    found = run("query", "SELECT code, contact FROM latest.municipalities", cwd=hostile_output.parent, fresh=True)
    assert found.code == 0
    assert [line.split() for line in found.out.splitlines()] == [["code", "contact"], ["GM9001", "weak"]]


def test_nothing_from_a_site_reaches_the_terminal_raw(hostile_output: Path) -> None:
    found = run("query", 'SELECT name, name AS "\x1b[2J" FROM latest.municipalities', cwd=hostile_output.parent)
    assert found.code == 0
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e"} & set(found.out + found.err)
    assert "Rood" in found.out
    assert "[bold]vet[/bold]" in found.out


@pytest.mark.parametrize(
    "sql",
    [
        "SELEKT 1",
        "SELECT '\x1b[2J' FROM nergens",
        "COPY municipalities TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
    ],
)
def test_a_query_that_is_refused_is_one_line(sql: str, hostile_output: Path) -> None:
    found = run("query", sql, cwd=hostile_output.parent)
    assert found.code == 2
    assert found.out == ""
    assert found.err.count("\n") == 1
    assert "\x1b" not in found.err
    assert not (hostile_output.parent / "x.csv").exists()


def test_more_rows_than_shown_are_told(hostile_output: Path) -> None:
    found = run("query", "SELECT * FROM range(10)", "--limit", "3", cwd=hostile_output.parent)
    assert [line.strip() for line in found.out.splitlines()] == ["range", "0", "1", "2"]
    assert "3 of 10 rows" in found.err


def test_the_demo_surveys_and_scores(tmp_path: Path) -> None:
    found = run("demo", "--size", "12", "--output", "demo", cwd=tmp_path, fresh=True)
    assert found.code == 0, found.err
    assert re.search(r"appointment form not protected by https: \d+ of 12", found.out)
    assert "scored against the truth of the nation:" in found.out
    assert re.search(r"recall", found.out)
    assert len(list(tmp_path.glob("demo/snapshot=*/forms.parquet"))) == 1
    assert f"report, to open in a browser: {(tmp_path / 'demo/report/index.html').as_uri()}\n" in found.out
    assert (tmp_path / "demo/report/index.html").is_file()
    assert "Traceback" not in found.err


def test_a_recheck_of_the_demo_looks_at_a_nation_of_the_size_of_the_newest_snapshot(tmp_path: Path) -> None:
    """One of another size is another nation, in which nothing is where it was."""
    from gemcrawl.cli.app import _surveyed
    from tests.support.nights import two_nights

    assert _surveyed(two_nights(tmp_path)) == 4
