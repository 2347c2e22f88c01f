"""Addresses as the frontier compares them: when are two the same page, and when are many of them one pattern?

Expects absolute http(s) URLs as the page reader resolves them (WHATWG-normalised).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gemcrawl.transport.urls import host_of

__all__ = ["Parts", "chooses_product", "clean_query", "host_of", "http_twin", "key", "parent_page", "pattern", "place", "split"]

# Java servers append it to a segment; ASP.NET without cookies makes it a segment of its own: /(S(k4jbx0nqv2))/.
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid|sessionid)=[^/?#]*|/\((?:[A-Z]\([^)/]*\))+\)(?=/|$)", re.IGNORECASE)
_LISTENER = re.compile(r"^\d+-\d+\.I?\w*Listener", re.IGNORECASE)
"""What Apache Wicket calls on a page: a click within it, not another page."""
_VERSION = re.compile(r"^\d+(?:-\d+(?:\..*)?)?$")
"""A query that is nothing but a number: Wicket's version of a page; or, in old content systems, which page it is."""
_DIGITS = re.compile(r"\d+")
_LONG = re.compile(r"[0-9a-f]{8,}(?:-[0-9a-f]{4,})*", re.IGNORECASE)
# Parameters that never change which page it is; `product` and its like do, but one of them per host is enough (`pattern`).
_NOISE = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|_ga|cb|sid|phpsessid|jsessionid|sessionid|session|s_?id|cfid|cftoken|ref|referer|ref_url|"
    r"returnurl|return_?url|lang|taal|language|print|share|highlight|timestamp|ts|_)$",
    re.IGNORECASE,
)
_PRODUCT = re.compile(r"^(?:product(?:_?code|_?id)?|link|activiteit|activity|service|dienst)$", re.IGNORECASE)


class Parts(NamedTuple):
    scheme: str
    host: str
    """Lower case, with the port when it is not the default."""
    path: str
    query: str


@lru_cache(maxsize=4096)
def split(url: str) -> Parts:
    """Scheme, host, path (at least ``/``) and query of a normalised absolute URL; the fragment is dropped."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    host, slash, path = rest.partition("/")
    return Parts(scheme, host.rpartition("@")[2].lower(), (slash + path) or "/", query)


def clean_query(query: str) -> str:
    """``query`` without session ids, tracking, language and cache breakers, sorted."""
    if not query:
        return ""
    kept = [pair for pair in query.split("&") if pair and not _NOISE.match(pair.partition("=")[0]) and not _LISTENER.match(pair)]
    return "&".join(sorted(kept))


@lru_cache(maxsize=8192)
def key(url: str) -> str:
    """Identity of the page at ``url``: scheme, trailing slash, session ids and query noise do not count."""
    parts = split(url)
    path = _SESSION.sub("", parts.path).rstrip("/") or "/"
    query = clean_query(parts.query)
    return f"{parts.host}{path}?{query}" if query else f"{parts.host}{path}"


@lru_cache(maxsize=4096)
def place(url: str) -> str:
    """Where a form is, over time: host and path, with what the query says unless it is noise, a version or the choice of a product."""
    where, _, query = key(url).partition("?")
    kept = [pair for pair in query.split("&") if pair and not _PRODUCT.match(pair.partition("=")[0]) and not _VERSION.match(pair)]
    return f"{where.rstrip('/')}?{'&'.join(kept)}" if kept else where.rstrip("/")


@lru_cache(maxsize=4096)
def chooses_product(url: str) -> bool:
    """Whether the query says which product of a catalogue is wanted."""
    return any(_PRODUCT.match(pair.partition("=")[0]) for pair in split(url).query.split("&"))


@lru_cache(maxsize=2048)
def pattern(url: str) -> str:
    """Shape of an address: numbers, hashes and product choices replaced, so that a calendar or a catalogue is one pattern."""
    parts = split(url)
    path = _DIGITS.sub("N", _LONG.sub("H", _SESSION.sub("", parts.path)))
    names = []
    for pair in clean_query(parts.query).split("&"):
        name, _, value = pair.partition("=")
        names.append("product" if _PRODUCT.match(name) else f"{name}={_DIGITS.sub('N', _LONG.sub('H', value))}")
    return f"{parts.host}{path}?{'&'.join(names)}"


def parent_page(url: str) -> str | None:
    """The page one step up: the address without its query, else without its last segment; None at the root."""
    parts = split(url)
    if parts.query:
        return f"{parts.scheme}://{parts.host}{parts.path}"
    above = parts.path.rstrip("/").rpartition("/")[0]
    return f"{parts.scheme}://{parts.host}{above}" if above else None


def http_twin(url: str) -> str:
    """The http form of a URL, on the default port."""
    parts = split(url)
    host = parts.host if parts.host.endswith("]") or ":" not in parts.host else parts.host.rpartition(":")[0]
    return f"http://{host}{parts.path}" + (f"?{parts.query}" if parts.query else "")
