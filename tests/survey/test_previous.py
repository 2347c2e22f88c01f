"""What the latest snapshot knew: it is looked at first, and it is no matter if it is gone."""

from __future__ import annotations

import pytest

from gemcrawl.survey.links import NOTHING, Scores
from gemcrawl.survey.previous import FIRST, MAX_PAGES, UNLINKED, KnownForm, Previous
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

WWW = "https://www.x.test"
PLANNER = "https://planner.test/x"
KNOWN = (
    KnownForm("appointment", PLANNER, f"{WWW}/diep/verborgen"),
    KnownForm("contact", f"{WWW}/contact", HOME),
)
SITE = {
    HOME: page("Gemeente", link("/contact", "Contact"), link("/paspoort", "Paspoort"), link("/rijbewijs", "Rijbewijs")),
    f"{WWW}/contact": page("Contact", CONTACT_FORM),
    f"{WWW}/paspoort": page("Paspoort", link("/diep", "Meer")),
    f"{WWW}/diep/verborgen": page("Verborgen", link(PLANNER, "Maak een afspraak")),
    PLANNER: page("Afspraak maken", APPOINTMENT_FORM),
}


def test_pages_with_forms_in_scope_and_those_that_lead_there_are_remembered() -> None:
    forms = [*KNOWN, KnownForm("search", f"{WWW}/zoeken", HOME), KnownForm("contact", "https://digid.x.test/", None)]
    known = Previous.of(forms)
    assert dict(known.pages.values()) == {
        f"{WWW}/diep/verborgen": Scores(UNLINKED, 0),
        HOME: Scores(0, UNLINKED),
        PLANNER: Scores(UNLINKED, 0),
        f"{WWW}/contact": Scores(0, UNLINKED),
    }


def test_no_more_than_a_few_are_remembered() -> None:
    assert len(Previous.of(KnownForm("contact", f"{WWW}/{'x' * n}", None) for n in range(100)).pages) == MAX_PAGES


def test_a_link_to_a_remembered_page_is_put_forward_for_its_kind_only() -> None:
    known = Previous.of(KNOWN)
    assert known.advance("http://www.x.test/contact/?utm_source=x", Scores(1, 2)) == FIRST
    assert known.advance("http://www.x.test/contact", Scores(2, 1)) == 0
    assert known.advance(f"{WWW}/elders", Scores(1, 2)) == 0
    assert Previous().advance(HOME, NOTHING) == 0


async def test_a_page_that_no_short_way_leads_to_is_asked_for_at_once_and_its_link_followed_as_one() -> None:
    web = Web(dict(SITE))
    found = await web.survey(previous=KNOWN)
    pages = [url for url in web.asked if not url.endswith("robots.txt")]
    assert set(pages[:4]) == {HOME, f"{WWW}/contact", f"{WWW}/diep/verborgen", PLANNER}
    (form,) = [f for f in found.forms if f.kind == "appointment"]
    assert (form.found_via, form.entry_url) == ("link", f"{WWW}/diep/verborgen")
    assert found.municipality.requests <= 7


async def test_a_form_that_nothing_links_to_any_more_is_found_by_memory() -> None:
    site = {**SITE, f"{WWW}/diep/verborgen": 404}
    found = await Web(dict(site)).survey(previous=KNOWN)
    (form,) = [f for f in found.forms if f.kind == "appointment"]
    assert (form.found_via, form.entry_url) == ("previous", None)
    assert found.unread == []


@pytest.mark.parametrize("gone", [404, 410, 500, "dns", "timeout"])
async def test_what_is_gone_is_no_problem(gone: int | str) -> None:
    site = {url: answer for url, answer in SITE.items() if "diep" not in url} | {PLANNER: gone}
    found = await Web(dict(site)).survey(previous=KNOWN)  # type: ignore[arg-type]
    assert found.municipality.outcome == "surveyed"
    assert [f.kind for f in found.forms] == ["contact"]
    assert found.unread == []
