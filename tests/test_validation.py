from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.exceptions import GemcrawlError, ItemError
from gemcrawl.validation import Bits, checker_for, describe

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass
class Inner:
    number: int = 0


@dataclass
class Sample:
    text: str = ""
    maybe: Annotated[str | None, "description"] = None
    small: Annotated[Annotated[int, Bits(16)], "description"] = 0
    maybe_small: Annotated[Annotated[int, Bits(16)] | None, "description"] = None
    number: int = 0
    real: float = 0.0
    real32: Annotated[float, Bits(32)] = 0.0
    flag: bool = False
    choice: Literal["a", "b"] = "a"
    maybe_choice: Literal["a", "b"] | None = None
    texts: list[str] = dataclasses.field(default_factory=list)
    choices: list[Literal["a", "b"]] | None = None
    inner: Inner | None = None
    moment: datetime = NOW


def check(column: str, value: Any) -> None:
    sample = Sample()
    setattr(sample, column, value)
    checker_for(Sample)(sample)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", "é"),
        ("maybe", None),
        ("maybe", ""),
        ("small", 32767),
        ("small", -32768),
        ("maybe_small", None),
        ("number", (1 << 63) - 1),
        ("number", -(1 << 63)),
        ("real", 1),
        ("real", 1.5),
        ("real32", 0.25),
        ("flag", True),
        ("choice", "b"),
        ("maybe_choice", None),
        ("texts", ["a", "b"]),
        ("choices", ["a", "a"]),
        ("inner", Inner()),
        ("moment", NOW.astimezone(timezone(timedelta(0)))),
    ],
)
def test_a_value_that_fits_passes(column, value):
    check(column, value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", None),
        ("text", b"bytes"),
        ("maybe", 1),
        ("small", 32768),
        ("small", -32769),
        ("small", True),
        ("small", 1.0),
        ("maybe_small", 40000),
        ("number", 1 << 63),
        ("number", False),
        ("number", "1"),
        ("real", "1.0"),
        ("real", True),
        ("real", None),
        ("flag", 1),
        ("flag", None),
        ("choice", "c"),
        ("choice", None),
        ("choice", ["a"]),
        ("choice", {}),
        ("maybe_choice", "c"),
        ("texts", ("a",)),
        ("texts", "a"),
        ("texts", None),
        ("texts", ["a", None]),
        ("choices", ["a", "c"]),
        ("choices", ["a", []]),
        ("inner", {"number": 0}),
        ("moment", NOW.replace(tzinfo=None)),
        ("moment", NOW.astimezone(timezone(timedelta(hours=1)))),
        ("moment", "2026-11-23T00:00:00Z"),
    ],
)
def test_a_value_that_does_not_fit_raises_and_is_named(column, value):
    with pytest.raises(ItemError) as caught:
        check(column, value)
    assert str(caught.value).startswith(f"Sample.{column} is {value!r}; allowed: ")


def test_it_is_a_value_error_of_gemcrawl():
    assert issubclass(ItemError, GemcrawlError)
    assert issubclass(ItemError, ValueError)


@given(st.integers())
def test_integers_fit_by_their_width(number):
    for column, bits in (("small", 16), ("number", 64)):
        if -(1 << (bits - 1)) <= number < 1 << (bits - 1):
            check(column, number)
        else:
            with pytest.raises(ItemError):
                check(column, number)


def test_an_annotation_that_rows_do_not_use_is_refused():
    @dataclass
    class Odd:
        mapping: dict[str, int]

    Odd.__annotations__["mapping"] = dict[str, int]
    with pytest.raises(TypeError, match="no check for annotation"):
        checker_for(Odd)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (str, "string"),
        (str | None, "string?"),
        (Annotated[int, Bits(16)], "int16"),
        (Annotated[Annotated[int, Bits(16)] | None, "description"], "int16?"),
        (Annotated[float, Bits(32)], "float32"),
        (int, "int64"),
        (list[str], "list<string>"),
        (list[Literal["a", "b"]], "list<one of a, b>"),
        (datetime | None, "timestamp (UTC)?"),
        (Inner, "Inner"),
    ],
)
def test_annotations_in_words(hint, words):
    assert describe(hint) == words
