"""SECURITY.md names tests; each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)((?:::\w+)*)`", TEXT)
PLACES = re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.(?:py|toml)|/))`", TEXT)


def test_there_are_many() -> None:
    assert len(NAMED) >= 25
    assert len(PLACES) >= 25


@pytest.mark.parametrize(("file", "names"), NAMED)
def test_a_named_test_exists(file: str, names: str) -> None:
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text("utf-8")).body
    for name in names.split("::")[1:]:
        found = [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name]
        assert found, f"{file} has no {name}"
        body = found[0].body


@pytest.mark.parametrize("place", sorted({place for place in PLACES if not place.startswith("tests/")}))
def test_a_named_place_exists(place: str) -> None:
    assert (ROOT / "gemcrawl" / place).exists()
