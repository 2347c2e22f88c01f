"""A user's own words, weights and fingerprints, laid over the packaged ones; how to write them is in docs/vocabulary.md.

A directory holds any of `FILES`, each of the same shape as the packaged file of that name and with only what differs.  What is in it wins; what is
not stays as packaged.  Everything is checked before anything is used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from gemcrawl.exceptions import UsageError
from gemcrawl.forms.data import lay_over, packaged
from gemcrawl.items import PERSONAL_DATA, Kind

FILES = ("kinds.toml", "personal.toml", "suppliers.toml")
MOST = 20.0
"""Weights and points lie between this and its negative."""
_KINDS: tuple[str, ...] = get_args(Kind)
_CATEGORIES = (*PERSONAL_DATA, "none")
_WORD_SECTIONS = ("label", "name", "autocomplete", "type")
_PATTERNS = ("host", "path")
_WORDS = ("sign", "markup", "generator", "cookie", "script", "inferred", "api", "identity")
_TEXTS = ("id", "name", "mount", "definition")
_FLAGS = ("shell", "keep", "both")
_SHOWS_BY = ("host", "path", "sign", "markup", "generator", "cookie", "script")

Table = dict[str, Any]


def use(directory: Path | None) -> None:
    """Lays the files of a directory over the packaged ones, for this process; None brings the packaged ones back.

    Raises:
        UsageError: the directory or a file in it cannot be used; the message says where and what is allowed, and nothing has changed.
    """
    if directory is None:
        lay_over({})
        return
    if not directory.is_dir():
        raise UsageError(f"--vocabulary {str(directory)!r} is no directory; give one with any of {', '.join(FILES)}")
    found = sorted(path for path in directory.iterdir() if path.suffix == ".toml")
    if not found:
        raise UsageError(f"--vocabulary {str(directory)!r} holds none of {', '.join(FILES)}")
    lay_over({path.name: _merged(path) for path in found})


def _merged(path: Path) -> Table:
    if path.name not in FILES:
        raise UsageError(f"{path}: no such vocabulary; there are {', '.join(FILES)}")
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from None
    base = deepcopy(packaged(path.name))
    lay = {"kinds.toml": _kinds, "personal.toml": _personal, "suppliers.toml": _suppliers}[path.name]
    lay(base, own, str(path))
    return base


def _one_of(word: str, known: tuple[str, ...], where: str, what: str) -> None:
    if word not in known:
        raise UsageError(f"{where}: {what} {word!r} is unknown; one of {', '.join(known)}")


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        raise UsageError(f"{where}: {value!r} is no number from {-MOST:g} to {MOST:g}")
    return float(value)


def _words(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise UsageError(f"{where}: {value!r} is no list of words")
    return value


def _section(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} is no table; write [{where.rpartition(' ')[2]}] and its entries below it")
    return value


def _kinds(base: Table, own: Table, path: str) -> None:
    """Phrases are added or weigh anew (0 takes one away); numbers are replaced; lists of words grow."""
    for name, value in own.items():
        _one_of(name, tuple(base), path, "table or value")
        where = f"{path}: {name}"
        if name == "phrases":
            for kind, phrases in _section(value, where).items():
                _one_of(kind, _KINDS, where, "kind")
                for phrase, weight in _section(phrases, f"{where}.{kind}").items():
                    if not phrase.strip():
                        raise UsageError(f"{where}.{kind}: a phrase has no words")
                    base[name].setdefault(kind, {})[phrase] = _number(weight, f"{where}.{kind}: {phrase!r}")
        elif isinstance(base[name], dict):
            for key, entry in _section(value, where).items():
                _one_of(key, tuple(base[name]), where, "entry")
                base[name][key] = _entry(base[name][key], entry, f"{where}.{key}")
        else:
            base[name] = _number(value, where)


def _entry(old: Any, new: Any, where: str) -> Any:
    if not isinstance(old, list):
        return _number(new, where)
    words = _words(new, where)
    if where.endswith(("kinds", "subjects")):
        for kind in words:
            _one_of(kind, _KINDS, where, "kind")
    return list(dict.fromkeys([*old, *words]))


def _personal(base: Table, own: Table, path: str) -> None:
    """A word belongs to the category it is given here and to no other; ``none`` says that it asks for nothing personal."""
    for name, value in own.items():
        _one_of(name, tuple(base), path, "table or value")
        where = f"{path}: {name}"
        if name == "order":
            for category in _words(value, where):
                _one_of(category, PERSONAL_DATA, where, "category")
            base[name] = [*value, *(category for category in base[name] if category not in value)]
        elif name in _WORD_SECTIONS:
            for category, words in _section(value, where).items():
                _one_of(category, _CATEGORIES, where, "category")
                new = _words(words, f"{where}.{category}")
                for other in base[name].values():
                    other[:] = [word for word in other if word not in new]
                base[name].setdefault(category, []).extend(new)
        else:
            for key, words in _section(value, where).items():
                _one_of(key, tuple(base[name]), where, "entry")
                base[name][key] = list(dict.fromkeys([*base[name][key], *_words(words, f"{where}.{key}")]))


def _suppliers(base: Table, own: Table, path: str) -> None:
    """A supplier with a known id is changed in what is given; a new one goes before all others."""
    for name in own:
        _one_of(name, ("supplier",), path, "table or value")
    entries = own.get("supplier", [])
    if not isinstance(entries, list):
        raise UsageError(f"{path}: write [[supplier]] with two brackets; there may be many")
    new: list[Table] = []
    known = {supplier["id"]: supplier for supplier in base["supplier"]}
    for entry in entries:
        id_ = entry.get("id")
        if not isinstance(id_, str) or not id_:
            raise UsageError(f"{path}: a supplier has no id")
        where = f"{path}: supplier {id_}"
        for key, value in entry.items():
            _check(key, value, f"{where}: {key}")
        if id_ in known:
            known[id_].update(entry)
            continue
        if not entry.get("name"):
            raise UsageError(f"{where} has no name")
        if not any(entry.get(key) for key in _SHOWS_BY):
            raise UsageError(f"{where} shows by nothing; give any of {', '.join(_SHOWS_BY)}")
        known[id_] = entry
        new.append(entry)
    base["supplier"] = [*new, *base["supplier"]]


def _check(key: str, value: Any, where: str) -> None:
    _one_of(key, (*_TEXTS, *_PATTERNS, *_WORDS, *_FLAGS, "kinds"), where.rpartition(": ")[0], "entry")
    if key in _WORDS:
        for word in _words(value, where):
            if key == "inferred":
                _one_of(word, PERSONAL_DATA, where, "category")
    elif key in _FLAGS:
        if not isinstance(value, bool):
            raise UsageError(f"{where}: {value!r} is neither true nor false")
    elif key == "kinds":
        _check_rules(value, where)
    elif not isinstance(value, str) or not value:
        raise UsageError(f"{where}: {value!r} is no text")
    elif key in _PATTERNS:
        _check_pattern(value, where)
    elif key == "mount":
        _check_selector(value, where)


def _check_rules(value: Any, where: str) -> None:
    if not isinstance(value, list) or not all(isinstance(rule, dict) and set(rule) == {"kind", "points", "where"} for rule in value):
        raise UsageError(f'{where}: write [{{ kind = "appointment", points = 5, where = "pattern" }}], with these three entries each')
    for rule in value:
        _one_of(str(rule["kind"]), _KINDS, where, "kind")
        _number(rule["points"], where)
        _check_pattern(rule["where"], where)


def _check_selector(value: str, where: str) -> None:
    try:
        LexborHTMLParser("<p>").css_first(value)
    except (SelectolaxError, ValueError) as error:
        raise UsageError(f"{where}: {value!r} is no CSS selector: {error}") from None


def _check_pattern(value: Any, where: str) -> None:
    try:
        re.compile(value, re.IGNORECASE)
    except (re.error, TypeError) as error:
        raise UsageError(f"{where}: {value!r} is no regular expression: {error}") from None
