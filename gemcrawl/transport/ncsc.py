"""Grades by the NCSC's TLS guidelines: what a server accepts, looked up in the table of one version of them.

The tables are the data files in ``ncsc/``, one per version, each with its source.  A server accepts what its weakest client asks for, so
the worst item decides; what a table does not list is insufficient (NCSC guidelines 2.1, section "Security levels").  That holds for what
came after a table too: the decree of 2023 refers to the table of 2021 for ever, so a server that offers X25519MLKEM768 or secp521r1 beside
the listed groups is insufficient by it.  Such an item is marked "not in the table of 2021" wherever a grade is explained.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from gemcrawl.items import Host, NcscGrade
from gemcrawl.transport.urls import clean

LEVELS: tuple[NcscGrade, ...] = ("insufficient", "phase_out", "sufficient", "good")
"""Worst first."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_LONGEST_ITEM = 80


@dataclass(frozen=True, slots=True)
class Table:
    """One version of the guidelines."""

    id: str
    title: str
    source: str
    date: date
    """When it was published; the first of the month where only that is known."""
    date_note: str
    """What of the date was not verified; empty when nothing."""
    versions: Mapping[str, NcscGrade]
    cipher_suites: Mapping[str, NcscGrade]
    """By IANA name; so are the groups."""
    groups: Mapping[str, NcscGrade]
    certificate_key: Mapping[str, NcscGrade]
    """By name as in `gemcrawl.items.Host.certificate_key`; RSA keys by size."""
    certificate_signature: Mapping[str, NcscGrade]
    rsa_bits: tuple[tuple[int, NcscGrade], ...]
    """Smallest key of each level, largest first."""
    dhe_bits: tuple[tuple[int, NcscGrade], ...]
    """The same for a DHE group of the server's own; empty where those are insufficient at any size."""


@dataclass(frozen=True, slots=True)
class Grading:
    """What one table says of one server."""

    grade: NcscGrade
    reasons: tuple[str, ...]
    """Every item below good with its level, worst first: ``phase_out: version TLSv1``; or what is missing."""


@cache
def load() -> dict[str, Table]:
    """Every table by id, oldest first."""
    folder = resources.files("gemcrawl.transport") / "ncsc"
    files = [tomllib.loads(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    return {content["id"]: _table(content) for content in sorted(files, key=lambda c: (c["date"], c["id"]))}


def _table(content: Mapping[str, Any]) -> Table:
    return Table(
        id=content["id"],
        title=content["title"],
        source=content["source"],
        date=content["date"],
        date_note=content.get("date_note", ""),
        versions=_by_name(content["versions"]),
        cipher_suites=_by_name(content["cipher_suites"]),
        groups=_by_name(content["groups"]),
        certificate_key=_by_name(content["certificate_key"]),
        certificate_signature=_by_name(content["certificate_signature"]),
        rsa_bits=_by_size(content["rsa_bits"]),
        dhe_bits=_by_size(content.get("dhe_bits", {})),
    )


def _by_name(levels: Mapping[NcscGrade, Sequence[str]]) -> dict[str, NcscGrade]:
    return {name: level for level, patterns in levels.items() for pattern in patterns for name in expand(pattern)}


def _by_size(levels: Mapping[NcscGrade, int]) -> tuple[tuple[int, NcscGrade], ...]:
    return tuple(sorted(((bits, level) for level, bits in levels.items()), reverse=True))


def expand(pattern: str) -> Iterator[str]:
    """The names that a pattern of a table stands for: ``A_{B,C}`` is ``A_B`` and ``A_C``."""
    parts = _BRACES.split(pattern)  # literal, alternatives, literal, ...
    for choice in itertools.product(*(part.split(",") if i % 2 else [part] for i, part in enumerate(parts))):
        yield "".join(choice)


def grade(
    table: Table,
    *,
    versions: Sequence[str],
    cipher_suites: Sequence[str],
    groups: Sequence[str],
    certificate_key: str | None,
    certificate_signature: str | None,
    intermediate_signatures: Sequence[str] = (),
    complete: bool = True,
) -> Grading:
    """The grade of a server that accepts all this; the worst item decides.

    Args:
        versions: as `gemcrawl.items.TlsVersion`.
        cipher_suites: IANA names.
        groups: IANA names; a DHE group of the server's own by its size, ``dhe-2048``.
        certificate_key: ``RSA-2048``, ``EC-P-256``, ``Ed25519`` and so on.
        certificate_signature: hash of the leaf's signature.
        intermediate_signatures: the same of the other certificates sent; leave out roots, whose signature protects nothing.
        complete: whether the server accepts nothing else.

    ``not_tested`` when versions or suites are unknown, and when what is known is at least sufficient and a group (of a suite that needs
    one), the key or the signature is missing.  What is known of an incomplete inventory can only prove ``insufficient``.  One more item
    never improves a grade.
    """
    if not versions or not cipher_suites:
        return Grading("not_tested", ("not listed: versions and cipher suites",))
    items = [
        *(_item(table, v, "version", lambda t, name: _level(t.versions, name)) for v in versions),
        *(_item(table, s, "suite", lambda t, name: _level(t.cipher_suites, name)) for s in cipher_suites),
        *(_item(table, g, "group", _group) for g in groups),
        *(_item(table, k, "certificate key", _key) for k in (certificate_key,) if k is not None),
        *(_item(table, s, "certificate signature", _signature) for s in (certificate_signature,) if s is not None),
        *(_item(table, s, "signature of an intermediate certificate", _signature) for s in intermediate_signatures),
    ]
    worst = min((level for level, _ in items), key=LEVELS.index)
    reasons = tuple(dict.fromkeys(f"{level}: {item}" for level, item in sorted(items, key=lambda i: LEVELS.index(i[0])) if level != "good"))
    missing = _missing(cipher_suites, groups, certificate_key, certificate_signature)
    if worst == "insufficient":
        return Grading(worst, reasons)
    if not complete:
        return Grading("not_tested", ("not listed to the end", *reasons))
    if missing and worst != "phase_out":
        return Grading("not_tested", (f"not listed: {', '.join(missing)}", *reasons))
    return Grading(worst, reasons)


def _item(table: Table, name: str, what: str, level_in: Callable[[Table, str], NcscGrade]) -> tuple[NcscGrade, str]:
    """Level of one item and its name; one that only a later version of the guidelines knows says so: it is not weak, it is not listed."""
    level = level_in(table, name)
    newer = (other for other in load().values() if other.date > table.date)
    unlisted = level == "insufficient" and any(level_in(other, name) in ("sufficient", "good") for other in newer)
    note = f" (not in the table of {table.date.year})" if unlisted else ""
    return level, f"{what} {clean(name, _LONGEST_ITEM)}{note}"


def grade_row(table: Table, row: Host) -> Grading:
    """The facts of a stored row by one table: why it has its grade.

    A row keeps neither whether the inventory was complete nor the intermediate certificates' signatures, so the grade in its column counts.
    """
    return grade(
        table,
        versions=row.tls_versions,
        cipher_suites=row.cipher_suites,
        groups=row.groups,
        certificate_key=row.certificate_key,
        certificate_signature=row.certificate_signature,
    )


def below_sufficient(grading: Grading) -> str:
    """The offending items in one line, worst first: ``insufficient: group dhe-1024; phase_out: version TLSv1, version TLSv1.1``."""
    by_level: dict[str, list[str]] = {}
    for reason in grading.reasons:
        level, _, item = reason.partition(": ")
        if level in ("insufficient", "phase_out"):
            by_level.setdefault(level, []).append(item)
    return "; ".join(f"{level.replace('_', ' ')}: {', '.join(items)}" for level, items in by_level.items())


def _missing(suites: Sequence[str], groups: Sequence[str], key: str | None, signature: str | None) -> list[str]:
    missing = ["key-exchange groups"] if not groups and any(map(needs_group, suites)) else []
    return missing + ["certificate key"] * (key is None) + ["certificate signature"] * (signature is None)


def needs_group(suite: str) -> bool:
    """Whether a suite agrees on a key by (EC)DHE, as every suite of TLS 1.3 does."""
    return "_WITH_" not in suite or suite.startswith(("TLS_ECDHE_", "TLS_DHE_", "TLS_ECDH_anon_", "TLS_DH_anon_"))


def _level(levels: Mapping[str, NcscGrade], name: str) -> NcscGrade:
    return levels.get(name, "insufficient")


def _group(table: Table, name: str) -> NcscGrade:
    own = re.fullmatch(r"dhe-([0-9]{1,6})", name)
    return _sized(table.dhe_bits, int(own[1])) if own else _level(table.groups, name)


def _key(table: Table, name: str) -> NcscGrade:
    rsa = re.fullmatch(r"RSA-([0-9]{1,6})", name)
    return _sized(table.rsa_bits, int(rsa[1])) if rsa else _level(table.certificate_key, name)


def _signature(table: Table, name: str) -> NcscGrade:
    return _level(table.certificate_signature, name)


def _sized(levels: Sequence[tuple[int, NcscGrade]], bits: int) -> NcscGrade:
    return next((level for smallest, level in levels if bits >= smallest), "insufficient")
