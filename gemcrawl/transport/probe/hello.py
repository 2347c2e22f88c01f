"""ClientHellos, built by hand: only so can be offered what this machine's own OpenSSL no longer speaks.

The message library `cryptoparser` (1.6) was tried and not taken: it needs seven seconds to be imported, in every worker, and five more
packages, for the two hundred lines that are in this file and in `gemcrawl.transport.probe.answer`.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304

_SERVER_NAME, _GROUPS, _POINT_FORMATS, _SIGNATURES, _PADDING = 0, 10, 11, 13, 21
_EXTENDED_SECRET, _VERSIONS, _KEY_SHARE, _RENEGOTIATION = 23, 43, 51, 0xFF01
_X25519 = 0x001D
# Every scheme a certificate could need, SHA-1 and MD5 included: what is weak must be seen, not avoided.
_SCHEMES = bytes.fromhex(
    "0403 0503 0603 0807 0808 081a 081b 081c 0804 0805 0806 0809 080a 080b 0401 0501 0601 0904 0905 0906"
    "0402 0502 0602 0303 0301 0302 0203 0201 0202 0101"
)


def _vector(length: str, content: bytes) -> bytes:
    return struct.pack(length, len(content)) + content


def _words(codes: tuple[int, ...]) -> bytes:
    return struct.pack(f"!{len(codes)}H", *codes)


def _extension(kind: int, content: bytes) -> bytes:
    return struct.pack("!H", kind) + _vector("!H", content)


_ALWAYS = _extension(_EXTENDED_SECRET, b"") + _extension(_RENEGOTIATION, b"\x00")
_WITH_GROUPS = _extension(_POINT_FORMATS, b"\x01\x00")
_WITH_TLS12 = _extension(_SIGNATURES, _vector("!H", _SCHEMES))


@dataclass(frozen=True, slots=True)
class Hello:
    """What one ClientHello offers."""

    host: str
    """Host name for SNI, IDNA; empty for none."""
    highest: int
    """Highest version offered, as on the wire."""
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    only_tls13: bool = False
    """No lower version than TLS 1.3; otherwise everything below `highest` is offered too."""
    share: bool = False
    """With a key share for x25519; without one a TLS 1.3 server must name the group it prefers (HelloRetryRequest)."""

    def encode(self) -> bytes:
        """The record to send."""
        body = struct.pack("!H", min(self.highest, TLS12)) + secrets.token_bytes(32)
        body += _vector("!B", secrets.token_bytes(32) if self.highest == TLS13 else b"")
        body += _vector("!H", _words(self.suites)) + b"\x01\x00"  # no compression
        if self.highest > SSL3:  # some servers of that age drop a hello with extensions
            body += _vector("!H", self._extensions(len(body)))
        message = b"\x01" + len(body).to_bytes(3) + body
        return struct.pack("!BHH", 22, min(self.highest, TLS10), len(message)) + message

    def _extensions(self, before: int) -> bytes:
        out = b""
        if self.host:
            out += _extension(_SERVER_NAME, _vector("!H", b"\x00" + _vector("!H", self.host.encode("ascii", "replace"))))
        if self.groups:
            out += _extension(_GROUPS, _vector("!H", _words(self.groups))) + _WITH_GROUPS
        if self.highest >= TLS12:
            out += _WITH_TLS12
        out += _ALWAYS
        if self.highest == TLS13:
            versions = (TLS13,) if self.only_tls13 else (TLS13, TLS12, TLS11, TLS10)
            # Any 32 bytes are a public key of x25519, and nobody will use the secret.
            share = struct.pack("!H", _X25519) + _vector("!H", secrets.token_bytes(32)) if self.share else b""
            out += _extension(_VERSIONS, _vector("!B", _words(versions))) + _extension(_KEY_SHARE, _vector("!H", share))
        length = 4 + before + 2 + len(out)
        if 255 < length < 512:  # RFC 7685: some load balancers hang on hellos of these lengths
            out += _extension(_PADDING, bytes(max(512 - length - 4, 1)))
        return out
