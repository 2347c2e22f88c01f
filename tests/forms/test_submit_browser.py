"""Where forms and links lead, compared with what a browser answered and with the requests it made; see `browser_answers/record.py`."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.forms import read_page
from gemcrawl.forms.addresses import Addresses, join
from gemcrawl.forms.submit import is_submitter, method_of, targets_of

ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "browser_answers" / "answers.json").read_text("ascii"))
DOCUMENTS = sorted({(row["document"], row["head"]) for row in ANSWERS["addresses"]})

STANDARD = {
    "|": "the URL standard leaves it as it is in a path, Chromium writes %7C; it is the same address",
    "/a|b{c}^": "the same",
    "https://h test/": "the URL standard allows no space in a host, so there is no address; Chromium looks for a host h%20test, which cannot exist",
}
"""Where Chromium and the URL standard differ we follow the standard; by what is written."""
FALLBACK = {
    '<base href="https://["><base href="/second/">': "the HTML standard falls back to the document; Chromium resolves nothing at all",
    '<base href="mailto:a@b.test">': "nothing resolves against it; we read the page as if it were not there, so that its links are not lost",
}
"""Bases that are none: where Chromium sends a form nowhere we say where it goes once the base is mended."""


def rows_of(document: str, head: str) -> list[dict[str, Any]]:
    rows = [row for row in ANSWERS["addresses"] if (row["document"], row["head"]) == (document, head)]
    return [row for row in rows if row["written"] not in STANDARD]


def attribute(name: str, value: str | None) -> str:
    return "" if value is None else f'{name}="{html.escape(value)}"'


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


def is_url(text: str) -> bool:
    return ada_url.check_url(text)


def test_the_table_says_who_answered_and_when() -> None:
    assert ANSWERS["browser"].startswith("Chromium ")
    assert len(ANSWERS["recorded"]) == len("2026-11-23")
    assert len(ANSWERS["addresses"]) > 500


@pytest.mark.parametrize(("document", "head"), [known for known in DOCUMENTS if known[1] not in FALLBACK])
def test_forms_are_sent_where_the_browser_sends_them(document: str, head: str) -> None:
    """By their own action and by a button's, which lead to the same request."""
    for row in rows_of(document, head):
        own = f"<form method=post {attribute('action', row['written'])}><input name=naam></form>"
        button = f"<form method=post><input name=naam><button {attribute('formaction', row['written'])}>Verstuur</button></form>"
        urls = [form.targets[0].url for form in read_page(f"{head}{own}{button}".encode(), document).forms]
        # What needs no request (mailto, javascript) is known by the property; for what is no address that repeats the attribute.
        answer = row["request"] or (row["action"] if is_url(row["action"]) else "")
        assert urls == [without_fragment(answer)] * 2, row


@pytest.mark.parametrize(("document", "head"), [known for known in DOCUMENTS if known[1] not in FALLBACK])
def test_links_lead_where_the_browser_says(document: str, head: str) -> None:
    addresses = Addresses(read_page(head.encode(), document).base_url)
    for row in rows_of(document, head):
        if row["written"] is not None:
            assert addresses.join(row["written"]) == (without_fragment(row["href"]) if is_url(row["href"]) else ""), row


@pytest.mark.parametrize("head", FALLBACK)
def test_a_base_that_is_none_is_as_if_it_were_not_there(head: str) -> None:
    for document in {document for document, _ in DOCUMENTS}:
        for row in rows_of(document, ""):
            form = f"<form method=post {attribute('action', row['written'])}><input name=naam></form>"
            with_base, without = (read_page(f"{start}{form}".encode(), document).forms[0].targets for start in (head, ""))
            assert with_base == without


def test_chromium_and_the_standard_differ_in_nothing_that_matters() -> None:
    """Were one of them to change its mind, the table of exceptions has to shrink."""
    for row in ANSWERS["addresses"]:
        if row["written"] in STANDARD:
            ours = Addresses(read_page(row["head"].encode(), row["document"]).base_url).join(row["written"])
            assert ours != row["request"]
            assert ours.replace("|", "%7C") in ("", row["request"])


def test_methods_are_those_the_browser_uses() -> None:
    for row in ANSWERS["methods"]:
        form = {"action": "/p", **({"method": row["form"]} if row["form"] is not None else {})}
        button = {}
        (form if row["attribute"] == "method" else button).update({} if row["written"] is None else {row["attribute"]: row["written"]})
        targets = targets_of(form, [button], "https://page.test/", Addresses("https://page.test/"))
        assert [t.method for t in targets] == ([row["request"]] if row["request"] else []), row
        if row["attribute"] == "method":
            assert method_of(row["written"]) == (row["request"] or "dialog"), row


def test_the_controls_that_submit() -> None:
    for row in ANSWERS["controls"]:
        tag, _, rest = row["control"].strip("<>").partition(" ")
        assert is_submitter(tag, rest.removeprefix("type=").strip("'\"").lower()) == row["submits"], row


REFERENCES = st.text(st.characters(codec=None), max_size=60) | st.lists(
    st.sampled_from([row["written"] for row in ANSWERS["addresses"] if row["written"]]) | st.text(max_size=3), max_size=3
).map("".join)
BASES = st.sampled_from(
    ["https://page.test/dir/page?q=1", "http://page.test/", "https://[::1]:8443/a#b", "", "data:text/html,x", "no address"]
)


@given(REFERENCES, BASES)
def test_whatever_is_written_the_answer_is_empty_or_a_url(written: str, base: str) -> None:
    addresses = Addresses(base)
    for url in (addresses.join(written), addresses.web(written), join(base, written)):
        assert url == "" or is_url(url)
    form = {"action": written, "method": written}
    document = "https://page.test/"
    for target in targets_of(form, [{}, {"formaction": written, "formmethod": written}], document, addresses):
        assert target.url == "" or is_url(target.url)
        assert len(target.written) <= 500
