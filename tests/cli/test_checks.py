"""What doctor sees of the machine and of last night."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.cli import checks
from gemcrawl.transport.preload import LIST_DATE
from tests.support.nights import SECOND, first_night, two_nights

AFTER = datetime(2026, 11, 24, 12, tzinfo=UTC)


def resolver(known: dict[str, str]) -> Any:
    def look_up(host: str, *_: Any, **__: Any) -> Any:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], 443))]

    return look_up


def test_names_are_looked_up_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resolv.conf").write_text("# by hand\nnameserver 192.0.2.53\n")
    monkeypatch.setattr(socket, "getaddrinfo", resolver({}))
    found = checks.names((), resolv_conf=str(tmp_path / "resolv.conf"))
    assert (found.state, found.found) == ("ok", "asks 192.0.2.53; no name was tried")
    assert checks.names((), resolv_conf=str(tmp_path / "none")).state == "warning"


def test_a_name_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"up.test": "192.0.2.1"}))
    assert checks.names(["up.test"]).state == "ok"
    found = checks.names(["up.test", "down.test"])
    assert found.state == "error"
    assert "'down.test'" in found.found


def test_a_resolver_with_an_address_for_everything_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"up.test": "192.0.2.1", "does-not-exist.invalid": "192.0.2.2"}))
    assert checks.names(["up.test"]).state == "warning"


def test_the_clock_is_held_against_what_is_known_to_be_past(tmp_path: Path) -> None:
    packaged = datetime(LIST_DATE.year, LIST_DATE.month, LIST_DATE.day, tzinfo=UTC)
    assert checks.clock(tmp_path, now=packaged - timedelta(days=1)).state == "error"
    assert checks.clock(tmp_path, now=packaged + timedelta(days=1)).state == "ok"
    assert checks.clock(tmp_path, now=packaged + timedelta(days=5000)).state == "warning"
    first_night(tmp_path)
    (tmp_path / "snapshot=2026-11-23T020000Z").rename(tmp_path / f"snapshot={packaged + timedelta(days=9):%Y-%m-%dT%H%M%SZ}")
    assert "newest snapshot" in checks.clock(tmp_path, now=packaged + timedelta(days=1)).found


def test_the_disk_is_held_against_the_size_of_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_nights(tmp_path)
    assert checks.disk(tmp_path).state == "ok"
    night = sum(file.stat().st_size for file in (tmp_path / f"snapshot={SECOND}").iterdir())
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: checks.shutil._ntuple_diskusage(10 * night, night, 9 * night))
    found = checks.disk(tmp_path)
    assert found.state == "warning"
    assert "prune" in found.remedy


def test_evidence_is_part_of_the_size_of_a_night(tmp_path: Path) -> None:
    two_nights(tmp_path)
    (tmp_path / f"snapshot={SECOND}/evidence").mkdir()
    (tmp_path / f"snapshot={SECOND}/evidence/archive.warc.gz").write_bytes(bytes(20_000_000))
    nights = int(checks.disk(tmp_path).found.split()[-2])
    assert nights <= checks.shutil.disk_usage(tmp_path).free / 35_000_000


def test_whose_the_output_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = tmp_path.stat().st_uid
    monkeypatch.setattr(checks.os, "geteuid", lambda: user or 1)
    (tmp_path / "lock").touch()
    expected = "ok" if user else "error"
    assert checks.permissions(tmp_path).state == expected
    monkeypatch.setattr(checks.os, "geteuid", lambda: user + 1)
    assert checks.permissions(tmp_path).state == "error"
    monkeypatch.setattr(checks.os, "geteuid", lambda: 0)
    assert "root" in checks.permissions(tmp_path).found
    (tmp_path / "lock").chmod(0o666)
    assert "anybody" in checks.permissions(tmp_path).found


def test_how_last_night_went(tmp_path: Path) -> None:
    assert checks.last_night(tmp_path, now=AFTER).found == "none yet"
    two_nights(tmp_path)
    assert checks.last_night(tmp_path, now=AFTER).state == "ok"
    old = checks.last_night(tmp_path, now=AFTER + timedelta(days=2))
    assert (old.state, "36 hours" in old.found) == ("warning", True)
    (tmp_path / f"snapshot={SECOND}").rename(tmp_path / "aside")
    (tmp_path / "suspect").mkdir()
    (tmp_path / "aside").rename(tmp_path / "suspect" / f"snapshot={SECOND}")
    found = checks.last_night(tmp_path, now=AFTER)
    assert found.state == "warning"
    assert SECOND in found.found
    assert "quality gate" in found.remedy
