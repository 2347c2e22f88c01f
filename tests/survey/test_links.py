"""Scores of links, with the words of links.toml."""

from __future__ import annotations

import pytest

from gemcrawl.survey.links import STRONG, WEAK, forbidden_text, forbidden_url, host_score, link_score


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/afspraak-maken", "Afspraak maken"),
        ("https://www.x.test/a", "Maak direct online een afspraak"),
        ("https://afspraken.x.test/", "Klik hier"),
        ("https://x.mijnafspraakmaken.test/?product=3", "Paspoort"),
        ("https://www.x.test/frysk/a", "Meitsje in ôfspraak"),
        ("https://www.x.test/en/a", "Book an appointment"),
        ("https://www.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Afspraakmaken.aspx", "Start"),
    ],
)
def test_a_link_that_names_an_appointment_is_strong(url: str, text: str) -> None:
    scores = link_score(url, text)
    assert scores.appointment >= STRONG
    assert scores.goal == "appointment"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/contactformulier", "Contactformulier"),
        ("https://www.x.test/a", "Stel uw vraag aan de gemeente"),
        ("https://www.x.test/form/contactformulier", "Formulier"),
        ("https://www.x.test/a", "Kontaktformulier"),
        ("https://www.x.test/contact", "Contact"),
    ],
)
def test_a_link_that_names_contact_is_strong(url: str, text: str) -> None:
    scores = link_score(url, text)
    assert scores.contact >= STRONG
    assert scores.goal == "contact"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/prestatieafspraken-2026", "Prestatieafspraken met woningcorporaties"),
        ("https://www.x.test/nieuws/12", "Nieuws"),
        ("https://www.x.test/afspraak-annuleren", "Afspraak annuleren"),
        ("https://www.x.test/afval", "Afvalkalender"),
        ("https://www.x.test/contact-met-de-raad", "Contact met de raad"),
    ],
)
def test_a_look_alike_is_not_worth_a_request(url: str, text: str) -> None:
    assert link_score(url, text).best < WEAK


def test_a_product_page_is_worth_a_look_but_not_more() -> None:
    assert WEAK <= link_score("https://www.x.test/paspoort", "Paspoort").appointment < STRONG


@pytest.mark.parametrize(
    "url",
    [
        "https://www.digid.nl/",
        "https://digid.x.test/",
        "https://mijn.x.test/saml/login",
        "https://www.x.test/uitloggen",
        "https://www.x.test/afspraak/annuleren/12",
        "https://www.x.test/folder.pdf",
        "https://www.facebook.com/gemeente",
        "https://dacceptatieloket.x.test/",
        "https://www.x.test/f/2176/login",
    ],
)
def test_some_addresses_are_never_requested(url: str) -> None:
    assert forbidden_url(url)


@pytest.mark.parametrize("text", ["Inloggen met DigiD", "Uitloggen", "Afspraak afzeggen", "Annuleer uw afspraak", "Volgende maand"])
def test_some_links_are_never_followed(text: str) -> None:
    assert forbidden_text(text)


def test_host_labels_promise_something() -> None:
    assert host_score("afspraken.x.test").appointment == 4
    assert host_score("www.x.test").best == 0
