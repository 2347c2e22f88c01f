"""A certificate authority that lives as long as one crawl: with it the guard proxy reads what the rendering browser sends over TLS.

Its keys never leave this process but for the moment in which OpenSSL, which reads keys from files only, loads one from a private folder.
Nothing trusts it except the browser that is told to.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MAX_CONTEXTS = 256
"""Hosts whose contexts are remembered; the one not asked for longest is forgotten."""
_AGE = timedelta(days=1)
_VALID = timedelta(days=30)


class ThrowawayAuthority:
    """Makes server contexts for any host name or address; all leaves share one key.  `close` removes what is on disk."""

    def __init__(self, *, max_contexts: int = MAX_CONTEXTS) -> None:
        self._folder = TemporaryDirectory(prefix="gemcrawl-")  # mode 0700
        self._max = max_contexts
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gemcrawl rendering")])
        self._certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The authority's own certificate, for a client that is to trust it."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def spki_sha256(self) -> str:
        """Base64 of the SHA-256 of the leaves' public key, as Chromium's --ignore-certificate-errors-spki-list takes it."""
        spki = self._leaf_key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(spki).digest()).decode()

    def context(self, host: str) -> ssl.SSLContext:
        """The server side for ``host``, a name or an address without brackets.

        Raises:
            ValueError: no certificate can name ``host``, because it is empty or not ASCII.
        """
        known = self._contexts.get(host)
        if known is None:
            known = self._contexts[host] = self._make(host)
            if len(self._contexts) > self._max:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(host)
        return known

    def close(self) -> None:
        """Forgets every context and removes the private folder; closing twice does no harm."""
        self._contexts.clear()
        self._folder.cleanup()

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _AGE)
            .not_valid_after(now + _VALID)
        )

    def _make(self, host: str) -> ssl.SSLContext:
        if not host:
            raise ValueError("a certificate names a host")
        name: x509.GeneralName
        try:
            name = x509.IPAddress(ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        leaf = (
            self._builder(x509.Name([]), self._leaf_key.public_key())
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)  # critical because the subject is empty, RFC 5280 4.2.1.6
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        key = self._leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = Path(self._folder.name) / "leaf.pem"
        try:
            file.write_bytes(key + leaf.public_bytes(serialization.Encoding.PEM) + self.pem)
            context.load_cert_chain(file)
        finally:
            file.unlink(missing_ok=True)
        return context
