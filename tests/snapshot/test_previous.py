"""What the newest published snapshot knows of the forms of every municipality."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq

from gemcrawl.items import Form, Municipality
from gemcrawl.snapshot.previous import known_forms, survey_seconds
from gemcrawl.snapshot.read import directory_of, snapshot_id
from gemcrawl.snapshot.schema import table_of
from gemcrawl.survey.previous import KnownForm
from tests.snapshot.rows import NIGHT, form, municipality


def published(output: Path, forms: list[Form], days: int = 0) -> Path:
    directory = directory_of(output, snapshot_id(NIGHT + timedelta(days=days)))
    directory.mkdir(parents=True)
    pq.write_table(table_of(Form, forms), directory / "forms.parquet")
    return directory


def test_forms_in_scope_by_municipality_with_the_page_that_leads_there(tmp_path: Path) -> None:
    published(
        tmp_path,
        [
            form("GM0001", "https://a.test/contact", entry_url="https://a.test/"),
            form("GM0001", "https://planner.test/", kind="appointment", frame_urls=["https://a.test/afspraak"]),
            form("GM0002", "https://b.test/contact", entry_url="https://b.test/contact"),
            form("GM0002", "https://b.test/zoeken", kind="search"),
        ],
    )
    assert known_forms(tmp_path) == {
        "GM0001": (
            KnownForm("contact", "https://a.test/contact", "https://a.test/"),
            KnownForm("appointment", "https://a.test/afspraak", None),
        ),
        "GM0002": (KnownForm("contact", "https://b.test/contact", None),),
    }


def test_the_newest_snapshot_counts(tmp_path: Path) -> None:
    published(tmp_path, [form("GM0001", "https://a.test/oud")])
    published(tmp_path, [form("GM0001", "https://a.test/nieuw")], days=1)
    assert known_forms(tmp_path) == {"GM0001": (KnownForm("contact", "https://a.test/nieuw", None),)}


def test_without_a_snapshot_nothing_is_known(tmp_path: Path) -> None:
    assert known_forms(tmp_path) == {}
    assert known_forms(tmp_path / "missing") == {}


def test_a_broken_snapshot_tells_nothing(tmp_path: Path) -> None:
    directory = published(tmp_path, [])
    (directory / "forms.parquet").write_bytes(b"broken")
    assert known_forms(tmp_path) == {}


def test_how_long_every_municipality_took(tmp_path: Path) -> None:
    assert survey_seconds(tmp_path) == {}
    directory = published(tmp_path, [])
    assert survey_seconds(tmp_path) == {}
    rows = [municipality("GM0001"), municipality("GM0002", finished_at=NIGHT + timedelta(seconds=1.5))]
    pq.write_table(table_of(Municipality, rows), directory / "municipalities.parquet")
    assert survey_seconds(tmp_path) == {"GM0001": 240.0, "GM0002": 1.5}
    (directory / "municipalities.parquet").write_bytes(b"broken")
    assert survey_seconds(tmp_path) == {}
