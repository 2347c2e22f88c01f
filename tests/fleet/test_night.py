"""A night in several processes, as somebody sees it who kills, stops and resumes it, and as the servers see it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.sites import site_of
from tests.cli.program import Ended, Process, options, start
from tests.cli.program import ended as ended_within
from tests.support.authority import Authority
from tests.support.world import Asked, Reply, Route, World
from tests.test_night import APPOINTMENT, HANGING, MakeWorld, code, gate, nation, only_snapshot, parts, rows, site, wait_for
from tests.test_polite import DELAY, SOONEST, InFlight, robots, slowly

pytestmark = pytest.mark.timeout(300)
TABLES = ("municipalities", "forms", "pages", "hosts")
NOT_THE_SAME = {"started_at", "finished_at", "fetched_at", "checked_at", "seconds", "requests", "bytes", "handshakes"}
"""Times, and what it cost: whoever comes first to what several share pays for it."""


def ended(process: Process) -> Ended:
    """Waits for a process, which on a busy machine takes its time: it has to start others."""
    return ended_within(process, timeout=100)


def run(*arguments: str | Path, cwd: Path, **how: Any) -> Ended:
    return ended(start(*arguments, cwd=cwd, **how))


def workers_of(pid: int) -> list[int]:
    """The worker processes of a parent, in the order in which they were started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, after = stat.read_text().rpartition(")")
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
            if int(after.split()[1]) == pid and b"gemcrawl.fleet.worker" in words:
                found.append(int(stat.parent.name))
    return sorted(found)


def asker(port: int, pids: list[int]) -> int:
    """Which of these processes has the connection from this port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {line[9] for line in lines if int(line[1].partition(":")[2], 16) == port}
    (found,) = [pid for pid in pids for fd in Path(f"/proc/{pid}/fd").iterdir() if str(fd.readlink()) in {f"socket:[{i}]" for i in inodes}]
    return found


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int]) -> bool:
    until = time.monotonic() + 20
    while any(map(is_there, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(is_there, pids))


def content(snapshot: Path, table: str) -> list[str]:
    found = pq.read_table(snapshot / f"{table}.parquet", partitioning=None).to_pylist()
    return sorted(repr({name: value for name, value in row.items() if name not in NOT_THE_SAME}) for row in found)


PLATFORM = {
    f"www.g{n}.test": {
        "/": f"<title>g{n}</title><h1>Gemeente</h1><a href=https://g{n}.platform.test/afspraak>Afspraak maken</a> "
        f"<a href=https://g{n}.traag.test/contact>Contactformulier</a>"
    }
    for n in range(6)
}
SUPPLIED: dict[str, dict[str, Route]] = {
    **PLATFORM,
    **{f"g{n}.platform.test": {"/afspraak": APPOINTMENT} for n in range(6)},
    **{
        f"g{n}.traag.test": {"/robots.txt": robots("Crawl-delay: 1"), "/contact": "<title>Contact</title><h1>Contactformulier</h1>"}
        for n in range(6)
    },
}


@pytest.fixture(scope="module")
def seen(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, InFlight]]:
    folder, flight = tmp_path_factory.mktemp("fleet"), InFlight()
    hosts = {host: {path: slowly(route, site_of(host), flight) for path, route in pages.items()} for host, pages in SUPPLIED.items()}
    with World(hosts, authority) as world:
        arguments = options(world, world.registry(folder, *PLATFORM), folder / "output", delay=DELAY)
        found = run("crawl", *arguments, "--no-render", "--workers", "3", "--concurrency", "2", cwd=folder)
        assert found.code == ExitCode.PUBLISHED, found.err
        yield world, flight


class TestPoliteness:
    """Six municipalities on two shared platforms, surveyed by three processes."""

    def asked(self, world: World, name: str) -> list[Asked]:
        return [asked for asked in world.log if site_of(asked.host) == name]

    @pytest.mark.parametrize("name", ["platform.test", "traag.test", *(f"g{n}.test" for n in range(6))])
    def test_a_site_is_asked_one_thing_at_a_time_and_never_without_a_pause(self, name: str, seen: tuple[World, InFlight]) -> None:
        world, flight = seen
        times = [asked.time for asked in self.asked(world, name)]
        assert len(times) >= 2
        assert flight.most[name] <= 1
        assert min(later - sooner for sooner, later in itertools.pairwise(times)) >= SOONEST

    def test_a_platform_is_asked_by_several_processes(self, seen: tuple[World, InFlight]) -> None:
        world, _ = seen
        hosts = [asked.host for asked in self.asked(world, "platform.test") if asked.path == "/afspraak"]
        assert set(hosts) == {f"g{n}.platform.test" for n in range(6)}

    def test_a_crawl_delay_that_one_process_met_is_kept_by_all(self, seen: tuple[World, InFlight]) -> None:
        world, _ = seen
        times = [asked.time for asked in self.asked(world, "traag.test")]
        later = times[times.index(next(asked.time for asked in self.asked(world, "traag.test") if asked.path == "/contact")) :]
        assert len(later) >= 3
        assert min(after - before for before, after in itertools.pairwise(later)) >= 0.5


class TestASharedServerThatAsksForRest:
    def test_gets_it_from_every_process(self, make_world: MakeWorld, tmp_path: Path) -> None:
        """The first request of an appointment page is refused with two seconds of rest."""
        refused: list[float] = []

        async def busy(request: web.BaseRequest) -> web.StreamResponse:
            if not refused:
                refused.append(time.monotonic())
                return web.Response(status=429, headers={"Retry-After": "2"})
            return web.Response(text=APPOINTMENT, content_type="text/html")

        hosts = dict(SUPPLIED) | {f"g{n}.platform.test": {"/afspraak": busy} for n in range(6)}
        world = make_world(hosts)
        arguments = options(world, world.registry(tmp_path, *PLATFORM), tmp_path / "output", delay=0.05)
        found = run("crawl", *arguments, "--no-render", "--workers", "2", "--concurrency", "3", cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        after = [asked.time for asked in world.log if site_of(asked.host) == "platform.test" and asked.time > refused[0]]
        assert len(after) >= 6
        assert min(after) - refused[0] >= 1.9


class TestTheTables:
    def test_are_those_of_one_process(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 6, closed=1, g1=site("g1", afspraak=Reply("weg", 404)), g2=site("g2", contact="<h1>Contact</h1>"))
        registry = world.registry(tmp_path)
        for output, workers in (("one", "1"), ("two", "2")):
            found = run("crawl", *options(world, registry, tmp_path / output), "--workers", workers, cwd=tmp_path)
            assert found.code == ExitCode.PUBLISHED, found.err
        one, two = only_snapshot(tmp_path / "one"), only_snapshot(tmp_path / "two")
        for table in TABLES:
            assert content(one, table)
            assert content(one, table) == content(two, table), table
        told = [json.loads((snapshot / "datapackage.json").read_bytes())["gemcrawl"] for snapshot in (one, two)]
        assert told[0]["settings"] == told[1]["settings"]
        assert not list((tmp_path / "two" / "runs").iterdir())


@pytest.fixture
def halfway(make_world: MakeWorld, tmp_path: Path) -> Iterator[Any]:
    """Two workers of two places: g0 and g1 are committed, g2 and g3 hang in their first try, g4 and on wait or hang too."""
    hung: set[str] = set()

    def late(name: str) -> Callable[[web.BaseRequest], Any]:
        async def answer(_: web.BaseRequest) -> web.StreamResponse:
            import asyncio

            if name not in hung:
                hung.add(name)
                await asyncio.sleep(50)
            return web.Response(text=str(site(name)["/"]), content_type="text/html")

        return answer

    world = nation(make_world, 6, **{f"g{n}": site(f"g{n}", home=late(f"g{n}")) for n in (2, 3, 4, 5)})
    output = tmp_path / "output"
    arguments = [*options(world, world.registry(tmp_path), output), "--workers", "2", "--concurrency", "2"]
    process = start("crawl", *arguments, cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
    try:
        wait_for(lambda: len(hung) == 4 and parts(output) == {code(0), code(1)}, process, seconds=100)
        yield world, arguments, output, process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


class TestAWorkerThatIsKilled:
    def test_loses_nobody_and_nobody_is_published_twice(self, halfway: Any) -> None:
        world, _, output, process = halfway
        workers = workers_of(process.pid)
        assert len(workers) == 2
        world.log.clear()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        found = ended(process)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert found.err.count("2 municipalities are handed out again") == 2
        table = pq.read_table(only_snapshot(output) / "municipalities.parquet", partitioning=None).to_pylist()
        assert [(row["code"], row["outcome"]) for row in table] == [(code(n), "surveyed") for n in range(6)]
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in (2, 3, 4, 5)}

    def test_by_one_municipality_again_and_again_costs_that_one_alone(self, make_world: MakeWorld, tmp_path: Path) -> None:
        killed: list[int] = []
        process: Any = None

        async def deadly(request: web.BaseRequest) -> web.StreamResponse:
            import asyncio

            assert request.transport is not None
            killed.append(asker(request.transport.get_extra_info("peername")[1], workers_of(process.pid)))
            os.kill(killed[-1], signal.SIGKILL)
            await asyncio.sleep(50)
            return web.Response()

        world = nation(make_world, 4, g1=site("g1", home=deadly))
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--workers", "2", "--concurrency", "1"]
        process = start("crawl", *arguments, cwd=tmp_path)
        found = ended(process)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert len(killed) == 3
        told = {name: row["outcome"] for name, row in rows(only_snapshot(output)).items()}
        assert told == {code(0): "surveyed", code(1): "failed", code(2): "surveyed", code(3): "surveyed"}
        assert f"{code(1)} Gemeente 9002 is handed out no more" in found.err


class TestAParent:
    def test_that_is_killed_takes_its_workers_along_and_the_run_is_taken_up(self, halfway: Any, tmp_path: Path) -> None:
        world, arguments, output, process = halfway
        workers = workers_of(process.pid)
        process.kill()
        ended(process)
        assert gone(workers)
        world.log.clear()
        (run_dir,) = (output / "runs").iterdir()
        found = run("crawl", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert f"taking up run {run_dir.name} of today" in found.err
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in (2, 3, 4, 5)}
        assert {row["outcome"] for row in rows(only_snapshot(output)).values()} == {"surveyed"}

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_that_is_asked_to_end_does_so_with_its_workers(self, halfway: Any, number: signal.Signals, tmp_path: Path) -> None:
        _, arguments, output, process = halfway
        workers = workers_of(process.pid)
        for pid in (*workers, process.pid):  # as a service manager does
            os.kill(pid, number)
        found = ended(process)
        assert found.code == ExitCode.INTERRUPTED, found.err
        assert gone(workers)
        assert parts(output) == {code(0), code(1)}
        assert not list(output.glob("snapshot=*"))
        assert "Traceback" not in found.err
        (run_dir,) = (output / "runs").iterdir()
        assert found.err.strip().splitlines()[-1].endswith(f"--workers 2 --concurrency 2 --resume {run_dir.name}")
        once = [word for word in arguments if word not in ("--workers", "2", "--concurrency")]
        resumed = run("crawl", *once, cwd=tmp_path)
        assert resumed.code == ExitCode.PUBLISHED, resumed.err
        assert {row["outcome"] for row in rows(only_snapshot(output)).values()} == {"surveyed"}

    def test_that_is_asked_twice_ends_at_once(self, halfway: Any) -> None:
        _, _, output, process = halfway
        workers = workers_of(process.pid)
        process.terminate()
        assert any("municipalities under way have 0.5 s to end" in line for line in process.stderr)
        process.terminate()
        assert ended(process).code == ExitCode.INTERRUPTED
        assert gone(workers)
        assert parts(output) == {code(0), code(1)}

    def test_holds_the_lock(self, halfway: Any, tmp_path: Path) -> None:
        _, arguments, _, process = halfway
        second = run("crawl", *arguments, "--new", cwd=tmp_path)
        assert second.code == ExitCode.LOCKED
        assert f"process {process.pid} on " in second.err


class TestTheEndOfANight:
    def test_the_deadline_publishes_what_there_is(self, halfway: Any, tmp_path: Path) -> None:
        world, arguments, output, process = halfway
        process.kill()
        ended(process)
        for number in (2, 3, 4, 5):
            world.hosts[f"www.g{number}.test"]["/"] = HANGING
        found = run("crawl", *arguments, "--resume", "--deadline", "3s", cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
        assert found.code == ExitCode.PUBLISHED, found.err
        told = {name: (row["outcome"], row["reason"]) for name, row in rows(only_snapshot(output)).items()}
        assert set(told) == {code(n) for n in range(6)}
        assert [told[code(n)] for n in (0, 1)] == [("surveyed", None)] * 2
        assert ("partial", "deadline") in [told[code(n)] for n in (2, 3, 4, 5)]
        assert "surveyed" not in {told[code(n)][0] for n in (2, 3, 4, 5)}

    def test_no_canary_answers_and_the_gate_holds_it_back(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 3, closed=1)
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path, "www.g0.test", "www.g1.test"), output), "--workers", "2"]
        found = run("crawl", *arguments, "--canary", "www.g2.test", cwd=tmp_path)
        assert found.code == ExitCode.HELD_BACK, found.err
        assert "no canary host answered (www.g2.test)" in found.err
        again = run("crawl", *arguments, "--canary", "www.g2.test", "--canary", "www.g0.test", cwd=tmp_path)
        assert again.code == ExitCode.PUBLISHED, again.err
        assert gate(only_snapshot(output))["state"] == "passed"

    def test_a_second_round_replaces_what_the_network_spoilt(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world: World

        async def down_at_first(request: web.BaseRequest) -> web.StreamResponse:
            if not all(world.paths(f"www.g{n}.test") for n in (1, 2)):
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return web.Response(text=str(site("g0").get(request.path, "")), content_type="text/html")

        world = nation(make_world, 3, g0=dict.fromkeys(("/", "/contact", "/afspraak", "/robots.txt"), down_at_first))
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--workers", "2", "--concurrency", "1"]
        found = run("crawl", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        told = rows(only_snapshot(output))
        assert {row["outcome"] for row in told.values()} == {"surveyed"}
        assert told[code(0)]["contact"] == told[code(1)]["contact"]

    def test_what_is_wrong_is_told_before_anything_is_written(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 1)
        arguments = options(world, world.registry(tmp_path), tmp_path / "output")
        found = run("crawl", *arguments, "--workers", "2", "--deadline", "soon", cwd=tmp_path)
        assert found.code == ExitCode.USAGE
        assert not (tmp_path / "output").exists()

    def test_a_disk_that_is_full_ends_it_and_keeps_the_run(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 3)
        arguments = [*options(world, world.registry(tmp_path), tmp_path / "output"), "--workers", "2"]
        found = run("crawl", *arguments, cwd=tmp_path, limit=1000)
        assert found.code == ExitCode.ERROR, found.err
        assert "cannot write to" in found.err
        (run_dir,) = (tmp_path / "output" / "runs").iterdir()
        resumed = run("crawl", *arguments, "--resume", run_dir.name, cwd=tmp_path)
        assert resumed.code == ExitCode.PUBLISHED, resumed.err
