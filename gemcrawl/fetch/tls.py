"""The two TLS contexts of the crawler, and the facts one handshake leaves behind.

Both offer TLS 1.0 to 1.3 and every suite this machine's OpenSSL still has, because sites that speak only old TLS must be read and judged
too.  The strict one verifies; the lax one does not, and is used only after the strict one failed, to fetch the page and the chain as sent.
"""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path
from typing import Any

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.facts import Handshake

_ENCODING_DER = 2
"""Value of `_ssl.ENCODING_DER`."""


def _widest() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:!aNULL:!eNULL:@SECLEVEL=0")
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT if hasattr(ssl, "OP_LEGACY_SERVER_CONNECT") else 0x4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def strict_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Verifies chain, dates and host name against the system's roots, or those in ``ca_file`` alone.

    Raises:
        UsageError: ``ca_file`` cannot be read or holds no certificate.
    """
    context = _widest()
    # Not `ssl.create_default_context`: since Python 3.13 it verifies more strictly, and verdicts may not depend on the interpreter.
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError as error:
        raise UsageError(f"--ca-file {str(ca_file)!r}: {error}; give a PEM file of root certificates") from None
    return context


def lax_context() -> ssl.SSLContext:
    """Verifies nothing."""
    context = _widest()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def handshake_of(tls: ssl.SSLObject, *, error: str = "") -> Handshake:
    """The facts of the handshake behind ``tls``; ``error`` is why an earlier strict one failed."""
    return Handshake(
        version=tls.version() or "",
        cipher=(tls.cipher() or ("",))[0],
        chain=_chain(tls),
        trusted=not error,
        error=error,
    )


def _chain(tls: Any) -> tuple[bytes, ...]:
    """The chain as sent; public API since Python 3.13, on the inner object before."""
    if hasattr(tls, "get_unverified_chain"):
        return tuple(tls.get_unverified_chain() or ())
    inner = getattr(tls, "_sslobj", None)
    if inner is None:
        return ()
    return tuple(certificate.public_bytes(_ENCODING_DER) for certificate in inner.get_unverified_chain() or ())
