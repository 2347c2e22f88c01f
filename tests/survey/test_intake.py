"""Taking in a page: what it says again, what frames it, where its flow begins."""

from __future__ import annotations

import pytest

from gemcrawl.fetch.rendered import Allowed, Render, Rendered, RenderedDocument
from gemcrawl.survey.explore import Limits
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

WWW = "https://www.x.test"
CONTACT = page("Contactformulier", CONTACT_FORM)


def as_fetched(pages: dict[str, str]) -> Render:
    """A browser that shows these pages."""

    async def render(url: str, *, group: str, allowed: Allowed, deadline: float) -> Rendered:
        return Rendered(url=url, documents=(RenderedDocument(url, pages[url]),))

    return render


async def test_a_page_that_says_what_another_said_adds_no_form_but_counts() -> None:
    web = Web(
        {
            HOME: page(
                "Gemeente", link("/contactformulier", "Contactformulier"), link("/nl/contactformulier", "Contact opnemen: formulier")
            ),
            f"{WWW}/contactformulier": CONTACT,
            f"{WWW}/nl/contactformulier": CONTACT,
        }
    )
    (form,) = (await web.survey()).forms
    assert (form.page_url, form.seen_on) == (f"{WWW}/contactformulier", 2)


async def test_a_site_that_answers_everything_with_one_page_has_none_of_its_pages() -> None:
    front = page(
        "Gemeente",
        *(link(f"/{path}", text) for path, text in (("a", "Afspraak maken"), ("b", "Maak een afspraak"), ("c", "Contactformulier"))),
    )
    web = Web({HOME: front, **{f"{WWW}/{path}": front for path in ("a", "b", "c", "robots.txt", "sitemap.xml")}})
    found = await web.survey()
    assert found.forms == []
    assert found.municipality.outcome == "surveyed"


@pytest.mark.parametrize(
    ("says", "asked"),
    [("Er is geen sessie gevonden", True), ("Uw sessie is verlopen", True), ("Pagina niet gevonden", False)],
)
async def test_a_flow_entered_in_its_middle_is_begun_one_step_up(says: str, asked: bool) -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/formulier/afspraak/stap-3", "Afspraak maken")),
            f"{WWW}/formulier/afspraak/stap-3": page(says),
            f"{WWW}/formulier/afspraak": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    found = await web.survey()
    assert (f"{WWW}/formulier/afspraak" in web.asked) is asked
    assert [form.kind for form in found.forms] == (["appointment"] if asked else [])


async def test_a_flow_is_begun_anew_where_its_page_says_so_and_only_once_per_host() -> None:
    planner = "https://planner.test"
    over = page("Sessie verlopen", "<p>Er is geen sessie gevonden.</p>", link("/start", "Begin opnieuw"))
    for start, forms in ((page("Afspraak maken", APPOINTMENT_FORM), ["appointment"]), (over.replace("/start", "/begin"), [])):
        web = Web(
            {
                HOME: page("Gemeente", link(f"{planner}/stap/2", "Afspraak maken")),
                f"{planner}/stap/2": over,
                f"{planner}/start": start,
            }
        )
        assert [form.kind for form in (await web.survey()).forms] == forms
        assert f"{planner}/start" in web.asked
        assert f"{planner}/begin" not in web.asked
        assert f"{planner}/stap" not in web.asked


@pytest.mark.parametrize(("length", "truncated", "unread"), [(1_900_000, False, []), (2_100_000, True, ["appointment"])])
async def test_a_promising_page_that_was_cut_before_its_form_leaves_the_kind_unread(
    length: int, *, truncated: bool, unread: list[str]
) -> None:
    long = page("Afspraak maken", "<p>" + "x" * length + "</p>")
    web = Web({HOME: page("Gemeente", link("/afspraak", "Afspraak maken")), f"{WWW}/afspraak": long})
    found = await web.survey()
    assert [row.truncated for row in found.pages if row.url == f"{WWW}/afspraak"] == [truncated]
    assert found.unread == unread


MENU = " ".join(
    link(f"/{name}", f"Over {name}") for name in ("water", "wegen", "bomen", "parken", "honden", "licht", "bruggen", "riool", "markt")
)
SCRIPT = "<script>document.querySelector('#b').onclick = function () { location = plek }</script>"


@pytest.mark.parametrize(
    "way",
    [
        '<a href="#" id="b">Afspraak maken</a>',
        '<a href="javascript:open_planner()">Afspraak maken</a>',
        '<a role="button" id="b">Afspraak maken</a>',
        '<button type="button" id="b">Afspraak maken</button>',
        '<button id="b" aria-haspopup="dialog">Afspraak maken</button>',
        '<input type="button" id="b" value="Afspraak maken">',
    ],
)
async def test_what_names_a_form_and_only_a_script_can_follow_leaves_its_kind_unread(way: str) -> None:
    found = await Web({HOME: page("Gemeente", MENU, way, SCRIPT)}).survey()
    assert (found.municipality.outcome, found.unread) == ("surveyed", ["appointment"])


async def test_that_is_no_matter_where_such_a_form_was_found() -> None:
    way = '<button type="button" id="b">Afspraak maken</button>'
    web = Web(
        {
            HOME: page("Gemeente", MENU, way, SCRIPT, link("/afspraak", "Afspraak")),
            f"{WWW}/afspraak": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    assert (await web.survey()).unread == []


@pytest.mark.parametrize("text", ["Menu", "Sluiten", "Mijn afspraak wijzigen"])
async def test_a_button_that_names_no_form_to_look_for_says_nothing(text: str) -> None:
    assert (await Web({HOME: page("Gemeente", MENU, f'<button type="button" id="b">{text}</button>', SCRIPT)}).survey()).unread == []


async def test_the_frames_of_a_frameset_are_pages_whose_links_count() -> None:
    web = Web(
        {
            HOME: '<frameset><frame src="/menu"><frame src="https://elders.test/banner"></frameset>',
            f"{WWW}/menu": page("Menu", link("/contact", "Contactformulier")),
            f"{WWW}/contact": CONTACT,
        }
    )
    found = await web.survey()
    assert [form.kind for form in found.forms] == ["contact"]
    assert "https://elders.test/banner" not in web.asked


async def test_a_form_on_the_home_page_does_not_keep_the_contact_page_from_being_read() -> None:
    question = CONTACT_FORM.replace("/verzend", "/snel").replace("Naam", "Uw naam")
    web = Web({HOME: page("Gemeente", question, link("/contact", "Contact")), f"{WWW}/contact": CONTACT})
    found = await web.survey()
    assert {form.page_url for form in found.forms if form.kind == "contact"} == {HOME, f"{WWW}/contact"}


PLANNER = "https://afspraken.leverancier.test/maken"
FRAME = f'<iframe src="{PLANNER}"></iframe>'
PLANNED = page("Afspraak maken", APPOINTMENT_FORM)


async def test_a_frame_that_promises_a_form_and_cannot_be_read_leaves_the_kind_unread() -> None:
    web = Web({HOME: page("Gemeente", MENU, FRAME), PLANNER: "timeout"})
    assert (await web.survey()).unread == ["appointment"]


async def test_a_frame_that_the_budget_does_not_allow_leaves_the_kind_unread() -> None:
    web = Web(
        {HOME: page("Gemeente", link("/afspraak", "Afspraak maken")), f"{WWW}/afspraak": page("Afspraak maken", FRAME), PLANNER: PLANNED}
    )
    found = await web.survey(Limits(pages=2))
    assert PLANNER not in web.asked
    assert found.unread == ["appointment"]


async def test_a_frame_too_deep_in_others_leaves_the_kind_unread() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
            f"{WWW}/afspraak": page("Afspraak maken", '<iframe src="/lijst/a"></iframe>'),
        }
    )
    for here, inside in (("a", "/lijst/b"), ("b", "/lijst/c"), ("c", PLANNER)):
        web.answers[f"{WWW}/lijst/{here}"] = page("Afspraak maken", f'<iframe src="{inside}"></iframe>')
    found = await web.survey()
    assert PLANNER not in web.asked
    assert found.unread == ["appointment"]


async def test_of_many_frames_those_that_promise_most_are_read() -> None:
    others = "".join(f'<iframe src="/blok/{name}"></iframe>' for name in "abcde")
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
            f"{WWW}/afspraak": page("Afspraak maken", others, FRAME),
            PLANNER: PLANNED,
        }
    )
    assert [form.page_url for form in (await web.survey()).forms] == [PLANNER]


@pytest.mark.parametrize(
    ("src", "unread"),
    [
        ("https://docs.google.com/forms/d/e/1/viewform", ["contact"]),
        ("https://digid.x.test/contactformulier", ["contact"]),
        ("https://www.google.com/maps/embed?pb=1", []),
        ("https://www.youtube.com/embed/1", []),
    ],
)
async def test_a_frame_that_may_not_be_read_leaves_the_kind_unread_where_it_is_a_form(src: str, unread: list[str]) -> None:
    web = Web({HOME: page("Gemeente", link("/contact", "Contact")), f"{WWW}/contact": page("Contact", f'<iframe src="{src}"></iframe>')})
    found = await web.survey()
    assert src not in web.asked
    assert found.unread == unread


@pytest.mark.parametrize(("text", "unread"), [("Op afspraak", ["appointment"]), ("Rijbewijs", [])])
async def test_a_page_of_the_site_that_stays_an_empty_shell_leaves_unread_what_its_link_promises(text: str, unread: list[str]) -> None:
    shell = '<!doctype html><html><head><title>Loket</title></head><body><div id="app"></div><script src="/a.js"></script></body></html>'
    web = Web({HOME: page("Gemeente", MENU, link("/app/", text)), f"{WWW}/app/": shell})
    found = await web.survey()
    assert [row.render_cause for row in found.pages if row.url == f"{WWW}/app/"] == ["app_shell"]
    assert found.unread == unread


MODULE = "https://planner.test/m"
HELD = f"<p>Accepteer cookies om de module te zien.</p><iframe src=about:blank data-src='{MODULE}'></iframe>"


async def test_a_frame_that_waits_for_consent_is_read_as_one_that_does_not() -> None:
    url = f"{WWW}/afspraak"
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
            url: page("Afspraak maken", HELD),
            MODULE: page("Afspraak", APPOINTMENT_FORM),
        }
    )
    (form,) = (await web.survey()).forms
    assert (form.kind, form.page_url, form.frame_urls) == ("appointment", MODULE, [url])


async def test_a_frame_of_which_nothing_says_what_it_shows_leaves_the_kind_unread() -> None:
    url, script = f"{WWW}/afspraak", "<script src=/c.js></script>"
    home = page("Gemeente", link("/afspraak", "Afspraak maken"))
    blank = page("Afspraak maken", "<p>" + "U kunt hier terecht. " * 40 + "</p><iframe src=about:blank data-module=12></iframe>" + script)
    assert (await Web({HOME: home, url: blank}).survey(render=as_fetched({url: blank}))).unread == ["appointment"]
    hidden = blank.replace("<iframe", "<iframe hidden")
    assert (await Web({HOME: home, url: hidden}).survey(render=as_fetched({url: hidden}))).unread == []
    filled = page("Afspraak maken", APPOINTMENT_FORM)
    assert (await Web({HOME: home, url: blank}).survey(render=as_fetched({url: filled}))).unread == []


async def test_a_frame_that_waits_in_a_page_as_rendered_is_read_and_no_other() -> None:
    url = f"{WWW}/afspraak"
    shell = "<title>Afspraak</title><div id=app></div><script src=/app.js></script>"
    web = Web({HOME: page("Gemeente", link("/afspraak", "Afspraak maken")), url: shell, MODULE: page("Afspraak", APPOINTMENT_FORM)})
    shown = page("Afspraak maken", HELD, "<iframe src=https://elders.test/x></iframe>")
    (form,) = (await web.survey(render=as_fetched({url: shown}))).forms
    assert (form.page_url, form.frame_urls) == (MODULE, [url])
    assert "https://elders.test/x" not in web.asked


async def test_a_form_that_is_written_in_a_frame_is_the_pages_own() -> None:
    url, inner = f"{WWW}/afspraak", APPOINTMENT_FORM.replace("<form", "<form action=http://www.x.test/b").replace('"', "&quot;")
    answers = {
        HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
        url: page("Afspraak maken", f'<iframe srcdoc="{inner}"></iframe>'),
    }
    found = await Web(answers).survey()
    (form,) = found.forms
    assert (form.kind, form.page_url, form.submit_urls) == ("appointment", url, ["http://www.x.test/b"])
