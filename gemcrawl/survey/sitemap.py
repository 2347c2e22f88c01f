"""Sitemaps: the addresses in one, from hostile XML, within a budget."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

from lxml.etree import LxmlError, XMLPullParser, _Element

MAX_BYTES = 4 * 1024 * 1024
MAX_URLS = 20_000
_LONG_TAG = re.compile(rb"<[^<>]{65536}")
"""No sitemap has one; hundreds of thousands of attributes would take a hundred megabytes."""
_PIECE = 65_536


def _unzipped(body: bytes) -> bytes:
    """``body``, gunzipped up to `MAX_BYTES` when it is gzip."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:MAX_BYTES]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BYTES)
    except zlib.error:
        return b""


def locations(body: bytes) -> tuple[list[str], list[str]]:
    """Pages and nested sitemaps named in a sitemap or sitemap index, in order.

    Entities are not resolved and nothing is loaded; broken XML yields what came before the break.
    """
    pages: list[str] = []
    sitemaps: list[str] = []
    data = _unzipped(body)
    if b"<!ENTITY" in data[:4096] or b"<!entity" in data[:4096] or _LONG_TAG.search(data):
        return [], []
    parser = XMLPullParser(
        events=("end",), resolve_entities=False, no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    for start in range(0, len(data), _PIECE):
        with suppress(LxmlError):
            parser.feed(data[start : start + _PIECE])
        for kind, url in _locations(parser):
            (sitemaps if kind == "sitemap" else pages).append(url)
            if len(pages) + len(sitemaps) >= MAX_URLS:
                return pages, sitemaps
    return pages, sitemaps


def _locations(parser: XMLPullParser) -> Iterator[tuple[str, str]]:
    for _, element in parser.read_events():
        tag = element.tag
        if not isinstance(tag, str) or tag.rpartition("}")[2] != "loc":
            _forget(element)
            continue
        parent = element.getparent()
        kind = parent.tag.rpartition("}")[2] if parent is not None and isinstance(parent.tag, str) else "url"
        url = (element.text or "").strip()
        if url.startswith(("http://", "https://")) and len(url) < 2000:
            yield kind, url


def _forget(element: _Element) -> None:
    """Lets go of what is inside an element and before it, so that the tree stays small."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
