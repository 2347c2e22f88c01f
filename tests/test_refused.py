"""The whole program against sites that lead it to addresses which are not public: it makes no connection to any of them, by any way.

A listener on every address of this machine counts; ``python -m benchmarks hostile`` does so for every address there is.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.program import Ended, options, run
from tests.support.authority import Authority
from tests.support.refused import LOOPBACK, NOTATIONS, Listener
from tests.support.world import Reply, Route, World, redirect
from tests.test_crawl import APPOINTMENT, CONTACT, link, page

SCHEMES = {
    "file": "file:///etc/passwd",
    "data": "data:text/html,<form><input name=naam></form>",
    "javascript": "javascript:alert(document.domain)",
    "ftp": "ftp://127.0.0.2/",
    "gopher": "gopher://127.0.0.2/_GET",
    "ws": "ws://127.0.0.2/",
    "blob": "blob:https://www.a.test/1",
    "view-source": "view-source:file:///etc/passwd",
    "port out of range": "http://127.0.0.2:99999/",
    "no host": "http:///etc/passwd",
}


def site_of_ways(port: int) -> dict[str, Route]:
    """A site that names refused addresses in every place where the survey looks for addresses."""

    def bad(name: str) -> str:
        return f"http://127.0.0.2:{port}/{name}"

    return {
        "/robots.txt": Reply(f"User-agent: *\nDisallow:\nSitemap: {bad('sitemap')}\nSitemap: https://www.wegen.test/sitemap.xml"),
        "/sitemap.xml": Reply(
            f"<urlset><url><loc>{bad('afspraak-maken')}</loc></url><url><loc>https://www.wegen.test/afspraak-uit-sitemap</loc></url></urlset>",
            headers={"Content-Type": "application/xml"},
        ),
        "/": page(
            "Gemeente Wegen",
            *(link(bad(name), text) for name, text in (("afspraak", "Afspraak maken"), ("contact", "Contactformulier"))),
            link("/verder", "Afspraak maken met een ambtenaar"),
            link("/verversen", "Afspraak inplannen"),
            link("/script", "Maak een afspraak"),
            link("/kaders", "Contactformulier"),
            link("/basis", "Afspraak maken aan de balie"),
            f'<link rel=stylesheet href="{bad("stijl")}"><script src="{bad("script.js")}"></script><img src="{bad("beeld")}">',
        ),
        "/verder": redirect(bad("omleiding"), 302),
        "/verversen": f'<meta http-equiv="refresh" content="0; url={bad("verversen")}">',
        "/script": f"<script>location.href = '{bad('script')}'</script>",
        "/basis": page(
            "Afspraak maken",
            f'<base href="{bad("")}">',
            link("afspraak-op-basis", "Afspraak maken"),
            link("contact-op-basis", "Contactformulier"),
        ),
        "/kaders": page("Contact", f'<iframe src="{bad("contactformulier")}"></iframe><frame src="{bad("afspraak-maken")}">'),
        "/afspraak-uit-sitemap": page("Afspraak maken", APPOINTMENT, CONTACT.replace("/verzend", bad("verzend"))),
    }


@dataclass
class Surveyed:
    ended: Ended
    listener: Listener
    municipalities: dict[str, dict[str, Any]]
    """By the first label after www of the website."""
    pages: list[dict[str, Any]]


@pytest.fixture(scope="module")
def surveyed(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surveyed]:
    folder = tmp_path_factory.mktemp("refused")
    with Listener() as listener:
        targets = {f"r{n}": f"http://{host}:{listener.port}/" for n, host in enumerate(NOTATIONS.values())}
        targets |= {f"s{n}": url for n, url in enumerate(SCHEMES.values())}
        hosts: dict[str, dict[str, Route]] = {
            f"www.{name}.test": {"/": Reply(status=302, headers=(("Location", url),))} for name, url in targets.items()
        }
        hosts["www.wegen.test"] = site_of_ways(listener.port)
        with World(hosts, authority, address="127.9.9.9") as world:
            arguments = options(world, world.registry(folder), folder / "output")
            arguments[arguments.index("127.0.0.0/8")] = "127.9.9.9/32"
            ended = run("crawl", *arguments, "--no-render", cwd=folder)
            (snapshot,) = (folder / "output").rglob("snapshot=*")  # a night as bad as this one is held back
            rows = pq.read_table(snapshot / "municipalities.parquet").to_pylist()
            pages = pq.read_table(snapshot / "pages.parquet").to_pylist()
            yield Surveyed(ended, listener, {row["website"].split(".")[1]: row for row in rows}, pages)


@pytest.mark.parametrize("name", NOTATIONS)
def test_a_redirect_to_a_refused_address_ends_there(name: str, surveyed: Surveyed) -> None:
    row = surveyed.municipalities[f"r{list(NOTATIONS).index(name)}"]
    possible = {("failed", "address_refused")} | ({("unreachable", "dns")} if name == "name with a final dot" else set())
    assert (row["outcome"], row["reason"]) in possible


@pytest.mark.parametrize("name", SCHEMES)
def test_a_redirect_to_what_is_no_web_address_ends_there(name: str, surveyed: Surveyed) -> None:
    row = surveyed.municipalities[f"s{list(SCHEMES).index(name)}"]
    assert (row["outcome"], row["reason"]) in {("unreachable", "error"), ("failed", "address_refused"), ("unreachable", "dns")}
    assert row["pages"] <= 2


def test_every_way_on_a_page_was_tried_and_refused(surveyed: Surveyed) -> None:
    pages = [row for row in surveyed.pages if row["municipality"] == surveyed.municipalities["wegen"]["code"]]
    refused = {row["url"].rpartition("/")[2] for row in pages if row["failure"] == "address_refused"}
    assert {"afspraak", "verder", "verversen", "script", "contactformulier", "afspraak-op-basis"} <= refused
    assert surveyed.municipalities["wegen"]["outcome"] in ("surveyed", "partial")


def test_no_connection_was_made_to_any_of_them(surveyed: Surveyed) -> None:
    assert surveyed.listener.reached == []
    assert "Traceback" not in surveyed.ended.err


def test_the_listener_counts_whoever_comes(surveyed: Surveyed) -> None:
    """Else the test above could not fail."""
    with Listener() as listener:
        for host in ("127.0.0.2", "::1", "127.0.0.1"):
            socket.create_connection((host, listener.port), timeout=5).close()
        deadline = 200
        while len(listener.reached) < 3 and deadline:
            deadline -= 1
            socket.create_connection(("127.0.0.3", listener.port), timeout=5).close()
    assert {"::1", "::ffff:127.0.0.2", "::ffff:127.0.0.1"} <= set(listener.reached)
    assert set(LOOPBACK) <= set(NOTATIONS)
