"""Words as a dialect spells them: the few strong words, and none of their look-alikes."""

from __future__ import annotations

import pytest

from gemcrawl.survey.links import STRONG, text_score
from gemcrawl.survey.spelling import respelt, skeletons

KNOWN = skeletons(["afspraak", "contact"])


@pytest.mark.parametrize("word", ["aafspraok", "afspraok", "ofsproak", "aofspraok", "oafspraak", "ofspraak"])
def test_dialects_say_an_appointment_by_the_same_consonants(word: str) -> None:
    assert respelt(f"{word} make", KNOWN) == "afspraak make"
    assert text_score(word).appointment >= STRONG


@pytest.mark.parametrize("word", ["kontak", "kontakt", "contakt", "kontact"])
def test_and_contact(word: str) -> None:
    assert respelt(word, KNOWN) == "contact"
    assert text_score(word).contact >= STRONG


@pytest.mark.parametrize(
    "word",
    [
        "inspraak",
        "aanspraak",
        "uitspraak",
        "toespraak",
        "tegenspraak",
        "contract",
        "contant",
        "contest",
        "context",
        "kantiek",
        "kenteken",
        "kontje",
    ],
)
def test_look_alikes_are_other_words(word: str) -> None:
    assert respelt(word, KNOWN) is None
    assert text_score(word).best == 0


@pytest.mark.parametrize("text", ["Prestatieafspraken", "Bestuurlijke afspraken", "Contactlenzen", "Ofspraak feroarje"])
def test_words_against_it_count_as_they_are_written(text: str) -> None:
    assert min(text_score(text)) < 0


def test_what_a_text_says_in_plain_words_is_not_written_anew() -> None:
    assert text_score("Ofspraak meitsje").appointment > text_score("Ofspraak").appointment
