"""Forms that are not on the page that names them: after a day and a time, or behind a login."""

from __future__ import annotations

import pytest

from gemcrawl.survey.links import is_slot
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

WWW = "https://www.x.test"
DAYS = " ".join(link(f"/afspraak/tijden?datum=2026-12-{n:02}", str(n)) for n in range(1, 15))
TIMES = " ".join(link(f"/afspraak/gegevens?slot={n}", f"{n + 9}.20 uur") for n in range(8))


def site(planner: str, **pages: str) -> Web:
    """A site whose appointment page has ``planner`` in its main content."""
    home = page("Gemeente", link("/afspraak", "Afspraak maken"), link("/contact", "Contact"))
    answers = {HOME: home, f"{WWW}/afspraak": page("Afspraak maken", planner), f"{WWW}/contact": page("Contact", CONTACT_FORM)}
    return Web(answers | {f"{WWW}/{path.replace('__', '/')}": body for path, body in pages.items()})


@pytest.mark.parametrize("text", ["3", "09:20", "9.00 uur", "dinsdag 3 december 9.00 uur", "vr 4 dec", "2026-12-03", "tijd 10:40 (vrij)"])
def test_a_day_or_a_time_is_one(text: str) -> None:
    assert is_slot(text)


@pytest.mark.parametrize("text", ["december 2026", "week 49", "2026", "Paspoort 2026", "In 3 stappen", "morgen", ">", ""])
def test_a_month_a_week_and_what_says_more_are_none(text: str) -> None:
    assert not is_slot(text)


async def test_one_day_and_one_time_are_chosen_on_the_way_to_the_form() -> None:
    web = site(DAYS)
    web.answers |= {
        f"{WWW}/afspraak/tijden?datum=2026-12-01": page("Kies een tijd", TIMES),
        f"{WWW}/afspraak/gegevens?slot=0": page("Uw gegevens voor de afspraak", APPOINTMENT_FORM),
    }
    found = await web.survey()
    assert [form.page_url for form in found.forms if form.kind == "appointment"] == [f"{WWW}/afspraak/gegevens?slot=0"]
    assert [url for url in web.asked if "?" in url] == [f"{WWW}/afspraak/tijden?datum=2026-12-01", f"{WWW}/afspraak/gegevens?slot=0"]
    assert found.unread == []


async def test_a_calendar_without_end_is_left_after_two_choices_and_its_form_is_not_called_absent() -> None:
    web = site(DAYS)
    for n in range(1, 15):
        days = " ".join(link(f"/afspraak/tijden?datum=2027-{n:02}-{m:02}", str(m)) for m in range(1, 29))
        web.answers[f"{WWW}/afspraak/tijden?datum=2026-12-{n:02}"] = page("Afspraak maken", days)
        web.answers[f"{WWW}/afspraak/tijden?datum=2027-{n:02}-01"] = page("Afspraak maken", days)
    found = await web.survey()
    assert sum("?" in url for url in web.asked) == 2
    assert found.unread == ["appointment"]


@pytest.mark.parametrize("path", ["/afspraak/reserveren?slot=", "/afspraak/slot/bevestigen/", "/book/", "/afspraak/annuleren?slot="])
async def test_a_time_that_is_taken_by_following_it_is_not_followed(path: str) -> None:
    web = site(" ".join(link(f"{path}{n}", f"{n + 9}:20") for n in range(4)))
    found = await web.survey()
    assert not any(url.startswith(WWW + path) for url in web.asked)
    assert found.unread == ["appointment"]


async def test_the_title_of_a_link_says_so_too() -> None:
    web = site(" ".join(f'<a href="/afspraak/t?slot={n}" title="Reserveer dit tijdstip">{n + 9}:20</a>' for n in range(4)))
    await web.survey()
    assert not any("slot" in url for url in web.asked)


@pytest.mark.parametrize("planner", [link("/afspraak/2", "2"), link("/a?page=1", "1") + link("/a?page=2", "2"), APPOINTMENT_FORM + DAYS])
async def test_one_number_pages_of_a_list_and_a_page_with_its_form_are_no_choice(planner: str) -> None:
    web = site(planner)
    found = await web.survey()
    assert not any("datum" in url or "page=" in url or url.endswith("/2") for url in web.asked)
    assert found.unread == []


async def test_days_on_a_page_about_something_else_turn_its_pages() -> None:
    web = Web({HOME: page("Gemeente", link("/balie", "Paspoort")), f"{WWW}/balie": page("Paspoort", DAYS)})
    assert (await web.survey()).unread == []
    assert not any("datum" in url for url in web.asked)


async def test_times_that_only_a_script_can_follow_leave_the_form_unread() -> None:
    times = "".join(f'<button type="button" onclick="kies(this)">{n}:20</button>' for n in range(9, 12))
    assert (await site(times + "<script>function kies(knop) { toon(knop) }</script>").survey()).unread == ["appointment"]


LOGINS = [
    link("https://mijn.x.test/afspraken/nieuw", "Afspraak maken (inloggen met DigiD)"),
    link("/auth/digid?terug=afspraak", "Inloggen met DigiD") + link("/auth/eherkenning?terug=afspraak", "Inloggen met eHerkenning"),
    "<p>U hebt DigiD nodig.</p>" + link("https://mijn.x.test/", "Naar Mijn Voorbeeld"),
    "<p>Maak een afspraak via " + link("https://mijn.x.test/login", "MijnGemeente") + "</p>",
    '<button type="button" id="b">Afspraak maken met DigiD</button><script>b.onclick = open</script>',
]


@pytest.mark.parametrize("planner", LOGINS)
async def test_a_form_behind_a_login_is_not_asked_for_and_not_absent(planner: str) -> None:
    web = site(planner)
    found = await web.survey()
    assert not any(word in url for url in web.asked for word in ("digid", "eherkenning", "login", "afspraken/nieuw"))
    assert found.unread == ["appointment"]


async def test_a_page_of_the_planner_that_only_lets_one_log_in_is_such_a_login() -> None:
    login = page(
        "Welkom",
        '<form method="post"><label>Gebruikersnaam <input name="u"></label><label>Wachtwoord <input type="password" name="w"></label><button>Inloggen</button></form>',
    )
    web = site(link("https://planner.test/p", "Afspraak maken"))
    web.answers["https://planner.test/p"] = login
    assert (await web.survey()).unread == ["appointment"]


async def test_another_way_is_taken_where_there_is_one() -> None:
    web = site(LOGINS[0] + link("/afspraak/zonder", "Afspraak maken zonder DigiD"))
    web.answers[f"{WWW}/afspraak/zonder"] = page("Afspraak maken", APPOINTMENT_FORM)
    assert [form.page_url for form in (await web.survey()).forms if form.kind == "appointment"] == [f"{WWW}/afspraak/zonder"]


async def test_a_login_by_a_button_is_no_matter_where_such_a_form_was_found() -> None:
    web = site(LOGINS[4] + link("/afspraak/zonder", "Afspraak maken zonder DigiD"))
    web.answers[f"{WWW}/afspraak/zonder"] = page("Afspraak maken", APPOINTMENT_FORM)
    assert (await web.survey()).unread == []


@pytest.mark.parametrize(
    "planner",
    [
        "<p>Bel 14 030.</p></main><header>"
        + link("https://mijn.x.test/", "Mijn Voorbeeld")
        + link("/login", "Inloggen")
        + "</header><main>",
        link("/login", "Afspraak wijzigen (inloggen)"),
        link("/afspraken/annuleren", "Afspraak annuleren"),
    ],
)
async def test_a_login_in_the_header_and_one_for_something_else_say_nothing(planner: str) -> None:
    assert (await site(planner).survey()).unread == []


async def test_a_contact_page_that_also_links_to_a_login_is_not_behind_it() -> None:
    web = Web(
        {
            HOME: page("Gemeente", link("/contact", "Contact")),
            f"{WWW}/contact": page("Contact", "<p>Bel 14 030.</p>", link("/login", "Inloggen")),
        }
    )
    assert (await web.survey()).unread == []
