"""The form products of the nation: template, kind, address pattern and whether the first page asks for personal data.

Markup follows real products (their fingerprints are what a crawler recognises); the brands shown in the pages are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gemcrawl.demo.model import Language
from gemcrawl.items import Kind

Place = Literal["own", "subdomain", "loket", "formulieren", "platform", "shared", "jcc", "agenda"]
Script = Literal["", "shown", "declared", "silent", "hidden"]
"""What becomes of a form for which scripts must run, when nothing but GET is sent: it is `shown`; its definition is published (`declared`); its
page shows nothing but is known by its product (`silent`); nothing tells that it is there (`hidden`).  Empty: it stands in the page as fetched."""


@dataclass(frozen=True, slots=True)
class Product:
    """One way in which a form is made."""

    key: str
    kind: Kind
    places: tuple[Place, ...]
    path: str
    """Path of the form's page; ``{slug}`` is the municipality."""
    action: str | None = ""
    """Action as written when nothing is wrong; ``{path}`` is the page's own path."""
    personal: bool = True
    """The first page asks for personal data."""
    entry_path: str = ""
    """Path that links lead to and that redirects to `path`; empty when links lead straight to it."""
    cookie_gate: str = ""
    session: str = ""
    language: Language = "nl"
    title: str = ""
    mounted: bool = False
    """A script fills an empty element with the form; there is no form element in the page."""
    script: Script = ""
    fragment: str = ""
    """Route within a single-page application, as links have it."""
    by_script: bool = True
    """With `script`: a script sends the data, not the form itself."""


def _all() -> dict[str, Product]:
    appointment: Kind = "appointment"
    contact: Kind = "contact"
    tripl = "/TriplEforms/DirectRegelen/formulier/nl-NL/ev{slug}/Afspraakmaken.aspx"
    rows = [
        Product("tripl_intro", appointment, ("formulieren",), tripl.replace("Afspraakmaken", "afspraakmaken") + "/fSTD_Intro", "./fSTD_Intro",
                personal=False, entry_path=tripl, session="ASP.NET_SessionId", title="Afspraak maken"),
        Product("tripl_category", appointment, ("formulieren",), "/formulier/nl-NL/DefaultEnvironment/scAfspraakMaken.aspx",
                personal=False, title="Afspraak maken - onderwerp"),
        Product("wicket", appointment, ("subdomain", "shared"), "/afspraak/maken/{slug}", "./{slug}?0-1.-matches-form", personal=False,
                title="Kies een product"),
        Product("drupal8_appointment", appointment, ("own",), "/afspraak-maken/formulier", "{path}", personal=False, title="Afspraak maken"),
        Product("mozard_appointment", appointment, ("loket",), "/mozard/!suite09.scherm1089", "!suite09.scherm1089?mWfr=367",
                title="Afspraak maken"),
        Product("sim_appointment", appointment, ("own",), "/form/afspraak-maken/afspraak-maken-0", "", personal=False,
                cookie_gate="SIMsession", title="Afspraak maken"),
        Product("gravity_appointment", appointment, ("own",), "/maak-een-afspraak/", "{path}#gf_4", title="Maak een afspraak"),
        Product("cms_appointment", appointment, ("own",), "/afspraak/aanvragen", "/afspraak/verzenden", title="Afspraak plannen"),
        Product("aspx_appointment", appointment, ("subdomain",), "/Internetafspraken/Default.aspx", "Default.aspx", title="Online afspraak maken"),
        Product("balie", appointment, ("platform", "subdomain"), "/", "/kies", personal=False, title="Waarvoor wilt u een afspraak maken?"),
        Product("balie_steps", appointment, ("platform", "shared"), "/{slug}/afspraak/stap-1", "stap-2", personal=False,
                title="Stap 1 van 5: producten"),
        Product("powermail_appointment", appointment, ("own",), "/afspraak-inplannen", "{path}", title="Afspraak inplannen"),
        Product("umbraco_appointment", appointment, ("own",), "/afspraak-in-het-gemeentehuis", None, title="Afspraak in het gemeentehuis"),
        Product("loket_appointment", appointment, ("loket", "shared"), "/{slug}/balieafspraak", None, personal=False, title="Balieafspraak"),
        Product("fy_appointment", appointment, ("own",), "/ofspraak-meitsje", "{path}", language="fy", title="Meitsje in ôfspraak"),
        Product("en_appointment", appointment, ("own",), "/en/make-an-appointment", "{path}", language="en", title="Make an appointment"),
        Product("oip_contact", contact, ("own",), "/contactformulier/", "{path}", title="Contactformulier"),
        Product("sim_contact", contact, ("own",), "/form/contactformulier/contactformulier-0", "", personal=False,
                cookie_gate="SIMsession", title="Contactformulier"),
        Product("gravity_contact", contact, ("own",), "/contact/formulier/", "{path}#gf_2", title="Contactformulier"),
        Product("drupal8_contact", contact, ("own",), "/contactformulier", "{path}", title="Contactformulier"),
        Product("drupal7_contact", contact, ("own",), "/contact-opnemen", "/contact-opnemen", title="Neem contact op"),
        Product("powermail_contact", contact, ("own",), "/contact/stel-uw-vraag", "{path}", title="Stel uw vraag"),
        Product("cf7_contact", contact, ("own",), "/stuur-een-bericht/", "{path}#wpcf7-f12-p34-o1", title="Stuur ons een bericht"),
        Product("mozard_contact", contact, ("loket",), "/mozard/!suite09.scherm0325", "!suite09.scherm0325?mWfr=604", title="Contactformulier"),
        Product("tripl_contact", contact, ("formulieren",), "/formulier/nl-NL/DefaultEnvironment/Contactformulier.aspx",
                "./Contactformulier.aspx", title="Contactformulier"),
        Product("wmebv_contact", contact, ("own",), "/wmebv/niet-ingelogd/stap1", "/api/wmebv/anonymous/step1", title="Vraag aan de gemeente"),
        Product("cms_contact", contact, ("own",), "/contact/contactformulier", "/contact/verzenden", title="Contactformulier"),
        Product("umbraco_contact", contact, ("own",), "/contact/vraag-stellen", None, title="Vraag stellen"),
        Product("liferay_contact", contact, ("own", "shared"), "/web/{slug}/contactformulier", "{path}?p_p_lifecycle=1", title="Contactformulier"),
        Product("openforms_contact", contact, ("own",), "/contactformulier-online", None, personal=False, title="Contactformulier", mounted=True),
        Product("fy_contact", contact, ("own",), "/kontaktformulier", "{path}", language="fy", title="Kontaktformulier"),
        Product("en_contact", contact, ("own",), "/en/contact-form", "{path}", language="en", title="Contact form"),
        Product("aurelia_activity", appointment, ("platform", "subdomain"), "/client/", None, personal=False, script="shown"),
        Product("aurelia_details", appointment, ("platform", "subdomain"), "/client/", None, script="shown"),
        Product("jcc_login", appointment, ("jcc",), "/client/", None, personal=False, script="silent"),
        Product("qmatic_booking", appointment, ("subdomain",), "/qmaticwebbooking/index.html", None, personal=False, script="shown",
                fragment=f"#/preselect/services/{'5e7d1c90' * 8}"),
        Product("portal_hash", appointment, ("loket",), "/app/", None, script="shown", fragment="#/afspraak-maken"),
        Product("widget_frames", appointment, ("agenda",), "/kalender", "/kalender/stap-2", personal=False, script="shown", by_script=False),
        Product("component_appointment", appointment, ("own",), "/afspraak-plannen", None, script="shown", title="Afspraak plannen"),
        Product("stream_planner", appointment, ("subdomain",), "/plan/", None, script="shown"),
        Product("openforms_appointment", appointment, ("formulieren",), "/afspraak-maken/", None, personal=False, script="declared",
                title="Afspraak maken"),
        Product("login_portal", appointment, ("subdomain",), "/start/", None, script="hidden"),
        Product("openforms_sdk_contact", contact, ("formulieren",), "/contactformulier/", None, script="declared", title="Contactformulier"),
        Product("component_contact", contact, ("own",), "/contact/vraag-of-opmerking", None, script="shown", title="Contactformulier"),
        Product("react_contact", contact, ("own",), "/contact/bericht", None, script="shown", title="Contactformulier"),
    ]  # fmt: skip
    return {row.key: row for row in rows}


PRODUCTS: dict[str, Product] = _all()

LOOKALIKES: dict[str, Kind] = {
    "search_get": "search",
    "search_role": "search",
    "search_solr": "search",
    "newsletter": "newsletter",
    "feedback": "feedback",
    "feedback_email": "feedback",
    "comment": "comment",
    "report": "report",
    "complaint": "complaint",
    "objection": "product",
    "waste_calendar": "other",
    "vacancy": "other",
    "event": "other",
    "manage": "manage_appointment",
    "callback": "callback",
    "login": "login",
}
"""Forms that look like something else, by template, with what they are."""
