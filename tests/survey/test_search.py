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
