"""Rows without control characters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import Field, Municipality, Survey
from gemcrawl.pipelines.clean import CleanPipeline, clean

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Gemeente Súdwest-Fryslân", "Gemeente Súdwest-Fryslân"),
        ("  twee  spaties ", "  twee  spaties "),
        ("\x1b[2Jleeg", "[2Jleeg"),
        ("een\r\ntwee\tdrie", "een twee drie"),
        ("\u202eomgekeerd", "omgekeerd"),
        ("\ud800", ""),
        ("=1+1", "=1+1"),
    ],
)
def test_a_text(written: str, shown: str) -> None:
    assert clean(written) == shown


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_becomes_printable_and_stays_so(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


def test_texts_inside_rows() -> None:
    field = Field(name="a\x00b", label="\x1bE-mail", type="email")
    assert clean([field]) == [Field(name="a b", label="E-mail", type="email")]


def test_what_is_clean_stays_the_same_object() -> None:
    fields = [Field(name="a", label="E-mail", type="email")]
    assert clean(fields) is fields


async def test_an_item() -> None:
    row = Municipality(
        code="GM9001",
        name="A\x1ba",
        province="Utrecht",
        website="www.a.test",
        outcome="surveyed",
        appointment="secure",
        contact="secure",
        started_at=NOW,
        finished_at=NOW,
    )
    assert (await CleanPipeline().process_item(Survey(municipality=row))).municipality.name == "A a"
