"""The roots that count, and the intermediates met on the way: whether a chain as sent leads to a root."""

from __future__ import annotations

import hashlib
import ssl
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from OpenSSL import crypto

from gemcrawl.exceptions import UsageError

MALFORMED = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    crypto.Error,
)
"""What reading a hostile certificate can raise."""

_LARGEST_CERTIFICATE = 64 * 1024
_LONGEST_CHAIN = 20
_REMEMBERED = 1000
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL does not name


def load(der: bytes) -> x509.Certificate | None:
    """A certificate, or None for what is none."""
    if len(der) > _LARGEST_CERTIFICATE:
        return None
    try:
        with warnings.catch_warnings():  # cryptography warns of oddities that old certificates are full of
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except MALFORMED:
        return None


@dataclass(frozen=True, slots=True)
class TrustPath:
    """A way from a leaf to a root."""

    certificates: tuple[x509.Certificate, ...]
    """Leaf first, root last."""
    in_time: bool
    """Every certificate on it is within its dates."""
    complete: bool
    """The server sent all it has to; otherwise an intermediate was borrowed from elsewhere in the crawl."""


class TrustStore:
    """Roots, and a bounded memory of intermediates that lead to one of them.

    The roots are the system's (OpenSSL's default paths); ``ca_file`` takes their place, as curl's ``--cacert`` does.  Like curl it trusts
    every certificate in that file, also one that is not self-signed.  The security level of the machine's OpenSSL has no say: a chain
    with an old key or hash can be trusted here and is graded elsewhere.  Not for use by two threads at once.

    Raises:
        UsageError: ``ca_file`` cannot be read or holds no certificate.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._undated = _store(ca_file)
        self._undated.set_flags(_NO_CHECK_TIME)
        self._dated: tuple[date, crypto.X509Store] | None = None
        self._intermediates: OrderedDict[bytes, crypto.X509] = OrderedDict()
        self.generation = 0
        """Grows with every intermediate that is learnt: what was untrusted before may now be found incomplete."""

    def path(self, chain: Sequence[x509.Certificate], at: datetime) -> TrustPath | None:
        """The way from the first certificate of ``chain`` to a root, dates apart; None when there is none, also with borrowed intermediates."""
        try:
            leaf, *sent = [crypto.X509.from_cryptography(certificate) for certificate in chain[:_LONGEST_CHAIN]]
        except MALFORMED:
            return None
        # With dates first: where several paths lead to a root, one that is still valid is the one a browser takes, fetched if need be.
        for in_time, store in ((True, self._on(at)), (False, self._undated)):
            for complete in (True, False):
                found = _verify(store, leaf, sent if complete else [*sent, *self._intermediates.values()])
                if found:
                    path = TrustPath(found, in_time, complete)
                    self._learn(path.certificates[1:-1])
                    return path
        return None

    def _on(self, at: datetime) -> crypto.X509Store:
        """The store that checks dates on that day; OpenSSL lets the time of a store be set only once."""
        if self._dated is None or self._dated[0] != at.date():
            store = _store(self._ca_file)
            store.set_time(at)
            self._dated = at.date(), store
        return self._dated[1]

    def remember(self, chain: Sequence[bytes]) -> None:
        """Keep the intermediates among ``chain`` (DER) that lead to a root; what does not is dropped, so nobody can crowd the others out."""
        loaded = [certificate for der in chain[:_LONGEST_CHAIN] if (certificate := load(der))]
        unknown = [c for c in loaded if _is_authority(c) and c.issuer != c.subject and _key(c) not in self._intermediates]
        for certificate in unknown:
            self._verified_only([certificate, *(other for other in loaded if other is not certificate)])

    def _verified_only(self, chain: list[x509.Certificate]) -> None:
        try:
            leaf, *rest = [crypto.X509.from_cryptography(certificate) for certificate in chain]
        except MALFORMED:
            return
        found = _verify(self._undated, leaf, [*rest, *self._intermediates.values()])
        if found:
            self._learn(found[:-1] or found)

    def _learn(self, certificates: Sequence[x509.Certificate]) -> None:
        for certificate in certificates:
            key = _key(certificate)
            if key in self._intermediates:
                self._intermediates.move_to_end(key)
            elif _is_authority(certificate):
                self._intermediates[key] = crypto.X509.from_cryptography(certificate)
                self.generation += 1
        while len(self._intermediates) > _REMEMBERED:
            self._intermediates.popitem(last=False)


def _store(ca_file: Path | None) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    if ca_file is not None:
        try:
            store.load_locations(str(ca_file))
        except crypto.Error as error:
            raise UsageError(
                f"{ca_file}: no readable file with certificates in PEM; give one, or leave it out to use the system's"
            ) from error
        return store
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        store.load_locations(paths.cafile, paths.capath)
    return store


def _verify(store: crypto.X509Store, leaf: crypto.X509, pool: list[crypto.X509]) -> tuple[x509.Certificate, ...]:
    """The verified path, leaf first; empty when there is none."""
    try:
        path = crypto.X509StoreContext(store, leaf, pool).get_verified_chain()
        return tuple(certificate.to_cryptography() for certificate in path)
    except (crypto.X509StoreContextError, *MALFORMED):
        return ()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *MALFORMED):
        return False


def _key(certificate: x509.Certificate) -> bytes:
    return hashlib.sha256(certificate.tbs_certificate_bytes).digest()
