"""Exchanges as WARC 1.1 records (ISO 28500:2017), each a gzip member of its own, so that records can be put one after the other.

The header section of a response is kept as received, but for one thing: chunks are undone, as the payload digest wants the entity-body
(section 5.9), and so ``Transfer-Encoding`` is renamed to ``X-Archive-Orig-Transfer-Encoding``.  The content coding stays as it was sent.
"""

from __future__ import annotations

import io
import re
import uuid
from typing import TYPE_CHECKING

from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

if TYPE_CHECKING:
    from datetime import datetime

    from gemcrawl.fetch.exchange import Exchange

VERSION = "WARC/1.1"
_CHUNKED = re.compile(rb"^(?=transfer-encoding[ \t]*:)", re.IGNORECASE | re.MULTILINE)
_NAMES = uuid.UUID("6f1c2f0e-5a51-4f0d-9a35-5f8d8f5c9f1b")
"""Of record ids that are to be the same whenever they are made."""


def pair(url: str, exchange: Exchange, at: datetime) -> bytes:
    """The response and the request of an exchange: two gzip members.

    Args:
        url: what was asked for.
        exchange: as it went over the connection.
        at: UTC; when it was received.
    """
    told = {"WARC-Date": _date(at), "WARC-IP-Address": exchange.address}
    cut = {"WARC-Truncated": "length"} if exchange.truncated else {}
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version=VERSION)
    response = writer.create_warc_record(
        url,
        "response",
        payload=io.BytesIO(exchange.body),
        length=len(exchange.body),
        http_headers=_AsReceived(_CHUNKED.sub(b"X-Archive-Orig-", exchange.head)),
        warc_headers_dict={**{name: value for name, value in told.items() if value}, **cut},
    )
    request = writer.create_warc_record(
        url,
        "request",
        payload=io.BytesIO(),
        length=0,
        http_headers=_AsReceived(exchange.request),
        warc_headers_dict={"WARC-Date": _date(at)},
    )
    writer.write_request_response_pair(request, response)
    return out.getvalue()


def warcinfo(run_id: str, at: datetime, software: str) -> bytes:
    """The record at the beginning of an archive; the same for the same run, whenever it is made."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version=VERSION)
    told = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": run_id,
        "description": "Pages that carry an appointment or contact form, as received",
        "robots": "obey",
    }
    record = writer.create_warcinfo_record("", told)
    record.rec_headers.replace_header("WARC-Record-ID", StatusAndHeadersParser.make_warc_id(uuid.uuid5(_NAMES, run_id)))
    record.rec_headers.replace_header("WARC-Date", _date(at))
    writer.write_record(record)
    return out.getvalue()


class _AsReceived(StatusAndHeaders):  # type: ignore[misc]
    """A header section that is written as it is, whatever is in it."""

    def __init__(self, raw: bytes) -> None:
        super().__init__("", [])
        self.headers_buff = raw

    def __bool__(self) -> bool:
        return True

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        """Nothing to compute."""


def _date(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
