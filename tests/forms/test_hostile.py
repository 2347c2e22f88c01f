"""Every byte of a document is hostile: reading never raises, never takes long, never returns more than its budgets."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemcrawl.forms import PageReading, read_page

URL = "https://www.gem.test/contact"
TAGS = ["a", "form", "input", "select", "option", "textarea", "button", "label", "fieldset", "legend", "div", "table", "tr", "td", "h1", "title", "meta", "base", "script",
        "iframe", "noscript", "template", "svg", "math", "body", "html", "head", "header", "main", "b", "p", "object", "plaintext", "frameset", "frame"]  # fmt: skip
ATTRIBUTES = [
    "href",
    "action",
    "id",
    "for",
    "form",
    "name",
    "type",
    "class",
    "style",
    "aria-labelledby",
    "role",
    "http-equiv",
    "content",
    "src",
    "rel",
    "formaction",
    "method",
    "charset",
    "onsubmit",
]
VALUES = [
    "",
    "a",
    "#",
    "//",
    "http://[",
    "javascript:1",
    "hidden",
    "radio",
    "submit",
    "search",
    "0;url=x",
    "refresh",
    "canonical",
    "f1",
    "display:none",
    "alert",
    "\x00",
    "é",
    "data:,",
    "https://x.test/%zz",
]

tag = st.builds(
    lambda close, name, attributes: "<" + "/" * close + name + " " + " ".join(f'{k}="{v}"' for k, v in attributes) + ">",
    st.booleans(),
    st.sampled_from(TAGS),
    st.lists(st.tuples(st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES)), max_size=4),
)
soup = st.lists(st.one_of(tag, st.sampled_from(["tekst", "Afspraak maken", "<!--", "-->", "<![CDATA[", "&#0;", "&amp"])), max_size=40).map(
    "".join
)


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "iso-8859-1", "utf-16", "nonsense", "rot13", "hex", "idna", "\x00"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes(body: bytes, charset: str | None) -> None:
    assert isinstance(read_page(body, URL, charset=charset), PageReading)


@given(soup, st.sampled_from([URL, "http://gem.test", "", "no url", "http://[", "https://gem.test/a?b#c"]))
@settings(max_examples=300, deadline=None)
def test_any_tags(html: str, url: str) -> None:
    reading = read_page(html.encode("utf-8", "replace"), url, entry_text=html[:50])
    for form in reading.forms:
        assert 0 <= form.kind_score <= 1
        assert all(t.method in {"get", "post"} for t in form.targets)


N = 50_000


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * N,
        "<b>" * N,
        "<ul><li>" * N,
        "<form>" * N,
        "<fieldset>" * N + "<input>",
        "<label>" * N + "<input>",
        "<form>" + "<div>" * N + "<input>",
        "<table><tr><td>" * (N // 3),
        "<button>" * N,
        "<select>" * N,
        "<svg>" * N,
        "<template>" * (N // 10),
        "<a href=/x>" * N,
        "<h1>" * N,
        "".join(f"<font size={i}>" for i in range(3000)) + "<div>x</div>" * 20000,
        "<div x" * N,
        "<" * 200_000,
        "&" * 200_000,
        "<input name=a" + " b" * N + ">",
        "<base href='" + "x" * 500_000 + "'>",
        "<title>" + "a " * 200_000,
        "<form>" + "<input type=radio name=a>" * N,
        "<a href='" + "../" * 100_000 + "'>",
        "<script>" + "location=" * 20_000,
        "<script>location = '" + "\\/" * 500 + "</script>",
        "<meta http-equiv=refresh content='" + "0" * 100_000 + "'>",
        "<div class='" + "hidden-" * 50_000 + "'><form><div class='" + "honey-" * 50_000 + "'><input>",
        "<label for=a>x</label>" * 20_000 + "<form>" + "<input id=a>" * 5000,
    ],
    ids=lambda html: html[:24].replace("\n", " "),
)
def test_no_document_takes_long(html: str) -> None:
    started = time.process_time()
    read_page(html.encode(), URL)
    assert time.process_time() - started < 1.5


def test_budgets() -> None:
    links = "".join(f"<a href=/{i}>{'x' * 500}</a>" for i in range(5000))
    assert len(read_page(links.encode(), URL).links) == 2000
    assert max(len(link.text) for link in read_page(links.encode(), URL).links) == 200
    forms = "".join("<form><input name=a></form>" for _ in range(300))
    assert len(read_page(forms.encode(), URL).forms) == 100
    fields = "<form>" + "".join(f"<input name=a{i}>" for i in range(1000)) + "</form>"
    assert len(read_page(fields.encode(), URL).forms[0].fields) == 300
    assert len(read_page(f"<title>{'t' * 1000}</title>".encode(), URL).title or "") == 300


def test_no_more_than_two_megabytes_are_read() -> None:
    body = b"<p>" + b"x" * 2_000_000 + b"<form><input name=a></form>"
    assert read_page(body, URL).forms == ()
