"""The queries behind the numbers: read from queries.sql, run as they stand, printed as they stand."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

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
    """The rows of one query that names ``$snapshot``."""
    found: list[Row] = database.sql(sql, params={"snapshot": snapshot}).to_arrow_table().to_pylist()
    return found
