"""``gemcrawl prune`` as users start it."""

from __future__ import annotations

from pathlib import Path

from gemcrawl.snapshot.lock import OutputLock
from tests.cli.program import run
from tests.support.nights import FIRST, SECOND, two_nights


def test_it_tells_first_and_removes_when_asked(tmp_path: Path) -> None:
    output = two_nights(tmp_path / "output")
    told = run("prune", "--keep", "1", cwd=tmp_path, fresh=True)
    assert told.code == 0
    assert f"would remove  output/snapshot={FIRST}" in told.out
    assert (output / f"snapshot={FIRST}").is_dir()
    done = run("prune", "--keep", "1", "--delete", cwd=tmp_path)
    assert done.code == 0
    assert "1 of 2 snapshots removed" in done.out
    assert [path.name for path in output.glob("snapshot=*")] == [f"snapshot={SECOND}"]


def test_not_while_a_run_works_on_the_output(tmp_path: Path) -> None:
    output = two_nights(tmp_path / "output")
    lock = OutputLock.acquire(output)
    try:
        assert run("prune", "--keep", "1", "--delete", cwd=tmp_path).code == 4
    finally:
        lock.release()
    assert len(list(output.glob("snapshot=*"))) == 2


def test_an_output_without_snapshots_stays_as_it_is(tmp_path: Path) -> None:
    assert run("prune", "--keep", "1", "--delete", cwd=tmp_path).code == 2
    assert not (tmp_path / "output").exists()
    assert run("prune", "--keep", "0", cwd=tmp_path).code == 2
    assert run("prune", cwd=tmp_path).code == 2
