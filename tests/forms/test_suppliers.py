"""Products by host, path, sign, script, markup, generator and cookie; what they say about the kind."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gemcrawl.forms import read_page
from gemcrawl.forms.suppliers import Supplier, of_address, suppliers
from gemcrawl.items import PERSONAL_DATA

PAGES = tomllib.loads((Path(__file__).parent / "suppliers.toml").read_text("utf-8"))["page"]


def evidences(supplier: Supplier) -> set[str]:
    """Beginnings of the evidence that the fingerprints of a supplier can leave."""
    if supplier.both:
        return {"address: "}
    kinds = {kind: getattr(supplier, kind) for kind in ("sign", "script", "cookie")}
    literal = {f"{kind}: {word}" for kind, words in kinds.items() for word in words} | {f"markup: {m.decode()}" for m in supplier.markup}
    named = {f"generator: {word}" for word in supplier.generator}
    return literal | named | ({"host: "} if supplier.host else set()) | ({"path: "} if supplier.path else set())


def test_every_fingerprint_is_usable() -> None:
    ids = [s.id for s in suppliers()]
    assert len(ids) == len(set(ids))
    for supplier in suppliers():
        assert evidences(supplier), supplier.id
        assert set(supplier.inferred) <= set(PERSONAL_DATA)


@pytest.mark.parametrize("supplier", suppliers(), ids=lambda supplier: supplier.id)
def test_every_fingerprint_has_a_page(supplier: Supplier) -> None:
    shown = [page["says"] for page in PAGES if page["supplier"] == supplier.name]
    missing = {evidence for evidence in evidences(supplier) if not any(says.startswith(evidence) for says in shown)}
    assert not missing, f"tests/forms/suppliers.toml has no page that shows them: {sorted(missing)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page['supplier']}: {page['says']}")
def test_page(page: dict) -> None:
    reading = read_page(page["markup"].encode(), page["url"], cookies=tuple(page.get("cookies", ())))
    assert (reading.supplier, reading.supplier_evidence) == (page["supplier"], page["says"])
    assert [form.kind for form in reading.forms] == page["kinds"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://breda.mijnafspraakmaken.nl/?product=35", "JCC-Afspraken"), ("https://afspraak.gem.test/qmaticwebbooking/index.html", "Qmatic Web Booking"),
        ("https://x.test/TripleForms/DirectRegelen/formulier/nl-NL/e/Afspraakmaken.aspx", "TriplEforms"), ("https://x.test/mozard/!suite86.scherm0325?mPag=244", "Mozard"),
        ("https://iburgerzaken.x.test/gaas-web/server", "iBurgerzaken"), ("https://docs.google.com/forms/d/e/1/viewform", "Google Forms"), ("https://docs.google.com/document/1", None),
        ("https://www.gem.test/contact", None), ("https://niet-mijnafspraakmaken.test/", None), ("http://[", None),
    ],
)  # fmt: skip
def test_by_address(url: str, name: str | None) -> None:
    assert of_address(url) == name


def test_evidence_names_what_was_seen() -> None:
    reading = read_page(b"<form class=wpcf7-form><input name=a></form>", "https://www.gem.test/")
    assert (reading.supplier, reading.supplier_evidence) == ("Contact Form 7", "sign: wpcf7-form")


def test_the_mount_element_on_a_page_of_its_own_site_is_a_form() -> None:
    html = b"<h1>Contactformulier</h1><div id=openforms-root data-base-url='https://f.test/api/v2/' data-form-id=contactformulier></div>"
    (form,) = read_page(html, "https://www.gem.test/contact").forms
    assert (form.kind, form.has_form_element, form.by_script, form.api_urls) == ("contact", False, True, ("https://f.test/api/v2/",))


def test_the_value_of_a_cookie_is_no_evidence() -> None:
    reading = read_page(b"<h1>Contact</h1>", "https://www.gem.test/", cookies=("fe_typo_user=geheim",))
    assert reading.supplier_evidence == "cookie: fe_typo_user"
    assert read_page(b"<h1>x</h1>", "https://www.gem.test/", cookies=("a=fe_typo_user",)).supplier is None


STEP = (
    "<h2>Afspraak maken</h2><label for=p>Waarvoor wilt u een afspraak maken?</label><select id=p name=product><option>Paspoort<option>Rijbewijs</select>"
    "<label for=d>Datum</label><input id=d type=date name=datum><button type=button>Volgende</button>"
)


@pytest.mark.parametrize("script", ["timeblockr.js", "planner.js"])
def test_a_first_step_counts_alike_whoever_made_the_script(script: str) -> None:
    html = f"<main><h1>Afspraak maken</h1>{STEP}</main><script src=https://cdn.elders.test/{script}></script>"
    (form,) = read_page(html.encode(), "https://www.gem.test/afspraak-maken").forms
    assert (form.kind, [field.name for field in form.fields]) == ("appointment", ["product", "datum"])
