"""Short ways to write down facts, and certificates with every defect, made when the tests run."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from gemcrawl.items import Host
from gemcrawl.transport import parties
from gemcrawl.transport.facts import Handshake, Hop, Route, Target, Way

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
GOOD_HSTS = "max-age=31536000; includeSubDomains"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def hop(line: str, *, hsts: str | None = None, address: str = "192.0.2.1", chain: tuple[bytes, ...] = (), version: str = "TLSv1.3") -> Hop:
    """``https://x/ 200``; over https the handshake is trusted when there is no chain to examine."""
    url, status = line.split()
    handshake = Handshake(version, "TLS_AES_256_GCM_SHA384", chain, trusted=not chain) if url.lower().startswith("https:") else None
    return Hop(url, int(status), address, (hsts,) if hsts is not None else (), handshake)


def route(text: str) -> Route:
    """``http://x/ 301 -> https://x/ 200``; ``-meta->`` and ``-script->`` are hops made by the page itself."""
    hops: list[Hop] = []
    for part in text.replace("-meta->", "\nmeta_refresh ").replace("-script->", "\nscript ").replace("->", "\nredirect ").split("\n"):
        words = part.split()
        if len(words) == 3:
            before = hops[-1]
            hops[-1] = Hop(before.url, before.status, before.address, before.hsts, before.handshake, words[0])  # type: ignore[arg-type]
        hops.append(hop(" ".join(words[-2:])))
    return tuple(hops)


def host(name: str, **columns: object) -> Host:
    """A host on which nothing is wrong, apart from ``columns``."""
    good: dict[str, object] = {
        "host": name,
        "address": "192.0.2.1",
        "https": "ok",
        "http": "ok",
        "upgrade": "first_hop_same_host",
        "hsts": "good",
        "hsts_header": GOOD_HSTS,
        "hsts_max_age": 31_536_000,
        "certificate": "valid",
        "tls_versions": ["TLSv1.2", "TLSv1.3"],
        "checked_at": NOW,
    }
    return Host(**(good | columns))  # type: ignore[arg-type]


HTTPS, HTTP = "https://x.test/form", "http://x.test/form"
POST = Target("/post", "https://x.test/post", method="post")
GOOD = Way(page=route(f"{HTTPS} 200"), targets=(POST,), twins=((HTTP, route(f"{HTTP} 301 -> {HTTPS} 0")),))
"""The way to a form on which nothing is wrong."""


def good_hosts(way: Way) -> dict[str, list[Host]]:
    """Rows on which nothing is wrong for every host of a way."""
    return {name: [host(name)] for name in parties.hosts(way)}


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def issue(
    common: str,
    issuer: Issued | None = None,
    *,
    names: tuple[str, ...] = (),
    start: datetime = NOW - YEAR,
    end: datetime = NOW + YEAR,
    authority: bool = False,
    key: Key | None = None,
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
    restricted_to: x509.ObjectIdentifier | None = None,
    aia: str | None = None,
) -> Issued:
    """A certificate for ``names`` (DNS names and addresses), signed by ``issuer`` or by itself; ``usage`` is that of a leaf."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(issuer.certificate.subject if issuer else name(common))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
    if (extended := restricted_to if authority else usage) is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    if aia is not None:
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(aia))
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Issued(builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()), key)


def _general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
