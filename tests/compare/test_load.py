"""Which snapshot one is compared with, and which others have a say: selections stand beside nights over a whole register."""

from __future__ import annotations

from pathlib import Path

from gemcrawl.compare.load import before, diff, name_of, resolve
from gemcrawl.snapshot.read import snapshots
from gemcrawl.transport.findings import finding
from tests.support.nights import AA, BEE, a_form, publish_night, town

BAD = a_form(BEE, "contact", "/contact", finding("page_http", "x", "y"))
MENDED = a_form(BEE, "contact", "/contact")


def whole(output: Path, number: int, *forms: object) -> Path:
    return publish_night(output, number, town(AA), town(BEE, *forms))


def selection(output: Path, number: int) -> Path:
    return publish_night(output, number, town(AA), of=2)


def test_before_a_whole_night_is_the_last_whole_one(tmp_path: Path) -> None:
    first, _, last = whole(tmp_path, 0), selection(tmp_path, 1), whole(tmp_path, 2)
    assert before(snapshots(tmp_path), last) == first == resolve(tmp_path, "previous")


def test_before_a_selection_is_what_came_before_it(tmp_path: Path) -> None:
    whole(tmp_path, 0)
    middle, last = selection(tmp_path, 1), selection(tmp_path, 2)
    assert before(snapshots(tmp_path), last) == middle


def test_a_selection_will_do_where_there_is_no_other(tmp_path: Path) -> None:
    only, last = selection(tmp_path, 0), whole(tmp_path, 1)
    assert before(snapshots(tmp_path), last) == only
    assert before(snapshots(tmp_path), only) is None


def test_what_was_mended_is_told_although_a_selection_came_in_between(tmp_path: Path) -> None:
    whole(tmp_path, 0, BAD)
    selection(tmp_path, 1)
    whole(tmp_path, 2, MENDED)
    assert [form.change for form in diff(tmp_path, "previous", "latest").forms] == ["fixed"]


def test_a_selection_takes_no_whole_night_the_word(tmp_path: Path) -> None:
    first, second = whole(tmp_path, 0, BAD), whole(tmp_path, 1, MENDED)
    selection(tmp_path, 2)
    third = whole(tmp_path, 3, MENDED)
    (form,) = diff(tmp_path, name_of(first), name_of(second)).forms
    assert form.confirmed_by == f"snapshot {name_of(third)}"
