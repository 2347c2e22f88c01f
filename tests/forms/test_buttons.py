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
        ('<a role="button" href="/afspraak">Afspraak maken</a>', "https://www.x.test/afspraak"),
        ('<a href="/afspraak"><img src="a.png" alt="Afspraak maken"></a>', "https://www.x.test/afspraak"),
        ('<map name="m"><area href="/afspraak" alt="Afspraak maken"></map>', "https://www.x.test/afspraak"),
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
    "script", ["stuur('/afspraak')", "if (confirm('?')) location.href='/afspraak'", "location.href='/a' + id", "x" * 600]
)
def test_a_script_that_may_do_more_is_not_followed(script: str) -> None:
    reading = read_page(f'<button onclick="{script}">Afspraak maken</button>'.encode(), URL)
    assert reading.links == ()
