"""Geometry of the few drawings: dots at coordinates, lines over snapshots.  Numbers only; the templates draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Point = tuple[float, float]


def project(places: Mapping[str, Point], width: float, margin: float) -> tuple[dict[str, Point], float]:
    """Where each place stands on a map of this width, and how high the map is.

    Args:
        places: (degrees north, degrees east) by name.
        width: of the map, ``margin`` on both sides included.
        margin: free space around the outermost places.

    An equirectangular projection true at the middle latitude: for a country of a few degrees it differs from better ones by less than a dot.
    """
    if not places:
        return {}, 2 * margin
    norths, easts = zip(*places.values(), strict=True)
    shrink = math.cos(math.radians((min(norths) + max(norths)) / 2))
    span = max((max(easts) - min(easts)) * shrink, (max(norths) - min(norths)) * 0.5, 0.1)
    scale = (width - 2 * margin) / span
    offset = (width - 2 * margin - (max(easts) - min(easts)) * shrink * scale) / 2 + margin
    at = {
        name: (round(offset + (east - min(easts)) * shrink * scale, 1), round(margin + (max(norths) - north) * scale, 1))
        for name, (north, east) in places.items()
    }
    return at, round((max(norths) - min(norths)) * scale + 2 * margin, 1)


def line(values: Sequence[int], top: int, width: float, height: float) -> list[Point]:
    """The corners of a line through values at equal distances, from 0 at the bottom to ``top``; one value stands at the right."""
    step = width / (len(values) - 1) if len(values) > 1 else 0
    start = 0 if len(values) > 1 else width
    return [(round(start + at * step, 1), round(height - height * value / (top or 1), 1)) for at, value in enumerate(values)]
