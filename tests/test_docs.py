"""Documents that make promises about the code are held to them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from gemcrawl import settings
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.items import RenderCause, RenderOutcome

ROOT = Path(__file__).resolve().parents[1]


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0].lower() for line in requirements}


def test_every_dependency_has_its_reason_and_every_reason_its_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    table = re.findall(r"^\| (?!package |---)([^|]+) \|", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    assert {name.strip() for cell in table for name in cell.split(",")} == _names(project["dependencies"])


def test_every_tool_to_develop_with_is_named() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    (line,) = re.findall(r"^To develop: (.+)$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    words = set(re.findall(r"[a-z][a-z-]+", line))
    for name in _names(groups["dev"]):
        assert name.removeprefix("pytest-") in words


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert re.search(r"^## \[Unreleased\]$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_the_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| \S", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [int(code) for code in rows] == sorted(ExitCode)


def test_what_is_told_of_rendering_is_complete_and_as_the_settings_have_it() -> None:
    text = (ROOT / "docs/rendering.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) >= set(get_args(RenderCause))
    assert set(re.findall(r"`(\w+)`", text)) >= {*get_args(RenderCause), *get_args(RenderOutcome)}
    told = dict(re.findall(r"^\| `(GEMCRAWL_\w+)` \| (\S+) \|", text, re.MULTILINE))
    rendering = {name for name in vars(settings) if name.startswith("GEMCRAWL_RENDER")}
    assert told == {name: str(getattr(settings, name)) for name in rendering}


@pytest.mark.parametrize("name", ["base", "dev"])
def test_requirements_are_pinned_and_hashed_and_name_no_index(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--(extra-)?index-url|--find-links|-e)\b", text, re.MULTILINE)
    entries = re.sub(r"\\\n", " ", text)
    packages = [line for line in entries.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(packages) >= 19
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", package), package[:60]
