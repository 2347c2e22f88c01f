"""The archive of one municipality while it is surveyed: records of pages that carry a form in scope, packed as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemcrawl.evidence.warc import pair

if TYPE_CHECKING:
    from datetime import datetime

    from gemcrawl.fetch.exchange import Exchange

ARCHIVE = "evidence/archive.warc.gz"
"""Path of the archive in a snapshot."""


def reference(offset: int) -> str:
    """What the column ``evidence`` of a form says: path of the archive, and where in it the record of its page begins, in bytes."""
    return f"{ARCHIVE}#{offset}"


def moved(evidence: str | None, by: int) -> str | None:
    """A reference to a record that now begins so many bytes later."""
    return None if evidence is None else reference(int(evidence.rpartition("#")[2]) + by)


class Archive:
    """Keeps each page once.

    Args:
        limit: bytes of records, packed; a page that would go beyond it is not kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._packed = bytearray()
        self._kept: dict[str, int] = {}

    def keep(self, url: str, exchange: Exchange | None, at: datetime) -> str | None:
        """Keeps the exchange that brought a page; what refers to it, or None when it is not kept.

        Args:
            url: its address.
            exchange: None when nobody has it any more.
            at: UTC; when it was received.
        """
        if url not in self._kept:
            if exchange is None:
                return None
            records = pair(url, exchange, at)
            if len(self._packed) + len(records) > self._limit:
                return None
            self._kept[url] = len(self._packed)
            self._packed += records
        return reference(self._kept[url])

    @property
    def packed(self) -> bytes:
        """All records, one gzip member each."""
        return bytes(self._packed)
