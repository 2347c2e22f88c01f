"""Nights in an object store are those in a directory: the same tables, the same answers, the same order of publication."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemcrawl import places
from gemcrawl.cli.summary import headline, values
from gemcrawl.compare.load import diff, resolve
from gemcrawl.compare.trend import trend
from gemcrawl.exceptions import OutputError, StoreFailed, UsageError
from gemcrawl.items import TABLES, Recheck
from gemcrawl.notify.embargo import Notice, notices, record
from gemcrawl.places import StorePath
from gemcrawl.report import data
from gemcrawl.snapshot import rechecks, runs
from gemcrawl.snapshot.gate import Tally, comparable
from gemcrawl.snapshot.known import known_towns
from gemcrawl.snapshot.output import prepare_output
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.previous import known_forms, survey_seconds
from gemcrawl.snapshot.prune import plan, prune
from gemcrawl.snapshot.publish import publish
from gemcrawl.snapshot.read import latest, query, snapshots
from tests.snapshot.rows import NIGHT, entry, night, run_info
from tests.support.nights import AA, FIRST, RECHECK, SECOND, first_night, two_nights
from tests.support.store import Store, StoreServer

VIEWS = [
    *(f"{schema}{table}" for schema in ("", "latest.") for table in TABLES),
    "history",
    "rechecks",
    "lineage",
    *(f"trend.{name}" for name in ("rules", "findings", "statuses", "fixes", "fixes_by_municipality", "fixes_by_supplier")),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, store_server: StoreServer) -> tuple[Path, Store]:
    """The same two nights, and a recheck, in a directory and in a store."""
    directory, store = tmp_path_factory.mktemp("nights"), store_server.bucket()
    for output in (directory, store.place):
        two_nights(output)
        rechecks.write(output, NIGHT + timedelta(hours=6), [RECHECK])
    return directory, store


class TestReading:
    @pytest.mark.parametrize("view", VIEWS)
    def test_every_view_has_the_same_rows(self, both: tuple[Path, Store], view: str):
        directory, store = both
        there, here = (query(output, f"FROM {view} ORDER BY ALL") for output in (store.place, directory))
        assert there.num_rows
        assert there.schema.names == here.schema.names
        assert there.to_pylist() == here.to_pylist()

    @pytest.mark.parametrize(
        "sql",
        [
            "FROM forms WHERE verdict = 'insecure' AND snapshot > '2026'",
            f"SELECT snapshot, count(*) FROM pages WHERE snapshot = '{SECOND}' GROUP BY ALL",
            "SELECT code FROM municipalities WHERE finished_at > TIMESTAMPTZ '2026-11-23 02:03:00+00' ORDER BY ALL",
            "SELECT count(*) FROM forms WHERE list_contains(personal_data, 'bsn')",
            "SELECT findings[1].code FROM latest.forms WHERE len(findings) > 0 ORDER BY ALL",
        ],
    )
    def test_what_is_filtered_where_it_is_stored_is_the_same(self, both: tuple[Path, Store], sql: str):
        directory, store = both
        found = query(store.place, sql)
        assert found.to_pylist() == query(directory, sql).to_pylist()
        assert found.num_rows

    @pytest.mark.parametrize(
        "sql", ["FROM read_parquet('{0}/*/forms.parquet')", "COPY (SELECT 1) TO '{0}/x.csv'", "FROM '/etc/passwd'", "LOAD httpfs"]
    )
    def test_a_question_reads_and_writes_nothing_else(self, both: tuple[Path, Store], sql: str):
        with pytest.raises(UsageError, match="SQL"):
            query(both[1].place, sql.format(both[1].address))

    def test_everything_that_reads_snapshots_sees_the_same(self, both: tuple[Path, Store]):
        def seen(output):
            newest = latest(output)
            shown = data.load(output)
            return (
                [path.name for path in snapshots(output)],
                [resolve(output, wanted).name for wanted in ("latest", "previous", "2026-11-24")],
                diff(output, "previous", "latest"),
                trend(output),
                headline(newest),
                values(output, newest),
                known_towns(newest),
                known_forms(output),
                survey_seconds(output),
                Tally.of(newest),
                asdict(shown) | {"descriptor": {**shown.descriptor, "resources": None}, "directory": shown.directory.name},
                [rechecks.read(path) for path in rechecks.rechecks(output)],
                list(runs.unfinished(output)),
            )

        directory, store = both
        for there, here in zip(seen(store.place), seen(directory), strict=True):
            assert there == here

    def test_a_snapshot_is_named_by_its_address_too(self, both: tuple[Path, Store], monkeypatch: pytest.MonkeyPatch):
        _, store = both
        monkeypatch.setattr(places, "client", lambda _: store.place.filesystem)
        assert resolve(store.place, f"{store.address}/snapshot={FIRST}").name == f"snapshot={FIRST}"

    def test_a_comparable_night_is_found(self, both: tuple[Path, Store]):
        found = comparable(both[1].place, Tally.of(latest(both[1].place)), run_id="another", settings={})
        assert found is not None
        assert found.name == SECOND

    def test_where_there_is_nothing_it_is_said(self, store: Store):
        with pytest.raises(OutputError, match=f"no snapshot in {store.address}; make one"):
            query(store.place, "FROM forms")


class TestPublication:
    def test_the_tables_are_those_of_a_directory_byte_for_byte(self, both: tuple[Path, Store]):
        directory, store = both
        for path in directory.glob("snapshot=*/*"):
            assert (store.place / path.parent.name / path.name).read_bytes() == path.read_bytes()

    def test_tables_then_descriptor_then_latest_and_the_run_goes(self, store: Store):
        first_night(store.place)
        written = store.written()
        assert written[-6:] == [
            *(f"snapshot={FIRST}/{table}.parquet" for table in sorted(TABLES)),
            f"snapshot={FIRST}/datapackage.json",
            "latest.json",
        ]
        assert all(key.startswith("runs/r0/") for key in written[:-6])
        assert store.names() == {
            *(f"snapshot={FIRST}/{name}" for name in ("datapackage.json", *(f"{t}.parquet" for t in TABLES))),
            "latest.json",
        }

    def test_what_is_not_complete_is_no_snapshot_and_is_published_over(self, store: Store):
        (store.place / f"snapshot={FIRST}" / "forms.parquet").write_bytes(b"half")
        assert snapshots(store.place) == []
        first_night(store.place)
        assert [path.name for path in snapshots(store.place)] == [f"snapshot={FIRST}"]
        assert pq.read_table(store.place.key + f"/snapshot={FIRST}/forms.parquet", filesystem=store.place.filesystem).num_rows

    def test_published_again_adds_nothing(self, output):
        parts = Parts(output / "runs" / "run-1")
        for number in (1, 2):
            parts.write(night(number))
        for _ in range(2):
            publish(output, run_info(), parts, [entry(1), entry(2)], keep_parts=True)
        assert [path.name for path in snapshots(output)] == ["snapshot=2026-11-23T020000Z"]

    def test_another_run_of_the_same_second_gets_a_name_of_its_own(self, output):
        for run in ("run-1", "run-2"):
            parts = Parts(output / "runs" / run)
            parts.write(night(1))
            publish(output, run_info(run), parts, [entry(1)])
        assert [path.name for path in snapshots(output)] == ["snapshot=2026-11-23T020000Z", "snapshot=2026-11-23T020001Z"]
        assert json.loads((output / "latest.json").read_bytes()) == {"snapshot": "2026-11-23T020001Z"}

    def test_nothing_is_published_once_the_output_is_another_run_s(self, output):
        parts = Parts(output / "runs" / "run-1")
        parts.write(night(1))

        def lost() -> None:
            raise OutputError("the lease ran out")

        with pytest.raises(OutputError, match="ran out"):
            publish(output, run_info(), parts, [entry(1)], still_ours=lost)
        assert snapshots(output) == []
        assert parts.codes() == {"GM0001"}

    def test_a_store_that_fails_loses_nobody(self, amazon: StoreServer):
        """A part that cannot be read for now is not a part that is not there."""
        store = amazon.bucket()
        parts = Parts(store.place / "runs" / "run-1")
        for number in (1, 2):
            parts.write(night(number))
        nobody = StorePath(
            "s3", store.place.key, type(store.place.filesystem)(access_key="x", secret_key="y", endpoint_override="http://127.0.0.1:1")
        )
        away = Parts(nobody / "runs" / "run-1")
        for ask in (away.codes, lambda: away.survey("GM0001"), lambda: publish(nobody, run_info(), away, [entry(1), entry(2)])):
            with pytest.raises(StoreFailed):
                ask()
        assert publish(store.place, run_info(), parts, [entry(1), entry(2)]).missing == ()


class TestARun:
    def test_is_begun_found_and_taken_up(self, output):
        record_of = runs.RunRecord(
            run_id="2026-11-23T020000Z",
            started=NIGHT.isoformat(),
            as_of="2026-11-23",
            only=(),
            registry_sha256="0",
            municipalities=1,
            municipalities_sha256="0",
            settings={},
            program_version="1",
            schema_version=1,
        )
        first, second = runs.begin(output, record_of), runs.begin(output, record_of)
        assert (first.run_id, second.run_id) == ("2026-11-23T020000Z", "2026-11-23T020001Z")
        assert runs.unfinished(output) == [first, second]
        assert runs.asked_for(output, "last") == second
        assert runs.automatic(output, second) == second

    def test_parts_are_there_once_written_and_what_cannot_be_read_is_not(self, output):
        parts = Parts(output / "runs" / "run-1")
        assert parts.codes() == set()
        parts.write(night(1))
        parts.write(night(2))
        parts.write(night(2))
        parts.path("GM0002").write_bytes(b"PAR1 but no more")
        assert parts.codes() == {"GM0001"}
        assert parts.survey("GM0002") is None
        assert parts.survey("GM0003") is None
        assert parts.survey("GM0001") == night(1)
        assert parts.tried_again() == set()
        parts.mark_tried_again("GM0001")
        assert parts.tried_again() == {"GM0001"}

    def test_the_output_is_tried_out_and_left_as_it_was(self, store: Store):
        assert prepare_output(store.place) == store.place
        assert store.names() == set()
        nowhere = StorePath(store.place.scheme, "no-such-bucket/x", store.place.filesystem)
        with pytest.raises(OutputError, match=rf"{nowhere} cannot be written \(.*(does not exist|NOT_FOUND).*docs/stores.md"):
            prepare_output(nowhere)


class TestBesideTheSnapshots:
    def test_notices_are_kept(self, output):
        given = Notice(municipality=AA, kind="contact", place="www.aa.test/contact", code="page_http", given=NIGHT, by="aa")
        assert notices(output) == []
        assert record(output, [given]) == 1
        assert record(output, [given]) == 0
        assert notices(output) == [given]

    def test_a_recheck_is_kept(self, output):
        path = rechecks.write(output, NIGHT, [RECHECK])
        assert rechecks.rechecks(output) == [path]
        assert rechecks.rechecks(output, after="2026-11-23T020000Z") == []
        assert rechecks.read(path) == [Recheck(**asdict(RECHECK))]

    def test_pruning_removes_the_old_and_what_was_never_finished(self, store: Store):
        two_nights(store.place)
        (store.place / "snapshot=2020-01-01T000000Z" / "forms.parquet").write_bytes(b"half")
        planned = plan(store.place, keep=1)
        assert [path.name for path in planned.removed] == [f"snapshot={FIRST}"]
        prune(store.place, planned)
        assert {key.partition("/")[0] for key in store.names()} == {f"snapshot={SECOND}", "latest.json"}
