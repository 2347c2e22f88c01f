"""Folding, and phrases at word boundaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.forms.words import Phrases, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ôfspraak  meitsje", "ofspraak meitsje"), ("E-mailadres (verplicht) *:", "emailadres"), ("e-mail adres", "email adres"), ("E mail", "email"), ("afspraak-maken", "afspraak maken"),
        ("afspraak_maken", "afspraak maken"), ("Straße", "strasse"), ("foto's", "foto s"), ("  ", ""), ("één café", "een cafe"), ("home mail", "home mail"), ("af\u00adspraak", "afspraak"),
    ],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_that_matters(text: str) -> None:
    once = fold(text)
    assert once == once.strip()
    assert "  " not in once


PHRASES = Phrases(
    {
        "afspraak maken": 5,
        "maak ... afspraak": 5,
        "afspraak": 3,
        "afspraken": 1,
        "afspraak wijzigen": -4,
        "sollicit*": -3,
        "*formulier": 2,
        "prestatieafspraken": -5,
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Online afspraak maken", (5, "afspraak maken")),
        ("Maak direct online een afspraak", (5, "maak ... afspraak")),
        ("Afspraak", (3, "afspraak")),
        ("Afspraak wijzigen", (-4, "afspraak wijzigen")),
        ("Maak een afspraak of uw afspraak wijzigen", (1, "maak ... afspraak")),
        ("Prestatieafspraken", (-5, "prestatieafspraken")),
        ("Contactformulier", (2, "*formulier")),
        ("Sollicitatieformulier", (-3, "sollicit*")),
        ("tafspraak", (0, "")),
        ("", (0, "")),
    ],
)
def test_score(text: str, expected: tuple[float, str]) -> None:
    assert PHRASES.score(text) == expected


@given(st.text())
def test_score_takes_any_text(text: str) -> None:
    assert PHRASES.score(text) == PHRASES.score(text)
