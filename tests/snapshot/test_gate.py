"""When a night is held back, and what it is compared with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gemcrawl.items import Survey
from gemcrawl.snapshot.gate import AT_LEAST, SHARES, Limits, Previous, Tally, comparable, is_whole, judge
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import Published, publish
from tests.snapshot.rows import NIGHT, entry, municipality, run_info

LIMITS = Limits(
    most={"unreachable": 0.10, "dns": 0.05, "failed": 0.02}, rise={"unreachable": 0.03, "contact not_found": 0.05}, municipalities=20
)
NATION = 100


def tally(rows: int = NATION, **counts: int) -> Tally:
    named = {name.replace("__", " "): count for name, count in counts.items()}
    return Tally(codes=frozenset(f"GM{n:04d}" for n in range(rows)), rows=rows, counts={name: named.get(name, 0) for name in SHARES})


def verdict(now: Tally, before: Tally | None = None, **more) -> tuple[str, ...]:
    previous = Previous(name="2026-11-22T020000Z", tally=before) if before is not None else None
    gate = judge(now, more.pop("codes", now.codes), LIMITS, previous=previous, **more)
    assert (gate.state == "suspect") == bool(gate.reasons)
    return gate.reasons


class TestAnyNight:
    def test_within_the_limits_passes(self):
        assert verdict(tally(unreachable=10, dns=5, failed=2)) == ()

    @pytest.mark.parametrize(("name", "count"), [("unreachable", 11), ("dns", 6), ("failed", 3)])
    def test_beyond_a_limit_is_suspect_and_says_which(self, name, count):
        (reason,) = verdict(tally(**{name: count}))
        assert reason.startswith(f"{name}: {count} of 100 municipalities, more than ")

    def test_that_lacks_a_municipality_or_has_one_too_many_is_suspect(self):
        assert verdict(tally(99), codes=tally(100).codes) == ("99 rows for 100 municipalities",)
        assert verdict(tally(100), codes=tally(99).codes) == ("100 rows for 99 municipalities",)

    def test_with_a_municipality_twice_is_suspect(self):
        twice = Tally(codes=tally(99).codes, rows=100, counts=tally().counts)
        assert verdict(twice, codes=tally(99).codes) == ("100 rows for 99 municipalities",)

    def test_in_which_no_canary_answered_is_suspect_whatever_it_found(self):
        (reason,) = verdict(tally(), dead_canaries=("www.a.test", "www.b.test"))
        assert "www.a.test, www.b.test" in reason
        assert verdict(tally(1), dead_canaries=("www.a.test",), whole=False)

    def test_of_which_the_deadline_left_out_all_is_suspect_however_few_they_are(self):
        assert verdict(tally(12, left__out=12), whole=False) == ("the deadline came before a page of any municipality was read",)
        assert verdict(tally(12, left__out=11), whole=False) == ()

    def test_of_few_municipalities_has_no_shares(self):
        assert verdict(tally(19, unreachable=19)) == ()
        assert verdict(tally(20, unreachable=20)) != ()

    def test_over_a_selection_has_no_shares(self):
        assert verdict(tally(unreachable=100), tally(), whole=False) == ()

    def test_is_not_suspect_for_one_or_two_municipalities(self):
        assert verdict(tally(25, failed=AT_LEAST - 1)) == ()
        assert verdict(tally(25, failed=AT_LEAST)) != ()


class TestComparedWithThePreviousNight:
    def test_a_small_rise_passes(self):
        assert verdict(tally(unreachable=6), tally(unreachable=3)) == ()

    def test_a_larger_one_is_suspect_although_within_the_absolute_limit(self):
        (reason,) = verdict(tally(unreachable=7), tally(unreachable=3))
        assert reason == "unreachable: 7.0% of the municipalities, 3.0% in 2026-11-22T020000Z; the limit is 3% more"

    def test_forms_that_vanished_are_suspect(self):
        assert verdict(tally(contact__not_found=30), tally(contact__not_found=24)) != ()

    def test_a_fall_passes(self):
        assert verdict(tally(unreachable=0), tally(unreachable=9)) == ()

    def test_it_says_with_what(self):
        previous = Previous(name="2026-11-22T020000Z", tally=tally())
        assert judge(tally(), tally().codes, LIMITS, previous=previous).told()["compared_with"] == "2026-11-22T020000Z"
        assert judge(tally(), tally().codes, LIMITS).told()["compared_with"] is None


def publish_night(output: Path, day: int, *, size: int = 25, first: int = 0, lost: int = 0, **info) -> Published:
    numbers = range(first, first + size)
    parts = Parts(output / "runs" / f"run-{day}")
    for number in numbers:
        gone = number - first < lost
        changes = {"outcome": "unreachable", "reason": "dns", "appointment": "not_tested", "contact": "not_tested"} if gone else {}
        parts.write(Survey(municipality=municipality(f"GM{number:04d}", **changes)))
    info = run_info(f"run-{day}", started=NIGHT + timedelta(days=day), finished=NIGHT + timedelta(days=day, hours=1), **info)
    return publish(output, info, parts, [entry(number) for number in numbers])


def found(output: Path, now: Tally, **settings) -> str | None:
    previous = comparable(output, now, run_id="run-9", settings=settings)
    return None if previous is None else previous.name


class TestWhatANightIsComparedWith:
    @pytest.fixture
    def now(self) -> Tally:
        return tally(25)

    def test_is_nothing_on_the_first_night(self, tmp_path, now):
        assert found(tmp_path, now) is None

    def test_is_the_newest_snapshot_of_the_same_nation(self, tmp_path, now):
        publish_night(tmp_path, 0)
        newest = publish_night(tmp_path, 1)
        assert found(tmp_path, now) == newest.snapshot

    def test_is_not_a_selection(self, tmp_path, now):
        whole = publish_night(tmp_path, 0)
        publish_night(tmp_path, 1, whole=False)
        assert found(tmp_path, now) == whole.snapshot

    def test_is_not_another_nation(self, tmp_path, now):
        publish_night(tmp_path, 0, first=500)
        publish_night(tmp_path, 1, size=23)
        assert found(tmp_path, now) is None

    def test_may_differ_by_a_merger(self, tmp_path, now):
        assert publish_night(tmp_path, 0, size=24).snapshot == found(tmp_path, now)

    def test_was_made_with_the_same_settings(self, tmp_path, now):
        publish_night(tmp_path, 0, settings={"GEMCRAWL_MAX_PAGES": 40})
        assert found(tmp_path, now, GEMCRAWL_MAX_PAGES=40) is not None
        assert found(tmp_path, now, GEMCRAWL_MAX_PAGES=5) is None

    def test_is_not_the_run_itself(self, tmp_path, now):
        publish_night(tmp_path, 9)
        assert found(tmp_path, now) is None

    def test_is_not_one_that_cannot_be_read(self, tmp_path, now):
        good = publish_night(tmp_path, 0)
        (publish_night(tmp_path, 1).path / "municipalities.parquet").write_bytes(b"PAR1")
        (publish_night(tmp_path, 2).path / "datapackage.json").write_text("{")
        assert found(tmp_path, now) == good.snapshot


def test_a_tally_counts_the_rows_of_a_snapshot(tmp_path):
    counted = Tally.of(publish_night(tmp_path, 0, lost=4).path)
    assert counted.rows == 25
    assert counted.counts["unreachable"] == counted.counts["dns"] == 4
    assert counted.counts["blocked"] == counted.counts["contact not_found"] == 0
    assert counted.share("unreachable") == 4 / 25


def test_left_out_is_what_the_deadline_came_before(tmp_path):
    parts = Parts(tmp_path / "runs" / "run-0")
    parts.write(Survey(municipality=municipality("GM0000", outcome="partial", reason="deadline", pages=3)))
    info = run_info("run-0", started=NIGHT, finished=NIGHT + timedelta(hours=1), missing="deadline")
    counted = Tally.of(publish(tmp_path, info, parts, [entry(number) for number in range(5)]).path)
    assert counted.counts["left out"] == 4


def test_a_snapshot_that_does_not_say_is_whole(tmp_path):
    path = publish_night(tmp_path, 0).path
    assert is_whole(path)
    told = json.loads((path / "datapackage.json").read_text())
    del told["gemcrawl"]["whole"]
    (path / "datapackage.json").write_text(json.dumps(told))
    assert is_whole(path)
    assert not is_whole(publish_night(tmp_path, 1, whole=False).path)
