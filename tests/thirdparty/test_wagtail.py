"""Form pages of Wagtail, as it writes them, read as they come."""

from __future__ import annotations

import urllib.request

import pytest

from gemcrawl.forms import read_page
from gemcrawl.forms.page import PageForm
from gemcrawl.items import Kind, PersonalData


def read(port: int, path: str) -> tuple[PageForm, ...]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return read_page(answer.read(), f"https://www.wagtaal.test{path}", charset="utf-8").forms


@pytest.mark.parametrize(
    ("path", "kind", "fields", "data"),
    [
        (
            "/contact/",
            "contact",
            [
                ("naam", "Naam", "text", "name", True),
                ("e_mailadres", "E-mailadres", "email", "email", True),
                ("telefoonnummer", "Telefoonnummer", "text", "phone", False),
                ("uw_vraag", "Uw vraag", "textarea", "free_text", True),
            ],
            ("name", "email", "phone", "free_text"),
        ),
        (
            "/afspraak-maken/",
            "appointment",
            [
                # Django's label of the group is for no element: a browser computes nothing from it, people read it as the question.
                ("waarvoor_komt_u", "Waarvoor komt u?", "radio group", None, True),
                ("gewenste_datum", "Gewenste datum", "text", None, True),
                ("achternaam", "Achternaam", "text", "name", True),
                ("geboortedatum", "Geboortedatum", "text", "birth_date", True),
                ("e_mailadres", "E-mailadres", "email", "email", True),
            ],
            ("name", "birth_date", "email"),
        ),
    ],
)
def test_a_form_page_is_typed_with_its_fields(
    wagtail_port: int, path: str, kind: Kind, fields: list[tuple[str, str, str, str | None, bool]], data: tuple[PersonalData, ...]
) -> None:
    (form,) = read(wagtail_port, path)
    assert form.kind == kind
    assert [(f.name, f.label, f.type, f.category, f.required) for f in form.fields] == fields
    assert (form.personal_data, form.personal_data_level) == (data, "seen")
    assert [(t.method, t.url) for t in form.targets] == [("post", f"https://www.wagtaal.test{path}")]


def test_a_page_without_a_form_has_none(wagtail_port: int) -> None:
    assert read(wagtail_port, "/") == ()
