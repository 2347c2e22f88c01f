"""Walls of cookies: which pages are one, and which of their links may be taken."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page
from gemcrawl.survey.walls import MOST_LINKS, is_wall, way_on
from tests.survey.web import CONTACT_FORM, HOME, link, page

WWW = "https://www.x.test"


@pytest.mark.parametrize(
    ("body", "at", "wall"),
    [
        (page("Cookies", link("/verder", "Verder")), HOME, True),
        ("<h1>Wij gebruiken cookies</h1>", HOME, True),
        ("<h1>Even kiezen</h1>", f"{WWW}/cookies?terug=/", True),
        ("<h1>Even kiezen</h1>", f"{WWW}/keuze", False),
        # a banner on an ordinary page
        ("<title>Gemeente</title><h2>Cookies</h2><h1>Welkom</h1>", HOME, False),
        (page("Contactformulier", CONTACT_FORM), f"{WWW}/cookies", False),
        (page("Cookies", *(link(f"/{n}", f"Onderwerp {n}") for n in range(MOST_LINKS + 1))), HOME, False),
    ],
)
def test_a_wall_is_about_cookies_and_has_no_menu_and_no_form(body: str, at: str, wall: bool) -> None:
    assert is_wall(read_page(body.encode(), at), HOME) is wall


def test_a_page_about_cookies_that_was_asked_for_is_no_wall() -> None:
    at = f"{WWW}/over/cookiebeleid"
    assert not is_wall(read_page(page("Cookies").encode(), at), f"{WWW}/cookiebeleid")


@pytest.mark.parametrize(
    ("texts", "taken"),
    [
        (("Ga door naar de website", "Alleen noodzakelijke cookies"), 1),
        (("Alle cookies accepteren", "Cookies weigeren"), 1),
        (("Meer over cookies", "Naar de website"), 1),
        (("Privacyverklaring", "Verder"), 1),
        (("Ga door met alle cookies", "Ja, ga verder", "Akkoord en doorgaan"), None),
    ],
)
def test_the_way_on_refuses_or_else_only_goes_on(texts: tuple[str, ...], taken: int | None) -> None:
    reading = read_page(page("Cookies", *(link(f"/{n}", text) for n, text in enumerate(texts))).encode(), f"{WWW}/cookies")
    assert way_on(reading) == (None if taken is None else f"{WWW}/{taken}")


def test_the_way_on_stays_on_the_site_and_leads_elsewhere_on_it() -> None:
    body = page("Cookies", link("https://elders.test/", "Ga door"), link("/cookies", "Ga door"))
    assert way_on(read_page(body.encode(), f"{WWW}/cookies")) is None
