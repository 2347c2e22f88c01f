"""The words of messages, in Dutch and English; what a finding means and what mends it is told in the words of `gemcrawl explain`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from gemcrawl.report import words

Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True)
class Cert:
    """The computer emergency response team of the sector."""

    name: str
    url: str
    email: str


def _toml(package: str, name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files(package) / name).read_text("utf-8"))


def findings(language: Language) -> dict[str, dict[str, str]]:
    """``title``, ``why`` and ``fix`` by finding code."""
    return words.findings()[language]


@cache
def sentences(language: Language) -> dict[str, Any]:
    """The sentences of a message by name, and under ``data`` the kinds of personal data."""
    found: dict[str, Any] = _toml("gemcrawl.notify", "sentences.toml")[language]
    return found


@cache
def cert() -> Cert:
    """Whom to tell when a municipality does not say."""
    return Cert(**_toml("gemcrawl.notify", "cert.toml"))
