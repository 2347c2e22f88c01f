"""Links that only point, and what is said around them."""

from __future__ import annotations

import time

import pytest

from gemcrawl.forms import read_page
from gemcrawl.forms.page import Link
from gemcrawl.forms.pointing import NO_WORDS, only_points

URL = "https://www.gem.test/rijbewijs"


def links(html: str) -> tuple[Link, ...]:
    return read_page(html.encode(), URL).links


@pytest.mark.parametrize(
    "text", ["hier", "Klik hier", "Klik hier.", "» Start", "Lees meer", "Ga naar de planner", "Naar het systeem >", ""]
)
def test_a_link_that_only_points(text: str) -> None:
    assert only_points(text)


@pytest.mark.parametrize(
    "text",
    [
        "Afspraak maken",
        "Hier vindt u ons",
        "Start aanvraag paspoort",
        "Ga naar de pagina waar alle openingstijden staan",
        "Naarden",
        "Hierden",
        "Lees meer over bijstand",
    ],
)
def test_a_link_with_words_of_its_own(text: str) -> None:
    assert not only_points(text)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>Maak <a href=/a>hier</a> een afspraak.</p>", "Maak hier een afspraak"),
        ("<p>Dat kost geld. Maak <b><a href=/a>hier</a></b> een <i>afspraak</i>! Neem het mee.</p>", "Maak hier een afspraak"),
        ("<p>Neem een foto mee. U hebt een afspraak nodig. <a href=/a>Klik hier</a>.</p>", "U hebt een afspraak nodig Klik hier"),
        ("<p>Een afspraak nodig? Klik dan <a href=/a>hier</a>.</p>", "Een afspraak nodig Klik dan hier"),
        ("<li>Afspraak maken: <a href=/a>start</a></li>", "Afspraak maken start"),
        ("<div>Afspraak maken<br><a href=/a>start</a><br>Afval melden</div>", "Afspraak maken start"),
        ("<table><tr><th>Afspraak</th>\n<td><a href=/a>start</a></td></tr></table>", "Afspraak start"),
        ("<dl><dt>Afspraak</dt><dd><a href=/a>start</a></dd></dl>", "Afspraak start"),
        ("<p>Een afspraak?</p><p><a href=/a>hier</a></p>", ""),
        ("<p>Een afspraak? <!-- knop --> <a href=/a><svg></svg></a></p>", "Een afspraak"),
    ],
)
def test_its_sentence(html: str, said: str) -> None:
    assert [link.around.sentence for link in links(html)] == [said]


def test_a_sentence_ends_at_the_next_link() -> None:
    first, second = links("<p>Afspraak <a href=/a>hier</a>, afval <a href=/b>hier</a></p>")
    assert (first.around.sentence, second.around.sentence) == ("Afspraak hier , afval", ", afval hier")
    _, second = links("<p><span><a href=/a>Afspraak</a></span> <span><a href=/b>start</a></span></p>")
    assert second.around.sentence == ""


def test_its_heading_is_the_nearest_before_it() -> None:
    html = "<h1>Rijbewijs</h1><h2>Kosten</h2><p>Veel.</p><h2>Afspraak maken</h2><p>Neem een foto mee.</p><a href=/a>Ga naar de planner</a>"
    assert [link.around for link in links(html)] == [("", "Afspraak maken")]


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Afspraak maken</h2><p>Een afspraak: <a href=/a>Rijbewijs ophalen</a></p>",
        "<nav><h2>Afspraak maken</h2>Een afspraak: <a href=/a>hier</a></nav>",
        "<footer>Een afspraak: <a href=/a>hier</a></footer>",
    ],
)
def test_nothing_is_looked_for_around_other_links_nor_outside_the_main_content(html: str) -> None:
    assert [link.around for link in links(html)] == [NO_WORDS]


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "<a href=/a>hier</a> " * 2000 + "woord " * 100_000,
        "<p>" + ("woord " * 20_000 + "<a href=/a>hier</a>") * 12,
        "<div>" + "<span>" * 500 + "woord " * 100_000 + "<a href=/a>hier</a></span>" * 500,
        "<p>" + "<b></b>" * 15_000 + "<a href=/a>hier</a>",
        """<div onclick="location='/a'">""" * 500 + "<a href=/a>hier</a>" + "<i></i>" * 20_000,
        "<table><tr>" + "<td>woord</td><td><a href=/a>hier</a></td>" * 2000,
    ],
)
def test_a_page_full_of_them_takes_no_more_than_others(html: str) -> None:
    body = html.encode()
    plain = body.replace(b">hier<", b">Afval<")
    taken = {True: 9.0, False: 9.0}
    for _ in range(3):
        for points in (True, False):
            started = time.process_time()
            read_page(body if points else plain, URL)
            taken[points] = min(taken[points], time.process_time() - started)
    assert taken[True] < 2 * taken[False] + 0.1
