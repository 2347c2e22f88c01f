"""Scores of links, with the words of links.toml."""

from __future__ import annotations

import pytest

from gemcrawl.forms.page import Link
from gemcrawl.forms.pointing import Words
from gemcrawl.survey.links import (
    STRONG,
    WEAK,
    forbidden_text,
    forbidden_url,
    host_score,
    leads_on,
    letter_score,
    link_score,
    lost_session,
    portal_score,
    score_of,
    turns_pages,
)
from gemcrawl.survey.session import OUTSIDE_SCORE


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/afspraak-maken", "Afspraak maken"),
        ("https://www.x.test/a", "Maak direct online een afspraak"),
        ("https://www.x.test/plan-uw-bezoek", "Uw bezoek"),
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
        ("https://www.x.test/de/a", "Schreiben Sie uns"),
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
        "https://www.x.test/user/log-out",
        "https://www.x.test/sign-out",
        "https://www.x.test/signout.aspx",
        "https://www.x.test/loguit",
        "https://www.x.test/log-in?terug=afspraak",
        "https://www.x.test/sessie-beeindigen",
        "https://www.x.test/afspraak/annuleren/12",
        "https://www.x.test/afspraak/maken/annuleren?id=12",
        "https://www.x.test/folder.pdf",
        "https://www.facebook.com/gemeente",
        "https://dacceptatieloket.x.test/",
        "https://www.x.test/f/2176/login",
    ],
)
def test_some_addresses_are_never_requested(url: str) -> None:
    assert forbidden_url(url)


@pytest.mark.parametrize(
    "text",
    [
        "Inloggen met DigiD",
        "Uitloggen",
        "Sign out",
        "Log off",
        "Sessie beëindigen",
        "Beëindig uw sessie",
        "Afspraak afzeggen",
        "Annuleer uw afspraak",
        "Volgende maand",
    ],
)
def test_some_links_are_never_followed(text: str) -> None:
    assert forbidden_text(text)


@pytest.mark.parametrize(
    "text", ["Maak, wijzig of annuleer uw afspraak", "Afspraak maken, wijzigen of verwijderen", "Make, change or cancel an appointment"]
)
def test_where_an_appointment_is_made_it_may_be_cancelled_too(text: str) -> None:
    assert not forbidden_text(text)
    assert link_score("https://www.x.test/1", text).appointment >= 3


def test_host_labels_promise_something() -> None:
    assert host_score("afspraken.x.test").appointment == 4
    assert host_score("www.x.test").best == 0


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/afspraak/zonder-digid", "Verder zonder DigiD"),
        ("https://www.x.test/vraag", "Niet ingelogd verder gaan"),
        ("https://www.x.test/vraag", "Formulier zonder in te loggen"),
    ],
)
def test_what_does_without_a_login_is_the_way_to_take(url: str, text: str) -> None:
    assert not forbidden_url(url)
    assert not forbidden_text(text)
    assert leads_on(text)


@pytest.mark.parametrize("text", ["Lees verder", "Plantsoen", "Hier woont u goed", "Het formulier van vorig jaar"])
def test_not_everything_with_such_a_word_only_leads_on(text: str) -> None:
    assert not leads_on(text)


@pytest.mark.parametrize(
    "host",
    ["acc.x.test", "afspraken-acceptatie.x.test", "test.afspraken.x.test", "www-tst.x.test", "raadsinformatie.x.test", "login.x.test"],
)
def test_systems_under_test_archives_and_logins_are_no_place_to_look(host: str) -> None:
    assert forbidden_url(f"https://{host}/afspraak")


@pytest.mark.parametrize("host", ["www.testel.nl", "afspraken.x.test", "www.accum.nl"])
def test_a_name_that_only_looks_like_one_is(host: str) -> None:
    assert not forbidden_url(f"https://{host}/afspraak")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/afspraak?datum=3", "3"),
        ("https://www.x.test/afspraak?datum=3", "09:30"),
        ("https://www.x.test/afspraak?maand=10", ">"),
        ("https://www.x.test/afspraak?maand=10", "oktober 2026"),
        ("https://www.x.test/agenda", "»"),
    ],
)
def test_days_times_and_arrows_turn_pages(url: str, text: str) -> None:
    assert turns_pages(url, text)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.x.test/afspraak-maken", ">"),
        ("https://www.x.test/afspraak", "Maak voor 1 mei een afspraak"),
        ("https://www.x.test/afspraak", ""),
        ("https://www.x.test/product/12", "Paspoort 2026"),
    ],
)
def test_a_link_that_names_something_does_not(url: str, text: str) -> None:
    assert not turns_pages(url, text)


def test_of_equal_products_the_one_that_everybody_has_comes_first() -> None:
    passport, other = (link_score("https://p.x.test/", f"Afspraak maken {product}") for product in ("paspoort", "standplaats"))
    assert passport.appointment > other.appointment


@pytest.mark.parametrize("text", ["Inwoners", "Alle onderwerpen", "Ynwenners", "Residents", "Nederlands"])
def test_a_part_of_the_site_is_a_way_on_when_nothing_better_is(text: str) -> None:
    assert WEAK <= min(portal_score(text)) < STRONG


def pointing(sentence: str, heading: str = "", text: str = "hier") -> Link:
    return Link("https://planner.test/r/5", text, around=Words(sentence, heading))


@pytest.mark.parametrize("text", ["Afsprakenplanner", "onze afspraakmodule", "Online afsprakenkalender", "naar het afspraaksysteem"])
def test_what_an_appointment_is_made_with_names_it(text: str) -> None:
    assert link_score("https://planner.test/r", text).appointment >= STRONG


def test_a_link_that_only_points_takes_the_promise_of_its_sentence_else_of_its_heading_at_a_lower_weight() -> None:
    own = link_score("https://planner.test/r/5", "Maak hier een afspraak").appointment
    by_sentence = score_of(pointing("Maak hier een afspraak", "Contact"))
    by_heading = score_of(pointing("Neem een foto mee hier", "Afspraak maken"))
    assert own > by_sentence.appointment > by_heading.appointment >= OUTSIDE_SCORE
    assert by_sentence.contact == 0
    assert score_of(pointing("Neem een foto mee hier")).best == 0


@pytest.mark.parametrize(
    "sentence", ["U hebt een afspraak nodig klik hier", "Stuur hier een bericht aan de gemeente", "Hjir kinne jo in ôfspraak meitsje"]
)
def test_a_sentence_about_a_form_is_enough_to_go_to_another_host(sentence: str) -> None:
    assert score_of(pointing(sentence)).best >= OUTSIDE_SCORE


@pytest.mark.parametrize("sentence", ["Wilt u uw afspraak wijzigen klik hier", "Lees hier de prestatieafspraken"])
def test_a_sentence_against_it_counts_too(sentence: str) -> None:
    assert score_of(pointing(sentence, "Afspraak maken")).appointment < 0


def test_words_around_a_link_are_no_reason_to_log_in() -> None:
    assert score_of(pointing("Log hier in met DigiD voor een afspraak", "Afspraak maken")).best == 0


def test_letters_stand_for_what_begins_with_them() -> None:
    assert letter_score("A").appointment > letter_score("P").appointment >= WEAK
    assert letter_score("C").contact > letter_score("V").contact > letter_score("S").contact >= WEAK
    assert letter_score("Q").best == 0


def test_a_lost_session_is_told_from_other_errors() -> None:
    assert all(
        map(
            lost_session, ("geen sessie gevonden", "sessie is verlopen", "session has expired", "sesje is ferrûn", "Sitzung ist abgelaufen")
        )
    )
    assert not any(map(lost_session, ("pagina niet gevonden", "in onderhoud", "")))
