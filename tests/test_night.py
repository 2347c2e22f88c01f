"""A night that does not go as planned: signals, kills, locks, deadlines, a network that is down.  Every test is a real process on a real web."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from gemcrawl.cli.exit_codes import ExitCode
from tests.cli.program import CHECKOUT, Process, ended, options, run, start
from tests.support.authority import TLS13
from tests.support.world import Reply, Route, Tls, World, redirect

MakeWorld = Callable[..., World]
APPOINTMENT = "<title>Afspraak</title><h1>Afspraak maken</h1><form method=post><input name=naam><input type=date name=datum><button>Volgende</button></form>"
CONTACT = "<title>Contact</title><h1>Contactformulier</h1><form method=post><input name=naam><textarea name=vraag></textarea></form>"
HANGING = Reply("<h1>later</h1>", delay=50)


def site(host: str, **pages: Route) -> dict[str, Route]:
    return {
        "/": f"<title>{host}</title><h1>Gemeente</h1><a href=/contact>Contactformulier</a> <a href=/afspraak>Afspraak maken</a>",
        "/contact": CONTACT,
        "/afspraak": APPOINTMENT,
    } | {f"/{name}".replace("/home", "/"): page for name, page in pages.items()}


def nation(make_world: MakeWorld, size: int = 5, *, closed: int = 0, **special: dict[str, Route]) -> World:
    """Sites www.g0.test and on, the last ``closed`` of which refuse connections; ``special``: the pages of g0 and so on."""
    names = [f"g{n}" for n in range(size)]
    hosts = {f"www.{name}.test": special.get(name) or site(name) for name in names}
    shut = [f"{scheme}://www.{name}.test" for name in names[size - closed :] for scheme in ("http", "https")] if closed else []
    return make_world(hosts, tls=dict.fromkeys(hosts, Tls(versions=(TLS13, TLS13))), closed=shut)


def code(number: int) -> str:
    return f"GM{9001 + number}"


def parts(output: Path) -> set[str]:
    return {path.parent.name for path in output.glob("runs/*/parts/*/survey.parquet")}


def rows(snapshot: Path) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in pq.read_table(snapshot / "municipalities.parquet", partitioning=None).to_pylist()}


def only_snapshot(output: Path) -> Path:
    (found,) = output.glob("snapshot=*")
    return found


def wait_for(condition: Callable[[], bool], process: Process, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def gate(snapshot: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((snapshot / "datapackage.json").read_bytes())["gemcrawl"]["gate"]
    return found


class TestASignal:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_lets_what_is_under_way_end_and_takes_nothing_new(self, make_world: MakeWorld, tmp_path: Path, number: signal.Signals) -> None:
        world = nation(make_world, g1=site("g1", home=Reply(str(site("g1")["/"]), delay=1.5)))
        output = tmp_path / "output"
        process = start("crawl", *options(world, world.registry(tmp_path), output), "--concurrency", "1", cwd=tmp_path)
        wait_for(lambda: "/" in world.paths("www.g1.test"), process)
        process.send_signal(number)
        found = ended(process)
        assert found.code == ExitCode.INTERRUPTED, found.err
        assert parts(output) == {code(0), code(1)}
        assert not world.paths("www.g2.test")
        assert not list(output.glob("snapshot=*"))
        assert f"{number.name}: municipalities under way have 30 s to end" in found.err
        assert "Traceback" not in found.err
        (run_dir,) = (output / "runs").iterdir()
        assert found.err.strip().splitlines()[-1].endswith(f"--concurrency 1 --resume {run_dir.name}")

    def test_gives_a_grace_and_no_more(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, g1=site("g1", home=HANGING))
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--concurrency", "1"]
        process = start("crawl", *arguments, cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
        wait_for(lambda: "/" in world.paths("www.g1.test"), process)
        process.terminate()
        found = ended(process, timeout=15)
        assert found.code == ExitCode.INTERRUPTED, found.err
        assert parts(output) == {code(0)}
        assert "Traceback" not in found.err

    def test_ends_at_once_when_it_comes_twice(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, g1=site("g1", home=HANGING))
        output = tmp_path / "output"
        process = start("crawl", *options(world, world.registry(tmp_path), output), "--concurrency", "1", cwd=tmp_path)
        wait_for(lambda: "/" in world.paths("www.g1.test"), process)
        process.terminate()
        assert process.stderr is not None
        assert any("once more ends at once" in line for line in process.stderr)
        process.terminate()
        found = ended(process, timeout=10)
        assert found.code == ExitCode.INTERRUPTED
        assert "what was committed is kept" in found.err
        assert parts(output) == {code(0)}

    def test_that_cuts_into_a_pipeline_leaves_that_municipality_and_no_traceback(self, make_world: MakeWorld, tmp_path: Path) -> None:
        """g1's http page hangs, which only the transport pipeline asks for."""
        world = nation(make_world, g1=site("g1") | {"http:/contact": HANGING, "http:/": redirect("https://www.g1.test/")})
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--concurrency", "1"]
        process = start("crawl", *arguments, cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
        wait_for(lambda: any(asked.scheme == "http" and asked.path == "/contact" and "g1" in asked.host for asked in world.log), process)
        process.terminate()
        found = ended(process, timeout=15)
        assert found.code == ExitCode.INTERRUPTED, found.err
        assert parts(output) == {code(0)}
        assert "Traceback" not in found.err


class TestARunThatWasKilled:
    @pytest.fixture
    def killed(self, make_world: MakeWorld, tmp_path: Path) -> tuple[World, list[str], Path]:
        """After kill -9 in the middle of g2; g0 and g1 are committed."""
        late = site("g2")
        asked: list[int] = []

        async def first_time_never(_: web.BaseRequest) -> web.StreamResponse:
            asked.append(1)
            return web.Response(text=str(site("g2")["/"]), content_type="text/html") if len(asked) > 1 else await _hang()

        late["/"] = first_time_never
        world = nation(make_world, g2=late)
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--concurrency", "1"]
        process = start("crawl", *arguments, cwd=tmp_path)
        wait_for(lambda: "/" in world.paths("www.g2.test"), process)
        process.kill()
        assert ended(process).code == -signal.SIGKILL
        assert parts(output) == {code(0), code(1)}
        world.log.clear()
        return world, arguments, output

    def test_is_taken_up_by_the_same_command_and_says_so(self, killed: tuple[World, list[str], Path], tmp_path: Path) -> None:
        world, arguments, output = killed
        (run_dir,) = (output / "runs").iterdir()
        found = run("crawl", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert f"taking up run {run_dir.name} of today" in found.err
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in (2, 3, 4)}
        snapshot = only_snapshot(output)
        assert snapshot.name == f"snapshot={run_dir.name}"
        assert {c: row["outcome"] for c, row in rows(snapshot).items()} == {code(n): "surveyed" for n in range(5)}

    def test_is_the_last_one_that_resume_without_a_name_means(self, killed: tuple[World, list[str], Path], tmp_path: Path) -> None:
        world, arguments, output = killed
        found = run("crawl", "--resume", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert "www.g0.test" not in {asked.host for asked in world.log}
        assert len(rows(only_snapshot(output))) == 5

    def test_is_left_alone_by_a_new_one(self, killed: tuple[World, list[str], Path], tmp_path: Path) -> None:
        world, arguments, output = killed
        (run_dir,) = (output / "runs").iterdir()
        found = run("crawl", "--new", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in range(5)}
        assert parts(output) == {code(0), code(1)}
        assert [path.name for path in (output / "runs").iterdir()] == [run_dir.name]

    def test_is_not_taken_up_by_one_that_asks_for_something_else(self, killed: tuple[World, list[str], Path], tmp_path: Path) -> None:
        world, arguments, output = killed
        (run_dir,) = (output / "runs").iterdir()
        refused = run("crawl", *arguments, "--resume", run_dir.name, "--max-pages", "7", cwd=tmp_path)
        assert refused.code == ExitCode.USAGE
        assert "GEMCRAWL_MAX_PAGES: 40 in the run, 7 now" in refused.err
        assert "--new" in refused.err
        other_date = run("crawl", *arguments, "--resume", run_dir.name, "--as-of", "2016-01-01", cwd=tmp_path)
        assert other_date.code == ExitCode.USAGE
        assert "as-of date" in other_date.err
        assert not world.log
        fresh = run("crawl", *arguments, "--max-pages", "7", cwd=tmp_path)
        assert fresh.code == ExitCode.PUBLISHED, fresh.err
        assert f"unfinished and different: {run_dir.name}" in fresh.err
        assert "www.g0.test" in {asked.host for asked in world.log}

    def test_is_what_a_dry_run_would_take_up(self, killed: tuple[World, list[str], Path], tmp_path: Path) -> None:
        world, arguments, output = killed
        before = sorted(output.rglob("*"))
        found = run("crawl", *arguments, "--dry-run", cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        (run_dir,) = (output / "runs").iterdir()
        assert f"take up {run_dir.name}" in found.out
        assert "3 to survey, 2 surveyed already" in found.out
        assert "https://www.g4.test/" in found.out
        assert "https://www.g0.test/" not in found.out
        assert not world.log
        assert sorted(output.rglob("*")) == before


async def _hang() -> web.StreamResponse:
    import asyncio

    await asyncio.sleep(50)
    return web.Response()


class TestADryRun:
    def test_prints_the_plan_and_makes_nothing(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 3)
        output = tmp_path / "output"
        found = run("crawl", *options(world, world.registry(tmp_path), output), "--dry-run", "--deadline", "90m", cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert [line.split()[1] for line in found.out.splitlines() if line.startswith("  GM")] == [
            f"https://www.g{n}.test/" for n in range(3)
        ]
        for words in ("3 to survey", "a new one", str(output), "lock:             free", "at most 40 pages, 900", "1h30m"):
            assert words in found.out
        assert not world.log
        assert not output.exists()

    def test_finds_what_is_wrong(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 1)
        arguments = options(world, world.registry(tmp_path), tmp_path / "output")
        found = run("crawl", *arguments, "--dry-run", "--deadline", "soon", cwd=tmp_path)
        assert found.code == ExitCode.USAGE
        assert "--deadline 'soon' is not a duration" in found.err


class TestTheLock:
    def test_keeps_a_second_run_out_and_goes_with_its_process(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 1, g0=site("g0", home=HANGING))
        output = tmp_path / "output"
        arguments = options(world, world.registry(tmp_path), output)
        process = start("crawl", *arguments, cwd=tmp_path)
        wait_for(lambda: bool(world.paths("www.g0.test")), process)
        world.log.clear()
        second = run("crawl", *arguments, "--new", cwd=tmp_path)
        assert second.code == ExitCode.LOCKED
        assert f"process {process.pid} on " in second.err
        assert second.err.count("\n") == 1
        assert len(list((output / "runs").iterdir())) == 1
        plan = run("crawl", *arguments, "--dry-run", cwd=tmp_path)
        assert f"held by process {process.pid}" in plan.out
        by_scrapy = run("crawl", "forms", "-s", f"GEMCRAWL_OUTPUT={output}", cwd=CHECKOUT, scrapy=True)
        assert by_scrapy.code == 1
        assert "another run works in" in by_scrapy.err
        process.kill()
        ended(process)
        world.hosts["www.g0.test"]["/"] = str(site("g0")["/"])  # type: ignore[index]
        third = run("crawl", *arguments, cwd=tmp_path)
        assert third.code == ExitCode.PUBLISHED, third.err


class TestTheDeadline:
    def test_publishes_what_there_is_and_tells_the_rest_as_partial(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 4, g1=site("g1", home=HANGING))
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--concurrency", "1", "--deadline", "3s"]
        found = run("crawl", *arguments, cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
        assert found.code == ExitCode.PUBLISHED, found.err
        assert "have no survey of their own" in found.err
        told = {c: (row["outcome"], row["reason"]) for c, row in rows(only_snapshot(output)).items()}
        assert told[code(0)] == ("surveyed", None)
        assert {told[code(n)] for n in (2, 3)} == {("partial", "deadline")}
        assert set(told) == {code(n) for n in range(4)}
        assert not world.paths("www.g3.test")
        descriptor = json.loads((only_snapshot(output) / "datapackage.json").read_bytes())["gemcrawl"]
        assert descriptor["missing"]["reason"] == "deadline"
        assert descriptor["settings"]["GEMCRAWL_DEADLINE"] == "3s"


class TestTheGate:
    def test_holds_back_a_night_in_which_too_many_are_unreachable(self, make_world: MakeWorld, tmp_path: Path) -> None:
        output = tmp_path / "output"
        good = nation(make_world, 25)
        assert run("crawl", *options(good, good.registry(tmp_path), output), cwd=tmp_path).code == ExitCode.PUBLISHED
        before = (output / "latest.json").read_bytes()
        bad = nation(make_world, 25, closed=5)
        found = run("crawl", *options(bad, bad.registry(tmp_path), output), cwd=tmp_path)
        assert found.code == ExitCode.HELD_BACK, found.err
        assert "unreachable: 20.0% of the municipalities, 0.0% in " in found.err
        assert (output / "latest.json").read_bytes() == before
        assert len(list(output.glob("snapshot=*"))) == 1
        (held,) = (output / "suspect").glob("snapshot=*")
        assert str(held) in found.err
        assert len(rows(held)) == 25
        assert gate(held)["state"] == "suspect"
        assert gate(held)["compared_with"] == only_snapshot(output).name.removeprefix("snapshot=")
        assert not list((output / "runs").iterdir())

    def test_holds_back_a_night_in_which_no_canary_answers(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 3, closed=1)
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path, "www.g0.test", "www.g1.test"), output)]
        found = run("crawl", *arguments, "--canary", "www.g2.test", cwd=tmp_path)
        assert found.code == ExitCode.HELD_BACK, found.err
        assert "no canary host answered (www.g2.test)" in found.err
        assert not (output / "latest.json").exists()
        again = run("crawl", *arguments, "--canary", "www.g2.test", "--canary", "www.g0.test", cwd=tmp_path)
        assert again.code == ExitCode.PUBLISHED, again.err
        assert gate(only_snapshot(output))["state"] == "passed"

    def test_lets_a_selection_through_and_leaves_latest_to_the_whole_night(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 3, closed=1)
        output = tmp_path / "output"
        arguments = options(world, world.registry(tmp_path), output)
        assert run("crawl", *arguments, cwd=tmp_path).code == ExitCode.PUBLISHED
        whole = only_snapshot(output)
        assert run("crawl", *arguments, "--only", code(2), cwd=tmp_path).code == ExitCode.PUBLISHED
        assert len(list(output.glob("snapshot=*"))) == 2
        assert json.loads((output / "latest.json").read_bytes())["snapshot"] == whole.name.removeprefix("snapshot=")


class TestTheSecondRound:
    def test_replaces_what_the_network_spoilt(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world: World

        async def down_at_first(request: web.BaseRequest) -> web.StreamResponse:
            if not world.paths("www.g2.test"):
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return web.Response(text=str(site("g0").get(request.path, "")), content_type="text/html")

        world = nation(make_world, 3, g0=dict.fromkeys(("/", "/contact", "/robots.txt"), down_at_first))
        output = tmp_path / "output"
        found = run("crawl", *options(world, world.registry(tmp_path), output), "--concurrency", "1", cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        row = rows(only_snapshot(output))[code(0)]
        assert (row["outcome"], row["contact"]) == ("surveyed", rows(only_snapshot(output))[code(1)]["contact"])
        asked = len(world.paths("www.g0.test"))
        assert row["requests"] > rows(only_snapshot(output))[code(1)]["requests"]
        assert asked > len(world.paths("www.g1.test"))
        assert len(world.paths("www.g1.test")) == len(world.paths("www.g2.test"))

    def test_asks_once_more_and_not_again_after_a_resume(self, make_world: MakeWorld, tmp_path: Path) -> None:
        """g0 refuses for good; g1 hangs in the second round, where the run is killed."""
        hung: list[str] = []

        async def down_then_hanging(request: web.BaseRequest) -> web.StreamResponse:
            if hung or world.paths("www.g2.test"):
                hung.append(request.path)
                if len(hung) == 1:
                    return await _hang()
                return web.Response(text=str(site("g1").get(request.path, "")), content_type="text/html")
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        async def always_down(request: web.BaseRequest) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        paths = ("/", "/contact", "/robots.txt")
        world = nation(make_world, 3, g0=dict.fromkeys(paths, always_down), g1=dict.fromkeys(paths, down_then_hanging))
        output = tmp_path / "output"
        arguments = [*options(world, world.registry(tmp_path), output), "--concurrency", "1"]
        process = start("crawl", *arguments, cwd=tmp_path)
        wait_for(lambda: bool(hung), process)
        process.kill()
        ended(process)
        assert parts(output) == {code(0), code(1), code(2)}
        world.log.clear()
        found = run("crawl", *arguments, cwd=tmp_path)
        assert found.code == ExitCode.PUBLISHED, found.err
        told = {c: row["outcome"] for c, row in rows(only_snapshot(output)).items()}
        assert told == {code(0): "unreachable", code(1): "surveyed", code(2): "surveyed"}
        assert not world.paths("www.g0.test")
        assert not world.paths("www.g2.test")
