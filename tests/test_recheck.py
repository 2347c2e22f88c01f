"""A second look through the real program: a small real web that changes between the survey and the recheck."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.snapshot.read import query
from gemcrawl.snapshot.rechecks import rechecks
from tests.cli.program import CHECKOUT, files, options, run
from tests.support.world import Reply, Route, World
from tests.test_crawl import APPOINTMENT, CONTACT, link, page, site

PLAIN = "http://www.half.test/afspraak"
GOOD, HALF, GONE, MUTE = (f"GM{n}" for n in range(9001, 9005))
WEBSITES = ("www.goed.test", "www.half.test", "www.weg.test", "www.stil.test")


def hosts() -> dict[str, dict[str, Route]]:
    """One form of which only the TLS settings are wanting, and three that come over http."""
    found: dict[str, dict[str, Route]] = {
        "www.goed.test": site(
            "www.goed.test",
            {
                "/": page("Gemeente Goed", link("/contact", "Contactformulier")),
                "/contact": page("Contactformulier", CONTACT),
                "/.well-known/security.txt": Reply(
                    "Contact: mailto:cvd@goed.test\nExpires: 2099-01-01T00:00:00Z\n", headers={"Content-Type": "text/plain; charset=utf-8"}
                ),
            },
        )
    }
    for name in ("half", "weg", "stil"):
        host = f"www.{name}.test"
        home = page(f"Gemeente {name}", link(f"http://{host}/afspraak", "Afspraak maken"))
        found[host] = {**site(host, {"/": home}), "/afspraak": page("Afspraak maken", APPOINTMENT)}
    return found


@pytest.fixture
def surveyed(make_world: Callable[..., World], tmp_path: Path) -> tuple[World, list[str], Path]:
    """A world, options that lead to it, and the output of one survey of it."""
    world = make_world(hosts())
    output = tmp_path / "output"
    given = options(world, world.registry(tmp_path, *WEBSITES), output)
    done = run("crawl", *given, cwd=tmp_path)
    assert done.code == 0, done.err
    return world, [option for option in given if option not in ("--registry", str(tmp_path / "registry.csv"))], output


def mend(world: World) -> None:
    """The first answers over https only, the second is taken away, the third does not answer."""
    half, gone, mute = (world.hosts[f"www.{name}.test"] for name in ("half", "weg", "stil"))
    half.update(
        site("www.half.test", {"/": page("Half", link("/afspraak", "Afspraak maken")), "/afspraak": page("Afspraak maken", APPOINTMENT)})
    )  # type: ignore[attr-defined]
    gone.update({"/": page("Gemeente weg", "Bel ons voor een afspraak."), "/afspraak": Reply("Niet meer", 410)})  # type: ignore[attr-defined]
    mute.update({"/afspraak": Reply("Later", 503)})  # type: ignore[attr-defined]


def rows(out: str) -> dict[str, dict[str, Any]]:
    return {row["municipality"]: row for row in json.loads(out)}


def test_before_anything_changes_everything_is_as_it_was(surveyed: tuple[World, list[str], Path], tmp_path: Path) -> None:
    world, given, output = surveyed
    begin = len(world.log)
    done = run("recheck", "--json", "--all", *given, cwd=tmp_path)
    assert done.code == 6, done.err
    found = rows(done.out)
    assert {code: row["result"] for code, row in found.items()} == dict.fromkeys((GOOD, HALF, GONE, MUTE), "still")
    (before,) = query(output, f"SELECT findings, page_url FROM latest.forms WHERE municipality = '{HALF}'").to_pylist()
    assert found[HALF]["findings"] == before["findings"]
    assert found[HALF]["new_page_url"] == before["page_url"] == PLAIN
    asked = world.log[begin:]
    assert {request.method for request in asked} <= {"GET", "HEAD"}
    assert len([request for request in asked if request.host == "www.half.test"]) <= 8


def test_mended_gone_and_mute(surveyed: tuple[World, list[str], Path], tmp_path: Path) -> None:
    world, given, output = surveyed
    before = files(output)
    mend(world)
    done = run("recheck", "--json", *given, cwd=tmp_path, fresh=True)
    assert done.code == 6, done.err
    found = rows(done.out)
    assert {code: row["result"] for code, row in found.items()} == {
        GOOD: "still",
        HALF: "fixed",
        GONE: "gone",
        MUTE: "unreachable",
    }
    assert found[HALF]["gone"][0] == "page_http"
    assert found[HALF]["verdict"] != "insecure"
    assert found[HALF]["new_page_url"] == "https://www.half.test/afspraak"
    assert "answers 410" in found[GONE]["evidence"]
    assert found[MUTE]["reason"] == "http_5xx"
    (kept,) = rechecks(output)
    assert files(output) - before == {"rechecks", f"rechecks/{kept.name}"}
    assert query(output, "SELECT result, count(*) AS n FROM rechecks GROUP BY ALL").num_rows == 4


def test_as_a_person_reads_it_and_when_all_is_well(surveyed: tuple[World, list[str], Path], tmp_path: Path) -> None:
    world, given, _ = surveyed
    mend(world)
    done = run("recheck", "--only", f"{HALF},{GONE}", *given, cwd=tmp_path)
    assert done.code == 0, (done.out, done.err)
    assert "rechecked 2 forms: 1 fixed (municipalities: 1), 1 gone (municipalities: 1)" in done.out
    assert "Traceback" not in done.err


def test_it_is_a_scrapy_spider_too(surveyed: tuple[World, list[str], Path], tmp_path: Path) -> None:
    world, _, output = surveyed
    settings = {**world.settings, "GEMCRAWL_OUTPUT": str(output), "DOWNLOAD_DELAY": 0.01, "GEMCRAWL_PROBE_SPACING": 0.001}
    given = [f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in settings.items()]
    done = run("crawl", "recheck", "-a", f"only={HALF}", *(part for each in given for part in ("-s", each)), cwd=CHECKOUT, scrapy=True)
    assert done.code == 0, done.err
    assert [row["municipality"] for row in query(output, "FROM rechecks").to_pylist()] == [HALF]
    assert len(list(output.glob("snapshot=*"))) == 1


def test_the_survey_reads_security_txt(surveyed: tuple[World, list[str], Path]) -> None:
    world, _, output = surveyed
    told = {row["code"]: row["security_txt"] for row in query(output, "SELECT code, security_txt FROM latest.municipalities").to_pylist()}
    assert told[GOOD]["contacts"] == ["mailto:cvd@goed.test"]
    assert told[GOOD]["url"] == "https://www.goed.test/.well-known/security.txt"
    assert told[HALF] is None
    assert world.paths("www.goed.test").count("/.well-known/security.txt") == 1
