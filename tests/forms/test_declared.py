"""Form definitions: what Open Forms publishes of its forms, read as hostile JSON, and forms completed with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemcrawl.forms import read_page
from gemcrawl.forms.declared import MAX_BYTES, MAX_DEPTH, MAX_STEPS, DeclaredForm, complete, fields_of_components, read_form, read_step
from gemcrawl.forms.fields import MAX_FIELDS
from gemcrawl.items import Field

API = "https://formulieren.x.test/api/v2/forms/contact"
FORM = "e450890a-4166-410e-8d64-0a54ad30ba01"
STEP = "9e6eb3c5-e5a4-4abf-b64a-73d3243f2bf5"
PAGE = """<main><div id="openforms-container" data-form-id="{slug}" data-base-url="/api/v2/"></div></main><script src="/sdk.js"></script>"""


def described(**own: Any) -> bytes:
    """A form as the detail endpoint of Open Forms tells it, but for what nobody reads."""
    return json.dumps(
        {
            "uuid": FORM,
            "name": "Contactformulier",
            "slug": "contact",
            "url": API,
            "loginRequired": False,
            "active": True,
            "maintenanceMode": False,
            "appointmentOptions": {"isAppointment": False, "supportsMultipleProducts": None},
            "steps": [{"uuid": STEP, "slug": "uw-vraag", "formDefinition": "Uw vraag", "index": 0, "url": f"{API}/steps/{STEP}"}],
            **own,
        }
    ).encode()


def component(type_: str, label: str = "", key: str = "veld", **own: Any) -> dict[str, Any]:
    return {"type": type_, "key": key, "label": label, **own}


def categories(*components: object) -> list[str | None]:
    return [f.category for f in fields_of_components(list(components))]


def declared(body: bytes) -> DeclaredForm:
    found = read_form(body, API)
    assert found is not None
    return found


def test_a_form_tells_its_name_and_its_steps() -> None:
    assert declared(described()) == DeclaredForm(
        name="Contactformulier",
        step_names=("Uw vraag",),
        step_urls=(f"https://formulieren.x.test/api/v2/forms/{FORM}/steps/{STEP}",),
    )


def test_a_form_tells_that_it_is_an_appointment_that_it_wants_a_login_and_that_it_is_closed() -> None:
    appointment = declared(described(appointmentOptions={"isAppointment": True, "supportsMultipleProducts": True}, steps=[]))
    assert appointment.is_appointment
    assert declared(described(type="appointment")).is_appointment
    assert declared(described(loginRequired=True)).login_required
    assert not declared(described(active=False)).active
    assert not declared(described(maintenanceMode=True)).active


def test_steps_are_asked_where_the_form_was_and_nowhere_that_the_form_says() -> None:
    elsewhere = [{"uuid": STEP, "url": "http://169.254.169.254/latest"}, {"uuid": "../../admin", "url": "file:///etc/passwd"}]
    assert declared(described(steps=elsewhere)).step_urls == (f"https://formulieren.x.test/api/v2/forms/{FORM}/steps/{STEP}",)
    assert len(declared(described(steps=[{"uuid": STEP}] * 100)).step_urls) == MAX_STEPS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"detail": "Not found."}',
        described(uuid="../x"),
        described(name=""),
        described(steps=None),
        b"[" * 200_000,
        b'{"steps": [], "name": "' + b"x" * MAX_BYTES + b'"}',
        b"1" * 10_000,
    ],
    ids=repr,
)
def test_what_is_no_form_definition_is_none(body: bytes) -> None:
    assert read_form(body, API) is None
    assert read_step(body) is None


@pytest.mark.parametrize(
    "wrapped", [lambda c: {"configuration": {"display": "form", "components": c}}, lambda c: {"display": "form", "components": c}]
)
def test_a_step_or_a_form_io_form_has_components(wrapped: Any) -> None:
    found = read_step(json.dumps(wrapped([component("textfield", "Achternaam", "naam", validate={"required": True})])).encode())
    assert found == [Field(name="naam", label="Achternaam", type="text", category="name", required=True)]


@pytest.mark.parametrize(
    ("type_", "category"),
    [
        ("email", "email"), ("phoneNumber", "phone"), ("bsn", "bsn"), ("iban", "iban"), ("licenseplate", "licence_plate"), ("postcode", "postcode"),
        ("signature", "signature"), ("file", "upload"), ("textarea", "free_text"), ("partners", "family"), ("children", "family"),
        ("npFamilyMembers", "family"), ("cosign", "email"), ("textfield", None), ("number", None), ("currency", None), ("date", None),
        ("select", None), ("radio", None), ("selectboxes", None), ("checkbox", None), ("time", None), ("map", None), ("nieuwSoort", None),
    ],
)  # fmt: skip
def test_a_type_tells_what_it_asks_when_the_label_says_nothing(type_: str, category: str | None) -> None:
    assert categories(component(type_, "Onderdeel 3")) == [category]


def test_where_the_type_is_general_the_label_or_the_key_tells() -> None:
    assert categories(
        component("date", "Geboortedatum"), component("radio", "Aanhef"), component("textfield", "", "persoon.achternaam")
    ) == [
        "birth_date",
        "gender",
        "name",
    ]
    assert categories(component("textfield", "", "x", autocomplete="tel")) == ["phone"]


def test_an_address_and_a_profile_are_several_fields() -> None:
    assert [(f.name, f.category) for f in fields_of_components([component("addressNL", "Adres", "adres")])] == [
        ("adres.postcode", "postcode"),
        ("adres.houseNumber", "address"),
        ("adres.houseLetter", "address"),
        ("adres.houseNumberAddition", "address"),
    ]
    assert categories(component("customerProfile", "Contact", digitalAddressTypes=["phoneNumber"])) == ["phone"]


def test_containers_are_walked_in_order_and_their_label_helps() -> None:
    tree = [
        component("fieldset", "Geboortedatum", components=[component("number", "Dag", "d"), component("number", "Jaar", "j")]),
        component(
            "columns",
            "Kolommen",
            columns=[{"size": 6, "components": [component("bsn", "BSN", "a")]}, {"components": [component("email", "", "b")]}],
        ),
        component("table", "", rows=[[{"components": [component("iban", "", "c")]}], [{"components": [component("textarea", "", "e")]}]]),
        component("editgrid", "Kinderen", groupLabel="Kind", components=[component("textfield", "Voornaam", "f")]),
        component("panel", "", title="Overig", components=[component("file", "Bijlage", "g")]),
    ]
    found = fields_of_components(tree)
    assert [f.name for f in found] == ["d", "j", "a", "b", "c", "e", "f", "g"]
    assert [f.category for f in found] == ["birth_date", "birth_date", "bsn", "email", "iban", "free_text", "family", "upload"]


def test_what_nobody_sees_or_fills_in_is_left_out() -> None:
    assert not fields_of_components(
        [
            component("textfield", "Naam", hidden=True),
            component("fieldset", "", hidden=True, components=[component("email", "E-mail")]),
            component("content", "", html="<p>Naam</p>"),
            component("button", "Verzenden", action="submit"),
            component("softRequiredErrors", ""),
            component("textfield", "Naam", input=False),
        ]
    )


def test_labels_are_text_of_bounded_length() -> None:
    (field,) = fields_of_components([component("textfield", f"<b onclick=x>Naam</b>  {'x' * 1000}")])
    assert field.label.startswith("Naam x")
    assert len(field.label) == 200


def test_half_a_character_does_not_get_into_a_row() -> None:
    found = read_step(b'{"components": [{"type": "textfield", "key": "a\\ud800", "label": "Naam \\udc00"}]}')
    assert found is not None
    assert [(f.name, f.label) for f in found] == [("a?", "Naam ?")]


def test_a_tree_is_walked_within_a_budget() -> None:
    deep: Any = component("email", "E-mail")
    for _ in range(MAX_DEPTH + 2):
        deep = component("fieldset", "", components=[deep])
    assert not fields_of_components([deep])
    assert len(fields_of_components([component("email", "E-mail")] * 100_000)) == MAX_FIELDS


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["type", "key", "label", "components", "columns", "rows", "hidden", "validate", "steps", "uuid", "name"]), inner
        )
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(["textfield", "fieldset", "addressNL", "columns"]),
                "key": st.text(),
                "components": inner,
                "columns": inner,
            }
        )
    ),
    max_leaves=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_JSON)
def test_nothing_in_a_definition_raises(value: object) -> None:
    body = json.dumps(value).encode()
    assert all(isinstance(f, Field) for f in fields_of_components(value))
    read_form(body, API)
    read_step(body)


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    assert read_form(body, API) is None


CONTACT = [component("textfield", "Naam", "n"), component("email", "E-mail", "e"), component("textarea", "Uw vraag", "v")]


def test_a_completed_form_has_the_fields_its_definition_declares_and_is_judged_by_them() -> None:
    reading = read_page(PAGE.format(slug="f-17").encode(), "https://formulieren.x.test/f-17/")
    (bare,) = reading.forms
    assert (bare.kind, bare.fields) == ("other", ())
    found = complete(bare, reading, declared(described(name="Stel uw vraag")), fields_of_components(CONTACT))
    assert (found.kind, found.personal_data, found.personal_data_level) == ("contact", ("name", "email", "free_text"), "declared")
    assert 'form definition: "Stel uw vraag"' in found.kind_reasons
    assert found.api_urls == bare.api_urls
    assert found.signature != bare.signature


def test_what_a_definition_calls_an_appointment_is_one_whatever_its_words() -> None:
    reading = read_page(PAGE.format(slug="paspoort-aanvragen").encode(), "https://formulieren.x.test/paspoort-aanvragen/")
    found = complete(reading.forms[0], reading, declared(described(name="Paspoort aanvragen", type="appointment", loginRequired=True)), [])
    assert found.kind == "appointment"
    assert found.kind_reasons[0].startswith("form definition: an appointment form")
    assert "form definition: login is required" in found.kind_reasons


def test_a_form_without_a_clear_purpose_stays_unclear() -> None:
    reading = read_page(PAGE.format(slug="f-17").encode(), "https://formulieren.x.test/f-17/")
    found = complete(
        reading.forms[0], reading, declared(described(name="F17", active=False)), fields_of_components([component("number", "Aantal")])
    )
    assert (found.kind, found.personal_data, found.personal_data_level) == ("other", (), "none")
    assert "form definition: closed for now" in found.kind_reasons


def test_the_link_that_led_to_the_page_counts_as_it_does_for_any_form() -> None:
    reading = read_page(PAGE.format(slug="f-17").encode(), "https://formulieren.x.test/f-17/")
    found = complete(reading.forms[0], reading, declared(described(name="F17")), [], entry_text="Afspraak maken")
    assert found.kind == "appointment"
