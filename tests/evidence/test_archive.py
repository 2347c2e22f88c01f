"""The archive of one municipality: each page once, within its bytes."""

from __future__ import annotations

import io
import random

from warcio.archiveiterator import ArchiveIterator

from gemcrawl.evidence.archive import ARCHIVE, Archive, moved
from tests.evidence.test_warc import AT, exchange


def _urls(archive: Archive) -> list[str]:
    records = ArchiveIterator(io.BytesIO(archive.packed))
    return [record.rec_headers.get_header("WARC-Target-URI") for record in records if record.rec_type == "response"]


def test_a_page_with_two_forms_is_kept_once() -> None:
    archive = Archive(10_000)
    one, two = archive.keep("https://a.test/", exchange(), AT), archive.keep("https://a.test/b", exchange(), AT)
    assert one == f"{ARCHIVE}#0"
    assert archive.keep("https://a.test/", exchange(), AT) == one
    assert two != one
    assert _urls(archive) == ["https://a.test/", "https://a.test/b"]


def test_what_refers_to_a_page_leads_to_its_record() -> None:
    archive = Archive(10_000)
    for number in range(3):
        reference = archive.keep(f"https://a.test/{number}", exchange(body=b"%d" % number), AT)
        assert reference is not None
        (record, *_) = ArchiveIterator(io.BytesIO(archive.packed[int(reference.partition("#")[2]) :]))
        assert record.rec_headers.get_header("WARC-Target-URI") == f"https://a.test/{number}"


def test_what_would_go_beyond_the_limit_is_not_kept_and_what_is_smaller_still_is() -> None:
    archive = Archive(2_000)
    noise = random.Random(1).randbytes(5_000)
    assert archive.keep("https://a.test/large", exchange(body=noise), AT) is None
    assert archive.keep("https://a.test/small", exchange(), AT) is not None
    assert len(archive.packed) <= 2_000


def test_a_page_whose_bytes_nobody_has_is_not_kept_unless_it_was_before() -> None:
    archive = Archive(10_000)
    assert archive.keep("https://a.test/", None, AT) is None
    known = archive.keep("https://a.test/", exchange(), AT)
    assert archive.keep("https://a.test/", None, AT) == known


def test_a_reference_moves_with_its_record() -> None:
    assert moved(f"{ARCHIVE}#17", 100) == f"{ARCHIVE}#117"
    assert moved(None, 100) is None
