"""Products whose form exists only after scripts ran: which case has which, and everything their scripts ask for."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gemcrawl.demo.model import FormSpec, Host, Page

WIDGET_HOST = "widget.agendaplan.test"
"""Serves the script that municipalities put into their pages, and the outer frame it makes."""
JCC_HOST = "online3.jccsoftware.test"
JCC_API = f"https://{JCC_HOST}/JCC/Afspraakgeleiding/Api/api"
NEVER = 600.0
"""Seconds after which nobody waits any more."""
PRODUCTS_OF: dict[str, tuple[str, ...]] = {
    "s_late": ("aurelia_activity", "aurelia_details"),
    "s_posts": ("jcc_login",),
    "s_hash": ("qmatic_booking", "portal_hash"),
    "s_frames": ("widget_frames",),
    "s_shadow": ("component_appointment",),
    "s_endless": ("stream_planner",),
    "s_declared": ("openforms_appointment",),
    "s_hidden": ("login_portal",),
    "s_contact": ("openforms_sdk_contact", "component_contact", "react_contact"),
    "s_api_http": ("react_contact",),
}
"""The products of a case, in turn."""
CONTACT_CASES = ("s_contact", "s_api_http")
_LATE = (50, 120, 300, 600, 1000, 1500, 2000)
"""Milliseconds until a form shows itself."""

Field = dict[str, Any]
_CHOICES: list[Field] = [
    {"label": "Waarvoor wilt u een afspraak maken?", "type": "radio", "name": "activiteit", "options": ["Paspoort", "Identiteitskaart", "Rijbewijs"]},
    {"label": "Aantal personen", "type": "select", "name": "aantal", "options": ["1", "2", "3", "4"]},
]  # fmt: skip
_MOMENT: list[Field] = [
    {"label": "Locatie", "type": "select", "name": "locatie", "options": ["Gemeentehuis", "Servicepunt"]},
    {"label": "Datum", "type": "date", "name": "datum"},
    {"label": "Tijd", "type": "select", "name": "tijd", "options": ["09:00", "09:15", "10:30"]},
]
_PERSON: list[Field] = [
    {"label": "Voorletters", "name": "voorletters"},
    {"label": "Achternaam", "name": "achternaam"},
    {"label": "E-mailadres", "type": "email", "name": "email"},
    {"label": "Geboortedatum (dd-mm-jjjj)", "name": "geboortedatum"},
    {"label": "Mobiel nummer", "type": "tel", "name": "telefoon"},
]
_QUESTION: list[Field] = [
    {"label": "Naam", "name": "naam"},
    {"label": "E-mailadres", "type": "email", "name": "email"},
    {"label": "Uw vraag of opmerking", "type": "textarea", "name": "vraag"},
]
_STEPS = ["Activiteiten", "Benodigdheden", "Locatie, datum en tijd", "Uw gegevens"]
_MAKE = "Afspraak maken"


@dataclass(frozen=True, slots=True)
class _File:
    """What one path answers: a script of the templates, or JSON."""

    path: str
    content: Any
    delay: float = 0.0


def specification(product: str, action: str | None, api: str, rng: random.Random) -> FormSpec:
    """The form of a script-driven product, with the time it takes to show itself."""
    return FormSpec(product=product, action=action, api=api, late=rng.choice(_LATE))


def add_files(host: Host, page: Page, product: str) -> None:
    """Adds to ``host`` what the script-driven product on ``page`` fetches."""
    spec = page.form
    assert spec is not None
    for file in _files(product, page.path, spec, spec.late / 4000):
        is_script = isinstance(file.content, str)
        raw = _script(file.content) if is_script else json.dumps(file.content, ensure_ascii=False).encode()
        kind = "text/javascript; charset=utf-8" if is_script else "application/json"
        host.pages.setdefault(file.path, Page(path=file.path, title="", raw=raw, content_type=kind, delay=file.delay, in_sitemap=False))


def _files(product: str, path: str, spec: FormSpec, slow: float) -> list[_File]:
    api = f"{spec.api}/activity/listforappointment".partition(".test")[2]
    step = path + "/stap.json"
    made: dict[str, list[_File]] = {
        "aurelia_activity": [_File("/client/app.js", "aurelia"), _File("/client/appsettings.json", {"api": spec.api}),
                             _File(api, _step(_MAKE, _CHOICES, "Ga verder naar stap 2", steps=_STEPS), slow)],
        "aurelia_details": [_File("/client/app.js", "aurelia"), _File("/client/appsettings.json", {"api": spec.api}),
                            _File(api, _step(_MAKE, _unnamed([*_MOMENT, *_PERSON]), "Afspraak bevestigen", steps=_STEPS), slow)],
        "jcc_login": [_File("/client/app.js", "jcc_login"), _File("/client/appsettings.json", {"api": JCC_API}, slow)],
        "qmatic_booking": [_File("/qmaticwebbooking/js/app.js", "qmatic_booking"),
                           _File("/qmaticwebbooking/rest/schedule/configuration",
                                 {"title": "Web Booking", "steps": ["Dienst", "Datum en tijd", "Contactgegevens"], "fields": [*_CHOICES, *_MOMENT]}, slow)],
        "portal_hash": [_File("/app/main.js", "portal_hash"), _File("/app/data/afspraak.json", _step(_MAKE, [*_MOMENT, *_PERSON], "Verder"), slow)],
        "widget_frames": [_File("/agenda.js", "widget_frames"), _File("/agenda.json", _step(_MAKE, [*_CHOICES, *_MOMENT], "Volgende"), slow)],
        "component_appointment": [_File("/assets/componenten.js", "components"), _File(step, _step("Plan uw afspraak", [*_MOMENT, *_PERSON], "Verder"), slow)],
        "component_contact": [_File("/assets/componenten.js", "components"), _File(step, _step("Stel uw vraag", _QUESTION, "Versturen"), slow)],
        "react_contact": [_File("/assets/contact.js", "react_contact"), _File(step, _step("Stuur ons een bericht", _QUESTION, "Versturen"), slow)],
        "stream_planner": [_File("/plan/app.js", "stream_planner"), _File("/plan/stap.json", _step(_MAKE, [*_MOMENT, *_PERSON], "Verder"), slow),
                           *(_File(f"/plan/{name}", {}, NEVER) for name in ("nieuws", "stroom", "nooit.js", "bijna.gif"))],
        "login_portal": [_File("/start/app.js", "login_portal")],
        "openforms_appointment": [_File("/static/sdk/open-forms-sdk.js", "openforms"), *_definition(path, _MAKE, "appointment", [])],
        "openforms_sdk_contact": [_File("/static/sdk/open-forms-sdk.js", "openforms"), *_definition(path, "Contactformulier", "regular", _QUESTION)],
    }  # fmt: skip
    return made[product]


def _step(title: str, fields: list[Field], button: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "fields": fields, "button": button, **more}


def _unnamed(fields: list[Field]) -> list[Field]:
    return [{**field, "name": ""} for field in fields]


def _definition(path: str, name: str, kind: str, fields: list[Field]) -> list[_File]:
    """What the product publishes about a form and its steps."""
    base, slug = "/api/v2/forms/", path.strip("/")
    uuid, step = "6f1d9f1e-2b6c-4f55-9a0e-93a0c1d2e3f4", "0b7f2c52-4d0e-4c7f-8a57-5f0f6f1f2a3b"
    steps = [{"uuid": step, "slug": "uw-vraag", "formDefinition": "Uw vraag"}] if fields else []
    form = {"uuid": uuid, "name": name, "slug": slug, "type": kind, "active": True, "loginRequired": False, "steps": steps,
            "appointmentOptions": {"isAppointment": kind == "appointment"}}  # fmt: skip
    components = [
        {
            "type": {"email": "email", "textarea": "textarea"}.get(field.get("type", ""), "textfield"),
            "key": field["name"],
            "label": field["label"],
        }
        for field in fields
    ]
    found = [_File(f"{base}{slug}", form)]
    return [*found, _File(f"{base}{uuid}/steps/{step}", {"uuid": step, "configuration": {"components": components}})] if fields else found


def _script(name: str) -> bytes:
    """A script as it is served, with the functions that all of them share."""
    folder = files("gemcrawl.demo") / "templates" / "apps"
    return b"".join(folder.joinpath(f"{part}.js").read_bytes() for part in ("build", name))


def widget_host() -> Host:
    """The host that the municipalities' pages take the agenda's script from."""
    host = Host(name=WIDGET_HOST, owner="Agendaplan", layout="bare")
    raw = (files("gemcrawl.demo") / "templates" / "apps" / "embed.js").read_bytes()
    host.add(Page(path="/embed.js", title="", raw=raw, content_type="text/javascript; charset=utf-8", in_sitemap=False))
    return host


def jcc_host() -> Host:
    """The data service of a product that takes a POST before it says anything."""
    return Host(name=JCC_HOST, owner="JCC", layout="bare")
