"""What parent and worker say to each other: one JSON object a line, over a connection that ends with either of them.

From the parent: ``settings`` (first, once), ``survey`` CODE with ``again``, ``begin`` CAUSE (the run ends early), ``canaries``, ``done`` (nothing
more will come), ``granted`` NUMBER with ``known`` and ``since``, ``wanted`` NUMBER (another worker waits for this turn).  From a worker: ``ready``
PLACES, ``committed`` CODE with what the display shows, ``failed`` CODE, ``left`` CODE (not surveyed to its end), ``dead_canaries``, ``error``
MESSAGE, ``turn`` NAME with ``number`` and ``places``, ``free`` NUMBER with ``known``, ``rest`` and ``ago`` (seconds since it was used).
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

LONGEST = 64 * 1024 * 1024
"""Bytes of one line: the settings hold a rule for every host that connect-to names."""

Message = dict[str, Any]
_written = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps makes an encoder for every message


class Wire:
    """One end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, connected: socket.socket) -> Wire:
        """The end that ``connected`` is, from now on the wire's to close."""
        opened = asyncio.open_unix_connection if connected.family == socket.AF_UNIX else asyncio.open_connection
        return cls(*await opened(sock=connected, limit=LONGEST))

    def send(self, **message: Any) -> None:
        """Sends one message, in order; to somebody who is gone it is lost."""
        if not self._writer.is_closing():
            self._writer.write(_written(message).encode() + b"\n")

    async def messages(self) -> AsyncIterator[Message]:
        """What the other end says, until it is gone."""
        while True:
            try:
                line = await self._reader.readline()
            except OSError:
                return
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)

    def close(self) -> None:
        """Ends it."""
        self._writer.close()
