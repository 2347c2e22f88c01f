"""The script-driven products in a real browser: those that show a form show it, and none of them gets anything sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemcrawl.demo.nation import nation
from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.products import PRODUCTS
from gemcrawl.forms import read_page
from tests.fetch.rendering import Outcome, ask, needs_browser

pytestmark = needs_browser
SCRIPTED = [key for key, product in PRODUCTS.items() if product.script]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcome, Path]]:
    """One page of every product, as a survey has it rendered."""
    places = {place.spec.product: place for town in nation().towns for place in town.places if PRODUCTS[place.spec.product].script}
    with DemoServer(tmp_path_factory.mktemp("nation")) as server:
        keys = ("GEMCRAWL_CONNECT_TO", "GEMCRAWL_ALLOW_NET", "GEMCRAWL_CA_FILE")
        settings = {key: value for key, value in server.settings(Path(), delay=0.01).items() if key in keys}
        yield ask(None, *(places[key].entries[0] for key in SCRIPTED), **settings), server.sent_file


@pytest.mark.parametrize("product", [key for key in SCRIPTED if PRODUCTS[key].script == "shown"])
def test_a_product_that_shows_its_form_does_so(product: str, seen: tuple[Outcome, Path]) -> None:
    page = seen[0].pages[SCRIPTED.index(product)]
    assert page["failure"] == ""
    forms = [f for d in page["documents"] for f in read_page(d["html"].encode(), d["url"], charset="utf-8").forms if f.kind != "search"]
    assert any(len(form.fields) > 1 and (form.personal_data_level == "seen") == PRODUCTS[product].personal for form in forms)


@pytest.mark.parametrize("product", [key for key in SCRIPTED if PRODUCTS[key].script in ("silent", "hidden")])
def test_a_product_that_must_post_first_shows_nothing(product: str, seen: tuple[Outcome, Path]) -> None:
    page = seen[0].pages[SCRIPTED.index(product)]
    assert [d["html"].count("<input") for d in page["documents"]] == [0]
    assert any(request["method"] == "POST" and request["stopped"] == "method" for request in page["requests"])


def test_nothing_was_sent_to_the_nation(seen: tuple[Outcome, Path]) -> None:
    assert json.loads(seen[1].read_text(encoding="utf-8")) == []
