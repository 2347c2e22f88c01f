from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.snapshot.output import prepare_output


def refusal(path: Path) -> str:
    with pytest.raises(OutputError) as caught:
        prepare_output(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "--output" in message
    return message


def test_a_directory_is_made_and_left_empty(tmp_path):
    path = prepare_output(tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b"
    assert list(path.iterdir()) == []


def test_a_directory_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "latest.json").write_text("{}")
    assert prepare_output(tmp_path) == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["latest.json"]


def test_a_relative_path_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert prepare_output(Path("output")) == tmp_path / "output"


def test_a_link_to_a_directory_will_do(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert prepare_output(tmp_path / "link") == tmp_path / "link"


@pytest.mark.parametrize("below", [".", "deeper", "deeper/still"])
def test_a_file_in_the_way_is_refused(tmp_path, below):
    (tmp_path / "file").touch()
    assert "a file that is not a directory" in refusal(tmp_path / "file" / below)


def test_a_link_to_nowhere_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    assert str(tmp_path / "link") in refusal(tmp_path / "link")


def test_a_place_where_nothing_can_be_made_is_refused():
    assert "cannot be created" in refusal(Path("/proc/gemcrawl"))


def test_a_place_where_nothing_can_be_written_is_refused():
    assert "cannot be written" in refusal(Path("/proc"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_permission_is_refused(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "cannot be written" in refusal(tmp_path)


def test_a_path_that_cannot_be_one_is_refused():
    assert r"a\x00b" in refusal(Path("a\0b"))
    assert "cannot be created" in refusal(Path("x" * 300))


def test_it_is_wrong_usage():
    assert issubclass(OutputError, UsageError)


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 8 MB, where mounting is allowed."""
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("cannot mount a tmpfs here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_file_system_with_too_little_room_is_refused(small_disk):
    message = refusal(small_disk)
    assert "has 8 MB left and a run needs 50 MB" in message
    assert not list(small_disk.iterdir())


def test_a_full_file_system_is_refused(small_disk):
    with (small_disk / "big").open("wb") as file, pytest.raises(OSError, match="No space"):
        file.write(bytes(16 * 1024 * 1024))
    assert "No space left on device" in refusal(small_disk)
