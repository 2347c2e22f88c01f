"""Two languages that say the same, with a word for everything that a snapshot can hold."""

from __future__ import annotations

import re
from importlib import resources
from string import Formatter
from typing import Any, get_args

import pytest

from gemcrawl import items
from gemcrawl.report.site import RULE_SETS
from gemcrawl.report.words import LANGUAGES, Words, findings, pairs
from gemcrawl.transport import rules


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", pairs())
def test_both_languages_fill_in_the_same(key: str) -> None:
    english, dutch = pairs()[key]
    assert english.strip()
    assert dutch.strip()
    assert slots(english) == slots(dutch)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_words_for_a_web_editor(lang: str) -> None:
    words = findings()[lang]
    assert list(words) == list(get_args(items.FindingCode))
    for text in words.values():
        assert text.keys() == {"title", "why", "fix"}
        assert min(len(text["why"]), len(text["fix"])) > 25


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("kinds", items.Kind),
        ("kinds_capital", items.Kind),
        ("statuses", items.Status),
        ("meanings", items.Status),
        ("verdict_names", items.Verdict),
        ("verdicts", items.Verdict),
        ("weights", items.Weight),
        ("weight_names", items.Weight),
        ("outcomes", items.Outcome),
        ("reasons", items.Reason),
        ("renderings", items.RenderOutcome),
        ("personal_data", items.PersonalData),
        ("levels", items.PersonalDataLevel),
        ("vias", items.FoundVia),
        ("results", items.RuleResult),
        ("upgrades", items.Upgrade),
        ("upgrade_states", items.Upgrade),
        ("roles", items.Role),
        ("hsts", items.Hsts),
        ("certificates", items.CertificateState),
        ("grades", items.NcscGrade),
    ],
)
def test_every_value_of_a_closed_list_has_a_word(table: str, values: Any) -> None:
    assert {f"{table}.{value}" for value in get_args(values)} <= set(pairs())


def test_every_rule_set_is_reported_and_has_words() -> None:
    assert set(RULE_SETS) == set(rules.load())
    assert {f"rules.{name}" for name in RULE_SETS} <= set(pairs())


def test_every_text_a_template_asks_for_is_there() -> None:
    asked: set[str] = set()
    for file in (resources.files("gemcrawl.report") / "templates").iterdir():
        asked |= set(re.findall(r"""say[(\[]["']([a-z_]+\.[a-z_0-9-]+)["'][,)\]]""", file.read_text("utf-8")))
    assert len(asked) > 80
    assert asked <= set(pairs())


def test_a_text_without_values_is_looked_up_and_one_that_is_not_there_is_a_mistake() -> None:
    assert [Words(lang)["menu.trend"] for lang in LANGUAGES] == list(pairs()["menu.trend"])
    with pytest.raises(KeyError):
        Words("en")["menu.nowhere"]


def test_what_is_filled_in_is_never_read_as_a_pattern() -> None:
    assert Words("en")("case.page", url="{0.__class__} {x}") == "page: {0.__class__} {x}"


def test_a_value_without_a_word_is_shown_as_it_is() -> None:
    assert Words("nl").name("kinds", "something_new") == "something new"
    assert Words("nl").finding("new_code")["title"] == "new_code"
