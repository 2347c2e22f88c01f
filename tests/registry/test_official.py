"""The state's registers, in the versions of their schema, and what is not believed."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.exceptions import RegistryError
from gemcrawl.registry import official
from gemcrawl.registry.official import Official

EXPORTS = Path(__file__).parent / "exports"
NAMESPACE = "https://organisaties.overheid.nl/static/schema/oo/export/2.6.9"
CODE = "https://identifier.overheid.nl/tooi/id/gemeente/gm9001"


def read(content: str | bytes) -> list[Official]:
    return official.municipalities(io.BytesIO(content.encode() if isinstance(content, str) else content), "export.xml")


def export(inner: str, before: str = "") -> str:
    return f'{before}<p:o xmlns:p="{NAMESPACE}"><p:organisaties>{inner}</p:organisaties></p:o>'


def town(inner: str = "", *, code: str = CODE, name: str = "Gemeente Aa") -> str:
    identified = f'<p:identificatiecodes><p:resourceIdentifier p:naam="x">{code}</p:resourceIdentifier></p:identificatiecodes>'
    return f"<p:organisatie><p:naam>{name}</p:naam><p:types><p:type>Gemeente</p:type></p:types>{identified}{inner}</p:organisatie>"


def address(*pairs: tuple[str, str]) -> str:
    each = "".join(f"<p:internetadres><p:url>{url}</p:url><p:label>{label}</p:label></p:internetadres>" for url, label in pairs)
    return f"<p:contact><p:internetadressen>{each}</p:internetadressen></p:contact>"


@pytest.mark.parametrize("file", sorted(EXPORTS.glob("oo-*.xml")), ids=lambda file: file.stem)
def test_every_version_of_the_schema_tells_the_same(file: Path) -> None:
    with file.open("rb") as source:
        found = official.municipalities(source, file)
    assert found == [
        Official(code="GM9001", name="Aa", begins=date(1998, 1, 1), ends=None, website="www.aa.test"),
        Official(code="GM9002", name="Bee", begins=None, ends=None, website="www.xn--be-bja.test"),
        Official(code="GM9003", name="Cee", begins=None, ends=date(2028, 1, 1), website="www.cee.test"),
        Official(code="GM9006", name="Eff", begins=date(2028, 1, 1), ends=None, website=None, bad_address="https://10.0.0.1/"),
    ]


def test_nothing_is_taken_from_the_officials_in_it() -> None:
    with (EXPORTS / "oo-2.6.9.xml").open("rb") as source:
        assert "Verzonnen" not in repr(official.municipalities(source, "x"))


def test_the_register_of_domains_gives_registrable_domains() -> None:
    with (EXPORTS / "rio.xml").open("rb") as source:
        assert official.domains(source, "rio.xml") == {"aa.test", "bee.test"}


@pytest.mark.parametrize(
    ("addresses", "website"),
    [
        ([("https://www.aa.test/contact", "contact"), ("https://aa.test", "algemeen")], "aa.test"),
        ([("https://www.aa.test/contact", "contact"), ("https://aa.test", "")], "aa.test"),
        ([("www.aa.test", "")], "www.aa.test"),
        ([("https://www.aa.test:443/", "")], "www.aa.test"),
        ([("mailto:info@aa.test", "algemeen"), ("https://www.aa.test", "")], "www.aa.test"),
        ([("https://user@evil.test/", "algemeen")], None),
        ([("https://www.aa.test:8443/", "")], None),
        ([("https://[::1]/", "")], None),
        ([("https://localhost/", "")], None),
        ([("https://[broken/", "")], None),
        ([], None),
    ],
)
def test_which_address_is_the_website(addresses: list[tuple[str, str]], website: str | None) -> None:
    (found,) = read(export(town(address(*addresses))))
    assert found.website == website
    assert (found.bad_address is not None) == (website is None and bool(addresses))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not XML"),
        ("<p:o", "not XML"),
        ("<html><body>Niet gevonden</body></html>", "exportOO"),
        (export(town()) + "<more/>", "not XML"),
        (export(town("<p:eindDatum>morgen</p:eindDatum>")), "not a date"),
        (export(town("<p:startDatum>2027-02-30</p:startDatum>")), "not a date"),
        (export(town(name="Aa\u202e")), "no name that can be printed"),
        (export(town(name="")), "no name"),
        (export(town(code=f"{CODE}</p:resourceIdentifier><p:resourceIdentifier>{CODE[:-1]}2")), "several codes"),
        (export(town(code="https://evil.test/tooi/id/gemeente/gm9001")), "exportOO"),
        (export("<p:a>" * 400 + "</p:a>" * 400), "not XML"),
    ],
)
def test_what_is_no_export_is_refused(content: str, reason: str) -> None:
    with pytest.raises(RegistryError, match=reason):
        read(content)


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;',
        "",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_in_it_is_used(subset: str, encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE o [{subset}]>' + export(town(name="&a;"))
    with pytest.raises(RegistryError, match=r"document type|not XML"):
        read(document.encode(encoding))


def test_more_than_any_export_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official, "MAX_BYTES", 5_000)
    with pytest.raises(RegistryError, match="larger than"):
        read(export("<p:a/>" * 100_000))
    monkeypatch.setattr(official, "MAX_BYTES", 10_000_000)
    monkeypatch.setattr(official, "MAX_MUNICIPALITIES", 3)
    with pytest.raises(RegistryError, match="more than 3"):
        read(export(town() * 4))


def test_the_end_of_the_calendar_is_no_end() -> None:
    assert [each.ends for each in read(export(town("<p:eindDatum>9999-12-31</p:eindDatum>")))] == [None]


def test_an_overlong_value_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = read(export(town(address((f"https://www.aa.test/{'x' * 5000}", "algemeen")))))
    assert found.website is None


def test_what_was_read_is_let_go() -> None:
    """What is in memory is bounded by the parser's buffer, not by the length of the file."""
    most = total = 0
    for element in official._organisations(io.BytesIO(export(town() * 5_000).encode()), "x"):
        most = max(most, len(element.getparent()))
        total += 1
    assert total == 5_000
    assert most < 500


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_end_in_an_answer_or_one_error(content: bytes) -> None:
    for document in (content, export("").encode()[:80] + content):
        with pytest.raises(RegistryError):
            read(document)
