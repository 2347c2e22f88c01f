"""The survey of one municipality over sites held in memory: which pages, in which order, and what it makes of them."""

from __future__ import annotations

import pytest

from gemcrawl.fetch.answer import Answer
from gemcrawl.items import Reason
from gemcrawl.survey.explore import Limits
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page


async def test_both_forms_one_click_away_cost_seven_requests() -> None:
    web = Web(
        {
            HOME: page(
                "Gemeente", link("/contact", "Contact"), link("https://afspraken.x.test/", "Afspraak maken"), link("/nieuws", "Nieuws")
            ),
            "https://www.x.test/contact": page("Contactformulier", CONTACT_FORM),
            "https://afspraken.x.test/": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    found = await web.survey()
    assert {(f.kind, f.page_url, f.entry_url) for f in found.forms} == {
        ("contact", "https://www.x.test/contact", HOME),
        ("appointment", "https://afspraken.x.test/", HOME),
    }
    assert found.municipality.outcome == "surveyed"
    # robots.txt of two hosts, home over https and http, two pages; and the other one of both kinds is not sought any further
    assert len(web.asked) <= 7
    assert "https://www.x.test/nieuws" not in web.asked


async def test_a_form_behind_a_product_page_on_a_supplier_s_host() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/paspoort", "Paspoort aanvragen"), link("/contact", "Contact")),
            "https://www.x.test/paspoort": page("Paspoort", link("https://x.planner.test/?product=1", "Maak een afspraak")),
            "https://x.planner.test/?product=1": page("Afspraak maken", APPOINTMENT_FORM),
            "https://www.x.test/contact": page("Contact", CONTACT_FORM),
        }
    )
    found = await web.survey()
    (appointment,) = [f for f in found.forms if f.kind == "appointment"]
    assert appointment.page_url == "https://x.planner.test/?product=1"
    assert appointment.depth == 2


async def test_a_framed_form_belongs_to_the_frame() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
            "https://www.x.test/afspraak": page("Afspraak maken", '<iframe src="https://planner.test/x"></iframe>'),
            "https://planner.test/x": page("Plan uw afspraak", APPOINTMENT_FORM),
        }
    )
    found = await web.survey()
    (form,) = [f for f in found.forms if f.kind == "appointment"]
    assert form.page_url == "https://planner.test/x"
    assert form.frame_urls == ["https://www.x.test/afspraak"]
    assert form.entry_url == "https://www.x.test/afspraak"
    assert form.found_via == "frame"
    assert [r[-1].url for r in found.ways[form.form_id].frames] == ["https://www.x.test/afspraak"]


async def test_a_link_is_followed_as_written_and_every_hop_is_kept() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("http://www.x.test/contact", "Contactformulier")),
            "http://www.x.test/contact": (301, "http://x.test/contact"),
            "http://x.test/contact": (302, "https://x.test/contact"),
            "https://x.test/contact": page("Contact", CONTACT_FORM),
        }
    )
    found = await web.survey()
    (form,) = [f for f in found.forms if f.kind == "contact"]
    way = found.ways[form.form_id]
    assert [(h.url, h.status, h.leaves_by) for h in way.page] == [
        ("http://www.x.test/contact", 301, "redirect"),
        ("http://x.test/contact", 302, "redirect"),
        ("https://x.test/contact", 200, ""),
    ]
    assert [(e.page_url, e.href) for e in way.entries] == [(HOME, "http://www.x.test/contact")]


async def test_an_http_link_seen_after_the_page_was_read_still_counts_as_entry() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/contact", "Contact"), link("/afspraak", "Afspraak maken")),
            "https://www.x.test/contact": page("Contact", CONTACT_FORM),
            "https://www.x.test/afspraak": page("Afspraak", APPOINTMENT_FORM, link("http://www.x.test/contact", "Contactformulier")),
        }
    )
    found = await web.survey()
    (form,) = [f for f in found.forms if f.kind == "contact"]
    hrefs = {e.href for e in found.ways[form.form_id].entries}
    assert hrefs == {"https://www.x.test/contact", "http://www.x.test/contact"}


async def test_http_only_site_is_read_over_http() -> None:
    web = Web(
        {
            HOME: "refused",
            "https://www.x.test/robots.txt": "refused",
            "http://www.x.test/robots.txt": 404,
            "http://www.x.test/": page("Gemeente", link("/contact", "Contact")),
            "http://www.x.test/contact": page("Contact", CONTACT_FORM),
        }
    )
    found = await web.survey()
    assert found.municipality.start_url == "http://www.x.test/"
    assert [f.page_url for f in found.forms if f.kind == "contact"] == ["http://www.x.test/contact"]


@pytest.mark.parametrize(
    ("answers", "outcome", "reason"),
    [
        ({HOME: 503}, "unreachable", "http_5xx"),
        ({HOME: 403}, "blocked", "http_4xx"),
        ({HOME: 401}, "blocked", "http_4xx"),
        ({HOME: 429}, "blocked", "rate_limited"),
        ({HOME: 404}, "unreachable", "http_4xx"),
        ({HOME: (302, HOME)}, "unreachable", "redirect_loop"),
        ({HOME: (302, "https://www.digid.nl/login")}, "blocked", "challenge"),
        ({HOME: (302, "/folder.pdf")}, "unreachable", "not_html"),
        ({"https://www.x.test/robots.txt": 500, HOME: page("x")}, "robots_denied", "robots_unavailable"),
        ({"https://www.x.test/robots.txt": "User-agent: *\nDisallow: /", HOME: page("x")}, "robots_denied", "robots"),
        (
            dict.fromkeys((HOME, "http://www.x.test/", "https://www.x.test/robots.txt", "http://www.x.test/robots.txt"), "timeout"),
            "unreachable",
            "timeout",
        ),
        (
            dict.fromkeys((HOME, "http://www.x.test/", "https://www.x.test/robots.txt", "http://www.x.test/robots.txt"), "dns"),
            "unreachable",
            "dns",
        ),
    ],
)
async def test_outcomes_of_a_home_page_that_cannot_be_read(answers: dict[str, str | int], outcome: str, reason: str) -> None:
    found = await Web(answers).survey()  # type: ignore[arg-type]
    assert (found.municipality.outcome, found.municipality.reason) == (outcome, reason)
    assert found.municipality.appointment == "not_tested"


async def test_the_budget_ends_a_survey_as_partial_and_says_what_is_unread() -> None:
    links = [link(f"/afspraak-{word}", f"Afspraak maken {word}") for word in ("aa", "bb", "cc", "dd", "ee", "ff")]
    web = Web(
        {HOME: page("Gemeente", *links), **{f"https://www.x.test/afspraak-{w}": page(w) for w in ("aa", "bb", "cc", "dd", "ee", "ff")}}
    )
    found = await web.survey(Limits(pages=3))
    assert (found.municipality.outcome, found.municipality.reason) == ("partial", "budget")
    assert found.municipality.pages == 3
    assert "appointment" in found.unread


@pytest.mark.parametrize("answer", [500, 404, "refused", (302, "https://www.digid.nl/login")])
async def test_a_failed_link_that_names_the_form_leaves_its_kind_unread(answer: int | str | tuple[int, str]) -> None:
    web = Web({HOME: page("Gemeente", link("/afspraak", "Afspraak maken")), "https://www.x.test/afspraak": answer})  # type: ignore[dict-item]
    found = await web.survey()
    assert found.municipality.outcome == "surveyed"
    assert found.unread == ["appointment"]


async def test_robots_rules_hold_on_every_hop() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken")),
            "https://www.x.test/afspraak": (302, "https://planner.test/geheim"),
            "https://planner.test/robots.txt": "User-agent: *\nDisallow: /geheim",
            "https://planner.test/geheim": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    found = await web.survey()
    assert "https://planner.test/geheim" not in web.asked
    assert found.forms == []
    assert found.unread == ["appointment"]


async def test_a_site_that_only_shows_its_wall_was_read_and_its_forms_were_not() -> None:
    wall = page("Cookies", '<form method="post" action="/ja"><button>Accepteer en ga verder</button></form>')
    found = await Web({HOME: (302, "/cookies?terug=/"), "https://www.x.test/cookies?terug=/": wall}).survey()
    assert (found.municipality.outcome, found.unread) == ("surveyed", ["appointment", "contact"])


async def test_a_wall_in_front_of_the_one_promising_page_leaves_its_kind_unread() -> None:
    wall = page("Cookies", '<form method="post" action="/ja"><button>Accepteer en ga verder</button></form>')
    web = Web(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken"), link("/contact", "Contact")),
            "https://www.x.test/afspraak": (302, "/cookies"),
            "https://www.x.test/cookies": wall,
            "https://www.x.test/contact": page("Contact", CONTACT_FORM),
        }
    )
    assert (await web.survey()).unread == ["appointment"]


async def test_the_sitemap_is_read_only_when_the_home_page_does_not_show_the_way() -> None:
    sitemap = "<urlset><url><loc>https://www.x.test/afspraak-maken</loc></url><url><loc>https://www.x.test/iets</loc></url></urlset>"
    answers: dict[str, str | int | tuple[int, str] | Reason] = {
        "https://www.x.test/sitemap.xml": sitemap,
        HOME: page("Gemeente", link("/contact", "Contact")),
        "https://www.x.test/contact": page("Contact", CONTACT_FORM),
        "https://www.x.test/afspraak-maken": page("Afspraak maken", APPOINTMENT_FORM),
    }
    found = await Web(answers).survey()
    assert [f.found_via for f in found.forms if f.kind == "appointment"] == ["sitemap"]
    answers[HOME] = page("Gemeente", link("/contact", "Contact"), link("/afspraak-maken", "Afspraak maken"))
    web = Web(answers)
    await web.survey()
    assert "https://www.x.test/sitemap.xml" not in web.asked


async def test_a_known_host_is_tried_when_the_site_does_not_link_to_it() -> None:
    web = Web({HOME: page("Gemeente"), "https://afspraken.x.test/": page("Afspraak maken", APPOINTMENT_FORM)})
    found = await web.survey(known_hosts=("afspraken.x.test", "digid.x.test"))
    assert [f.found_via for f in found.forms] == ["known_host"]
    assert "https://digid.x.test/" not in web.asked


async def test_a_sitemap_that_moved_to_https_is_read() -> None:
    web = Web(
        {
            HOME: page("Gemeente"),
            "https://www.x.test/robots.txt": "User-agent: *\nSitemap: http://www.x.test/kaart.xml\nSitemap: https://www.x.test/uitloggen.xml",
            "http://www.x.test/kaart.xml": (301, "https://www.x.test/kaart.xml"),
            "https://www.x.test/kaart.xml": "<urlset><url><loc>https://www.x.test/afspraak-maken</loc></url></urlset>",
            "https://www.x.test/afspraak-maken": page("Afspraak maken", APPOINTMENT_FORM),
        }
    )
    assert [f.found_via for f in (await web.survey()).forms] == ["sitemap"]
    assert "https://www.x.test/uitloggen.xml" not in web.asked


@pytest.mark.parametrize(("clicks", "unread"), [(5, []), (6, ["appointment"])])
async def test_a_form_named_by_a_link_too_deep_in_the_site_cannot_be_called_absent(clicks: int, unread: list[str]) -> None:
    web = Web({HOME: page("Gemeente", link("/1", "Afspraak maken"))})
    for click in range(1, clicks + 1):
        onward = link(f"/{'x' * click}", "Afspraak maken") if click < clicks else ""
        web.answers[f"https://www.x.test/{'x' * (click - 1) or '1'}"] = page(f"Kies stap {click}", onward)
    assert (await web.survey()).unread == unread


async def test_a_link_to_another_host_that_came_too_late_to_be_worth_a_request_is_unread() -> None:
    places = [f"{here}{there}" for here in "abcdef" for there in "abcdef"]
    web = Web({HOME: page("Gemeente", *(link(f"/{place}/rijbewijs", f"Rijbewijs {place} aanvragen") for place in places))})
    for place in places:
        web.answers[f"https://www.x.test/{place}/rijbewijs"] = page(f"Soort {place}")
    web.answers[f"https://www.x.test/{places[-1]}/rijbewijs"] = page("Soort ff", link("https://planner.test/", "Op afspraak"))
    found = await web.survey(Limits(pages=100))
    assert "https://planner.test/" not in web.asked
    assert found.unread == ["appointment"]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("Afspraak maken met DigiD", ["appointment"]),
        ("Contactformulier (inloggen)", ["contact"]),
        ("Afspraak annuleren", []),
        ("Inloggen met DigiD", []),
    ],
)
async def test_a_form_whose_link_may_not_be_followed_cannot_be_called_absent(text: str, unread: list[str]) -> None:
    web = Web({HOME: page("Gemeente", link("/deur", text), link("/over", "Over de gemeente"))})
    assert (await web.survey()).unread == unread
    assert "https://www.x.test/deur" not in web.asked


async def test_a_cookie_self_redirect_is_followed_once() -> None:
    web = Web({HOME: page("Gemeente", link("/form/contactformulier", "Contactformulier"))})
    turns = iter([(302, "/form/contactformulier"), page("Contactformulier", CONTACT_FORM)])

    async def get(url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        if url == "https://www.x.test/form/contactformulier":
            web.answers[url] = next(turns)
            answer = await Web.get(web, url, jar=jar)
            return Answer(
                url=url, hop=answer.hop, body=answer.body, location=answer.location, content_type="text/html", cookies=("s=1; Secure",)
            )
        return await Web.get(web, url, jar=jar)

    web.get = get  # type: ignore[method-assign]
    found = await web.survey()
    assert [f.kind for f in found.forms] == ["contact"]


async def test_a_calendar_is_one_pattern() -> None:
    links = [link(f"/afspraak/2026/{month:02}", f"Afspraak maken in maand {month}") for month in range(1, 13)]
    web = Web({HOME: page("Gemeente", *links), **{f"https://www.x.test/afspraak/2026/{m:02}": page(f"Maand {m}") for m in range(1, 13)}})
    await web.survey()
    assert sum("/2026/" in url for url in web.asked) <= 3


async def test_the_same_footer_form_on_every_page_is_one_form() -> None:
    footer = '<footer><form action="/nieuwsbrief" method="post"><label>E-mail <input type="email" name="e"></label><button>Aanmelden nieuwsbrief</button></form></footer>'
    web = Web(
        {
            HOME: page("Gemeente", link("/contact", "Contact"), footer),
            "https://www.x.test/contact": page("Contact", CONTACT_FORM, footer),
        }
    )
    found = await web.survey()
    (newsletter,) = [f for f in found.forms if f.kind == "newsletter"]
    assert newsletter.seen_on == 2


async def test_form_ids_do_not_change_with_session_noise() -> None:
    ids = []
    for noise in ("?sid=1", "?sid=2"):
        web = Web(
            {
                HOME: page("Gemeente", link("/contact" + noise, "Contact")),
                "https://www.x.test/contact" + noise: page("Contact", CONTACT_FORM),
            }
        )
        ids.append([f.form_id for f in (await web.survey()).forms])
    assert ids[0] == ids[1] != []


async def test_a_site_is_read_again_over_https_when_that_answers_the_second_time() -> None:
    web = Web(
        {
            HOME: "timeout",
            "http://www.x.test/": page("Gemeente", link("/contact", "Contact")),
            "http://www.x.test/contact": page("Contact", CONTACT_FORM),
            "https://www.x.test/contact": page("Contact", CONTACT_FORM),
        }
    )
    turns = iter(["timeout", page("Gemeente", link("/contact", "Contact")), page("Gemeente", link("/contact", "Contact"))])
    first = web.get

    async def get(url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        if url == HOME:
            web.answers[HOME] = next(turns)
        return await first(url, jar=jar)

    web.get = get  # type: ignore[method-assign]
    found = await web.survey()
    assert [f.page_url for f in found.forms if f.kind == "contact"] == ["https://www.x.test/contact"]


async def test_a_form_on_a_known_host_that_nobody_links_to_is_held_against_a_random_name() -> None:
    form = page("Afspraak maken", APPOINTMENT_FORM)
    web = Web({HOME: page("Gemeente"), "https://afspraken.x.test/": form})
    (way,) = (await web.survey(known_hosts=("afspraken.x.test",))).ways.values()
    assert way.wildcard_name == ""
    (tested,) = [
        url for url in web.asked if url.endswith(".x.test/") and url not in (HOME, "http://www.x.test/", "https://afspraken.x.test/")
    ]

    class Everything(dict[str, str | int | tuple[int, str] | Reason]):
        def get(self, url: str, default: object = None) -> object:  # type: ignore[override]
            return super().get(url, form if url.startswith("https://") and url.endswith(".x.test/") else default)

    wild = Web(Everything({HOME: page("Gemeente")}))
    (way,) = (await wild.survey(known_hosts=("afspraken.x.test",))).ways.values()
    assert way.wildcard_name.endswith(".x.test")
    assert tested != f"https://{way.wildcard_name}/"
