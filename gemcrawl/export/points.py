"""The municipalities as points on a map: GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemcrawl.export.cells import plain
from gemcrawl.snapshot.coordinates import coordinates

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemcrawl.export.tables import Snapshot


def write_geojson(snapshot: Snapshot, to: Path, done: Callable[[int], None]) -> int:
    """Writes one feature per municipality, with its whole row as properties, statuses included.

    A municipality whose coordinates are unknown is a feature without a geometry, as RFC 7946, section 3.2, has it.

    Args:
        snapshot: what is read.
        to: the file, which is made.
        done: called with the number of rows written since it was last called.

    Returns:
        How many municipalities are without coordinates.

    Raises:
        OSError: the file cannot be written.
        OutputError: the table cannot be read.
    """
    rows: list[dict[str, Any]] = [row for batch in snapshot.batches("municipalities") for row in batch.to_pylist()]
    places = coordinates(rows)
    with to.open("w", encoding="utf-8") as file:
        file.write(f'{{"type": "FeatureCollection", "snapshot": {json.dumps(snapshot.name)}, "features": [')
        for number, row in enumerate(rows):
            file.write(("," if number else "") + "\n" + json.dumps(_feature(row, places.get(row["code"])), allow_nan=False))
            done(1)
        file.write("\n]}\n")
    return sum(row["code"] not in places for row in rows)


def _feature(row: dict[str, Any], place: tuple[float, float] | None) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row["code"],
        "geometry": None if place is None else {"type": "Point", "coordinates": [place[1], place[0]]},
        "properties": {name: plain(value) for name, value in row.items() if name not in ("lat", "lon")},
    }
