"""The queries behind the numbers: read from queries.sql, run as they stand, printed as they stand."""

from __future__ import annotations

import re
from datetime import UTC
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

_NAME = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)


@cache
def load() -> dict[str, str]:
    """The SQL of every query by name, in the order of the file."""
    text = (resources.files("gemcrawl.report") / "queries.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


def run(database: duckdb.DuckDBPyConnection, snapshot: str) -> dict[str, list[Row]]:
    """The rows of every query for a snapshot.

    Args:
        database: as `gemcrawl.snapshot.read.connect` opens it.
        snapshot: name of the snapshot shown.
    """
    return {name: rows(database, sql, snapshot) for name, sql in load().items()}


def rows(database: duckdb.DuckDBPyConnection, sql: str, snapshot: str) -> list[Row]:
    """The rows of one query that names ``$snapshot``; moments are in UTC."""
    found = database.sql(sql, params={"snapshot": snapshot}).to_arrow_table()
    names = found.column_names  # made anew whenever it is asked for
    return [dict(zip(names, row, strict=True)) for row in zip(*map(_values, found.columns), strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        found: list[Any] = column.to_pylist()
        return found
    # of moments with a zone pyarrow looks up the zone each time, and imports pandas where that is installed
    bare = pa.timestamp(column.type.unit)
    return [moment and moment.replace(tzinfo=UTC) for chunk in column.chunks for moment in chunk.view(bare).to_pylist()]
