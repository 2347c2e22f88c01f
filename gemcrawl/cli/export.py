"""`gemcrawl export`: a snapshot for spreadsheets, maps, databases and open-data portals."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.cli.bar import bar
from gemcrawl.cli.options import Output
from gemcrawl.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemcrawl.export.portal import Publisher
    from gemcrawl.export.tables import Snapshot


class Target(StrEnum):
    """What a snapshot is turned into."""

    csv = "csv"
    geojson = "geojson"
    sqlite = "sqlite"
    dcat = "dcat"


def export(
    to: Annotated[
        Target,
        typer.Option(
            "--to",
            help="csv: a file per table; geojson: municipalities as points; sqlite: one database with types and keys; dcat: DCAT-AP-NL 3.0 for a portal.",
        ),
    ],
    output: Output = "output",
    snapshot: Annotated[str, typer.Option(help="A snapshot: its name or the beginning of it, a path, latest, or previous.")] = "latest",
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE", help="With csv and sqlite: municipalities, forms, pages or hosts; may be repeated; all when left out."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="DIR", help="Folder of the files; when left out OUTPUT/export, or export where the output is a store."
        ),
    ] = None,
    portal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With dcat: TOML file that says who publishes, where and under which licence.")
    ] = None,
) -> None:
    """Write a snapshot for other tools. Every file appears whole or not at all, and replaces an earlier one of its name.

    Lists and structs become JSON text in csv and sqlite. In csv, text that a spreadsheet would take for a formula gets an apostrophe in
    front. Parquet itself needs no export: docs/export.md has how each tool reads it.

    Example: gemcrawl export --to sqlite --table municipalities --table forms

    Exit codes: 0 written, 2 wrong usage, such as a snapshot or table that does not exist or a folder that cannot be written.
    """
    from gemcrawl.compare.load import resolve
    from gemcrawl.export.files import outside_snapshots
    from gemcrawl.export.portal import WANTED, Publisher
    from gemcrawl.export.tables import Snapshot
    from gemcrawl.places import place

    at = place(output)
    if table and to not in (Target.csv, Target.sqlite):
        raise UsageError(
            f"--table is for --to csv and sqlite; {to} describes {'the whole snapshot' if to is Target.dcat else 'municipalities'}"
        )
    if portal is not None and to is not Target.dcat:
        raise UsageError(f"--portal is for --to dcat; {to} has no use for it")
    if portal is None and to is Target.dcat:
        raise UsageError(f"--to dcat wants --portal FILE, which says who publishes; {WANTED}")
    publisher = Publisher.read(portal) if portal is not None else None
    found = Snapshot.open(resolve(at, snapshot))
    tables = ("municipalities",) if to is Target.geojson else found.chosen(tuple(table or ()))
    folder = into or (at / "export" if isinstance(at, Path) else Path("export"))  # files for tools of this machine
    outside_snapshots(folder, "--into")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--into {folder} cannot be made ({error.strerror}); name another directory") from None
    with bar("rows", 0 if to is Target.dcat else sum(map(found.rows, tables))) as done:
        written = _write(found, to, tables, folder, publisher, done)
    for path in written:
        Console().print(Text(str(path)), soft_wrap=True)


def _write(
    snapshot: Snapshot, to: Target, tables: tuple[str, ...], folder: Path, publisher: Publisher | None, done: Callable[..., None]
) -> list[Path]:
    from gemcrawl.export.database import write_sqlite
    from gemcrawl.export.files import whole_file
    from gemcrawl.export.points import write_geojson
    from gemcrawl.export.portal import write_dcat
    from gemcrawl.export.spreadsheet import write_csv

    names = {Target.geojson: "municipalities.geojson", Target.sqlite: "gemcrawl.sqlite", Target.dcat: "dcat.jsonld"}
    if to is Target.csv:
        for table in tables:
            with whole_file(folder / f"{table}.csv", "--into") as file:
                write_csv(snapshot, table, file, done)
        return [folder / f"{table}.csv" for table in tables]
    with whole_file(folder / names[to], "--into") as file:
        if to is Target.sqlite:
            write_sqlite(snapshot, tables, file, done)
        elif publisher is not None:
            write_dcat(snapshot, publisher, file)
        elif without := write_geojson(snapshot, file, done):
            Console(stderr=True).print(f"{without} municipalities have no coordinates; their features have no geometry")
    return [folder / names[to]]
