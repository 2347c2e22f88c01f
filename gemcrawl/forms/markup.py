"""From the bytes of a response to markup that can be parsed safely: size, character set, nesting."""

from __future__ import annotations

import codecs
import re
from itertools import islice

MAX_BYTES = 2_000_000
_MAX_DEPTH = 600
_MANY_TAGS = 4000
_SOME_TAGS = 800
_MANY_FORMATS = 300
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_SMALL = 60_000
_LONG_TAG = 3000
_MAX_ATTRIBUTES = 500
_MAX_OPTIONS = 2000
_ATTRIBUTES = re.compile(rb"<[a-zA-Z][^\s/>]*+((?:[\s/]++|[^\s/>=]++|=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+))*+)>?")
"""A tag, with its attributes as one group; takes each byte once."""
_ORDINARY = re.compile(
    rb"(?:[^<]++|<(?![a-zA-Z])|<[a-zA-Z][^\s/>]*+(?:[\s/]++|[^\s/>=]++|=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+)){0,300}+(?:>|\Z))*+"
)
"""Text and tags of some hundred attributes at the most, as far as they go."""
_ATTRIBUTE = re.compile(rb"[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+))?+")
_OPTION = re.compile(rb"<option(?=[\s>/])[^>]{0,500}>?", re.IGNORECASE)
_TAG = re.compile(rb"<(/?)([a-zA-Z][^\s/>]{0,40})")
_FORMAT = re.compile(
    rb"<(?:[bisuBISU]|[eE][mM]|[tT][tT]|[bB][iI][gG]|[cC][oO][dD][eE]|[fF][oO][nN][tT]|[nN][oO][bB][rR]|[sS](?:[mM][aA][lL][lL]|[tT][rR](?:[iI][kK][eE]|[oO][nN][gG])))[\s>/]"
)
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dd dt option optgroup tr td th thead tbody tfoot path use circle rect line".split()
)
_KEPT = frozenset(
    b"html head title base meta link script style body a form input select option textarea button h1 h2 h3 iframe frame noscript img".split()
)
_ANY_TAG = re.compile(rb"</?([a-zA-Z][^\s/>]{0,40})[^>]{0,2000}>?")


def markup_of(body: bytes, charset: str | None = None) -> bytes:
    """UTF-8 markup of at most `MAX_BYTES`, no deeper nested than a parser takes in linear time.

    The character set is the byte order mark's, else `charset` (of the response header), else that of the first ``meta``, else UTF-8, else
    windows-1252.
    """
    return _flat(_fewer_options(_fewer_attributes(_utf8(body[:MAX_BYTES], charset))))


def _utf8(body: bytes, charset: str | None) -> bytes:
    if body.startswith(codecs.BOM_UTF8):
        return body[3:]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode("utf-8", "replace")
    if not charset:
        found = _CHARSET.search(body, 0, 2048)
        charset = found[1].decode("ascii", "replace") if found else None
    name = "utf-8"
    if charset:
        try:
            name = codecs.lookup(charset.strip("\"' ")).name
        except (LookupError, ValueError):
            name = "utf-8"
    if name in {"utf-8", "ascii"} or name.startswith("utf-16"):
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            # A character cut in two at the end is no reason to doubt the rest.
            if error.start < len(body) - 4:
                return (
                    body.decode("cp1252", "replace").encode("utf-8", "replace")
                    if name != "utf-8" or not charset
                    else body.decode("utf-8", "replace").encode()
                )
            return body[: error.start]
        return body
    if name in {"iso8859-1", "latin-1"}:
        name = "cp1252"
    try:
        return body.decode(name, "replace").encode("utf-8", "replace")
    except (LookupError, ValueError, TypeError):
        return body.decode("utf-8", "replace").encode()


def _fewer_attributes(markup: bytes) -> bytes:
    """Markup with at most `_MAX_ATTRIBUTES` per tag: a parser holds each new one against all before it, which takes quadratic time."""
    if len(markup) < _SMALL and not _has_gap(markup):
        return markup
    parts: list[bytes] = []
    at = 0
    while True:
        ordinary = _ORDINARY.match(markup, at)
        end = ordinary.end() if ordinary is not None else at
        parts.append(markup[at:end])
        tag = _ATTRIBUTES.match(markup, end)
        if tag is None:
            return b"".join((*parts, markup[end:]))
        parts.append(_cut(tag))
        at = tag.end()


def _has_gap(markup: bytes) -> bool:
    """Whether `_LONG_TAG` bytes in a row hold no ``<``."""
    at = 0
    while at + _LONG_TAG < len(markup):
        last = markup.rfind(b"<", at + 1, at + _LONG_TAG)
        if last < 0:
            return True
        at = last
    return False


def _cut(tag: re.Match[bytes]) -> bytes:
    attributes = tag[1]
    for count, attribute in enumerate(_ATTRIBUTE.finditer(attributes)):
        if count == _MAX_ATTRIBUTES:
            return tag[0][: tag.start(1) - tag.start() + attribute.start()] + b">"
    return tag[0]


def _fewer_options(markup: bytes) -> bytes:
    """Markup with at most `_MAX_OPTIONS` options: a parser goes through all of a select's for each new one."""
    if markup.count(b"<") < _MAX_OPTIONS:
        return markup
    options = _OPTION.finditer(markup)
    last = next(islice(options, _MAX_OPTIONS, None), None)
    if last is None:
        return markup
    return markup[: last.start()] + _OPTION.sub(b" ", markup[last.start() :])


def _flat(markup: bytes) -> bytes:
    """Markup without container elements when they are nested so deep that only an attacker can have written them.

    The tree builder of the HTML standard searches its stack of open elements and repeats unclosed formatting elements in each new block: deep nesting
    takes quadratic time, and a few kilobytes of unclosed ``<font>`` can grow to millions of nodes.
    """
    tags = markup.count(b"<")
    if tags < _SOME_TAGS:
        return markup
    formats = len(_FORMAT.findall(markup))
    if tags < _MANY_TAGS and formats < _MANY_FORMATS:
        return markup
    open_: dict[bytes, int] = {}
    depth = 0
    for match in _TAG.finditer(markup):
        name = match[2].lower()
        if name in _VOID:
            continue
        if not match[1]:
            open_[name] = open_.get(name, 0) + 1
            depth += 1
            if depth > _MAX_DEPTH:
                return _ANY_TAG.sub(lambda m: m[0] if m[1].lower() in _KEPT else b" ", markup)
        elif open_.get(name, 0) > 0:
            open_[name] -= 1
            depth -= 1
    return markup
