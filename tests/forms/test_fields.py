"""Labels as browsers compute them; hidden fields and traps for robots left out; groups are one field."""

from __future__ import annotations

import pytest

from gemcrawl.forms import PageForm, read_page


def read(inner: str) -> PageForm:
    (form,) = read_page(f"<main><form method=post>{inner}<button>Verstuur</button></form></main>".encode(), "https://x.test/").forms
    return form


@pytest.mark.parametrize(
    ("why", "inner", "label"),
    [
        ("label for", "<label for=a>Naam *</label><input id=a>", "Naam *"),
        ("label after the field", "<input id=a><label for=a>Naam</label>", "Naam"),
        ("wrapping label", "<label>Naam <input></label>", "Naam"),
        ("wrapping label, text after", "<label><input type=text> Naam</label>", "Naam"),
        ("options are no label", "<label>Land <select><option>Nederland</option><option>Duitsland</option></select></label>", "Land"),
        ("text in the field is no label", "<label>Vraag <textarea>al ingevuld</textarea></label>", "Vraag"),
        (
            "aria-labelledby goes before all",
            "<span id=l>Postcode</span><label for=a>x</label><input id=a aria-label=y aria-labelledby=l>",
            "Postcode",
        ),
        ("two labelling elements", "<span id=l>Uw</span><span id=m>naam</span><input aria-labelledby='l m'>", "Uw naam"),
        ("labelledby that leads nowhere", "<label for=a>Naam</label><input id=a aria-labelledby=zzz>", "Naam"),
        ("aria-label goes before label", "<label for=a>x</label><input id=a aria-label=Naam>", "Naam"),
        ("title", "<input title=Naam placeholder=x>", "Naam"),
        ("placeholder last", "<input placeholder='Uw naam'>", "Uw naam"),
        ("white space", "<label for=a>\n  Uw\t naam\n</label><input id=a>", "Uw naam"),
        ("markup inside", "<label for=a>Uw <em>naam</em><abbr title=verplicht>*</abbr></label><input id=a>", "Uw naam*"),
        ("cell before", "<table><tr><td>Naam</td><td><input></td></tr></table>", "Naam"),
        ("none", "<input name=n>", ""),
    ],
)
def test_label(why: str, inner: str, label: str) -> None:
    (field,) = read(inner).fields
    assert field.label == label, why


def test_name_else_id() -> None:
    assert [f.name for f in read("<input name=n id=i><input id=j><input>").fields] == ["n", "j", ""]


def test_radio_buttons_of_one_name_are_one_field_with_the_legend_as_label() -> None:
    form = read(
        "<fieldset><legend>Aanhef</legend><label><input type=radio name=g value=h>De heer</label><label><input type=radio name=g>Mevrouw</label></fieldset>"
    )
    assert [(f.name, f.label, f.type, f.category) for f in form.fields] == [("g", "Aanhef", "radio group", "gender")]


def test_radio_group_by_role() -> None:
    form = read(
        "<p id=q>Bent u doof of slechthorend?</p><div role=radiogroup aria-labelledby=q><input type=radio name=d><input type=radio name=d></div>"
    )
    assert [(f.label, f.category) for f in form.fields] == [("Bent u doof of slechthorend?", "health")]


def test_a_date_of_birth_in_three_parts() -> None:
    form = read(
        "<fieldset><legend>Geboortedatum</legend><label>Dag<select name=d></select></label><label>Maand<select name=m></select></label><label>Jaar<input name=j></label></fieldset>"
        "<label>Datum<input type=date name=x></label>"
    )
    assert [f.category for f in form.fields] == ["birth_date", "birth_date", "birth_date", None]


def test_required_as_marked() -> None:
    assert [f.required for f in read("<input name=a required><input name=b aria-required=true><input name=c>").fields] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "inner",
    [
        "<input type=hidden name=email>",
        "<div hidden><input name=email></div>",
        "<div aria-hidden=true><input name=email></div>",
        "<div style='display: none'><input name=email></div>",
        "<div style='position:absolute;left:-9999px'><p><input name=email></p></div>",
        "<input name=email style='display:none !important'>",
        "<li class='gfield gform_validation_container'><label>E-mail<input name=input_9></label></li>",
        "<div class=honeypot><input name=email></div>",
        "<div class='form-honeypot-wrap'><input name=email></div>",
        "<input name=website tabindex=-1>",
        "<input name=url tabindex=-1 autocomplete=off>",
        "<label>E-mail (laat dit veld leeg)<input name=email></label>",
        "<label>Leave this field blank<input name=homepage></label>",
        "<input type=submit name=email><input type=button name=email2><input type=reset>",
    ],
)
def test_hidden_fields_and_traps_are_no_fields(inner: str) -> None:
    assert read("<input name=zichtbaar>" + inner).fields == read("<input name=zichtbaar>").fields


def test_a_later_step_that_waits_for_its_turn_is_visible() -> None:
    form = read(
        "<div class=gform_page><input name=vraag></div><div class=gform_page style='display:none'><label>Naam<input name=n></label></div>"
    )
    assert form.personal_data == ("name",)


def test_a_form_in_a_closed_dialog_keeps_its_fields() -> None:
    html = b"<div class=modal aria-hidden=true style='display:none'><form><input name=naam></form></div>"
    assert [f.name for f in read_page(html, "https://x.test/").forms[0].fields] == ["naam"]


def test_signature_is_stable_over_sessions_and_pages() -> None:
    def signature(token: str, label: str = "Naam") -> str:
        return read(f"<input type=hidden name=t value={token}><label>{label}<input name=f{token} value={token}></label>").signature

    assert signature("18273645") == signature("99887766")
    assert signature("18273645") != signature("18273645", "Adres")


@pytest.mark.parametrize(
    ("why", "inner"),
    [
        ("words before it", "<div><label>Handtekening</label><canvas></canvas><input type=hidden name=s></div>"),
        (
            "the label of the hidden field that a script fills",
            "<label for=s>Handtekening</label><input type=hidden id=s><div><canvas></canvas></div>",
        ),
    ],
)
def test_what_is_drawn_is_a_field_when_it_is_a_signature(why: str, inner: str) -> None:
    (field,) = read(inner).fields
    assert (field.label, field.type, field.category) == ("Handtekening", "canvas", "signature"), why


def test_other_drawings_are_no_fields() -> None:
    (field,) = read("<label>Naam <input></label><p>Grafiek</p><canvas></canvas>").fields
    assert field.label == "Naam"


def test_a_label_of_a_hidden_field_is_that_of_what_a_script_shows_in_its_place() -> None:
    (field,) = read("<label for=g>Geboortedatum</label><input type=hidden id=g name=g><input type=text>").fields
    assert (field.label, field.category) == ("Geboortedatum", "birth_date")


def test_what_is_written_into_by_script_is_a_text_field() -> None:
    (field,) = read(
        "<span id=v>Uw vraag</span><div contenteditable role=textbox aria-labelledby=v></div><div contenteditable=false>x</div>"
    ).fields
    assert (field.label, field.type, field.category) == ("Uw vraag", "textarea", "free_text")


@pytest.mark.parametrize("hiding", ["class=visually-hidden", "style='opacity: 0; position: absolute'", "style='display:none'", "hidden"])
def test_what_is_hidden_behind_a_drawing_of_itself_is_shown_by_its_label(hiding: str) -> None:
    form = read(
        f"<input type=file name=b id=b {hiding}><label for=b>Bijlage toevoegen</label><fieldset><legend>Aanhef</legend>"
        f"<input type=radio name=a id=h {hiding}><label for=h>De heer</label><input type=radio name=a id=m {hiding}><label for=m>Mevrouw</label></fieldset>"
    )
    assert [(f.name, f.type, f.category) for f in form.fields] == [("b", "file", "upload"), ("a", "radio group", "gender")]


@pytest.mark.parametrize(
    "inner",
    [
        "<input type=checkbox name=contact_me_by_fax style='display:none' tabindex=-1>",
        "<div class=hidden><input type=checkbox name=a id=a><label for=a>Akkoord</label></div>",
        "<input type=checkbox name=a id=a hidden><label for=a>Laat dit veld leeg</label>",
    ],
)
def test_a_trap_to_tick_has_no_label_or_is_hidden_with_it(inner: str) -> None:
    assert read("<input name=zichtbaar>" + inner).fields == read("<input name=zichtbaar>").fields


@pytest.mark.parametrize(
    ("type_", "label", "category"),
    [("telephone", "Telefoonnummer", "phone"), ("string", "Uw naam", "name"), (" EMAIL ", "Adres voor antwoord", "address")],
)
def test_a_type_that_is_none_is_text_as_in_a_browser(type_: str, label: str, category: str) -> None:
    (field,) = read(f"<label>{label} <input type='{type_}' name=v></label>").fields
    assert (field.type, field.category) == ("email" if "EMAIL" in type_ else "text", category)
