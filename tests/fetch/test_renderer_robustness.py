"""Rendering what does its worst: each page is given up in time, the next one is rendered, and no process is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fetch.rendering import ask, late, needs_browser
from tests.support.world import World

pytestmark = needs_browser
HOST = "https://www.a.test"
GOOD = late(50)
LIMITS = {"GEMCRAWL_RENDER_SECONDS": 4}
BAD = {
    "hung": ("<script>while (true);</script>", ("timeout",)),
    "dialogs": ("<script>while (true) alert(1)</script>", ("timeout",)),
    "memory": ("<script>const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()))</script>", ("crashed",)),
    "buffers": (
        "<script>const a = []; setInterval(() => a.push(new Uint8Array(256e6).fill(1)), 1)</script>",
        ("crashed", "timeout"),
    ),  # a slow machine is not that far in time
    "frames": ("<script>for (let i = 0; i < 10000; i++) document.write('<iframe></iframe>')</script>", ("", "timeout")),
    "writes": ("<script>setInterval(() => { for (let i = 0; i < 1000; i++) document.write('<p>x') }, 1)</script>", ("", "timeout")),
    "history": (
        "<script>setInterval(() => { for (let i = 0; i < 999; i++) history.pushState({}, '', '/p' + i) }, 1)</script>",
        ("", "timeout"),
    ),
    "goes on": ("<script>setTimeout(() => { location.href = '/bad?' + Math.random() }, 10)</script>", ("", "timeout")),
    "never loaded": ("<script src=/hang></script>", ("",)),
}


@pytest.mark.parametrize("kind", BAD)
def test_it_is_given_up_in_time_and_the_next_page_is_rendered(kind: str, make_world: Callable[..., World]) -> None:
    bad, failures = BAD[kind]
    world = make_world({"www.a.test": {"/bad": bad, "/good": GOOD}})
    outcome = ask(world, f"{HOST}/good", f"{HOST}/bad", f"{HOST}/good", **LIMITS)
    first, middle, last = outcome.pages
    assert first["failure"] == last["failure"] == ""
    assert last["documents"][0]["html"].count("<input") == 2
    assert middle["failure"] in failures
    assert middle["seconds"] < 8
    assert outcome.left == []


def test_an_answer_that_never_comes_is_a_time_out(make_world: Callable[..., World]) -> None:
    outcome = ask(make_world({"www.a.test": {"/good": GOOD}}), f"{HOST}/hang", f"{HOST}/good", **LIMITS)
    assert [page["failure"] for page in outcome.pages] == ["timeout", ""]


def test_a_page_that_is_not_there_failed(make_world: Callable[..., World]) -> None:
    outcome = ask(make_world({"www.a.test": {"/good": GOOD}}), "https://nobody.a.test/", f"{HOST}/good", **LIMITS)
    assert [page["failure"] for page in outcome.pages] == ["failed", ""]


def test_a_browser_that_is_killed_is_started_anew_and_the_page_tried_again(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/good": GOOD, "/slow": late(1500)}})
    outcome = ask(world, f"{HOST}/good", {"url": f"{HOST}/slow", "kill": 0.7}, f"{HOST}/good")
    assert [page["failure"] for page in outcome.pages] == ["", "", ""]
    assert world.paths("www.a.test").count("/slow") == 2
    assert outcome.stats["playwright/browser_count"] == 2
    assert outcome.left == []


def test_a_page_nobody_waits_for_any_more_is_given_up(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/good": GOOD, "/hung": BAD["hung"][0]}})
    outcome = ask(world, f"{HOST}/good", {"url": f"{HOST}/hung", "cancel": 0.5}, f"{HOST}/good", GEMCRAWL_RENDER_SLOTS=1)
    _, cancelled, last = outcome.pages
    assert cancelled == {"cancelled": True}
    assert last["failure"] == ""
    assert last["seconds"] < 6
    assert outcome.left == []


def test_the_deadline_of_the_survey_holds(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/good": GOOD}})
    outcome = ask(world, f"{HOST}/good", {"url": f"{HOST}/hang", "within": 1.0})
    assert outcome.pages[1]["failure"] == "timeout"
    assert outcome.pages[1]["seconds"] < 2


def test_more_pages_than_slots_wait_their_turn(make_world: Callable[..., World]) -> None:
    world = make_world({f"www.{letter}.test": {"/": GOOD} for letter in "abcdef"})
    questions = [{"url": f"https://www.{letter}.test/", "group": letter, "same_time": True} for letter in "abcdef"]
    outcome = ask(world, *questions, GEMCRAWL_RENDER_SLOTS=2, GEMCRAWL_RENDER_KEPT=1)
    assert [page["failure"] for page in outcome.pages] == [""] * 6
    assert outcome.left == []
