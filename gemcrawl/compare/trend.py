"""What all snapshots together show: counts over time, and how long mending took.  The SQL behind it is gemcrawl/snapshot/views.sql."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from gemcrawl.places import Place
from gemcrawl.snapshot.read import connect

Row = dict[str, Any]

_QUERIES = {
    "rules": "SELECT * FROM trend.rules ORDER BY snapshot, kind, rule_set, result",
    "findings": "SELECT * FROM trend.findings ORDER BY snapshot, kind, municipalities DESC, code",
    "statuses": "SELECT * FROM trend.statuses ORDER BY snapshot, kind, status",
    "by_municipality": "SELECT * FROM trend.fixes_by_municipality ORDER BY open DESC, findings DESC, municipality",
    "by_supplier": "SELECT * FROM trend.fixes_by_supplier ORDER BY open DESC, findings DESC, supplier",
}
"""The query of each field of `Trend`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Rows of the views of the schema ``trend``, with the columns that they have there."""

    rules: tuple[Row, ...]
    """snapshot, kind, rule_set, result, forms, municipalities."""
    findings: tuple[Row, ...]
    """snapshot, kind, code, weight, forms, municipalities."""
    statuses: tuple[Row, ...]
    """snapshot, kind, status, municipalities."""
    by_municipality: tuple[Row, ...]
    """municipality, findings, fixed, open, median_days, slowest_days."""
    by_supplier: tuple[Row, ...]
    """supplier, municipalities, findings, fixed, open, median_days, slowest_days."""


def trend(output: Place) -> Trend:
    """The trend over all snapshots in a directory.

    Raises:
        OutputError: there is no snapshot, or one cannot be read.
    """
    with connect(output) as database:
        rows = {field.name: tuple(database.sql(_QUERIES[field.name]).to_arrow_table().to_pylist()) for field in fields(Trend)}
    return Trend(**rows)
