"""One connection of an inventory: a ClientHello out, an answer in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, cast

from gemcrawl.transport.probe.answer import Alert, Answer, AnswerReader, GarbledAnswer

Connect = Callable[[str, int, asyncio.Protocol], Awaitable[object]]
"""Connects a protocol to an address and port, or raises `OSError`; guard, pace and its own time limit are its business."""

Silence = Literal["timeout", "reset", "tls"]
"""No answer in time; the connection ended without one; something that is no TLS."""


class Exchange(asyncio.Protocol):
    """Sends ``hello`` as soon as it is connected, reads until the answer is known, and ends the connection.

    A bare protocol and one timer: a survey makes thousands of these, and streams and tasks cost more than the rest of it.
    """

    def __init__(self, hello: bytes, reader: AnswerReader, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._hello, self._reader, self._seconds = hello, reader, seconds
        self._outcome: asyncio.Future[Answer | Alert | Silence] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def outcome(self) -> Answer | Alert | Silence:
        """What came of it, at most ``seconds`` after the connection was made; never raises but for cancellation, which ends it."""
        try:
            return await self._outcome
        finally:
            self._end("reset")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end, "timeout")
        self._transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        if self._outcome.done():
            return
        try:
            found = self._reader.feed(data)
        except GarbledAnswer:
            self._end("tls")
        else:
            if found is not None:
                self._end(found)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- reset or closed, it is the same to us
        self._end("reset")

    def _end(self, outcome: Answer | Alert | Silence) -> None:
        """Settles the outcome, the first time, and lets go of the connection."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._outcome.done():
            # Taken is taken, even when the connection breaks off before the key exchange.
            taken = isinstance(outcome, str) and self._reader.hello is not None
            self._outcome.set_result(cast("Answer", self._reader.hello) if taken else outcome)
        if self._transport is not None:
            self._transport.abort()
