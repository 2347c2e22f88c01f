"""The report of the demo in a real browser: nothing is fetched, nothing complains, and axe-core finds no barrier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from gemcrawl.fetch.browser import find_browser
from tests.report.pages import broken_links, read
from tests.thirdparty import install

AXE = Path(__file__).parent / "axe"
PAGES = ["index", "municipalities", "findings", "suppliers", "provinces", "personal", "coverage", "trend", "method"]
LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 700}, "color_scheme": "light"},
    "narrow and dark": {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"},
}
_CHECK = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(v => [v.impact, v.id, v.nodes[0].html]))"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=executable)
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    try:
        folder = install.locked(AXE) / "axe-core"
    except install.CannotInstall as reason:
        pytest.skip(str(reason))
    return (folder / "axe.min.js").read_text("utf-8")


@pytest.fixture
def report(demo_output: Path) -> Path:
    return demo_output / "report"


def paths(report: Path, folders: tuple[str, ...] = ("", "en/")) -> list[str]:
    """The main pages, and a municipality of every status, in both languages or in one."""
    named: dict[str, str] = {}
    for row in read(report / "municipalities.html").css("tbody tr"):
        link, badge = row.css_first("a"), row.css_first(".badge")
        assert link is not None
        assert badge is not None
        named.setdefault(badge.attributes["class"] or "", link.attributes["href"] or "")
    assert len(named) > 2
    return [
        *(f"{folder}{name}.html" for folder in ("", "en/") for name in PAGES),
        *named.values(),
        *(f"en/{path}" for path in named.values()),
    ]


class Watched:
    """A page, and everything that it did which it should not."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:,")):
            self.complaints.append(f"request: {url}")


def test_every_link_of_the_whole_report_leads_somewhere(report: Path) -> None:
    assert broken_links(report) == []


def test_the_front_page_is_light(report: Path) -> None:
    assert (report / "index.html").stat().st_size < 1_000_000


async def test_nothing_is_fetched_and_nothing_complains(browser: Browser, report: Path) -> None:
    context = await browser.new_context()
    watched = Watched(await context.new_page())
    for path in paths(report):
        await watched.page.goto((report / path).as_uri())
        assert await watched.page.locator("h1").count() == 1, path
    assert watched.complaints == []


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_no_barrier(look: str, browser: Browser, report: Path, axe: str) -> None:
    context = await browser.new_context(**LOOKS[look])
    page = await context.new_page()
    found = []
    for path in paths(report, ("", "en/") if look == "wide" else ("",)):
        await page.goto((report / path).as_uri())
        await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        await page.evaluate(axe)
        found += [(path, *each) for each in await page.evaluate(_CHECK)]
    assert found == []


@pytest.mark.parametrize("look", ["narrow", "wide"])
async def test_nothing_sticks_out_at_the_side(look: str, browser: Browser, report: Path) -> None:
    context = await browser.new_context(**LOOKS[look])
    page = await context.new_page()
    for path in paths(report, ("",)):
        await page.goto((report / path).as_uri())
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= LOOKS[look]["viewport"]["width"], path


async def test_from_the_front_page_to_the_reason_by_keyboard_and_without_scripts(browser: Browser, report: Path) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto((report / "en" / "index.html").as_uri())
    first = page.locator("section table a, #worst ~ div table a").first
    await first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/m/*.html#f-*")
    case = page.locator("article.insecure").first
    assert "This form is insecure, because:" in await case.inner_text()
    assert await case.locator("dt", has_text="What mends it").count() >= 1


async def test_the_first_tab_leads_past_the_menu(browser: Browser, report: Path) -> None:
    page = await (await browser.new_context()).new_page()
    await page.goto((report / "en" / "index.html").as_uri())
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == "#main"


async def test_on_paper_everything_is_unfolded(browser: Browser, report: Path) -> None:
    context = await browser.new_context(color_scheme="dark")
    page = await context.new_page()
    link = read(report / "en" / "index.html").css_first("#worst ~ div table a")
    assert link is not None
    await page.goto((report / "en" / (link.attributes["href"] or "").partition("#")[0]).as_uri())
    hidden = page.locator("details ul.lines").first
    assert not await hidden.is_visible()
    await page.emulate_media(media="print")
    assert await hidden.is_visible()
    assert not await page.locator("nav").is_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
