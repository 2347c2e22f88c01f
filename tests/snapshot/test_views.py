"""The views over all snapshots: history, trend, lineage, rechecks; every expected number is counted by hand from `tests.support.nights`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gemcrawl.compare.trend import Trend, trend
from gemcrawl.items import Recheck, Survey
from gemcrawl.report import queries
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.snapshot.read import query
from gemcrawl.snapshot.rechecks import read, rechecks, write
from gemcrawl.transport.findings import finding
from tests.snapshot.rows import NIGHT, entry, form, municipality, run_info
from tests.support.nights import AA, BEE, CEE, DEE, FIRST, RECHECK, SECOND, a_form, publish_night, town, two_nights


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_nights(tmp_path_factory.mktemp("views") / "output")


@pytest.fixture(scope="module")
def told(output: Path) -> Trend:
    return trend(output)


class TestHistory:
    def test_a_form_that_moved_to_https_keeps_its_history(self, output):
        found = query(output, f"SELECT snapshot, verdict, previous_verdict, first_seen, since FROM history WHERE municipality = '{AA}' "
                              "AND kind = 'appointment' ORDER BY snapshot").to_pylist()  # fmt: skip
        assert [tuple(row.values()) for row in found] == [
            (FIRST, "insecure", None, FIRST, FIRST),
            (SECOND, "secure", "insecure", FIRST, SECOND),
        ]

    def test_what_does_not_change_is_so_since_it_was_first_seen(self, output):
        found = query(
            output, f"SELECT since, previous_verdict FROM history WHERE municipality = '{CEE}' AND snapshot = '{SECOND}'"
        ).to_pylist()
        assert found == [{"since": FIRST, "previous_verdict": "downgrade"}]

    def test_every_form_of_the_newest_snapshot_has_its_since(self, output):
        rows = query(output, queries.load()["since"].replace("$snapshot", f"'{SECOND}'")).to_pylist()
        found = {(row["municipality"], row["form_id"]): row["since"] for row in rows}
        assert len(found) == query(output, "FROM latest.forms").num_rows
        assert {code: began for (code, form_id), began in found.items() if "appointment" in form_id} == {
            AA: SECOND,
            BEE: FIRST,
            CEE: FIRST,
            DEE: SECOND,
        }


class TestTrend:
    def test_counts_per_rule_set(self, told):
        failing = {(r["snapshot"], r["kind"], r["rule_set"]): r["municipalities"] for r in told.rules if r["result"] == "fail"}
        assert failing == {
            (FIRST, "appointment", "https-2016"): 1,
            (FIRST, "appointment", "decree-2023"): 2,
            (FIRST, "contact", "decree-2023"): 1,
            (SECOND, "appointment", "decree-2023"): 1,
            (SECOND, "contact", "https-2016"): 1,
            (SECOND, "contact", "decree-2023"): 1,
        }

    def test_every_form_is_counted_once_per_rule_set(self, told, output):
        for snapshot in (FIRST, SECOND):
            forms = query(output, f"FROM forms WHERE snapshot = '{snapshot}'").num_rows
            assert sum(r["forms"] for r in told.rules if r["snapshot"] == snapshot) == 4 * forms

    def test_counts_per_finding(self, told):
        assert {(r["snapshot"], r["code"]): r["forms"] for r in told.findings} == {
            (FIRST, "page_http"): 1,
            (FIRST, "http_twin"): 1,
            (FIRST, "hsts_short"): 1,
            (SECOND, "http_twin"): 1,
            (SECOND, "action_http"): 1,
        }

    def test_statuses_add_up_to_the_municipalities(self, told):
        for snapshot in (FIRST, SECOND):
            for kind in ("appointment", "contact"):
                assert sum(r["municipalities"] for r in told.statuses if (r["snapshot"], r["kind"]) == (snapshot, kind)) == 4

    def test_time_to_fix_is_from_first_seen_to_the_first_night_that_can_say_it_is_gone(self, told):
        assert {r["municipality"]: (r["fixed"], r["open"], r["median_days"]) for r in told.by_municipality} == {
            AA: (1, 0, 1.0),
            BEE: (1, 1, 1.0),
            CEE: (0, 1, None),
        }
        assert told.by_supplier == (
            {"supplier": "Mozard", "municipalities": 2, "findings": 2, "fixed": 1, "open": 1, "median_days": 1.0, "slowest_days": 1.0},
        )

    def test_a_night_without_the_finding_in_between_does_not_close_it(self, tmp_path):
        bad = two_nights(tmp_path) and query(tmp_path, f"SELECT findings FROM forms WHERE snapshot = '{FIRST}' AND municipality = '{CEE}'")
        assert bad.num_rows == 1
        twin = a_form(CEE, "appointment", "/afspraak")
        publish_night(tmp_path, 2, town(CEE, twin))
        publish_night(tmp_path, 3, town(CEE, a_form(CEE, "appointment", "/afspraak"), outcome="unreachable", appointment="not_tested"))
        (row,) = query(tmp_path, f"SELECT last_seen, fixed_in, days FROM trend.fixes WHERE municipality = '{CEE}'").to_pylist()
        assert row == {"last_seen": SECOND, "fixed_in": "2026-11-25T020000Z", "days": 2.0}

    def test_what_was_fixed_until_a_night_stays_so_whatever_comes_later(self, tmp_path):
        bad = a_form(CEE, "appointment", "/afspraak", finding("http_twin", "x", "y"))
        for number, forms in enumerate(([bad], [a_form(CEE, "appointment", "/afspraak")], [bad])):
            publish_night(tmp_path, number, town(CEE, *forms))
        asked = f"SELECT fixed_in FROM trend.fixes_until('{SECOND}')"
        assert query(tmp_path, asked).to_pylist() == [{"fixed_in": SECOND}]
        assert query(tmp_path, "SELECT fixed_in FROM trend.fixes").to_pylist() == [{"fixed_in": None}]

    def test_of_two_that_merge_both_must_be_read_to_say_that_one_is_mended(self, tmp_path):
        """Haren and Ten Boer became Groningen."""
        haren, ten_boer, groningen = "GM0017", "GM0009", "GM0014"
        site = "https://www.haren.test/contact"
        bad = form(haren, site, "f", verdict="insecure", findings=[finding("page_http", "x", "y")])
        unread = {"outcome": "unreachable", "contact": "not_tested"}
        nights = (
            [Survey(municipality=municipality(haren), forms=[bad]), Survey(municipality=municipality(ten_boer))],
            [Survey(municipality=municipality(haren, **unread)), Survey(municipality=municipality(ten_boer))],
            [Survey(municipality=municipality(groningen))],
        )
        for day, surveys in enumerate(nights):
            parts = Parts(tmp_path / "runs" / f"r{day}")
            for each in surveys:
                parts.write(each)
            entries = [entry(int(each.municipality.code[2:])) for each in surveys]
            publish(tmp_path, run_info(f"r{day}", started=NIGHT + timedelta(days=day)), parts, entries)
        (row,) = query(tmp_path, "SELECT municipality, fixed_in FROM trend.fixes").to_pylist()
        assert row == {"municipality": groningen, "fixed_in": "2026-11-25T020000Z"}

    def test_a_selection_is_not_comparable_with_a_night_over_all(self, tmp_path):
        towns = [town(code) for code in (AA, BEE, CEE, DEE)]
        publish_night(tmp_path, 0, *towns)
        publish_night(tmp_path, 1, towns[0], of=4)
        publish_night(tmp_path, 2, *towns)
        found = query(tmp_path, "SELECT snapshot, total FROM trend.comparable('2026-11-25T020000Z') ORDER BY ALL").to_pylist()
        assert [tuple(row.values()) for row in found] == [(FIRST, 4), ("2026-11-25T020000Z", 4)]
        assert query(tmp_path, f"FROM trend.comparable('{SECOND}')").to_pylist() == [{"snapshot": SECOND, "total": 1}]


class TestLineage:
    def test_a_municipality_that_merged_is_the_one_it_became(self, tmp_path):
        for day, codes in enumerate((["GM0003", "GM0788", "GM9999"], ["GM1979", "GM0865"])):
            parts = Parts(tmp_path / "runs" / f"r{day}")
            for code in codes:
                parts.write(Survey(municipality=municipality(code)))
            entries = [entry(int(code[2:])) for code in codes]
            publish(tmp_path, run_info(f"r{day}", started=NIGHT + timedelta(days=day)), parts, entries)
        found = {row["code"]: row["municipality"] for row in query(tmp_path, "FROM lineage").to_pylist()}
        # Haaren became four; what is not in the register is itself.
        assert found == {"GM0003": "GM1979", "GM0788": "GM0788", "GM9999": "GM9999", "GM1979": "GM1979", "GM0865": "GM0865"}


class TestRechecks:
    def test_without_any_the_view_is_empty(self, output):
        found = query(output, "FROM rechecks")
        assert found.num_rows == 0
        assert set(found.column_names) == {*Recheck.__dataclass_fields__, "recheck"}

    def test_what_is_written_is_read_and_asked(self, tmp_path):
        two_nights(tmp_path)
        path = write(tmp_path, NIGHT + timedelta(hours=6), [RECHECK])
        assert rechecks(tmp_path) == [path]
        assert rechecks(tmp_path, after=SECOND) == []
        assert read(path) == [RECHECK]
        (row,) = query(tmp_path, "SELECT recheck, result, gone FROM rechecks").to_pylist()
        assert row == {"recheck": "2026-11-23T080000Z", "result": "fixed", "gone": ["page_http"]}

    def test_no_reader_of_the_snapshots_meets_them(self, tmp_path):
        import duckdb

        two_nights(tmp_path)
        write(tmp_path, NIGHT, [RECHECK])
        with duckdb.connect() as plain:
            found = plain.execute("SELECT count(*) FROM glob(?)", [str(tmp_path / "snapshot=*" / "*.parquet")]).fetchone()
        assert found == (8,)
