"""Durations as people write them."""

from __future__ import annotations

import pytest

from gemcrawl.durations import seconds_in, shown
from gemcrawl.exceptions import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6h", 21_600), ("90m", 5_400), ("1h30m", 5_400), ("45s", 45), ("1d", 86_400), ("1d2h3m4s", 93_784), (" 5m ", 300)],
)
def test_whole_units_in_order(text: str, seconds: float) -> None:
    assert seconds_in(text, "--deadline") == seconds


@pytest.mark.parametrize(
    "text", ["", "6", "h", "0h", "0s", "-1h", "1.5h", "6 h", "30m1h", "1h1h", "6u", "6H", "٦h", "9999999s", "1e3s", "inf"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--deadline '.*' is not a duration above zero; write it as 6h, 90m or 1h30m"):
        seconds_in(text, "--deadline")


@pytest.mark.parametrize("text", ["6h", "1h30m", "45s", "1d2h3m4s"])
def test_what_is_shown_can_be_read_again(text: str) -> None:
    assert shown(seconds_in(text, "--deadline")) == text


def test_nothing_is_0s() -> None:
    assert shown(0) == "0s"
