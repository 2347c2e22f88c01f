"""Results in the format that was asked for, to a terminal or into a file.

What a person or a spreadsheet looks at is made harmless: no control characters reach a terminal, and no text is a formula.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import clean

SHOWN = 100
"""Rows of a table that are shown unless another limit is asked for."""
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


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
        sink = pa.BufferOutputStream()
        try:
            pq.write_table(part, sink, compression="zstd")
        except pa.ArrowException as error:
            raise UsageError(f"--format parquet: {' '.join(str(error).split())}") from None
        write_file(to, sink.getvalue().to_pybytes())
    elif how is Format.csv:
        write_text("".join(csv_lines(part)), to)
    else:
        _distinct(part)
        write_text(as_json(part.to_pylist()), to)


def show(found: pa.Table, limit: int) -> None:
    """A table on the terminal, with a word about the rows that are left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in found.column_names:
        table.add_column(Text(clean(name)), overflow="fold")
    for values in _rows(found.slice(0, limit)):
        table.add_row(*(Text("" if value is None else clean(str(value))) for value in values))
    Console().print(table)
    if found.num_rows > limit:
        Console(stderr=True).print(f"{limit} of {found.num_rows} rows; see more with --limit")


def csv_lines(found: pa.Table) -> Iterator[str]:
    """A table as CSV (RFC 4180), header first; nested values as JSON, text as `harmless`."""
    yield _csv_line([harmless(name) for name in found.column_names])
    for values in _rows(found):
        yield _csv_line([_cell(value) for value in values])


def harmless(text: str) -> str:
    """Text for a spreadsheet: control characters become blanks, and what would be a formula gets an apostrophe in front."""
    shown = clean(text, len(text))
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def as_json(value: Any) -> str:
    """JSON in printable ASCII, so that no character of a site reaches a terminal; what is no number is null, times are in ISO 8601."""
    return json.dumps(_plain(value), indent=2, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


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
    shown = clean(str(to))
    if any(parent.name.startswith("snapshot=") for parent in to.absolute().parents):
        raise UsageError(f"--to {shown}: a published snapshot is not written to; name a file elsewhere")
    beside = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}") if to.name else to
    try:
        if to.is_dir():
            raise UsageError(f"--to {shown} is a directory; name a file")
        beside.write_bytes(content)
        os.replace(beside, to)  # noqa: PTH105
    except (OSError, ValueError) as error:
        beside.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"--to {shown} cannot be written ({reason}); name another file") from None


def _rows(found: pa.Table) -> Iterator[tuple[Any, ...]]:
    """By position: two columns may have one name."""
    return zip(*(column.to_pylist() for column in found.columns), strict=True)


def _distinct(found: pa.Table) -> None:
    twice = [name for name, count in Counter(found.column_names).items() if count > 1]
    if twice:
        raise UsageError(f"two columns are called {clean(twice[0], 80)!r}; give one of them another name with AS")


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(_plain(value), allow_nan=False)
    known = _plain(value)
    return "" if known is None else str(known)


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
