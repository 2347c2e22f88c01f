"""Sitemaps: the addresses in one, from hostile XML, within a budget."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress

from lxml.etree import LxmlError, XMLPullParser

MAX_BYTES = 4 * 1024 * 1024
MAX_URLS = 20_000


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
    if b"<!ENTITY" in data[:4096] or b"<!entity" in data[:4096]:
        return [], []
    parser = XMLPullParser(events=("end",), resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    with suppress(LxmlError):
        parser.feed(data)
    for kind, url in _locations(parser):
        (sitemaps if kind == "sitemap" else pages).append(url)
        if len(pages) + len(sitemaps) >= MAX_URLS:
            break
    return pages, sitemaps


def _locations(parser: XMLPullParser) -> Iterator[tuple[str, str]]:
    for _, element in parser.read_events():
        tag = element.tag
        if not isinstance(tag, str) or tag.rpartition("}")[2] != "loc":
            continue
        parent = element.getparent()
        kind = parent.tag.rpartition("}")[2] if parent is not None and isinstance(parent.tag, str) else "url"
        url = (element.text or "").strip()
        if url.startswith(("http://", "https://")) and len(url) < 2000:
            yield kind, url
