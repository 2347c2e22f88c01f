"""Certificates with every defect that the compared tools name, from an authority made for the run."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

Key = Literal["rsa2048", "rsa1024", "p256", "p384"]
Defect = Literal["", "expired", "not_yet_valid", "self_signed", "wrong_host", "missing_intermediate", "unknown_authority"]

_DAY = timedelta(days=1)
_VALID = (-30, 300)
"""First and last day of a leaf, counted from today."""
_DATES: dict[Defect, tuple[int, int]] = {"expired": (-90, -3), "not_yet_valid": (20, 300)}
_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate as servers want it: the chain they send, leaf first, the leaf alone, what follows it, and the key; all PEM."""

    chain: Path
    leaf: Path
    rest: Path
    key: Path


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: x509.Certificate
    key: _PrivateKey


class Authority:
    """A root that the tools are told to trust, an intermediate, and another authority that nobody trusts.

    Args:
        folder: where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._root = self._authority("Benchmark Root", None)
        self._intermediate = self._authority("Benchmark Intermediate", self._root)
        self._stranger = self._authority("Stranger Intermediate", self._authority("Stranger Root", None))
        self.ca_file = folder / "root.pem"
        self.ca_file.write_bytes(_pem(self._root.certificate))

    def issue(self, names: tuple[str, ...], key: Key = "rsa2048", defect: Defect = "", *, sha1: bool = False) -> Files:
        """Writes a certificate for ``names`` and returns its files."""
        private = _new_key(key)
        issuer = {"self_signed": None, "unknown_authority": self._stranger}.get(defect, self._intermediate)
        leaf = self._leaf(("elsewhere.test",) if defect == "wrong_host" else names, private, issuer, _DATES.get(defect, _VALID))
        rest = b"" if issuer is None or defect == "missing_intermediate" else _pem(issuer.certificate)
        stem = f"{names[0]}-{key}"
        files = Files(*(self._folder / f"{stem}.{kind}.pem" for kind in ("chain", "leaf", "rest", "key")))
        files.key.write_bytes(_key_pem(private))
        files.leaf.write_bytes(_pem(leaf))
        if sha1:
            self._sign_with_sha1(files)
        files.rest.write_bytes(rest)
        files.chain.write_bytes(files.leaf.read_bytes() + rest)
        return files

    def _sign_with_sha1(self, files: Files) -> None:
        """Signs anew; `cryptography` does not sign with SHA-1 any more."""
        issuer = self._folder / "issuer.pem"
        issuer.write_bytes(_key_pem(self._intermediate.key) + _pem(self._intermediate.certificate))
        copied = ("-copy_extensions", "copyall")
        request = _openssl("x509", "-in", str(files.leaf), "-x509toreq", "-signkey", str(files.key), *copied)
        signer = ("-CA", str(issuer), "-CAkey", str(issuer), "-set_serial", "7777777", "-days", "300", "-sha1")
        files.leaf.write_bytes(_openssl("x509", "-req", *copied, *signer, given=request))

    def _authority(self, common: str, issuer: _Issuer | None) -> _Issuer:
        key = _new_key("p256")
        builder = self._builder(common, key, issuer, (-900, 3650))
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
            (x509.BasicConstraints(ca=True, path_length=0 if issuer else 1), True),
            (_usage(authority=True), True),
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return _Issuer(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)

    def _leaf(self, names: tuple[str, ...], key: _PrivateKey, issuer: _Issuer | None, days: tuple[int, int]) -> x509.Certificate:
        builder = self._builder(names[0], key, issuer, days)
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
            (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(authority=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer.key if issuer else key, hashes.SHA256())

    def _builder(self, common: str, key: _PrivateKey, issuer: _Issuer | None, days: tuple[int, int]) -> x509.CertificateBuilder:
        subject, public = _name(common), (issuer.key if issuer else key).public_key()
        return (
            x509.CertificateBuilder(issuer.certificate.subject if issuer else subject, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now + days[0] * _DAY)
            .not_valid_after(self._now + days[1] * _DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Benchmark"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


def _key_pem(key: _PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_key(kind: Key) -> _PrivateKey:
    if kind.startswith("rsa"):
        # A key of 1024 bits is what one of the cases is about.
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    return ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, key_encipherment=not authority,
        content_commitment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
