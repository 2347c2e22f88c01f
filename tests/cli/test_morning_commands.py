"""diff, notify and summary at the command line, on two small nights; hostile strings, wrong usage, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.program import run
from tests.support.nights import AA, BEE, CEE, DEE, FIRST, RECHECK, SECOND, first_night, two_nights

RAW = {"\x1b", "\x07", "\x9b", "\r", "\u202e"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("commands")
    two_nights(place / "output")
    return place


class TestDiff:
    def test_as_a_table_with_what_was_seen_once_told_apart(self, folder):
        found = run("diff", cwd=folder, fresh=True)
        assert found.code == 0, found.err
        assert f"{FIRST} to {SECOND}" in found.out
        assert "Fixed" in found.out
        assert "seen once, not confirmed yet" in found.out
        assert not RAW & set(found.out)

    def test_json_has_counts_and_changes(self, folder):
        told = json.loads(run("diff", FIRST, "latest", "--format", "json", cwd=folder).out)
        assert (told["old"], told["new"]) == (FIRST, SECOND)
        assert told["counts"]["municipalities"]["appointment"]["fixed"] == {"confirmed": 0, "seen_once": 1}
        towns = {(r["municipality"], r["kind"]): r["change"] for r in told["changes"] if r["level"] == "municipality"}
        assert towns == {
            (AA, "appointment"): "fixed",
            (BEE, "contact"): "new",
            (DEE, "appointment"): "unknown",
            (DEE, "contact"): "unknown",
        }
        (fixed,) = [r for r in told["changes"] if r["level"] == "form" and r["change"] == "fixed"]
        assert (fixed["old_page_url"], fixed["new_page_url"]) == ("http://www.aa.test/afspraak", "https://www.aa.test/afspraak")
        assert (fixed["gone"], fixed["matched_by"], fixed["supplier"]) == (["page_http"], "page", "Mozard")

    def test_parquet_and_csv_hold_the_same_rows(self, folder, tmp_path):
        for name in ("d.parquet", "d.csv"):
            found = run("diff", "--format", name[2:], "--to", tmp_path / name, cwd=folder)
            assert found.code == 0, found.err
        table = pq.read_table(tmp_path / "d.parquet")
        lines = list(csv.reader(io.StringIO((tmp_path / "d.csv").read_text(), newline="")))
        assert lines[0] == table.column_names
        assert len(lines) - 1 == table.num_rows > 0
        assert CEE not in table["municipality"].to_pylist()

    def test_unchanged_rows_when_asked_for(self, folder):
        told = json.loads(run("diff", "--format", "json", "--unchanged", cwd=folder).out)
        assert CEE in {row["municipality"] for row in told["changes"]}

    def test_markdown_is_inert(self, tmp_path):
        output = tmp_path / "output"
        two_nights(output)
        for path in output.glob("snapshot=*/municipalities.parquet"):
            table = pq.read_table(path, partitioning=None)
            names = ["<img src=x onerror=alert(1)>|*[x](javascript:y)`\x1b[2J"] * table.num_rows
            pq.write_table(table.set_column(1, table.schema.field("name"), [names]), path)
        found = run("diff", "--format", "markdown", cwd=tmp_path)
        assert found.code == 0, found.err
        assert "onerror" in found.out
        assert "<img" not in found.out
        assert "\\[x\\](javascript:y)" in found.out
        assert not RAW & set(found.out)

    def test_a_recheck_confirms(self, tmp_path):
        from datetime import timedelta

        from gemcrawl.snapshot.rechecks import write
        from tests.snapshot.rows import NIGHT

        two_nights(tmp_path / "output")
        write(tmp_path / "output", NIGHT + timedelta(hours=6), [RECHECK])
        told = json.loads(run("diff", "--format", "json", cwd=tmp_path).out)
        assert told["counts"]["municipalities"]["appointment"]["fixed"] == {"confirmed": 1, "seen_once": 0}
        assert {r["confirmed_by"] for r in told["changes"] if r["change"] == "fixed"} == {"recheck 2026-11-23T080000Z"}

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["latest", "latest"], "one and the same"),
            (["latest", "previous"], "newer than"),
            (["2025", "latest"], "no snapshot has a name"),
            (["2026", "latest"], "2 snapshots have a name"),
            (["./output", "latest"], "not the directory of a snapshot"),
            (["--format", "parquet"], "wants --to FILE"),
            (["--to", "x"], "--format markdown, csv, json or parquet"),
            (["--output", "nowhere"], "no snapshot in nowhere"),
            (["--registry", "nowhere.csv"], "cannot be read"),
            (["\x1b[2J", "latest"], "no snapshot has a name"),
        ],
    )
    def test_wrong_usage_is_one_line_and_exit_code_2(self, arguments, words, folder):
        found = run("diff", *arguments, cwd=folder)
        assert found.code == 2, (found.out, found.err)
        assert found.out == ""
        assert found.err.count("\n") == 1
        assert words in found.err
        assert not RAW & set(found.err)

    def test_with_one_snapshot_there_is_no_previous(self, tmp_path):
        first_night(tmp_path / "output")
        found = run("diff", cwd=tmp_path)
        assert (found.code, found.err.count("\n")) == (2, 1)
        assert "there is no snapshot before" in found.err


class TestNotify:
    def test_messages_for_the_newest_snapshot(self, folder, tmp_path):
        found = run("notify", "--to", tmp_path / "m", cwd=folder, fresh=True)
        assert found.code == 0, found.err
        assert {path.name for path in (tmp_path / "m").iterdir()} == {f"{code}.{end}" for code in (BEE, CEE) for end in ("eml", "md")}
        assert "2 messages about 2 forms" in found.out
        assert "nothing was sent" in found.out
        assert not (folder / "output/notices.json").exists()

    def test_only_and_by_supplier_and_english(self, folder, tmp_path):
        found = run("notify", "--to", tmp_path, "--only", CEE, "--by", "supplier", "--language", "en", cwd=folder)
        assert found.code == 0, found.err
        text = (tmp_path / "supplier-mozard.md").read_text()
        assert "Insecure forms on Mozard (municipalities: 1)" in text
        assert "60 days after this notice" in text

    def test_notice_is_recorded_once(self, tmp_path):
        first_night(tmp_path / "output")
        for recorded in (2, 0):
            found = run("notify", "--to", "m", "--given", "2026-11-24", cwd=tmp_path)
            assert found.code == 0, found.err
            assert f"notice recorded of {recorded} findings" in found.out
        given = json.loads((tmp_path / "output/notices.json").read_text())["notices"]
        assert {(n["municipality"], n["code"], n["given"]) for n in given} == {
            (AA, "page_http", "2026-11-24T00:00:00+00:00"),
            (CEE, "http_twin", "2026-11-24T00:00:00+00:00"),
        }
        mail = (tmp_path / "m" / f"{AA}.eml").read_bytes()
        assert b"To: cvd@aa.test" in mail
        assert b"<script>" not in mail
        assert not {b"\x1b", b"\x07"} & {bytes([byte]) for byte in mail}

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--embargo", "2w"], "--embargo"),
            (["--given", "morgen"], "--given"),
            (["--given", "2999-01-01"], "yet to come"),
            (["--from", "a@b.nl\nBcc: c@d.nl"], "--from"),
            (["--cert", "nobody"], "--cert"),
            (["--only", "GM0000"], "not in the newest snapshot"),
            (["--to", "/proc/x"], "cannot be made"),
            (["--output", "nowhere"], "no snapshot"),
        ],
    )
    def test_wrong_usage_is_one_line_and_exit_code_2(self, arguments, words, folder, tmp_path):
        found = run("notify", *(() if "--to" in arguments else ("--to", tmp_path / "m")), *arguments, cwd=folder)
        assert (found.code, found.out, found.err.count("\n")) == (2, "", 1), found
        assert words in found.err
        assert not (tmp_path / "m").exists()


class TestSummary:
    def test_as_json_with_what_changed(self, folder):
        told = json.loads(run("summary", "--json", cwd=folder).out)
        assert told["version"] == 1
        assert (told["snapshot"], told["municipalities"]) == (SECOND, 4)
        assert told["failing"]["contact"]["https_2016"] == 1
        assert told["statuses"]["appointment"] == {"secure": 3, "downgrade": 1}
        assert told["changes"]["since"] == FIRST
        assert told["changes"]["municipalities"]["appointment"]["fixed"] == {"confirmed": 0, "seen_once": 1}

    def test_of_an_older_snapshot_without_one_before(self, folder):
        told = json.loads(run("summary", "--json", "--snapshot", "previous", cwd=folder).out)
        assert (told["snapshot"], told["changes"]) == (FIRST, None)

    def test_for_a_person(self, folder):
        found = run("summary", cwd=folder, fresh=True)
        assert found.code == 0
        assert "appointment form not protected by https: 0 of 4" in found.out

    def test_what_it_says_to_go_on_with_can_be_pasted_into_a_shell(self, tmp_path):
        two_nights(tmp_path / "my nights")
        found = run("summary", "--output", "my nights", cwd=tmp_path)
        assert "query --output 'my nights' \"SELECT" in found.out
        assert "report --output 'my nights'" in found.out
        assert "crawl --output 'no nights'" in run("summary", "--output", "no nights", cwd=tmp_path).err

    def test_without_a_snapshot(self, tmp_path):
        found = run("summary", cwd=tmp_path)
        assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)


class TestRecheck:
    """What needs no network; the rest is in tests/test_morning.py."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--output", "nowhere"], "no snapshot"),
            (["--only", "GM0000"], "not in the snapshot"),
            (["--delay", "0"], "--delay 0 is no number of seconds above zero"),
            (["--connect-to", "x"], "connect-to"),
            (["--log-level", "LOUD"], "--log-level"),
        ],
    )
    def test_wrong_usage_is_one_line_and_exit_code_2(self, arguments, words, folder):
        found = run("recheck", *arguments, cwd=folder)
        assert (found.code, found.out, found.err.count("\n")) == (2, "", 1), found
        assert words in found.err

    def test_while_a_run_works_on_the_output_nothing_is_asked(self, folder):
        from gemcrawl.snapshot.lock import OutputLock

        lock = OutputLock.acquire(folder / "output")
        try:
            found = run("recheck", cwd=folder)
        finally:
            lock.release()
        assert (found.code, found.out, found.err.count("\n")) == (4, "", 1), found
        assert "another run works in" in found.err


@pytest.mark.parametrize("command", ["diff", "notify", "summary", "recheck"])
def test_help_shows_an_example_and_the_exit_codes(command, tmp_path):
    found = run(command, "--help", cwd=tmp_path)
    assert found.code == 0
    assert f"Example: gemcrawl {command}" in found.out
    assert "Exit codes:" in found.out


def test_completion_is_offered(tmp_path):
    found = run("--help", cwd=tmp_path)
    assert "--install-completion" in found.out


def test_every_command_is_in_the_readme_or_its_documents():
    from gemcrawl.cli.app import app

    root = Path(__file__).resolve().parents[2]
    told = "".join(path.read_text("utf-8") for path in (root / "README.md", *(root / "docs").glob("*.md")))
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"gemcrawl {name}" in told
