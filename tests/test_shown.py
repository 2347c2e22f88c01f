"""What a site writes never reaches a terminal, a log or a file as it was written; and a site without end gets no more than its budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.program import Ended, options, run
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World, redirect
from tests.test_crawl import link, page

NASTY = {
    "clears the screen": "\x1b[2J\x1b[H",
    "sets the title": "\x1b]0;bezeten\x07",
    "C1 control": "\x9b31m",
    "writes a link": "\x1b]8;;https://kwaad.test\x1b\\",
    "new line": "regel\r\nregel",
    "backspace": "veilig\b\b\b\b\b\bonveilig",
    "right to left": "\u202eliub\u202c\u2066\u2069",
    "NUL": "nul\x00nul",
    "line separator": "a\u2028b\u2029c",
    "rich markup": "[bold red]rood[/] [link=https://kwaad.test]",
    "formula": '=HYPERLINK("http://kwaad.test";"klik")',
    "plus": "+1+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd",
    "tab": "\t=1+1",
}
MOST_PAGES = 25
TITLE = " ".join(NASTY.values())
FORM = "<form method=post action='/verzend'>{}<textarea name=vraag></textarea></form>".format(
    "".join(f'<label>{value} E-mailadres <input name="e{n}" type=email></label>' for n, value in enumerate(NASTY.values()))
)
SITE: dict[str, Route] = {
    "/": Reply(
        f"<title>{TITLE}</title><main>{link('/contact?' + TITLE.replace(chr(34), ''), TITLE + ' Contactformulier')}{link('/weg', 'Afspraak maken ' + TITLE)}"
        f"{link('/dag/1', 'Afspraak maken')}{link('/veel', 'Maak een afspraak')}</main>",
    ),
    "/contact": Reply(f"<title>{TITLE} Contactformulier</title><h1>{TITLE} Contactformulier</h1>{FORM}"),
    "/weg": redirect("/a\x0b\x7f\u202e" + "z" * 100, 302),
    "/veel": page("Afspraak maken", *(link(f"/afspraak-maken/{n}-{n * 7919}", f"Afspraak maken {n}") for n in range(10_000))),
}


@dataclass
class Shown:
    world: World
    outputs: dict[str, Ended]
    snapshot: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.snapshot / f"{table}.parquet").to_pylist()
        return found


async def calendar(request: Any) -> Any:
    from aiohttp import web

    day = int(request.path.rpartition("/")[2])
    return web.Response(
        text=f"<title>Afspraak maken</title>{link(f'/dag/{day + 1}', 'Afspraak maken, volgende dag')}", content_type="text/html"
    )


@pytest.fixture(scope="module")
def shown(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("shown")
    days: dict[str, Route] = {f"/dag/{n}": calendar for n in range(200)}
    with World({"www.kwaad.test": {**SITE, **days}}, authority) as world:
        arguments = options(world, world.registry(folder), folder / "output")
        outputs = {"crawl": run("crawl", *arguments, "--no-render", "--max-pages", str(MOST_PAGES), "--log-level", "DEBUG", cwd=folder)}
        (snapshot,) = (folder / "output").glob("snapshot=*")
        (form_id,) = {row["form_id"] for row in pq.read_table(snapshot / "forms.parquet").to_pylist() if row["kind"] == "contact"}
        connect = [
            part for part in arguments if part not in ("--registry", str(folder / "registry.csv"), "--output", str(folder / "output"))
        ]
        for name, command in {
            "query forms": ["query", "SELECT page_title, page_url, kind_reasons, fields FROM latest.forms", "--output", folder / "output"],
            "query pages": ["query", "SELECT title, url, final_url, redirects FROM latest.pages", "--output", folder / "output"],
            "explain": ["explain", form_id, "--output", folder / "output"],
            "inspect": ["inspect", "https://www.kwaad.test/contact", "https://www.kwaad.test/", "--no-render", *connect],
            "inspect as JSON": ["inspect", "https://www.kwaad.test/contact", "--no-render", "--json", *connect],
        }.items():
            outputs[name] = run(*command, cwd=folder)
        yield Shown(world, outputs, snapshot)


OUTPUTS = ("crawl", "query forms", "query pages", "explain", "inspect", "inspect as JSON")


@pytest.mark.parametrize("name", OUTPUTS)
def test_no_output_has_control_characters(name: str, shown: Shown) -> None:
    found = shown.outputs[name]
    assert found.code == 0, found.err
    for text in (found.out, found.err):
        assert {c for c in text if not c.isprintable()} <= {"\n"}
    assert "E-mailadres" in found.out or name in ("crawl", "query pages", "explain")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


@pytest.mark.parametrize("table", ["municipalities", "forms", "pages", "hosts"])
def test_no_table_has_control_characters(table: str, shown: Shown) -> None:
    texts = [text for row in shown.rows(table) for text in _strings(row)]
    assert texts
    assert [text for text in texts if not text.isprintable()] == []


def test_a_calendar_and_ten_thousand_links_get_a_few_requests(shown: Shown) -> None:
    paths = shown.world.paths("www.kwaad.test")
    assert "/veel" in paths
    assert len([path for path in paths if path.startswith("/dag/")]) <= 5
    assert len([path for path in paths if path.startswith("/afspraak-maken/")]) <= MOST_PAGES
