"""Every byte of a document is hostile: reading never raises, never takes long, never returns more than its budgets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gemcrawl.forms import PageReading, read_page
from gemcrawl.forms.document import MAX_ELEMENTS
from gemcrawl.forms.markup import MAX_ATTRIBUTES, MAX_BYTES, MAX_TAGS, markup_of, without_ballast
from tests.forms.hostile import documents

URL = "https://www.gem.test/contact"
DOCUMENTS = list(documents())
MOST_CALLS = 50 * MAX_ELEMENTS
"""A walk that repeats itself takes a hundred times as many."""
MOST_NODES = 2 * MAX_TAGS
"""Of elements and comments; each tag opens one, some imply another, and formats are repeated within their own budget."""
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
@settings(max_examples=200)
def test_any_bytes(body: bytes, charset: str | None) -> None:
    assert isinstance(read_page(body, URL, charset=charset), PageReading)


@given(soup, st.sampled_from([URL, "http://gem.test", "", "no url", "http://[", "https://gem.test/a?b#c"]))
@settings(max_examples=300)
def test_any_tags(html: str, url: str) -> None:
    reading = read_page(html.encode("utf-8", "replace"), url, entry_text=html[:50])
    for form in reading.forms:
        assert 0 <= form.kind_score <= 1
        assert all(t.method in {"get", "post"} for t in form.targets)


@contextmanager
def counting() -> Iterator[list[int]]:
    """Counts the calls made, of functions in Python and in C."""
    calls = [0]

    def count(_frame: object, event: str, _argument: object) -> None:
        calls[0] += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(("name", "body"), DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_work_is_bounded(name: str, body: bytes) -> None:
    with counting() as calls:
        reading = read_page(body, URL)
    assert calls[0] < MOST_CALLS, name
    texts = [*reading.headings, *(link.text for link in reading.links), *(f.label for form in reading.forms for f in form.fields)]
    assert max(map(len, texts), default=0) <= 200


@pytest.mark.parametrize(("name", "body"), DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_a_parser_is_given_nothing_that_takes_it_quadratic_time(name: str, body: bytes) -> None:
    markup = markup_of(body)
    assert len(markup) <= 3 * MAX_BYTES, name
    root = LexborHTMLParser(markup).root
    assert root is not None
    depths: dict[int, int] = {}
    for node in root.traverse():
        depths[node.mem_id] = depths.get(node.parent.mem_id, 0) + 1 if node.parent is not None else 0
        assert depths[node.mem_id] <= 700
        if node.tag == "input":
            assert len(node.attributes) <= 101
    assert len(depths) < MOST_NODES
    assert len(root.css("option")) <= 2001 + 1


def test_a_tag_cut_short_keeps_its_first_attributes() -> None:
    many = " ".join(f"a{i}='<x>'" for i in range(5000))
    (form,) = read_page(f"<form><input name=naam {many}><input name=email></form>".encode(), URL).forms
    assert [field.name for field in form.fields] == ["naam", "email"]


def test_a_large_page_loses_nothing() -> None:
    items = "".join(
        f"<li class=item><a href='/producten/{i}-aanvragen' title='Lees meer over {i}'>Product nummer {i} aanvragen</a></li>"
        for i in range(14_500)
    )
    page = f"<main><ul>{items}</ul><form action=/contact><label for=v>Uw vraag</label><textarea id=v name=vraag></textarea></form></main>".encode()
    assert len(page) > 1_500_000
    assert markup_of(page) == page
    reading = read_page(page, URL)
    assert len(reading.links) == 2000
    assert [field.label for field in reading.forms[0].fields] == ["Uw vraag"]


def test_as_many_elements_are_kept_as_are_looked_at() -> None:
    page = b"<p>x</p>" * MAX_ELEMENTS
    assert markup_of(page) == page
    assert markup_of(page + b"<p>y</p>") == page


@pytest.mark.parametrize(
    "tag",
    [
        "<input " + " ".join(f"a{i}" for i in range(20)) + ">",
        "<input " + "/".join(f"a{i}" for i in range(20)) + ">",
        "<input " + " ".join(f"a{i}='>'" for i in range(20)) + ">",
        '<input a=""' + "".join(f'a{i}=""' for i in range(19)) + ">",
    ],
)
def test_a_page_is_cut_at_the_tag_with_too_many_attributes_in_all(tag: str) -> None:
    root = LexborHTMLParser(markup_of(tag.encode() * 12_000)).root
    assert root is not None
    assert 0 < sum(len(node.attributes) for node in root.css("input")) <= MAX_ATTRIBUTES


@pytest.mark.parametrize(
    "tag",
    ["<a href=/a/b/c/d/e/f/g/h>Lees meer</a> ", '<a\n      class="a b c d e f"\n      href="/a/b">Lees meer en meer</a>\n'],
    ids=["unquoted", "indented"],
)
def test_addresses_classes_and_indentation_are_no_attributes(tag: str) -> None:
    page = tag.encode() * 15_000 + b"<form><input name=naam></form>"
    assert markup_of(page) == page


def test_formats_that_are_closed_or_the_same_cost_nothing() -> None:
    closed = "<p><b class=x>Let</b> <i class=y>op</i></p>" * 5000
    same = "<p><b>Let op</p>" * 500 + "<p>Tekst</p>" * 5000
    for page in (closed.encode(), same.encode()):
        assert markup_of(page) == page


def test_options_beyond_the_budget_are_left_out_and_what_follows_is_read() -> None:
    options = "<option>Dorpsstraat" * 3000
    (form,) = read_page(f"<form><select name=straat>{options}</select><input name=email></form>".encode(), URL).forms
    assert [field.name for field in form.fields] == ["straat", "email"]


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
    assert read_page(body, URL).truncated
    assert not read_page(b"<p>" + b"x" * 1_900_000, URL).truncated


@pytest.mark.parametrize(
    "ballast",
    [
        "<!-- {} -->",
        "<script>window.state = '{}'</script>",
        "<STYLE>/* {} */</STYLE>",
        "<img alt='' src='data:image/png;base64,{}'>",
        "<script>x='{}'</script><!-- {} -->",
    ],
)
def test_what_is_long_and_says_nothing_does_not_count_towards_them(ballast: str) -> None:
    body = ballast.replace("{}", "A" * 2_500_000) + "<p>Stel uw vraag</p><form><input name=a></form>"
    reading = read_page(body.encode(), URL)
    assert [field.name for field in reading.forms[0].fields] == ["a"]
    assert not reading.truncated


@pytest.mark.timeout(30)  # in quadratic time it would be hours
@pytest.mark.parametrize("repeated", [b"<!--", b"<script", b"<!-- -->", b"data:", b"data:,A", b"<script></script"])
def test_looking_for_that_takes_linear_time(repeated: bytes) -> None:
    body = repeated * (4_000_000 // len(repeated))
    assert without_ballast(body) == body


_BLANKS = " " * 400


@pytest.mark.timeout(60)  # shared out among all places that may take white space it would be for ever
@pytest.mark.parametrize(
    ("page", "times"),
    [
        ("<script>location = '/a'" + "\n" * 1400 + "x</script>", 50),
        ("<script>if (location.protocol != 'https:') location.href = " + "https:" * 45 + " " * 1000 + "x</script>", 50),
        ("<script>location" + "\n" * 1450 + "</script>", 50),
        (f"""<a onclick="location='/a'{_BLANKS}x">q</a>""", 4000),
        (f"""<a href="javascript:openVenster('/a'){_BLANKS}x">q</a>""", 4000),
        (f"""<a href="javascript:{"open" * 120}x">q</a>""", 4000),
        (f"""<select onchange="{_BLANKS}if (this.value) {{location=this.value{" " * 60}x"><option value=/a>q</select>""", 2000),
        (f"""<meta http-equiv=refresh content="0{" " * 2400}">""", 1),
    ],
)
def test_a_script_that_nearly_goes_somewhere_is_told_in_linear_time(page: str, times: int) -> None:
    reading = read_page((page * times).encode(), URL)
    assert (reading.script_redirect, reading.meta_refresh, reading.links) == (None, None, ())


@pytest.mark.timeout(30)  # Punycode of this length takes Python many minutes
@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "base64", "zlib", "undefined"])
def test_what_only_python_calls_a_character_set_is_none(charset: str) -> None:
    body = "<title>Ôfspraak</title>".encode() + b"<p>-" + b"ab9" * 500_000
    assert read_page(body, URL, charset=charset).title == "Ôfspraak"


def test_a_page_within_the_limit_is_left_as_it_is() -> None:
    page = b"<!-- " + b"x" * 1_500_000 + b" --><p>y</p>"
    assert without_ballast(page) == page
