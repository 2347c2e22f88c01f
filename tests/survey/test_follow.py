"""What a link is worth beside the page that it stands on."""

from __future__ import annotations

from gemcrawl.survey.explore import Limits
from gemcrawl.survey.follow import FEW
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

WWW = "https://www.x.test"


async def order_of(web: Web, *paths: str) -> list[str]:
    await web.survey(Limits(searched=0))
    return [path for url in web.asked if (path := url.removeprefix(WWW + "/")) in paths]


async def test_a_page_about_appointments_raises_its_links() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken"), link("/rijbewijs", "Rijbewijs")),
            f"{WWW}/afspraak": page("Afspraak maken", link("/balie", "Paspoort")),
            f"{WWW}/balie": page("Paspoort", APPOINTMENT_FORM),
        }
    )
    assert (await order_of(web, "afspraak", "balie", "rijbewijs"))[:2] == ["afspraak", "balie"]


async def test_a_page_about_something_against_it_lowers_them() -> None:
    for heading, followed in (("Paspoort", True), ("Prestatieafspraken", False)):
        web = Web(
            {
                HOME: page("Gemeente", link("/a", "Paspoort")),
                f"{WWW}/a": page(heading, link("/b", "Rijbewijs")),
                f"{WWW}/b": page("Rijbewijs"),
            }
        )
        assert ("b" in await order_of(web, "b")) is followed


async def test_a_link_that_only_says_go_on_leads_to_what_its_page_is_about() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/contact", "Contact")),
            f"{WWW}/contact": page("Contact", link("/x", "Klik hier"), link("/y", "Zwembad")),
            f"{WWW}/x": page("Vraag", CONTACT_FORM),
        }
    )
    assert await order_of(web, "x", "y") == ["x"]


async def test_of_a_choice_every_way_is_tried_and_of_a_menu_none() -> None:
    few = [link(f"/{'a' * n}", "b" * n) for n in range(2, FEW)]
    web = Web({HOME: page("Gemeente", *few)})
    await web.survey(Limits(pages=20, searched=0))
    assert sum(url.startswith(f"{WWW}/a") for url in web.asked) == len(few)
    many = [link(f"/{'a' * n}", "b" * n) for n in range(2, 3 * FEW)]
    web = Web({HOME: page("Gemeente", *many)})
    await web.survey(Limits(pages=20, searched=0))
    assert not any(url.startswith(f"{WWW}/a") for url in web.asked)


async def test_a_button_in_the_middle_of_a_page_is_followed_to_another_host_only_where_the_page_promises_a_form() -> None:
    planner = "https://planner.test/"
    for text, followed in (("Afspraak maken", True), ("Zwembad", False)):
        web = Web(
            {
                HOME: page("Gemeente", link("/a", text)),
                f"{WWW}/a": page(text, link(planner, "Naar het systeem")),
                planner: page("Afspraak maken", APPOINTMENT_FORM),
            }
        )
        await web.survey()
        assert (planner in web.asked) is followed


async def test_what_is_asked_for_once_both_kinds_are_found_is_little() -> None:
    web = Web(
        {
            HOME: page(
                "Gemeente",
                link("/afspraak", "Afspraak maken"),
                link("/contact", "Contact"),
                *(link(f"/paspoort-{w}", f"Paspoort {w}") for w in "abcdefgh"),
            ),
            f"{WWW}/afspraak": page("Afspraak maken", APPOINTMENT_FORM),
            f"{WWW}/contact": page("Contact", CONTACT_FORM, *(link(f"/product-{w}", f"Rijbewijs {w}") for w in "abcdefgh")),
        }
    )
    await web.survey()
    assert web.asked[:4] == [f"{WWW}/robots.txt", HOME, f"{WWW}/afspraak", f"{WWW}/contact"]
    # what is left is where http leads, which judges the way and finds no form
    assert all(url.startswith("http:") for url in web.asked[4:])


async def test_the_site_s_own_language_comes_before_a_translation() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/en/appointment", "Make an appointment"), link("/afspraak", "Afspraak maken")),
            f"{WWW}/en/appointment": page("Make an appointment", APPOINTMENT_FORM),
            f"{WWW}/afspraak": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    assert (await order_of(web, "afspraak", "en/appointment"))[0] == "afspraak"
