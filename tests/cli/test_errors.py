"""What a user did wrong: one line that names the value and says what to do, exit code 2, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gemcrawl.cli.exit_codes import ExitCode
from tests.cli.program import Ended, files, options, run
from tests.support.world import World

REGISTRY = "code,name,province,website\nGM9001,Aa,Utrecht,www.a.test\nGM9002,Bb,Utrecht,www.b.test\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a registry whose sites do not exist, and a file that is in the way."""
    (tmp_path / "registry.csv").write_text(REGISTRY)
    (tmp_path / "in-the-way").write_text("I was here first")
    return tmp_path


def assert_one_line(found: Ended, *says: str) -> None:
    assert found.err.count("\n") == 1, found.err
    assert found.err.startswith("gemcrawl: ")
    assert "Traceback" not in found.err
    assert found.out == ""
    for words in says:
        assert words in found.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--output", "in-the-way"], ("in-the-way", "not a directory", "name another with --output")),
        (["--output", "in-the-way/below"], ("in-the-way/below", "name another with --output")),
        (["--output", "/proc/gemcrawl"], ("/proc/gemcrawl", "name another with --output")),
        (["--output", "/dev/full"], ("/dev/full", "name another with --output")),
        (["--output", "x\x1b[2J/\udcff"], ("--output",)),
        (["--only", "GM9009"], ("'GM9009'", "near: ", "GM9001 (Aa)")),
        (["--only", "utrecht"], ("'utrecht'", "such as GM0344")),
        (["--as-of", "2016-02-30"], ("'2016-02-30'", "YYYY-MM-DD")),
        (["--as-of", "20160101"], ("'20160101'", "YYYY-MM-DD")),
        (["--as-of", "1-1-2016"], ("'1-1-2016'", "YYYY-MM-DD")),
        (["--connect-to", "www.a.test"], ("'www.a.test'", "HOST:PORT:ADDR:PORT")),
        (["--connect-to", "a:70000:b:1"], ("'a:70000:b:1'", "HOST:PORT:ADDR:PORT")),
        (["--allow-net", "127.0.0.1/33"], ("'127.0.0.1/33'", "127.0.0.0/8")),
        (["--ca-file", "missing.pem"], ("'missing.pem'", "PEM file")),
        (["--ca-file", "in-the-way"], ("'in-the-way'", "PEM file")),
        (["--ca-file", "."], ("'.'", "PEM file")),
        (["--exclude", "missing.txt"], ("'missing.txt'", "one code or host a line")),
        (["--exclude", "in-the-way"], ("in-the-way, line 1", "'I was here first'", "GM0344")),
        (["--resume", "2026-01-01T000000Z"], ("'2026-01-01T000000Z'", "there are: none")),
        (["--resume", "../.."], ("'../..'", "there are: none")),
        (["--resume", ""], ("''", "there are: none")),
        (["--output", "new", "--resume", "nothing"], ("'nothing'", "new")),
        (["--delay", "-1"], ("-1", "above zero")),
        (["--delay", "0"], ("--delay 0", "above zero")),
        (["--delay", "nan"], ("nan", "above zero")),
        (["--delay", "soon"], ("--delay", "number", "gemcrawl crawl --help")),
        (["--max-pages", "0"], ("--max-pages", "1", "gemcrawl crawl --help")),
        (["--log-file", "/proc/gemcrawl.log"], ("/proc/gemcrawl.log", "name another")),
        (["--log-level", "loud"], ("--log-level", "'loud'", "gemcrawl crawl --help")),
        (["--registry", "in-the-way"], ("in-the-way", "line 1", "website is missing")),
        (["--known-hosts", "missing.csv"], ("missing.csv", "cannot be read")),
        (["--workrs", "3"], ("--workrs", "gemcrawl crawl --help")),
    ],
)
def test_what_cannot_be_used_is_named(arguments: list[str], says: tuple[str, ...], folder: Path) -> None:
    before = files(folder)
    found = run("crawl", "--registry", "registry.csv", *arguments, cwd=folder)
    assert_one_line(found, *says)
    assert found.code == ExitCode.USAGE
    assert files(folder) == before
    assert "\x1b" not in found.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", ("empty", "code, name, province, website")),
        (b"code,name,province\n", ("line 1", "website is missing")),
        (b"code;name;province;website\n", ("line 1", "semicolons")),
        (b"code,name,province,website\n", ("holds no rows",)),
        (b"code,name,province,website\nGM9001,Aa,Utrecht,www.a.test\n9002,Bb,Utrecht,www.b.test\n", ("line 3", "'9002'", "GM0344")),
        (b"code,name,province,website\nGM9001,,Utrecht,www.a.test\n", ("line 2", "name is empty")),
        (b"code,name,province,website\nGM9001,Aa,Utrecht,https://www.a.test/\n", ("line 2", "is a URL", "www.example.nl")),
        (b"code,name,province,website\nGM9001,Aa,Utrecht\n", ("line 2", "3 cells", "4 columns")),
        (b"code,name,province,website\nGM9001,Aa,Utrecht,a.test\nGM9001,Aa,Utrecht,a.test\n", ("line 3", "GM9001 occurs twice")),
        (b"code,name,province,website\nGM9001,A\xe9,Utrecht,a.test\n", ("line 2", "not UTF-8", "0xe9")),
        (b"code,name,province,website\nGM9001,A\x1b[2J,Utrecht,a.test\n", ("line 2", "U+001B")),
        (b'code,name,province,website\nGM9001,"Aa,Utrecht,a.test\n', ("line 2", "not CSV")),
        (b"code,name,province,website,valid_from\nGM9001,Aa,Utrecht,a.test,gisteren\n", ("line 2", "'gisteren'", "2026-01-01")),
    ],
)
@pytest.mark.parametrize("command", ["crawl", "registry"])
def test_a_malformed_register_is_told_with_its_line(command: str, content: bytes, says: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    found = run(command, "--registry", "bad.csv", cwd=tmp_path)
    assert_one_line(found, "bad.csv", *says)
    assert found.code == ExitCode.USAGE
    assert files(tmp_path) == {"bad.csv"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["query", "SELECT 1"], ("no snapshot in", "gemcrawl crawl")),
        (["query", "SELECT 1", "--output", "in-the-way"], ("in-the-way", "gemcrawl crawl")),
        (["query"], ("sql", "gemcrawl query --help")),
        (["registry", "--as-of", "today"], ("'today'", "YYYY-MM-DD")),
        (["registry", "--only", "GM0001"], ("'GM0001'",)),
        (["demo", "--night", "3"], ("--night", "gemcrawl demo --help")),
        (["demo", "--size", "391"], ("--size", "gemcrawl demo --help")),
        (["demo", "--delay", "0"], ("--delay 0", "above zero")),
        (["reprot"], ("reprot", "gemcrawl --help")),
        (["--frob"], ("--frob", "gemcrawl --help")),
    ],
)
def test_every_command_is_as_brief(arguments: list[str], says: tuple[str, ...], folder: Path) -> None:
    before = files(folder)
    found = run(*arguments, cwd=folder)
    assert_one_line(found, *says)
    assert found.code == ExitCode.USAGE
    assert files(folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_named(folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    found = run("crawl", "--registry", "registry.csv", "--output", "locked", cwd=folder)
    assert_one_line(found, "locked", "make it writable")
    assert found.code == ExitCode.USAGE


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "gemcrawl-test", place], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not permitted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_disk_too_small_for_a_run_is_refused_before_it(full_disk: Path, folder: Path) -> None:
    found = run("crawl", "--registry", "registry.csv", "--output", full_disk, cwd=folder)
    assert_one_line(found, str(full_disk), "a run needs 50 MB", "free space or name another with --output")
    assert found.code == ExitCode.USAGE
    assert files(full_disk) == set()


def test_a_disk_that_fills_up_ends_the_run_and_keeps_what_it_has(make_world: Callable[..., World], folder: Path) -> None:
    world = make_world({f"www.{name}.test": {"/": f"<title>{name}</title><h1>Gemeente</h1>"} for name in "abc"})
    arguments = options(world, world.registry(folder), folder / "output")
    # large enough for the trial write, too small for a part
    found = run("crawl", *arguments, cwd=folder, limit=1000)
    assert found.code == ExitCode.ERROR
    assert "Traceback" not in found.out
    last = found.err.strip().splitlines()[-1]
    assert "cannot write to" in last
    assert "resume it when this is solved" in last
    assert not list((folder / "output").glob("snapshot=*"))
    assert not list((folder / "output").glob("runs/*/parts/*"))
    (run_id,) = [path.name for path in (folder / "output" / "runs").iterdir()]
    assert run_id in last

    (folder / "output" / "runs" / run_id / "parts").mkdir(exist_ok=True)
    again = run("crawl", *arguments, "--resume", run_id, cwd=folder)
    assert again.code == ExitCode.PUBLISHED, again.err
