"""Rendering on a busy machine: the browser gets a part of each second, or none for a while, and no form is called absent for that."""

from __future__ import annotations

from collections.abc import Callable

from tests.fetch.rendering import FORM, ask, late, needs_browser
from tests.support.world import World

pytestmark = needs_browser
HOST = "https://www.a.test"
BUSY = "const work = () => { const end = Date.now() + 400; while (Date.now() < end); setTimeout(work, 1) }; work();"


def test_a_browser_that_is_kept_waiting_is_not_ended(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": FORM}})
    outcome = ask(world, {"url": f"{HOST}/", "pause": 8}, {"url": f"{HOST}/", "group": "GM2"}, GEMCRAWL_RENDER_KEPT=0)
    assert [page["failure"] for page in outcome.pages] == ["", ""]
    assert outcome.stats["playwright/browser_count"] == 1
    assert outcome.left == []


def test_a_browser_that_answers_nothing_is_started_anew_and_the_page_tried_again(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": FORM}})
    outcome = ask(world, f"{HOST}/", {"url": f"{HOST}/", "hang": True}, SILENT=2)
    assert [page["failure"] for page in outcome.pages] == ["", ""]
    assert "the browser does not answer" in outcome.log
    assert outcome.stats["playwright/browser_count"] == 2
    assert outcome.left == []


def test_the_seconds_of_a_page_are_those_in_which_its_browser_gets_on(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": late(600)}})
    _, page = ask(world, f"{HOST}/", {"url": f"{HOST}/", "starve": 0.1}, GEMCRAWL_RENDER_SECONDS=3).pages
    assert (page["failure"], page["cut"]) == ("", False)
    assert page["documents"][0]["html"].count("<input") == 2
    assert page["seconds"] > 3


def test_a_page_that_had_not_had_its_time_says_so(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/busy": f"<script>{BUSY}</script>" + late(9000), "/plain": "<h1>Contact</h1>", "/form": FORM}})
    (busy,) = ask(world, f"{HOST}/busy", GEMCRAWL_RENDER_SECONDS=4).pages
    plain, form = ask(world, f"{HOST}/plain", f"{HOST}/form").pages
    assert [(page["failure"], page["cut"]) for page in (busy, plain, form)] == [("", True), ("", False), ("", False)]
    assert "<input" not in busy["documents"][0]["html"]
