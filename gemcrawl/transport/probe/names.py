"""What is offered, and how it is called: cipher suites and key-exchange groups, from the tables beside this file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Literal

KeyExchange = Literal["ecdhe", "dhe", ""]
"""What a ServerKeyExchange holds that is worth reading: a curve, a prime, or nothing."""

# RFC 5246 and later define these for TLS 1.2 only: authenticated encryption, and hashes other than SHA-1 and MD5.
_TLS12_ONLY = re.compile(r"_GCM_|_CCM|POLY1305|_SHA256$|_SHA384$")
_WEAK = re.compile(r"NULL|EXPORT|anon|RC4|RC2|DES|IDEA|SEED|MD5|GOST")
_EPHEMERAL = re.compile(r"TLS_(?:(ECDHE_|ECDH_anon_)|(DHE_|DH_anon_))")


@dataclass(frozen=True, slots=True)
class Names:
    """Code points by what they are good for; each tuple in the order in which it is offered."""

    tls13: tuple[int, ...]
    """Suites of TLS 1.3."""
    common: tuple[int, ...]
    """Suites of TLS 1.2 and lower that servers are known to speak."""
    rare: tuple[int, ...]
    """The other suites of TLS 1.2 and lower."""
    groups13: tuple[int, ...]
    groups12: tuple[int, ...]
    groups: tuple[int, ...]
    """Both of these, each once."""
    before_tls12: tuple[int, ...]
    """The suites of TLS 1.1 and lower."""
    weak: frozenset[int]
    """Suites without encryption, without authentication, or with a broken or retired cipher or hash."""
    ecdsa: frozenset[int]
    """Suites of TLS 1.2 and lower with an ECDSA certificate."""
    _suites: dict[int, str]
    _groups: dict[int, str]
    _primes: dict[str, str]
    _exchanges: dict[int, KeyExchange]

    def suite(self, code: int) -> str:
        """IANA name of a suite, or its number where it has none."""
        return self._suites.get(code, f"0x{code:04X}")

    def group(self, code: int) -> str:
        """IANA name of a group, or its number where it has none."""
        return self._groups.get(code, f"0x{code:04X}")

    def prime(self, prime: bytes) -> str:
        """Name of the finite-field group with this prime (big-endian): ``ffdhe2048`` and so on of RFC 7919, else ``dhe-`` and its bits."""
        prime = prime.lstrip(b"\0")
        return self._primes.get(sha256(prime).hexdigest(), f"dhe-{int.from_bytes(prime).bit_length()}")

    def key_exchange(self, code: int) -> KeyExchange:
        """What a server that took this suite says of its key exchange."""
        return self._exchanges.get(code, "")


@cache
def load() -> Names:
    """The tables, read once."""
    suites, groups = _table("suites.toml"), _table("groups.toml")
    by_kind = {kind: {int(code, 16): name for code, name in rows.items()} for kind, rows in suites.items()}
    groups13, groups12 = tuple(groups["tls13"].values()), tuple(groups["tls12"].values())
    legacy = {**by_kind["common"], **by_kind["rare"]}
    return Names(
        tls13=tuple(by_kind["tls13"]),
        common=tuple(by_kind["common"]),
        rare=tuple(by_kind["rare"]),
        groups13=groups13,
        groups12=groups12,
        groups=tuple(dict.fromkeys(groups13 + groups12)),
        before_tls12=tuple(code for code, name in legacy.items() if not _TLS12_ONLY.search(name)),
        weak=frozenset(code for code, name in legacy.items() if _WEAK.search(name)),
        ecdsa=frozenset(code for code, name in legacy.items() if "_ECDSA_" in name),
        _suites={code: name for rows in by_kind.values() for code, name in rows.items()},
        _groups={code: name for kind in ("tls13", "tls12") for name, code in groups[kind].items()},
        _primes=groups["primes"],
        _exchanges={code: _key_exchange(name) for code, name in legacy.items()},
    )


def _key_exchange(name: str) -> KeyExchange:
    match = _EPHEMERAL.match(name)
    return "" if match is None else "ecdhe" if match[1] else "dhe"


def _table(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("gemcrawl.transport.probe") / name).read_text("utf-8"))
