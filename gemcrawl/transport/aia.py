"""Intermediates that a server forgot to send, fetched where its own certificate says they are (authority information access).

RFC 5280, section 4.2.2.1: the address leads to one certificate in DER or to several in PKCS#7; PEM is met in practice.  Which request is
made, and through which guard, is for the caller: nothing here uses the network.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from gemcrawl.transport.certificates import Certificate
from gemcrawl.transport.trust import MALFORMED, TrustStore
from gemcrawl.transport.urls import scheme_of

LARGEST_BODY = 64 * 1024
"""Bytes of an answer that is looked at; what is longer is no certificate."""
MOST_CERTIFICATES = 20
"""Certificates that are taken from one answer."""
MOST_FETCHES = 500
"""Addresses that are asked in one crawl; there are fewer issuers than that in the world."""

Fetch = Callable[[str], Awaitable[bytes | None]]
"""One guarded GET: the body, or None when there is none; how much of it is read, and that no redirect is followed, is for the caller."""


def issuer_url(certificate: Certificate) -> str | None:
    """The one address to ask for the issuer of a leaf that does not reach a root in time; None when there is nothing to ask.

    Over http only: to check a certificate one must not need a certificate first (RFC 5280, section 8).
    """
    if not certificate.wants_issuer:
        return None
    return next((url for url in certificate.issuer_urls if scheme_of(url) == "http"), None)


def parse(body: bytes) -> tuple[bytes, ...]:
    """The certificates in an answer, DER: from DER, PEM or PKCS#7 in either; none from anything else or more than 64 KB.  Never raises."""
    if not body or len(body) > LARGEST_BODY:
        return ()
    with warnings.catch_warnings():  # cryptography warns of PKCS#7 in BER, which some authorities serve
        warnings.simplefilter("ignore")
        for read in (_der, _pem, pkcs7.load_der_pkcs7_certificates, pkcs7.load_pem_pkcs7_certificates):
            try:
                return tuple(c.public_bytes(serialization.Encoding.DER) for c in read(body)[:MOST_CERTIFICATES])
            except MALFORMED:
                continue
    return ()


def _der(body: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(body)]


def _pem(body: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(body)


class Issuers:
    """Fetches issuers into a trust store, each address once in a crawl whatever comes of it."""

    def __init__(self, trust: TrustStore, fetch: Fetch, *, most: int = MOST_FETCHES) -> None:
        self._trust = trust
        self._fetch = fetch
        self._most = most
        self._asked: dict[str, asyncio.Future[bool]] = {}

    @property
    def fetches(self) -> int:
        """Requests made so far."""
        return len(self._asked)

    async def learn(self, certificate: Certificate) -> bool:
        """Whether the leaf's issuer is worth another `certificates.examine`: something that leads to a root was learnt from its address.

        True also for every later leaf with that address.  An error of ``fetch`` counts as no answer; those who ask for an address while
        it is being fetched wait for that one request.
        """
        url = issuer_url(certificate)
        if url is None:
            return False
        if url not in self._asked:
            if len(self._asked) >= self._most:
                return False
            self._asked[url] = asyncio.ensure_future(self._ask(url))
        return await asyncio.shield(self._asked[url])

    async def _ask(self, url: str) -> bool:
        try:
            body = await self._fetch(url)
        except (OSError, TimeoutError):
            return False
        before = self._trust.generation
        self._trust.remember(parse(body or b""))
        return self._trust.generation > before
