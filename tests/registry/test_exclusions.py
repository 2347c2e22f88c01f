"""The opt-out list."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemcrawl.exceptions import UsageError
from gemcrawl.registry.exclusions import LARGEST, Exclusions

LIST = """\ufeff# asked for by letter
GM9001   # Aa
gm9002

www.B.test
c.test.
b\u00fccher.test
"""


@pytest.fixture
def listed(tmp_path: Path) -> Exclusions:
    (tmp_path / "list.txt").write_text(LIST, encoding="utf-8")
    return Exclusions.read(str(tmp_path / "list.txt"))


def test_codes_and_hosts_are_told_apart(listed: Exclusions) -> None:
    assert listed.codes == {"GM9001", "GM9002"}
    assert listed.hosts == {"www.b.test", "c.test", "xn--bcher-kva.test"}


@pytest.mark.parametrize(
    "host", ["www.b.test", "WWW.B.TEST.", "x.www.b.test", "c.test", "a.b.c.test", "b\u00fccher.test", "www.xn--bcher-kva.test"]
)
def test_a_host_covers_what_is_below_it(host: str, listed: Exclusions) -> None:
    assert listed.covers(host)


@pytest.mark.parametrize("host", ["b.test", "x.b.test", "cc.test", "c.test.nl", "test", "", "127.0.0.1"])
def test_and_nothing_else(host: str, listed: Exclusions) -> None:
    assert not listed.covers(host)


def test_any_code_that_a_register_may_have_is_one(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("XY0001\n")
    assert Exclusions.read(str(tmp_path / "list.txt")).codes == {"XY0001"}


def test_without_a_list_nothing_is_excluded() -> None:
    assert not Exclusions.read(None).covers("www.b.test")


@pytest.mark.parametrize("line", ["https://www.b.test/", "b", "GM1", "a b.test", "www.b.test/pad", "\x1b[2J.test", "*.b.test"])
def test_what_is_neither_is_named_with_its_line(line: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"# one\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 2") as caught:
        Exclusions.read(str(tmp_path / "list.txt"))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a.test\n" * LARGEST])
def test_what_is_no_list_is_a_usage_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(UsageError, match="--exclude"):
        Exclusions.read(str(tmp_path / "list.txt"))
