"""What elements frame: at once, after consent, a click or a scroll; and documents that are written in a page."""

from __future__ import annotations

import pytest

from gemcrawl.forms import PageReading, read_page

URL = "https://www.gem.test/afspraak-maken"
MODULE = "https://planner.test/m"
FORM = (
    '<form method="post" action="{action}"><label>Product <select name="p"><option>Paspoort</option><option>Rijbewijs</option></select></label>'
    '<label>Datum <input type="date" name="d"></label><label>Naam <input name="naam"></label><button>Afspraak maken</button></form>'
)


def read(html: str) -> PageReading:
    return read_page(html.encode(), URL)


@pytest.mark.parametrize(
    "frame",
    [
        "<iframe class=cookieconsent-optin-marketing data-cookieblock-src='{u}' data-cookieconsent=marketing></iframe>",
        "<iframe class=optanon-category-C0003 data-src='{u}' src='about:blank'></iframe>",
        "<iframe class='cmplz-placeholder-element cmplz-iframe' data-cmplz-target=src data-src-cmplz='{u}' src='about:blank'></iframe>",
        "<iframe class=_iub_cs_activate suppressedsrc='{u}' src='about:blank'></iframe>",
        "<iframe data-name=afspraak data-src='{u}'></iframe>",
        "<iframe data-lazy-src='{u}' src='data:text/html,'></iframe>",
        "<iframe data-src='{u}' src=''></iframe>",
        "<iframe data-src='{u}' srcdoc='<p>Accepteer cookies om de module te zien.'></iframe>",
        "<div class=iframe-consent data-url='{u}'><button type=button>Toon de module</button></div>",
        "<div class='tac_iframe' data-url='{u}'></div>",
        "<section id=embed-afspraak data-src='{u}'></section>",
    ],
)
def test_the_frame_that_is_shown_after_consent_or_a_scroll_is_a_frame(frame: str) -> None:
    reading = read(f"<p>Accepteer cookies om de module te zien.</p><script src=/c.js></script>{frame.replace('{u}', MODULE)}")
    assert (reading.frames, reading.held, reading.blank_frame) == ((MODULE,), (MODULE,), False)


@pytest.mark.parametrize(
    "markup",
    [
        "<img data-src=/foto.jpg>",
        "<div class=slider data-url=https://www.gem.test/slides.json></div>",
        "<div class=iframe-consent data-url=/module></div>",
        "<iframe src=https://planner.test/m data-name=afspraak></iframe>",
        "<iframe data-src='{&quot;a&quot;:1}' src=https://planner.test/m></iframe>",
    ],
)
def test_other_elements_and_values_hold_no_frame(markup: str) -> None:
    assert read(markup).held == ()


def test_a_frame_with_an_address_may_hold_another_one() -> None:
    reading = read(f"<iframe src=/wacht.html data-src='{MODULE}'></iframe>")
    assert (reading.frames, reading.held) == (("https://www.gem.test/wacht.html", MODULE), (MODULE,))


@pytest.mark.parametrize(
    ("frame", "blank"),
    [
        ("<iframe title=Afspraak></iframe>", True),
        ("<iframe src=about:blank data-module=12 width=700 height=900></iframe>", True),
        ("<iframe src=/m></iframe>", False),
        ("<iframe srcdoc='<p>Tekst'></iframe>", False),
        ("<iframe hidden></iframe>", False),
        ("<iframe style='display:none' src=about:blank></iframe>", False),
        ("<iframe width=0 height=0></iframe>", False),
        ("<iframe style='width:1px;height:1px'></iframe>", False),
        ("<iframe name=__tcfapiLocator></iframe>", False),
        ("<footer><iframe></iframe></footer>", False),
        ("<noscript><iframe></iframe></noscript>", False),
    ],
)
def test_a_frame_in_sight_of_which_nothing_says_what_it_shows(frame: str, *, blank: bool) -> None:
    assert read(f"<script src=/a.js></script><main>{frame}</main>").blank_frame is blank
    assert read(f"<main>{frame}</main>").blank_frame is False  # nothing is there that would fill it


@pytest.mark.parametrize(
    ("element", "frames"),
    [
        (f"<object type=text/html data={MODULE}></object>", (MODULE,)),
        (f"<object type='text/html; charset=utf-8' data={MODULE}></object>", (MODULE,)),
        (f"<object data={MODULE}></object>", (MODULE,)),
        (f"<embed type=text/html src={MODULE}>", (MODULE,)),
        (f"<embed src={MODULE}>", (MODULE,)),
        (f"<object type=application/pdf data={MODULE}></object>", ()),
        (f"<embed type=application/x-shockwave-flash src={MODULE}>", ()),
        ("<object type=text/html></object>", ()),
    ],
)
def test_an_object_or_embed_of_a_page_is_a_frame(element: str, frames: tuple[str, ...]) -> None:
    assert read(element).frames == frames


def written(inner: str) -> str:
    return f"<iframe title=afspraak srcdoc='{inner.replace('&', '&amp;').replace(chr(39), '&#39;')}'></iframe>"


def test_what_is_written_in_a_frame_is_read_with_the_base_address_of_the_page() -> None:
    inner = FORM.format(action="http://www.gem.test/b") + "<a href=contact>Contact</a><script src=http://cdn.test/s.js></script>"
    reading = read(f"<base href=/nl/><h1>Afspraak maken</h1>{written(inner)}")
    (form,) = reading.forms
    assert (form.kind, form.submit_urls) == ("appointment", ("http://www.gem.test/b",))
    assert [link.url for link in reading.links] == ["https://www.gem.test/nl/contact"]
    assert reading.mixed_active == ("http://cdn.test/s.js",)
    (form,) = read(f"<base href=/nl/>{written(FORM.format(action='b'))}").forms
    assert form.submit_urls == ("https://www.gem.test/nl/b",)
    (form,) = read(f"<base href=/nl/>{written('<base href=https://elders.test/>' + FORM.format(action='b'))}").forms
    assert form.submit_urls == ("https://elders.test/b",)


def test_it_wins_from_the_address_of_the_frame() -> None:
    assert read("<iframe src=https://elders.test/x srcdoc='<p>Tekst'></iframe>").frames == ()


def test_documents_are_read_as_deep_as_three_and_only_so_much_of_them() -> None:
    form = FORM.format(action="/b")
    assert len(read(written(written(written(form)))).forms) == 1
    assert read(written(written(written(written(form))))).forms == ()
    assert read(written("x" * 600_000 + form)).forms == ()
    assert len(read("".join(written(form.replace("naam", f"naam{i}")) for i in range(9))).forms) == 5
