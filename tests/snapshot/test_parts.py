from __future__ import annotations

import dataclasses
import errno
import json
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemcrawl.exceptions import ItemError
from gemcrawl.items import Form, Host, Municipality, Page, Survey
from gemcrawl.snapshot.parts import PART_SCHEMA, Parts
from gemcrawl.snapshot.schema import to_record
from tests.snapshot.rows import files_below, municipality, night, page, rows


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "runs" / "run-1")


def test_a_part_is_one_file_with_one_row_that_holds_the_survey(parts):
    survey = night(344)
    path = parts.write(survey)
    assert path == parts.run_dir / "parts" / "GM0344" / "survey.parquet"
    (row,) = pq.read_table(path).to_pylist()
    assert json.loads(row["municipality"]) == plain(survey.municipality)
    assert [json.loads(one) for one in row["pages"]] == list(map(plain, survey.pages))
    assert [json.loads(one) for one in row["forms"]] == list(map(plain, survey.forms))
    assert [json.loads(one) for one in row["hosts"]] == list(map(plain, survey.hosts))
    assert files_below(parts.run_dir) == {"parts/GM0344/survey.parquet"}


def plain(row):
    """As JSON has it: times in words."""
    return json.loads(json.dumps(to_record(row), default=datetime.isoformat))


def test_a_survey_comes_back_as_it_was_committed(parts):
    survey = night(344)
    survey.archive, survey.pictures = b"WARC/1.1", {"0123abcd": b"RIFF"}
    parts.write(survey)
    assert parts.survey("GM0344") == survey


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_survives_the_way_through_a_part(parts, data):
    survey = Survey(
        municipality=dataclasses.replace(data.draw(rows(Municipality)), code="GM0344"),
        forms=data.draw(st.lists(rows(Form), max_size=2)),
        pages=data.draw(st.lists(rows(Page), max_size=2)),
        hosts=data.draw(st.lists(rows(Host), max_size=2)),
    )
    parts.write(survey)
    assert parts.survey("GM0344") == survey


def test_nothing_but_the_rows_and_their_evidence_is_published(parts):
    survey = night(344)
    survey.unread.append("contact")
    parts.write(survey)
    assert pq.read_schema(parts.path("GM0344")).names == ["municipality", "forms", "pages", "hosts", "archive", "pictures"]


def test_writing_again_replaces_the_part(parts):
    parts.write(night(344))
    parts.write(Survey(municipality=municipality("GM0344", outcome="partial", reason="budget")))
    again = parts.survey("GM0344")
    assert (again.municipality.outcome, again.pages) == ("partial", [])
    assert files_below(parts.run_dir) == {"parts/GM0344/survey.parquet"}
    assert not any((parts.run_dir / "staging").iterdir())


def test_writing_the_same_twice_changes_nothing(parts):
    first = parts.write(night(344)).read_bytes()
    assert parts.write(night(344)).read_bytes() == first


def test_what_a_killed_process_left_in_staging_is_in_nobodys_way(parts):
    left = parts.run_dir / "staging" / "GM0344"
    left.mkdir(parents=True)
    (left / "survey.parquet").write_bytes(b"PAR1 half")
    assert parts.codes() == set()
    parts.write(night(344))
    assert parts.codes() == {"GM0344"}


def test_codes_are_those_of_complete_parts(parts):
    assert parts.codes() == set()
    for number in (1, 2, 3):
        parts.write(night(number))
    truncated = parts.path("GM0002")
    truncated.write_bytes(truncated.read_bytes()[:-5])
    assert parts.codes() == {"GM0001", "GM0003"}
    assert parts.survey("GM0002") is None
    assert parts.survey("GM0009") is None


def test_a_part_with_other_columns_does_not_count(parts):
    path = parts.write(night(1))
    older = pq.read_table(path).drop_columns(["hosts"])
    pq.write_table(older, path)
    assert parts.codes() == set()
    assert parts.survey("GM0001") is None


def test_a_part_of_a_version_with_other_columns_does_not_count(parts):
    path = parts.write(night(1))
    pq.write_table(pq.read_table(path).replace_schema_metadata({"columns": "another"}), path)
    assert parts.codes() == set()
    assert parts.survey("GM0001") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"code": "GM0001"}', '{"code": 1}', "null"])
def test_a_part_whose_text_is_no_row_is_as_none(parts, text):
    path = parts.write(night(1))
    table = pq.read_table(path)
    pq.write_table(table.set_column(0, table.schema.field(0), [[text]]), path)
    assert parts.survey("GM0001") is None


def test_a_part_with_no_row_does_not_count(parts):
    pq.write_table(PART_SCHEMA.empty_table(), parts.write(night(1)))
    assert parts.codes() == set()
    assert parts.survey("GM0001") is None


@pytest.mark.parametrize("code", ["", ".", "..", "../GM0001", "a/b", "GM0001\0", "GM0001\n", ".hidden", "snapshot=x", "é", "x" * 65])
def test_a_code_that_is_no_file_name_is_refused(parts, code):
    with pytest.raises(ItemError, match="cannot be a file name"):
        parts.write(Survey(municipality=municipality(code)))
    assert not parts.run_dir.exists()


@given(st.text(max_size=10))
def test_no_code_leads_out_of_the_directory(code):
    parts = Parts(Path("/run"))
    try:
        path = parts.path(code)
    except ItemError:
        return
    assert path.parent.parent == Path("/run/parts")


def test_hostile_text_of_a_site_does_not_lose_the_municipality(parts):
    parts.write(Survey(municipality=municipality("GM0344"), pages=[page("GM0344", "https://x.nl/", title="\ud800 \0 \u202e")]))
    assert parts.survey("GM0344").pages[0].title == "\ufffd \0 \u202e"


def test_surveys_written_by_several_processes_at_once_are_all_there(parts):
    script = """
        import sys
        from pathlib import Path
        from tests.snapshot.rows import night
        from gemcrawl.snapshot.parts import Parts
        for number in range(int(sys.argv[2]), 30, 3):
            Parts(Path(sys.argv[1])).write(night(number))
    """
    workers = [_start(script, parts.run_dir, str(first)) for first in range(3)]
    assert [worker.communicate(timeout=60) for worker in workers] == [("", "")] * 3
    assert parts.codes() == {f"GM{number:04d}" for number in range(30)}


def _start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


DISK_FULL = """
    import resource, sys
    from pathlib import Path
    from tests.snapshot.rows import night
    from gemcrawl.snapshot.parts import Parts
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        Parts(Path(sys.argv[1])).write(night(344))
    except OSError as error:
        print(type(error).__name__, error.errno)
"""


@pytest.mark.parametrize("there_before", [False, True])
def test_a_file_system_that_takes_no_more_leaves_nothing_half_written(parts, there_before):
    if there_before:
        before = parts.write(night(344)).read_bytes()
    process = _start(DISK_FULL, parts.run_dir)
    output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (f"OSError {errno.EFBIG}\n", "", 0)
    if there_before:
        assert parts.path("GM0344").read_bytes() == before
        assert files_below(parts.run_dir) == {"parts/GM0344/survey.parquet"}
    else:
        assert files_below(parts.run_dir) == set()
        assert parts.codes() == set()


def test_a_file_in_the_way_is_an_error_of_the_system(tmp_path):
    (tmp_path / "run").write_text("not a directory")
    with pytest.raises(OSError, match="Not a directory"):
        Parts(tmp_path / "run").write(night(344))


def test_a_part_can_be_read_while_it_is_replaced(parts):
    path = parts.write(night(344))
    with path.open("rb") as reader:
        parts.write(Survey(municipality=municipality("GM0344")))
        assert pq.read_table(pa.PythonFile(reader)).num_rows == 1
    assert files_below(parts.run_dir) == {"parts/GM0344/survey.parquet"}


def test_second_tries_are_noted(parts):
    parts.write(night(344))
    assert parts.tried_again() == set()
    parts.mark_tried_again("GM0344")
    parts.mark_tried_again("GM0344")
    assert parts.tried_again() == {"GM0344"}
    assert parts.codes() == {"GM0344"}
