"""Reading a small CSV file of unknown origin: bytes in, checked cells out.

A registry file is edited by hand and passed between offices, so every way in which it can be broken gets its own message with a line number.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import idna

from gemcrawl.exceptions import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
"""Largest file that is read; 390 municipalities take 34 kB."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def iso_date(text: str) -> date:
    """A date such as 2026-01-01, and no other of the forms of ISO 8601.

    Raises:
        ValueError: it is none.
    """
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its cells by column name, and its line number for messages."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[Row, ...]
    sha256: str
    """Of the file as it is on disk, in hexadecimal."""


def read_bytes(path: Path) -> bytes:
    """The content of a file of at most `MAX_BYTES`.

    Raises:
        RegistryError: the file cannot be opened or read, or is larger.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RegistryError(path, None, f"cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise RegistryError(path, None, f"larger than {MAX_BYTES // 1024 // 1024} MB, which no registry is")
    return content


def parse(content: bytes, path: Path | str, required: Sequence[str]) -> Table:
    """Parse a CSV file in UTF-8 (with or without byte order mark) that has at least the columns ``required``.

    Cells are stripped of surrounding blanks in no column but are free of control characters, line ends and invisible characters.

    Raises:
        RegistryError: with the line number, for anything else.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RegistryError(path, line, f"not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8") from None
    records = _records(text, path)
    first = next(records, None)
    if first is None:
        raise RegistryError(path, None, f"empty; the first line must name the columns {', '.join(required)}")
    header = _header(first, path, required)
    rows = []
    for line, cells in records:
        if len(cells) != len(header):
            raise RegistryError(path, line, f"{len(cells)} cells where the first line names {len(header)} columns")
        for column, cell in zip(header, cells, strict=True):
            if not cell.isprintable():
                bad = next(c for c in cell if not c.isprintable())
                raise RegistryError(path, line, f"column {column} contains the unprintable character U+{ord(bad):04X}")
        rows.append(Row(line, dict(zip(header, cells, strict=True))))
    return Table(tuple(rows), hashlib.sha256(content).hexdigest())


def _header(first: tuple[int, list[str]], path: Path | str, required: Sequence[str]) -> list[str]:
    line, header = first
    if len(header) == 1 and ";" in header[0]:
        raise RegistryError(path, line, "separated by semicolons; save the file with commas")
    missing = [name for name in required if name not in header]
    if missing:
        raise RegistryError(path, line, f"column {', '.join(missing)} is missing; needed are {', '.join(required)}")
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise RegistryError(path, line, f"column {twice!r} occurs twice")
    return header


def _records(text: str, path: Path | str) -> Iterator[tuple[int, list[str]]]:
    """The non-blank records of a CSV text with the number of the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise RegistryError(path, line, f"not CSV: {error}") from None


def host_name(text: str) -> str:
    """A host name in lower case as A-labels (RFC 5890): ``Súdwest.nl`` becomes ``xn--sdwest-bwa.nl``.

    Raises:
        ValueError: not a host name; the message says why.
    """
    if not text:
        raise ValueError("empty; a host name is needed")
    for mark, why in (("://", "is a URL"), ("/", "has a path"), ("@", "has a user name"), (":", "has a port"), (" ", "has a space")):
        if mark in text:
            raise ValueError(f"{text!r} {why}; give the host name only, such as www.example.nl")
    try:
        host = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"{text!r} is not a host name: {error}") from None
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        raise ValueError(f"{text!r} is not a host name; give one such as www.example.nl")
    return host
