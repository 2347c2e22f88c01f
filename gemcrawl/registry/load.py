"""Loading the registry as of a date.  PROVENANCE.md, beside this file, says where every column of the packaged one comes from."""

from __future__ import annotations

import difflib
import importlib.resources
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gemcrawl.exceptions import RegistryError, UsageError
from gemcrawl.registry.table import Row, host_name, iso_date, parse, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

REQUIRED = ("code", "name", "province", "website")
OLD_WEBSITES_BEFORE = date(2017, 1, 1)
"""Runs as of an earlier date use the column website_2016 (PROVENANCE.md, "Columns")."""

_CODE = re.compile(r"[A-Z]{2}[0-9]{4}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One municipality as it was on the date asked for."""

    code: str
    """CBS code: GM and four digits; a register of one's own may have other capitals than GM."""
    name: str
    province: str
    website: str
    """Host name, lower case, A-labels."""
    known_hosts: tuple[str, ...] = ()
    """Hosts on which it is known to have had forms, in the order of the list."""
    lat: float | None = None
    """Degrees north, WGS84."""
    lon: float | None = None
    """Degrees east, WGS84."""
    successor: str | None = None
    """Code of the municipality it became later; several joined by +."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The municipalities to survey, and where they were read from."""

    entries: tuple[Entry, ...]
    """Sorted by code."""
    source: str
    """Path of the file as given; for the packaged registry its path inside the package."""
    sha256: str
    """Of that file, in hexadecimal."""
    rows: int
    """Municipalities that existed on ``as_of`` according to the file, before ``only``."""
    as_of: date


@dataclass(frozen=True, slots=True)
class _Life:
    """One line of the file, all dates."""

    entry: Entry
    valid_from: date | None
    valid_to: date | None

    def exists_on(self, day: date) -> bool:
        """The rule of PROVENANCE.md; ``valid_to`` is the first day on which it no longer existed."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or self.valid_to > day)


def load(path: Path | None = None, *, as_of: date, only: Sequence[str] = (), known_hosts: Path | None = None) -> Registry:
    """Read and check a registry, and keep what existed on a date.

    Args:
        path: CSV file in UTF-8 with at least the columns code, name, province and website; also read are website_2016, valid_from,
            valid_to, successor (codes joined by +), lat and lon, further columns are ignored.  None: the packaged Dutch registry.
        as_of: the survey date.
        only: codes to keep; empty for all.
        known_hosts: CSV file with the columns code and host.  None: the packaged list for the packaged registry, else no hosts.

    Raises:
        RegistryError: a file cannot be read or is malformed, or holds no municipality on that date.
        UsageError: a code in ``only`` is no municipality on that date.
    """
    content, source = content_of(path)
    table = parse(content, source, REQUIRED)
    hosts: dict[str, tuple[str, ...]] = {}
    if path is None or known_hosts is not None:
        hosts = _known_hosts(known_hosts, {row.cells["code"] for row in table.rows})
    lives: dict[str, _Life] = {}
    for row in table.rows:
        life = _life(row, source, hosts, as_of)
        if life.entry.code in lives:
            raise RegistryError(source, row.line, f"code {life.entry.code} occurs twice")
        lives[life.entry.code] = life
    entries = {code: life.entry for code, life in sorted(lives.items()) if life.exists_on(as_of)}
    if not entries:
        raise RegistryError(source, None, f"holds no municipality that existed on {as_of}" if lives else "holds no rows")
    unknown = [code for code in dict.fromkeys(only) if code not in entries]
    if unknown:
        raise UsageError("; ".join(_unknown(code, as_of, lives) for code in unknown))
    chosen = tuple(entry for code, entry in entries.items() if not only or code in only)
    return Registry(entries=chosen, source=str(source), sha256=table.sha256, rows=len(entries), as_of=as_of)


def successors(path: Path | None = None) -> dict[str, tuple[str, ...]]:
    """By code, for every municipality that ended: the codes of those it became, of all dates.

    Args:
        path: as for `load`.

    Raises:
        RegistryError: the file cannot be read or is malformed.
    """
    content, source = content_of(path)
    found = {}
    for row in parse(content, source, REQUIRED).rows:
        if life := row.cells.get("successor"):
            codes = life.split("+")
            if not all(map(_CODE.fullmatch, codes)):
                raise RegistryError(source, row.line, f"successor {life!r} is not a code, or codes joined by +")
            found[row.cells["code"]] = tuple(codes)
    return found


def content_of(path: Path | None, packaged: str = "municipalities.csv") -> tuple[bytes, Path | str]:
    """The bytes of a file, or of the packaged one where no file is named, and how to call it.

    Raises:
        RegistryError: it cannot be read.
    """
    if path is None:
        return (importlib.resources.files("gemcrawl.registry") / packaged).read_bytes(), f"gemcrawl/registry/{packaged}"
    return read_bytes(path), path


def _known_hosts(path: Path | None, codes: set[str]) -> dict[str, tuple[str, ...]]:
    content, source = content_of(path, "known_hosts_2016.csv")
    found: dict[str, dict[str, None]] = {}
    for row in parse(content, source, ("code", "host")).rows:
        if row.cells["code"] not in codes:
            raise RegistryError(source, row.line, f"code {row.cells['code']!r} is not in the registry")
        found.setdefault(row.cells["code"], {})[_host(row, "host", source)] = None
    return {code: tuple(hosts) for code, hosts in found.items()}


def _life(row: Row, source: Path | str, hosts: dict[str, tuple[str, ...]], as_of: date) -> _Life:
    code = row.cells["code"]
    if not _CODE.fullmatch(code):
        raise RegistryError(source, row.line, f"code {code!r} is not two capitals and four digits, such as GM0344")
    name, province = row.cells["name"].strip(), row.cells["province"].strip()
    for column, value in (("name", name), ("province", province)):
        if not value:
            raise RegistryError(source, row.line, f"column {column} is empty")
    website = _host(row, "website", source)
    old_website = _host(row, "website_2016", source) if row.cells.get("website_2016") else website
    valid_from, valid_to = _date(row, "valid_from", source), _date(row, "valid_to", source)
    if valid_from and valid_to and valid_to <= valid_from:
        raise RegistryError(source, row.line, f"valid_to {valid_to} is not after valid_from {valid_from}")
    successor = row.cells.get("successor") or None
    if successor and not all(map(_CODE.fullmatch, successor.split("+"))):
        raise RegistryError(source, row.line, f"successor {successor!r} is not a code, or codes joined by +")
    entry = Entry(
        code=code,
        name=name,
        province=province,
        website=old_website if as_of < OLD_WEBSITES_BEFORE else website,
        known_hosts=hosts.get(code, ()),
        lat=_degrees(row, "lat", 90, source),
        lon=_degrees(row, "lon", 180, source),
        successor=successor,
    )
    return _Life(entry, valid_from, valid_to)


def _host(row: Row, column: str, source: Path | str) -> str:
    try:
        return host_name(row.cells[column])
    except ValueError as error:
        raise RegistryError(source, row.line, f"column {column}: {error}") from None


def _date(row: Row, column: str, source: Path | str) -> date | None:
    text = row.cells.get(column, "")
    if not text:
        return None
    try:
        return iso_date(text)
    except ValueError:
        raise RegistryError(source, row.line, f"column {column}: {text!r} is not a date such as 2026-01-01") from None


def _degrees(row: Row, column: str, limit: int, source: Path | str) -> float | None:
    text = row.cells.get(column, "")
    if not text:
        return None
    if not _DEGREES.fullmatch(text) or abs(float(text)) > limit:
        raise RegistryError(source, row.line, f"column {column}: {text!r} is not a number of degrees between -{limit} and {limit}")
    return float(text)


def _unknown(asked: str, as_of: date, lives: dict[str, _Life]) -> str:
    """Why ``asked`` is no municipality on that date, and what may have been meant."""
    life = lives.get(asked)
    if life is not None and life.valid_to is not None and life.valid_to <= as_of:
        became = _named(life.entry.successor.split("+"), lives) if life.entry.successor else ""
        return f"{asked} ({life.entry.name}) ended on {life.valid_to}, before {as_of}" + (f"; it became {became}" if became else "")
    if life is not None:
        return f"{asked} ({life.entry.name}) began on {life.valid_from}, after {as_of}"
    there = {code: life.entry.name for code, life in lives.items() if life.exists_on(as_of)}
    near = difflib.get_close_matches(asked.upper(), there, n=3, cutoff=0.8)
    by_name = {name.casefold(): code for code, name in there.items()}
    near += [by_name[name] for name in difflib.get_close_matches(asked.casefold(), by_name, n=3, cutoff=0.7)]
    hint = f"; near: {_named(dict.fromkeys(near), lives)}" if near else "; a code is GM and four digits, such as GM0344"
    return f"{asked!r} is not the code of a municipality on {as_of}{hint}"


def _named(codes: Iterable[str], lives: dict[str, _Life]) -> str:
    return ", ".join(f"{code} ({lives[code].entry.name})" if code in lives else code for code in codes)
