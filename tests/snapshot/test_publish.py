from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
import textwrap
import time
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemcrawl.exceptions import OutputError
from gemcrawl.items import TABLES, Survey
from gemcrawl.snapshot.gate import Gate
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import Published, publish
from tests.snapshot.rows import NIGHT, entry, files_below, municipality, night, run_info

SNAPSHOT_FILES = {"municipalities.parquet", "forms.parquet", "pages.parquet", "hosts.parquet", "datapackage.json"}


def run(output: Path, run_id: str, numbers: range, **changes) -> tuple[Parts, Published]:
    parts = Parts(output / "runs" / run_id)
    for number in numbers:
        parts.write(night(number))
    return parts, publish(output, run_info(run_id, **changes), parts, [entry(number) for number in numbers])


def latest(output: Path) -> str:
    return json.loads((output / "latest.json").read_text())["snapshot"]


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own, in which warnings are errors too."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


class TestASnapshot:
    def test_is_five_files_named_after_the_start_of_the_run(self, tmp_path):
        _, published = run(tmp_path, "r", range(2))
        assert published.snapshot == "2026-11-23T020000Z"
        assert published.path == tmp_path / "snapshot=2026-11-23T020000Z"
        assert {path.name for path in published.path.iterdir()} == SNAPSHOT_FILES

    def test_is_named_by_latest(self, tmp_path):
        _, published = run(tmp_path, "r", range(1))
        assert (tmp_path / "latest.json").read_text() == '{"snapshot": "2026-11-23T020000Z"}\n'
        assert published.snapshot == latest(tmp_path)

    def test_leaves_nothing_of_the_run_behind(self, tmp_path):
        run(tmp_path, "r", range(1))
        assert files_below(tmp_path) == {"latest.json"} | {f"snapshot=2026-11-23T020000Z/{name}" for name in SNAPSHOT_FILES}
        assert not list((tmp_path / "runs").iterdir())

    def test_leaves_the_parts_when_asked(self, tmp_path):
        parts = Parts(tmp_path / "runs" / "r")
        parts.write(night(1))
        publish(tmp_path, run_info("r"), parts, [entry(1)], keep_parts=True)
        assert parts.codes() == {"GM0001"}

    def test_leaves_other_runs_alone(self, tmp_path):
        other = Parts(tmp_path / "runs" / "other")
        other.write(night(1))
        run(tmp_path, "r", range(1))
        assert other.codes() == {"GM0001"}

    @pytest.mark.parametrize(("outcome", "reason"), [("failed", "error"), ("failed", "interrupted"), ("partial", "deadline")])
    def test_has_a_row_for_every_municipality_of_the_registry(self, tmp_path, outcome, reason):
        parts = Parts(tmp_path / "runs" / "r")
        parts.write(night(2))
        published = publish(tmp_path, run_info("r", missing=reason), parts, map(entry, (3, 1, 2)))
        table = pq.read_table(published.path / "municipalities.parquet")
        assert table.select(["code", "outcome", "reason"]).to_pylist() == [
            {"code": "GM0001", "outcome": outcome, "reason": reason},
            {"code": "GM0002", "outcome": "surveyed", "reason": None},
            {"code": "GM0003", "outcome": outcome, "reason": reason},
        ]
        assert published.missing == ("GM0001", "GM0003")
        assert sum(published.outcomes.values()) == published.rows["municipalities"] == 3

    def test_that_started_in_the_same_second_gets_the_next(self, tmp_path):
        names = [run(tmp_path, run_id, numbers)[1].snapshot for run_id, numbers in (("a", range(1)), ("b", range(2)), ("c", range(1)))]
        assert names == ["2026-11-23T020000Z", "2026-11-23T020001Z", "2026-11-23T020002Z"]
        for name in names:
            descriptor = json.loads((tmp_path / f"snapshot={name}" / "datapackage.json").read_text())
            assert descriptor["gemcrawl"]["snapshot"] == name

    def test_of_an_older_run_does_not_become_the_latest(self, tmp_path):
        run(tmp_path, "new", range(1))
        _, published = run(tmp_path, "old", range(1), started=NIGHT - timedelta(days=1))
        assert published.path.is_dir()
        assert latest(tmp_path) == "2026-11-23T020000Z"

    def test_published_twice_by_one_run_is_there_once(self, tmp_path):
        """As after a run that was killed between the rename and latest.json."""
        parts = Parts(tmp_path / "runs" / "r")
        parts.write(night(1))
        first = publish(tmp_path, run_info("r"), parts, [entry(1)], keep_parts=True)
        (tmp_path / "latest.json").unlink()
        before = (first.path / "datapackage.json").read_bytes()
        again = publish(tmp_path, run_info("r", finished=NIGHT + timedelta(hours=9)), parts, [entry(1)])
        assert again == first
        assert (first.path / "datapackage.json").read_bytes() == before
        assert latest(tmp_path) == first.snapshot
        assert len(list(tmp_path.glob("snapshot=*"))) == 1

    def test_of_a_run_that_went_on_is_another(self, tmp_path):
        parts = Parts(tmp_path / "runs" / "r")
        parts.write(night(1))
        publish(tmp_path, run_info("r", missing="interrupted"), parts, map(entry, (1, 2)), keep_parts=True)
        parts.write(night(2))
        assert publish(tmp_path, run_info("r"), parts, map(entry, (1, 2))).snapshot == "2026-11-23T020001Z"
        assert latest(tmp_path) == "2026-11-23T020001Z"

    def test_ignores_what_a_killed_publication_left(self, tmp_path):
        left = tmp_path / "runs" / "r" / "publish"
        left.mkdir(parents=True)
        (left / "half.parquet").write_bytes(b"PAR1")
        _, published = run(tmp_path, "r", range(1))
        assert {path.name for path in published.path.iterdir()} == SNAPSHOT_FILES


def suspect(_: Path) -> Gate:
    return Gate(state="suspect", reasons=("unreachable: 300 of 342 municipalities, more than 10%",))


class TestASnapshotThatIsHeldBack:
    def test_is_kept_with_its_reason_and_never_the_latest(self, tmp_path):
        _, good = run(tmp_path, "good", range(2))
        parts = Parts(tmp_path / "runs" / "bad")
        parts.write(night(1))
        held = publish(tmp_path, run_info("bad", started=NIGHT + timedelta(days=1)), parts, [entry(1)], gate=suspect)
        assert held.path == tmp_path / "suspect" / "snapshot=2026-11-24T020000Z"
        assert {path.name for path in held.path.iterdir()} == SNAPSHOT_FILES
        told = json.loads((held.path / "datapackage.json").read_text())["gemcrawl"]["gate"]
        assert told["state"] == "suspect"
        assert told["reasons"] == ["unreachable: 300 of 342 municipalities, more than 10%"]
        assert latest(tmp_path) == good.snapshot
        assert [path.name for path in tmp_path.glob("snapshot=*")] == [good.path.name]
        assert not list((tmp_path / "runs").iterdir())

    def test_on_the_first_night_leaves_no_latest(self, tmp_path):
        parts = Parts(tmp_path / "runs" / "bad")
        parts.write(night(1))
        publish(tmp_path, run_info("bad"), parts, [entry(1)], gate=suspect)
        assert not (tmp_path / "latest.json").exists()

    def test_is_there_once_when_its_run_was_killed_before_it_was_cleared_away(self, tmp_path):
        parts = Parts(tmp_path / "runs" / "bad")
        parts.write(night(1))
        first = publish(tmp_path, run_info("bad"), parts, [entry(1)], gate=suspect, keep_parts=True)
        assert publish(tmp_path, run_info("bad"), parts, [entry(1)], gate=suspect).path == first.path
        assert len(list((tmp_path / "suspect").iterdir())) == 1


class TestASelection:
    def test_becomes_the_latest_where_there_is_nothing_else(self, tmp_path):
        _, published = run(tmp_path, "r", range(1), whole=False)
        assert latest(tmp_path) == published.snapshot

    def test_is_published_beside_a_whole_night_that_stays_the_latest(self, tmp_path):
        _, whole = run(tmp_path, "r", range(3))
        _, part = run(tmp_path, "s", range(1), whole=False, started=NIGHT + timedelta(hours=8))
        assert part.path.is_dir()
        assert latest(tmp_path) == whole.snapshot

    def test_gives_way_to_a_whole_night(self, tmp_path):
        run(tmp_path, "s", range(1), whole=False, started=NIGHT + timedelta(hours=8))
        _, whole = run(tmp_path, "r", range(3))
        assert latest(tmp_path) == whole.snapshot


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Published:
    return run(tmp_path_factory.mktemp("output"), "r", range(3))[1]


@pytest.fixture(scope="module")
def descriptor(published) -> dict:
    return json.loads((published.path / "datapackage.json").read_text(encoding="utf-8"))


class TestTheDescriptor:
    def test_is_a_data_package(self, descriptor):
        assert descriptor["profile"] == "data-package"
        assert descriptor["name"] == "gemcrawl-2026-11-23t020000z"
        assert [resource["name"] for resource in descriptor["resources"]] == list(TABLES)

    def test_has_the_size_hash_and_rows_of_every_file(self, published, descriptor):
        for resource in descriptor["resources"]:
            content = (published.path / resource["path"]).read_bytes()
            assert resource["bytes"] == len(content)
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert resource["rows"] == pq.ParquetFile(published.path / resource["path"]).metadata.num_rows
            assert (resource["format"], resource["mediatype"]) == ("parquet", "application/vnd.apache.parquet")

    def test_describes_every_column(self, published, descriptor):
        for resource in descriptor["resources"]:
            fields = resource["schema"]["fields"]
            assert [field["name"] for field in fields] == pq.read_schema(published.path / resource["path"]).names
            for field in fields:
                assert field["description"]
                assert field["type"] in {"string", "integer", "number", "boolean", "datetime", "array", "object"}

    def test_says_which_values_are_allowed(self, descriptor):
        columns = {(r["name"], f["name"]): f for r in descriptor["resources"] for f in r["schema"]["fields"]}
        assert columns["municipalities", "name"]["constraints"] == {"required": True}
        assert "constraints" not in columns["municipalities", "start_url"]
        assert columns["municipalities", "outcome"]["constraints"]["enum"][0] == "surveyed"
        assert "required" not in columns["municipalities", "reason"]["constraints"]
        personal_data = columns["forms", "personal_data"]
        assert personal_data["type"] == "array"
        assert personal_data["arrayItem"]["type"] == "string"
        assert "bsn" in personal_data["arrayItem"]["constraints"]["enum"]
        findings = columns["forms", "findings"]["arrayItem"]
        assert findings["type"] == "object"
        assert [field["name"] for field in findings["fields"]] == ["code", "weight", "subject", "evidence"]

    def test_tells_how_the_snapshot_was_made(self, descriptor):
        assert descriptor["gemcrawl"] == {
            "snapshot": "2026-11-23T020000Z",
            "run": "r",
            "schema_version": 1,
            "program_version": "0.1.0",
            "as_of": "2026-11-23",
            "registry": {"source": "registry.csv", "sha256": "cd" * 32, "date": "2026-11-23", "rows": 3},
            "settings": {"max_pages": 40, "delay": 1.0},
            "rule_sets": ["https-2016"],
            "preload_list_date": None,
            "started": "2026-11-23T02:00:00Z",
            "finished": "2026-11-23T05:00:00Z",
            "whole": True,
            "missing": {"municipalities": 0, "reason": None},
            "outcomes": {"surveyed": 3},
            "evidence": None,
            "gate": {"state": "not_run", "reasons": [], "compared_with": None, "shares": {}},
        }


class TestAReaderAtTheSameTime:
    READER = """
        import sys
        from pathlib import Path
        import duckdb
        output, seen, looks = Path(sys.argv[1]), set(), 0
        print("ready", flush=True)
        while not (output / "stop").exists():
            found = sorted(output.glob("snapshot=*"))
            for directory in found:
                files = {path.name for path in directory.iterdir()}
                assert files == set(sys.argv[2].split(",")), files
                seen.add(directory.name)
            if found:
                pattern = str(output / "snapshot=*" / "pages.parquet")
                counts = duckdb.sql("select snapshot, count(*) from read_parquet(?, hive_partitioning=true) group by 1", params=[pattern]).fetchall()
                assert {count for _, count in counts} == {40}, counts
            looks += 1
        print(looks, len(seen))
    """

    def test_never_sees_half_a_snapshot(self, tmp_path):
        reader = start(self.READER, tmp_path, ",".join(SNAPSHOT_FILES))
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        for number in range(12):
            run(tmp_path, f"r{number}", range(1))
        (tmp_path / "stop").touch()
        output, errors = reader.communicate(timeout=60)
        assert errors == ""
        looks, seen = map(int, output.split())
        assert looks > 3
        assert seen > 1


class TestAFileSystemThatTakesNoMore:
    LIMITED = """
        import resource, sys
        from pathlib import Path
        from tests.snapshot.rows import entry, run_info
        from gemcrawl.exceptions import OutputError
        from gemcrawl.snapshot.parts import Parts
        from gemcrawl.snapshot.publish import publish
        output, limit = Path(sys.argv[1]), int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            publish(output, run_info("r"), Parts(output / "runs" / "r"), [entry(number) for number in range(12)])
        except OutputError as error:
            print(error)
    """

    @pytest.mark.parametrize("limit", [0, 2_000, 9_000])
    def test_publishes_nothing_and_keeps_the_parts(self, tmp_path, limit):
        parts = Parts(tmp_path / "runs" / "r")
        for number in range(12):
            parts.write(night(number))
        process = start(self.LIMITED, tmp_path, limit)
        output, errors = process.communicate(timeout=60)
        assert errors == ""
        assert output == (
            f"cannot publish run r in {tmp_path}: {OSError(errno.EFBIG, 'File too large').strerror}; "
            "its parts are kept, resume the run when this is solved\n"
        )
        assert not list(tmp_path.glob("snapshot=*"))
        assert {path.name for path in tmp_path.iterdir()} == {"runs"}
        assert len(parts.codes()) == 12
        assert not (parts.run_dir / "publish").exists()
        assert publish(tmp_path, run_info("r"), parts, map(entry, range(12))).outcomes == {"surveyed": 12}


def test_an_output_that_is_gone_keeps_the_parts(tmp_path):
    parts = Parts(tmp_path / "run")
    parts.write(night(1))
    with pytest.raises(OutputError, match="its parts are kept"):
        publish(tmp_path / "gone", run_info("r"), parts, [entry(1)])
    assert parts.codes() == {"GM0001"}


def test_a_night_of_400_is_published_within_ten_seconds(tmp_path):
    parts = Parts(tmp_path / "runs" / "r")
    for number in range(400):
        parts.write(night(number))
    start_time = time.process_time()
    published = publish(tmp_path, run_info("r"), parts, map(entry, range(400)))
    assert time.process_time() - start_time < 10
    assert published.rows == {"municipalities": 400, "forms": 3200, "pages": 16_000, "hosts": 801}
    shared = pq.read_table(published.path / "hosts.parquet", filters=[("host", "=", "afspraken.leverancier.nl")]).to_pylist()
    assert [len(row["municipalities"]) for row in shared] == [400]


def test_memory_does_not_grow_with_the_night(tmp_path):
    """Of 300 MB of pages no more than a few row groups are held at a time."""
    script = """
        import dataclasses, sys
        from pathlib import Path
        import pyarrow as pa
        from tests.snapshot.rows import entry, night, run_info
        from gemcrawl.snapshot.parts import Parts
        from gemcrawl.snapshot.publish import publish
        output = Path(sys.argv[1])
        parts = Parts(output / "runs" / "r")
        for number in range(100):
            survey = night(number)
            survey.pages = [dataclasses.replace(page, title=f"{i} {number} " + "x" * 75_000) for i, page in enumerate(survey.pages)]
            parts.write(survey)
        before = pa.default_memory_pool().max_memory()
        publish(output, run_info("r"), parts, map(entry, range(100)))
        print(before, pa.default_memory_pool().max_memory())
    """
    process = start(script, tmp_path)
    output, errors = process.communicate(timeout=60)
    assert errors == ""
    before, peak = map(int, output.split())
    (path,) = tmp_path.glob("snapshot=*/pages.parquet")
    group = pq.ParquetFile(path).metadata.row_group(0)
    assert sum(group.column(i).total_uncompressed_size for i in range(group.num_columns)) < 32 * 1024 * 1024
    assert max(before, peak) < 120 * 1024 * 1024


def test_a_survey_of_nothing_but_a_municipality_is_published(tmp_path):
    parts = Parts(tmp_path / "runs" / "r")
    parts.write(
        Survey(municipality=municipality("GM0001", outcome="unreachable", reason="dns", appointment="not_tested", contact="not_tested"))
    )
    published = publish(tmp_path, run_info("r"), parts, [entry(1)])
    assert published.outcomes == {"unreachable": 1}
    assert published.rows == {"municipalities": 1, "forms": 0, "pages": 0, "hosts": 0}
