"""The whole program, as its users start it: a process, a small real web, and a published snapshot."""

from __future__ import annotations

import hashlib
import itertools
import json
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gemcrawl.items import TABLES
from gemcrawl.settings import USER_AGENT
from tests.cli.program import CHECKOUT, Ended, ended, options, run, start
from tests.support.authority import EVERY_SUITE, TLS13, Authority, Leaf, Versions
from tests.support.world import Reply, Route, Tls, World, redirect

HSTS = {"Strict-Transport-Security": "max-age=31536000", "Content-Type": "text/html; charset=utf-8"}
CONTACT = """<form method="post" action="/verzend"><label>Naam <input name="naam"></label><label>E-mailadres <input type="email" name="e"></label>
<label>Uw vraag <textarea name="vraag"></textarea></label><button>Verzenden</button></form>"""
APPOINTMENT = """<form method="post"><fieldset><legend>Waarvoor wilt u een afspraak maken?</legend>
<label><input type="radio" name="product" value="1"> Paspoort</label><label><input type="radio" name="product" value="2"> Rijbewijs</label></fieldset>
<button>Volgende</button></form>"""
HOSTILE = "\x1b]0;bezeten\x07\x1b[2J\x00\u202e'; DROP TABLE forms; --"


def page(title: str, *parts: str) -> Reply:
    return Reply(f"<!doctype html><html lang=nl><title>{title}</title><main><h1>{title}</h1>{''.join(parts)}</main></html>", headers=HSTS)


def link(href: str, text: str) -> str:
    return f'<a href="{href}">{text}</a> '


def site(host: str, pages: dict[str, Route]) -> dict[str, Route]:
    """A site that sends http to https first thing, whatever the path."""
    return {**{f"http:{path}": redirect(f"https://{host}{path}") for path in pages}, **pages}


HOSTS: dict[str, dict[str, Route]] = {
    "www.goed.test": site(
        "www.goed.test",
        {
            "/": page(
                "Gemeente Goed",
                link("/contact", "Contactformulier"),
                link("https://goed.planner.test/", "Afspraak maken"),
                link("/geheim", "Contact"),
            ),
            "/robots.txt": Reply("User-agent: *\nDisallow: /geheim", headers={"Content-Type": "text/plain"}),
            "/contact": page("Contactformulier", CONTACT),
            "/geheim": page("Contact", CONTACT),
        },
    ),
    "goed.planner.test": site("goed.planner.test", {"/": page("Afspraak maken", APPOINTMENT)}),
    "www.half.test": {
        **site(
            "www.half.test",
            {
                "/": page("Gemeente Half", link("/contact", "Contact"), link("http://www.half.test/afspraak", "Afspraak maken")),
                "/contact": page("Contact", '<iframe src="https://formulier.test/half"></iframe>'),
            },
        ),
        "/afspraak": page("Afspraak maken", APPOINTMENT),
    },
    "formulier.test": site("formulier.test", {"/half": page("Contactformulier", CONTACT)}),
    "www.weg.test": {},
    "www.dicht.test": site(
        "www.dicht.test",
        {"/": page("Dicht", CONTACT), "/robots.txt": Reply("User-agent: *\nDisallow: /", headers={"Content-Type": "text/plain"})},
    ),
    "www.kwaad.test": site(
        "www.kwaad.test",
        {
            "/": page(
                HOSTILE,
                link("/big", "Afspraak maken"),
                link("/gzip-bomb", "Maak een afspraak"),
                link("/not-http", "Afspraak inplannen"),
                link("/partial", "Contactformulier"),
                link("/redirect-loop", "Afspraak maken voor paspoort"),
                link("/big-headers", "Stel uw vraag via het contactformulier"),
                "<div>" * 20_000,
                f"<form method=post action='/x'><label>{HOSTILE} E-mail <input name=e type=email></label><textarea name=vraag></textarea></form>",
            )
        },
    ),
    "www.leeg.test": site("www.leeg.test", {"/": page("Gemeente Leeg", "Niets te doen.")}),
}
TLS = dict.fromkeys(HOSTS, Tls(versions=(TLS13, TLS13)))
WEBSITES = ("www.goed.test", "www.half.test", "www.weg.test", "www.dicht.test", "www.kwaad.test", "www.leeg.test")
GOOD, HALF, GONE, CLOSED, EVIL, EMPTY = (f"GM{n}" for n in range(9001, 9007))


class Modern(Leaf):
    """Offers one good group; OpenSSL's own choice has some that the guidelines do not list."""

    def server_context(self, versions: Versions = (TLS13, TLS13), ciphers: str = EVERY_SUITE) -> ssl.SSLContext:
        context = super().server_context(versions, ciphers)
        context.set_ecdh_curve("prime256v1")
        return context


@dataclass
class Crawled:
    """A world after two crawls of it."""

    world: World
    output: Path
    runs: list[Ended]
    snapshots: list[Path]

    def rows(self, table: str, night: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.snapshots[night] / f"{table}.parquet").to_pylist()
        return found


@pytest.fixture(scope="module")
def crawled(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("crawled")
    world = World(HOSTS, authority, tls=TLS, closed=["https://www.weg.test", "http://www.weg.test"])
    world.leaves = {host: Modern(leaf.sent, leaf.pem_file) for host, leaf in world.leaves.items()}
    with world:
        arguments = options(world, world.registry(folder, *WEBSITES), folder / "output")
        runs, asked = [], []
        for _ in range(2):
            runs.append(run("crawl", *arguments, cwd=folder, fresh=not runs))
            asked.append(len(world.log))
        yield Crawled(world, folder / "output", runs, sorted((folder / "output").glob("snapshot=*")))


def test_a_crawl_publishes_one_row_per_municipality_and_exits_0(crawled: Crawled) -> None:
    assert [r.code for r in crawled.runs] == [0, 0], crawled.runs[0].err
    assert len(crawled.snapshots) == 2
    assert [row["code"] for row in crawled.rows("municipalities")] == [GOOD, HALF, GONE, CLOSED, EVIL, EMPTY]
    assert "Traceback" not in crawled.runs[0].err
    assert "appointment form not protected by https: 1 of 6" in crawled.runs[0].out


def test_outcomes_and_answers_are_those_of_the_world(crawled: Crawled) -> None:
    told = {row["code"]: (row["outcome"], row["reason"], row["appointment"], row["contact"]) for row in crawled.rows("municipalities")}
    assert told == {
        GOOD: ("surveyed", None, "secure", "secure"),
        HALF: ("surveyed", None, "insecure", "secure"),
        GONE: ("unreachable", "refused", "not_tested", "not_tested"),
        CLOSED: ("robots_denied", "robots", "not_tested", "not_tested"),
        EVIL: ("surveyed", None, "not_tested", "secure"),
        EMPTY: ("surveyed", None, "not_found", "not_found"),
    }


def test_forms_are_found_where_suppliers_host_them(crawled: Crawled) -> None:
    forms = {(f["municipality"], f["kind"]): f for f in crawled.rows("forms") if f["municipality"] in (GOOD, HALF)}
    assert {pair: form["page_url"] for pair, form in forms.items()} == {
        (GOOD, "appointment"): "https://goed.planner.test/",
        (GOOD, "contact"): "https://www.goed.test/contact",
        (HALF, "appointment"): "http://www.half.test/afspraak",
        (HALF, "contact"): "https://formulier.test/half",
    }
    assert forms[HALF, "contact"]["frame_urls"] == ["https://www.half.test/contact"]
    assert forms[HALF, "appointment"]["https_2016"] == "fail"
    assert {f["code"] for f in forms[HALF, "appointment"]["findings"]} >= {"page_http", "action_http"}
    assert forms[GOOD, "contact"]["findings"] == []


def test_what_hostile_pages_say_is_stored_without_harm(crawled: Crawled) -> None:
    rows = [p for p in crawled.rows("pages") if p["municipality"] == EVIL]
    failures = {p["url"].rpartition("/")[2]: p["failure"] for p in rows if p["failure"]}
    assert failures["gzip-bomb"] == "too_large"
    assert failures["redirect-loop"] == "redirect_loop"
    assert failures["not-http"] in ("error", "reset")
    assert [f["kind"] for f in crawled.rows("forms") if f["municipality"] == EVIL] == ["contact"]
    shown = run("query", "SELECT title FROM latest.pages", "--output", crawled.output, cwd=crawled.output)
    assert "bezeten" in shown.out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown.out)


def test_the_descriptor_tells_what_is_in_the_files(crawled: Crawled) -> None:
    for snapshot in crawled.snapshots:
        told = json.loads((snapshot / "datapackage.json").read_bytes())
        assert {r["name"] for r in told["resources"]} == set(TABLES)
        for resource in told["resources"]:
            content = (snapshot / resource["path"]).read_bytes()
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert resource["bytes"] == len(content)
            assert resource["rows"] == pq.read_metadata(snapshot / resource["path"]).num_rows
        assert sum(told["gemcrawl"]["outcomes"].values()) == 6
        assert told["gemcrawl"]["settings"]["USER_AGENT"] == USER_AGENT
    assert json.loads((crawled.output / "latest.json").read_bytes()) == {"snapshot": crawled.snapshots[1].name.removeprefix("snapshot=")}
    assert list((crawled.output / "runs").iterdir()) == []


_CHANGING = {"started_at", "finished_at", "fetched_at", "checked_at", "seconds"}


def test_two_nights_over_the_same_web_differ_in_times_only(crawled: Crawled) -> None:
    for table in TABLES:
        nights = [sorted(repr({k: v for k, v in r.items() if k not in _CHANGING}) for r in crawled.rows(table, night)) for night in (0, 1)]
        assert nights[0] == nights[1] != []


def test_every_request_is_polite(crawled: Crawled) -> None:
    log = crawled.world.log
    assert {asked.method for asked in log} <= {"GET", "HEAD"}
    assert {asked.headers["User-Agent"] for asked in log} == {USER_AGENT}
    assert "/geheim" not in crawled.world.paths("www.goed.test")
    assert set(crawled.world.paths("www.dicht.test")) == {"/robots.txt"}
    for host in crawled.world.hosts:
        paths = crawled.world.paths(host)
        assert not paths or paths[0] == "/robots.txt"


def test_the_delay_holds_between_requests_to_one_server(make_world: Callable[..., World], tmp_path: Path) -> None:
    hosts = {name: HOSTS[name] for name in ("www.goed.test", "goed.planner.test")}
    world = make_world(hosts)
    found = run("crawl", *options(world, world.registry(tmp_path, "www.goed.test"), tmp_path / "output", delay=0.2), cwd=tmp_path)
    assert found.code == 0, found.err
    times = [asked.time for asked in world.log if asked.host == "www.goed.test"]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert len(gaps) >= 3
    # a quarter of jitter, and what the arrival of a request may vary
    assert min(gaps) >= 0.2 * 0.75 - 0.02


def _scrapy_settings(world: World, registry: Path, output: Path, **more: str) -> list[str]:
    told = {
        "GEMCRAWL_CONNECT_TO": ",".join(world.connect_to),
        "GEMCRAWL_ALLOW_NET": "127.0.0.0/8",
        "GEMCRAWL_CA_FILE": str(world.ca_file),
        "GEMCRAWL_REGISTRY": str(registry),
        "GEMCRAWL_OUTPUT": str(output),
        "DOWNLOAD_DELAY": "0.01",
        "GEMCRAWL_PROBE_SPACING": "0.001",
        **more,
    }
    return [word for name, value in told.items() for word in ("-s", f"{name}={value}")]


def test_it_is_a_scrapy_project_like_any_other(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world(HOSTS, closed=["https://www.weg.test", "http://www.weg.test"])
    output = tmp_path / "output"
    settings = _scrapy_settings(world, world.registry(tmp_path, *WEBSITES), output)
    listing = start("list", cwd=CHECKOUT, scrapy=True)
    found = run("crawl", "forms", "-a", f"only={GOOD}", *settings, cwd=CHECKOUT, scrapy=True)
    assert ended(listing).out.split() == ["forms", "page", "recheck", "registry"]
    assert found.code == 0, found.err
    assert "ERROR" not in found.err
    (snapshot,) = output.glob("snapshot=*")
    assert [row["code"] for row in pq.read_table(snapshot / "municipalities.parquet").to_pylist()] == [GOOD]


SITES = 6


def _slow_world(make_world: Callable[..., World]) -> World:
    hosts = {
        f"www.g{n}.test": site(
            f"www.g{n}.test", {"/": page(f"Gemeente {n}", link("/contact", "Contact")), "/contact": page("Contact", CONTACT)}
        )
        for n in range(SITES)
    }
    return make_world(hosts, tls=dict.fromkeys(hosts, Tls(versions=(TLS13, TLS13))))


def test_an_interrupted_run_exits_5_and_is_finished_by_resume(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = _slow_world(make_world)
    output = tmp_path / "output"
    arguments = [*options(world, world.registry(tmp_path), output, delay=0.08), "--concurrency", "1"]
    process = start("crawl", *arguments, cwd=tmp_path)
    deadline = time.monotonic() + 30
    while len(list(output.glob("runs/*/parts/*/survey.parquet"))) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    first = ended(process)
    assert first.code == 5, first.err
    (working,) = (output / "runs").iterdir()
    done = {part.parent.name for part in working.glob("parts/*/survey.parquet")}
    assert 2 <= len(done) < SITES
    assert f"--resume {working.name}" in first.err
    assert not list(output.glob("snapshot=*"))

    world.log.clear()
    second = run("crawl", *arguments, "--resume", working.name, cwd=tmp_path)
    assert second.code == 0, second.err
    (snapshot,) = output.glob("snapshot=*")
    rows = pq.read_table(snapshot / "municipalities.parquet").to_pylist()
    assert [(row["code"], row["outcome"]) for row in rows] == [(f"GM{9001 + n}", "surveyed") for n in range(SITES)]
    asked_again = {asked.host for asked in world.log}
    assert asked_again == {f"www.g{n}.test" for n in range(SITES) if f"GM{9001 + n}" not in done}
    assert [row["contact_forms"] for row in rows] == [1] * SITES


RAISING = '''
"""What goes wrong on purpose."""
from gemcrawl.spiders.forms import FormsSpider


class RaisingPipeline:
    def process_item(self, item):
        if item.municipality.code == "GM9002":
            raise RuntimeError("on purpose, in a pipeline")
        return item


class RaisingSpider(FormsSpider):
    name = "raising"

    @classmethod
    def from_crawler(cls, crawler, *args, **kwargs):
        spider = super().from_crawler(crawler, *args, **kwargs)
        get = spider.client.get

        def raising(url, **options):
            if "g0.test" in url:
                raise RuntimeError("on purpose, in a survey")
            return get(url, **options)

        spider.client.get = raising
        return spider
'''


def test_a_municipality_whose_survey_or_pipeline_raises_still_has_its_row(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = _slow_world(make_world)
    (tmp_path / "raising.py").write_text(RAISING)
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = gemcrawl.settings\n")
    pipelines = {
        "raising.RaisingPipeline": 100,
        "gemcrawl.pipelines.transport.TransportPipeline": 300,
        "gemcrawl.pipelines.snapshot.SnapshotPipeline": 800,
    }
    settings = _scrapy_settings(
        world, world.registry(tmp_path), tmp_path / "output", SPIDER_MODULES="raising", ITEM_PIPELINES=json.dumps(pipelines)
    )
    path = {"PYTHONPATH": f"{CHECKOUT}:{tmp_path}"}
    found = run("crawl", "raising", *settings, cwd=tmp_path, env=path, scrapy=True)
    assert "on purpose, in a survey" in found.err
    assert "on purpose, in a pipeline" in found.err
    (snapshot,) = (tmp_path / "output").glob("snapshot=*")
    rows = pq.read_table(snapshot / "municipalities.parquet").to_pylist()
    told = {row["code"]: (row["outcome"], row["reason"]) for row in rows}
    assert told == {
        "GM9001": ("failed", "error"),
        "GM9002": ("failed", "error"),
        **{f"GM{9001 + n}": ("surveyed", None) for n in range(2, SITES)},
    }


STUCK = '''
"""A pipeline in which the first municipality stays for a while."""
import asyncio
import pathlib


class SlowPipeline:
    async def process_item(self, item):
        pathlib.Path("in-the-pipeline").touch()
        await asyncio.sleep(1.5)
        return item
'''


def test_a_run_interrupted_in_the_middle_of_a_pipeline_ends_and_keeps_that_municipality(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    world = _slow_world(make_world)
    (tmp_path / "stuck.py").write_text(STUCK)
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = gemcrawl.settings\n")
    pipelines = {"stuck.SlowPipeline": 100, "gemcrawl.pipelines.snapshot.SnapshotPipeline": 800}
    settings = _scrapy_settings(
        world, world.registry(tmp_path), tmp_path / "output", ITEM_PIPELINES=json.dumps(pipelines), GEMCRAWL_CONCURRENT_SITES="1"
    )
    process = start("crawl", "forms", *settings, cwd=tmp_path, env={"PYTHONPATH": f"{CHECKOUT}:{tmp_path}"}, scrapy=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "in-the-pipeline").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    found = ended(process, timeout=20)
    assert "Spider closed (shutdown)" in found.err
    assert found.code == 0  # Scrapy's own, whatever happened: docs/operations.md says so
    assert [p.parent.name for p in (tmp_path / "output").glob("runs/*/parts/*/survey.parquet")] == ["GM9001"]
