"""Municipal sites as they are built, each with the way to its forms, and the few requests that the survey may take to walk it.

Structures after the notes of what real sites do; names, texts and hosts are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from gemcrawl.items import Reason
from gemcrawl.survey.explore import Limits
from tests.survey.web import APPOINTMENT_FORM, CONTACT_FORM, HOME, Web, link, page

Answers = Mapping[str, str | int | tuple[int, str] | Reason]
"""As `tests.survey.web.Web` has them."""
WWW = "https://www.x.test"
PLANNER = page("Afspraak maken", APPOINTMENT_FORM)
CONTACT = page("Contactformulier", CONTACT_FORM)
NEWS = " ".join(link(f"/nieuws/bericht-{n}-over-de-weg", f"Werk aan de weg {n}") for n in range(12))


def nav(*links: str) -> str:
    return f"<nav>{' '.join(links)}</nav>"


def footer(*links: str) -> str:
    return f"<footer>{' '.join(links)}</footer>"


def bare(*parts: str) -> str:
    return f'<!doctype html><html lang="nl"><head><title>Gemeente Voorbeeld</title></head><body>{" ".join(parts)}</body></html>'


@dataclass(frozen=True)
class Site:
    answers: Answers
    appointment: str | None
    contact: str | None
    pages: int
    """Requests but for robots.txt that are enough: the home page over both schemes, the clicks, and what it takes to be sure."""


SOFT_HOME = page(
    "Gemeente", link("/afspraak", "Afspraak maken"), link("/contact", "Contact"), link("/contactformulier", "Contactformulier")
)
MEGA_MENU = nav(*(link(f"/onderwerp-{a}{b}/zo-is-het", f"Onderwerp {a}{b}") for a in "abcdefghijklmnopq" for b in "abcdefghijklmnopqr"))
SITES = {
    # a portal per city district, forms of another product on another host, its intro page without personal fields
    "amsterdam": Site(
        {
            HOME: page("Gemeente", link("/burgerzaken/", "Burgerzaken: paspoort, verhuizen"), link("/parkeren/", "Parkeren"), NEWS, footer(link("/contact/", "Contact"))),
            f"{WWW}/burgerzaken/": page("Burgerzaken", link("https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Afspraakmaken.aspx", "Maak online een afspraak")),
            "https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Afspraakmaken.aspx": (302, "Afspraakmaken.aspx/fSTD_Intro"),
            "https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Afspraakmaken.aspx/fSTD_Intro": PLANNER,
            f"{WWW}/contact/": page("Contact", link("https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Contactformulier.aspx", "Stuur een bericht")),
            "https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Contactformulier.aspx": CONTACT,
        },
        "https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Afspraakmaken.aspx/fSTD_Intro",
        "https://formulieren.x.test/TriplEforms/DirectRegelen/formulier/nl-NL/ev/Contactformulier.aspx",
        8,
    ),
    # product -> "start" page -> button in a new tab to a Wicket application that redirects to itself with a version
    "rotterdam": Site(
        {
            HOME: page("Gemeente", MEGA_MENU, link("/paspoort", "Paspoort of identiteitskaart aanvragen"), link("/afval", "Afval"), footer(link("/contact", "Contact"))),
            f"{WWW}/paspoort": page("Paspoort of identiteitskaart", link("/paspoort/start-paspoort", "Start aanvraag")),
            f"{WWW}/paspoort/start-paspoort": page("Paspoort", '<a class="styles_button__BEjUn" target="_blank" title="Afspraak maken" href="https://concern.ir.x.test/afspraak/maken/product/paspoort"><svg></svg></a>'),
            "https://concern.ir.x.test/afspraak/maken/product/paspoort": (302, "/afspraak/maken/product/paspoort?0"),
            "https://concern.ir.x.test/afspraak/maken/product/paspoort?0": PLANNER,
            f"{WWW}/contact": page("Contact", link("/contact/vraag", "Stel uw vraag")),
            f"{WWW}/contact/vraag": CONTACT,
        },
        "https://concern.ir.x.test/afspraak/maken/product/paspoort?0",
        f"{WWW}/contact/vraag",
        9,
    ),
    # product page -> product number at the supplier, twenty of them
    "den haag": Site(
        {
            HOME: page("Gemeente", nav(link("/nl/paspoort.htm", "Paspoort, rijbewijs"), link("/nl/bestuur.htm", "Bestuur")), footer(link("/nl/contact.htm", "Contact"))),
            f"{WWW}/nl/paspoort.htm": page("Paspoort", *(link(f"https://x.mijnafspraakmaken.test/?product={n}", f"Afspraak maken voor product {n}") for n in range(20))),
            "https://x.mijnafspraakmaken.test/?product=0": PLANNER,
            f"{WWW}/nl/contact.htm": page("Contact", link("https://formulier.x.test/Tripleforms/formulier/nl-NL/DefaultEnvironment/scContact.aspx", "Contactformulier")),
            "https://formulier.x.test/Tripleforms/formulier/nl-NL/DefaultEnvironment/scContact.aspx": CONTACT,
        },
        "https://x.mijnafspraakmaken.test/?product=0",
        "https://formulier.x.test/Tripleforms/formulier/nl-NL/DefaultEnvironment/scContact.aspx",
        6,
    ),
    # everything flat under the root, the top task names a place and not an appointment
    "leudal": Site(
        {
            HOME: page("Gemeente", link("/afspraak-in-het-gemeentehuis", "Langskomen"), *(link(f"/iets-{w}", w) for w in ("snoeien", "subsidie", "bomen")), link("/contact-met-de-gemeente", "Contact")),
            f"{WWW}/afspraak-in-het-gemeentehuis": page("Afspraak in het gemeentehuis", link("https://x.mijnafspraakmaken.test/client/", "Ga naar de online agenda")),
            "https://x.mijnafspraakmaken.test/client/": PLANNER,
            f"{WWW}/contact-met-de-gemeente": page("Contact", link("/form/contactformulier/contactformulier-0", "Vul het formulier in")),
            f"{WWW}/form/contactformulier/contactformulier-0": CONTACT,
        },
        "https://x.mijnafspraakmaken.test/client/",
        f"{WWW}/form/contactformulier/contactformulier-0",
        6,
    ),
    # products of a catalogue, with an appointment to apply and one to collect
    "castricum": Site(
        {
            HOME: page("Gemeente", link("/aanvragen-en-regelen/", "Aanvragen en regelen"), link("/bestuur/", "Bestuur"), footer(link("/contact/", "Contact & openingstijden"))),
            f"{WWW}/aanvragen-en-regelen/": page("Aanvragen en regelen", link("/aanvragen-en-regelen/afval/", "Afval"), link("/aanvragen-en-regelen/paspoort-en-identiteitskaart/", "Paspoort en identiteitskaart")),
            f"{WWW}/aanvragen-en-regelen/paspoort-en-identiteitskaart/": page(
                "Paspoort en identiteitskaart",
                link("https://afspraken.x.test/?p=1", "Afspraak maken aanvragen paspoort of ID"),
                link("https://afspraken.x.test/?p=2", "Afspraak maken afhalen paspoort of ID"),
            ),
            "https://afspraken.x.test/?p=1": PLANNER,
            "https://afspraken.x.test/?p=2": PLANNER,
            f"{WWW}/contact/": page("Contact", "<p>Mail ons of bel.</p>", link("/contact/contactformulier/", "Contactformulier")),
            f"{WWW}/contact/contactformulier/": CONTACT,
        },
        "https://afspraken.x.test/?p=1",
        f"{WWW}/contact/contactformulier/",
        7,
    ),
    # Frisian, with links that do not say "appointment"
    "smallingerland": Site(
        {
            HOME: page("Gemeente", link("/frysk/underwerpen/", "Underwerpen"), link("/frysk/nijs", "Nijs"), footer(link("/frysk/kontakt", "Kontakt"))),
            f"{WWW}/frysk/underwerpen/": page("Underwerpen", link("/frysk/underwerpen/paspoart", "Paspoart oanfreegje"), link("/frysk/underwerpen/ophelje", "Paspoart ophelje")),
            f"{WWW}/frysk/underwerpen/paspoart": page("Paspoart oanfreegje", link("https://x.planner.test/?product=2", "Meitsje jo ôfspraak online")),
            "https://x.planner.test/?product=2": PLANNER,
            f"{WWW}/frysk/kontakt": page("Kontakt", link("/frysk/formulier", "Stel jo fraach")),
            f"{WWW}/frysk/formulier": CONTACT,
        },
        "https://x.planner.test/?product=2",
        f"{WWW}/frysk/formulier",
        9,
    ),
    # forms that ask for their cookie back, a first step that asks nothing
    "heuvelrug": Site(
        {
            HOME: page("Gemeente", link("https://x.mijnafspraakmaken.test/&?product=306", "Afspraak maken"), link("/contact", "Contact")),
            "https://x.mijnafspraakmaken.test/&?product=306": PLANNER,
            f"{WWW}/contact": page("Contact", link("/form/contactformulier", "Contactformulier"), link("/form/contactformulier-trouwambtenaar-jansen", "Contactformulier trouwambtenaar Jansen")),
            f"{WWW}/form/contactformulier": (302, "/form/contactformulier/contactformulier-0"),
            f"{WWW}/form/contactformulier/contactformulier-0": CONTACT,
        },
        "https://x.mijnafspraakmaken.test/&?product=306",
        f"{WWW}/form/contactformulier/contactformulier-0",
        6,
    ),
    # three municipalities share a planner and a site
    "blaricum": Site(
        {
            HOME: (302, "/nl/home"),
            f"{WWW}/nl/home": page("Gemeente", nav(link("/nl/inwoners", "Inwoners"), link("/nl/bestuur", "Bestuur"), link("/nl/contact", "Contact"))),
            f"{WWW}/nl/inwoners": page("Inwoners", link("/nl/inwoners/reizen", "Reisdocumenten"), link("/nl/inwoners/afval", "Afval")),
            f"{WWW}/nl/inwoners/reizen": page("Reisdocumenten", link("https://combinatie.mijnafspraakmaken.test/", "Maak een afspraak")),
            "https://combinatie.mijnafspraakmaken.test/": PLANNER,
            f"{WWW}/nl/contact": page("Contact", link("/form/contactformulier-x/uw-gegevens-1", "Contactformulier")),
            f"{WWW}/form/contactformulier-x/uw-gegevens-1": page("Contactformulier - X", CONTACT_FORM),
        },
        "https://combinatie.mijnafspraakmaken.test/",
        f"{WWW}/form/contactformulier-x/uw-gegevens-1",
        11,
    ),
    # addresses that say nothing
    "zaanstad": Site(
        {
            HOME: page("Gemeente", link("/mozard/!suite86.scherm0325?mPag=244", "Digitaal loket"), link("/mozard/!suite86.scherm0325?mPag=12", "Nieuws")),
            f"{WWW}/mozard/!suite86.scherm0325?mPag=244": page("Digitaal loket", link("/mozard/!suite09.scherm1089?mWfr=604", "Afspraak maken"), link("/mozard/!suite09.scherm1089?mWfr=367", "Contactformulier")),
            f"{WWW}/mozard/!suite09.scherm1089?mWfr=604": PLANNER,
            f"{WWW}/mozard/!suite09.scherm1089?mWfr=367": CONTACT,
        },
        f"{WWW}/mozard/!suite09.scherm1089?mWfr=604",
        f"{WWW}/mozard/!suite09.scherm1089?mWfr=367",
        6,
    ),
    # routes behind a hash, the question form named after an act
    "utrecht": Site(
        {
            HOME: page("Gemeente", link("/burgerzaken/rijbewijs/", "Rijbewijs"), link("/wonen/", "Wonen"), footer(link("/contact/", "Contact"))),
            f"{WWW}/burgerzaken/rijbewijs/": page("Rijbewijs aanvragen", link("https://afspraak.x.test/qmaticwebbooking/index.html#/preselect/services/0f3a", "Afspraak maken")),
            "https://afspraak.x.test/qmaticwebbooking/index.html": PLANNER,
            f"{WWW}/contact/": page("Contact", link("/wmebv/", "Digitaal een vraag stellen")),
            f"{WWW}/wmebv/": CONTACT,
        },
        "https://afspraak.x.test/qmaticwebbooking/index.html",
        f"{WWW}/wmebv/",
        6,
    ),
    "buttons of all sorts": Site(
        {
            HOME: bare(
                '<a role="button" href="/paspoort" aria-label="Paspoort"><svg></svg></a>', link("/over", "Over ons"),
                '<map><area href="/bereikbaar" alt="Contact"></map><a href="/afval"><img src="a.png" alt="Afval"></a>',
            ),
            f"{WWW}/paspoort": page("Paspoort", '<form action="https://planner.test/" method="get"><button>Afspraak maken</button></form>'),
            "https://planner.test/": PLANNER,
            f"{WWW}/bereikbaar": page("Contact", '<form action="/vraag"><input type="submit" value="Stel uw vraag"></form>'),
            f"{WWW}/vraag": CONTACT,
        },
        "https://planner.test/",
        f"{WWW}/vraag",
        6,
    ),
    "English only": Site(
        {
            HOME: page("Municipality", nav(link("/residents", "Residents"), link("/visitors", "Visitors")), footer(link("/contact-us", "Contact us"))),
            f"{WWW}/residents": page("Residents", link("/residents/passport", "Passport and ID card"), link("/residents/waste", "Waste")),
            f"{WWW}/residents/passport": page("Passport", link("https://booking.planner.test/x", "Book an appointment")),
            "https://booking.planner.test/x": page("Make an appointment", APPOINTMENT_FORM),
            f"{WWW}/contact-us": page("Contact us", CONTACT_FORM),
        },
        "https://booking.planner.test/x",
        f"{WWW}/contact-us",
        7,
    ),
    "a splash page with a choice of language": Site(
        {
            HOME: bare('<img src="/wapen.png" alt="">', link("/nl", "Nederlands"), link("/fy", "Frysk")),
            f"{WWW}/nl": page("Welkom", link("/nl/afspraak", "Afspraak maken"), link("/nl/contact", "Contact")),
            f"{WWW}/nl/afspraak": PLANNER,
            f"{WWW}/nl/contact": CONTACT,
        },
        f"{WWW}/nl/afspraak",
        f"{WWW}/nl/contact",
        7,
    ),
    "a frameset": Site(
        {
            HOME: '<html><head><title>Gemeente</title></head><frameset cols="20,80"><frame src="menu.html"><frame src="welkom.html"></frameset></html>',
            f"{WWW}/menu.html": bare(link("/afspraak.html", "Afspraak maken"), link("/contact.html", "Contact")),
            f"{WWW}/welkom.html": bare("<p>Welkom</p>"),
            f"{WWW}/afspraak.html": PLANNER,
            f"{WWW}/contact.html": CONTACT,
        },
        f"{WWW}/afspraak.html",
        f"{WWW}/contact.html",
        6,
    ),
    "only a list from A to Z": Site(
        {
            HOME: page("Gemeente", MEGA_MENU, link("/onderwerpen", "Onderwerpen A-Z"), footer(link("/contact", "Contact"))),
            f"{WWW}/onderwerpen": page("Onderwerpen A-Z", link("/afval", "Afval"), link("/reisdocument", "Reisdocument (paspoort)"), link("/subsidie", "Subsidie")),
            f"{WWW}/reisdocument": page("Reisdocument", link("https://afspraken.x.test/", "Online regelen")),
            "https://afspraken.x.test/": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        "https://afspraken.x.test/",
        f"{WWW}/contact",
        7,
    ),
    "another domain since the merger": Site(
        {
            HOME: (301, "https://www.nieuw.test/"),
            "https://www.nieuw.test/": page("Gemeente", link("/afspraak-maken", "Afspraak maken"), link("/contact", "Contact")),
            "https://www.nieuw.test/afspraak-maken": page("Afspraak maken", link("/afspraak-maken/paspoort", "Paspoort"), link("/afspraak-maken/trouwen", "Trouwen")),
            "https://www.nieuw.test/afspraak-maken/paspoort": PLANNER,
            "https://www.nieuw.test/contact": CONTACT,
        },
        "https://www.nieuw.test/afspraak-maken/paspoort",
        "https://www.nieuw.test/contact",
        7,
    ),
    "a choice to log in or not": Site(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken"), footer(link("/contact", "Contact"))),
            f"{WWW}/afspraak": page("Afspraak maken", "<p>Hoe wilt u verder?</p>", link("/afspraak/digid", "Verder met DigiD"), link("/afspraak/zonder-digid", "Verder zonder DigiD")),
            f"{WWW}/afspraak/zonder-digid": PLANNER,
            f"{WWW}/contact": page("Contact", link("/vraag/inloggen", "Inloggen"), link("/vraag/anoniem", "Niet ingelogd verder gaan")),
            f"{WWW}/vraag/anoniem": CONTACT,
        },
        f"{WWW}/afspraak/zonder-digid",
        f"{WWW}/vraag/anoniem",
        6,
    ),
    "a contact page with an address only, the form among the subjects": Site(
        {
            HOME: page("Gemeente", link("/afspraak", "Afspraak maken"), link("/onderwerpen", "Alle onderwerpen"), footer(link("/contact", "Contact"))),
            f"{WWW}/afspraak": PLANNER,
            f"{WWW}/contact": page("Contact", "<p>Raadhuisplein 1. Bel 14 0123.</p>"),
            f"{WWW}/onderwerpen": page("Onderwerpen", link("/afval", "Afval"), link("/vraag", "Vraag of opmerking doorgeven")),
            f"{WWW}/vraag": CONTACT,
        },
        f"{WWW}/afspraak",
        f"{WWW}/vraag",
        7,
    ),
    "news that speaks of appointments": Site(
        {
            HOME: page(
                "Gemeente",
                *(link(f"/nieuws/{n}-bestuurlijke-afspraken-over-{n}", f"Nieuws: bestuurlijke afspraken over woningbouw {n}") for n in range(6)),
                link("/nieuws/paspoorten", "Nieuws: run op paspoorten, maak nu een afspraak"),
                link("/prestatieafspraken-2026", "Prestatieafspraken 2026"),
                nav(link("/loket", "Loket"), link("/contact", "Contact")),
            ),
            f"{WWW}/nieuws/paspoorten": page("Run op paspoorten, maak nu een afspraak", link("/afspraak-maken", "Maak een afspraak")),
            f"{WWW}/afspraak-maken": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        f"{WWW}/afspraak-maken",
        f"{WWW}/contact",
        5,
    ),
    "every address answers with the home page": Site(
        {
            HOME: SOFT_HOME,
            **{f"{WWW}/{path}": SOFT_HOME for path in ("afspraak", "contact", "robots.txt", "sitemap.xml", "contactformulier")},
        },
        None,
        None,
        6,
    ),
    "a list of letters": Site(
        {
            HOME: page("Gemeente", nav(link("/a-z", "A tot Z"), link("/contact", "Contact"))),
            f"{WWW}/a-z": page("A tot Z", *(link(f"/a-z/{letter}", letter.upper()) for letter in "abcdefghijklmnopqrstuvwz")),
            f"{WWW}/a-z/a": page("A", link("/aangifte-geboorte", "Aangifte geboorte"), link("/afspraak-balie", "Afspraak aan de balie")),
            f"{WWW}/afspraak-balie": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        f"{WWW}/afspraak-balie",
        f"{WWW}/contact",
        6,
    ),
    "a home page not found, with the site behind it": Site(
        {
            HOME: (404, "<title>Gemeente</title><a href='/nl/'><img src='wapen.png' alt='Naar de website'></a>"),
            f"{WWW}/nl/": page("Welkom", link("/nl/afspraak", "Afspraak maken"), link("/nl/contact", "Contact")),
            f"{WWW}/nl/afspraak": PLANNER,
            f"{WWW}/nl/contact": CONTACT,
        },
        f"{WWW}/nl/afspraak",
        f"{WWW}/nl/contact",
        5,
    ),
    "a link into the middle of a flow": Site(
        {
            HOME: page("Gemeente", link("https://formulieren.x.test/formulier/nl-NL/ev/Afspraakmaken.aspx/fSTD_Datum", "Afspraak maken"), link("/contact", "Contact")),
            "https://formulieren.x.test/formulier/nl-NL/ev/Afspraakmaken.aspx/fSTD_Datum": page("Er is geen sessie gevonden"),
            "https://formulieren.x.test/formulier/nl-NL/ev/Afspraakmaken.aspx": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        "https://formulieren.x.test/formulier/nl-NL/ev/Afspraakmaken.aspx",
        f"{WWW}/contact",
        5,
    ),
    "pages that go on by themselves": Site(
        {
            HOME: '<meta http-equiv="refresh" content="0; url=/welkom.html"><title>Gemeente</title>',
            f"{WWW}/welkom.html": page("Welkom", """<button onclick="location.href='/afspraak'">Afspraak maken</button>""", link("/contact", "Contact")),
            f"{WWW}/afspraak": "<title>Afspraak</title><script>location.href = 'https://planner.test/';</script>",
            "https://planner.test/": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        "https://planner.test/",
        f"{WWW}/contact",
        6,
    ),
    "a calendar and a catalogue": Site(
        {
            HOME: page(
                "Gemeente",
                *(link(f"/agenda/2026/{n:02}", f"{n} september 2026") for n in range(1, 30)),
                *(link(f"/afspraak/kalender?datum=2026-09-{n:02}", str(n)) for n in range(1, 30)),
                link("/agenda/2026/10", "Volgende maand"),
                link("/producten", "Producten en diensten"),
                link("/contact", "Contact"),
            ),
            f"{WWW}/producten": page(
                "Producten en diensten", *(link(f"/producten?id={n}", f"Product {n}") for n in range(40)), link("/producten?id=77", "Paspoort of identiteitskaart")
            ),
            f"{WWW}/producten?id=77": page("Paspoort", link("/producten/afspraak?id=77", "Maak een afspraak")),
            f"{WWW}/producten/afspraak?id=77": PLANNER,
            f"{WWW}/contact": CONTACT,
        },
        f"{WWW}/producten/afspraak?id=77",
        f"{WWW}/contact",
        7,
    ),
    "German": Site(
        {
            HOME: page("Gemeinde", nav(link("/buergerservice", "Bürgerservice"), link("/kontakt", "Kontakt"))),
            f"{WWW}/buergerservice": page("Bürgerservice", link("/personalausweis", "Personalausweis und Reisepass"), link("/muell", "Müll")),
            f"{WWW}/personalausweis": page("Personalausweis", link("https://termine.planner.test/", "Termin vereinbaren")),
            "https://termine.planner.test/": page("Termin vereinbaren", APPOINTMENT_FORM),
            f"{WWW}/kontakt": CONTACT,
        },
        "https://termine.planner.test/",
        f"{WWW}/kontakt",
        7,
    ),
    "nothing at all": Site({HOME: page("Gemeente", MEGA_MENU, NEWS)}, None, None, 3 + Limits().searched),
}  # fmt: skip


@pytest.mark.parametrize("name", SITES)
async def test_the_forms_are_found_within_a_few_requests(name: str) -> None:
    site = SITES[name]
    web = Web(dict(site.answers))
    found = await web.survey()
    asked = [url for url in web.asked if not url.endswith("/robots.txt")]
    by_kind = {form.kind: form.page_url for form in reversed(found.forms)}
    assert (by_kind.get("appointment"), by_kind.get("contact")) == (site.appointment, site.contact), asked
    assert len([form for form in found.forms if form.kind in ("appointment", "contact")]) == len(by_kind)
    assert len(asked) <= site.pages, asked
    assert found.municipality.outcome == "surveyed"
