"""Reading pages written by people who did not write the reader.

The tuning part may be looked at while vocabularies are changed; the frozen part is only ever run.
"""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from gemcrawl.items import PERSONAL_DATA
from tests.gold.score import cases, score

FLOOR = 0.96
"""Least recall and precision of appointment and of contact forms."""
TUNING, FROZEN = cases("tuning"), cases("frozen")


def test_the_set_is_large_and_balanced() -> None:
    every = [*TUNING, *FROZEN]
    assert len(every) >= 240
    assert len(FROZEN) >= 100
    kinds = Counter(form.kind for case in every for form in case.forms)
    assert len(kinds) == 13
    assert min(kinds.values()) >= 8
    assert {case.language for case in every} >= {"nl", "fy", "en", "de"}
    assert len({case.product for case in every}) >= 25
    assert all(case.reason for case in every)


@pytest.mark.parametrize("case", [*TUNING, *FROZEN], ids=lambda case: case.slug)
def test_labels_are_of_the_closed_lists(case) -> None:
    for form in case.forms:
        assert list(form.personal_data) == [d for d in PERSONAL_DATA if d in form.personal_data]


@pytest.mark.parametrize("part", ["tuning", "frozen"])
def test_what_is_read_agrees_with_what_was_labelled(part: str) -> None:
    result = score(TUNING if part == "tuning" else FROZEN)
    sys.stdout.write(f"\n{part}\n{result.table()}\n")
    for kind in ("appointment", "contact"):
        assert result.kinds[kind].recall >= FLOOR, result.wrong if part == "tuning" else result.table()
        assert result.kinds[kind].precision >= FLOOR, result.wrong if part == "tuning" else result.table()
    assert result.personal_data.f1 >= 0.95, result.wrong if part == "tuning" else result.table()
