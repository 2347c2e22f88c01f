"""What a report is made of: which snapshot, where the municipalities lie, and what an embargo leaves unnamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.notify import embargo_of
from gemcrawl.notify.embargo import Notice, record
from gemcrawl.report import write
from gemcrawl.report.data import UNPUBLISHED, load
from tests.report.nights import INSECURE, TEXT, first_night, published, survey, town
from tests.report.pages import broken_links, text
from tests.snapshot.rows import form, host

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def test_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no snapshot"):
        load(tmp_path)


def test_a_snapshot_of_another_directory_is_refused(output: Path, tmp_path: Path) -> None:
    published(tmp_path / "other", first_night())
    (other,) = (tmp_path / "other").glob("snapshot=*")
    with pytest.raises(UsageError, match="--output"):
        load(output, str(other))


def test_a_code_that_cannot_name_a_page_is_refused(output: Path) -> None:
    (path,) = output.glob("snapshot=*/municipalities.parquet")
    table = pq.read_table(path, partitioning=None)
    evil = ["../../evil", *table["code"].to_pylist()[1:]]
    pq.write_table(table.set_column(table.schema.get_field_index("code"), table.schema.field("code"), [evil]), path)
    with pytest.raises(OutputError, match="no code of a municipality"):
        load(output)


def test_snapshots_from_before_there_were_coordinates_take_those_of_the_register(output: Path) -> None:
    (path,) = output.glob("snapshot=*/municipalities.parquet")
    table = pq.read_table(path, partitioning=None).drop_columns(["lat", "lon"])
    codes = ["GM0363", *table["code"].to_pylist()[1:]]
    pq.write_table(table.set_column(table.schema.get_field_index("code"), table.schema.field("code"), [codes]), path)
    found = {row["code"]: (row["lat"], row["lon"]) for row in load(output).municipalities}
    assert 52 < found["GM0363"][0] < 53
    assert 4 < found["GM0363"][1] < 6
    assert found["GM0002"] == (None, None)


def files(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.html")))


@pytest.fixture
def cautious(tmp_path: Path) -> Path:
    """A night with an insecure form, and a secure one of the same kind beside it."""
    nights = first_night()
    beside = replace(INSECURE, page_url="https://www.gm0001.nl/tweede", form_id="dd44", verdict="secure", findings=[], page_title="Tweede")
    nights[0] = survey(town(1, name="Aa", appointment="insecure", insecure_findings=["action_http"]), [INSECURE, beside], nights[0].hosts)
    published(tmp_path / "output", nights)
    return tmp_path / "output"


def test_an_embargo_counts_but_does_not_name(cautious: Path, tmp_path: Path) -> None:
    data = load(cautious, embargo=embargo_of(cautious, 60, at=NOW))
    assert data.withheld == 1
    assert data.numbers["headline"][0]["total"] == 4
    assert {row["status"]: row["municipalities"] for row in data.numbers["statuses"] if row["kind"] == "appointment"}["insecure"] == 1
    write.write(data, tmp_path / "report", ("nl", "en"))
    everything = files(tmp_path / "report")
    for secret in ("aa11", "dd44", "/afspraak", "a.test", "Tweede", 'class="fill insecure" d="M0-8 8 0 0 8-8 0Z" transform'):
        assert secret not in everything
    front = text(tmp_path / "report" / "en" / "index.html")
    assert "Under embargo" in front
    assert front.count("not published: not tested, or under embargo") == 2
    assert broken_links(tmp_path / "report") == []


def test_under_embargo_what_was_not_tested_looks_the_same(cautious: Path, tmp_path: Path) -> None:
    data = load(cautious, embargo=embargo_of(cautious, 60, at=NOW))
    shown = {row["code"]: (row["appointment"], row["contact"]) for row in data.municipalities}
    assert shown["GM0001"][0] == shown["GM0004"][0] == UNPUBLISHED
    assert shown["GM0002"] == ("not_found", "secure")
    write.write(data, tmp_path / "report", ("en",))
    assert "robots.txt keeps us out" not in text(tmp_path / "report" / "m" / "GM0004.html")
    coverage = text(tmp_path / "report" / "coverage.html")
    assert not [name for name in ("Aa", "Cc", "Dd") if f" {name} " in coverage]


def test_under_embargo_the_numbers_of_a_province_do_not_tell_who_it_is(tmp_path: Path) -> None:
    """One municipality in a province: what is withheld and what was not tested give the same page."""
    pages = []
    for status, forms in (("insecure", [INSECURE]), ("not_tested", [])):
        output = tmp_path / status
        published(output, [survey(town(1, appointment=status), forms, []), *first_night()[1:]])
        write.write(load(output, embargo=embargo_of(output, 60, at=NOW)), output / "report", ("nl", "en"))
        pages.append((output / "report" / "provinces.html").read_text())
        assert "onveilig, omleidbaar of niet getest" in pages[-1]
    assert pages[0] == pages[1]


def test_under_embargo_a_host_that_only_supplies_data_is_not_shown(tmp_path: Path) -> None:
    """It may be the reason why the form that is withheld is insecure, and nobody can tell for which form it is."""
    api = host("api.supplier.test", "GM0001", "GM0002", roles=["api"], certificate="expired")
    contact = form("GM0001", "https://www.gm0001.nl/contact", "ee55", verdict="secure")
    published(tmp_path, [survey(town(1, appointment="insecure", contact="secure"), [INSECURE, contact], [api]), *first_night()[1:]])
    assert load(tmp_path).data_hosts.keys() == {"GM0001", "GM0002"}
    data = load(tmp_path, embargo=embargo_of(tmp_path, 60, at=NOW))
    assert [shown["form_id"] for shown in data.forms["GM0001"]] == ["ee55"]
    write.write(data, tmp_path / "report", ("en",))
    assert "api.supplier.test" not in text(tmp_path / "report" / "m" / "GM0001.html")
    assert "api.supplier.test" in text(tmp_path / "report" / "m" / "GM0002.html")


def test_after_the_embargo_everything_is_named(cautious: Path) -> None:
    told = Notice(
        municipality="GM0001",
        kind="appointment",
        place="www.gm0001.nl/afspraak",
        code="action_http",
        given=NOW - timedelta(days=61),
        by="message",
    )
    record(cautious, [told])
    assert load(cautious, embargo=embargo_of(cautious, 60, at=NOW)).withheld == 0
    assert load(cautious, embargo=embargo_of(cautious, 62, at=NOW)).withheld == 1


def test_without_an_embargo_everything_is_named(cautious: Path) -> None:
    data = load(cautious, embargo=embargo_of(cautious, 0, at=NOW))
    assert not data.embargo
    assert [form["form_id"] for form in data.forms["GM0001"]] == ["aa11", "dd44"]
    assert data.forms["GM0001"][0]["page_title"] == TEXT
