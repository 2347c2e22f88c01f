"""The worked example of 2016, through the real program: the ten are found, warned, looked at again, and fixed; three others are new."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.demo.cases import HTTPS_2016_APPOINTMENT, NIGHT_TWO, deck
from gemcrawl.demo.process import DemoServer
from tests.cli.program import Ended, run


def _codes(night: int, cases: tuple[str, ...]) -> list[str]:
    return [f"GM{9001 + position}" for position, case in enumerate(deck(390, night)) if case in cases]


TEN = _codes(1, HTTPS_2016_APPOINTMENT)
THREE = sorted(set(_codes(2, NIGHT_TWO)) - set(_codes(1, NIGHT_TWO)))
ONLY = [option for code in (*TEN, *THREE) for option in ("--only", code)]


@dataclass
class Morning:
    """What every step of the loop left."""

    output: Path
    messages: Path
    notified: Ended
    first: Ended
    """The recheck before anything was mended."""
    second: Ended
    """The recheck after the repair, from the same snapshot."""
    before: dict[str, Any]
    """The comparison before anything confirms what the second night saw."""
    third: Ended
    """The recheck of what the second night found."""
    after: dict[str, Any]
    """The comparison in the end."""


def _options(server: DemoServer, output: Path) -> list[str]:
    found = ["--output", str(output), "--ca-file", str(server.ca_file), "--allow-net", "127.0.0.0/8", "--delay", "0.005", "--no-render"]
    for rule in server.connect_to:
        found += ["--connect-to", rule]
    return found


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    folder = tmp_path_factory.mktemp("morning")
    output, messages = folder / "output", folder / "messages"

    def crawl(server: DemoServer) -> None:
        registry = ["--registry", str(server.registry), "--known-hosts", str(server.known_hosts)]
        done = run("crawl", *ONLY, *registry, *_options(server, output), cwd=folder)
        assert done.code == 0, done.err

    def diff() -> dict[str, Any]:
        done = run("diff", "previous", "latest", "--output", output, "--format", "json", cwd=folder)
        assert done.code == 0, done.err
        told: dict[str, Any] = json.loads(done.out)
        return told

    with DemoServer(folder / "night1", night=1) as server:
        crawl(server)
        notified = run("notify", "--output", output, "--to", messages, "--given", "today", cwd=folder)
        first = run("recheck", "--json", *_options(server, output), cwd=folder)
    with DemoServer(folder / "night2", night=2) as server:
        second = run("recheck", "--json", *_options(server, output), cwd=folder)
        crawl(server)
        for path in (output / "rechecks").iterdir():
            path.rename(folder / path.name)
        before = diff()
        for path in folder.glob("*.parquet"):
            path.rename(output / "rechecks" / path.name)
        third = run("recheck", "--json", *_options(server, output), cwd=folder)
    return Morning(output, messages, notified, first, second, before, third, diff())


def _results(done: Ended, kind: str = "appointment") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in json.loads(done.out):
        if row["kind"] == kind:
            found.setdefault(row["result"], set()).add(row["municipality"])
    return found


def _changed(told: dict[str, Any], change: str, *kinds: str, confirmed: bool) -> set[str]:
    """Municipalities whose answer for one of these kinds of form changed so."""
    return {
        row["municipality"]
        for row in told["changes"]
        if (row["level"], row["change"], row["confirmed"]) == ("municipality", change, confirmed) and row["kind"] in kinds
    }


pytestmark = pytest.mark.timeout(400)


def test_ten_and_three_are_in_the_example() -> None:
    assert (len(TEN), len(THREE)) == (10, 3)


def test_each_of_the_ten_gets_a_message_and_nobody_else(morning: Morning) -> None:
    assert morning.notified.code == 0, morning.notified.err
    assert {path.stem for path in morning.messages.glob("*.eml")} == set(TEN)
    given = json.loads((morning.output / "notices.json").read_text())["notices"]
    assert {notice["municipality"] for notice in given} == set(TEN)


def test_a_recheck_before_the_repair_finds_everything_as_it_was(morning: Morning) -> None:
    assert morning.first.code == 6, morning.first.err
    assert _results(morning.first) == {"still": set(TEN)}
    for row in json.loads(morning.first.out):
        assert (row["verdict"], row["gone"], row["new_page_url"]) == (row["verdict_before"], [], row["page_url"]), row


def test_a_recheck_after_the_repair_finds_the_ten_fixed_with_evidence(morning: Morning) -> None:
    assert morning.second.code == 0, (morning.second.err, morning.second.out)
    assert _results(morning.second) == {"fixed": set(TEN)}
    for row in json.loads(morning.second.out):
        assert row["evidence"].startswith("no finding that counts")
        assert row["gone"]


def test_a_recheck_takes_a_handful_of_requests(morning: Morning) -> None:
    rows = json.loads(morning.first.out)
    by_town = {row["municipality"]: row["requests"] for row in rows}
    assert max(by_town.values()) <= 20
    assert sum(by_town.values()) / len(by_town) <= 12


def test_what_one_night_saw_is_not_news_yet(morning: Morning) -> None:
    assert _changed(morning.before, "fixed", "appointment", confirmed=False) == set(TEN)
    assert _changed(morning.before, "new", "appointment", "contact", confirmed=False) == set(THREE)
    assert not [row for row in morning.before["changes"] if row["confirmed"]]


def test_in_the_end_ten_are_fixed_and_three_are_new(morning: Morning) -> None:
    assert morning.third.code == 6
    assert _changed(morning.after, "fixed", "appointment", confirmed=True) == set(TEN)
    assert _changed(morning.after, "new", "appointment", "contact", confirmed=True) == set(THREE)
    assert morning.after["counts"]["municipalities"]["appointment"]["fixed"] == {"confirmed": 10, "seen_once": 0}
    assert {row["new"] for row in morning.after["changes"] if row["change"] == "new" and row["level"] == "form"} <= {
        "insecure",
        "downgrade",
    }


def test_rechecks_are_kept_beside_the_snapshots(morning: Morning, make_reader: Callable[[str], list[dict[str, Any]]]) -> None:
    rows = make_reader("SELECT recheck, count(DISTINCT municipality) AS n FROM rechecks GROUP BY ALL ORDER BY 1")
    assert [row["n"] for row in rows] == [10, 10, 3]


@pytest.fixture
def make_reader(morning: Morning) -> Callable[[str], list[dict[str, Any]]]:
    def read(sql: str) -> list[dict[str, Any]]:
        from gemcrawl.snapshot.read import query

        rows: list[dict[str, Any]] = query(morning.output, sql).to_pylist()
        return rows

    return read
