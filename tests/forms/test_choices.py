"""Choices of a form: times and days as people write them, and what only looks like one."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from gemcrawl.forms.choices import Offer, offer_of
from gemcrawl.forms.document import collect


def offer(inside: str) -> Offer:
    tree = LexborHTMLParser(f"<form>{inside}</form>")
    assert tree.root is not None
    document = collect(tree.root)
    (form,) = document.forms
    return offer_of(
        form.controls, document.labels, form.buttons, [b.get("value") or "" for b in form.submitters], grid="role=grid" in inside
    )


def options(*texts: str) -> str:
    return "<select name=a>" + "".join(f"<option>{text}" for text in texts) + "</select>"


@pytest.mark.parametrize(
    ("texts", "times", "days"),
    [
        (("09:30", "09.45"), 2, 0),
        (("10.00 uur", "11 oere", "12 Uhr"), 3, 0),
        (("9:30 am", "tussen 13 en 15"), 2, 0),
        (("8 dec 11.00", "9 dec 11.00"), 1, 2),
        (("ma 7 december, 9.20 uur",), 1, 1),
        (("Mo 7. Dezember 10:15 Uhr", "December 8, 10:15"), 1, 2),
        (("moandei 7 desimber 9.30",), 1, 1),
        (("2026-12-03", "10-12-2026"), 0, 2),
        (("€ 12.50", "7.50 euro"), 0, 0),
        (("12.345", "1.50.2"), 0, 0),
        (("1", "2", "3", "jan", "feb", "1980"), 0, 0),
        (("00:00", "08:00", "23:30"), 0, 0),
        (("Artikel 3.12", "versie 2.1"), 0, 0),
    ],
)
def test_times_and_days(texts: tuple[str, ...], times: int, days: int) -> None:
    found = offer(options(*texts))
    assert (found.times, found.days) == (times, days)


def test_slots_are_times_or_several_days() -> None:
    assert offer(options("9.00")).slots
    assert offer(options("8 dec", "9 dec")).slots
    assert not offer(options("8 dec")).slots


def test_radio_buttons_and_buttons_offer_too() -> None:
    assert offer("<label><input type=radio name=r>9.00</label><label><input type=radio name=r>9.10</label>").times == 2
    assert offer("<button name=d value=2026-12-03>3</button><button name=d value=2026-12-04>4</button>").days == 2


def test_a_calendar_is_a_grid_or_a_button_for_each_day() -> None:
    assert offer("<div role=grid><button name=d value=2026-12-03>3</button></div>").calendar
    assert offer("<input type=submit value='7 december'><input type=submit value='8 december'>").calendar
    assert not offer("<div role=grid><button>x</button></div>").calendar
    assert not offer(options("7 december", "8 december")).calendar


def test_parts_of_a_day_places_and_things_of_the_counter() -> None:
    assert offer(options("Ochtend", "Middag")).parts
    assert not offer(options("Middag")).parts
    assert offer(options("Stadskantoor", "Wijkpost Zuid")).places
    assert not offer(options("Paspoort")).places
    assert offer(options("Paspoort", "Rijbewijs", "Overig")).products == 2


@pytest.mark.parametrize(
    ("button", "booking", "enrolling"),
    [
        ("Boek", True, False),
        ("Leg dit moment vast", True, False),
        ("Houd dit plekje vrij", True, False),
        ("Tiid fêstlizze", True, False),
        ("Termin buchen", True, False),
        ("Hold my place", True, False),
        ("Aanmelden", False, True),
        ("Ticket betalen", False, True),
        ("Versturen", False, False),
    ],
)
def test_buttons(button: str, booking: bool, enrolling: bool) -> None:
    found = offer(f"<input name=x><button>{button}</button>")
    assert (found.booking, found.enrolling) == (booking, enrolling)


def test_yes_or_no_and_thumbs() -> None:
    assert offer("<button>Ja</button><button>Nee, niet echt</button>").yes_or_no
    assert offer("<label><input type=radio name=r>Ja</label><label><input type=radio name=r>Nee</label><button>Verstuur</button>").yes_or_no
    assert not offer("<button>Ja</button><button>Misschien</button>").yes_or_no
    assert offer("<button>\N{THUMBS UP SIGN}</button><button>\N{THUMBS DOWN SIGN}</button>").thumbs
    assert not offer("<button>\N{THUMBS UP SIGN}</button>").thumbs
