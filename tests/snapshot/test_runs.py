"""What a run says it is, and which run a new process takes up."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.registry import Entry, Registry
from gemcrawl.snapshot import runs
from gemcrawl.snapshot.runs import RunRecord
from tests.snapshot.rows import NIGHT


def registry(*codes: str, website: str = "www.a.test", known: tuple[str, ...] = ()) -> Registry:
    entries = tuple(Entry(code, f"Gemeente {code}", "Utrecht", website, known_hosts=known) for code in codes or ("GM0001", "GM0002"))
    return Registry(entries=entries, source="registry.csv", sha256="ab" * 32, rows=len(entries), as_of=NIGHT.date())


def record(*codes: str, only: tuple[str, ...] = (), hours: float = 0, **changes) -> RunRecord:
    settings = {"GEMCRAWL_MAX_PAGES": 40, "GEMCRAWL_CONNECT_TO": []} | changes.pop("settings", {})
    return RunRecord.of(registry(*codes, **changes), only=only, settings=settings, started=NIGHT + timedelta(hours=hours))


class TestARunThatBegins:
    def test_says_what_it_is(self, tmp_path):
        begun = runs.begin(tmp_path, record())
        assert begun.run_id == "2026-11-23T020000Z"
        assert runs.read_run(tmp_path, begun.run_id) == begun
        assert json.loads((tmp_path / "runs" / begun.run_id / "run.json").read_bytes())["as_of"] == "2026-11-23"

    def test_in_the_second_of_another_gets_the_next(self, tmp_path):
        first, second = runs.begin(tmp_path, record()), runs.begin(tmp_path, record())
        assert (first.run_id, second.run_id) == ("2026-11-23T020000Z", "2026-11-23T020001Z")
        assert second.moment - first.moment == timedelta(seconds=1)
        assert runs.unfinished(tmp_path) == [first, second]

    def test_in_an_output_that_is_gone_is_refused(self, tmp_path):
        with pytest.raises(OutputError, match="cannot be written"):
            runs.begin(tmp_path / "gone", record())


class TestARunThatIsNamed:
    def test_is_found(self, tmp_path):
        begun = runs.begin(tmp_path, record())
        assert runs.asked_for(tmp_path, begun.run_id) == begun

    def test_last_is_the_newest(self, tmp_path):
        runs.begin(tmp_path, record(hours=1))
        newest = runs.begin(tmp_path, record(hours=2))
        runs.begin(tmp_path, record())
        assert runs.asked_for(tmp_path, "last") == newest

    @pytest.mark.parametrize("name", ["", "last", "2020-01-01T000000Z", "..", "../..", "x" * 300, "a\0b", "/etc"])
    def test_that_is_not_there_is_refused(self, tmp_path, name):
        with pytest.raises(UsageError, match=r"no such run in .*; there are: none"):
            runs.asked_for(tmp_path, name)

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"run_id": 1}'])
    def test_whose_record_cannot_be_read_is_none(self, tmp_path, content):
        begun = runs.begin(tmp_path, record())
        (tmp_path / "runs" / begun.run_id / "run.json").write_bytes(content)
        assert runs.read_run(tmp_path, begun.run_id) is None
        assert runs.unfinished(tmp_path) == []

    def test_whose_directory_was_renamed_is_none(self, tmp_path):
        begun = runs.begin(tmp_path, record())
        (tmp_path / "runs" / begun.run_id).rename(tmp_path / "runs" / "other")
        assert runs.read_run(tmp_path, "other") is None

    def test_new_and_nothing_name_none(self, tmp_path):
        assert runs.asked_for(tmp_path, None) is None
        assert runs.asked_for(tmp_path, "new") is None


class TestWhatMustBeTheSame:
    def test_the_same_may_go_on(self):
        runs.check_same(record(), record(hours=5))

    @pytest.mark.parametrize(
        ("other", "said"),
        [
            ({"settings": {"GEMCRAWL_MAX_PAGES": 5}}, "setting GEMCRAWL_MAX_PAGES: 40 in the run, 5 now"),
            ({"settings": {"GEMCRAWL_CONNECT_TO": ["a:443:b:1"]}}, "setting GEMCRAWL_CONNECT_TO: [] in the run, ['a:443:b:1'] now"),
            ({"website": "www.b.test"}, "municipalities, websites or known hosts"),
            ({"known": ("formulieren.a.test",)}, "municipalities, websites or known hosts"),
        ],
    )
    def test_a_difference_is_named_with_the_way_out(self, other, said):
        with pytest.raises(UsageError, match="cannot be taken up") as caught:
            runs.check_same(record(), record(**other))
        assert said in str(caught.value)
        assert "start afresh with --new" in str(caught.value)

    def test_every_difference_is_named(self):
        other = dataclasses.replace(record("GM0001"), as_of="2016-01-01", program_version="9.9", schema_version=9, registry_sha256="cd")
        said = "; ".join(record().differences(other))
        for words in (
            "as-of date: 2026-11-23 in the run, 2016-01-01 now",
            "9.9 now",
            "version of the tables",
            "register",
            "2 in the run, 1 now",
        ):
            assert words in said

    def test_pace_may_differ(self):
        assert record(settings={}).differences(record(hours=1)) == []


class TestTheRunOfTodayThatIsUnfinished:
    def test_is_taken_up(self, tmp_path):
        begun = runs.begin(tmp_path, record())
        assert runs.automatic(tmp_path, record(hours=3)) == begun

    def test_the_newest_of_several(self, tmp_path):
        runs.begin(tmp_path, record())
        newest = runs.begin(tmp_path, record(hours=1))
        assert runs.automatic(tmp_path, record(hours=3)) == newest

    def test_not_when_it_asked_for_something_else(self, tmp_path):
        runs.begin(tmp_path, record("GM0001", only=("GM0001",)))
        runs.begin(tmp_path, record(settings={"GEMCRAWL_MAX_PAGES": 5}))
        assert runs.automatic(tmp_path, record(hours=1)) is None

    def test_not_when_it_is_of_yesterday(self, tmp_path):
        runs.begin(tmp_path, record())
        assert runs.automatic(tmp_path, record(hours=24)) is None

    def test_also_when_the_clock_was_set_back_since(self, tmp_path):
        begun = runs.begin(tmp_path, record(hours=3))
        assert runs.automatic(tmp_path, record()) == begun
