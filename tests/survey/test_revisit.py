"""Visiting known forms anew: by the link as it is written now, in frames, where it was; and never more than that."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gemcrawl.items import Form
from gemcrawl.snapshot.known import KnownForm, KnownTown
from gemcrawl.survey.rendering import Budget, Renderings
from gemcrawl.survey.revisit import Revisited, linked_from, revisit
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.facts import EntryLink, Hop, Way
from gemcrawl.transport.findings import find, finding
from gemcrawl.transport.observed import Observed
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

PAGE = "https://www.x.test/afspraak"


def known(page_url: str = PAGE, **changes: Any) -> KnownForm:
    given: dict[str, Any] = {
        "municipality": "GM9999",
        "form_id": page_url,
        "kind": "appointment",
        "page_url": page_url,
        "asked_url": (changes.get("frame_urls") or (page_url,))[0],
        "entry_url": HOME,
        "depth": 1,
        "frame_urls": (),
        "supplier": None,
        "verdict": "insecure",
        "findings": (),
    }
    return KnownForm(**{**given, **changes})


async def again(web: Web, *forms: KnownForm) -> Revisited:
    visitor = Visitor(web.get, Observed(), jar="GM9999", deadline=math.inf, slow_down=lambda *_: None)
    town = KnownTown(code="GM9999", name="X", province="Utrecht", website="www.x.test", forms=forms)
    found = await revisit(town, visitor, Renderings(None, visitor, Budget(0), Budget(0), math.inf))
    found.collection.finish()
    return found


def the_form(found: Revisited) -> tuple[Form, Way]:
    (form,) = found.collection.forms.values()
    return form, found.collection.ways[form.form_id]


async def test_the_link_as_it_is_written_now_is_the_way() -> None:
    web = Web({HOME: page("X", link("/afspraak", "Afspraak maken")), PAGE: page("Afspraak maken", APPOINTMENT_FORM)})
    form, way = the_form(await again(web, known("http://www.x.test/afspraak")))
    assert form.page_url == PAGE
    assert form.found_via == "previous"
    assert [hop.url for hop in way.page] == [PAGE]
    assert way.entries == (EntryLink(HOME, PAGE),)
    assert "http://www.x.test/afspraak" not in web.asked


async def test_without_a_link_its_address_is() -> None:
    web = Web({HOME: page("X"), PAGE: page("Afspraak maken", APPOINTMENT_FORM)})
    _, way = the_form(await again(web, known("http://www.x.test/afspraak")))
    assert [hop.url for hop in way.page] == ["http://www.x.test/afspraak", PAGE]


async def test_a_framed_form_is_found_through_the_page_that_frames_it() -> None:
    inner = "https://planner.test/x"
    web = Web(
        {HOME: page("X"), PAGE: page("Afspraak maken", f'<iframe src="{inner}"></iframe>'), inner: page("Afspraak", APPOINTMENT_FORM)}
    )
    form, way = the_form(await again(web, known(inner, frame_urls=(PAGE,))))
    assert (form.page_url, form.frame_urls, form.found_via) == (inner, [PAGE], "frame")
    assert [route[-1].url for route in way.frames] == [PAGE]


async def test_frames_that_hold_no_form_take_no_place_of_the_one_that_does() -> None:
    inner = "https://planner.test/x"
    films = "".join(f'<iframe src="https://film.test/{i}"></iframe>' for i in range(5))
    web = Web(
        {HOME: page("X"), PAGE: page("Afspraak", f'{films}<iframe src="{inner}"></iframe>'), inner: page("Afspraak", APPOINTMENT_FORM)}
    )
    form, _ = the_form(await again(web, known(inner, frame_urls=(PAGE,))))
    assert form.page_url == inner
    assert not [url for url in web.asked if "film.test" in url]


async def test_two_forms_on_one_page_take_one_visit() -> None:
    web = Web({HOME: page("X"), PAGE: page("Contact en afspraak", APPOINTMENT_FORM, CONTACT_FORM)})
    found = await again(web, known(), known(form_id="c", kind="contact"))
    assert len(found.collection.forms) == 2
    assert web.asked.count(PAGE) == 1


@pytest.mark.parametrize(("answer", "reason", "status"), [("timeout", "timeout", 0), (503, "http_5xx", 503), (404, "http_4xx", 404)])
async def test_what_cannot_be_read_is_told(answer: Any, reason: str, status: int) -> None:
    found = await again(Web({HOME: page("X"), PAGE: answer}), known())
    assert (found.failures, found.statuses) == ({PAGE: reason}, {PAGE: status})
    assert not found.collection.forms


async def test_robots_txt_holds() -> None:
    web = Web({HOME: page("X"), PAGE: page("Afspraak", APPOINTMENT_FORM), f"{HOME}robots.txt": "User-agent: *\nDisallow: /afspraak"})
    found = await again(web, known())
    assert found.failures == {PAGE: "robots"}
    assert PAGE not in web.asked


async def test_a_page_that_scripts_fill_and_that_was_not_rendered_was_not_read() -> None:
    web = Web({HOME: page("X"), PAGE: '<!doctype html><title>Afspraak</title><div id="app"></div><script src="/app.js"></script>'})
    found = await again(web, known())
    assert (found.collection.forms, found.failures) == ({}, {PAGE: "error"})


async def test_nothing_else_is_visited() -> None:
    links = [link(f"/{name}", f"Afspraak maken {name}") for name in ("paspoort", "rijbewijs", "trouwen")]
    web = Web({HOME: page("X", *links, link("https://elders.test/", "Afspraak maken")), PAGE: page("Afspraak", APPOINTMENT_FORM, *links)})
    await again(web, known())
    assert set(web.asked) == {f"{HOME}robots.txt", HOME, PAGE, "http://www.x.test/", "http://www.x.test/robots.txt"} & set(web.asked)
    assert len(web.asked) <= 5


async def test_an_entry_page_of_another_party_is_not_read() -> None:
    web = Web({PAGE: page("Afspraak", APPOINTMENT_FORM)})
    await again(web, known(entry_url="https://elders.test/gemeente-x"))
    assert not [url for url in web.asked if "elders" in url]


@pytest.mark.parametrize("answers", [True, False])
def test_the_page_that_a_finding_about_a_link_names_is_read_from_its_evidence(answers: bool) -> None:
    """`find` writes the words that `linked_from` reads."""
    plain = "http://www.x.test/afspraak"
    twin = (Hop(url=plain, status=200),) if answers else (Hop(url=plain, status=301), Hop(url=PAGE, status=0))
    way = Way(page=(Hop(url=PAGE, status=200),), entries=(EntryLink("https://www.x.test/balie", plain),), twins=((plain, twin),))
    found = find(way, {}, preloaded=lambda _: False)
    assert {f.code for f in found} == ({"page_http"} if answers else {"entry_http"})
    assert list(linked_from(known(findings=tuple(found)))) == ["https://www.x.test/balie"]
    assert list(linked_from(known(findings=(finding("hsts_absent", "x", "linked"),)))) == []


async def test_a_link_that_is_http_only_because_its_page_is_one_says_so_as_in_the_survey() -> None:
    insecure = "http://www.x.test/"
    web = Web(
        {
            insecure: page("X", link("/afspraak", "Afspraak maken")),
            "http://www.x.test/afspraak": (301, PAGE),
            PAGE: page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    _, way = the_form(await again(web, known(entry_url=insecure)))
    assert way.entries == (EntryLink(insecure, "http://www.x.test/afspraak", inherits=True),)
