"""Geometry of maps and lines."""

from __future__ import annotations

from gemcrawl.report.charts import line, project

PLACES = {"north": (53.4, 6.8), "south": (50.8, 5.7), "west": (51.5, 3.6), "middle": (52.1, 5.2)}


def test_north_is_up_and_east_is_right() -> None:
    at, height = project(PLACES, 500, 20)
    assert at["north"][1] < at["middle"][1] < at["south"][1]
    assert at["west"][0] < at["middle"][0] < at["north"][0]
    assert all(20 <= x <= 480 and 20 <= y <= height - 20 for x, y in at.values())


def test_a_kilometre_is_as_long_in_both_directions() -> None:
    at, _ = project({"a": (52.0, 5.0), "b": (53.0, 5.0), "c": (52.0, 5.0 + 1 / 0.61)}, 500, 0)
    assert abs((at["a"][1] - at["b"][1]) / (at["c"][0] - at["a"][0]) - 1) < 0.02


def test_one_place_and_none() -> None:
    at, height = project({"a": (52.0, 5.0)}, 500, 20)
    assert 0 < at["a"][0] < 500
    assert 0 < at["a"][1] < height
    assert project({}, 500, 20) == ({}, 40)


def test_a_line_begins_left_and_stands_on_zero() -> None:
    assert line([0, 5, 10], 10, 100, 50) == [(0, 50), (50, 25), (100, 0)]
    assert line([5], 10, 100, 50) == [(100, 25)]
    assert line([0, 0], 0, 100, 50) == [(0, 50), (100, 50)]
