"""Exchanges as records that every tool for web archives reads, digests included."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from gemcrawl.evidence.warc import pair, warcinfo
from gemcrawl.fetch.exchange import Exchange

AT = datetime(2026, 11, 23, 2, 0, 0, 1500, tzinfo=UTC)
URL = "https://www.aa.test/afspraak?x=1"
REQUEST = b"GET /afspraak?x=1 HTTP/1.1\r\nHost: www.aa.test\r\nUser-Agent: gemcrawl\r\n\r\n"
HEAD = b"HTTP/1.1 200 Prima\r\nContent-Type:text/html\r\nX-Name:  Caf\xe9  \r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n"


def exchange(**changes: Any) -> Exchange:
    return Exchange(**{"request": REQUEST, "head": HEAD, "body": b"<form></form>", "address": "192.0.2.7", **changes})


def records(archive: bytes) -> list[tuple[str, Any, bytes]]:
    """Type, WARC fields and content of each record, chunks and codings undone; raises where a digest does not fit."""
    return [
        (record.rec_type, dict(record.rec_headers.headers), record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(archive), check_digests="raise")
    ]


def blocks(archive: bytes) -> list[bytes]:
    """The bytes of each record after its WARC fields."""
    text = gzip.decompress(archive)
    found = []
    while text:
        fields, _, text = text.partition(b"\r\n\r\n")
        (length,) = (int(line.partition(b":")[2]) for line in fields.split(b"\r\n") if line.startswith(b"Content-Length:"))
        found.append(text[:length])
        assert text[length : length + 4] == b"\r\n\r\n"
        text = text[length + 4 :]
    return found


def test_request_and_response_are_kept_as_they_went_over_the_connection() -> None:
    assert blocks(pair(URL, exchange(), AT)) == [HEAD + b"<form></form>", REQUEST]


def test_records_say_what_when_and_from_where_and_belong_together() -> None:
    (kind, response, payload), (other, request, _) = records(pair(URL, exchange(), AT))
    assert (kind, other, payload) == ("response", "request", b"<form></form>")
    assert response["WARC-Target-URI"] == request["WARC-Target-URI"] == URL
    assert response["WARC-Date"] == request["WARC-Date"] == "2026-11-23T02:00:00.001500Z"
    assert response["WARC-IP-Address"] == "192.0.2.7"
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert response["WARC-Payload-Digest"].startswith("sha1:")
    assert response["WARC-Block-Digest"].startswith("sha1:")
    assert "WARC-Truncated" not in response


def test_a_body_that_was_cut_says_so() -> None:
    ((_, response, _), _) = records(pair(URL, exchange(truncated=True), AT))
    assert response["WARC-Truncated"] == "length"


@pytest.mark.parametrize("name", [b"Transfer-Encoding", b"transfer-encoding", b"TRANSFER-ENCODING "])
def test_chunks_are_undone_and_the_header_says_what_it_said(name: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + name + b": chunked\r\nX-Transfer-Encoding: no\r\n\r\n"
    (response, _) = blocks(pair(URL, exchange(head=head, body=b"5 is no length"), AT))
    assert response == head.replace(b"\r\n" + name, b"\r\nX-Archive-Orig-" + name) + b"5 is no length"
    assert records(pair(URL, exchange(head=head, body=b"5 is no length"), AT))[0][2] == b"5 is no length"


def test_a_content_coding_stays_and_is_undone_by_who_reads() -> None:
    packed = gzip.compress(b"<form></form>")
    archive = pair(URL, exchange(head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", body=packed), AT)
    assert blocks(archive)[0].endswith(packed)
    assert records(archive)[0][2] == b"<form></form>"


def test_a_changed_byte_is_noticed() -> None:
    """The check of digests above can fail."""
    archive = gzip.compress(gzip.decompress(pair(URL, exchange(), AT)).replace(b"<form>", b"<from>"))
    with pytest.raises(ArchiveLoadFailed, match="digest"):
        records(archive)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_a_server_sends_is_kept_to_the_byte(fields: bytes, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nX: " + fields.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n\r\n"
    archive = pair(URL, exchange(head=head, body=body), AT)
    assert blocks(archive) == [head + body, REQUEST]
    assert [kind for kind, *_ in records(archive)] == ["response", "request"]


def test_records_put_one_after_the_other_are_an_archive_and_each_is_found_at_its_offset() -> None:
    parts = [warcinfo("2026-11-23T020000Z", AT, "gemcrawl/1"), pair(URL, exchange(), AT), pair("https://b.test/", exchange(body=b"b"), AT)]
    archive = b"".join(parts)
    assert [kind for kind, *_ in records(archive)] == ["warcinfo", "response", "request", "response", "request"]
    (_, fields, content) = records(archive[len(parts[0]) + len(parts[1]) :])[0]
    assert (fields["WARC-Target-URI"], content) == ("https://b.test/", b"b")


def test_the_first_record_of_a_run_is_always_the_same() -> None:
    assert warcinfo("r", AT, "gemcrawl/1") == warcinfo("r", AT, "gemcrawl/1")
    ((kind, fields, payload),) = records(warcinfo("r", AT, "gemcrawl/1"))
    assert kind == "warcinfo"
    assert b"software: gemcrawl/1\r\n" in payload
    assert fields["WARC-Date"] == "2026-11-23T02:00:00.001500Z"
