"""Finding a Chromium: by the environment, else on PATH; asked as its own process, since the environment is read once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gemcrawl.fetch.browser import ON_PATH


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def put(folder: Path, name: str, *, executable: bool = True) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="ascii")
    path.chmod(0o755 if executable else 0o644)
    return path


def tell(path: Path, chromium: str = "") -> str:
    """What the module says in the one line that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "gemcrawl.fetch.browser"],
        env={**os.environ, "PATH": str(path), "GEMCRAWL_CHROMIUM": chromium},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_without_one_it_says_what_will_be_missing(programs: Path) -> None:
    assert tell(programs).startswith("no Chromium found")


@pytest.mark.parametrize("name", [ON_PATH[0], ON_PATH[-1]])
def test_one_on_path_is_found(name: str, programs: Path) -> None:
    found = put(programs, name)
    assert tell(programs) == f"browser: {found}"


def test_the_leanest_is_preferred(programs: Path) -> None:
    for name in ON_PATH:
        put(programs, name)
    assert tell(programs) == f"browser: {programs / 'chromium-headless-shell'}"


def test_the_environment_goes_before_path(programs: Path, tmp_path: Path) -> None:
    put(programs, ON_PATH[0])
    own = put(tmp_path, "my-chromium")
    assert tell(programs, str(own)) == f"browser: {own}"
    by_name = put(programs, "other")
    assert tell(programs, "other") == f"browser: {by_name}"


def test_a_chosen_one_that_cannot_run_is_not_replaced_by_another(programs: Path, tmp_path: Path) -> None:
    put(programs, ON_PATH[0])
    broken = put(tmp_path, "broken", executable=False)
    assert tell(programs, str(broken)).startswith("no Chromium found")
    assert tell(programs, str(tmp_path / "missing")).startswith("no Chromium found")
