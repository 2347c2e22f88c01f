"""Evidence in a snapshot: one archive for all municipalities, pictures beside it, in the same rename as the tables."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator

from gemcrawl.evidence.archive import ARCHIVE, Archive
from gemcrawl.exceptions import OutputError
from gemcrawl.items import Survey
from gemcrawl.snapshot.evidence import picture_path
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import Published, publish
from tests.evidence.test_warc import AT, exchange
from tests.snapshot.rows import entry, files_below, form, municipality, run_info


def survey(number: int, *paths: str, pictures: dict[str, bytes] | None = None) -> Survey:
    """A municipality with an archived form on each path."""
    code, archive, forms = f"GM{number:04d}", Archive(100_000), []
    for place, path in enumerate(paths):
        url = f"https://www.g{number}.test{path}"
        forms.append(form(code, url, f"{number:010x}{place:010x}", evidence=archive.keep(url, exchange(body=url.encode()), AT)))
    return Survey(municipality=municipality(code), forms=forms, archive=archive.packed, pictures=pictures or {})


def published(output: Path, *surveys: Survey, keep_parts: bool = False) -> Published:
    parts = Parts(output / "runs" / "run-1")
    for each in surveys:
        parts.write(each)
    return publish(output, run_info(), parts, [entry(n) for n in range(1, 4)], keep_parts=keep_parts)


def record_at(snapshot: Path, evidence: str) -> tuple[str, bytes]:
    """Address and payload of the record that a form refers to."""
    path, _, offset = evidence.partition("#")
    with (snapshot / path).open("rb") as file:
        file.seek(int(offset))
        record = next(iter(ArchiveIterator(file, check_digests="raise")))
        return record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()


def test_every_form_refers_to_the_record_of_its_page_whatever_came_before(tmp_path: Path) -> None:
    snapshot = published(tmp_path, survey(1, "/a", "/b"), survey(2), survey(3, "/c")).path
    forms = pq.read_table(snapshot / "forms.parquet", partitioning=None).to_pylist()
    assert len(forms) == 3
    for row in forms:
        assert record_at(snapshot, row["evidence"]) == (row["page_url"], row["page_url"].encode())
    kinds = [record.rec_type for record in ArchiveIterator(io.BytesIO((snapshot / ARCHIVE).read_bytes()), check_digests="raise")]
    assert kinds == ["warcinfo", *["response", "request"] * 3]


def test_the_descriptor_tells_what_there_is(tmp_path: Path) -> None:
    snapshot = published(tmp_path, survey(1, "/a", pictures={"ab" * 10: b"RIFF"})).path
    told = json.loads((snapshot / "datapackage.json").read_bytes())["gemcrawl"]["evidence"]
    content = (snapshot / ARCHIVE).read_bytes()
    assert told == {
        "archive": {"path": ARCHIVE, "bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"},
        "pictures": 1,
    }
    assert (snapshot / picture_path("ab" * 10)).read_bytes() == b"RIFF"


def test_without_evidence_there_is_no_trace_of_it(tmp_path: Path) -> None:
    snapshot = published(tmp_path, Survey(municipality=municipality("GM0001"))).path
    assert not (snapshot / "evidence").exists()


def test_a_run_that_was_killed_after_its_publication_adds_nothing(tmp_path: Path) -> None:
    first = published(tmp_path, survey(1, "/a"), keep_parts=True)
    before = (first.path / ARCHIVE).read_bytes()
    again = publish(tmp_path, run_info(), Parts(tmp_path / "runs" / "run-1"), [entry(n) for n in range(1, 4)])
    assert again.path == first.path
    assert (first.path / ARCHIVE).read_bytes() == before
    assert len(list(tmp_path.glob("snapshot=*"))) == 1


def test_a_part_that_was_torn_costs_its_municipality_and_leaves_the_archive_whole(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "runs" / "run-1")
    for each in (survey(1, "/a"), survey(2, "/b"), survey(3, "/c")):
        parts.write(each)
    torn = parts.path("GM0002")
    torn.write_bytes(torn.read_bytes()[:-50])
    found = publish(tmp_path, run_info(), parts, [entry(n) for n in range(1, 4)])
    assert found.missing == ("GM0002",)
    for row in pq.read_table(found.path / "forms.parquet", partitioning=None).to_pylist():
        assert record_at(found.path, row["evidence"])[0] == row["page_url"]


def test_evidence_goes_through_a_part_unchanged(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "run")
    was = survey(1, "/a", pictures={"cd" * 10: b"\x00\xff"})
    parts.write(was)
    now = parts.survey("GM0001")
    assert now is not None
    assert (now.archive, now.pictures, now.forms) == (was.archive, was.pictures, was.forms)


@pytest.mark.parametrize("form_id", ["../../x", "", "AB" * 10, "a" * 7, "0" * 65, "abcdef01/"])
def test_a_file_is_named_after_an_id_and_nothing_else(form_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no form_id"):
        picture_path(form_id)
    with pytest.raises((ValueError, OutputError)):
        published(tmp_path, survey(1, "/a", pictures={form_id: b"x"}))
    assert not [name for name in files_below(tmp_path) if name.endswith(".webp")]
