"""URLs and strings from sites, brought into the one form in which facts are compared and evidence is written."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Literal

import ada_url

LONGEST_TEXT = 500
"""Characters of a site's string that reach a finding or a host row."""

Scheme = Literal["http", "https", "mailto", "javascript", ""]


def clean(text: str, limit: int = LONGEST_TEXT) -> str:
    """A site's string made safe to store: no control characters or lone surrogates, white space folded, at most ``limit`` characters."""
    kept = text[: 4 * limit]
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() else " " for c in kept)
    return " ".join(kept.split())[:limit]


@lru_cache(maxsize=8192)
def _parsed(url: str) -> tuple[Scheme, str, str]:
    """Scheme, host and the URL without scheme and fragment; empty strings where there are none."""
    try:
        parts = ada_url.URL(url)
    except ValueError:
        return "", "", ""
    scheme = parts.protocol.rstrip(":")
    if scheme not in ("http", "https"):
        return (scheme if scheme in ("mailto", "javascript") else ""), "", ""  # type: ignore[return-value]
    host = parts.hostname.strip("[]").rstrip(".")
    return scheme, host, f"{host}:{parts.port}{parts.pathname}{parts.search}"  # type: ignore[return-value]


def scheme_of(url: str) -> Scheme:
    """The scheme of an absolute URL as a browser reads it; empty for any other scheme and for what is no URL."""
    return _parsed(url)[0]


def host_of(url: str) -> str:
    """Host of an http or https URL: lower case, IDNA, no port, no trailing dot, no brackets; empty when there is none."""
    return _parsed(url)[1]


def document_of(url: str) -> str:
    """What two URLs share that differ in scheme, default port, letter case of the host, trailing dot or fragment only."""
    return _parsed(url)[2]


def same_url(one: str, other: str) -> bool:
    """Whether a browser would make the same request for both; the fragment does not count."""
    return bool(document_of(one)) and _parsed(one) == _parsed(other)


def normal_host(name: str) -> str:
    """A host name as `host_of` writes it; the name itself, lower case, when it cannot stand in a URL."""
    bare = name.strip().strip("[]")
    literal = f"[{bare}]" if ":" in bare else bare
    return host_of(f"https://{literal}/") or clean(bare.lower().rstrip("."), 255)


def is_address(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
