"""Whole crawls of municipalities whose forms run on published software: Open Forms, Form.io and Wagtail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pyarrow.parquet as pq
import pytest
from aiohttp import web

from gemcrawl.fetch.browser import find_browser
from tests.cli.program import Ended, options, run
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World
from tests.thirdparty import form_io, open_forms

OPEN, IO, WAGTAIL = "www.open.test", "www.formio.test", "www.wagtaal.test"
FORMS = {
    "f-17": {"name": "Contactformulier", "components": {"Uw vraag": open_forms.CONTACT}},
    "f-18": {"name": "Paspoort", "appointmentOptions": {"isAppointment": True, "supportsMultipleProducts": True}},
    "f-19": {"name": "Contactformulier voor ondernemers", "loginRequired": True, "components": {"Uw vraag": open_forms.CONTACT[-2:]}},
}


def home(*links: tuple[str, str]) -> Reply:
    found = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return Reply(f"<!doctype html><html lang=nl><title>Gemeente</title><main><h1>Gemeente</h1><ul>{found}</ul></main></html>")


def behind(port: int) -> Route:
    """Passes a request on to the site at a loopback port."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        url = f"http://127.0.0.1:{port}{request.path_qs}"
        async with aiohttp.ClientSession() as session, session.request(request.method, url, allow_redirects=False) as reply:
            return web.Response(body=await reply.read(), status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})

    return answer


@dataclass
class Crawled:
    world: World
    ended: Ended
    snapshot: Path

    def rows(self, table: str, municipality: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.snapshot / f"{table}.parquet").to_pylist()
        return [row for row in found if row.get("municipality", row.get("code")) == municipality]

    def form(self, municipality: str, kind: str) -> dict[str, Any]:
        (found,) = [form for form in self.rows("forms", municipality) if form["kind"] == kind]
        return found


@pytest.fixture(scope="module")
def crawled(
    open_forms_sdk: Path, formio: Path, wagtail_port: int, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("published")
    suppliers = "formulieren.open.test"
    hosts = {
        OPEN: {
            "/": home(
                (f"https://{suppliers}/f-17/", "Contactformulier"),
                (f"https://{suppliers}/f-18/", "Afspraak maken"),
                (f"https://{suppliers}/f-19/", "Contactformulier voor ondernemers"),
            )
        },
        IO: {"/": home(("/contact", "Contactformulier")), **form_io.site(formio)},
        WAGTAIL: {path: behind(wagtail_port) for path in ("/", "/contact/", "/afspraak-maken/")},
        suppliers: open_forms.installation(suppliers, open_forms_sdk, FORMS),
    }
    with World(hosts, authority) as world:
        ended = run("crawl", *options(world, world.registry(folder, OPEN, IO, WAGTAIL), folder / "output"), cwd=folder)
        (snapshot,) = (folder / "output").glob("snapshot=*")
        yield Crawled(world, ended, snapshot)


def test_every_municipality_is_surveyed_by_get_alone(crawled: Crawled) -> None:
    assert crawled.ended.code == 0, crawled.ended.err
    for code in ("GM9001", "GM9002", "GM9003"):
        (municipality,) = crawled.rows("municipalities", code)
        assert municipality["outcome"] == "surveyed"
    assert {asked.method for asked in crawled.world.log} <= {"GET", "HEAD"}


def test_an_open_forms_contact_form_has_the_fields_that_its_definition_declares(crawled: Crawled) -> None:
    form = next(f for f in crawled.rows("forms", "GM9001") if f["page_url"].endswith("/f-17/"))
    assert (form["kind"], form["supplier"], form["personal_data_level"]) == ("contact", "Open Forms", "declared")
    assert [(f["name"], f["category"], f["required"]) for f in form["fields"]] == [
        ("voornaam", "name", True),
        ("achternaam", "name", True),
        ("mail", "email", True),
        ("bel", "phone", False),
        ("vraag", "free_text", True),
    ]
    assert form["personal_data"] == ["name", "email", "phone", "free_text"]
    assert form["submit_urls"] == []


def test_an_open_forms_appointment_is_known_by_its_definition(crawled: Crawled) -> None:
    form = crawled.form("GM9001", "appointment")
    assert form["page_url"] == "https://formulieren.open.test/f-18/"
    assert any(reason.startswith("form definition: an appointment form") for reason in form["kind_reasons"])
    assert not form["rendered"], "a browser could only show that it may not make a submission"
    assert not any(asked.path == "/api/v2/submissions" for asked in crawled.world.log)


def test_a_form_behind_a_login_says_so(crawled: Crawled) -> None:
    form = next(f for f in crawled.rows("forms", "GM9001") if f["page_url"].endswith("/f-19/"))
    assert "form definition: login is required" in form["kind_reasons"]


def test_a_form_that_form_io_builds_is_seen_after_its_scripts_ran(crawled: Crawled) -> None:
    if find_browser() is None:
        pytest.skip("there is no Chromium")
    form = crawled.form("GM9002", "contact")
    assert (form["rendered"], form["personal_data_level"]) == (True, "seen")
    assert [(f["name"], f["category"], f["required"]) for f in form["fields"]] == [
        ("data[achternaam]", "name", True),
        ("data[antwoordAan]", "email", True),
        ("data[bel]", "phone", False),
        ("data[vraag]", "free_text", True),
    ]


def test_wagtail_needs_no_browser(crawled: Crawled) -> None:
    for kind, data in (("contact", ["name", "email", "phone", "free_text"]), ("appointment", ["name", "birth_date", "email"])):
        form = crawled.form("GM9003", kind)
        assert (form["rendered"], form["personal_data"], form["personal_data_level"]) == (False, data, "seen")
        assert form["submit_urls"] == [form["page_url"]]
