"""The charts of the report, drawn by pygal: numbers in, inline SVG out.

pygal colours a chart by a style sheet of its own and shows its values by a script.  Neither may stand in these pages: of what it draws only the
shapes, words and titles in `_TAGS` are kept, with the attributes in `_ATTRIBUTES`.  report.css colours them by their classes, for light and
dark screens and for paper.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

import pygal
from lxml import etree
from markupsafe import Markup
from pygal.style import Style

# pygal leaves an importer behind, for maps of its own: every import that fails would go through it, and warn.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

MARKS = {
    "insecure": "M0-8 8 0 0 8-8 0Z",
    "downgrade": "M0-7 7.5 6h-15Z",
    "weak": "M-5.5-5.5h11v11h-11Z",
    "secure": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z",
    "not_tested": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z",
    "not_found": "M-5-5h10v10h-10Z",
    "unpublished": "M0-6.5 6.5 0 0 6.5-6.5 0Z",
}
"""The shape of each status, as a path around 0 0: a map must not tell its statuses by colour alone, and pygal's dots are all round."""
HOLLOW = ("not_tested", "not_found", "unpublished")
"""Statuses that are drawn as an outline."""

_TAGS = {"svg", "g", "a", "title", "path", "rect", "circle", "text"}
_ATTRIBUTES = {"class", "transform", "d", "x", "y", "cx", "cy", "r", "width", "height", "text-anchor", "href", "tabindex"}
_CLASSES = {"axis", "x", "y", "guide", "line", "label", "value", "fill", "hollow", *MARKS}
"""What is kept of pygal's classes, and those that are given here; beside them those of the series."""
_DROPPED = {"background", "tooltip-overlay"}
"""Classes of what only a style sheet or a script of pygal's would use."""
_NUMBER = re.compile(r"-?\d+\.\d+")
_FONT, _LETTER = 13, 0.6 * 13
"""Height of letters, and their width as pygal estimates it."""
_STYLE = Style(label_font_size=_FONT, major_label_font_size=_FONT, value_font_size=_FONT, value_label_font_size=_FONT)
_WIDTH, _ROW, _AXIS = 480, 34, 30
_STRIP = 8
_LONGEST_ROW = 22
"""Letters of a row's name that are written beside it; its title has all."""
_LINES_HEIGHT, _LINES_RIGHT = 270, 175
_MAP_WIDTH = 520
_LABEL_GAP = 0.045
"""Between the southernmost mark of a province and its name, as a part of the map's width."""
_COMMON = {
    "style": _STYLE,
    "css": (),
    "js": (),
    "no_data_text": "",
    "show_legend": False,
    "truncate_label": -1,
    "max_scale": 5,
    "order_min": 0,
}
_BARE = {"margin": 0, "spacing": 0, "show_x_labels": False, "show_y_labels": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Numbers that belong together, in the order of the rows or moments of a chart."""

    name: str
    css: str
    """Class that colours it."""
    values: tuple[float, ...]


class Strip(NamedTuple):
    """One bare bar."""

    parts: Sequence[tuple[str, float]]
    """Class that colours it and value of each, from left to right; none for 0."""
    top: float
    """What the full width stands for; above 0 where there is a part."""


class _Layout(NamedTuple):
    """Where what is on a map stands in the picture."""

    box: str
    spots: dict[tuple[float, float], str]
    """By degrees north and east: how a mark is moved there."""
    names: list[tuple[str, dict[str, str]]]
    """With their attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One mark on the map."""

    north: float
    """Degrees."""
    east: float
    """Degrees."""
    status: str
    """One of `MARKS`."""
    title: str
    href: str


def bars(title: str, rows: Sequence[str], series: Sequence[Series], top: float, number: Callable[[float], str] = "{:g}".format) -> Markup:
    """A horizontal bar per row, the first one on top, each made of the series one after the other.

    Args:
        title: what the chart shows.
        rows: their names.
        series: a value per row.
        top: what the full width stands for.
        number: how a value is written: in the bar where there is room for it, in its title, and in the description.
    """
    top = top or 1
    room = _WIDTH - max((len(_short(row)) for row in rows), default=0) * _LETTER
    chart = pygal.HorizontalStackedBar(
        **_COMMON,
        width=_WIDTH,
        height=_ROW * len(rows) + _AXIS,
        margin=0,
        margin_right=_FONT,
        spacing=4,
        range=(0, top),
        x_labels=[_short(row) for row in reversed(rows)],
        print_values=True,
        value_formatter=number,
    )

    def written(value: float) -> str:
        text = number(value)
        return text if len(text) * _LETTER + 4 < room * value / top else ""

    for each in series:
        values = [
            {"value": value, "formatter": written, "tooltip": f"{row}: {each.name} {number(value)}"}
            for row, value in zip(rows, each.values, strict=True)
        ]
        chart.add(each.name, values[::-1])
    told = (f"{row}: " + ", ".join(f"{each.name} {number(each.values[at])}" for each in series) for at, row in enumerate(rows))
    return _drawn(chart, "chart bars", [each.css for each in series], title=title, told=told, finish=_without_empty_bars)


def strips(wanted: Sequence[Strip]) -> list[Markup]:
    """Bare bars, each to fill its place beside the numbers it shows, and hidden from screen readers, which read those.

    They are cut from one drawing, since what costs pygal most is to set up a chart.  It draws every bar of the strip with the most parts for
    each of them: those that look alike belong together.
    """
    parts = [[(css, value / strip.top) for css, value in strip.parts if value] for strip in wanted]
    columns = [*zip_longest(*parts)]
    chart = pygal.HorizontalStackedBar(**_COMMON | _BARE, width=100, height=_STRIP * len(parts), range=(0, 1))
    for column in columns:
        chart.add("", [part and part[1] for part in column])
    root = chart.render_tree()
    about = {"viewBox": f"0 0 100 {_STRIP}", "aria-hidden": "true", "focusable": "false", "preserveAspectRatio": "none"}
    pictures = [etree.Element("svg", {"class": "strip"} | about) for _ in parts]
    places = [etree.SubElement(picture, "g", {"transform": "translate(0, 0)"}) for picture in pictures]
    for number, column in enumerate(columns):
        bars = root.iterfind(f".//g[@class='series serie-{number} color-{number}']//rect")
        for place, part, bar in zip(places, column, bars, strict=True):
            if part:
                bar.set("y", str((_STRIP - float(bar.get("height"))) / 2))
                group = etree.SubElement(place, "g", {"class": f"series-{number} {part[0]}"})
                etree.SubElement(group, "rect", {name: _decimal(bar.get(name)) for name in ("x", "y", "width", "height")})
    return [_markup(picture) for picture in pictures]


def lines(title: str, moments: Sequence[tuple[float, str]], series: Sequence[Series]) -> Markup:
    """A line per series over time, from 0 up, with its name and last value at its end.

    Args:
        title: what the chart shows.
        moments: seconds and name of each, in order, at least two; the first and the last are written.
        series: a value per moment.
    """
    top = max((value for each in series for value in each.values), default=0) or 1
    first, last = moments[0], moments[-1]
    chart = pygal.XY(
        **_COMMON,
        width=_WIDTH,
        height=_LINES_HEIGHT,
        margin=_FONT,
        margin_right=_LINES_RIGHT,
        spacing=4,
        range=(0, top),
        xrange=(first[0], last[0]),
        x_labels=[{"value": at, "label": name} for at, name in (first, last)],
        print_labels=True,
        dots_size=4 if len(moments) <= 40 else 1.5,
        value_formatter="{:g}".format,
    )
    for each in series:
        points = zip(moments, each.values, strict=True)
        values = [{"value": (at, value), "tooltip": f"{each.name}, {name}: {value:g}"} for (at, name), value in points]
        values[-1]["label"] = f"{each.name}: {each.values[-1]:g}"
        chart.add(each.name, values)
    told = (f"{each.name}: {each.values[0]:g} ({first[1]}), {each.values[-1]:g} ({last[1]})" for each in series)
    return _drawn(chart, "chart lines", [each.css for each in series], title=title, told=told, finish=_with_labels_apart)


def country(places: Sequence[Place], names: Mapping[str, Sequence[Place]]) -> Markup:
    """A mark per place on an equirectangular map, true at the middle latitude: over a few degrees it differs from better ones by less than a mark.

    It is hidden from screen readers, for which the same stands in a table, and its links are no stops of the keyboard.  Whatever is told of the
    same places, where they are is worked out once.

    Args:
        places: what comes last is drawn on top.
        names: what is written under groups of places.
    """
    points = tuple(sorted((place.north, place.east) for place in places))
    layout = _layout(points, tuple((name, *_under(of)) for name, of in names.items()))
    picture = etree.Element("svg", {"class": "map", "viewBox": layout.box, "aria-hidden": "true", "focusable": "false"})
    marks, written = (
        etree.SubElement(etree.SubElement(picture, "g", {"transform": "translate(0, 0)"}), "g", {"class": css})
        for css in ("series-0 places", "series-1 names")
    )
    for place in places:
        link = etree.SubElement(marks, "a", {"tabindex": "-1", "href": place.href})
        etree.SubElement(link, "title").text = place.title
        shape = {"class": f"{'hollow' if place.status in HOLLOW else 'fill'} {place.status}", "d": MARKS[place.status]}
        etree.SubElement(link, "path", shape | {"transform": layout.spots[place.north, place.east]})
    for name, at in layout.names:
        etree.SubElement(written, "text", at | {"text-anchor": "middle"}).text = name
    return _markup(picture)


def _under(places: Sequence[Place]) -> tuple[float, float]:
    """Where the name of a group belongs: degrees north of its southernmost place, east of its middle."""
    return min(place.north for place in places), sum(place.east for place in places) / len(places)


@cache
def _layout(points: tuple[tuple[float, float], ...], names: tuple[tuple[str, float, float], ...]) -> _Layout:
    """Has pygal draw a map of nothing but points, degrees north and east, and names under such points."""
    norths, easts = [north for north, _ in points] or [0.0], [east for _, east in points] or [0.0]
    shrink = math.cos(math.radians((min(norths) + max(norths)) / 2))
    width = max((max(easts) - min(easts)) * shrink, (max(norths) - min(norths)) * 0.5, 0.1)
    gap = width * _LABEL_GAP
    bottom, middle = min(norths) - gap, (min(easts) + max(easts)) / 2 * shrink
    height = max(max(norths) - bottom, 0.1)
    chart = pygal.XY(
        **_COMMON | _BARE,
        width=_MAP_WIDTH,
        height=round(_MAP_WIDTH * height / width),
        range=(bottom, bottom + height),
        xrange=(middle - width / 2, middle + width / 2),
        stroke=False,
        print_labels=True,
    )
    chart.add("places", [(east * shrink, north) for north, east in points])
    chart.add("names", [{"value": (east * shrink, north - gap), "label": name} for name, north, east in names])
    root = chart.render_tree()
    spots = [f"translate({_decimal(dot.get('cx'))} {_decimal(dot.get('cy'))})" for dot in root.iterfind(".//circle")]
    labels = [
        (text.text, {"class": "label", "x": _decimal(float(text.get("x")) - _FONT), "y": _decimal(float(text.get("y")) - _FONT)})
        for text in root.iterfind(".//text[@class='label']")
        if text.text
    ]
    return _Layout(root.get("viewBox"), dict(zip(points, spots, strict=False)), labels)


def _without_empty_bars(root: Any) -> None:
    """pygal draws a bar for 0 too, as wide as nothing but for its edge."""
    for bar in root.findall(".//g[@class='bar']"):
        if not float(bar.find("rect").get("width") or 0):
            bar.getparent().remove(bar)


def _with_labels_apart(root: Any) -> None:
    """Moves the words at the ends of lines down where two would touch, and all up where the last would leave the picture."""
    labels = sorted(root.findall(".//text[@class='label']"), key=lambda node: float(node.get("y")))
    last = -math.inf
    for label in labels:
        last = max(float(label.get("y")) - _FONT, last + 1.3 * _FONT)
        label.set("y", str(last))
    over = max(0.0, last - (_LINES_HEIGHT - _AXIS - _FONT))
    for label in labels:
        label.set("y", str(float(label.get("y")) - over))


def _drawn(
    chart: Any,
    css: str,
    series: Sequence[str],
    *,
    title: str,
    told: Iterable[str],
    finish: Callable[[Any], None],
) -> Markup:
    """What pygal draws, as part of a page.

    Args:
        chart: of pygal.
        css: classes of the picture.
        series: the class of each of its series.
        title, told: what a screen reader says.
        finish: what is changed in it.
    """
    root = chart.render_tree()
    for number, name in enumerate(series):
        for group in root.findall(f".//g[@class='series serie-{number} color-{number}']"):
            group.set("class", f"series-{number} {name}")
    finish(root)
    _keep(root, _CLASSES | {word for number, name in enumerate(series) for word in (f"series-{number}", *name.split())})
    picture = etree.Element("svg", {"class": css, "viewBox": root.get("viewBox"), "role": "img"})
    for tag, text in (("title", title), ("desc", "; ".join(told))):
        etree.SubElement(picture, tag).text = text
    picture.extend(root)
    etree.cleanup_namespaces(picture)
    return _markup(picture)


def _keep(root: Any, classes: set[str]) -> None:
    """Takes away all that is not on the lists: styles, scripts, comments, ids, and groups that say nothing."""
    for node in [*root.iter()][1:]:
        if node.tag not in _TAGS or _useless(node, root):
            node.getparent().remove(node)
            continue
        kept = {name: value for name, value in node.attrib.items() if name in _ATTRIBUTES - {"class"}}
        kept |= {name: _NUMBER.sub(_rounded, value) for name, value in kept.items() if name not in ("href", "tabindex")}
        known = " ".join(word for word in node.get("class", "").split() if word in classes)
        node.attrib.clear()
        node.attrib.update(({"class": known} if known else {}) | kept)
    for group in [*root.iter("g")][::-1]:
        if not len(group) or (not group.attrib and group.find("title") is None):
            above = group.getparent()
            at = above.index(group)
            above[at : at + 1] = [*group]


def _useless(node: Any, root: Any) -> bool:
    above = node.getparent()
    if node.tag == "title":  # of the picture, for which there is a better one, and of the lines of an axis
        return above is root or above.find("text") is not None
    return bool(_DROPPED & set(node.get("class", "").split())) or (node.tag == "text" and not node.text)


def _short(row: str) -> str:
    return row if len(row) <= _LONGEST_ROW else row[: _LONGEST_ROW - 1] + "…"


def _rounded(number: re.Match[str]) -> str:
    return _decimal(number[0])


def _decimal(number: float | str) -> str:
    return f"{float(number):.1f}".removesuffix(".0")


def _markup(picture: Any) -> Markup:
    return Markup(etree.tostring(picture, encoding="unicode"))  # noqa: S704 - lxml escaped every text and attribute in it
