"""Where the municipalities of a snapshot are on the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gemcrawl import registry


def coordinates(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Degrees north and east (WGS84) by code.

    They are the snapshot's own; of a snapshot from before it had any, those of the packaged register on its day.

    Args:
        rows: of the table ``municipalities``.
    """
    found = {row["code"]: (row["lat"], row["lon"]) for row in rows if row.get("lat") is not None and row.get("lon") is not None}
    if not found and rows:
        day = min(row["started_at"] for row in rows).date()
        entries = registry.load(as_of=day).entries
        found = {entry.code: (entry.lat, entry.lon) for entry in entries if entry.lat is not None and entry.lon is not None}
    return found
