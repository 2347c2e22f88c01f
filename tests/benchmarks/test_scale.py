"""The nation that the benchmarks of scale survey: its municipalities are surveyed as ordinary ones, however many there are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks.scale.growth import survey
from benchmarks.scale.nation import LARGEST, PLACES, PLATFORMS, Copies, Copy, write_registry
from gemcrawl.registry import load


def asked(copies: Copies, host: str, path: str = "/", scheme: str = "https") -> tuple[int, str]:
    """Status and body."""
    head, _, body = copies.answer("GET", scheme, host, path).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split()[1]), body.decode()


def test_a_register_of_many_is_one_that_gemcrawl_reads(tmp_path: Path) -> None:
    write_registry(tmp_path / "registry.csv", 10_002)
    registry = load(tmp_path / "registry.csv", as_of=date(2026, 11, 27))
    assert len({entry.code for entry in registry.entries}) == 10_002
    assert registry.entries[-1].code == Copy(10_001).code == "AB0001"
    assert registry.entries[-1].website == "www.g10001.test"


@pytest.mark.parametrize("number", [1, 2, 3, 38_999, LARGEST - 1])
def test_every_municipality_has_two_pages_and_speaks_of_itself_alone(number: int) -> None:
    copies, copy = Copies(), Copy(number)
    status, home = asked(copies, copy.website)
    form_status, form = asked(copies, copy.form_host, "/afspraak/aanvragen")
    assert (status, form_status) == (200, 200)
    assert f'"https://{copy.form_host}/afspraak/aanvragen"' in home
    assert f"G{number:05d}" in home
    assert "00000" not in home + form
    for host in (copy.website, copy.form_host):
        assert asked(copies, host, "/robots.txt")[0] == 200
        assert asked(copies, host, scheme="http")[0] == 301


def test_a_third_is_on_platforms() -> None:
    hosts = [Copy(number).form_host for number in range(3_000)]
    platforms = {host.partition(".")[2] for host in hosts if "platform" in host}
    assert len(platforms) == PLATFORMS
    assert sum("platform" in host for host in hosts) == 3_000 // len(PLACES)


def test_who_is_no_municipality_is_not_there() -> None:
    assert asked(Copies(), "www.elders.test")[0] == 404


def test_a_night_is_told_in_its_phases(tmp_path: Path) -> None:
    found = survey(tmp_path / "nation", 6)
    assert found["rows"] == {"municipalities": 6, "forms": 12, "pages": 12, "hosts": 10}
    assert found["complete"] == 6
    assert found["server"]["requests"] == found["requests"]
    assert found["crawl"]["seconds"] > 0
    assert found["publication"]["cpu"] > 0
    assert found["crawl"]["peak_mb"] >= max(memory for _, memory in found["growth"])
    assert found["growth"][-1][0] == 6
