"""What is wrong with a certificate: all defects at once, from the chain as sent.

Dates, host name and authority are judged apart, so that an expired certificate for another name shows both defects, where a verifying
handshake would stop at the first.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, SignatureAlgorithmOID
from service_identity.exceptions import CertificateError, VerificationError
from service_identity.hazmat import (
    DNS_ID,
    CertificatePattern,
    DNSPattern,
    IPAddress_ID,
    IPAddressPattern,
    ServiceID,
    verify_service_identity,
)

from gemcrawl.items import CertificateState
from gemcrawl.transport.trust import MALFORMED, TrustStore, load
from gemcrawl.transport.urls import clean, is_address, normal_host

__all__ = ["DEFECTS", "Certificate", "TrustStore", "examine"]

DEFECTS: tuple[CertificateState, ...] = ("expired", "not_yet_valid", "self_signed", "untrusted", "hostname_mismatch", "incomplete_chain")
"""Worst first, in the order of the findings; ``incomplete_chain`` alone is not insecure, since most browsers fetch what is missing."""

_MOST_NAMES = 250
_MOST_INTERMEDIATES = 20
_CACHED = 4096

_CURVES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_EDDSA_HASHES = {SignatureAlgorithmOID.ED25519: "sha512", SignatureAlgorithmOID.ED448: "shake256"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A leaf certificate as one host served it at one time."""

    state: CertificateState
    """The worst defect, or valid; not_tested when nothing was sent."""
    defects: tuple[CertificateState, ...] = ()
    """All defects, worst first."""
    subject: str | None = None
    """RFC 4514, cut at 500 characters; so is the issuer."""
    issuer: str | None = None
    names: tuple[str, ...] = ()
    """DNS names and addresses in subjectAltName, at most 250."""
    not_before: datetime | None = None
    not_after: datetime | None = None
    key: str | None = None
    """RSA-2048, EC-P-256, Ed25519, ..."""
    signature: str | None = None
    """Hash of the leaf's signature: sha256, ...; for EdDSA the one it is built on."""
    sha256: tuple[str, ...] = ()
    """Of every certificate in the chain as sent, hexadecimal."""
    issuer_urls: tuple[str, ...] = ()
    """http addresses where the leaf says its issuer's certificate is (AIA), at most 3."""
    intermediate_signatures: tuple[str, ...] = ()
    """Hashes of the signatures of the other certificates on the way to the root, or as sent where there is no way; never a root's."""
    wants_issuer: bool = False
    """An intermediate that was not sent may mend it: it leads to no root, or only by one that is out of date."""

    @property
    def insecure(self) -> bool:
        """Whether a browser would warn: any defect but a missing intermediate."""
        return any(defect != "incomplete_chain" for defect in self.defects)


NOT_TESTED = Certificate(state="not_tested")

_Key = tuple[tuple[str, ...], str, str]
_Results = OrderedDict[_Key, tuple[int, Certificate]]
_results: WeakKeyDictionary[TrustStore, _Results] = WeakKeyDictionary()


def examine(chain: tuple[bytes, ...], host: str, at: datetime, trust: TrustStore) -> Certificate:
    """The leaf of ``chain`` (DER, leaf first, as sent) as a certificate for ``host`` at the time ``at``, which has a zone.

    The name must be in subjectAltName (RFC 9525: the common name does not count, a wildcard covers one label).  A chain that reaches a
    root only with intermediates seen elsewhere in the crawl is ``incomplete_chain``; so is one of which the intermediate sent is out of date, when
    another one takes its place.  One that does not reach a root is ``self_signed`` when the leaf signed itself, else ``untrusted``; so is one
    with a leaf or an intermediate that is not meant for servers, and what is no certificate at all.
    Never raises for what a server sends.  Kept per chain, host and day.
    """
    if not chain:
        return NOT_TESTED
    digests = tuple(hashlib.sha256(der).hexdigest() for der in chain)
    key = (digests, host, at.date().isoformat())
    results = _results.setdefault(trust, OrderedDict())
    if key in results:
        generation, known = results[key]
        if generation == trust.generation or not known.wants_issuer:
            results.move_to_end(key)
            return known
    found = _examine(chain, digests, host, at.astimezone(UTC), trust)
    results[key] = trust.generation, found
    while len(results) > _CACHED:
        results.popitem(last=False)
    return found


def _examine(chain: tuple[bytes, ...], digests: tuple[str, ...], host: str, at: datetime, trust: TrustStore) -> Certificate:
    leaf = load(chain[0])
    if leaf is None:
        return Certificate(state="untrusted", defects=("untrusted",), sha256=digests)
    sent = [certificate for der in chain[1:] if (certificate := load(der))]
    path = trust.path([leaf, *sent], at)
    between = path.certificates[1:-1] if path else ()
    defects: set[CertificateState] = set()
    try:
        if path is None or not path.in_time:
            defects |= {defect for c in (path.certificates if path else (leaf,)) for defect in _out_of_date(c, at)}
        names, patterns = _names(leaf)
        for_servers = all(map(_is_for_servers, (leaf, *between)))
        leaf_in_time = not _out_of_date(leaf, at)
        subject, issuer = clean(leaf.subject.rfc4514_string()), clean(leaf.issuer.rfc4514_string())
        not_before, not_after = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    except MALFORMED:
        return Certificate(state="untrusted", defects=("untrusted",), sha256=digests)
    if path is None:
        defects.add("self_signed" if _is_self_signed(leaf) else "untrusted")
    elif not path.complete:
        defects.add("incomplete_chain")
    if not for_servers and "self_signed" not in defects:
        defects.add("untrusted")
    if not _covers(patterns, host):
        defects.add("hostname_mismatch")
    ordered = tuple(defect for defect in DEFECTS if defect in defects)
    return Certificate(
        state=ordered[0] if ordered else "valid",
        defects=ordered,
        subject=subject,
        issuer=issuer,
        names=names,
        not_before=not_before,
        not_after=not_after,
        key=_key(leaf),
        signature=_signature(leaf),
        sha256=digests,
        issuer_urls=_issuer_urls(leaf),
        intermediate_signatures=_intermediate_signatures(between if path else sent),
        wants_issuer="self_signed" not in defects and (path is None or (leaf_in_time and not path.in_time)),
    )


def _out_of_date(certificate: x509.Certificate, at: datetime) -> list[CertificateState]:
    if at > certificate.not_valid_after_utc:
        return ["expired"]
    return ["not_yet_valid"] if at < certificate.not_valid_before_utc else []


def _names(leaf: x509.Certificate) -> tuple[tuple[str, ...], list[CertificatePattern]]:
    """The names as text, at most 250, and all of them as patterns; an entry that is no valid pattern covers nothing and spoils nothing."""
    try:
        alternatives = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), []
    dns = alternatives.get_values_for_type(x509.DNSName)
    addresses = alternatives.get_values_for_type(x509.IPAddress)
    patterns: list[CertificatePattern] = []
    for name in dns:
        try:
            patterns.append(DNSPattern.from_bytes(name.encode()))
        except (CertificateError, *MALFORMED):
            continue
    patterns += [IPAddressPattern(a) for a in addresses if isinstance(a, (ipaddress.IPv4Address, ipaddress.IPv6Address))]
    return tuple(clean(str(name), 255) for name in [*dns, *addresses][:_MOST_NAMES]), patterns


def _covers(patterns: list[CertificatePattern], host: str) -> bool:
    try:
        name = normal_host(host)
        wanted: ServiceID = IPAddress_ID(ipaddress.ip_address(name)) if is_address(name) else DNS_ID(name)
        verify_service_identity(patterns, [wanted], [])
    except (VerificationError, CertificateError, *MALFORMED):
        return False
    return True


def _is_for_servers(certificate: x509.Certificate) -> bool:
    """One without extended key usage may do anything (RFC 5280, section 4.2.1.12); browsers ask the same of intermediates as of leaves."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages


def _is_self_signed(leaf: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(leaf)
    except (InvalidSignature, *MALFORMED):
        return False
    return True


def _key(leaf: x509.Certificate) -> str | None:
    try:
        key = leaf.public_key()
    except MALFORMED:
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC-{_CURVES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA-{key.key_size}"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


def _signature(leaf: x509.Certificate) -> str | None:
    try:
        algorithm = leaf.signature_hash_algorithm
    except MALFORMED:
        return None
    if algorithm is not None:
        return algorithm.name
    return _EDDSA_HASHES.get(leaf.signature_algorithm_oid)


def _intermediate_signatures(certificates: Sequence[x509.Certificate]) -> tuple[str, ...]:
    hashes: dict[str, None] = {}
    for certificate in certificates[:_MOST_INTERMEDIATES]:
        try:
            signature = None if certificate.issuer == certificate.subject else _signature(certificate)
        except MALFORMED:
            continue
        if signature:
            hashes[signature] = None
    return tuple(hashes)


def _issuer_urls(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        issuers = [d.access_location.value for d in access if d.access_method == AuthorityInformationAccessOID.CA_ISSUERS]
    except (x509.ExtensionNotFound, *MALFORMED):
        return ()
    return tuple(url for url in issuers if isinstance(url, str) and url.startswith("http://") and len(url) <= 500)[:3]
