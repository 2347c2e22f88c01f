"""Nights of a small fictional nation in an object store, by the program as users start it: killed, taken up, published, and read in the morning."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.demo.process import DemoServer
from gemcrawl.snapshot.read import snapshots
from tests.cli.program import Ended, ended, start
from tests.support.store import KEY, SECRET, Store, StoreServer
from tests.test_night import wait_for

pytestmark = pytest.mark.timeout(300)
SIZE = 8
SETTINGS: dict[str, Any] = {"GEMCRAWL_LEASE_SECONDS": 15, "GEMCRAWL_SECOND_ROUND": False}


def options(server: DemoServer, store: Store) -> list[str]:
    found = ["--registry", str(server.registry), "--known-hosts", str(server.known_hosts), "--ca-file", str(server.ca_file)]
    found += ["--allow-net", "127.0.0.0/8", "--delay", "0.05", "--no-render", "--output", store.address]
    return found + [word for rule in server.connect_to for word in ("--connect-to", rule)]


@dataclass
class Morning:
    """What several commands left, in the order in which they were given."""

    store: Store
    folder: Path
    settings: dict[str, Any] = field(default_factory=lambda: SETTINGS)
    ended: list[Ended] = field(default_factory=list)

    def run(self, *arguments: str | Path) -> Ended:
        process = start(*arguments, cwd=self.folder, env=self.store.environment, settings=self.settings)
        self.ended.append(ended(process, timeout=200))
        return self.ended[-1]

    def ask(self, sql: str) -> list[dict[str, Any]]:
        found = self.run("query", sql, "--output", self.store.address, "--format", "json")
        assert found.code == 0, found.err
        rows: list[dict[str, Any]] = json.loads(found.out)
        return rows

    def part_writes(self) -> Counter[str]:
        """How often the writing of each municipality was begun."""
        return Counter(_codes(self.store.written()))

    def parts(self) -> set[str]:
        """The municipalities that are there."""
        return set(_codes(self.store.names()))


def _codes(keys: Iterable[str]) -> Iterator[str]:
    return (match[1] for key in keys if (match := re.fullmatch(r"runs/[^/]+/parts/(GM\d+)/survey.parquet", key)))


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory, amazon: StoreServer) -> Morning:
    """The first night killed with SIGKILL half-way and taken up; the second one by two workers."""
    folder = tmp_path_factory.mktemp("morning")
    morning = Morning(amazon.bucket(), folder)
    with DemoServer(folder / "first", size=SIZE) as server:
        crawl = ["crawl", *options(server, morning.store), "--concurrency", "2", "--log-level", "DEBUG"]
        killed = start(*crawl, "--log-file", folder / "killed.log", cwd=folder, env=morning.store.environment, settings=SETTINGS)
        wait_for(lambda: len(morning.part_writes()) >= 2, killed, seconds=100)
        killed.kill()
        morning.ended.append(ended(killed))
        before = morning.part_writes()
        assert 2 <= len(before) < SIZE
        assert not snapshots(morning.store.place)
        refused = morning.run(*crawl, "--resume", "--log-file", folder / "refused.log")
        assert refused.code == ExitCode.LOCKED, refused.err
        assert f"process {killed.pid} on " in refused.err
        resumed, until = refused, time.monotonic() + 90
        while resumed.code == ExitCode.LOCKED and time.monotonic() < until:
            resumed = morning.run(*crawl, "--resume", "--log-file", folder / "resumed.log")
        assert resumed.code == ExitCode.PUBLISHED, resumed.err
        after = morning.part_writes()
        assert len(after) == SIZE
        assert {code: after[code] for code in before} == before  # what was committed is not surveyed again
    with DemoServer(folder / "second", size=SIZE, night=2) as server:
        second = morning.run("crawl", *options(server, morning.store), "--workers", "2", "--log-file", folder / "second.log")
        assert second.code == ExitCode.PUBLISHED, second.err
        assert f"snapshot: {morning.store.address}/snapshot=" in second.out
        again = ["--connect-to", "*:443:127.0.0.1:1"]
        rules = [word for rule in server.connect_to for word in ("--connect-to", rule)] or again
        recheck = ["recheck", "--output", morning.store.address, "--ca-file", str(server.ca_file), "--allow-net", "127.0.0.0/8"]
        found = morning.run(*recheck, "--delay", "0.05", "--no-render", *rules)
        assert found.code in (ExitCode.PUBLISHED, ExitCode.STILL), found.err
        assert f"kept in:   {morning.store.address}/rechecks/" in found.out
    return morning


def test_nobody_is_lost_and_nobody_is_twice(two_nights: Morning):
    rows = two_nights.ask("SELECT snapshot, count(*) AS n, count(DISTINCT code) AS codes FROM municipalities GROUP BY ALL ORDER BY ALL")
    assert [(row["n"], row["codes"]) for row in rows] == [(SIZE, SIZE)] * 2
    assert two_nights.ask("SELECT count(*) AS n FROM municipalities WHERE outcome = 'failed'") == [{"n": 0}]


def test_only_what_is_published_is_left(two_nights: Morning):
    kinds = {re.sub(r"=.*?/|/2.*", "/", key).partition("/")[0] for key in two_nights.store.names()}
    assert kinds == {"snapshot", "latest.json", "rechecks"}


def test_latest_json_is_written_last(two_nights: Morning):
    first = two_nights.store.written()
    published = [key for key in first if key == "latest.json" or key.endswith("datapackage.json")]
    assert [key.rpartition("/")[2] for key in published] == ["datapackage.json", "latest.json"] * 2


def test_diff(two_nights: Morning):
    found = two_nights.run("diff", "--output", two_nights.store.address, "--format", "json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert told["new"] == snapshots(two_nights.store.place)[-1].name.removeprefix("snapshot=")


def test_trend(two_nights: Morning):
    rows = two_nights.ask("SELECT snapshot, sum(municipalities)::INT AS n FROM trend.statuses GROUP BY ALL ORDER BY ALL")
    assert [row["n"] for row in rows] == [2 * SIZE] * 2


def test_summary_explain_and_doctor(two_nights: Morning):
    at = ["--output", two_nights.store.address]
    summary = two_nights.run("summary", "--json", *at)
    assert json.loads(summary.out)["municipalities"] == SIZE
    (form,) = two_nights.ask("SELECT form_id FROM latest.forms WHERE kind = 'contact' ORDER BY ALL LIMIT 1")
    explained = two_nights.run("explain", form["form_id"], *at)
    assert explained.code == 0, explained.err
    assert f"contact form {form['form_id']}" in explained.out
    doctor = two_nights.run("doctor", *at)
    assert two_nights.store.address in doctor.out.replace("\n", "")
    assert "last night" in doctor.out


def test_report(two_nights: Morning):
    found = two_nights.run("report", "--output", two_nights.store.address)
    assert found.code == 0, found.err
    assert "Gemeente" in (two_nights.folder / "report/index.html").read_text() or (two_nights.folder / "report/m").is_dir()
    assert two_nights.run("report", "--output", two_nights.store.address).out.count("(unchanged)") == 1


def test_export(two_nights: Morning):
    found = two_nights.run("export", "--to", "csv", "--table", "municipalities", "--output", two_nights.store.address)
    assert found.code == 0, found.err
    assert len((two_nights.folder / "export/municipalities.csv").read_text().splitlines()) == 1 + SIZE


def test_notices_and_files_beside(two_nights: Morning):
    at = ["--output", two_nights.store.address]
    told = two_nights.run("notify", "--to", two_nights.folder / "messages", "--given", "today", *at)
    assert told.code == 0, told.err
    assert ("notices.json" in two_nights.store.names()) == ("recorded of 0 " not in told.out)
    answer = two_nights.run("query", "FROM latest.forms", "--format", "parquet", "--to", two_nights.folder / "f.parquet", *at)
    assert answer.code == 0, answer.err
    assert pq.read_table(two_nights.folder / "f.parquet").num_rows
    (two_nights.store.place / "notices.json").unlink(missing_ok=True)


def test_pruning(two_nights: Morning):
    at = ["--output", two_nights.store.address]
    told = two_nights.run("prune", "--keep", "1", *at)
    assert "would remove" in told.out
    assert len(snapshots(two_nights.store.place)) == 2


def test_credentials_are_nowhere(two_nights: Morning):
    """Not in the logs at their most talkative, on the terminal, in a report, or in what is published."""
    logs = [(two_nights.folder / f"{name}.log").read_text() for name in ("killed", "resumed", "second")]
    assert all("DEBUG" in log for log in logs[:2])
    texts = logs + [word for each in two_nights.ended for word in (each.out, each.err)]
    texts += [(two_nights.store.place / key).read_bytes().decode("latin-1") for key in two_nights.store.names()]
    texts += [path.read_bytes().decode("latin-1") for path in (two_nights.folder / "report").rglob("*") if path.is_file()]
    for text in texts:
        assert SECRET not in text
        assert KEY not in text


def test_a_store_that_is_away_is_told_in_one_line(two_nights: Morning, tmp_path: Path):
    environment = {**two_nights.store.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    with start("query", "FROM forms", "--output", two_nights.store.address, cwd=tmp_path, env=environment) as process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == ExitCode.USAGE
    assert err.startswith(f"gemcrawl: {two_nights.store.address}")
    assert "cannot be read" in err
    assert len(err.splitlines()) == 1
    assert SECRET not in out + err


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_endpoint_is_that_of_the_environment(two_nights: Morning, tmp_path: Path, variable: str):
    environment = {**two_nights.store.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1" if variable.endswith("S3") else ""}
    environment[variable] = two_nights.store.environment["AWS_ENDPOINT_URL"]
    process = start(
        "query",
        "SELECT count(*) AS n FROM latest.municipalities",
        "--output",
        two_nights.store.address,
        "--format",
        "csv",
        cwd=tmp_path,
        env=environment,
    )
    found = ended(process)
    assert found.out.split() == ["n", str(SIZE)], found.err


def test_a_dry_run_writes_nothing(two_nights: Morning, tmp_path: Path):
    before = two_nights.store.names()
    found = two_nights.run("crawl", "--dry-run", "--only", "GM0363", "--output", two_nights.store.address)
    assert found.code == 0, found.err
    assert re.search(rf"output: +{re.escape(two_nights.store.address)}\n", found.out)
    assert re.search(r"lock: +free", found.out)
    assert two_nights.store.names() == before


def test_scrapy_alone_publishes_there_too(two_nights: Morning, amazon: StoreServer, tmp_path: Path):
    """The spider without the gemcrawl command."""
    store = amazon.bucket()
    with DemoServer(tmp_path / "nation", size=2) as server:
        settings = {**server.settings(store.address, delay=0.05), "GEMCRAWL_RENDER": False}
        words = [
            word for name, value in settings.items() for word in ("-s", f"{name}={','.join(value) if isinstance(value, list) else value}")
        ]
        process = start("crawl", "forms", *words, cwd=Path(__file__).resolve().parents[1], env=store.environment, scrapy=True)
        found = ended(process, timeout=100)
    assert found.code == 0, found.err
    assert len(snapshots(store.place)) == 1, found.err


@pytest.fixture(params=["gs", pytest.param("az", marks=pytest.mark.azure)])
def elsewhere(request: pytest.FixtureRequest, start_store: Callable[[str], StoreServer], tmp_path: Path) -> Morning:
    """An empty place in a store of another kind."""
    return Morning(start_store(request.param).bucket(), tmp_path, {**SETTINGS, "GEMCRAWL_LEASE_SECONDS": 10})


def test_other_stores_keep_the_same_promises(elsewhere: Morning):
    """A night that was killed and taken up, another one, and the mornings after."""
    at = ["--output", elsewhere.store.address]
    with DemoServer(elsewhere.folder / "nation", size=4) as server:
        crawl = ["crawl", *options(server, elsewhere.store), "--concurrency", "1", "--log-level", "DEBUG", "--log-file", "night.log"]
        killed = start(*crawl, cwd=elsewhere.folder, env=elsewhere.store.environment, settings=elsewhere.settings)
        wait_for(lambda: bool(elsewhere.parts()), killed, seconds=100)
        killed.kill()
        elsewhere.ended.append(ended(killed))
        assert elsewhere.run(*crawl, "--resume").code == ExitCode.LOCKED
        committed, before, until = elsewhere.parts(), elsewhere.part_writes(), time.monotonic() + 90
        while (resumed := elsewhere.run(*crawl, "--resume")).code == ExitCode.LOCKED and time.monotonic() < until:
            time.sleep(1)
        assert resumed.code == ExitCode.PUBLISHED, resumed.err
        after = elsewhere.part_writes()
        assert len(after) == 4
        assert {code: after[code] for code in committed} == {code: before[code] for code in committed}
        assert elsewhere.run(*crawl, "--new").code == ExitCode.PUBLISHED
    assert {name.partition("=")[0] for name in elsewhere.store.names()} == {"snapshot", "latest.json"}
    assert elsewhere.ask("SELECT count(*) AS n, count(DISTINCT snapshot) AS nights FROM municipalities") == [{"n": 8, "nights": 2}]
    assert elsewhere.run("diff", *at).code == 0
    assert elsewhere.run("prune", "--keep", "1", "--delete", *at).code == 0
    assert len(snapshots(elsewhere.store.place)) == 1
    secret = elsewhere.store.environment.get("AZURE_STORAGE_KEY", SECRET)
    for text in [(elsewhere.folder / "night.log").read_text(), *(word for each in elsewhere.ended for word in (each.out, each.err))]:
        assert secret not in text
