"""A private certificate authority that issues, besides good certificates, those with each fault a browser would refuse."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization

from tests.transport.builders import Issued, issue

Fault = Literal["", "expired", "not_yet_valid", "wrong_host", "self_signed", "untrusted", "incomplete_chain"]

Versions = tuple[ssl.TLSVersion, ssl.TLSVersion]
TLS10, TLS11, TLS12, TLS13 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
EVERY_SUITE = "ALL:@SECLEVEL=0"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Leaf:
    """A certificate for a server, with what it sends along."""

    sent: tuple[Issued, ...]
    """Leaf first."""
    pem_file: Path
    """The private key and the certificates sent."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates sent, DER, leaf first."""
        return tuple(issued.der for issued in self.sent)

    def server_context(self, versions: Versions = (TLS10, TLS13), ciphers: str = EVERY_SUITE) -> ssl.SSLContext:
        """A server's context; by itself it speaks every version and suite there is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = versions
        context.set_ciphers(ciphers)
        context.load_cert_chain(self.pem_file)
        return context


class Authority:
    """A root, an intermediate under it, and another root that nobody trusts; ``ca_file`` holds the first root alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = datetime.now(UTC)
        self.root = self._authority("Test root")
        self.intermediate = self._authority("Test intermediate", self.root)
        self._other = self._authority("Other intermediate", self._authority("Other root"))
        self._leaves: dict[tuple[tuple[str, ...], Fault], Leaf] = {}
        self.ca_file = folder / "root.pem"
        self.ca_file.write_bytes(self.root.pem)

    def leaf(self, *names: str, fault: Fault = "") -> Leaf:
        """A certificate for ``names`` (DNS names or addresses), the same one each time."""
        known = self._leaves.get((names, fault))
        if known is None:
            known = self._leaves[names, fault] = self._issue(names, fault)
        return known

    def _issue(self, names: tuple[str, ...], fault: Fault) -> Leaf:
        start, end = {
            "expired": (self._now - 90 * _DAY, self._now - _DAY),
            "not_yet_valid": (self._now + 30 * _DAY, self._now + 90 * _DAY),
        }.get(fault, (self._now - _DAY, self._now + 90 * _DAY))
        issuer = {"self_signed": None, "untrusted": self._other}.get(fault, self.intermediate)
        written = ("somebody-else.test",) if fault == "wrong_host" else names
        leaf = issue(names[0], issuer, names=written, start=start, end=end)
        sent = (leaf,) if issuer is None or fault == "incomplete_chain" else (leaf, issuer)
        pem_file = self._folder / f"{len(self._leaves)}.pem"
        key = leaf.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        pem_file.write_bytes(key + b"".join(issued.pem for issued in sent))
        return Leaf(sent, pem_file)

    def _authority(self, common: str, issuer: Issued | None = None) -> Issued:
        return issue(common, issuer, authority=True, start=self._now - _DAY, end=self._now + 90 * _DAY)
