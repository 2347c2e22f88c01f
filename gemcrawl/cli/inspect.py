"""``gemcrawl inspect``: what gemcrawl sees on a page."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import clean, scheme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FILE = 4 * 1024 * 1024
"""Bytes of a file that are read; of a page from a site it is the same."""
SHOWN_LINKS = 15
NOWHERE = "https://page.invalid/"
"""Address of a file about which nothing is known (RFC 6761 section 6.4)."""

Show = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page on disk, and the address it is to be read as."""

    path: Path
    url: str


def inspect(
    pages: Annotated[
        list[str],
        typer.Argument(metavar="URL|FILE...", help="Addresses, HTML files, or CSV files with the columns file,url.", show_default=False),
    ],
    url: Annotated[
        str, typer.Option(metavar="URL", help="The address that a file's page has; its links and forms resolve against it.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per page and line: url, forms, links.")] = False,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Words, weights and fingerprints of your own, laid over the packaged ones.")
    ] = None,
    no_render: Annotated[bool, typer.Option("--no-render", help="Never start a browser.")] = False,
    delay: Annotated[float, typer.Option(min=0.001, help="Seconds between two requests to one server.")] = 1.0,
    connect_to: Annotated[list[str] | None, typer.Option(metavar="HOST:PORT:ADDR:PORT", help="As in curl; may be repeated.")] = None,
    allow_net: Annotated[list[str] | None, typer.Option(metavar="CIDR", help="Allow this network although it is not public.")] = None,
    ca_file: Annotated[Path | None, typer.Option(metavar="PEM", help="Trust these root certificates instead of the system's.")] = None,
) -> None:
    """Show what gemcrawl sees on a page: forms with kind and reasons, fields with categories, submit targets, links with scores.

    An address is fetched as the survey would: within robots.txt, GET only, rendered where scripts fill the page.  A file is only read.

    Examples: gemcrawl inspect page.html --url https://www.gemeente.nl/contact

    gemcrawl inspect --json pages.csv
    """
    show: Show = _print_json if as_json else _print
    addresses = [page for page in pages if page.lower().startswith(("http://", "https://"))]
    files = [file for page in pages if page not in addresses for file in _files(Path(page), url)]
    if url and len(files) != 1:
        raise UsageError(
            f"--url {url!r} is the address of one file, and there are {len(files)}; for many give a CSV with the columns file,url"
        )
    if files:
        from gemcrawl.forms.vocabulary import use

        use(vocabulary)
    for file in files:
        show(_read(file))
    if addresses:
        _visit(
            addresses,
            show,
            {
                "GEMCRAWL_RENDER": not no_render,
                "GEMCRAWL_CONNECT_TO": connect_to or [],
                "GEMCRAWL_ALLOW_NET": allow_net or [],
                "GEMCRAWL_VOCABULARY": str(vocabulary) if vocabulary else None,
                "GEMCRAWL_CA_FILE": str(ca_file) if ca_file else None,
                "DOWNLOAD_DELAY": delay,
            },
        )


def _files(path: Path, url: str) -> Iterator[PageFile]:
    """The pages that a path stands for.

    Raises:
        UsageError: it cannot be read, or is a CSV without the columns file and url, or with an address that is none.
    """
    if path.suffix.lower() != ".csv":
        if not path.is_file():
            raise UsageError(
                f"{str(path)!r} is no file; give an address that begins with https://, an HTML file, or a CSV with the columns file,url"
            )
        yield PageFile(path, _address(url, f"--url {url!r}") if url else NOWHERE)
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if not {"file", "url"} <= set(rows.fieldnames or ()):
                raise UsageError(f"{str(path)!r} has the columns {', '.join(rows.fieldnames or ()) or 'none'}; it needs file,url")
            for row in rows:
                named = Path(row["file"] or "")
                found = named if named.is_absolute() else path.parent / named
                where = f"{path}, line {rows.line_num}:"
                if not found.is_file():
                    raise UsageError(f"{where} {row['file']!r} is no file; a relative name starts at the directory of the CSV")
                yield PageFile(found, _address(row["url"] or "", f"{where} url {row['url']!r}"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{str(path)!r} cannot be read as CSV ({error})") from None


def _address(url: str, said: str) -> str:
    if scheme_of(url) not in ("http", "https"):
        raise UsageError(f"{said} is no http or https address")
    return url


def _read(file: PageFile) -> dict[str, Any]:
    from gemcrawl.forms import read_page
    from gemcrawl.survey.inspection import failed, inspected

    try:
        with file.path.open("rb") as data:
            body = data.read(MAX_FILE)
    except OSError as error:
        return failed(file.url, error.strerror or "error")
    return inspected(file.url, read_page(body, file.url))


def _visit(urls: Sequence[str], show: Show, settings: dict[str, Any]) -> None:
    from gemcrawl.cli.run import run_spider
    from gemcrawl.spiders.page import PageSpider

    run_spider(PageSpider, {**settings, "LOG_LEVEL": "WARNING", "ITEM_PIPELINES": {}}, urls=tuple(urls), seen=show)


def _print_json(page: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(page, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _print(page: dict[str, Any]) -> None:
    console = Console()
    console.print(Text(clean(page["url"]), style="bold", overflow="fold"))
    if "error" in page:
        console.print(Text(f"  not read: {page['error']}", style="yellow"))
    elif not page["forms"]:
        console.print("  no forms")
    for number, form in enumerate(page["forms"], start=1):
        console.print()
        console.print(Text(f"  form {number}: {form['kind']}", style="bold"), Text(f"score {form['kind_score']:.2f}"))
        for reason in form["reasons"]:
            console.print(Text(f"    because {clean(reason)}", overflow="fold"))
        for target in form["submit_urls"]:
            console.print(Text(f"    {(form['method'] or 'get').lower()} to {clean(target)}", overflow="fold"))
        if form["fields"]:
            console.print(Padding(_fields(form["fields"]), (0, 0, 0, 4)))
        if form["personal_data"]:
            console.print(Text(f"    personal data ({form['personal_data_level']}): {', '.join(form['personal_data'])}"))
    best = sorted(page["links"], key=lambda link: -max(link["scores"].values()))[:SHOWN_LINKS]
    promising = [link for link in best if max(link["scores"].values()) > 0]
    if promising:
        console.print()
        console.print(Text(f"  links that promise something ({len(promising)} of {len(page['links'])}):", style="bold"))
        console.print(Padding(_links(promising), (0, 0, 0, 4)))
    console.print()


def _fields(fields: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("label", "name", "type", "category"):
        table.add_column(name, overflow="fold")
    for field in fields:
        label = clean(field["label"], 60) + (" *" if field["required"] else "")
        table.add_row(Text(label), Text(clean(field["name"], 40)), Text(clean(field["type"], 20)), Text(field["category"] or ""))
    return table


def _links(links: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("appointment", justify="right")
    table.add_column("contact", justify="right")
    table.add_column("text", overflow="fold")
    table.add_column("address", overflow="fold")
    for link in links:
        scores = link["scores"]
        table.add_row(
            f"{scores['appointment']:.1f}", f"{scores['contact']:.1f}", Text(clean(link["text"], 60)), Text(clean(link["url"], 200))
        )
    return table
