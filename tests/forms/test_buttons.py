"""Buttons that are links, and those that are not."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page

URL = "https://www.x.test/paspoort/"


@pytest.mark.parametrize(
    ("markup", "url"),
    [
        ('<form action="/afspraak"><button>Afspraak maken</button></form>', "https://www.x.test/afspraak"),
        ('<form method="GET" action="stap-1"><input type="submit" value="Afspraak maken"></form>', "https://www.x.test/paspoort/stap-1"),
        (
            '<form action="https://planner.test/?oud=1"><input type="hidden" name="product" value="a b"><button>Afspraak maken</button></form>',
            "https://planner.test/?product=a+b",
        ),
        ("""<button onclick="location.href='/afspraak'">Afspraak maken</button>""", "https://www.x.test/afspraak"),
        ("""<button type="button" onclick="window.open('/afspraak', '_blank');">Afspraak maken</button>""", "https://www.x.test/afspraak"),
        (
            """<input type="button" value="Afspraak maken" onclick="document.location='/afspraak'; return false;">""",
            "https://www.x.test/afspraak",
        ),
        ("""<a href="#" onclick="window.location = '/afspraak'">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<a href="javascript:window.location.assign('/afspraak')">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<div role="link" tabindex="0" onclick="window.location='/afspraak'">Afspraak maken</div>""", "https://www.x.test/afspraak"),
        ("""<a href="#"><span onClick="window.open('/afspraak')">Afspraak maken</span></a>""", "https://www.x.test/afspraak"),
        ("""<a href="javascript:openVenster('/afspraak')">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<a href="javascript:openVenster(%27/afspraak%27)">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<a href="javascript:void(popup('/afspraak', 600, 400));">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<a href=" JavaScript:site.openVenster('/afspraak')">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ("""<a href="#!" onclick="location.href='/afspraak'">Afspraak maken</a>""", "https://www.x.test/afspraak"),
        ('<a role="button" href="/afspraak">Afspraak maken</a>', "https://www.x.test/afspraak"),
        ('<a href="/afspraak"><img src="a.png" alt="Afspraak maken"></a>', "https://www.x.test/afspraak"),
        ('<map name="m"><area href="/afspraak" alt="Afspraak maken"></map>', "https://www.x.test/afspraak"),
        ('<svg><a xlink:href="/afspraak"><text>Afspraak maken</text></a></svg>', "https://www.x.test/afspraak"),
        ('<a href="/afspraak" title="Afspraak maken"><svg></svg></a>', "https://www.x.test/afspraak"),
    ],
)
def test_a_button_that_only_goes_somewhere_is_a_link(markup: str, url: str) -> None:
    reading = read_page(f"<title>Paspoort</title><main>{markup}</main>".encode(), URL)
    assert [(link.url, link.text) for link in reading.links] == [(url, "Afspraak maken")]
    assert reading.forms == ()


@pytest.mark.parametrize(
    "markup",
    [
        '<form method="post" action="/afspraak"><button>Afspraak maken</button></form>',
        '<form action="/afspraak"><input name="postcode"><button>Afspraak maken</button></form>',
        '<form action="/afspraak"><button name="product" value="1">Paspoort</button><button name="product" value="2">Rijbewijs</button></form>',
        '<form action="/afspraak" onsubmit="return stuur(this)"><button>Afspraak maken</button></form>',
        '<form action="mailto:info@x.test"><button>Afspraak maken</button></form>',
        "<form><button>Afspraak maken</button></form>",
    ],
)
def test_a_form_that_sends_something_or_may_do_more_is_none(markup: str) -> None:
    reading = read_page(f"<title>Paspoort</title><main>{markup}</main>".encode(), URL)
    assert reading.links == ()
    assert len(reading.forms) == 1


@pytest.mark.parametrize(
    "script",
    [
        "location.href=this.value",
        "window.location = this.options[this.selectedIndex].value;",
        "if (this.value) location.href = this.value",
        "if(this.value != '') { window.open(this.value, '_blank'); }",
    ],
)
def test_a_list_that_goes_to_what_is_chosen_is_so_many_links(script: str) -> None:
    options = '<option value="">Direct naar<option value="/afspraak">Afspraak maken<option value="/afval">Afval<option value="x">Anders'
    reading = read_page(f'<main><select onchange="{script}">{options}</select></main>'.encode(), URL)
    assert [(link.url, link.text) for link in reading.links] == [
        ("https://www.x.test/afspraak", "Afspraak maken"),
        ("https://www.x.test/afval", "Afval"),
    ]


@pytest.mark.parametrize("script", ["this.form.submit()", "kies(this.value)", "location.href='/zoek?q='+this.value"])
def test_a_list_whose_script_may_do_more_is_none(script: str) -> None:
    reading = read_page(f'<main><select onchange="{script}"><option value="/afspraak">Afspraak</select></main>'.encode(), URL)
    assert reading.links == ()


@pytest.mark.parametrize(
    "markup",
    [
        """<a href="javascript:verwijder('/afspraak/3')">Afspraak</a>""",
        """<a href="javascript:toonMenu('hoofd')">Afspraak</a>""",
        """<a href="javascript:openVenster('/a' + nummer)">Afspraak</a>""",
        """<div onclick="stuur('/afspraak')">Afspraak</div>""",
        """<div onclick="location='/afspraak'"><button>Afspraak</button></div>""",
    ],
)
def test_an_element_whose_script_may_do_more_is_none(markup: str) -> None:
    assert read_page(f"<main>{markup}</main>".encode(), URL).links == ()


@pytest.mark.parametrize(
    "script", ["stuur('/afspraak')", "if (confirm('?')) location.href='/afspraak'", "location.href='/a' + id", "x" * 600]
)
def test_a_script_that_may_do_more_is_not_followed(script: str) -> None:
    reading = read_page(f'<button onclick="{script}">Afspraak maken</button>'.encode(), URL)
    assert reading.links == ()


SCRIPT = "<script src=/site.js></script>"


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="#">Contact</a>',
        '<a href="javascript:void(0)">Contact</a>',
        '<a onclick="toon()">Contact</a>',
        "<button>Contact</button>",
        '<button aria-haspopup="dialog">Contact</button>',
        '<input type="button" value="Contact">',
        '<a href="#"><span>Contact</span></a><p>Bel 14 0123</p>',
    ],
)
def test_what_only_a_script_can_follow_is_told(markup: str) -> None:
    assert read_page(f"{SCRIPT}<main><h1>Gemeente</h1>{markup}</main>".encode(), URL).scripted == ("Contact",)
    assert read_page(f"<main><h1>Gemeente</h1>{markup}</main>".encode(), URL).scripted == ()


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="/contact">Contact</a>',
        '<a href="#contact">Contact</a>',
        '<a href="#/contact">Contact</a>',
        '<a href="mailto:info@x.test">Contact</a>',
        '<a name="contact">Contact</a>',
        '<a href="#" aria-current="page">Contact</a>',
        """<button onclick="location.href='/contact'">Contact</button>""",
        # a menu, a tab, an accordion, a section of the page
        '<button aria-expanded="false">Contact</button>',
        '<button aria-controls="m">Contact</button>',
        '<button aria-haspopup="true">Contact</button>',
        '<a href="#" role="tab">Contact</a>',
        '<a href="#" data-bs-toggle="dropdown">Contact</a>',
        '<a href="#" class="nav-link dropdown-toggle">Contact</a>',
        '<ul><li><a href="#">Contact</a> <ul><li><a href="/contact">Formulier</a></ul></ul>',
        '<h3><a href="#">Contact</a></h3><div>Bel 14 0123</div>',
        """<a href="#" onclick="scrollTo('onder')">Contact</a>""",
        '<a href="#" hidden>Contact</a>',
        # what sends a form, or may
        '<form action="/zoek"><input name="q"><button type="button">Contact</button></form>',
        '<form id="f" action="/zoek"><input name="q"></form><button form="f">Contact</button>',
        '<div><input name="naam"><input name="email"><button type="button">Contact</button></div>',
    ],
)
def test_what_leads_somewhere_or_only_shows_a_part_of_the_page_is_not(markup: str) -> None:
    assert read_page(f"{SCRIPT}<main><h1>Gemeente</h1>{markup}</main>".encode(), URL).scripted == ()


def test_a_menu_s_link_to_the_page_itself_is_not_either() -> None:
    for place, told in (("nav", ()), ("div", ("Contact",))):
        body = f'{SCRIPT}<{place}><a href="#">Contact</a></{place}><main><h1>Contact</h1></main>'
        assert read_page(body.encode(), URL).scripted == told
