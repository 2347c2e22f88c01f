"""Metrics: what a run leaves for Prometheus, read by Prometheus' own parser."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gemcrawl.cli import metrics
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.exceptions import UsageError
from gemcrawl.snapshot.lock import OutputLock
from tests.cli.program import run
from tests.support.nights import two_nights


def read(file: Path) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(file.read_text("utf-8"))
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_the_run_and_the_newest_snapshot_are_told(tmp_path: Path) -> None:
    output, file = two_nights(tmp_path / "output"), tmp_path / "gemcrawl.prom"
    metrics.write(file, output, code=ExitCode.HELD_BACK, seconds=12.5)
    told = read(file)
    assert told["gemcrawl_run_exit_code",] == 3
    assert told["gemcrawl_run_duration_seconds",] == 12.5
    assert told["gemcrawl_snapshot_municipalities", "surveyed"] == 4
    assert told["gemcrawl_snapshot_municipalities", "failed"] == 0
    assert told["gemcrawl_snapshot_missing_municipalities",] == 0
    assert told["gemcrawl_snapshot_registry_municipalities",] == 4
    assert told["gemcrawl_snapshot_rows", "forms"] == 6
    assert told["gemcrawl_run_end_timestamp_seconds",] > told["gemcrawl_snapshot_timestamp_seconds",] - 10 * 365 * 86400
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gemcrawl.prom", "output"]


def test_without_a_snapshot_only_the_run_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gemcrawl.prom"
    metrics.write(file, tmp_path / "output", code=ExitCode.ERROR, seconds=1)
    assert {name[0] for name in read(file)} == {
        "gemcrawl_run_end_timestamp_seconds",
        "gemcrawl_run_duration_seconds",
        "gemcrawl_run_exit_code",
    }


@pytest.mark.parametrize("descriptor", ["", "[]", "{}", '{"gemcrawl": {"finished": 1}}', '{"gemcrawl": []}'])
def test_a_descriptor_that_cannot_be_read_is_no_error(tmp_path: Path, descriptor: str) -> None:
    output, file = two_nights(tmp_path / "output"), tmp_path / "gemcrawl.prom"
    for path in output.glob("snapshot=*/datapackage.json"):
        path.write_text(descriptor)
    metrics.write(file, output, code=ExitCode.PUBLISHED, seconds=1)
    assert "gemcrawl_snapshot_timestamp_seconds" not in file.read_text("utf-8")


def test_a_file_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "no" / "such" / "file"):
        with pytest.raises(UsageError, match="--metrics"):
            metrics.check(file)


def test_a_run_that_never_began_tells_so(tmp_path: Path) -> None:
    ended = run("crawl", "--registry", "no.csv", "--metrics", "gemcrawl.prom", cwd=tmp_path)
    assert ended.code == 2
    assert read(tmp_path / "gemcrawl.prom")["gemcrawl_run_exit_code",] == 2


def test_a_run_tells_how_it_ended_and_one_that_finds_the_output_locked_does_not(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("code,name,province,website\nGM9001,Aa,Utrecht,www.aa.test\n")
    connect = [f"www.aa.test:{port}:127.0.0.1:9" for port in (80, 443)]
    arguments = [
        "crawl",
        "--registry",
        "r.csv",
        "--delay",
        "0.01",
        "--no-render",
        "--metrics",
        "gemcrawl.prom",
        "--allow-net",
        "127.0.0.0/8",
    ]
    for rule in connect:
        arguments += ["--connect-to", rule]
    assert run(*arguments, cwd=tmp_path).code == 0
    told = read(tmp_path / "gemcrawl.prom")
    assert told["gemcrawl_run_exit_code",] == 0
    assert told["gemcrawl_snapshot_municipalities", "unreachable"] == 1
    written = (tmp_path / "gemcrawl.prom").read_bytes()
    lock = OutputLock.acquire(tmp_path / "output")
    try:
        assert run(*arguments, cwd=tmp_path).code == 4
    finally:
        lock.release()
    assert (tmp_path / "gemcrawl.prom").read_bytes() == written
