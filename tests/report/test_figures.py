"""Every chart of the report says what the published files say, counted again without the queries behind it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from selectolax.lexbor import LexborNode

from gemcrawl.report import figures
from gemcrawl.report.data import KINDS, STATUSES, load
from gemcrawl.report.site import RULE_SETS
from gemcrawl.report.words import Words
from gemcrawl.snapshot.read import snapshots
from tests.report.pages import read
from tests.report.test_charts import at, number, picture, words

Rows = list[dict[str, object]]
SAY = Words("en")


def rows(snapshot: Path, table: str) -> Rows:
    found: Rows = pq.read_table(snapshot / f"{table}.parquet", partitioning=None).to_pylist()
    return found


def results(snapshot: Path, kind: str, rule_set: str) -> Counter[str]:
    """Municipalities by what a rule set says of all their forms of a kind."""
    counted: Counter[str] = Counter()
    of: dict[object, set[object]] = {town["code"]: set() for town in rows(snapshot, "municipalities")}
    for form in rows(snapshot, "forms"):
        if form["kind"] == kind:
            of[form["municipality"]].add(form[rule_set.replace("-", "_")])
    for found in of.values():
        if "fail" in found:
            counted["failing"] += 1
        elif found & {"not_tested", "error", "unreachable"}:
            counted["unknown"] += 1
        else:
            counted["passing" if "pass" in found else "no_form"] += 1
    return counted


def of_kind(report: Path, page: str, selector: str, kind: str) -> LexborNode:
    """The chart of one kind of form among the two on a page."""
    found = read(report / "en" / page).css(selector)
    assert len(found) == len(KINDS)
    return found[KINDS.index(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_bars_of_every_rule_set(kind: str, demo_output: Path) -> None:
    snapshot = snapshots(demo_output)[-1]
    chart = of_kind(demo_output / "report", "index.html", "svg.bars", kind)
    widths = {node.parent.css_first("title").text(): number(node, "width") for node in chart.css("rect")}  # type: ignore[union-attr]
    expected = {
        f"{rule}: {SAY(f'coverage.{result}')} {count}": count
        for rule in RULE_SETS
        for result, count in results(snapshot, kind, rule).items()
    }
    assert widths.keys() == expected.keys()
    unit = max(widths.values()) / max(expected.values())
    assert widths == pytest.approx({title: count * unit for title, count in expected.items()}, abs=0.1)
    (told,) = words(chart, "svg > desc")
    for rule in RULE_SETS:
        counted = results(snapshot, kind, rule)
        assert f"{rule}: " + ", ".join(f"{SAY(f'coverage.{result}')} {counted[result]}" for result in figures.RESULTS) in told


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_on_the_map_for_every_municipality(kind: str, demo_output: Path) -> None:
    chart = of_kind(demo_output / "report", "index.html", "svg.map", kind)
    towns = {f"m/{town['code']}.html": town for town in rows(snapshots(demo_output)[-1], "municipalities")}
    marks = {link.attributes["href"]: link for link in chart.css("a")}
    assert marks.keys() == towns.keys()
    for href, link in marks.items():
        town, mark = towns[str(href)], link.css_first("path")
        assert mark is not None
        assert words(link, "title") == [f"{town['name']}: {SAY.name('statuses', str(town[kind]))}"]
        assert str(mark.attributes["class"]).split()[-1] == town[kind]
    placed = [(at(marks[href].css("path")[0]), float(str(town["lat"])), float(str(town["lon"]))) for href, town in towns.items()]
    west, east = min(placed, key=lambda each: each[2]), max(placed, key=lambda each: each[2])
    south, north = min(placed, key=lambda each: each[1]), max(placed, key=lambda each: each[1])
    for (x, y), lat, lon in placed:
        assert x == pytest.approx(west[0][0] + (lon - west[2]) / (east[2] - west[2]) * (east[0][0] - west[0][0]), abs=0.2)
        assert y == pytest.approx(south[0][1] + (lat - south[1]) / (north[1] - south[1]) * (north[0][1] - south[0][1]), abs=0.2)


def lengths(strip: LexborNode) -> dict[str, float]:
    """Width of each part of a strip by its class."""
    return {str(node.parent.attributes["class"]).split()[-1]: number(node, "width") for node in strip.css("rect") if node.parent}


@pytest.mark.parametrize("kind", KINDS)
def test_the_strip_over_the_map(kind: str, demo_output: Path) -> None:
    strip = of_kind(demo_output / "report", "index.html", "figure svg.strip", kind)
    counted = Counter(str(town[kind]) for town in rows(snapshots(demo_output)[-1], "municipalities"))
    unit = sum(lengths(strip).values()) / counted.total()
    assert lengths(strip) == pytest.approx({status: count * unit for status, count in counted.items()}, abs=0.1)
    assert list(lengths(strip)) == [status for status in STATUSES if counted[status]]


def test_strips_in_tables_are_as_long_as_the_numbers_beside_them(demo_output: Path) -> None:
    seen = 0
    for page, column in (("findings", 0), ("personal", 0), ("suppliers", 0)):
        cells = [
            (int(row.css("td.n")[column].text()), sum(lengths(strip).values()))
            for row in read(demo_output / "report" / f"{page}.html").css("tbody tr")
            for strip in row.css("td.bar svg.strip")
        ]
        if not cells:
            continue
        seen += len(cells)
        top = max(cells)
        assert [length for _, length in cells] == pytest.approx([value / top[0] * top[1] for value, _ in cells], abs=0.1), page
    assert seen > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_per_rule_set_through_all_snapshots(kind: str, demo_output: Path) -> None:
    chart = of_kind(demo_output / "report", "trend.html", "svg.lines", kind)
    nights = snapshots(demo_output)
    assert len(nights) > 1
    expected = [
        (f"{rule}, {figures.moment_of(night.name.removeprefix('snapshot='))}: ", results(night, kind, rule)["failing"])
        for rule in RULE_SETS
        for night in nights
    ]
    dots = chart.css("circle")
    assert words(chart, "g > title") == [f"{title}{value}" for title, value in expected]
    heights = [number(dot, "cy") for dot in dots]
    values = [value for _, value in expected]
    unit = (max(heights) - min(heights)) / (max(values) - min(values))
    assert heights == pytest.approx([max(heights) - (value - min(values)) * unit for value in values], abs=0.2)
    assert words(chart, "text.label") == [f"{rule}: {results(nights[-1], kind, rule)['failing']}" for rule in RULE_SETS]


def test_time_to_mend_per_supplier_the_slowest_first(two_nights: Path) -> None:
    rows = [
        {"supplier": "Quick", "median_days": 1.0},
        {"supplier": "Slow", "median_days": 4.0},
        {"supplier": "Never", "median_days": None},
        {"supplier": None, "median_days": 2.0},
    ]
    chart = figures.fix_times(rows, SAY)
    assert chart is not None
    svg = picture(chart)
    assert words(svg, "svg > desc") == ["Slow: Days (median) 4.0; not recognised: Days (median) 2.0; Quick: Days (median) 1.0"]
    widths = [number(node, "width") for node in svg.css("rect")]
    assert sorted(widths) == pytest.approx([max(widths) / 4, max(widths) / 2, max(widths)], abs=0.2)
    # one day apart in the files: the insecure form of the first night is mended in the second
    mended = figures.fix_times(load(two_nights).numbers["fix_times"], SAY)
    assert mended is not None
    assert re.search(r"Days \(median\) 1\.0$", words(picture(mended), "g > title")[0])


@pytest.mark.parametrize("days", [None, 0.01])
def test_where_nothing_was_mended_or_all_at_once_there_is_no_chart_of_days(days: float | None) -> None:
    assert figures.fix_times([{"supplier": "Never", "median_days": days}], SAY) is None
    assert figures.fix_times([], SAY) is None


def test_days_are_held_against_at_least_one() -> None:
    half = figures.fix_times([{"supplier": "Quick", "median_days": 0.5}], SAY)
    whole = figures.fix_times([{"supplier": "Quick", "median_days": 1.0}], SAY)
    assert half is not None
    assert whole is not None
    assert number(picture(whole).css("rect")[0], "width") == pytest.approx(2 * number(picture(half).css("rect")[0], "width"), abs=0.2)


def test_what_was_mended_and_what_is_open_per_supplier(two_nights: Path) -> None:
    found = load(two_nights).numbers["fix_times"]
    chart = figures.fixes(found, SAY)
    assert chart is not None
    svg = picture(chart)
    # in the files: two findings of one form gone in the second night, one finding of another form new
    assert [title.rpartition(": ")[2] for title in words(svg, "g > title")] == ["Mended 2", "Open 1"]
    mended, still = (number(node, "width") for node in svg.css("rect"))
    assert mended == pytest.approx(2 * still, abs=0.2)
    assert figures.fixes([], SAY) is None
