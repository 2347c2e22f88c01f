"""A whole survey as the servers saw it: pace, robots.txt, rest where it was asked for, opt-out, and what is never requested."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from gemcrawl.sites import site_of
from tests.cli.program import Ended, options, run
from tests.support.authority import Authority
from tests.support.world import Asked, Reply, Route, World, redirect
from tests.test_crawl import APPOINTMENT, CONTACT, link, page

DELAY = 0.3
SOONEST = 0.4 * DELAY
"""Jitter takes a quarter, and a busy machine may hold up one request more than the next; the pause is between requests as they leave, and the first one has to shake hands on its way."""
TEXT = {"Content-Type": "text/plain"}


@dataclass
class InFlight:
    """How many requests each site has under way, and the most it ever had."""

    now: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @contextmanager
    def counted(self, site: str) -> Iterator[None]:
        self.now[site] += 1
        self.most[site] = max(self.most[site], self.now[site])
        try:
            yield
        finally:
            self.now[site] -= 1


def robots(*lines: str) -> Reply:
    return Reply("\n".join(("User-agent: *", *lines)), headers=TEXT)


FORBIDDEN = {
    "/uitloggen": "Uitloggen van afspraak maken",
    "/logout": "Afspraak maken en uitloggen",
    "/afspraak/annuleren": "Afspraak annuleren",
    "/afspraak-verwijderen": "Afspraak maken of verwijderen",
    "/contact/delete": "Contactformulier verwijderen",
}
SITES: dict[str, dict[str, Route]] = {
    "www.gewoon.test": {
        "/": page("Gemeente Gewoon", link("/contact", "Contactformulier"), link("https://balie.gewoon.test/", "Afspraak maken")),
        "/contact": page("Contactformulier", CONTACT),
    },
    "balie.gewoon.test": {"/": page("Afspraak maken", APPOINTMENT)},
    "www.platform-een.test": {"/": page("Gemeente Een", link("https://een.platform.test/afspraak", "Afspraak maken"))},
    "www.platform-twee.test": {"/": page("Gemeente Twee", link("https://twee.platform.test/afspraak", "Afspraak maken"))},
    "een.platform.test": {"/afspraak": page("Afspraak maken", APPOINTMENT)},
    "twee.platform.test": {"/afspraak": page("Afspraak maken", APPOINTMENT)},
    "www.traag.test": {
        "/robots.txt": robots("Crawl-delay: 2"),
        "/": page("Gemeente Traag", link("/contact", "Contactformulier"), link("/afspraak", "Afspraak maken")),
        "/contact": page("Contactformulier", CONTACT),
        "/afspraak": page("Afspraak maken", APPOINTMENT),
    },
    "www.regels.test": {
        "/robots.txt": Reply(
            "User-agent: *\nDisallow: /\n\nUser-agent: GemCrawl/1.0\nDisallow: /geheim\nDisallow: /*.asp$\nAllow: /geheim/open\n",
            headers=TEXT,
        ),
        "/": page(
            "Gemeente Regels",
            link("/geheim/afspraak", "Afspraak maken"),
            link("/geheim/open/afspraak", "Maak een afspraak"),
            link("/om", "Afspraak maken met omweg"),
            link("/kader", "Contactformulier"),
            link("/contact.asp", "Contact opnemen"),
            link("/contact.asp?vraag=1", "Contactformulier vraag"),
        ),
        "/om": redirect("/geheim/afspraak-om", 302),
        "/kader": page("Contactformulier", '<iframe src="/geheim/contactformulier"></iframe>'),
        "/geheim/open/afspraak": page("Afspraak maken", APPOINTMENT),
        "/contact.asp?vraag=1": page("Contact", "<p>Bel ons.</p>"),
    },
    "www.stuk.test": {"/robots.txt": Reply("stuk", 500), "/": page("Stuk", CONTACT)},
    "www.leeg.test": {"/robots.txt": Reply("geen", 403), "/": page("Gemeente", CONTACT)},
    "www.verhuisd.test": {"/robots.txt": redirect("https://www.elders.test/regels.txt"), "/": page("Gemeente", CONTACT)},
    "www.elders.test": {"/regels.txt": robots("Disallow: /")},
    "www.lang.test": {"/robots.txt": robots(*(f"Disallow: /{n}" for n in range(50_000)), "Disallow: /"), "/": page("Gemeente", CONTACT)},
    "www.druk.test": {
        "/": page("Gemeente Druk", link("/contact", "Contactformulier"), link("/afspraak", "Afspraak maken")),
        "/afspraak": Reply("druk", 429, {"Retry-After": "1"}),
        "/contact": Reply("druk", 429, {"Retry-After": "1"}),
    },
    "www.rust.test": {"/": Reply("onderhoud", 503, {"Retry-After": "3600"}), "/contact": page("Contact", CONTACT)},
    "www.daden.test": {
        "/": page(
            "Gemeente Daden",
            *(link(path, text) for path, text in FORBIDDEN.items()),
            link("/door", "Afspraak maken"),
            link("/ververs", "Contactformulier"),
            '<iframe src="/afspraak/annuleren"></iframe>',
            '<form method=post action="/contact/verzend"><input name=naam><textarea name=vraag></textarea></form>',
        ),
        "/sitemap.xml": Reply(
            "<urlset><url><loc>https://www.daden.test/afspraak/annuleren</loc></url></urlset>", headers={"Content-Type": "text/xml"}
        ),
        "/door": redirect("/uitloggen", 302),
        "/ververs": '<meta http-equiv="refresh" content="0; url=/logout">',
        **{path: page("Gedaan") for path in FORBIDDEN},
    },
    "www.niet.test": {"/": page("Gemeente Niet", CONTACT)},
    "www.ook-niet.test": {"/": page("Gemeente Ook Niet", CONTACT)},
    "www.leverancier.test": {
        "/": page(
            "Gemeente", link("https://forms.wil-niet.test/", "Afspraak maken"), link("https://forms.wil-niet.test/c", "Contactformulier")
        )
    },
    "forms.wil-niet.test": {"/": page("Afspraak maken", APPOINTMENT)},
}
WEBSITES = [host for host in SITES if host.startswith("www.") and host != "www.elders.test"]
EXCLUDED = ("www.niet.test", "www.ook-niet.test", "forms.wil-niet.test")


@dataclass
class Surveyed:
    world: World
    flight: InFlight
    ended: Ended
    rows: dict[str, dict[str, Any]]
    """Municipalities by website."""
    pages: list[dict[str, Any]]

    def asked(self, site: str) -> list[Asked]:
        return [asked for asked in self.world.log if site_of(asked.host) == site]


def slowly(route: Route, site: str, flight: InFlight) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """The same answer, a moment later, and counted meanwhile."""
    reply = Reply(route) if isinstance(route, (str, bytes)) else route
    assert isinstance(reply, Reply)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        with flight.counted(site):
            await asyncio.sleep(0.05)
            headers = {"Content-Type": "text/html; charset=utf-8", **dict(reply.headers)}
            return web.Response(body=str(reply.body).encode(), status=reply.status, headers=headers)

    return answer


@pytest.fixture(scope="module")
def surveyed(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surveyed]:
    folder, flight = tmp_path_factory.mktemp("polite"), InFlight()
    hosts = {host: {path: slowly(route, site_of(host), flight) for path, route in pages.items()} for host, pages in SITES.items()}
    with World(hosts, authority) as world:
        excluded = folder / "opt-out.txt"
        excluded.write_text(f"GM{9001 + WEBSITES.index('www.niet.test')}\nwww.ook-niet.test\nwil-niet.test  # the supplier\n")
        arguments = options(world, world.registry(folder, *WEBSITES), folder / "output", delay=DELAY)
        ended = run("crawl", *arguments, "--no-render", "--exclude", excluded, cwd=folder)
        assert ended.code == 0, ended.err
        (snapshot,) = (folder / "output").rglob("snapshot=*")  # a night as bad as this one is held back
        rows = pq.read_table(snapshot / "municipalities.parquet").to_pylist()
        yield Surveyed(world, flight, ended, {row["website"]: row for row in rows}, pq.read_table(snapshot / "pages.parquet").to_pylist())


class TestPace:
    @pytest.mark.parametrize("site", sorted({site_of(host) for host in SITES} - {site_of(host) for host in EXCLUDED}))
    def test_a_site_is_asked_one_thing_at_a_time_and_never_without_a_pause(self, site: str, surveyed: Surveyed) -> None:
        times = [asked.time for asked in surveyed.asked(site)]
        assert times
        assert surveyed.flight.most[site] <= 1
        assert min((later - sooner for sooner, later in itertools.pairwise(times)), default=DELAY) >= SOONEST

    def test_a_platform_of_several_municipalities_is_one_site(self, surveyed: Surveyed) -> None:
        assert {asked.host for asked in surveyed.asked("platform.test")} == {"een.platform.test", "twee.platform.test"}

    def test_crawl_delay_is_kept(self, surveyed: Surveyed) -> None:
        times = [asked.time for asked in surveyed.asked("traag.test")]
        assert len(times) >= 4
        assert min(later - sooner for sooner, later in itertools.pairwise(times)) >= 1


class TestRest:
    def test_a_site_that_goes_on_refusing_ends_as_rate_limited(self, surveyed: Surveyed) -> None:
        row = surveyed.rows["www.druk.test"]
        assert (row["outcome"], row["reason"]) == ("partial", "rate_limited")
        assert row["appointment"] == row["contact"] == "not_tested"

    def test_it_is_asked_three_times_and_gets_the_rest_it_asks_for(self, surveyed: Surveyed) -> None:
        refused = [asked for asked in surveyed.asked("druk.test") if asked.path in ("/afspraak", "/contact")]
        assert len(refused) == 3
        assert all(later.time - sooner.time >= 0.9 for sooner, later in itertools.pairwise(refused))

    def test_a_home_page_that_asks_for_an_hour_is_not_asked_again(self, surveyed: Surveyed) -> None:
        row = surveyed.rows["www.rust.test"]
        assert (row["outcome"], row["reason"]) == ("unreachable", "http_5xx")
        assert [asked.path for asked in surveyed.asked("rust.test")] == ["/robots.txt", "/"]


class TestRobots:
    def test_our_own_group_counts_and_its_longest_rule(self, surveyed: Surveyed) -> None:
        paths = surveyed.world.paths("www.regels.test")
        assert "/geheim/open/afspraak" in paths
        assert "/contact.asp?vraag=1" in paths
        assert "/contact.asp" not in paths

    def test_they_hold_after_redirects_and_for_frames(self, surveyed: Surveyed) -> None:
        paths = surveyed.world.paths("www.regels.test")
        assert {"/om", "/kader"} <= set(paths)
        assert not [path for path in paths if path.startswith("/geheim/") and not path.startswith("/geheim/open")]

    @pytest.mark.parametrize("website", ["www.stuk.test", "www.verhuisd.test"])
    def test_what_answers_5xx_or_forbids_everything_is_left_alone(self, website: str, surveyed: Surveyed) -> None:
        assert set(surveyed.world.paths(website)) == {"/robots.txt"}
        assert surveyed.rows[website]["outcome"] == "robots_denied"

    def test_a_redirect_of_the_rules_is_followed(self, surveyed: Surveyed) -> None:
        assert surveyed.world.paths("www.elders.test") == ["/regels.txt"]

    @pytest.mark.parametrize("website", ["www.leeg.test", "www.lang.test"])
    def test_4xx_is_free_and_what_stands_beyond_half_a_megabyte_is_not_read(self, website: str, surveyed: Surveyed) -> None:
        assert "/" in surveyed.world.paths(website)

    def test_they_are_asked_for_before_anything_else(self, surveyed: Surveyed) -> None:
        first: dict[str, str] = {}
        for asked in surveyed.world.log:
            first.setdefault(asked.host, asked.path)
        assert {path for host, path in first.items() if host != "www.elders.test"} == {"/robots.txt"}


class TestOptOut:
    @pytest.mark.parametrize("host", EXCLUDED)
    def test_nothing_is_asked(self, host: str, surveyed: Surveyed) -> None:
        assert surveyed.world.paths(host) == []
        assert host not in surveyed.world.server_names

    @pytest.mark.parametrize("website", ["www.niet.test", "www.ook-niet.test"])
    def test_the_row_says_so(self, website: str, surveyed: Surveyed) -> None:
        row = surveyed.rows[website]
        assert (row["outcome"], row["reason"], row["appointment"], row["contact"]) == (
            "robots_denied",
            "robots",
            "not_tested",
            "not_tested",
        )
        assert row["requests"] == 0

    def test_a_form_that_may_not_be_read_is_not_called_absent(self, surveyed: Surveyed) -> None:
        assert surveyed.rows["www.leverancier.test"]["appointment"] == "not_tested"
        assert {row["failure"] for row in surveyed.pages if "wil-niet" in row["url"]} == {"robots"}


class TestEveryRequest:
    def test_says_who_asks_and_where_to_complain(self, surveyed: Surveyed) -> None:
        agents = {asked.headers.get("User-Agent", "") for asked in surveyed.world.log}
        assert len(agents) == 1
        assert re.fullmatch(r"gemcrawl/\S+ \(\+(https?://|mailto:)\S+\)", agents.pop())

    def test_only_asks(self, surveyed: Surveyed) -> None:
        assert {asked.method for asked in surveyed.world.log} <= {"GET", "HEAD"}
        assert not any("Content-Length" in asked.headers or "Transfer-Encoding" in asked.headers for asked in surveyed.world.log)

    def test_is_for_nothing_that_does_something(self, surveyed: Surveyed) -> None:
        paths = surveyed.world.paths("www.daden.test")
        assert {"/", "/door", "/ververs"} <= set(paths)
        assert not set(FORBIDDEN) & set(paths)
        assert "/contact/verzend" not in paths
