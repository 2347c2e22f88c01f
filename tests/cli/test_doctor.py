"""``gemcrawl doctor`` as users start it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.program import run


def test_a_healthy_machine_is_told_so_and_a_run_could_start(tmp_path: Path) -> None:
    found = run("doctor", cwd=tmp_path, fresh=True)
    assert found.code == 0
    assert "root certificates" in found.out
    assert str(tmp_path / "output") in found.out


def test_without_a_browser_it_warns_and_says_how_to_get_one(tmp_path: Path) -> None:
    found = run("doctor", cwd=tmp_path, env={"GEMCRAWL_CHROMIUM": "/no/such/browser"})
    assert found.code == 0
    assert "apt-get install chromium-headless-shell" in found.out


def test_a_browser_that_does_not_start_is_named(tmp_path: Path) -> None:
    fake = tmp_path / "browser"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    found = run("doctor", cwd=tmp_path, env={"GEMCRAWL_CHROMIUM": str(fake)})
    assert f"{fake} does not start" in found.out


def test_what_would_stop_a_run_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("in the way")
    found = run("doctor", cwd=tmp_path)
    assert found.code == 1
    assert "not a directory" in found.out
    (tmp_path / "roots.pem").write_text("no certificate")
    assert "--ca-file" in run("doctor", "--ca-file", "roots.pem", "--output", "out", cwd=tmp_path).out
