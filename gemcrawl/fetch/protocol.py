"""aiohttp's side of a connection, with a budget on what a server may send in answer to one request.

aiohttp has limits for lines and fields, but none for how many informational answers go before the real one, for chunk extensions, or for
all bytes together: a server that sends nothing else fills the memory for as long as the time limit lets it.
"""

from __future__ import annotations

import re
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

MOST_ANSWERS = 16
"""Answers to one request: informational ones (1xx) and the one that counts, RFC 9110 section 15.2."""
OVERHEAD = 1024 * 1024
"""Bytes that may come beside a body: header sections, and the framing of chunks."""

_SECTION_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_END = 4
"""Bytes of it."""
_INFORMATIONAL = re.compile(rb"HTTP/[0-9.]+ 1[0-9][0-9]")


class FloodError(aiohttp.ClientError):
    """The server sent more than any answer needs; the connection was ended."""


class Protocol(ResponseHandler):
    """Ends a connection over which too much comes; requests on it raise `FloodError`.

    Args:
        most_bytes: that may come in answer to one request.
        keeps_heads: keep the header section of each answer as it came, in `head`.
    """

    def __init__(self, *args: Any, most_bytes: int, keeps_heads: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._most = self._left = most_bytes
        self._answers = 0
        self._keeps_heads = keeps_heads
        self._head_open = False
        self._begun = bytearray()
        """Of a header section that is not whole yet."""
        self.head = b""
        """Status line and header section of the last answer as received, informational answers left out; empty unless they are kept."""

    def set_response_params(self, **options: Any) -> None:
        """aiohttp calls this before each request on the connection."""
        self._left, self._answers = self._most, 0
        self.head, self._head_open = b"", self._keeps_heads
        self._begun.clear()
        super().set_response_params(**options)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left >= 0:
            if self._head_open:
                self._keep_head(data)
            super().data_received(data)
        if self._left < 0 or self._answers > MOST_ANSWERS:
            self._flooded()

    def _keep_head(self, data: bytes) -> None:
        """Gathers what comes until the header section of the answer that counts is whole; each byte is looked at once, or nearly."""
        unseen = max(0, len(self._begun) - _LONGEST_END)
        self._begun += data
        while (end := _SECTION_END.search(self._begun, unseen)) is not None:
            if _INFORMATIONAL.match(self._begun) is None:
                self.head, self._head_open = bytes(self._begun[: end.end()]), False
                self._begun.clear()
                return
            del self._begun[: end.end()]
            unseen = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        self._answers += 1
        if self._answers <= MOST_ANSWERS:
            super().feed_data(data, size)

    def _flooded(self) -> None:
        failure = FloodError("more than an answer may be")
        if self._payload is not None:
            self._payload.set_exception(failure)
        self.set_exception(failure)
        self._buffer.clear()
        self._payload = self._parser = None
        if self.transport is not None:
            self.transport.abort()
