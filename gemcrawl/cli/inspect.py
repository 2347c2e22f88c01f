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

from gemcrawl.cli.options import AllowNet, CaFile, ConnectTo
from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import clean, host_of, scheme_of

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
        list[str] | None,
        typer.Argument(metavar="URL|FILE...", help="Addresses, HTML files, or CSV files with the columns file,url.", show_default=False),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            metavar="URL|CSV", help="The address that the file's page has, or a CSV file,url for many: links and forms resolve against it."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per page and line: url, forms, links.")] = False,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Words, weights and fingerprints of your own, laid over the packaged ones.")
    ] = None,
    no_render: Annotated[bool, typer.Option("--no-render", help="Never start a browser.")] = False,
    delay: Annotated[float, typer.Option(min=0.001, help="Seconds between two requests to one server.")] = 1.0,
    connect_to: ConnectTo = None,
    allow_net: AllowNet = None,
    ca_file: CaFile = None,
) -> None:
    """Show what gemcrawl sees on a page: forms with kind and reasons, fields with categories, submit targets, links with scores.

    An address is fetched as the survey would: within robots.txt, GET only, rendered where scripts fill the page.  A file is only read.

    One page:  gemcrawl inspect page.html --url https://www.gemeente.nl/contact

    Many:  gemcrawl inspect --json pages.csv

    The effect of words of your own:  gemcrawl inspect page.html --vocabulary mine/

    Exit codes: 0 every page was shown (one that could not be read says so), 2 wrong usage.
    """
    show: Show = _print_json if as_json else _print
    addresses = [page for page in pages or [] if page.lower().startswith(("http://", "https://"))]
    for address in addresses:
        _address(address, repr(address))
    files = _pages([page for page in pages or [] if page not in addresses], url)
    if not files and not addresses:
        raise UsageError("no page to inspect; give an address that begins with https://, an HTML file, or a CSV with the columns file,url")
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


def _pages(named: Sequence[str], url: str) -> list[PageFile]:
    """The files to read, each with its address.

    Raises:
        UsageError: one of them cannot be read, or has no address where a list of addresses is given.
    """
    if url and scheme_of(url) not in ("http", "https") and _is_list(Path(url)):
        return _listed(named, Path(url))
    files = [file for page in named for file in _files(Path(page), url)]
    if url and len(files) != 1:
        raise UsageError(
            f"--url {url!r} is the address of one file, and there are {len(files)}; for many give a CSV with the columns file,url"
        )
    return files


def _listed(named: Sequence[str], path: Path) -> list[PageFile]:
    """The files named, or all that are listed when none is, with their addresses in a list."""
    listed = list(_rows(path))
    if not named:
        return listed
    urls = {file.path.resolve(): file.url for file in listed}
    found: list[PageFile] = []
    for name in named:
        file = Path(name)
        if file.resolve() not in urls:
            raise UsageError(f"{name!r} is not listed in {str(path)!r}")
        found.append(PageFile(file, urls[file.resolve()]))
    return found


def _is_list(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _files(path: Path, url: str) -> Iterator[PageFile]:
    """The pages that a path stands for.

    Raises:
        UsageError: it cannot be read, or is a list that cannot be used.
    """
    if _is_list(path):
        yield from _rows(path)
    elif path.is_file():
        yield PageFile(path, _address(url, f"--url {url!r}") if url else NOWHERE)
    else:
        raise UsageError(
            f"{str(path)!r} is no file; give an address that begins with https://, an HTML file, or a CSV with the columns file,url"
        )


def _rows(path: Path) -> Iterator[PageFile]:
    """The pages that a list names.

    Raises:
        UsageError: it cannot be read, lacks the columns file and url, lists nothing, or names what is no file or no address.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if not {"file", "url"} <= set(rows.fieldnames or ()):
                raise UsageError(
                    f"{str(path)!r} has the columns {', '.join(rows.fieldnames or ()) or 'none'}; it needs file,url, separated by a comma"
                )
            listed = False
            for row in rows:
                listed = True
                where = f"{path}, line {rows.line_num}:"
                yield PageFile(
                    _near(path, row["file"] or "", where), _address((row["url"] or "").strip(), f"{where} url {row['url'] or ''!r}")
                )
            if not listed:
                raise UsageError(f"{str(path)!r} lists no page below its line file,url")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{str(path)!r} cannot be read as CSV ({error})") from None


def _near(path: Path, name: str, where: str) -> Path:
    """A file named in a list: beside the list, else where the command was given."""
    for found in (path.parent / name, Path(name)):
        if name and found.is_file():
            return found
    raise UsageError(f"{where} {name!r} is no file; a relative name starts at the directory of the CSV")


def _address(url: str, said: str) -> str:
    if scheme_of(url) not in ("http", "https") or not host_of(url):
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
            console.print(Text(f"    {form['method']} to {clean(target)}", overflow="fold"))
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
