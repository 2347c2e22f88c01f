"""security.txt: what RFC 9116 allows, what sites do, and what the parser of the Dutch government's own checker says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sectxt
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.survey.security_txt import MAX_BYTES, MAX_CONTACTS, parse

URL = "https://www.a.test/.well-known/security.txt"
MINIMAL = "Contact: mailto:security@a.test\nExpires: 2027-06-30T22:00:00.000Z\n"
SIGNED = (
    f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{MINIMAL}- Contact: https://a.test/meld\n"
    "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\nContact: mailto:evil@b.test\n"
)


def test_contacts_and_date_are_read() -> None:
    found = parse(MINIMAL.encode(), URL)
    assert found is not None
    assert (found.contacts, found.expires, found.url) == (["mailto:security@a.test"], datetime(2027, 6, 30, 22, tzinfo=UTC), URL)


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace("\n", "\r\n"),
        MINIMAL.upper().replace("MAILTO:SECURITY@A.TEST", "mailto:security@a.test"),
        f"# Contact: mailto:not@a.test\n\n{MINIMAL}Preferred-Languages: nl\nOnzin\n",
        MINIMAL.replace("2027-06-30T22:00:00.000Z", "2027-07-01T00:00:00+02:00"),
        MINIMAL.rstrip("\n"),
        MINIMAL + "Contact: http://a.test/onveilig\nContact: javascript:alert(1)\n",
    ],
)
def test_what_sites_write_otherwise(text: str) -> None:
    found = parse(text.encode(), URL)
    assert found is not None
    assert (found.contacts, found.expires) == (["mailto:security@a.test"], datetime(2027, 6, 30, 22, tzinfo=UTC))


def test_of_a_signed_file_only_what_is_signed_counts() -> None:
    found = parse(SIGNED.encode(), URL)
    assert found is not None
    assert found.contacts == ["mailto:security@a.test", "https://a.test/meld"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!doctype html><title>Contact: mailto:a@b.nl</title>",
        "Contact: mailto:security@a.test\n",
        "Expires: 2027-06-30T22:00:00Z\n",
        MINIMAL + "Expires: 2028-06-30T22:00:00Z\n",
        MINIMAL.replace("2027-06-30", "2027-13-45"),
        MINIMAL.replace("2027-06-30T22:00:00.000Z", "volgend jaar"),
        MINIMAL.replace("mailto:", ""),
    ],
)
def test_what_cannot_be_used(text: str) -> None:
    assert parse(text.encode(), URL) is None


def test_budgets_hold() -> None:
    many = MINIMAL + "".join(f"Contact: mailto:a{i}@a.test\n" for i in range(100))
    found = parse(many.encode(), URL)
    assert found is not None
    assert len(found.contacts) == MAX_CONTACTS
    assert parse(b"#" * MAX_BYTES + MINIMAL.encode(), URL) is None


LINES = st.sampled_from(
    [
        "Contact: mailto:a@a.test",
        "contact:  https://a.test/meld",
        "Contact: tel:+31-70-1234567",
        "Expires: 2027-06-30T22:00:00Z",
        "Expires: 2027-06-30",
        "Policy: https://a.test/beleid",
        "# opmerking",
        "",
    ]
)


@given(st.lists(LINES, max_size=6))
def test_agrees_with_the_reference_on_what_is_there(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    reference = sectxt.Parser(text.encode())
    found = parse(text.encode(), URL)
    fatal = {"no_contact", "no_expire", "multi_expire", "invalid_expiry"}
    assert (found is None) == bool(fatal & {error["code"] for error in reference.errors})
    if found is not None:
        assert found.contacts == list(dict.fromkeys(reference._values["contact"]))


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_raise_nothing(body: bytes) -> None:
    found = parse(MINIMAL.encode() + body, URL)
    assert found is None or found.contacts[0] == "mailto:security@a.test"
