"""The documentation is whole: it builds without a warning, every link in it leads somewhere, and every command, option, setting and column is in it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from gemcrawl import settings
from gemcrawl.cli.app import app
from gemcrawl.items import TABLES, Recheck
from gemcrawl.snapshot.schema import arrow_schema

ROOT = Path(__file__).resolve().parents[1]


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = _reference()
PROGRAM: Any = typer.main.get_command(app)


def build(site: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--site-dir", str(site), *more]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False, env=environment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


def test_it_builds_and_every_page_is_reached(site: Path) -> None:
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")} - {"404"}
    written = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages == written | {"reference/data", "reference/commands", "reference/settings", "CHANGELOG", "CONTRIBUTING", "SECURITY"}


def test_nothing_is_fetched_from_anybody(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?((?:https?:)?//[^\"' >]+)", text)
        fetched += re.findall(
            r"<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload|icon)[^>]*\bhref=[\"']?((?:https?:)?//[^\"' >]+)", text
        )
        assert not fetched, page
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", sheet.read_text("utf-8"))


NOWHERE = ("no-such-page.md", "operations.md#no-such-part", "/absolute.md")


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The warnings of a build that fails, since its first page has links that lead nowhere."""
    folder = tmp_path_factory.mktemp("broken")
    for name in ("docs", "gemcrawl"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*ROOT.glob("*.md"), ROOT / "mkdocs.yml"]:
        shutil.copy(path, folder)
    with (folder / "docs/index.md").open("a") as page:
        page.writelines(f"\n[x]({link})\n" for link in NOWHERE)
    built = build(folder / "site", "--config-file", str(folder / "mkdocs.yml"))
    assert built.returncode != 0
    return [line for line in built.stderr.splitlines() if line.startswith("WARNING")]


@pytest.mark.parametrize("link", NOWHERE)
def test_a_link_that_leads_nowhere_is_an_error(link: str, complaints: list[str]) -> None:
    """The build above can fail."""
    assert [line for line in complaints if f"'{link}'" in line and "'index.md'" in line]


@pytest.mark.parametrize("name", sorted(PROGRAM.commands))
def test_every_command_and_option_is_told(name: str) -> None:
    (section,) = re.findall(rf"^## gemcrawl {name}\n(.+?)(?=^## |\Z)", REFERENCE.commands(), re.DOTALL | re.MULTILINE)
    command = PROGRAM.commands[name]
    for parameter in command.params:
        spelled = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
        rows = [line for line in section.splitlines() if f"`{spelled[0]}`" in line]
        assert len(rows) == 1, parameter.name
        assert parameter.param_type_name == "argument" or rows[0].rstrip("| ").rsplit("|", 1)[1].strip(), f"{parameter.name} has no help"
    assert re.sub(r"\W+", "", command.help.split("\n")[0]) in re.sub(r"\W+", "", section)


def test_every_setting_is_told_with_its_reason() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `.+` \| (.*) \|$", REFERENCE.all_settings(), re.MULTILINE))
    assert set(rows) == {name for name in vars(settings) if name.isupper()}
    assert [name for name, reason in rows.items() if not reason] == []


@pytest.mark.parametrize(("table", "row_type"), [*TABLES.items(), ("rechecks", Recheck)])
def test_every_column_is_told_with_its_meaning(table: str, row_type: type) -> None:
    (section,) = re.findall(rf"^## {table}\n(.+?)(?=^## |\Z)", REFERENCE.data_dictionary(), re.DOTALL | re.MULTILINE)
    rows = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| (?:yes|no) \| (.*) \|$", section, re.MULTILINE))
    for column in arrow_schema(row_type):
        assert rows[column.name]
    assert all(rows.values())
