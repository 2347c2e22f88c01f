"""Products by host, sign, markup and path; what they say about the kind."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page
from gemcrawl.forms.suppliers import of_address, suppliers
from gemcrawl.items import PERSONAL_DATA


def test_every_fingerprint_is_usable() -> None:
    ids = [s.id for s in suppliers()]
    assert len(ids) == len(set(ids))
    for supplier in suppliers():
        assert supplier.host or supplier.path or supplier.sign or supplier.markup or supplier.generator, supplier.id
        assert set(supplier.inferred) <= set(PERSONAL_DATA)


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
