"""What a server answers to a ClientHello, read with care: every byte of it is hostile."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gemcrawl.transport.probe.hello import SSL3, TLS12, TLS13
from gemcrawl.transport.probe.names import Names

LONGEST_RECORD = 16_384 + 2_048
"""Bytes of a record, RFC 5246, section 6.2.3."""
CLOSE_NOTIFY = 0

_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _KEY_EXCHANGE, _DONE = 2, 12, 14
_VERSIONS, _KEY_SHARE = 43, 51
_WARNING, _FATAL = 1, 2
_NAMED_CURVE = 3


class GarbledAnswer(Exception):
    """What came is not an answer of TLS, or longer than an answer may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server took of what was offered."""

    version: int
    suite: int
    group: int | None = None
    """Code point of the curve or group, where the answer says it."""
    prime: bytes = b""
    """The prime of a finite-field exchange, big-endian."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The server said no, or goodbye."""

    code: int


class AnswerReader:
    """Reads one answer from bytes as they come; keeps at most ``limit`` of them."""

    def __init__(self, names: Names, limit: int = 65_536) -> None:
        self._names = names
        self._left = limit
        self._records = bytearray()
        self._messages = bytearray()
        self.hello: Answer | None = None
        """The ServerHello, as soon as it was read; enough when the connection breaks off after it."""

    def feed(self, data: bytes) -> Answer | Alert | None:
        """The answer once enough of it came, else None.

        Raises:
            GarbledAnswer: it is none; nothing else is raised, whatever came.
        """
        self._left -= len(data)
        self._records += data
        while len(self._records) >= 5:
            kind, major, length = self._records[0], self._records[1], int.from_bytes(self._records[3:5])
            if kind not in (_ALERT, _HANDSHAKE) or major != 3 or not 0 < length <= LONGEST_RECORD:
                raise GarbledAnswer("not a TLS record")
            if len(self._records) < 5 + length:
                break
            content = bytes(self._records[5 : 5 + length])
            del self._records[: 5 + length]
            outcome = self._alert(content) if kind == _ALERT else self._handshake(content)
            if outcome is not None:
                return outcome
        if self._left < 0:
            if self.hello is not None:
                return self.hello
            raise GarbledAnswer("longer than an answer may be")
        return None

    def _alert(self, content: bytes) -> Alert | None:
        if len(content) < 2 or content[0] not in (_WARNING, _FATAL):
            raise GarbledAnswer("not an alert")
        if content[0] == _WARNING and content[1] != CLOSE_NOTIFY:  # such as unrecognized_name, after which the server goes on
            return None
        return Alert(content[1])

    def _handshake(self, content: bytes) -> Answer | None:
        self._messages += content
        while len(self._messages) >= 4:
            kind, length = self._messages[0], int.from_bytes(self._messages[1:4])
            if len(self._messages) < 4 + length:
                return None
            body = bytes(self._messages[4 : 4 + length])
            del self._messages[: 4 + length]
            outcome = self._message(kind, body)
            if outcome is not None:
                return outcome
        return None

    def _message(self, kind: int, body: bytes) -> Answer | None:
        if self.hello is None:
            if kind != _SERVER_HELLO:
                raise GarbledAnswer("not a ServerHello")
            self.hello = _server_hello(_Cursor(body))
            done = self.hello.version == TLS13 or not self._names.key_exchange(self.hello.suite)
            return self.hello if done else None
        if kind == _KEY_EXCHANGE:
            return self._key_exchange(self.hello, _Cursor(body))
        return self.hello if kind == _DONE else None

    def _key_exchange(self, hello: Answer, body: _Cursor) -> Answer:
        if self._names.key_exchange(hello.suite) == "dhe":
            return replace(hello, prime=body.vector(2))
        return replace(hello, group=body.number(2)) if body.number(1) == _NAMED_CURVE else hello


class _Cursor:
    """Takes bytes off the front, never more than there are."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise GarbledAnswer("shorter than it says")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))


def _server_hello(body: _Cursor) -> Answer:
    """A ServerHello or, of the same form, a HelloRetryRequest (RFC 8446, section 4.1.4)."""
    version = body.number(2)
    body.take(32)  # random
    body.vector(1)  # session
    suite = body.number(2)
    body.take(1)  # compression
    group = None
    extensions = _Cursor(body.vector(2) if body else b"")
    while extensions:
        kind, content = extensions.number(2), _Cursor(extensions.vector(2))
        if kind == _VERSIONS:
            version = content.number(2)
        elif kind == _KEY_SHARE:
            group = content.number(2)
    if not (SSL3 <= version <= TLS12 or version == TLS13):
        raise GarbledAnswer("no version of TLS")
    return Answer(version, suite, group if version == TLS13 else None)
