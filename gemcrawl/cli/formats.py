"""Results in the format that was asked for, to a terminal or into a file.

What a person or a spreadsheet looks at is made harmless: no control characters reach a terminal, and no text is a formula.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemcrawl.exceptions import UsageError
from gemcrawl.export.files import whole_file
from gemcrawl.transport.urls import clean

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 100
"""Rows of a table that are shown unless another limit is asked for."""


class Format(StrEnum):
    """How a table is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def write_table(found: pa.Table, how: Format, to: Path | None, limit: int | None) -> None:
    """Writes a table.

    Args:
        found: the table.
        how: ``table`` shows at most ``limit`` rows, `SHOWN` when it is None; the other formats hold all rows, or the first ``limit``.
        to: file to write to; None for standard output, which ``parquet`` cannot be written to.

    Raises:
        UsageError: ``how`` and ``to`` do not go together, a column's name occurs twice where it must not, or the file cannot be written.
    """
    from gemcrawl.export.cells import as_json, csv_lines

    if how is Format.table:
        if to is not None:
            raise UsageError("--to wants --format csv, json or parquet; a table is for the terminal")
        show(found, limit or SHOWN)
        return
    part = found if limit is None else found.slice(0, limit)
    if how is Format.parquet:
        if to is None:
            raise UsageError("--format parquet wants --to FILE; a terminal is no place for it")
        _distinct(part)
        write_file(to, _parquet(part))
    elif how is Format.csv:
        write_text("".join(csv_lines(part)), to)
    else:
        _distinct(part)
        write_text(as_json(part.to_pylist()), to)


def show(found: pa.Table, limit: int) -> None:
    """A table on the terminal, with a word about the rows that are left out."""
    from gemcrawl.export.cells import rows

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in found.column_names:
        table.add_column(Text(clean(name)), overflow="fold")
    for values in rows(found.slice(0, limit)):
        table.add_row(*(Text("" if value is None else clean(str(value))) for value in values))
    Console().print(table)
    if found.num_rows > limit:
        Console(stderr=True).print(f"{limit} of {found.num_rows} rows; see more with --limit")


def write_text(text: str, to: Path | None) -> None:
    """Text to standard output or, in UTF-8, to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    if to is None:
        typer.echo(text, nl=False)
    else:
        write_file(to, text.encode())


def write_file(to: Path, content: bytes) -> None:
    """A file, whole or not at all; an earlier one of that name is replaced.

    Raises:
        UsageError: it cannot be written, or would change a published snapshot.
    """
    with whole_file(to) as beside:
        beside.write_bytes(content)


def _parquet(found: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    try:
        pq.write_table(found, sink, compression="zstd")
    except pa.ArrowException as error:
        raise UsageError(f"--format parquet: {' '.join(str(error).split())}") from None
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _distinct(found: pa.Table) -> None:
    twice = [name for name, count in Counter(found.column_names).items() if count > 1]
    if twice:
        raise UsageError(f"two columns are called {clean(twice[0], 80)!r}; give one of them another name with AS")
