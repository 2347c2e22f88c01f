"""A private authority made at start, and one server context per TLS profile; leaves are made when a host is first asked for."""

from __future__ import annotations

import ssl
import warnings
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from gemcrawl.demo.model import TlsProfile

PROFILES: tuple[TlsProfile, ...] = (
    "good", "expired", "not_yet_valid", "self_signed", "wrong_host", "incomplete_chain", "untrusted", "tls10_11", "tls12", "tls13",
    "insufficient",
)  # fmt: skip
AIA_URL = "http://pki.test/intermediate.der"
_VERSIONS = {
    "tls10_11": (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1),
    "tls12": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    "tls13": (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
}
_VALID = (-30, 365)
"""First and last day of a leaf, counted from today."""
_VALIDITY: dict[TlsProfile, tuple[int, int]] = {"expired": (-800, -400), "not_yet_valid": (30, 395)}
_GOOD_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
_SUITES: dict[TlsProfile, str] = {
    "tls10_11": "ECDHE+AES:!aNULL:@SECLEVEL=0",
    # Camellia is phase out in the table of 2025 and not in that of 2.1; CCM with a tag of 8 bytes is in neither.
    "insufficient": f"{_GOOD_SUITES}:ECDHE+AESCCM8:ECDHE+CAMELLIA:@SECLEVEL=0",
}


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fictieve Natie"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


class Authority:
    """Root, intermediate, and a second authority that nobody trusts.

    Args:
        directory: where leaves are written for the ssl module to read; private to the server.
        most: hosts whose leaf is remembered, more than the nation has; one that is forgotten gets another when it is asked for again.
    """

    def __init__(self, directory: Path, most: int = 2000) -> None:
        self._directory, self._most = directory, most
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._root = self._authority("Natie Root CA", None)
        self._intermediate = self._authority("Natie Issuing CA", self._root)
        self._stranger = self._authority("Onbekende Issuing CA", self._authority("Onbekende Root CA", None))
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._key_pem = self._leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._contexts: OrderedDict[tuple[TlsProfile, str], ssl.SSLContext] = OrderedDict()

    @property
    def root_pem(self) -> bytes:
        """The root certificate, for the crawler to trust."""
        return _pem(self._root.certificate)

    @property
    def intermediate_der(self) -> bytes:
        """The intermediate certificate, as served at `AIA_URL`."""
        return self._intermediate.certificate.public_bytes(Encoding.DER)

    def prepare(self, profile: TlsProfile, hosts: Iterable[str]) -> None:
        """Makes the leaves of ``hosts`` before they are asked for."""
        for host in hosts:
            self._context(profile, host)

    def listener(self, profile: TlsProfile) -> ssl.SSLContext:
        """A context for a listening socket of a profile; it hands each host its own leaf by SNI."""
        context = self._context(profile, "zonder-naam.test")

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
            if name:
                connection.context = self._context(profile, name.lower())

        context.sni_callback = choose
        return context

    def _context(self, profile: TlsProfile, host: str) -> ssl.SSLContext:
        context = self._contexts.get((profile, host))
        if context is not None:
            self._contexts.move_to_end((profile, host))
        else:
            context = self._contexts[profile, host] = _bare_context(profile)
            path = self._directory / "leaf.pem"
            path.write_bytes(self._key_pem + b"".join(map(_pem, self._chain(profile, host))))
            context.load_cert_chain(path)
            path.unlink()
            if len(self._contexts) > self._most:
                self._contexts.popitem(last=False)
        return context

    def _chain(self, profile: TlsProfile, host: str) -> list[x509.Certificate]:
        if profile == "self_signed":
            return [self._leaf(host, None)]
        if profile == "untrusted":
            return [self._leaf(host, self._stranger), self._stranger.certificate]
        leaf = self._leaf(f"elders-{host}" if profile == "wrong_host" else host, self._intermediate, _VALIDITY.get(profile, _VALID))
        return [leaf] if profile == "incomplete_chain" else [leaf, self._intermediate.certificate]

    def _authority(self, common: str, issuer: _Issuer | None) -> _Issuer:
        key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer.key if issuer else key
        subject = _name(common)
        certificate = (
            x509.CertificateBuilder(
                issuer.certificate.subject if issuer else subject, subject, key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(self._now - timedelta(days=900))
            .not_valid_after(self._now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0 if issuer else 1), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        return _Issuer(certificate, key)

    def _leaf(self, host: str, issuer: _Issuer | None, valid: tuple[int, int] = _VALID) -> x509.Certificate:
        subject, key = _name(host[:64]), self._leaf_key
        builder = (
            x509.CertificateBuilder(
                issuer.certificate.subject if issuer else subject, subject, key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(self._now + timedelta(days=valid[0]))
            .not_valid_after(self._now + timedelta(days=valid[1]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()), critical=False)
        )
        if issuer is self._intermediate:
            location = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(AIA_URL))
            builder = builder.add_extension(x509.AuthorityInformationAccess([location]), critical=False)
        return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _bare_context(profile: TlsProfile) -> ssl.SSLContext:
    """Versions, suites and groups: with TLS 1.2 and 1.3 six suites, all good or sufficient by NCSC 2.1 and not insufficient by 2025-05.

    ``tls10_11`` is phase out by the first and insufficient by the second; ``insufficient`` is that by both.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    lowest, highest = _VERSIONS.get(profile, (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    # The groups are those that every table calls good: OpenSSL's own list has P-521 and finite fields, which some do not.
    try:
        context.set_ecdh_curve("prime256v1" if profile == "tls10_11" else "X25519")
    except ssl.SSLError:  # Debian 12's Python 3.11.2 takes only curves of the older kind
        context.set_ecdh_curve("prime256v1")
    context.set_ciphers(_SUITES.get(profile, _GOOD_SUITES))
    return context
