"""Joining references of a document to its base, as a browser does, and quickly: a page has a hundred links of three shapes."""

from __future__ import annotations

import re
from functools import lru_cache

import ada_url

_PLAIN_PATH = re.compile(r"/(?![/.]|%2)[-!$%&(-.0-;=@-Z_a-z~]*+(?:/(?![/.]|%2)[-!$%&(-.0-;=@-Z_a-z~]*+)*+(?:\?[-!$%&(-;=?-Z_a-z~]*+)?+")
"""Paths, with queries, that the URL standard leaves as they are: no other characters, no dot segment, no host."""
_PLAIN_URL = re.compile(r"https?://[a-z](?:[a-z0-9]|-(?!-)|\.(?=[a-z]))*\.[a-z]{2,}(/.*)", re.ASCII)
"""Addresses of hosts that are written as the URL standard writes them: no numbers, no Punycode, no port."""
_PLAIN_RELATIVE = re.compile(
    r"[\w\-~][\w\-.~]*(?:/[\w\-~][\w\-.~]*)*/?(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?|\?[\w\-.~!$&()*+,;=:@%/?]+", re.ASCII
)
_SPACE = " \t\n\r\f\x00\x0b\x1f"
MAX_URL = 2000
"""Characters; longer addresses are no address of a page."""
is_plain = _PLAIN_PATH.fullmatch
"""Whether a reference is a path that only has to be put behind the origin."""


class Addresses:
    """Joins references to one base; keeps what it joined."""

    __slots__ = ("_folder", "_joined", "_path", "base", "origin")

    def __init__(self, base: str) -> None:
        self.base = base
        end = base.find("/", base.find("://") + 3) if "://" in base else -1
        self.origin = base[:end] if end > 0 and base.startswith(("https://", "http://")) else ""
        self._path = base.partition("#")[0].partition("?")[0]
        self._folder = self._path[: self._path.rfind("/") + 1]
        self._joined: dict[str, str] = {}

    def join(self, reference: str) -> str:
        """Absolute URL of a reference, of any scheme, without its fragment; empty when a browser could not resolve it."""
        reference = reference.partition("#")[0].strip(_SPACE)
        known = self._joined.get(reference)
        if known is None:
            known = self._joined[reference] = self._join(reference)
        return known

    def web(self, reference: str) -> str:
        """The same, and empty for every scheme but http and https."""
        if self.origin and len(reference) <= MAX_URL and is_plain(reference) is not None:
            return self.origin + reference
        url = self.join(reference)
        return url if url.startswith(("https://", "http://")) else ""

    def _join(self, reference: str) -> str:
        if len(reference) > MAX_URL:
            return ""
        if self.origin:
            rest = reference.removeprefix(self.origin)
            if _PLAIN_PATH.fullmatch(rest) is not None:
                return self.origin + rest
            if _PLAIN_RELATIVE.fullmatch(reference):
                return (self._path if reference.startswith("?") else self._folder) + reference
        return join(self.base, reference)


def join(base: str, reference: str) -> str:
    """Absolute URL of one reference without its fragment; empty when it cannot be resolved."""
    try:
        return ada_url.join_url(base, reference).partition("#")[0]
    except (ValueError, UnicodeError):
        return ""


@lru_cache(maxsize=1024)
def normal(url: str) -> str:
    """The URL as a browser would show it, without its fragment; the text itself when it is no URL."""
    plain = _PLAIN_URL.fullmatch(url)
    if plain is not None and _PLAIN_PATH.fullmatch(plain[1]) is not None:
        return url
    try:
        return ada_url.normalize_url(url).partition("#")[0]
    except (ValueError, UnicodeError):
        return url
