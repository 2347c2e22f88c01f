"""When a page is rendered and what becomes of it, over sites and browsers held in memory; real browsers are tests/fetch and tests/test_rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from gemcrawl.fetch.rendered import Allowed, BrowserRequest, Rendered, RenderedDocument
from gemcrawl.forms import read_page
from gemcrawl.items import Form, Page, Survey
from gemcrawl.survey.explore import Limits
from gemcrawl.survey.links import NOTHING, Scores
from gemcrawl.survey.rendering import cause_of
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

SHELL = '<!doctype html><title>Afspraak</title><div id="app"></div><script src="/app.js"></script>'
OPEN_FORMS = (
    '<title>Contactformulier</title><div id="openforms-root" data-base-url="https://forms.x.test/api/v2/" data-form-id="contactformulier"></div>'
    '<script src="/static/sdk/open-forms-sdk.js"></script>'
)
JCC = '<title>Afspraak</title><body aurelia-app="main"><script src="https://cdn.jccsoftware.test/jcc-afspraken.js"></script></body>'
PROMISING = Scores(appointment=5.0)


@dataclass
class Browser:
    """Renders from a table: what stands at an address after scripts ran."""

    pages: Mapping[str, Rendered | str]
    asked: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    async def __call__(self, url: str, *, group: str, allowed: Allowed, deadline: float) -> Rendered:
        self.asked.append(url)
        self.groups.append(group)
        found = self.pages[url]
        return Rendered(url=url, documents=(RenderedDocument(url, found),)) if isinstance(found, str) else found


def forms(survey: Survey, kind: str) -> list[Form]:
    return [form for form in survey.forms if form.kind == kind]


def row(survey: Survey, url: str) -> Page:
    return next(p for p in survey.pages if p.url == url)


@pytest.mark.parametrize(
    ("html", "promise", "cause"),
    [
        (SHELL, NOTHING, "app_shell"),
        (JCC, NOTHING, "product"),
        (OPEN_FORMS, NOTHING, "product"),
        ('<title>Formulier</title><div id="openforms-root" data-base-url="/api/" data-form-id="0d2f5453"></div>', PROMISING, "product"),
        ('<title>Formulier</title><div id="openforms-root" data-base-url="/api/" data-form-id="0d2f5453"></div>', NOTHING, None),
        (page("Afspraak maken", APPOINTMENT_FORM, '<div id="app"></div><script src="/app.js"></script>'), PROMISING, None),
        (page("Afspraak maken", "Bel ons, of kom langs op het gemeentehuis.", "<script>1</script>"), PROMISING, None),
    ],
)
def test_only_a_page_that_scripts_fill_gives_cause(html: str, promise: Scores, cause: str | None) -> None:
    assert cause_of(read_page(html.encode(), "https://www.x.test/p"), promise) == cause


async def test_the_form_that_scripts_build_is_found_with_its_fields() -> None:
    web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), "https://www.x.test/afspraak-maken": SHELL})
    browser = Browser({"https://www.x.test/afspraak-maken": page("Afspraak maken", APPOINTMENT_FORM.replace(' method="post"', ""))})
    survey = await web.survey(render=browser)
    (form,) = forms(survey, "appointment")
    assert (form.rendered, form.render_outcome, bool(form.fields)) == (True, "rendered", True)
    assert survey.ways[form.form_id].by_script
    assert not survey.ways[form.form_id].has_form_element
    shell = row(survey, "https://www.x.test/afspraak-maken")
    assert (shell.rendered, shell.render_cause, shell.render_outcome) == (True, "app_shell", "rendered")
    assert survey.municipality.rendered == 1
    assert browser.groups == ["x.test"]


async def test_without_a_browser_the_rows_say_so_and_nothing_is_called_absent() -> None:
    async def no_browser(url: str, *, group: str, allowed: Allowed, deadline: float) -> Rendered:
        return Rendered(url=url, failure="no_browser")

    web = Web(
        {HOME: page("Gemeente", link("https://x.mijnafspraakmaken.test/", "Afspraak maken")), "https://x.mijnafspraakmaken.test/": JCC}
    )
    survey = await web.survey(render=no_browser)
    (form,) = forms(survey, "appointment")
    assert (form.rendered, form.render_outcome, form.personal_data_level) == (False, "no_browser", "inferred")
    assert row(survey, "https://x.mijnafspraakmaken.test/").render_outcome == "no_browser"

    web = Web({HOME: SHELL})
    survey = await web.survey(render=no_browser)
    assert survey.unread == ["appointment", "contact"]


async def test_rendering_switched_off_is_said_as_such() -> None:
    web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), "https://www.x.test/afspraak-maken": SHELL})
    survey = await web.survey()
    assert row(survey, "https://www.x.test/afspraak-maken").render_outcome == "off"
    assert survey.unread == ["appointment"]


async def test_links_that_scripts_write_are_followed() -> None:
    web = Web({HOME: SHELL, "https://www.x.test/contact": page("Contactformulier", CONTACT_FORM)})
    survey = await web.survey(render=Browser({HOME: page("Gemeente", link("/contact", "Contact"))}))
    assert len(forms(survey, "contact")) == 1


async def test_routes_of_one_application_are_rendered_one_by_one_and_fetched_once() -> None:
    home = page("Gemeente", link("#/afspraak-maken", "Afspraak maken"), link("#/contactformulier", "Contactformulier"))
    browser = Browser(
        {
            HOME: home,
            HOME + "#/afspraak-maken": page("Afspraak maken", APPOINTMENT_FORM),
            HOME + "#/contactformulier": page("Contactformulier", CONTACT_FORM),
        }
    )
    web = Web({HOME: SHELL})
    survey = await web.survey(render=browser)
    assert {f.kind for f in survey.forms} == {"appointment", "contact"}
    assert web.asked.count(HOME) == 1


async def test_a_form_in_a_frame_that_a_script_made_is_judged_by_the_way_to_both() -> None:
    frame = "https://formulieren.leverancier.test/afspraak"
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")),
            "https://www.x.test/afspraak-maken": SHELL,
            frame: page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    url = "https://www.x.test/afspraak-maken"
    rendered = Rendered(
        url=url,
        documents=(
            RenderedDocument(url, page("Afspraak")),
            RenderedDocument("https://kaart.test/embed", "<p>kaart</p>", parent=0),
            RenderedDocument(frame, page("Afspraak maken", APPOINTMENT_FORM), parent=0),
            RenderedDocument("about:srcdoc", "<p>tekst</p>", parent=2),
        ),
    )
    survey = await web.survey(render=Browser({url: rendered}))
    (form,) = forms(survey, "appointment")
    assert (form.page_url, form.frame_urls, form.found_via) == (frame, [url], "frame")
    way = survey.ways[form.form_id]
    assert [hop.url for hop in way.page] == [frame]
    assert [hop.url for route in way.frames for hop in route] == [url]
    assert "https://kaart.test/embed" not in web.asked


async def test_what_a_page_tried_to_send_is_counted_and_its_product_is_typed_all_the_same() -> None:
    url = "https://x.mijnafspraakmaken.test/"
    web = Web({HOME: page("Gemeente", link(url, "Afspraak maken")), url: JCC})
    rendered = Rendered(
        url=url,
        documents=(RenderedDocument(url, "<title>Afspraak</title><p>Er ging iets mis</p>"),),
        requests=(
            BrowserRequest(url, "GET", "document", status=200),
            BrowserRequest("https://api.jccsoftware.test/warp/login", "POST", "data", stopped="method"),
        ),
    )
    survey = await web.survey(render=Browser({url: rendered}))
    (form,) = forms(survey, "appointment")
    assert (form.blocked_requests, form.personal_data_level, form.rendered) == (1, "inferred", False)


async def test_data_services_count_where_they_are_the_pages_own_and_not_where_they_count_visitors() -> None:
    url = "https://www.x.test/afspraak-maken"
    web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: SHELL})
    rendered = Rendered(
        url=url,
        documents=(RenderedDocument(url, page("Afspraak maken", APPOINTMENT_FORM.replace(' method="post"', ""))),),
        requests=(
            BrowserRequest("http://api.x.test/producten?x=1", "GET", "data", stopped="failed"),
            BrowserRequest("https://statistiek.test/hit", "GET", "data", status=200),
        ),
    )
    survey = await web.survey(render=Browser({url: rendered}))
    way = survey.ways[forms(survey, "appointment")[0].form_id]
    assert way.api_urls == ("http://api.x.test/producten",)
    assert way.mixed_active == ("http://api.x.test/producten?x=1",)


async def test_where_a_page_went_by_itself_is_fetched_for_its_facts_and_discarded_where_it_may_not_be() -> None:
    url, elsewhere = "https://www.x.test/afspraak-maken", "https://afspraken.leverancier.test/x"
    answers = {HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: SHELL, elsewhere: SHELL}
    browser = Browser({url: Rendered(url=url, documents=(RenderedDocument(elsewhere, page("Afspraak maken", APPOINTMENT_FORM)),))})
    survey = await Web(dict(answers)).survey(render=browser)
    assert [f.page_url for f in forms(survey, "appointment")] == [elsewhere]
    refused = Web({**answers, "https://afspraken.leverancier.test/robots.txt": "User-agent: *\nDisallow: /"})
    survey = await refused.survey(render=browser)
    assert forms(survey, "appointment") == []
    assert row(survey, url).render_outcome == "denied"
    assert survey.unread == ["appointment"]


async def test_a_promising_page_without_its_form_is_rendered_last_and_only_while_the_kind_is_missing() -> None:
    answers = {
        HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken"), link("/contact", "Contact")),
        "https://www.x.test/afspraak-maken": page(
            "Afspraak maken", "<p>" + "U kunt hier terecht. " * 40 + "</p><script src='/w.js'></script>"
        ),
        "https://www.x.test/contact": page("Contactformulier", CONTACT_FORM, "<script>1</script>"),
    }
    browser = Browser({"https://www.x.test/afspraak-maken": page("Afspraak maken", APPOINTMENT_FORM)})
    survey = await Web(answers).survey(render=browser)
    assert row(survey, "https://www.x.test/afspraak-maken").render_cause == "missing_form"
    assert len(forms(survey, "appointment")) == 1
    assert len(browser.asked) == 1


async def test_a_promising_page_without_its_form_that_could_not_be_rendered_leaves_its_kind_untested() -> None:
    url = "https://www.x.test/afspraak-maken"
    text = page("Afspraak maken", "<p>" + "U kunt hier terecht. " * 40 + "</p><script src='/w.js'></script>")
    answers = {HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: text}
    survey = await Web(answers).survey(render=Browser({url: Rendered(url=url, failure="timeout")}))
    assert row(survey, url).render_outcome == "timeout"
    assert survey.unread == ["appointment"]


async def test_a_page_that_was_read_too_soon_is_told_so_and_calls_nothing_absent() -> None:
    url = "https://www.x.test/afspraak-maken"
    answers = {
        HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")),
        url: page("Afspraak maken", "Kies uw product.", "<script>1</script>"),
        "https://www.x.test/balie": page("Contactformulier", CONTACT_FORM),
    }
    seen = (RenderedDocument(url, page("Afspraak maken", link("/balie", "Contactformulier"))),)
    hurried = await Web(dict(answers)).survey(render=Browser({url: Rendered(url=url, documents=seen, cut=True)}))
    assert (row(hurried, url).rendered, row(hurried, url).render_outcome, hurried.unread) == (True, "timeout", ["appointment"])
    assert len(forms(hurried, "contact")) == 1
    calm = await Web(dict(answers)).survey(render=Browser({url: Rendered(url=url, documents=seen)}))
    assert (row(calm, url).render_outcome, calm.unread) == ("rendered", [])


async def test_a_page_of_a_known_product_that_was_not_read_in_time_leaves_its_kind_untested() -> None:
    url = "https://www.x.test/afspraak-maken"
    product = page(
        "Afspraak maken", "Kies hieronder waarvoor u komt, en wanneer. " * 20, '<script src="https://x.timeblockr.test/embed.js"></script>'
    )
    answers = {HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: product}
    survey = await Web(answers).survey(render=Browser({url: Rendered(url=url, failure="timeout")}))
    assert (row(survey, url).render_cause, survey.unread) == ("supplier_script", ["appointment"])


async def test_the_budget_of_a_municipality_ends_rendering_and_says_so() -> None:
    web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), "https://www.x.test/afspraak-maken": SHELL})
    browser = Browser({})
    survey = await web.survey(Limits(rendered=0), render=browser)
    assert browser.asked == []
    assert row(survey, "https://www.x.test/afspraak-maken").render_outcome == "budget"


async def test_a_page_that_stays_an_empty_shell_leaves_its_kind_untested() -> None:
    url = "https://www.x.test/afspraak-maken"
    answers = {HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: SHELL}
    hollow = await Web(dict(answers)).survey(render=Browser({url: SHELL}))
    assert (row(hollow, url).render_outcome, hollow.unread) == ("rendered", ["appointment"])
    filled = page("Afspraak maken", "<p>" + "U kunt ons bellen voor een afspraak, of langskomen. " * 10 + "</p>")
    assert (await Web(dict(answers)).survey(render=Browser({url: filled}))).unread == []


BARE = page("Gemeente", link("/nieuws", "Nieuws"), "<div id=menu></div><script>fetch('/menu.json')</script>")
MENU = page("Gemeente", link("/contact", "Contact"), link("/nieuws", "Nieuws"))


async def test_a_home_page_with_scripts_and_hardly_any_links_is_rendered_before_a_kind_is_called_absent() -> None:
    answers = {HOME: BARE, "https://www.x.test/nieuws": page("Nieuws"), "https://www.x.test/contact": page("Contact", CONTACT_FORM)}
    browser = Browser({HOME: MENU})
    survey = await Web(dict(answers)).survey(render=browser)
    assert [form.page_url for form in forms(survey, "contact")] == ["https://www.x.test/contact"]
    assert (row(survey, HOME).render_cause, row(survey, HOME).render_outcome) == ("missing_form", "rendered")
    assert (survey.unread, browser.asked) == ([], [HOME])
    assert (await Web(dict(answers)).survey()).unread == ["appointment", "contact"]  # rendering is off


async def test_it_is_not_rendered_when_it_has_a_menu_or_no_scripts_or_both_forms_were_found() -> None:
    browser = Browser({})
    many = " ".join(link(f"/onderwerp-{name}", f"Over {name}") for name in "abcdefghi")
    for home in (BARE.replace("<div id=menu></div>", many), BARE.partition("<script>")[0]):
        assert (await Web({HOME: home}).survey(render=browser)).unread == []
    links = link("/contact", "Contact") + link("/afspraak", "Afspraak maken")
    both = {"https://www.x.test/contact": page("Contact", CONTACT_FORM), "https://www.x.test/afspraak": page("Afspraak", APPOINTMENT_FORM)}
    await Web({HOME: BARE.replace("<div id=menu></div>", links), **both}).survey(render=browser)
    assert browser.asked == []


async def test_a_form_that_is_written_in_a_frame_is_the_same_form_in_a_page_as_rendered() -> None:
    url = "https://www.x.test/afspraak-maken"
    inner = APPOINTMENT_FORM.replace("<form", "<form action=http://www.x.test/b")
    home = page("Gemeente", link("/afspraak-maken", "Afspraak maken"))
    fetched = await Web({HOME: home, url: page("Afspraak", f"<iframe srcdoc='{inner}'></iframe>")}).survey()
    documents = (RenderedDocument(url, page("Afspraak", "<iframe srcdoc></iframe>")), RenderedDocument("about:srcdoc", inner, parent=0))
    shown = await Web({HOME: home, url: SHELL}).survey(render=Browser({url: Rendered(url=url, documents=documents)}))
    assert [(form.form_id, form.page_url, form.frame_urls) for form in shown.forms] == [(f.form_id, url, []) for f in fetched.forms] != []


TEXT = "<p>" + "U kunt hier terecht. " * 40 + "</p>"
FAILED = BrowserRequest("https://www.x.test/api/config", "GET", "data", status=500)


@pytest.mark.parametrize(
    ("shown", "request_", "unread"),
    [
        (TEXT, None, []),
        (TEXT + "<div id=app><p>De module wordt geladen.</p></div>", None, ["appointment"]),
        (TEXT + "<div id=app><p>Er is iets misgegaan.</p></div>", None, ["appointment"]),
        (TEXT + "<x-planner></x-planner>", None, ["appointment"]),
        (TEXT, FAILED, ["appointment"]),
        (TEXT, BrowserRequest("https://api.x.test/c", "GET", "data", stopped="failed"), ["appointment"]),
        (TEXT, BrowserRequest("https://www.x.test/api/c", "GET", "data", status=404), []),
        (TEXT, BrowserRequest("https://statistiek.test/c", "GET", "data", status=500), []),
        (TEXT + APPOINTMENT_FORM + "<p>Laden...</p>", FAILED, []),
    ],
)
async def test_a_page_that_did_not_get_to_show_what_it_should_leaves_its_kind_untested(
    shown: str, request_: BrowserRequest | None, unread: list[str]
) -> None:
    url = "https://www.x.test/afspraak-maken"
    html = page("Afspraak maken", shown)
    rendered = Rendered(url=url, documents=(RenderedDocument(url, html),), requests=(request_,) if request_ is not None else ())
    for fetched in (SHELL, page("Afspraak maken", TEXT, "<script src=/w.js></script>")):
        web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: fetched})
        assert (await web.survey(render=Browser({url: rendered}))).unread == unread


@pytest.mark.parametrize(("inner", "unread"), [("https://afspraken.planner.test/m", ["appointment"]), ("https://kaart.test/embed", [])])
async def test_so_does_a_frame_that_should_hold_the_form(inner: str, unread: list[str]) -> None:
    url = "https://www.x.test/afspraak-maken"
    documents = (RenderedDocument(url, page("Afspraak maken", TEXT)), RenderedDocument(inner, "<p>Laden...</p>", parent=0))
    web = Web({HOME: page("Gemeente", link("/afspraak-maken", "Afspraak maken")), url: SHELL})
    assert (await web.survey(render=Browser({url: Rendered(url=url, documents=documents)}))).unread == unread


async def test_the_button_that_begins_a_products_form_is_that_form() -> None:
    url = "https://www.x.test/contactformulier"
    web = Web({HOME: page("Gemeente", link("/contactformulier", "Contactformulier")), url: OPEN_FORMS})
    begun = OPEN_FORMS.replace("</div>", "<h1>Contactformulier</h1><form><button>Formulier starten</button></form></div>")
    survey = await web.survey(render=Browser({url: begun}))
    (form,) = forms(survey, "contact")
    assert survey.ways[form.form_id].api_urls == ("https://forms.x.test/api/v2/",)
