"""Messages: whom they go to, what they say, and that nothing from a site does anything in them."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.items import FindingCode, PersonalData, SecurityTxt
from gemcrawl.notify.messages import Case, eml, is_address, markdown, messages, recipients_of
from gemcrawl.notify.words import Language, cert, findings, sentences
from gemcrawl.transport.findings import finding
from tests.snapshot.rows import NIGHT
from tests.support.nights import HOSTILE, SECURITY_TXT

CASE = Case(
    municipality="GM0001",
    name="Aa",
    form_id="f1",
    kind="appointment",
    page_url="http://www.aa.test/afspraak",
    supplier="Mozard",
    verdict="insecure",
    personal_data=("name", "bsn"),
    findings=(
        finding("page_http", "http://www.aa.test/afspraak", "delivered over http"),
        finding("hsts_absent", "www.aa.test", "no header"),
        finding("submit_by_script", "www.aa.test", "a note"),
    ),
    security_txt=SECURITY_TXT,
)
OTHER = replace(CASE, municipality="GM0002", name="Bee", form_id="f2", kind="contact", security_txt=None)


def written(*cases: Case, **options):
    given = {"by": "municipality", "language": "nl", "seen_on": NIGHT, "sender": "Het onderzoek", "embargo_days": 60}
    return messages(cases, **{**given, **options})


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_finding_and_every_kind_of_data_has_its_words(language: Language) -> None:
    assert set(findings(language)) == set(get_args(FindingCode))
    assert all(words["title"] and words["fix"] for words in findings(language).values())
    assert set(sentences(language)["data"]) == set(get_args(PersonalData))
    assert set(sentences("nl")) == set(sentences("en"))


def test_a_header_to_copy_is_the_same_in_both_languages() -> None:
    for code, words in findings("en").items():
        for header in re.findall(r"max-age=\d+|Strict-Transport-Security", words["fix"]):
            assert header in findings("nl")[code]["fix"]


class TestRecipients:
    def test_the_first_address_of_security_txt(self):
        found = recipients_of(SECURITY_TXT, cert(), at=NIGHT)
        assert (found.emails, found.url, found.is_cert) == (("cvd@aa.test",), "", False)

    def test_a_page_to_report_at_when_it_names_no_address(self):
        only_page = replace(SECURITY_TXT, contacts=["https://www.aa.test/cvd", "tel:+31"])
        found = recipients_of(only_page, cert(), at=NIGHT)
        assert (found.emails, found.url, found.is_cert) == ((), "https://www.aa.test/cvd", False)

    def test_what_that_page_is_called_is_no_markup(self):
        told = SecurityTxt(contacts=["https://www.aa.test/[Klik](javascript:alert(1))`*"], expires=NIGHT + timedelta(days=1), url="")
        (message,) = written(replace(CASE, security_txt=told))
        for text in (message.body, markdown(message, "nl")):
            assert "[Klik]" not in text
            assert r"https://www.aa.test/\[Klik\](javascript:alert(1))\`\*" in text

    @pytest.mark.parametrize(
        "useless",
        [
            None,
            replace(SECURITY_TXT, expires=NIGHT - timedelta(days=1)),
            replace(SECURITY_TXT, expires=None),
            replace(SECURITY_TXT, contacts=["tel:+31"]),
            replace(SECURITY_TXT, contacts=["mailto:a@b.test%0ABcc:evil@c.test", "mailto:<x@y.test>", "mailto:a@b.test,c@d.test"]),
        ],
    )
    def test_else_the_response_team_of_the_sector(self, useless: SecurityTxt | None):
        found = recipients_of(useless, cert(), at=NIGHT)
        assert (found.emails, found.is_cert) == ((cert().email,), True)


class TestWhatIsSaid:
    def test_per_municipality(self):
        found = written(CASE, OTHER)
        assert [(m.name, m.subject) for m in found] == [
            ("GM0001", "Onveilig formulier op de website van Aa"),
            ("GM0002", "Onveilig formulier op de website van Bee"),
        ]
        body = found[0].body
        assert "Afspraakformulier: http://www.aa.test/afspraak" in body
        assert "vraagt om: naam, burgerservicenummer" in body
        assert findings("nl")["page_http"]["fix"] in body
        assert "gezien: delivered over http" in body
        assert "60 dagen" in body
        assert "submit_by_script" not in body
        assert body.rstrip().endswith("Het onderzoek")

    def test_without_an_embargo_nothing_is_promised(self):
        assert "dagen" not in written(CASE, embargo_days=0)[0].body

    def test_in_english(self):
        (found,) = written(CASE, language="en")
        assert found.subject == "Insecure form on the website of Aa"
        assert findings("en")["page_http"]["fix"] in found.body

    def test_per_supplier_one_message_for_all_its_municipalities(self):
        alone = replace(CASE, municipality="GM0003", supplier=None)
        (found,) = written(CASE, OTHER, alone, by="supplier")
        assert (found.name, found.subject) == ("supplier-mozard", "Onveilige formulieren op Mozard (gemeenten: 2)")
        assert [case.municipality for case in found.cases] == ["GM0001", "GM0002"]
        assert found.recipients.emails == ()

    def test_suppliers_whose_names_make_one_file_name_get_two_files(self):
        names = [m.name for m in written(CASE, replace(OTHER, supplier="MOZARD!"), replace(CASE, supplier="../.."), by="supplier")]
        assert sorted(names) == ["supplier-mozard", "supplier-mozard-2", "supplier-unnamed"]
        (long,) = written(replace(CASE, supplier="a" * 300), by="supplier")
        assert len(long.name) < 200

    def test_the_order_of_the_cases_does_not_matter(self):
        assert written(CASE, OTHER) == written(OTHER, CASE)


class TestDraft:
    def test_a_mail_program_reads_it_as_a_draft(self):
        (found,) = written(CASE)
        mail = email.message_from_bytes(eml(found, "wij@onderzoek.test"), policy=email.policy.default)
        assert (mail["To"], mail["From"], mail["Subject"]) == ("cvd@aa.test", "wij@onderzoek.test", found.subject)
        assert mail["X-Unsent"] == "1"
        assert mail.get_content().replace("\r\n", "\n") == found.body

    def test_lines_are_short_enough_for_mail(self):
        (found,) = written(replace(CASE, page_url="https://www.aa.test/" + "x" * 3000))
        assert max(map(len, eml(found).splitlines())) <= 998

    @given(st.text(max_size=60) | st.sampled_from([HOSTILE, "a\r\nBcc: evil@c.test", "\ud800"]))
    def test_nothing_from_a_site_becomes_a_header_or_markup(self, text: str):
        bad = finding("page_http", text, text)
        for by in ("municipality", "supplier"):
            (found,) = written(replace(CASE, name=text, page_url=f"https://a.test/{text}", supplier=f"S{text}", findings=(bad,)), by=by)
            mail = email.message_from_bytes(eml(found), policy=email.policy.default)
            assert set(mail.keys()) <= {"Subject", "To", "X-Unsent", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
            told = markdown(found, "nl")
            assert not re.search(r"(?<!\\)[<>\[\]|`]", told)
            assert all(line.isprintable() for line in told.split("\n"))


@pytest.mark.parametrize(
    ("text", "good"),
    [("a@b.nl", True), ("a.b+c@d-e.co", True), ("a@b", True), ("a b@c.nl", False), ("a@b.nl\n", False), ("<a@b.nl>", False), ("", False)],
)
def test_what_is_an_address(text: str, good: bool) -> None:
    assert is_address(text) == good
