"""Values as text: for spreadsheets, made harmless, and as JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from gemcrawl.transport.urls import clean

_FORMULA = "=+@＝＋－＠-"
"""What a cell that a spreadsheet calculates begins with."""
_BEGINS = re.compile(rf"(^|;[\s\"]*)(?=[{_FORMULA}])")
"""Where a cell begins: at a semicolon too, which where decimals have a comma separates cells, whatever the file says."""


def csv_lines(found: pa.Table | pa.RecordBatch, *, header: bool = True) -> Iterator[str]:
    """A table as CSV (RFC 4180), header first; nested values as JSON, text as `harmless`."""
    if header:
        yield _csv_line([harmless(name) for name in found.schema.names])
    for values in rows(found):
        yield _csv_line([_cell(value) for value in values])


def rows(found: pa.Table | pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """By position: two columns may have one name."""
    return zip(*(column.to_pylist() for column in found.columns), strict=True)


def harmless(text: str) -> str:
    """Text for a spreadsheet: control characters become blanks, and what would be a formula gets an apostrophe in front, also where a
    spreadsheet that separates cells by semicolons would begin one."""
    return _BEGINS.sub(r"\1'", clean(text, len(text)))


def as_json(value: Any) -> str:
    """JSON in printable ASCII, so that no character of a site reaches a terminal; what is no number is null, times are in ISO 8601."""
    return json.dumps(plain(value), indent=2, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def nested(value: Any) -> str:
    """A list or a struct as JSON on one line, in ASCII."""
    return json.dumps(plain(value), allow_nan=False)


def plain(value: Any) -> Any:
    """A value as JSON knows it; a decimal number, such as a sum, is whole or the nearest one that is."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


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
        return _BEGINS.sub(r"\1'", nested(value))
    if isinstance(value, Decimal):
        return str(value)
    known = plain(value)
    return "" if known is None else str(known)
