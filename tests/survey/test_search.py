"""Reading on where nothing promises a form: a site may call it anything."""

from __future__ import annotations

from gemcrawl.survey.explore import Limits
from gemcrawl.survey.frontier import PER_FOLDER
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

WWW = "https://www.x.test"
CONTACT = page("Contact", CONTACT_FORM)


def site(*links: str, **pages: str) -> Web:
    return Web(
        {HOME: page("Gemeente", link("/contact", "Contact"), *links), f"{WWW}/contact": CONTACT}
        | {f"{WWW}/{n}": p for n, p in pages.items()}
    )


async def test_a_form_behind_a_link_that_promises_nothing_is_found_while_its_kind_is_missing() -> None:
    web = site(link("/m", "Mosterd"), m=page("Mosterd", link("/n", "Peper")), n=page("Maak een afspraak", APPOINTMENT_FORM))
    found = await web.survey()
    assert [form.page_url for form in found.forms if form.kind == "appointment"] == [f"{WWW}/n"]
    assert found.municipality.outcome == "surveyed"


async def test_nothing_is_searched_once_both_kinds_are_found() -> None:
    web = site(link("/afspraak", "Afspraak maken"), link("/m", "Mosterd"), afspraak=page("Maak een afspraak", APPOINTMENT_FORM))
    await web.survey()
    assert f"{WWW}/m" not in web.asked


async def test_what_promises_something_comes_first_and_what_is_dull_last() -> None:
    web = site(link("/nieuws", "Nieuws"), link("/m", "Mosterd"), link("/burgerzaken", "Burgerzaken"))
    await web.survey()
    order = [url.removeprefix(f"{WWW}/") for url in web.asked]
    assert order.index("burgerzaken") < order.index("m") < order.index("nieuws")


async def test_the_search_ends_after_so_many_pages_and_the_site_counts_as_surveyed() -> None:
    web = site(*(link(f"/{'a' * n}", "b" * n) for n in range(2, 40)))
    found = await web.survey(Limits(searched=5))
    assert sum(url.startswith(f"{WWW}/a") for url in web.asked) == 5
    assert found.municipality.outcome == "surveyed"
    assert found.unread == []


async def test_a_folder_of_its_like_does_not_take_the_whole_search() -> None:
    web = site(*(link(f"/verslag/{'a' * n}", "b" * n) for n in range(2, 40)), link("/m", "Mosterd"))
    await web.survey()
    assert sum(url.startswith(f"{WWW}/verslag/") for url in web.asked) == PER_FOLDER
    assert f"{WWW}/m" in web.asked


async def test_links_that_do_something_and_other_hosts_are_no_part_of_a_search() -> None:
    web = site(link("/uitloggen", "Uitloggen"), link("https://www.y.test/", "Mosterd"), link("/folder.pdf", "Folder"))
    await web.survey()
    assert not {f"{WWW}/uitloggen", "https://www.y.test/", f"{WWW}/folder.pdf"} & set(web.asked)


MENU = "<nav>" + " ".join(link(f"/thema-{a}/zo-is-het-{b}", f"Zo is het {a}{b}") for a in "abcdefgh" for b in "abcdefgh") + "</nav>"
SERVICE = f"<nav>{link('/zeg', 'Zeg het ons')} {link('/nieuws', 'Nieuws')}</nav>"


async def test_a_short_name_on_the_home_page_comes_before_the_products_of_a_big_menu() -> None:
    web = Web({HOME: page("Gemeente", MENU, SERVICE), f"{WWW}/zeg": page("Zeg het ons", CONTACT_FORM)})
    found = await web.survey(Limits(searched=1))
    assert [form.page_url for form in found.forms] == [f"{WWW}/zeg"]


async def test_a_folder_of_products_is_no_such_name() -> None:
    web = Web({HOME: page("Gemeente", link("/thema-a", "Thema a"), MENU, SERVICE), f"{WWW}/zeg": page("Zeg het ons", CONTACT_FORM)})
    await web.survey(Limits(searched=1))
    assert f"{WWW}/thema-a" not in web.asked


async def test_a_name_that_the_search_did_not_come_to_leaves_what_was_not_found_unread() -> None:
    names = " ".join(link(f"/{'a' * n}", "b" * n) for n in range(2, 8))
    for pages, read in ((40, False), (7, True)):
        web = site(MENU, f"<nav>{names}</nav>")
        found = await web.survey(Limits(searched=4 if pages == 40 else 20, pages=pages))
        assert (found.municipality.outcome, found.municipality.reason) == ("partial", "budget"), read
        assert found.unread == ["appointment"]
    found = await site(MENU, f"<nav>{names}</nav>").survey()
    assert (found.municipality.outcome, found.unread) == ("surveyed", [])


async def test_where_all_pages_are_below_the_root_a_short_name_says_nothing() -> None:
    web = site(*(link(f"/{'a' * n}", "b" * n) for n in range(2, 40)))
    found = await web.survey(Limits(searched=5))
    assert (found.municipality.outcome, found.unread) == ("surveyed", [])


async def test_the_letters_that_matter_are_read_before_the_others() -> None:
    letters = " ".join(link(f"/producten/{letter}", letter.upper()) for letter in "abcdefghijklmnopqrstuvwxyz")
    product = page("Vraag stellen aan de gemeente", CONTACT_FORM)
    web = Web(
        {HOME: page("Gemeente", letters)}
        | {
            f"{WWW}/producten/{letter}": page(f"Letter {letter}", link(f"/product/{letter}", "Iets"))
            for letter in "abcdefghijklmnopqrstuwxyz"
        }
        | {f"{WWW}/producten/v": page("Letter v", link("/product/vraag", "Vraag stellen")), f"{WWW}/product/vraag": product}
    )
    assert [form.page_url for form in (await web.survey(Limits(searched=0))).forms] == [f"{WWW}/product/vraag"]


async def test_another_language_is_tried_when_a_kind_does_not_turn_up() -> None:
    web = Web(
        {
            HOME: page("Gemeente", MENU, link("/en", "English")),
            f"{WWW}/en": page("Welcome", "<p>For newcomers.</p>", link("/en/waste", "Waste"), link("/en/touch", "Get in touch")),
            f"{WWW}/en/touch": page("Get in touch", CONTACT_FORM),
        }
    )
    assert [form.page_url for form in (await web.survey()).forms] == [f"{WWW}/en/touch"]
