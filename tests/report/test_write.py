"""A report appears whole or not at all, and nothing of anybody else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.report import data, write
from gemcrawl.report.site import Site


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_twice_the_same_changes_nothing(output: Path, tmp_path: Path) -> None:
    to = tmp_path / "report"
    assert write.write(data.load(output), to, ("nl", "en"))
    before = state(to)
    assert not write.write(data.load(output), to, ("nl", "en"))
    assert state(to) == before


def test_an_earlier_report_is_replaced_as_a_whole(output: Path, tmp_path: Path) -> None:
    to = tmp_path / "report"
    write.write(data.load(output), to, ("nl", "en"))
    assert write.write(data.load(output), to, ("en",))
    assert not (to / "en").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"output", "report"}


def test_a_page_that_was_changed_is_put_right(output: Path, tmp_path: Path) -> None:
    to = tmp_path / "report"
    write.write(data.load(output), to, ("nl",))
    (to / "index.html").write_text("changed")
    assert write.write(data.load(output), to, ("nl",))
    assert (to / "index.html").read_text() != "changed"


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_no_report_is_left_alone(what: str, output: Path, tmp_path: Path) -> None:
    to = tmp_path / "mine"
    if what == "file":
        to.write_text("mine")
    else:
        to.mkdir()
        (to / "letter").write_text("mine")
    before = state(tmp_path)
    with pytest.raises(UsageError, match="is no report"):
        write.write(data.load(output), to, ("nl",))
    assert state(tmp_path) == before


@pytest.mark.parametrize("where", ["", "report"])
def test_a_published_snapshot_is_no_place_for_a_report(where: str, output: Path) -> None:
    (snapshot,) = output.glob("snapshot=*")
    before = state(output)
    for to in (snapshot / where, output / "snapshot=x" / where):
        with pytest.raises(UsageError, match="a published snapshot is not written to"):
            write.write(data.load(output), to, ("nl",))
    assert state(output) == before


def test_an_empty_folder_is_filled(output: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write.write(data.load(output), tmp_path / "empty", ("nl",))
    assert (tmp_path / "empty" / "index.html").is_file()


def test_a_link_to_a_folder_stays_one(output: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for languages in (("nl",), ("en",)):
        assert write.write(data.load(output), tmp_path / "link", languages)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "index.html").is_file()


def test_a_failure_leaves_the_earlier_report(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "report"
    write.write(data.load(output), to, ("nl",))
    before = state(to)

    def full(self: Site, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Site, "pages", full)
    with pytest.raises(OutputError, match="No space left"):
        write.write(data.load(output), to, ("en",))
    assert state(to) == before
    assert {path.name for path in tmp_path.iterdir()} == {"output", "report"}


def test_how_many_pages_there_are_is_known_before(output: Path, tmp_path: Path) -> None:
    loaded, done = data.load(output), [0]
    write.write(loaded, tmp_path / "report", ("nl", "en"), lambda: done.append(0))
    assert len(done) - 1 == write.count(loaded, ("nl", "en"))
