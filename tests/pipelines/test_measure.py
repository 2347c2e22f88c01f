"""A bad verdict caused by the network is confirmed by a second try, later and calmly; and every address of a host is measured."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scrapy.utils.test import get_crawler

from gemcrawl.pipelines.measure import MOST_HOSTS, Measurer
from gemcrawl.transport.trust import TrustStore
from tests.cli.program import CHECKOUT, Ended, run
from tests.pipelines.gate import Gate, loop_in_thread
from tests.support.authority import EVERY_SUITE, TLS13, Authority, Leaf, Versions
from tests.support.world import Reply, Tls, World, redirect

SITE, RECEIVER = "www.plaats.test", "ontvanger.test"
HSTS = {"Strict-Transport-Security": "max-age=31536000", "Content-Type": "text/html; charset=utf-8"}
CONTACT = f"""<html lang=nl><title>Contactformulier</title><h1>Contactformulier</h1><form method=post action="https://{RECEIVER}/in">
<label>Naam <input name=naam></label><label>E-mailadres <input type=email name=e></label>
<label>Uw vraag <textarea name=vraag></textarea></label><button>Verzenden</button></form>"""
HOSTS: dict[str, dict[str, Any]] = {
    SITE: {
        "http:/": redirect(f"https://{SITE}/"),
        "http:/contact": redirect(f"https://{SITE}/contact"),
        "/": Reply('<html lang=nl><title>Gemeente Plaats</title><a href="/contact">Contactformulier</a>', headers=HSTS),
        "/contact": Reply(CONTACT, headers=HSTS),
    },
    RECEIVER: {"/": Reply("<title>Ontvanger</title>", headers=HSTS)},
}
PAUSE = 2.0


class Modern(Leaf):
    """Offers one good group."""

    def server_context(self, versions: Versions = (TLS13, TLS13), ciphers: str = EVERY_SUITE) -> ssl.SSLContext:
        context = super().server_context(versions, ciphers)
        context.set_ecdh_curve("prime256v1")
        return context


@dataclass
class Surveyed:
    """What a crawl of the one municipality published."""

    ended: Ended
    snapshot: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.snapshot / f"{table}.parquet").to_pylist()
        return found

    def host(self, name: str) -> dict[str, Any]:
        (row,) = [row for row in self.rows("hosts") if row["host"] == name]
        return row

    @property
    def contact(self) -> dict[str, Any]:
        (form,) = [form for form in self.rows("forms") if form["kind"] == "contact"]
        return form


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world({host: dict(pages) for host, pages in HOSTS.items()}, tls=dict.fromkeys(HOSTS, Tls(versions=(TLS13, TLS13))))


@pytest.fixture(autouse=True)
def _one_good_group(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Authority.leaf

    def leaf(self: Authority, *names: str, **options: Any) -> Leaf:
        made = real(self, *names, **options)
        return Modern(made.sent, made.pem_file)

    monkeypatch.setattr(Authority, "leaf", leaf)


def survey(world: World, folder: Path, *first: str, env: dict[str, str] | None = None, **more: str) -> Surveyed:
    """Crawls; connect-to rules in ``first`` go before those of the world."""
    folder.mkdir(exist_ok=True)
    told = {
        "GEMCRAWL_CONNECT_TO": ",".join((*first, *world.connect_to)),
        "GEMCRAWL_ALLOW_NET": "127.0.0.0/8,::1/128",
        "GEMCRAWL_CA_FILE": str(world.ca_file),
        "GEMCRAWL_REGISTRY": str(world.registry(folder, SITE)),
        "GEMCRAWL_OUTPUT": str(folder / "output"),
        "DOWNLOAD_DELAY": "0.01",
        "GEMCRAWL_PROBE_SPACING": "0.001",
        "GEMCRAWL_CONFIRM_PAUSE": str(PAUSE),
        **more,
    }
    settings = [word for name, value in told.items() for word in ("-s", f"{name}={value}")]
    ended = run("crawl", "forms", *settings, cwd=CHECKOUT, env=env, scrapy=True)
    (snapshot,) = (folder / "output").glob("snapshot=*")
    assert "Traceback" not in ended.err, ended.err
    return Surveyed(ended, snapshot)


@contextmanager
def gate(world: World, host: str, scheme: str = "https", **options: Any) -> Iterator[tuple[Gate, str]]:
    """A gate before a host of the world, and the rule that leads through it."""
    with Gate(world.port(host, scheme), **options) as made:
        yield made, f"{host}:{443 if scheme == 'https' else 80}:127.0.0.1:{made.port}"


@pytest.mark.parametrize(("delay", "told", "spacing"), [(1.0, None, 0.2), (5.0, None, 1.0), (1.0, 0.05, 0.05)])
def test_handshakes_with_one_server_keep_a_fifth_of_the_delay_unless_told_otherwise(
    delay: float, told: float | None, spacing: float
) -> None:
    crawler = get_crawler(settings_dict={"DOWNLOAD_DELAY": delay, "GEMCRAWL_PROBE_SPACING": told})
    assert Measurer(crawler, TrustStore(None)).spacing == pytest.approx(spacing)


def test_nothing_is_asked_twice_of_a_network_that_works(world: World, tmp_path: Path) -> None:
    with gate(world, RECEIVER, admits=1_000) as (at, rule):
        found = survey(world, tmp_path, rule)
    assert (found.contact["verdict"], found.host(RECEIVER)["https"]) == ("secure", "ok")
    assert "second try" not in found.ended.err
    assert at.longest_pause < PAUSE


def test_a_form_that_is_sent_to_a_thousand_hosts_has_few_of_them_measured(world: World, tmp_path: Path) -> None:
    buttons = [f'<button formaction="https://h{n}.kwaad.test/in">Verzenden</button>' for n in range(60)]
    fields = CONTACT.replace("</form>", "{}</form>")
    for page in range(3):
        form = fields.format("".join(buttons[20 * page : 20 * page + 20])).replace("Contactformulier", f"Contactformulier {page}")
        world.hosts[SITE][f"/contact{page}"] = Reply(form, headers=HSTS)
    links = "".join(f'<a href="/contact{page}">Contactformulier {page}</a>' for page in range(3))
    world.hosts[SITE]["/"] = Reply(f"<html lang=nl><title>Gemeente Plaats</title>{links}", headers=HSTS)
    found = survey(world, tmp_path, f"*.kwaad.test:443:127.0.0.1:{world.port(RECEIVER)}", GEMCRAWL_TLS_INVENTORY="False")
    asked = {asked.host for asked in world.log if asked.host.endswith(".kwaad.test")}
    assert 0 < len(asked) <= MOST_HOSTS + 1  # the domain above them could lend them HSTS
    assert {row["host"] for row in found.rows("hosts") if row["certificate"] == "not_tested"}


class TestAHostThatAFormIsSentTo:
    def test_that_answers_the_second_time_is_judged_by_that(self, world: World, tmp_path: Path) -> None:
        with gate(world, RECEIVER) as (at, rule):
            found = survey(world, tmp_path, rule)
        assert not at.admitted[0]
        assert at.admitted[-1]
        assert found.host(RECEIVER)["https"] == "ok"
        assert found.host(RECEIVER)["certificate"] == "valid"
        assert found.host(RECEIVER)["tls_versions"] == ["TLSv1.3"]
        assert found.contact["verdict"] == "secure"
        assert f"second try of https {RECEIVER}: answered" in found.ended.err

    def test_that_fails_twice_is_recorded_as_it_failed(self, world: World, tmp_path: Path) -> None:
        with gate(world, RECEIVER, quiet=1_000.0) as (at, rule):
            found = survey(world, tmp_path, rule)
        assert not any(at.admitted)
        assert at.longest_pause >= PAUSE
        assert found.host(RECEIVER)["https"] == "reset"
        assert found.contact["verdict"] == "not_tested"
        assert f"second try of https {RECEIVER}: no answer" in found.ended.err


class TestPort80OfAFormPage:
    def test_that_answers_the_second_time_is_judged_by_that(self, world: World, tmp_path: Path) -> None:
        with gate(world, SITE, "http") as (at, rule):
            found = survey(world, tmp_path, rule)
        assert not at.admitted[0]
        assert at.admitted[-1]
        assert found.host(SITE)["upgrade"] == "first_hop_same_host"
        assert found.contact["verdict"] == "secure"

    def test_that_fails_twice_leaves_the_upgrade_untested(self, world: World, tmp_path: Path) -> None:
        with gate(world, SITE, "http", quiet=1_000.0) as (at, rule):
            found = survey(world, tmp_path, rule)
        assert at.longest_pause >= PAUSE
        assert found.host(SITE)["upgrade"] == "not_tested"
        assert f"second try of twin http://{SITE}/contact: no answer" in found.ended.err


class TestAnInventory:
    def test_that_was_broken_off_is_taken_again(self, world: World, tmp_path: Path) -> None:
        calm = survey(world, tmp_path / "calm").host(RECEIVER)
        with gate(world, RECEIVER, admits=2) as (at, rule):
            shaken = survey(world, tmp_path / "shaken", rule).host(RECEIVER)
        assert at.admitted[:3] == [True, True, False]
        assert at.longest_pause >= PAUSE
        assert (shaken["cipher_suites"], shaken["groups"]) == (calm["cipher_suites"], calm["groups"])
        assert shaken["ncsc_2_1"] == calm["ncsc_2_1"] != "not_tested"
        assert calm["handshakes"] < shaken["handshakes"] <= 60

    def test_that_is_broken_off_twice_stays_what_it_is(self, world: World, tmp_path: Path) -> None:
        with gate(world, RECEIVER, admits=2, quiet=1_000.0) as (at, rule):
            found = survey(world, tmp_path, rule).host(RECEIVER)
        assert at.longest_pause >= PAUSE
        assert found["ncsc_2_1"] == "not_tested"
        assert found["handshakes"] <= len(at.arrivals) <= 12


class TestTheHttpVersionOfAFormPage:
    def test_is_followed_past_https_to_where_it_ends_and_every_hop_is_evidence(
        self, make_world: Callable[..., World], tmp_path: Path
    ) -> None:
        hops = {
            "http:/contact": redirect(f"https://{SITE}/contact?van=http"),
            "https:/contact?van=http": redirect(f"http://{SITE}/terug"),
            "http:/terug": redirect(f"https://{SITE}/contact"),
        }
        world = make_world({**HOSTS, SITE: {**HOSTS[SITE], **hops}})
        contact = survey(world, tmp_path).contact
        assert contact["verdict"] == "downgrade"
        assert {name: contact[name] for name in ("https_2016", "ncsc_webapp_2015", "decree_2023", "internet_nl_2025")} == {
            "https_2016": "pass",
            "ncsc_webapp_2015": "fail",
            "decree_2023": "fail",
            "internet_nl_2025": "fail",
        }
        (finding,) = [f for f in contact["findings"] if f["code"] == "redirect_downgrade"]
        assert (finding["subject"], finding["evidence"]) == (
            f"http://{SITE}/terug",
            f"http://{SITE}/contact 301 -> https://{SITE}/contact?van=http 301 -> http://{SITE}/terug 301 -> https://{SITE}/contact 200",
        )

    def test_costs_one_request_where_it_leads_to_the_page_itself(self, world: World, tmp_path: Path) -> None:
        assert survey(world, tmp_path).contact["verdict"] == "secure"
        asked = [f"{asked.scheme}:{asked.path}" for asked in world.log if asked.host == SITE and asked.path in ("/", "/contact")]
        assert sorted(asked) == ["http:/", "http:/contact", "https:/", "https:/contact"]


class TestAFrameAskedForOverHttp:
    FRAME = f'<iframe src="http://{RECEIVER}/venster"></iframe>'

    def survey(self, make_world: Callable[..., World], folder: Path, page: str, frame: str) -> dict[str, Any]:
        hosts = {
            SITE: {
                **HOSTS[SITE],
                "/contact": Reply(f"<html lang=nl><title>Contactformulier</title><h1>Contactformulier</h1>{page}", headers=HSTS),
            },
            RECEIVER: {
                **HOSTS[RECEIVER],
                "http:/venster": redirect(f"https://{RECEIVER}/venster"),
                "https:/venster": Reply(frame, headers=HSTS),
            },
        }
        return survey(make_world(hosts), folder).contact

    def test_is_mixed_content_where_it_holds_the_form(self, make_world: Callable[..., World], tmp_path: Path) -> None:
        contact = self.survey(make_world, tmp_path, self.FRAME, CONTACT)
        assert (contact["page_url"], contact["verdict"]) == (f"https://{RECEIVER}/venster", "weak")
        mixed = [(f["subject"], f["evidence"]) for f in contact["findings"] if f["code"] == "mixed_active"]
        there = f"http://{RECEIVER}/venster 301 -> https://{RECEIVER}/venster 200"
        assert mixed == [(f"https://{SITE}/contact", f"frames http://{RECEIVER}/venster: {there}")]

    def test_is_mixed_content_beside_the_form(self, make_world: Callable[..., World], tmp_path: Path) -> None:
        contact = self.survey(make_world, tmp_path, self.FRAME + CONTACT, "<title>Nieuws</title>")
        mixed = [(f["subject"], f["evidence"]) for f in contact["findings"] if f["code"] == "mixed_active"]
        assert mixed == [(f"https://{SITE}/contact", f"http://{RECEIVER}/venster")]


BOTH = '''
"""A name with an address of each family, as a name server would give them."""
import socket
from gemcrawl.spiders.forms import FormsSpider

real = socket.getaddrinfo


def look_up(host, port, *args, **options):
    if host != "beide.test":
        return real(host, port, *args, **options)
    return [found for address in ("127.0.0.1", "::1") for found in real(address, port, type=socket.SOCK_STREAM)]


socket.getaddrinfo = look_up


class BothSpider(FormsSpider):
    name = "forms"
'''


@contextmanager
def other_family(port: int, leaf: Leaf, log: list[bytes]) -> Iterator[None]:
    """The IPv6 side of a server: another certificate, and no HSTS."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            log.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    with loop_in_thread() as loop:
        serving = asyncio.start_server(answer, "::1", port, ssl=leaf.server_context())
        server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
        yield
        loop.call_soon_threadsafe(server.close)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 in this Python")
def test_the_addresses_of_both_families_are_measured_and_the_worst_counts(world: World, authority: Authority, tmp_path: Path) -> None:
    port, log = world.port(RECEIVER), list[bytes]()
    (tmp_path / "both.py").write_text(BOTH)
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = gemcrawl.settings\n")
    with other_family(port, authority.leaf(RECEIVER, fault="expired"), log):
        found = survey(
            world,
            tmp_path,
            f"{RECEIVER}:443:beide.test:{port}",
            env={"PYTHONPATH": f"{CHECKOUT}:{tmp_path}"},
            SPIDER_MODULES="both",
            GEMCRAWL_CONFIRM_PAUSE="0",
        )
    rows = {row["address"]: row for row in found.rows("hosts") if row["host"] == RECEIVER}
    assert set(rows) == {"127.0.0.1", "::1"}
    assert (rows["127.0.0.1"]["certificate"], rows["127.0.0.1"]["hsts"]) == ("valid", "good")
    assert rows["::1"]["certificate"] == "expired"
    assert rows["127.0.0.1"]["certificate_sha256"] != rows["::1"]["certificate_sha256"]
    for row in rows.values():
        assert (row["tls_versions"], len(row["cipher_suites"])) == (["TLSv1.3"], 3)
        assert 0 < row["handshakes"] <= 35
    assert found.contact["verdict"] == "insecure"
    assert ("cert_expired", RECEIVER) in [(f["code"], f["subject"]) for f in found.contact["findings"]]
    assert all(b"gemcrawl/" in head for head in log)
    assert json.dumps([f["evidence"] for f in found.contact["findings"]]).count("(::1)") >= 1
