"""`gemcrawl query`: SQL over the published snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemcrawl.cli.formats import Format, write_table
from gemcrawl.cli.options import Output


def query(
    sql: Annotated[
        str,
        typer.Argument(
            help="SQL over municipalities, forms, pages and hosts (all snapshots), latest.forms and so on, history, rechecks, trend.rules and so on."
        ),
    ],
    output: Output = "output",
    how: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.table,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write to this file; needed for parquet.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows; 100 of a table, else all, when left out.")] = None,
) -> None:
    """Ask the published snapshots a question in SQL (DuckDB).

    Example: gemcrawl query "SELECT verdict, count(*) FROM latest.forms WHERE kind = 'appointment' GROUP BY ALL"

    Exit codes: 0 answered, 2 wrong SQL, option or directory.
    """
    from gemcrawl.places import place
    from gemcrawl.snapshot.read import query as ask

    write_table(ask(place(output), sql), how, to, limit)
