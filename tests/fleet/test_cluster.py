"""A night on a Dask cluster, as somebody sees it who kills its workers, its scheduler or the client, and as the servers see it."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.sites import site_of
from gemcrawl.snapshot.read import query, snapshots
from tests.cli.program import environment, options
from tests.fleet.test_night import PLATFORM, SUPPLIED, TABLES, content, ended, gone, run, start, workers_of
from tests.support.authority import Authority
from tests.support.cluster import DaskCluster
from tests.support.store import StoreServer
from tests.support.world import World
from tests.test_night import MakeWorld, code, nation, only_snapshot, parts, rows, site, wait_for
from tests.test_polite import DELAY, SOONEST, InFlight, slowly

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two Dask workers with a thread each; every test leaves it with two."""
    with DaskCluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


class Hanging:
    """A nation of six of which g0 and g1 are surveyed, and the others hang until they are asked a second time."""

    def __init__(self, make_world: MakeWorld, **how: Any) -> None:
        self.hung: set[str] = set()
        self.world: World = nation(
            partial(make_world, **how), 6, **{f"g{n}": site(f"g{n}", home=self._late(f"g{n}")) for n in (2, 3, 4, 5)}
        )

    def _late(self, name: str) -> Callable[[web.BaseRequest], Any]:
        async def answer(_: web.BaseRequest) -> web.StreamResponse:
            if name not in self.hung:
                self.hung.add(name)
                await asyncio.sleep(80)
            return web.Response(text=str(site(name)["/"]), content_type="text/html")

        return answer


@pytest.fixture
def halfway(make_world: MakeWorld, cluster: DaskCluster, tmp_path: Path) -> Iterator[Any]:
    """Two workers of two places each on the cluster: two municipalities are committed, four hang."""
    hanging, output = Hanging(make_world), tmp_path / "output"
    arguments = [*options(hanging.world, hanging.world.registry(tmp_path), output), "--dask", cluster.address, "--concurrency", "2"]
    process = start("crawl", *arguments, "--no-render", cwd=tmp_path, settings={"GEMCRAWL_GRACE_SECONDS": 0.5})
    try:
        wait_for(lambda: len(hanging.hung) == 4 and parts(output) == {code(0), code(1)}, process, seconds=100)
        yield hanging.world, arguments, output, process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def processes_of(cluster: DaskCluster) -> list[list[int]]:
    """The gemcrawl processes of each Dask worker."""
    return [workers_of(worker.pid) for worker in cluster.alive]


class TestANight:
    def test_has_the_tables_of_one_process(self, make_world: MakeWorld, cluster: DaskCluster, tmp_path: Path) -> None:
        world = nation(make_world, 6, closed=1, g2=site("g2", contact="<h1>Contact</h1>"))
        registry = world.registry(tmp_path)
        for output, how in (("one", []), ("two", ["--dask", cluster.address])):
            found = run("crawl", *options(world, registry, tmp_path / output), "--no-render", *how, cwd=tmp_path)
            assert found.code == ExitCode.PUBLISHED, found.err
        for table in TABLES:
            assert content(only_snapshot(tmp_path / "one"), table)
            assert content(only_snapshot(tmp_path / "one"), table) == content(only_snapshot(tmp_path / "two"), table), table
        assert processes_of(cluster) == [[], []]  # a cluster is left as it was found


class TestPoliteness:
    def test_does_not_multiply_with_machines(self, authority: Authority, cluster: DaskCluster, tmp_path: Path) -> None:
        flight = InFlight()
        hosts = {host: {path: slowly(route, site_of(host), flight) for path, route in pages.items()} for host, pages in SUPPLIED.items()}
        with World(hosts, authority) as world:
            arguments = options(world, world.registry(tmp_path, *PLATFORM), tmp_path / "output", delay=DELAY)
            found = run("crawl", *arguments, "--no-render", "--dask", cluster.address, "--concurrency", "2", cwd=tmp_path)
            assert found.code == ExitCode.PUBLISHED, found.err
        for name in ("platform.test", "traag.test"):
            asked = [asked for asked in world.log if site_of(asked.host) == name]
            assert len({asked.host for asked in asked}) == 6
            assert min(later.time - sooner.time for sooner, later in itertools.pairwise(asked)) >= SOONEST
            assert flight.most[name] <= 1


class TestADaskWorkerThatIsKilled:
    def test_loses_nobody_and_nobody_is_published_twice(self, halfway: Any, cluster: DaskCluster) -> None:
        world, _, output, process = halfway
        first, second = processes_of(cluster)
        assert (len(first), len(second)) == (1, 1)
        world.log.clear()
        cluster.alive[0].kill()
        assert gone(first)  # its gemcrawl process ends with it
        cluster.add_worker()
        os.kill(second[0], signal.SIGKILL)  # and here the process alone, which is handed out to the same Dask worker
        found = ended(process)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert found.err.count("2 municipalities are handed out again") == 2
        assert "was lost with what it ran on; 2 municipalities" in found.err
        assert "ended with -9; 2 municipalities" in found.err
        table = pq.read_table(only_snapshot(output) / "municipalities.parquet", partitioning=None).to_pylist()
        assert [(row["code"], row["outcome"]) for row in table] == [(code(n), "surveyed") for n in range(6)]
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in (2, 3, 4, 5)}  # what was committed is not asked again

    def test_is_waited_for_when_it_was_the_only_one(self, make_world: MakeWorld, tmp_path: Path, amazon: StoreServer) -> None:
        """And the output may be an object store, for which every machine has its own credentials."""
        store = amazon.bucket()
        hanging = Hanging(make_world)
        with DaskCluster(tmp_path / "cluster", workers=1, env=store.environment) as cluster:
            arguments = options(hanging.world, hanging.world.registry(tmp_path), Path("unused"))
            arguments[arguments.index("--output") + 1] = store.address
            process = start("crawl", *arguments, "--no-render", "--dask", cluster.address, cwd=tmp_path, env=store.environment)
            done = [f"parts/{code(n)}/survey.parquet" for n in (0, 1)]
            wait_for(
                lambda: len(hanging.hung) == 4 and all(any(key.endswith(part) for key in store.names()) for part in done), process, 100
            )
            cluster.workers[0].kill()
            time.sleep(1)
            assert process.poll() is None
            cluster.add_worker()
            found = ended(process)
        assert found.code == ExitCode.PUBLISHED, found.err
        assert len(snapshots(store.place)) == 1
        told = query(store.place, "SELECT code, outcome FROM municipalities ORDER BY code").to_pylist()
        assert [(row["code"], row["outcome"]) for row in told] == [(code(n), "surveyed") for n in range(6)]


class TestAClientThatIsKilled:
    def test_takes_its_processes_along_and_is_taken_up(self, halfway: Any, cluster: DaskCluster, tmp_path: Path) -> None:
        world, arguments, output, process = halfway
        workers = [pid for pids in processes_of(cluster) for pid in pids]
        process.kill()
        ended(process)
        assert gone(workers)
        assert parts(output) == {code(0), code(1)}
        assert len(cluster.alive) == 2
        world.log.clear()
        resumed = run("crawl", *arguments, "--no-render", "--resume", cwd=tmp_path)
        assert resumed.code == ExitCode.PUBLISHED, resumed.err
        assert {row["outcome"] for row in rows(only_snapshot(output)).values()} == {"surveyed"}
        assert {asked.host for asked in world.log} == {f"www.g{n}.test" for n in (2, 3, 4, 5)}

    def test_by_a_signal_ends_gently(self, halfway: Any, cluster: DaskCluster) -> None:
        _, _, output, process = halfway
        process.terminate()
        found = ended(process)
        assert found.code == ExitCode.INTERRUPTED, found.err
        assert "Traceback" not in found.err
        assert f"--dask {cluster.address}" in found.err.strip().splitlines()[-1]
        assert parts(output) == {code(0), code(1)}
        assert processes_of(cluster) == [[], []]


class TestTheCluster:
    def test_that_goes_in_mid_run_ends_it_and_keeps_the_run(self, make_world: MakeWorld, tmp_path: Path) -> None:
        hanging, output = Hanging(make_world), tmp_path / "output"
        alone = [*options(hanging.world, hanging.world.registry(tmp_path), output), "--concurrency", "4"]
        with DaskCluster(tmp_path / "cluster", workers=1) as cluster:
            process = start("crawl", *alone, "--no-render", "--dask", cluster.address, cwd=tmp_path)
            wait_for(lambda: len(hanging.hung) == 4 and parts(output) == {code(0), code(1)}, process, seconds=100)
        found = ended(process)
        assert found.code == ExitCode.ERROR, found.err
        assert "the Dask cluster is gone; run 2" in found.err
        assert "Traceback" not in found.err
        assert parts(output) == {code(0), code(1)}
        resumed = run("crawl", *alone, "--no-render", "--resume", cwd=tmp_path)
        assert resumed.code == ExitCode.PUBLISHED, resumed.err

    def test_without_workers_is_waited_for_when_it_is_said_how_many(self, make_world: MakeWorld, tmp_path: Path) -> None:
        world = nation(make_world, 2)
        arguments = [*options(world, world.registry(tmp_path), tmp_path / "output"), "--no-render"]
        with DaskCluster(tmp_path / "cluster", workers=0) as cluster:
            refused = run("crawl", *arguments, "--dask", cluster.address, cwd=tmp_path)
            assert refused.code == ExitCode.USAGE
            assert "this cluster has no worker yet" in refused.err
            assert not (tmp_path / "output").exists()
            process = start("crawl", *arguments, "--dask", cluster.address, "--workers", "2", cwd=tmp_path)
            wait_for((tmp_path / "output" / "runs").is_dir, process)
            cluster.add_worker()
            found = ended(process)
        assert found.code == ExitCode.PUBLISHED, found.err

    @pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense", "tcp://", "tcp://127.0.0.1:99999", "://"])
    def test_that_does_not_answer_is_told_in_one_line(self, address: str, tmp_path: Path) -> None:
        found = run("crawl", "--only", "GM0363", "--dask", address, cwd=tmp_path)
        assert found.code == ExitCode.USAGE
        assert "no scheduler answers there" in found.err
        assert len(found.err.strip().splitlines()) == 1
        assert not list(tmp_path.iterdir())

    def test_whose_machines_do_not_see_the_output_is_told(self, make_world: MakeWorld, tmp_path: Path, amazon: StoreServer) -> None:
        store = amazon.bucket()
        world = nation(make_world, 2)
        arguments = options(world, world.registry(tmp_path), Path("unused"))
        arguments[arguments.index("--output") + 1] = store.address
        elsewhere = {**store.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        with DaskCluster(tmp_path / "cluster", workers=1, env=elsewhere) as cluster:
            found = run("crawl", *arguments, "--no-render", "--dask", cluster.address, cwd=tmp_path, env=store.environment)
        assert found.code == ExitCode.ERROR, found.err
        assert f"{store.address}" in found.err
        assert "cannot be read" in found.err

    def test_needs_dask(self, tmp_path: Path) -> None:
        """Without the extra, gemcrawl does everything else."""
        program = "import sys; sys.modules['distributed'] = None; from gemcrawl.cli import main; main()"
        command = [*("-c", program), "crawl", "--only", "GM0363", "--dask", "tcp://127.0.0.1:1"]
        found = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert found.returncode == ExitCode.USAGE
        assert "pip install 'gemcrawl[dask]'" in found.stderr
