"""Two machines for real, each at an address of its own, one of which is cut off from the network in mid-run."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemcrawl.cli.exit_codes import ExitCode
from tests.cli.program import environment, options
from tests.fleet.test_cluster import Hanging
from tests.fleet.test_night import ended, gone, workers_of
from tests.support.cluster import DaskCluster
from tests.support.machines import Machines, why_not
from tests.test_night import MakeWorld, code, only_snapshot, parts, wait_for

WHY_NOT = why_not()
pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "there can be some")]
# without the guard that keeps tests on loopback: these addresses are this machine's too, and there is no way out of the namespaces
CRAWL = "import gemcrawl.settings as s; s.GEMCRAWL_PROBE_SPACING = 0.001; from gemcrawl.cli import main; main()"


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What a machine that is cut off leaves open in the servers of this process is let go here, not in somebody else's test."""
    yield
    gc.collect()


@pytest.fixture
def machines() -> Iterator[Machines]:
    with Machines() as found:
        yield found


def test_processes_that_ask_at_once_whether_there_can_be_any_hear_the_same() -> None:
    script = "from tests.support.machines import why_not; print([why_not() for _ in range(20)].count(''))"
    asking = [subprocess.Popen([sys.executable, "-c", script], env=environment(), stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0].strip() for process in asking] == ["20"] * 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("forgotten")
def test_one_that_is_cut_off_costs_nobody(make_world: MakeWorld, machines: Machines, tmp_path: Path) -> None:
    hanging, output = Hanging(make_world, address=machines.address), tmp_path / "output"
    arguments = [*options(hanging.world, hanging.world.registry(tmp_path), output), "--no-render", "--concurrency", "2"]
    arguments[arguments.index("127.0.0.0/8")] = machines.network
    with DaskCluster(tmp_path / "cluster", workers=0, host=machines.address) as cluster:
        for number in (0, 1):
            cluster.add_worker("--host", machines.address_of(number), at=machines.at(number))
        cluster.wait_for(2)
        command = [sys.executable, "-c", CRAWL, "crawl", *arguments, "--dask", cluster.address]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: len(hanging.hung) == 4 and parts(output) == {code(0), code(1)}, process, seconds=120)
        peers = {asked.peer[0] for asked in hanging.world.log}
        assert peers == {machines.address_of(0), machines.address_of(1)}  # both asked, from addresses of their own
        there = workers_of(cluster.workers[0].pid)
        assert len(there) == 1
        theirs = {asked.host for asked in hanging.world.log if asked.peer[0] == machines.address_of(0)} & {
            f"www.{name}.test" for name in hanging.hung
        }
        assert len(theirs) == 2
        machines.cut_off(0)
        hanging.world.log.clear()
        assert gone(there)  # of itself: nobody could tell it
        since = time.monotonic()
        found = ended(process)
    assert found.code == ExitCode.PUBLISHED, found.err
    assert "was lost with what it ran on; 2 municipalities are handed out again" in found.err
    table = pq.read_table(only_snapshot(output) / "municipalities.parquet", partitioning=None).to_pylist()
    assert [(row["code"], row["outcome"]) for row in table] == [(code(n), "surveyed") for n in range(6)]
    again = [asked for asked in hanging.world.log if asked.host in theirs]
    assert {asked.host for asked in again} == theirs
    assert {asked.peer[0] for asked in again} == {machines.address_of(1)}
    assert min(asked.time for asked in again) > since  # no server is asked by both
