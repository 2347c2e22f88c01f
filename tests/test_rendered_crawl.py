"""The whole program with a real browser: a small web whose forms are made by scripts, and what is published about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gemcrawl.fetch.browser import find_browser
from tests.cli.program import Ended, options, run
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World, redirect

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no Chromium: apt-get install chromium-headless-shell")

HSTS = {"Strict-Transport-Security": "max-age=31536000", "Content-Type": "text/html; charset=utf-8"}
SCRIPT = {"Content-Type": "text/javascript"}


def page(title: str, *parts: str) -> Reply:
    return Reply(f"<!doctype html><html lang=nl><title>{title}</title><main><h1>{title}</h1>{''.join(parts)}</main></html>", headers=HSTS)


def site(host: str, pages: dict[str, Route]) -> dict[str, Route]:
    return {**{f"http:{path}": redirect(f"https://{host}{path}") for path in pages}, **pages}


LATE = """
setTimeout(() => {
  document.title = 'Afspraak maken';
  const form = document.createElement('form');
  form.innerHTML = '<h1>Afspraak maken</h1><label>Voornaam <input autocomplete="given-name"></label><label>Geboortedatum <input type="date"></label>' +
    '<label>E-mailadres <input type="email"></label><label>Kies een datum en tijd <input name="datum"></label><button>Afspraak bevestigen</button>';
  document.getElementById('app').append(form);
}, 400);
"""
POSTS = """
const show = () => { document.getElementById('app').textContent = 'Kies een activiteit'; };
fetch('/api/login', {method: 'POST', body: '{}'}).then(r => r.json()).then(show, () => { document.getElementById('app').textContent = 'Er ging iets mis'; });
navigator.sendBeacon('/api/teller', 'x');
"""
HOSTS: dict[str, dict[str, Route]] = {
    "www.laat.test": site(
        "www.laat.test",
        {
            "/": page("Gemeente Laat", '<a href="/afspraak-maken">Afspraak maken</a>', '<a href="/contact">Contact</a>'),
            "/afspraak-maken": Reply('<!doctype html><div id="app"></div><script src="/app.js"></script>', headers=HSTS),
            "/app.js": Reply(LATE, headers=SCRIPT),
            "/contact": page(
                "Contact",
                """<form method="post" action="/verzend"><label>Naam <input name="naam"></label><label>E-mailadres <input type="email" name="e"></label>
                <label>Uw vraag <textarea name="vraag"></textarea></label><button>Verzenden</button></form><script>1</script>""",
            ),
        },
    ),
    "www.zendt.test": site(
        "www.zendt.test", {"/": page("Gemeente Zendt", '<a href="https://zendt.mijnafspraakmaken.test/">Afspraak maken</a>')}
    ),
    "zendt.mijnafspraakmaken.test": site(
        "zendt.mijnafspraakmaken.test",
        {
            "/": Reply(
                '<!doctype html><title>Afspraak</title><body aurelia-app="main"><div id="app"></div><script src="/app.js"></script>',
                headers=HSTS,
            ),
            "/app.js": Reply(POSTS, headers=SCRIPT),
        },
    ),
    "www.kaal.test": site("www.kaal.test", {"/": Reply('<!doctype html><div id="app"></div><script src="/x.js"></script>', headers=HSTS)}),
}
LATE_ONE, SENDS, BARE = "GM9001", "GM9002", "GM9003"


class Night:
    """One published night."""

    def __init__(self, output: Path, ended: Ended, world: World) -> None:
        self.ended, self.world = ended, world
        (self.folder,) = output.glob("snapshot=*")

    def table(self, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{name}.parquet").to_pylist()

    def forms(self, code: str, kind: str) -> list[dict[str, Any]]:
        return [f for f in self.table("forms") if (f["municipality"], f["kind"]) == (code, kind)]

    def municipality(self, code: str) -> dict[str, Any]:
        return next(m for m in self.table("municipalities") if m["code"] == code)


def survey(folder: Path, authority: Authority, *more: str, env: dict[str, str] | None = None) -> Iterator[Night]:
    with World(HOSTS, authority) as world:
        registry = world.registry(folder, "www.laat.test", "www.zendt.test", "www.kaal.test")
        ended = run("crawl", *options(world, registry, folder / "out"), *more, cwd=folder, env=env)
        assert ended.code == 0, ended.err
        yield Night(folder / "out", ended, world)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Night]:
    yield from survey(tmp_path_factory.mktemp("rendered"), authority)


def test_a_form_that_comes_late_is_found_with_its_personal_data(night: Night) -> None:
    (form,) = night.forms(LATE_ONE, "appointment")
    assert (form["rendered"], form["render_outcome"]) == (True, "rendered")
    assert form["personal_data"] == ["name", "birth_date", "email"]
    assert form["personal_data_level"] == "seen"
    assert [f["code"] for f in form["findings"] if f["weight"] == "note"] == ["submit_by_script"]
    assert night.municipality(LATE_ONE)["rendered"] == 1


def test_a_page_that_says_enough_as_fetched_is_not_rendered(night: Night) -> None:
    (form,) = night.forms(LATE_ONE, "contact")
    assert (form["rendered"], form["render_outcome"]) == (False, None)


def test_nothing_but_get_and_head_reaches_a_server(night: Night) -> None:
    assert {asked.method for asked in night.world.log} <= {"GET", "HEAD"}
    assert "/api/login" not in night.world.paths("zendt.mijnafspraakmaken.test")


def test_what_a_product_tried_to_send_stands_on_its_row(night: Night) -> None:
    (form,) = night.forms(SENDS, "appointment")
    assert form["blocked_requests"] == 2
    assert form["personal_data_level"] == "inferred"


def test_every_request_says_who_asks(night: Night) -> None:
    assert {asked.headers["User-Agent"].split("/")[0] for asked in night.world.log} == {"gemcrawl"}


def test_without_a_browser_the_night_is_published_and_says_what_is_missing(tmp_path: Path, authority: Authority) -> None:
    for night in survey(tmp_path, authority, env={"GEMCRAWL_CHROMIUM": "/no/such/browser"}):
        (form,) = night.forms(SENDS, "appointment")
        assert (form["rendered"], form["render_outcome"]) == (False, "no_browser")
        assert night.municipality(LATE_ONE)["appointment"] == "not_tested"
        assert night.municipality(BARE)["contact"] == "not_tested"


def test_rendering_can_be_switched_off(tmp_path: Path, authority: Authority) -> None:
    for night in survey(tmp_path, authority, "--no-render"):
        (form,) = night.forms(SENDS, "appointment")
        assert form["render_outcome"] == "off"
