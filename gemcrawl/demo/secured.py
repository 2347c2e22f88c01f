"""TLS for the nation's listeners.

asyncio and uvloop end a connection whose handshake fails without sending the alert that OpenSSL wrote.  Real servers send it, and a
client that lists what a server refuses would otherwise take each refusal for a dropped connection, and ask again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

_LARGEST_READ = 65_536


class SecuredProtocol(asyncio.Protocol):
    """Speaks TLS below a protocol, which gets a transport that can write and close.

    Args:
        context: of a server; its SNI callback holds.
        inner: makes the protocol above; called once the handshake is done.
        handshake_seconds: after these a client that does not finish its handshake is sent away.
    """

    def __init__(self, context: ssl.SSLContext, inner: Callable[[], asyncio.Protocol], *, handshake_seconds: float) -> None:
        self._make_inner, self._handshake_seconds = inner, handshake_seconds
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._inner: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(self._handshake_seconds, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._incoming.write(data)
        try:
            if self._inner is None:
                self._tls.do_handshake()
                self._opened()
            assert self._inner is not None
            while read := self._tls.read(_LARGEST_READ):
                self._inner.data_received(read)
            self.close()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:  # what OpenSSL has to say about it, the alert, goes out before the connection ends
            self._flush()
            self._transport.close()

    def write(self, data: bytes) -> None:
        """Sends data of the protocol above; nothing once the connection is closing."""
        if self._transport is not None and not self._transport.is_closing():
            self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """Says goodbye and closes, without waiting for the other side's goodbye."""
        if self._transport is None or self._transport.is_closing():
            return
        with suppress(ssl.SSLError):  # it wants to read the answer
            self._tls.unwrap()
        self._flush()
        self._transport.close()

    def _opened(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._flush()
        self._inner = self._make_inner()
        self._inner.connection_made(cast("asyncio.BaseTransport", self))

    def _flush(self) -> None:
        assert self._transport is not None
        if sent := self._outgoing.read():
            self._transport.write(sent)
