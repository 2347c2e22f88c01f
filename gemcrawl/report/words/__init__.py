"""What gemcrawl says to people, in English and in Dutch: TOML tables beside this file, every text a pair [English, Dutch]."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

Lang = Literal["en", "nl"]
LANGUAGES: tuple[Lang, ...] = ("en", "nl")
FILES = ("case", "site", "queries")


@cache
def pairs() -> dict[str, tuple[str, str]]:
    """English and Dutch of every text, by its table and name: ``case.page``."""
    found: dict[str, tuple[str, str]] = {}
    for file in FILES:
        tables = tomllib.loads((resources.files(__name__) / f"{file}.toml").read_text("utf-8"))
        for table, texts in tables.items():
            found |= {f"{table}.{name}": (english, dutch) for name, (english, dutch) in texts.items()}
    return found


@cache
def findings() -> dict[str, dict[str, dict[str, str]]]:
    """By language and finding code, in the order of the closed list: ``title``, ``why`` it matters, and ``fix``."""
    raw = tomllib.loads((resources.files(__name__) / "findings.toml").read_text("utf-8"))
    return {
        lang: {code: {name: texts[at] for name, texts in words.items()} for code, words in raw.items()} for at, lang in enumerate(LANGUAGES)
    }


class Words:
    """Texts in one language: ``say["menu.trend"]``, and with values ``say("case.page", url=...)``.

    Raises:
        KeyError: there is no such text; a mistake in a template.
    """

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        at = LANGUAGES.index(lang)
        self._texts = {key: pair[at] for key, pair in pairs().items()}
        self._findings = findings()[lang]

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text, with ``values`` filled in; what is filled in is never read as a pattern."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def __getitem__(self, key: str) -> str:
        return self._texts[key]

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def name(self, table: str, value: str) -> str:
        """The word for a value of a closed list; the value itself, spaced, where there is none."""
        return self._texts.get(f"{table}.{value}", value.replace("_", " "))

    def finding(self, code: str) -> dict[str, str]:
        """title, why and fix of a finding."""
        return self._findings.get(code, {"title": code, "why": "", "fix": ""})
