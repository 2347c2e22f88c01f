"""Reading the state's own registers: exportOO.xml (organisations) and exportRIO.xml (internet domains) of organisaties.overheid.nl.

Only what a register of municipalities needs is read: no names of officials, no addresses of people.  The namespace has the version of the
schema in it and changes several times a year, so elements are known by their local names.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from lxml import etree

from gemcrawl.exceptions import RegistryError
from gemcrawl.registry.table import host_name, iso_date
from gemcrawl.sites import site_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 512 * 1024 * 1024
"""Of an export; that of 2026 has about a fifth."""
MAX_MUNICIPALITIES = 5_000
_LONGEST = 2_048
"""Characters of a value."""
_PREFIX = "Gemeente "
_TOOI = re.compile(r"https?://identifier\.overheid\.nl/tooi/id/gemeente/gm([0-9]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """One municipality as the register of organisations has it."""

    code: str
    """CBS code, from the TOOI identifier."""
    name: str
    """Without "Gemeente"."""
    begins: date | None
    ends: date | None
    """The first day on which it is no more."""
    website: str | None
    """Host name; None where no internet address has one that can be used."""
    bad_address: str | None = None
    """The first address whose host cannot be used, where there is no website."""


def municipalities(source: BinaryIO, path: Path | str) -> list[Official]:
    """The municipalities in an exportOO.xml, ended ones included, in the order of the file.

    Organisations without a TOOI identifier of a municipality are left out, whatever their type says.

    Args:
        source: the XML, read as a stream.
        path: for messages.

    Raises:
        RegistryError: not XML, more than the limits, with a document type, or without any municipality.
    """
    found: list[Official] = []
    for organisation in _organisations(source, path):
        if "Gemeente" not in _texts(organisation, "types", "type"):
            continue
        codes = {match[1] for text in _texts(organisation, "identificatiecodes", "resourceIdentifier") if (match := _TOOI.fullmatch(text))}
        if len(codes) > 1:
            raise RegistryError(path, organisation.sourceline, f"one municipality with several codes: {', '.join(sorted(codes))}")
        if codes:
            if len(found) == MAX_MUNICIPALITIES:
                raise RegistryError(path, organisation.sourceline, f"more than {MAX_MUNICIPALITIES} municipalities")
            found.append(_municipality(f"GM{codes.pop()}", organisation, path))
    if not found:
        raise RegistryError(path, None, "no organisation of the type Gemeente with a TOOI identifier; is this exportOO.xml?")
    return found


def domains(source: BinaryIO, path: Path | str) -> frozenset[str]:
    """The registrable domains in an exportRIO.xml.

    Raises:
        RegistryError: not XML, more than the limits, with a document type, or without any domain.
    """
    found = set()
    for organisation in _organisations(source, path):
        for text in _texts(organisation, "contact", "url"):
            with suppress(ValueError):
                found.add(site_of(_host(text)))
    if not found:
        raise RegistryError(path, None, "no organisation with an address; is this exportRIO.xml?")
    return frozenset(found)


class _Bounded:
    """A file that ends with an error after `MAX_BYTES`."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        self._file, self._path, self._left = file, path, MAX_BYTES

    def read(self, size: int) -> bytes:
        piece = self._file.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise RegistryError(self._path, None, f"larger than {MAX_BYTES // 1024**2} MB, which no export is")
        return piece


def _organisations(source: BinaryIO, path: Path | str) -> Iterator[Any]:
    """Each element ``organisatie`` when it is complete; it is emptied afterwards, so that one at a time is in memory."""
    events = etree.iterparse(
        _Bounded(source, path),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = None
        for event, element in events:
            if root is None:
                root = element
                if root.getroottree().docinfo.internalDTD is not None:
                    raise RegistryError(path, None, "has a document type, which an export has not")
            if event == "end" and etree.QName(element).localname == "organisatie":
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.LxmlError as error:
        raise RegistryError(path, getattr(error, "lineno", None), f"not XML that can be read: {ascii(str(error))[1:-1][:200]}") from None
    except OSError as error:
        raise RegistryError(path, None, f"cannot be read: {error.strerror or error}") from None


def _municipality(code: str, organisation: Any, path: Path | str) -> Official:
    name = next(iter(_texts(organisation, "naam")), "").removeprefix(_PREFIX)
    if not name or not name.isprintable():
        raise RegistryError(path, organisation.sourceline, f"{code} has no name that can be printed: {name!a}")
    ends = _date(organisation, "eindDatum", code, path)
    if ends is not None and ends.year == date.max.year:  # how databases write that there is no end
        ends = None
    if ends is not None and (ends.month, ends.day) == (12, 31):  # told as the last day; mergers take effect on 1 January
        ends = date(ends.year + 1, 1, 1)
    website, bad = _website(organisation)
    begins = _date(organisation, "startDatum", code, path)
    return Official(code=code, name=name, begins=begins, ends=ends, website=website, bad_address=bad)


def _website(organisation: Any) -> tuple[str | None, str | None]:
    """The host of the address labelled as the general one, else of the one with the shortest path, else of the first; and what is bad."""
    addresses = [
        ("algemeen" not in map(str.casefold, _texts(address, "label")), len(_path(url)), place, url)
        for place, address in enumerate(_children(organisation, "contact", "internetadressen", "internetadres"))
        for url in _texts(address, "url")
    ]
    bad = None
    for *_, url in sorted(addresses):
        try:
            return _host(url), None
        except ValueError:
            bad = bad or url
    return None, bad


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.strip("/")
    except ValueError:
        return url


def _host(url: str) -> str:
    """The host name in a web address, or in one without its scheme.

    Raises:
        ValueError: there is none.
    """
    parts = urlsplit(url if "//" in url else f"//{url}")
    if parts.scheme not in ("", "http", "https") or parts.port not in (None, 80, 443) or parts.username is not None:
        raise ValueError(f"{url!a} is not the address of a website")
    return host_name(parts.hostname or "")


def _date(organisation: Any, tag: str, code: str, path: Path | str) -> date | None:
    text = next(iter(_texts(organisation, tag)), "")[:10]
    if not text:
        return None
    try:
        return iso_date(text)
    except ValueError:
        raise RegistryError(path, organisation.sourceline, f"{code}: {tag} {text!a} is not a date such as 2026-01-01") from None


def _children(element: Any, *tags: str) -> list[Any]:
    """The elements at the end of a path of local names, whatever their namespace."""
    found = [element]
    for tag in tags:
        found = [child for parent in found for child in parent.iterchildren(f"{{*}}{tag}")]
    return found


def _texts(element: Any, *tags: str) -> list[str]:
    """The texts at the end of a path, without blanks around them; empty and overlong ones are left out."""
    texts = [(child.text or "").strip() for child in _children(element, *tags)]
    return [text for text in texts if 0 < len(text) <= _LONGEST]
