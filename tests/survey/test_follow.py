"""What a link is worth beside the page that it stands on."""

from __future__ import annotations

from gemcrawl.survey.explore import Limits
from gemcrawl.survey.follow import CHOSEN, FEW, VAGUE, VAGUE_PER_HOST
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


async def test_a_page_of_a_product_hands_on_to_another_host_however_deep_it_is() -> None:
    planner = "https://planner.test/r/1"
    for text in ("Start aanvraag", "Start", "Regel het direct", "Naar het formulier"):
        web = Web(
            {
                HOME: page("Gemeente", link("/inwoners", "Inwoners")),
                f"{WWW}/inwoners": page("Inwoners", link("/burgerzaken", "Burgerzaken")),
                f"{WWW}/burgerzaken": page("Burgerzaken", link("/reis", "Reisdocumenten")),
                f"{WWW}/reis": page("Reisdocumenten", link("/paspoort", "Paspoort")),
                f"{WWW}/paspoort": page("Paspoort", link(planner, text)),
                planner: page("Afspraak maken", APPOINTMENT_FORM),
            }
        )
        found = await web.survey(Limits(searched=0))
        assert [form.page_url for form in found.forms] == [planner]


async def test_a_page_of_another_subject_hands_on_nothing() -> None:
    web = Web({HOME: page("Gemeente", link("/loket", "Loket")), f"{WWW}/loket": page("Zwembad", link("https://planner.test/", "Start"))})
    await web.survey()
    assert "https://planner.test/" not in web.asked


async def test_of_vague_links_to_other_hosts_few_are_followed_and_none_that_is_missing_counts_as_unread() -> None:
    hosts = [f"https://{name}.test" for name in "abcdefgh"]
    ways = [link(f"{host}/{n * 'q'}", f"Mosterd {n * 'q'}") for host in hosts for n in (1, 2, 3)]
    web = Web({HOME: page("Gemeente", link("/balie", "Naar de balie")), f"{WWW}/balie": page("Naar de balie", *ways)})
    found = await web.survey()
    asked = [url for url in web.asked if url.startswith(tuple(hosts)) and not url.endswith("robots.txt")]
    assert len(asked) == VAGUE
    assert all(sum(url.startswith(host) for url in asked) <= VAGUE_PER_HOST for host in hosts)
    assert found.unread == []


async def test_a_link_that_only_points_goes_where_its_sentence_says() -> None:
    planner = "https://planner.test/r/5"
    for sentence, followed in (
        (f"Voor een afspraak: {link(planner, 'lees meer')}.", True),
        (f"Over de folder: {link(planner, 'lees meer')}.", False),
    ):
        web = Web(
            {
                HOME: page("Gemeente", link("/rijbewijzen", "Rijbewijs")),
                f"{WWW}/rijbewijzen": page("Zwembad", f"<p>{sentence}</p>"),
                planner: page("Afspraak maken", APPOINTMENT_FORM),
            }
        )
        await web.survey()
        assert (planner in web.asked) is followed


START = "https://planner.test/start"


def at_a_supplier(start: str, **pages: str) -> Web:
    return Web(
        {HOME: page("Gemeente", link(START, "Afspraak maken")), START: start} | {f"https://planner.test/{n}": p for n, p in pages.items()}
    )


async def test_a_list_of_products_at_a_supplier_is_a_way_on() -> None:
    products = [
        link(f"/tijd-{w}", text)
        for w, text in zip("abcdefg", ["Bouwen", "Trouwen", "Grafrechten", "Afval", "Paspoort", "Parkeren", "Zwemmen"], strict=True)
    ]
    web = at_a_supplier(page("Afspraak maken", *products), **{"tijd-e": page("Kies een tijd", APPOINTMENT_FORM)})
    found = await web.survey()
    assert [form.page_url for form in found.forms] == ["https://planner.test/tijd-e"]
    # the product that every municipality has is the first; after it was found no other one is asked for
    assert sum("/tijd-" in url for url in web.asked if url.startswith("https:")) == 1


async def test_a_place_and_then_a_product_are_chosen_at_a_supplier() -> None:
    web = at_a_supplier(
        page("Waarvoor komt u langs?", link("/hal", "Gemeentehuis")),
        hal=page("Waarvoor komt u?", link("/pas", "Paspoort")),
        pas=page("Kies een tijd", APPOINTMENT_FORM),
    )
    assert [form.page_url for form in (await web.survey()).forms] == ["https://planner.test/pas"]


async def test_of_such_a_list_only_a_few_are_tried_and_none_elsewhere() -> None:
    products = [link(f"/tijd-{w}", w * 5) for w in "abcdefg"]
    web = at_a_supplier(page("Afspraak maken", *products, link("https://elders.test/", "Paspoort"), link("/nieuws", "Nieuws")))
    await web.survey()
    assert sum(url.startswith("https://planner.test/tijd-") for url in web.asked) == CHOSEN
    assert not {"https://elders.test/", "https://planner.test/nieuws"} & set(web.asked)


async def test_a_page_at_a_supplier_that_is_not_about_appointments_is_a_dead_end() -> None:
    web = at_a_supplier(page("Zwembad", link("/tijd", "Bouwen")), tijd=page("Kies een tijd", APPOINTMENT_FORM))
    await web.survey()
    assert "https://planner.test/tijd" not in web.asked


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
