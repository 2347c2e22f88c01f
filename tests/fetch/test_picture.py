"""Pictures of forms, by a real browser, of pages on loopback; measured by looking at their pixels."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Page, async_playwright

from gemcrawl.fetch.browser import find_browser
from gemcrawl.fetch.render_picture import MOST_PIXELS, clip_of
from tests.fetch.rendering import FORM, ask, late, needs_browser
from tests.support.world import World

A = "www.a.test"
OUTLINE = {"fields": ["naam", "mail"], "action": "/verstuur"}
_COUNT = """async (data) => {
  const picture = new Image();
  picture.src = "data:image/webp;base64," + data;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(picture, 0, 0);
  const pixels = drawing.getImageData(0, 0, picture.width, picture.height).data;
  let top = null, bottom = null, red = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i] > 170 && pixels[i + 1] < 60 && pixels[i + 2] < 90) {
      red++;
      bottom = Math.floor(i / 4 / picture.width);
      top ??= bottom;
    }
  }
  return {width: picture.width, height: picture.height, red, top, bottom};
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser())
        yield await browser.new_page()
        await browser.close()


def pictures(world: World, *questions: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return ask(world, *({"url": url, "outline": outline} for url, outline in questions)).pages


@needs_browser
async def test_the_form_is_outlined_where_it_is(make_world: Callable[..., World], page: Page) -> None:
    tall = "<div style='height:{}px'>Gemeente</div>"
    world = make_world(
        {
            A: {
                "/top": f"<body style='margin:0'>{tall.format(300)}{FORM}{tall.format(6000)}",
                "/deep": f"<body style='margin:0'>{tall.format(6000)}{FORM}",
                "/late": late(300),
                "/second": f"<form action=/zoek><input name=q></form>{tall.format(500)}{FORM}",
                "/shadow": f"<div id=h></div><script>h.attachShadow({{mode:'open'}}).innerHTML = {json.dumps(FORM)}</script>",
                "/loose": "<div><input name=naam><p><input name=mail></p></div>",
                "/wide": f"<div style='width:9000px'>{FORM}</div>",
            }
        }
    )
    names = ("top", "deep", "late", "second", "shadow", "loose", "wide")
    found = pictures(world, *((f"https://{A}/{name}", OUTLINE) for name in names))
    seen = {}
    for name, answer in zip(names, found, strict=True):
        assert answer["picture"], (name, answer["failure"])
        seen[name] = await page.evaluate(_COUNT, answer["picture"])
        assert seen[name]["red"] > 500, (name, seen[name])
        assert seen[name]["width"] <= MOST_PIXELS[0]
        assert seen[name]["height"] <= MOST_PIXELS[1]
    assert 280 <= seen["top"]["top"] <= 300
    assert seen["top"]["bottom"] < 500
    assert 150 <= seen["deep"]["top"] <= 250  # not from the top of a page that is too long
    assert seen["second"]["top"] > 500  # not the search box
    assert {asked.method for asked in world.log} == {"GET"}


@needs_browser
def test_without_the_form_or_within_no_bytes_there_is_no_picture(make_world: Callable[..., World]) -> None:
    world = make_world({A: {"/other": "<form><input name=q></form>", "/": FORM, "/hidden": f"<div style='display:none'>{FORM}</div>"}})
    other, hidden, small = pictures(
        world,
        (f"https://{A}/other", OUTLINE),
        (f"https://{A}/hidden", OUTLINE),
        (f"https://{A}/", {**OUTLINE, "most_bytes": 100}),
    )
    for answer in (other, hidden, small):
        assert answer["picture"] is None
        assert answer["failure"] == ""


@needs_browser
async def test_a_page_cannot_fool_or_stop_it_with_what_it_defines(make_world: Callable[..., World], page: Page) -> None:
    hostile = (
        "<script>document.querySelectorAll = () => { throw 1 }; Element.prototype.getBoundingClientRect = () => ({top: NaN});"
        "Set = Map = null; Math.max = () => 1e9; scrollY = NaN;</script>"
        f"<img name=querySelectorAll><form name=documentElement></form>{FORM}<input name=forms>"
    )
    (answer,) = pictures(make_world({A: {"/": hostile}}), (f"https://{A}/", OUTLINE))
    assert answer["picture"]
    assert (await page.evaluate(_COUNT, answer["picture"]))["red"] > 500


@needs_browser
def test_nothing_is_filled_in_clicked_or_sent(make_world: Callable[..., World]) -> None:
    tells = "<script>for (const e of ['click', 'focusin', 'input', 'submit']) addEventListener(e, () => fetch('/told?' + e), true)</script>"
    world = make_world({A: {"/": FORM + tells}})
    (answer,) = pictures(world, (f"https://{A}/", OUTLINE))
    assert base64.b64decode(answer["picture"])[:4] == b"RIFF"
    assert not [path for path in world.paths(A) if path.startswith(("/told", "/verstuur"))]


@given(
    st.dictionaries(st.sampled_from(["top", "bottom", "width", "height"]), st.floats() | st.text() | st.none() | st.integers()) | st.text()
)
def test_whatever_a_page_says_of_its_size_the_picture_is_bounded(measured: Any) -> None:
    clip = clip_of(measured)
    if clip is not None:
        assert 0 < clip["width"] <= MOST_PIXELS[0]
        assert 0 < clip["height"] <= MOST_PIXELS[1]
        assert clip["y"] >= 0


def test_the_form_is_in_the_picture_whole_where_that_can_be() -> None:
    for top, bottom, height in ((0, 50, 800), (400, 900, 2000), (5000, 5400, 9000), (100, 2900, 3000), (10, 8000, 9000)):
        clip = clip_of({"top": top, "bottom": bottom, "width": 1280, "height": height})
        assert clip is not None
        assert clip["y"] <= top
        assert clip["y"] + clip["height"] >= min(bottom, clip["y"] + MOST_PIXELS[1])
