"""The SDK of Open Forms in a real browser: what a visitor's browser does by itself when a form is opened, and what it then shows.

It is why gemcrawl asks for the definition of such a form: without sending anything no browser gets to see its fields.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, async_playwright

from gemcrawl.fetch.browser import find_browser
from gemcrawl.forms import read_page
from tests.support.world import World
from tests.thirdparty import open_forms

HOST = "formulieren.open.test"
FORMS = {
    "vraag": {"name": "Contactformulier", "components": {"Uw vraag": open_forms.CONTACT}},
    "paspoort": {"name": "Paspoort", "appointmentOptions": {"isAppointment": True, "supportsMultipleProducts": True}},
}
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-domain-reliability",
]  # fmt: skip


@dataclass
class Opened:
    """A form page after its scripts ran."""

    url: str
    html: str
    text: str
    stopped: list[tuple[str, str]]
    """Method and URL of what the page tried to send."""


class Installation:
    """The installation, and a browser for which nothing else exists."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser

    async def open(self, path: str, until: str) -> Opened:
        """Opens a page in a fresh browser, with everything but GET stopped, until a text shows."""
        stopped: list[tuple[str, str]] = []

        async def only_get(route: Route) -> None:
            if route.request.method == "GET":
                await route.continue_()
            else:
                stopped.append((route.request.method, route.request.url))
                await route.abort()

        context = await self.browser.new_context(ignore_https_errors=True)
        await context.route("**", only_get)
        page = await context.new_page()
        await page.goto(f"https://{HOST}{path}")
        await page.get_by_text(until).first.wait_for(timeout=30_000)
        found = Opened(page.url, await page.content(), await page.inner_text("main"), stopped)
        await context.close()
        return found


@pytest.fixture
async def installation(open_forms_sdk: Path, make_world: Callable[..., World]) -> AsyncIterator[Installation]:
    executable = find_browser()
    if executable is None:
        pytest.skip("there is no Chromium")
    world = make_world({HOST: open_forms.installation(HOST, open_forms_sdk, FORMS)})
    rules = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{world.port(HOST)}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=[*QUIET, rules])
        yield Installation(world, browser)
        await browser.close()


async def test_opening_a_form_sends_nothing_and_shows_no_fields(installation: Installation) -> None:
    opened = await installation.open("/vraag/", "Formulier starten")
    assert opened.url == f"https://{HOST}/vraag/startpagina"
    assert opened.stopped == []
    forms = read_page(opened.html.encode(), opened.url).forms
    assert forms
    assert not any(form.fields for form in forms)
    assert {form.definition_url for form in forms} - {None} == {f"https://{HOST}/api/v2/forms/vraag"}


async def test_going_on_to_the_fields_would_make_a_submission(installation: Installation) -> None:
    opened = await installation.open("/vraag/startpagina?_start=1", "Er ging helaas iets fout")
    assert opened.stopped == [("POST", f"https://{HOST}/api/v2/submissions")]


async def test_opening_an_appointment_would_make_a_submission_and_shows_nothing_without(installation: Installation) -> None:
    opened = await installation.open("/paspoort/", "Error")
    assert opened.url == f"https://{HOST}/paspoort/afspraak-maken/producten"
    assert {method for method, _ in opened.stopped} == {"POST"}
    assert {url for _, url in opened.stopped} == {f"https://{HOST}/api/v2/submissions"}
    assert not any(form.fields for form in read_page(opened.html.encode(), opened.url).forms)


async def test_nothing_but_get_reaches_the_installation(installation: Installation) -> None:
    await installation.open("/paspoort/", "Error")
    assert {asked.method for asked in installation.world.log} == {"GET"}
    asked = {path.partition("?")[0] for path in installation.world.paths(HOST)}
    assert {"/api/v2/forms/paspoort", "/api/v2/i18n/formio/nl"} <= asked
