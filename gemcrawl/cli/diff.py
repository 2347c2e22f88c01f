"""`gemcrawl diff`: what changed between two snapshots."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gemcrawl.cli import formats
from gemcrawl.cli.options import Output


class Form(StrEnum):
    """How a comparison is written."""

    table = "table"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def diff(
    old: Annotated[str, typer.Argument(help="A snapshot: its name or the beginning of it, a path, latest, or previous.")] = "previous",
    new: Annotated[str, typer.Argument(help="A later one.")] = "latest",
    output: Output = "output",
    how: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.table,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write to this file; needed for parquet.")] = None,
    all_kinds: Annotated[bool, typer.Option("--all-kinds", help="Forms of every kind, not only appointment and contact.")] = False,
    unchanged: Annotated[bool, typer.Option("--unchanged", help="Also what did not change (csv, json, parquet).")] = False,
    registry: Annotated[
        Path | None, typer.Option(help="CSV file that says which municipality became which, instead of the packaged register.")
    ] = None,
) -> None:
    """Compare two snapshots: fixed, new, worse, better, appeared, vanished.

    A change that only one run saw is told apart from one that another run or a recheck confirms.

    Example: gemcrawl diff previous latest

    Exit codes: 0 compared, 2 wrong usage, such as a snapshot that does not exist.
    """
    from rich.markdown import Markdown

    from gemcrawl.compare import tables
    from gemcrawl.compare.load import diff as compare
    from gemcrawl.exceptions import UsageError
    from gemcrawl.export.cells import as_json
    from gemcrawl.items import IN_SCOPE
    from gemcrawl.places import place

    if how is Form.table and to is not None:
        raise UsageError("--to wants --format markdown, csv, json or parquet; a table is for the terminal")
    found = compare(place(output), old, new, kinds=() if all_kinds else IN_SCOPE, register=registry)
    if how is Form.table:
        Console().print(Markdown("\n".join(tables.markdown(found)), hyperlinks=False))
    elif how is Form.markdown:
        formats.write_text("\n".join(tables.markdown(found)) + "\n", to)
    elif how is Form.json:
        formats.write_text(as_json(tables.values(found, unchanged=unchanged)), to)
    else:
        formats.write_table(tables.table(found, unchanged=unchanged), formats.Format(how.value), to, None)
