"""Pruning never removes what is to be kept, and removes whole snapshots or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl import places
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.snapshot import prune
from gemcrawl.snapshot.read import snapshot_id

_DAYS = st.sets(st.integers(0, 900), min_size=1, max_size=60)
_NAMES = _DAYS.map(lambda days: [snapshot_id(datetime(2026, 1, 1, 2, tzinfo=UTC) + timedelta(days=day)) for day in sorted(days)])


def _made(output: Path, *names: str, whole: bool = True) -> None:
    for name in names:
        directory = output / f"snapshot={name}"
        directory.mkdir(parents=True)
        (directory / "forms.parquet").write_bytes(b"x")
        (directory / "datapackage.json").write_text(json.dumps({"gemcrawl": {"whole": whole}}))


def _there(output: Path) -> list[str]:
    return sorted(path.name.removeprefix("snapshot=") for path in output.glob("snapshot=*"))


@given(_NAMES, st.integers(1, 40), st.integers(0, 40), st.data())
def test_never_removes_what_is_to_be_kept(names: list[str], keep: int, monthly: int, data: st.DataObject) -> None:
    whole = data.draw(st.sets(st.sampled_from(names)))
    always = data.draw(st.sets(st.sampled_from(names), max_size=2))
    kept = prune.choose(names, keep=keep, keep_monthly=monthly, whole=whole, always=always)
    assert set(names[-keep:]) <= kept
    assert always <= kept
    months = sorted({name[:7] for name in names})[-monthly:] if monthly else []
    assert all(any(name.startswith(month) for name in kept) for month in months)
    assert len(kept) <= keep + monthly + len(always)


@given(_NAMES, st.integers(1, 40), st.integers(0, 40))
def test_pruning_after_every_night_keeps_what_pruning_once_would(names: list[str], keep: int, monthly: int) -> None:
    there: set[str] = set()
    for name in names:
        there = prune.choose([*there, name], keep=keep, keep_monthly=monthly, whole=names)
    once = prune.choose(names, keep=keep, keep_monthly=monthly, whole=names)
    assert there == once


@given(_NAMES, st.integers(1, 40), st.integers(0, 40))
def test_pruning_again_removes_nothing(names: list[str], keep: int, monthly: int) -> None:
    kept = prune.choose(names, keep=keep, keep_monthly=monthly, whole=names)
    assert prune.choose(sorted(kept), keep=keep, keep_monthly=monthly, whole=names) == kept


def test_a_whole_night_stands_for_its_month_before_a_selection() -> None:
    names = ["2026-01-03T020000Z", "2026-01-04T020000Z", "2026-02-01T020000Z"]
    assert prune.choose(names, keep=1, keep_monthly=2, whole=names[1:]) == set(names[1:])


def test_the_latest_and_the_newest_whole_one_stay_however_old(tmp_path: Path) -> None:
    _made(tmp_path, "2026-01-01T020000Z", "2026-01-02T020000Z", "2026-01-03T020000Z")
    _made(tmp_path, "2026-01-04T020000Z", whole=False)
    (tmp_path / "latest.json").write_text('{"snapshot": "2026-01-01T020000Z"}')
    planned = prune.plan(tmp_path, keep=1)
    assert [path.name for path in planned.removed] == ["snapshot=2026-01-02T020000Z"]
    prune.prune(tmp_path, planned)
    assert _there(tmp_path) == ["2026-01-01T020000Z", "2026-01-03T020000Z", "2026-01-04T020000Z"]


def test_planning_changes_nothing(tmp_path: Path) -> None:
    _made(tmp_path, "2026-01-01T020000Z", "2026-01-02T020000Z")
    before = sorted(tmp_path.rglob("*"))
    assert len(prune.plan(tmp_path, keep=1).removed) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_what_was_half_removed_is_finished_by_the_next_pruning(tmp_path: Path) -> None:
    _made(tmp_path, "2026-01-02T020000Z")
    (tmp_path / "pruned" / "snapshot=2026-01-01T020000Z").mkdir(parents=True)
    (tmp_path / "pruned" / "snapshot=2026-01-01T020000Z" / "forms.parquet").write_bytes(b"x")
    prune.prune(tmp_path, prune.plan(tmp_path, keep=1))
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot=2026-01-02T020000Z"]


def test_a_snapshot_that_is_a_link_goes_without_what_it_points_to(tmp_path: Path) -> None:
    output = tmp_path / "output"
    _made(output, "2026-01-02T020000Z")
    _made(tmp_path / "elsewhere", "2026-01-01T020000Z")
    (output / "snapshot=2026-01-01T020000Z").symlink_to(tmp_path / "elsewhere" / "snapshot=2026-01-01T020000Z")
    prune.prune(output, prune.plan(output, keep=1))
    assert _there(output) == ["2026-01-02T020000Z"]
    assert _there(tmp_path / "elsewhere") == ["2026-01-01T020000Z"]


def test_a_reader_meets_a_snapshot_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _made(tmp_path, "2026-01-01T020000Z", "2026-01-02T020000Z")
    seen = []
    real = places.delete
    monkeypatch.setattr(places, "delete", lambda path: (seen.append(_there(tmp_path)), real(path)))
    prune.prune(tmp_path, prune.plan(tmp_path, keep=1))
    assert seen == [["2026-01-02T020000Z"]]


def test_no_snapshot_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no snapshot"):
        prune.plan(tmp_path, keep=1)
    with pytest.raises(UsageError, match="at least one"):
        prune.plan(tmp_path, keep=0)
