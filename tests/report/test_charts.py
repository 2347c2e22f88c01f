"""Charts: as long, as high and as far apart as their numbers, told in words too, and nothing in them but shapes and text."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from gemcrawl.items import Status
from gemcrawl.report.charts import HOLLOW, MARKS, Place, Series, Strip, bars, country, lines, strips
from gemcrawl.report.data import STATUSES, UNPUBLISHED
from gemcrawl.transport.urls import clean
from tests.report.nights import TEXT

TAGS = {"svg", "g", "a", "title", "desc", "path", "rect", "circle", "text"}


def picture(drawn: str) -> LexborNode:
    found = LexborHTMLParser(drawn).css_first("svg")
    assert found is not None
    return found


def number(node: LexborNode, name: str) -> float:
    return float(node.attributes[name] or "nan")


def words(svg: LexborNode, selector: str) -> list[str]:
    return [node.text() for node in svg.css(selector)]


def at(mark: LexborNode) -> tuple[float, float]:
    """Where a mark of the map stands."""
    x, y = re.fullmatch(r"translate\((\S+) (\S+)\)", mark.attributes["transform"] or "").groups()  # type: ignore[union-attr]
    return float(x), float(y)


def place(north: float, east: float, status: Status = "secure", title: str = "here") -> Place:
    return Place(north=north, east=east, status=status, title=title, href="m/GM0001.html")


class TestBars:
    SERIES = (Series(name="fails", css="failing", values=(40, 0)), Series(name="passes", css="passing", values=(350, 100)))

    def test_are_as_long_as_their_numbers_one_after_the_other(self) -> None:
        svg = picture(bars("norms", ["one", "two"], self.SERIES, 390))
        first, third, second = svg.css("rect")
        assert words(svg, "g > title") == ["one: fails 40", "two: passes 100", "one: passes 350"]
        assert number(second, "width") / number(first, "width") == pytest.approx(350 / 40, rel=0.01)
        assert number(second, "width") / number(third, "width") == pytest.approx(350 / 100, rel=0.01)
        assert number(second, "x") == pytest.approx(number(first, "x") + number(first, "width"), abs=0.2)

    def test_have_titles_and_the_whole_in_words(self) -> None:
        svg = picture(bars("norms", ["one", "two"], self.SERIES, 390))
        assert svg.attributes["role"] == "img"
        assert words(svg, "svg > title") == ["norms"]
        assert words(svg, "svg > desc") == ["one: fails 40, passes 350; two: fails 0, passes 100"]
        assert sorted(words(svg, "g > title")) == ["one: fails 40", "one: passes 350", "two: passes 100"]

    def test_the_first_row_is_on_top(self) -> None:
        svg = picture(bars("norms", ["one", "two"], self.SERIES, 390))
        heights = {node.text(): number(node, "y") for node in svg.css(".axis.y text")}
        assert heights["one"] < heights["two"]

    def test_a_number_is_written_where_there_is_room(self) -> None:
        series = (Series(name="fails", css="failing", values=(2,)), Series(name="passes", css="passing", values=(388,)))
        assert words(picture(bars("norms", ["one"], series, 390)), "text.value") == ["388"]

    def test_a_long_name_is_shortened_beside_its_bar_only(self) -> None:
        svg = picture(bars("norms", ["a name far too long to stand beside a bar"], [Series(name="n", css="other", values=(1,))], 1))
        assert words(svg, ".axis.y text") == ["a name far too long t…"]
        assert words(svg, "g > title") == ["a name far too long to stand beside a bar: n 1"]

    def test_of_nothing(self) -> None:
        assert words(picture(bars("norms", [], [Series(name="n", css="other", values=())], 0)), "rect") == []
        assert words(picture(bars("norms", ["one"], [Series(name="n", css="other", values=(0,))], 0)), "rect") == []


class TestStrips:
    def test_parts_lie_one_after_the_other_and_are_hidden_from_screen_readers(self) -> None:
        (drawn,) = strips([Strip([("insecure", 10), ("weak", 0), ("secure", 30)], 80)])
        svg = picture(drawn)
        first, second = svg.css("rect")
        assert number(second, "width") / number(first, "width") == pytest.approx(3, rel=0.02)
        assert number(second, "x") == pytest.approx(number(first, "x") + number(first, "width"), abs=0.2)
        assert number(second, "x") + number(second, "width") < 55
        assert svg.attributes["aria-hidden"] == "true"
        assert [(node.parent.attributes["class"] or "").split()[-1] for node in (first, second) if node.parent] == ["insecure", "secure"]

    def test_each_looks_the_same_whatever_is_drawn_with_it(self) -> None:
        one, many = Strip([("weak", 3)], 7), Strip([("insecure", 1), ("downgrade", 20), ("secure", 4)], 390)
        assert strips([one, many, one]) == [*strips([one]), *strips([many]), *strips([one])]

    def test_a_bar_fills_its_own_picture(self) -> None:
        for svg in map(picture, strips([Strip([("weak", 5)], 5)] * 40)):
            (bar,) = svg.css("rect")
            assert svg.attributes["viewBox"] == "0 0 100 8"
            assert number(bar, "width") > 95
            assert number(bar, "height") > 6
            assert 2 * number(bar, "y") + number(bar, "height") == pytest.approx(8)

    def test_of_nothing(self) -> None:
        assert [picture(drawn).css("rect") for drawn in strips([Strip([], 0), Strip([("weak", 0)], 0)])] == [[], []]
        assert strips([]) == []


class TestLines:
    MOMENTS = ((0.0, "monday"), (86400.0, "tuesday"), (3 * 86400.0, "thursday"))

    def test_are_as_high_as_their_numbers_and_as_far_apart_as_their_moments(self) -> None:
        svg = picture(lines("over time", self.MOMENTS, [Series(name="norm", css="insecure", values=(10, 5, 0))]))
        dots = svg.css("circle")
        x, y = [number(dot, "cx") for dot in dots], [number(dot, "cy") for dot in dots]
        assert (x[2] - x[1]) / (x[1] - x[0]) == pytest.approx(2, rel=0.01)
        assert y[2] - y[1] == pytest.approx(y[1] - y[0], abs=0.2)
        assert y[0] < y[1]
        (line,) = svg.css(".series-0 path.line")
        corners = re.findall(r"[\d.]+", line.attributes["d"] or "")
        assert [float(each) for each in corners] == [each for pair in zip(x, y, strict=True) for each in pair]

    def test_stand_on_zero(self) -> None:
        svg = picture(lines("over time", self.MOMENTS, [Series(name="norm", css="insecure", values=(7, 8, 9))]))
        labels = {node.text(): number(node, "y") for node in svg.css(".axis.y text")}
        heights = [number(dot, "cy") for dot in svg.css("circle")]
        unit = (labels["0"] - labels["8"]) / 8
        assert (heights[0] - heights[2]) == pytest.approx(2 * unit, abs=0.2)

    def test_end_with_their_names_and_last_numbers_none_over_another(self) -> None:
        series = [Series(name=f"norm {at}", css="insecure", values=(9, 0, value)) for at, value in enumerate((0, 0, 1, 30))]
        svg = picture(lines("over time", self.MOMENTS, series))
        assert words(svg, "text.label") == ["norm 0: 0", "norm 1: 0", "norm 2: 1", "norm 3: 30"]
        heights = sorted(number(node, "y") for node in svg.css("text.label"))
        assert min(below - above for above, below in pairwise(heights)) > 13

    def test_titles_and_words(self) -> None:
        svg = picture(lines("over time", self.MOMENTS, [Series(name="norm", css="insecure", values=(10, 5, 0))]))
        assert words(svg, "svg > title") == ["over time"]
        assert words(svg, "svg > desc") == ["norm: 10 (monday), 0 (thursday)"]
        assert words(svg, "g > title") == ["norm, monday: 10", "norm, tuesday: 5", "norm, thursday: 0"]
        assert words(svg, ".axis.x text") == ["monday", "thursday"]

    def test_all_zero(self) -> None:
        svg = picture(lines("over time", self.MOMENTS, [Series(name="norm", css="insecure", values=(0, 0, 0))]))
        assert len({number(dot, "cy") for dot in svg.css("circle")}) == 1


class TestCountry:
    PLACES = (place(53.4, 6.8, "insecure", "north"), place(50.8, 5.7, "weak", "south"), place(51.5, 3.6, "secure", "west"))

    def test_north_is_up_and_east_is_right(self) -> None:
        north, south, west = map(at, picture(country(self.PLACES, {})).css("a path"))
        assert north[1] < west[1] < south[1]
        assert west[0] < south[0] < north[0]

    def test_a_kilometre_is_as_long_in_both_directions(self) -> None:
        marks = [place(52.0, 5.0), place(53.0, 5.0), place(52.0, 5.0 + 1 / 0.61)]
        origin, north, east = map(at, picture(country(marks, {})).css("a path"))
        assert abs((origin[1] - north[1]) / (east[0] - origin[0]) - 1) < 0.02

    def test_every_mark_is_in_the_picture(self) -> None:
        svg = picture(country(self.PLACES, {}))
        _, _, width, height = map(float, (svg.attributes["viewBox"] or "").split())
        assert all(0 < x < width and 0 < y < height for x, y in map(at, svg.css("a path")))

    def test_a_mark_has_the_shape_of_its_status_a_title_and_a_link_beside_the_order_of_the_keyboard(self) -> None:
        svg = picture(country(self.PLACES, {}))
        assert [node.attributes["d"] for node in svg.css("a path")] == [MARKS["insecure"], MARKS["weak"], MARKS["secure"]]
        assert words(svg, "a > title") == ["north", "south", "west"]
        assert {(node.attributes["href"], node.attributes["tabindex"]) for node in svg.css("a")} == {("m/GM0001.html", "-1")}
        assert svg.attributes["aria-hidden"] == "true"

    def test_shape_and_filling_tell_every_status_from_the_others(self) -> None:
        assert set(MARKS) == {*STATUSES, UNPUBLISHED}
        assert len({(shape, status in HOLLOW) for status, shape in MARKS.items()}) == len(MARKS)

    def test_a_name_stands_in_the_middle_under_its_places(self) -> None:
        (label,) = (svg := picture(country(self.PLACES, {"Utrecht": self.PLACES}))).css("text.label")
        marks = [at(mark) for mark in svg.css("a path")]
        assert number(label, "x") == pytest.approx(sum(x for x, _ in marks) / 3, abs=0.5)
        assert number(label, "y") > max(y for _, y in marks) + 10
        assert len(svg.css("circle")) == 0

    def test_the_same_places_stand_where_they_did_whatever_is_told_of_them_and_in_whatever_order(self) -> None:
        others = [place(each.north, each.east, "secure", f"{each.title} again") for each in reversed(self.PLACES)]
        before, after = (picture(country(places, {})) for places in (self.PLACES, others))
        assert [at(mark) for mark in after.css("a path")] == [at(mark) for mark in before.css("a path")][::-1]
        assert words(after, "a > title") == ["west again", "south again", "north again"]
        assert {mark.attributes["d"] for mark in after.css("a path")} == {MARKS["secure"]}

    def test_one_place_and_none(self) -> None:
        (mark,) = (svg := picture(country([place(52.0, 5.0)], {}))).css("a path")
        assert at(mark)[0] == pytest.approx(260, abs=1)
        assert svg.css("a")
        assert picture(country([], {})).css("a") == []


@given(st.text().map(clean))
def test_whatever_a_text_says_it_is_text(said: str) -> None:
    series = [Series(name=said, css="other", values=(1, 2))]
    for drawn in (
        bars(said or "x", [said, said], series, 2),
        lines(said or "x", [(0, said), (1, said)], series),
        country([place(52, 5, "weak", said)], {said: [place(52, 5)]}),
    ):
        svg = picture(drawn)
        assert {node.tag for node in svg.css("*")} <= TAGS
        assert not [name for node in svg.css("*") for name in node.attributes if name.startswith("on") or name in ("id", "style")]


def test_a_hostile_name_is_shown_as_it_is() -> None:
    assert words(picture(country([place(52, 5, "weak", clean(TEXT))], {})), "a > title") == [clean(TEXT)]


def test_nothing_of_the_library_is_left_but_shapes() -> None:
    drawn = bars("norms", ["one"], [Series(name="n", css="other", values=(1,))], 1)
    for trace in ("<style", "<script", "http", "pygal", "tooltip", "<!--", "xmlns", "style="):
        assert trace not in drawn


def test_the_library_leaves_no_importer_behind() -> None:
    assert not [finder for finder in sys.meta_path if type(finder).__module__.startswith("pygal")]


def test_the_same_numbers_give_the_same_bytes() -> None:
    def draw() -> str:
        series = [Series(name="n", css="other", values=(1, 2))]
        return bars("norms", ["one", "two"], series, 2) + lines("over time", [(0, "monday"), (1, "tuesday")], series)

    assert draw() == draw()
