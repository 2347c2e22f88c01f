"""The word lists, weights and fingerprints that lie beside the code, with a user's own laid over them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, TypeVar

T = TypeVar("T")

_laid_over: dict[str, dict[str, Any]] = {}
_forget: list[Callable[[], None]] = []


@cache
def packaged(name: str) -> dict[str, Any]:
    """The content of one TOML file of this package, read once."""
    return tomllib.loads((resources.files("gemcrawl.forms") / name).read_text(encoding="utf-8"))


def table(name: str) -> dict[str, Any]:
    """The content of one file as it counts: what `lay_over` set, else the packaged one."""
    return _laid_over.get(name) or packaged(name)


def lay_over(tables: Mapping[str, dict[str, Any]]) -> None:
    """Sets the content of files for this process, and forgets what was made from others; an empty mapping brings the packaged ones back."""
    _laid_over.clear()
    _laid_over.update(tables)
    for forget in _forget:
        forget()


def derived(function: Callable[[], T]) -> Callable[[], T]:
    """A function whose result follows from these files and is worked out once."""
    kept = cache(function)
    _forget.append(kept.cache_clear)
    return kept


def remembered(size: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """The same for a function of one text, of which the last `size` are remembered."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=size)(function)
        _forget.append(kept.cache_clear)
        return kept

    return decorate
