"""`gemcrawl report` as users call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import environment, run
from tests.report.nights import first_night, published


@pytest.fixture
def where(tmp_path: Path) -> Path:
    published(tmp_path / "output", first_night())
    return tmp_path


def test_it_says_where_to_look_and_that_nothing_changed(where: Path) -> None:
    done = run("report", cwd=where, fresh=True)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"report: output/report/index.html\nopen:   {(where / 'output/report/index.html').as_uri()}\n"
    again = run("report", cwd=where)
    assert (again.code, again.out.splitlines()[0]) == (0, "report: output/report/index.html (unchanged)")


def test_it_loads_none_of_the_large_libraries_that_it_has_no_use_for(where: Path) -> None:
    program = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); from gemcrawl.cli import main; main()"
    command = [sys.executable, "-c", program, "report"]
    ended = subprocess.run(command, cwd=where, env=environment(), capture_output=True, text=True, timeout=120, check=True)
    loaded = set(ended.stderr.split())
    assert "pygal" in loaded
    assert not loaded & {"pandas", "pyarrow.dataset", "scrapy", "warcio"}


def test_into_a_folder_of_ones_own_in_one_language(where: Path) -> None:
    done = run("report", "--to", "site", "--lang", "en", "--snapshot", "2026-11-23", cwd=where)
    assert done.code == 0
    assert (where / "site" / "index.html").is_file()
    assert not (where / "site" / "en").exists()
    assert not (where / "output" / "report").exists()


def test_an_embargo_is_told_on_the_front_page(where: Path) -> None:
    assert run("report", "--embargo", "60d", cwd=where).code == 0
    assert "niet genoemd (formulieren: 1)" in (where / "output/report/index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--output", "nothing"], "no snapshot in nothing"),
        (["--snapshot", "2020"], "'2020'"),
        (["--embargo", "soon"], "--embargo"),
        (["--lang", "fy"], "--lang"),
        (["--to", "output"], "is no report"),
        (["--to", "output/latest.json"], "is no report"),
        (["--to", "output/latest.json/report"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(options: list[str], said: str, where: Path) -> None:
    done = run("report", *options, cwd=where)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""
