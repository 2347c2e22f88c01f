"""The whole program while its browser is killed in the middle: nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gemcrawl.fetch.browser import find_browser
from gemcrawl.fetch.render_memory import descendants
from tests.cli.program import ended, options, start
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no Chromium: apt-get install chromium-headless-shell")
NAMES = ("linde", "eik", "beuk", "es", "iep", "wilg", "berk", "els")
FORM = """
setTimeout(() => { document.getElementById('app').innerHTML = '<form><h1>Afspraak maken</h1><label>Voornaam <input autocomplete="given-name"></label>' +
  '<label>E-mailadres <input type="email"></label><label>Kies een datum <input type="date"></label><button>Afspraak bevestigen</button></form>'; }, 1500);
"""


def site() -> dict[str, Route]:
    return {
        "/": Reply(
            '<html lang=nl><title>Gemeente</title><a href="/afspraak-maken">Afspraak maken</a> <a href="/contact">Contact</a>'
            + "<p>Welkom." * 40
        ),
        "/afspraak-maken": Reply('<!doctype html><title>Afspraak</title><div id="app"></div><script src="/app.js"></script>'),
        "/app.js": Reply(FORM, headers={"Content-Type": "text/javascript"}),
        "/contact": Reply(
            "<title>Contact</title><h1>Contactformulier</h1><form method=post action=/x><label>Naam <input name=naam></label>"
            "<label>E-mailadres <input type=email name=e></label><label>Uw vraag <textarea name=v></textarea></label><button>Verzenden</button></form>"
        ),
    }


def browsers(pid: int) -> list[int]:
    """Browsers that a process has started, without their helpers."""
    found = []
    for one in descendants(pid):
        with suppress(OSError):
            command = Path(f"/proc/{one}/cmdline").read_bytes()
            if b"--headless" in command and b"--type=" not in command:
                found.append(one)
    return found


def wait_until(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_browser_killed_in_the_middle_of_the_night_loses_nothing(tmp_path: Path, authority: Authority) -> None:
    hosts = {f"www.{name}.test": site() for name in NAMES}
    with World(hosts, authority) as world:
        registry = world.registry(tmp_path)
        process = start("crawl", *options(world, registry, tmp_path / "out"), "--log-level", "debug", cwd=tmp_path)
        killed: list[set[int]] = []
        for rendered in (2, len(NAMES)):  # while pages are being rendered, twice
            wait_until(lambda count=rendered: sum(asked.path == "/app.js" for asked in world.log) >= count)
            wait_until(lambda: browsers(process.pid))
            killed.append(set(browsers(process.pid)))
            for pid in killed[-1]:
                os.kill(pid, signal.SIGKILL)
        night = ended(process, timeout=110)
    assert night.code == 0, night.err
    assert killed[0].isdisjoint(killed[1])
    (folder,) = (tmp_path / "out").glob("snapshot=*")
    rows = pq.read_table(folder / "municipalities.parquet").to_pylist()
    assert [row["outcome"] for row in rows] == ["surveyed"] * len(NAMES)
    pages = pq.read_table(folder / "pages.parquet").to_pylist()
    outcomes = {p["municipality"]: p["render_outcome"] for p in pages if p["url"].endswith("/afspraak-maken")}
    assert set(outcomes.values()) == {"rendered"}, outcomes
    forms = pq.read_table(folder / "forms.parquet").to_pylist()
    assert sorted((f["municipality"], f["kind"]) for f in forms) == sorted(
        (row["code"], kind) for row in rows for kind in ("appointment", "contact")
    )
    assert {f["rendered"] for f in forms if f["kind"] == "appointment"} == {True}
    assert {asked.method for asked in world.log} <= {"GET", "HEAD"}
