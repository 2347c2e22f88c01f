"""From the bytes of a response to markup that can be parsed safely: size, character set, nesting."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import islice

MAX_BYTES = 2_000_000
MAX_TAGS = 60_000
"""Occurrences of ``<``; one to open and one to close each element that is looked at (`gemcrawl.forms.document.MAX_ELEMENTS`)."""
MAX_ATTRIBUTES = 100_000
"""Attributes of all tags together: `MAX_BYTES` hold that many when each takes no more than twenty bytes."""
_BALLAST = 64 * 1024
"""What is longer and says nothing may be left out of a page that is too large."""
_SILENT = ((b"<!--", b"-->"), (b"<script", b"</script"), (b"<style", b"</style"))
_DATA = re.compile(rb"data:[\w/+.;=,%%-]{%d,}+" % _BALLAST)
"""An address that is the data itself; it has one colon, so that none is looked at twice."""
_MAX_DEPTH = 600
_MANY_TAGS = 4000
_SOME_TAGS = 1000
_MAX_COPIES = 100_000
_SAME = 3
"""Of formatting elements that are the same, a parser repeats no more."""
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_OF_PAGES = re.compile(
    r"utf-(?:8|16(?:-[bl]e)?)|ascii|iso8859-\d+|cp(?:125\d|866|874|932|949|950)|koi8-[ru]|mac-(?:roman|cyrillic)|gbk|gb2312|gb18030|big5(?:hkscs)?"
    r"|euc_(?:jp|kr)|iso2022_jp|shift_jis"
)
"""Python's names of the character sets that browsers know (WHATWG Encoding); it knows others too, and to decode Punycode takes quadratic time."""
_MAX_ATTRIBUTES = 100
_MAX_COUNTED = 20_000
_FEW_SEPARATORS = 7000
"""A page that holds no more of what can separate attributes has no tag of so many that it does harm."""
_SEPARATORS = b" \t\n\f\r/\"'"
_LONG_VALUE = 1000
_MAX_OPTIONS = 2000
_ODD_TAG = re.compile(
    rb"<[a-zA-Z](?![^\t\n\f\r />\"'=<]*+(?:[\t\n\f\r /]++[^\t\n\f\r />\"'=<]++(?:=(?:\"[^\"<]*+\"|'[^'<]*+'|[^\t\n\f\r >\"'=<]++(?=[\t\n\f\r >])))?+){0,100}+[\t\n\f\r /]*+>)"
    rb"[^\t\n\f\r />]*+"
)
"""The beginning of a tag that is not written as everybody does, with at most `_MAX_ATTRIBUTES`; no look ahead passes the next ``<``."""
ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*+(?:=[^\t\n\f\r />=]*+|[^\t\n\f\r />=]++)(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\t\n\f\r >]*+))?+"
)
"""One attribute as the tokeniser of the HTML standard takes it."""
_USUAL_TAG = re.compile(rb"<[a-zA-Z][^\t\n\f\r <>/\"'=]*+[\t\n\f\r /](?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>")
"""A tag that has attributes and is not odd."""
_VALUE = re.compile(rb"=[\t\n\f\r ]*+(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >]*+)")
_OPTION = re.compile(rb"<option(?=[\s>/])[^>]{0,500}>?", re.IGNORECASE)
_FORMAT_NAMES = frozenset(b"b i s u em tt big code font nobr small strike strong".split())
_FORMATS = _FORMAT_NAMES | {b"/" + name for name in _FORMAT_NAMES}
_TAG = re.compile(rb"<(/?[a-z][^\t\n\f\r />]*+[\t\n\f\r />])")
"""A tag's name with the slash that closes before it and the character that ends it."""
_NAME = re.compile(rb"<(/?[a-z][^\t\n\f\r />]*+)")
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dd dt option optgroup tr td th thead tbody tfoot path use circle rect line".split()
)
"""Elements that hold no others, or that the next one of their kind closes."""
_INLINE = frozenset(b"a br img input span label abbr".split())
"""Tags that repeat no formats."""
_FLAT_TAGS = 25_000
_DROPPED = re.compile(
    rb"</?(?!(?:html|head|title|base|meta|link|script|style|body|a|form|input|select|option|textarea|button|h[1-3]|i?frame|noscript|img)(?:[\s/>]|\Z))[a-z][^>]{0,2000}>?",
    re.IGNORECASE,
)
_SLASH = ord("/")


def without_ballast(body: bytes) -> bytes:
    """A page, and where it is larger than `MAX_BYTES` without the data in addresses, and with no more than the beginning of long comments, scripts and styles."""
    if len(body) <= MAX_BYTES:
        return body
    body = _DATA.sub(b"data:,", body)
    for begin, end in _SILENT:
        body = _abridged(body, begin, end)
    return body


def _abridged(body: bytes, begin: bytes, end: bytes) -> bytes:
    lower = body.lower()
    parts: list[bytes] = []
    done = 0
    at = lower.find(begin)
    while at >= 0 and (close := lower.find(end, at)) >= 0:
        if close - at > _BALLAST:
            parts.append(body[done : at + _BALLAST])
            done = close
        at = lower.find(begin, close)
    return b"".join((*parts, body[done:])) if parts else body


def markup_of(body: bytes, charset: str | None = None) -> bytes:
    """UTF-8 markup of at most `MAX_BYTES` and `MAX_TAGS`, that a parser takes in linear time.

    The character set is the byte order mark's, else `charset` (of the response header), else that of the first ``meta``, else UTF-8, else
    windows-1252.
    """
    markup = _utf8(body[:MAX_BYTES], charset)
    tags = markup.count(b"<")
    if tags > MAX_TAGS:
        markup, tags = _fewer_tags(markup, MAX_TAGS), MAX_TAGS
    markup = _fewer_attributes(markup)
    if tags >= _MAX_OPTIONS:
        markup = _fewer_options(markup)
    return _flat(markup, tags) if tags >= _SOME_TAGS else markup


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
            name = ""
        if _OF_PAGES.fullmatch(name) is None:
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
    return body.decode("cp1252" if name == "iso8859-1" else name, "replace").encode("utf-8", "replace")


def _fewer_tags(markup: bytes, most: int) -> bytes:
    """Markup of more than `most` tags, up to the last of those."""
    start, end, left = 0, len(markup), most
    while end - start > 1:
        middle = (start + end) // 2
        tags = markup.count(b"<", start, middle)
        if tags > left:
            end = middle
        else:
            start, left = middle, left - tags
    return markup[:start]


def _fewer_attributes(markup: bytes) -> bytes:
    """Markup with at most `_MAX_ATTRIBUTES` per tag: a parser holds each new one against all before it, which takes quadratic time.

    Whether an odd tag is one, or stands in a script or a value, only a parser knows: each is looked at by itself, and all of them within one budget, beyond
    which odd tags are taken for text.
    """
    separators = len(markup) - len(markup.translate(None, _SEPARATORS))
    if separators <= _FEW_SEPARATORS:
        return markup
    if (
        separators > MAX_ATTRIBUTES
        and max(len(markup.split()), markup.count(b"/"), markup.count(b'"'), markup.count(b"'")) > MAX_ATTRIBUTES
    ):
        markup = _fewer_in_all(markup)
    parts: list[bytes] = []
    done, budget = 0, _MAX_COUNTED
    for odd in _ODD_TAG.finditer(markup):
        count, at = 0, odd.end()
        while count <= _MAX_ATTRIBUTES < budget and (attribute := ATTRIBUTE.match(markup, at)) is not None:
            count += 1
            budget -= 1 + (attribute.end() - at) // _LONG_VALUE
            at = attribute.end()
        if budget <= _MAX_ATTRIBUTES:
            return b"".join((*parts, markup[done:at], b">", _ODD_TAG.sub(b" ", markup[at:])))
        if count > _MAX_ATTRIBUTES and at > done:
            parts += markup[done:at], b">"
            done = at
    return b"".join((*parts, markup[done:])) if parts else markup


def _fewer_in_all(markup: bytes) -> bytes:
    """Markup up to the tag with which there are more than `MAX_ATTRIBUTES`; those of odd tags are counted elsewhere."""
    if _attributes_of(b"".join(_USUAL_TAG.findall(markup))) <= MAX_ATTRIBUTES:
        return markup
    left = MAX_ATTRIBUTES
    for tag in _USUAL_TAG.finditer(markup):
        left -= _attributes_of(tag[0])
        if left < 0:
            return markup[: tag.start()]
    return markup


def _attributes_of(tags: bytes) -> int:
    return len(_VALUE.sub(b"", tags).replace(b"/", b" ").split()) - 1


def _fewer_options(markup: bytes) -> bytes:
    """Markup with at most `_MAX_OPTIONS` options: a parser goes through all of a select's for each new one."""
    options = _OPTION.finditer(markup)
    last = next(islice(options, _MAX_OPTIONS, None), None)
    if last is None:
        return markup
    return markup[: last.start()] + _OPTION.sub(b" ", markup[last.start() :])


def _flat(markup: bytes, tags: int) -> bytes:
    """Markup without container elements, and less of it, when only an attacker can have written it: nested too deep, or formats repeated too often.

    The tree builder of the HTML standard searches its stack of open elements and repeats unclosed formatting elements in each new block: deep nesting
    takes quadratic time, and a few kilobytes of unclosed ``<font>`` can grow to millions of nodes.
    """
    lower = markup.lower()
    names = _NAME.findall(lower)
    distinct = set(names)
    if (tags >= _MANY_TAGS and _are_open(names, distinct - _VOID, _MAX_DEPTH)) or _is_repeated(lower, names, distinct, _MAX_COPIES // tags):
        return _DROPPED.sub(b" ", _fewer_tags(markup, _FLAT_TAGS) if tags > _FLAT_TAGS else markup)
    return markup


def _is_repeated(lower: bytes, names: list[bytes], distinct: AbstractSet[bytes], most: int) -> bool:
    """Whether formats that are open where blocks begin or end, more than `most` at once, may make more than `_MAX_COPIES` new elements."""
    if distinct.isdisjoint(_FORMAT_NAMES):
        return False
    formats = list(filter(_FORMATS.__contains__, names))
    return len(formats) > most and _are_open(formats, _FORMAT_NAMES, most) and _copies(_TAG.findall(lower)) > _MAX_COPIES


def _are_open(names: Iterable[bytes], counted: AbstractSet[bytes], most: int) -> bool:
    """Whether more than a number of elements are open at once, by the names of tags; those that close begin with a slash."""
    opening = {name: [0] for name in counted if name[0] != _SLASH}
    """How many are open, by name."""
    both = {name: (count, True) for name, count in opening.items()} | {b"/" + name: (count, False) for name, count in opening.items()}
    depth = 0
    for count, opens in filter(None, map(both.get, names)):
        if opens:
            count[0] += 1
            depth += 1
            if depth > most:
                return True
        elif count[0]:
            count[0] -= 1
            depth -= 1
    return False


def _copies(tags: list[bytes]) -> int:
    """How many elements a parser adds for formats that are open at the tags of blocks; `tags` are names with the character that ends them."""
    open_ = dict.fromkeys(_FORMAT_NAMES, 0)
    count = copies = 0
    for tag in tags:
        name = tag[:-1].removeprefix(b"/")
        if name not in open_:
            copies += count if name not in _INLINE else 0
        elif tag[0] != _SLASH:
            if tag[-1:] != b">" or open_[name] < _SAME:
                open_[name] += 1
                count += 1
        elif open_[name]:
            open_[name] -= 1
            count -= 1
    return copies
