"""Reading the word lists, weights and fingerprints that lie beside the code."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The content of one TOML file of this package, read once."""
    return tomllib.loads((resources.files("gemcrawl.forms") / name).read_text(encoding="utf-8"))
