"""The packaged register against the state's: what differs, whether that can be true, and the register that follows.

History is not rewritten: rows that have ended, names, and everything up to the newest change in the register stay as they are.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.places import write_durably
from gemcrawl.registry.load import OLD_WEBSITES_BEFORE, REQUIRED, content_of, load
from gemcrawl.registry.table import parse
from gemcrawl.sites import site_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from gemcrawl.registry.official import Official

LEAST_PRESENT = 0.90
"""Share of the municipalities of today that an export has at the least."""
MOST_WEBSITES = 0.10
"""Share of the websites that change at once at the most."""
COLUMNS = ("code", "name", "province", "website", "website_2016", "valid_from", "valid_to", "successor", "lat", "lon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the export does not tell, or what is not to be taken from it."""

    keep: Collection[str] = ()
    """Codes whose rows stay as they are, and that do not begin."""
    provinces: Mapping[str, str] = field(default_factory=dict)
    """By code of a new municipality."""
    successors: Mapping[str, str] = field(default_factory=dict)
    """By code of an ended one: codes, joined by +."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference that would be taken over."""

    code: str
    kind: str
    """begins, ends or website."""
    told: str
    """For people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """What an export means for a register."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    """Differences that are told and not taken over."""
    problems: tuple[str, ...]
    """Why the register that follows may not be written."""
    rows: tuple[Mapping[str, str], ...]
    """That register, sorted by code."""


def refresh(
    official: Iterable[Official],
    *,
    today: date,
    path: Path | None = None,
    choices: Choices | None = None,
    domains: Collection[str] | None = None,
) -> Refresh:
    """Compares an export with a register.

    Args:
        official: the municipalities of the export.
        today: who exists is asked for this day.
        path: the register; None for the packaged one.
        choices: see `Choices`.
        domains: registrable domains of the register of internet domains, where it was read; websites outside of them are noted.

    Raises:
        RegistryError: the register cannot be read.
    """
    return _Comparison(path, today, choices or Choices(), domains).with_(list(official))


class _Comparison:
    def __init__(self, path: Path | None, today: date, choices: Choices, domains: Collection[str] | None) -> None:
        there = load(path, as_of=today)  # checks every row
        content, source = content_of(path)
        table = parse(content, source, REQUIRED)
        self.rows = {row.cells["code"]: {column: row.cells.get(column, "") for column in COLUMNS} for row in table.rows}
        self.today_codes = {entry.code for entry in there.entries}
        dates = [row[column] for row in self.rows.values() for column in ("valid_from", "valid_to") if row[column]]
        self.history = max((day for day in dates if day <= today.isoformat()), default="")
        self.choices, self.domains = choices, domains
        self.changes: list[Change] = []
        self.notes: list[str] = []
        self.problems: list[str] = []

    def with_(self, official: list[Official]) -> Refresh:
        by_code: dict[str, Official] = {}
        for each in official:
            if each.code in by_code:
                self.problems.append(f"{each.code} occurs twice: {by_code[each.code].name!a} and {each.name!a}")
            by_code[each.code] = each
        present = len(self.today_codes & by_code.keys())
        if present < LEAST_PRESENT * len(self.today_codes):
            self.problems.append(f"only {present} of the {len(self.today_codes)} municipalities of today are in it")
        else:
            self.notes += [
                f"{code} ({self.rows[code]['name']}) is not in it, and stays" for code in sorted(self.today_codes - by_code.keys())
            ]
        for code, each in sorted(by_code.items()):
            if code in self.choices.keep:
                self.notes.append(f"{code} ({each.name}) is left as it is, as asked")
            elif code not in self.rows:
                self._begins(each)
            elif not self.rows[code]["valid_to"]:
                self._goes_on(each, self.rows[code])
        websites = sum(change.kind == "website" for change in self.changes)
        if websites > max(1, MOST_WEBSITES * len(self.today_codes)):
            self.problems.append(f"{websites} of {len(self.today_codes)} websites change at once")
        for code in {*self.choices.successors, *self.choices.provinces} - {change.code for change in self.changes}:
            self.problems.append(f"{code} neither begins nor ends, and has no need of a province or successor")
        rows = tuple(row for _, row in sorted(self.rows.items()))
        return Refresh(changes=tuple(self.changes), notes=tuple(self.notes), problems=tuple(self.problems), rows=rows)

    def _begins(self, each: Official) -> None:
        if each.ends is not None and each.ends.isoformat() <= self.history:
            return  # ended before what the register is about
        province = self.choices.provinces.get(each.code, "")
        if each.begins is None:
            self.problems.append(f"{each.code} ({each.name}) is new and has no start date")
        elif each.begins.isoformat() <= self.history:
            self.problems.append(f"{each.code} ({each.name}) is new and began on {each.begins}, in what is history since {self.history}")
        elif each.website is None:
            self.problems.append(f"{each.code} ({each.name}) is new and has no website{_bad(each)}")
        elif not province:
            self.problems.append(f"{each.code} ({each.name}) is new; the export does not tell its province: --province {each.code}=NAME")
        else:
            self._note_domain(each.code, each.website)
            self.changes.append(Change(each.code, "begins", f"{each.name} ({province}), {each.website}, on {each.begins}"))
            self.rows[each.code] = dict.fromkeys(COLUMNS, "") | {
                "code": each.code,
                "name": each.name,
                "province": province,
                "website": each.website,
                "valid_from": each.begins.isoformat(),
                "valid_to": each.ends.isoformat() if each.ends else "",
            }

    def _goes_on(self, each: Official, row: dict[str, str]) -> None:
        if each.name != row["name"]:
            self.notes.append(f"{each.code} is {each.name} there and {row['name']} here; names stay")
        if each.ends is not None:
            self._ends(each, row, each.ends)
        if each.website is None:
            if each.bad_address is not None:
                self.problems.append(
                    f"{each.code} ({row['name']}) has no website that can be used{_bad(each)}; --keep {each.code} leaves it"
                )
        elif each.website != row["website"]:
            self._note_domain(each.code, each.website)
            self.changes.append(Change(each.code, "website", f"{row['name']}: {row['website']} -> {each.website}"))
            if not row["website_2016"] and (not row["valid_from"] or row["valid_from"] < OLD_WEBSITES_BEFORE.isoformat()):
                row["website_2016"] = row["website"]
            row["website"] = each.website

    def _ends(self, each: Official, row: dict[str, str], ends: date) -> None:
        if ends.isoformat() <= max(self.history, row["valid_from"]):
            self.problems.append(f"{each.code} ({row['name']}) ended on {ends} there, in what is history since {self.history}")
            return
        row["valid_to"] = ends.isoformat()
        row["successor"] = self.choices.successors.get(each.code, "")
        became = f", becomes {row['successor']}" if row["successor"] else f"; what it becomes is not told: --successor {each.code}=CODE"
        self.changes.append(Change(each.code, "ends", f"{row['name']}, on {ends}{became}"))

    def _note_domain(self, code: str, website: str) -> None:
        if self.domains is not None and site_of(website) not in self.domains:
            self.notes.append(f"{code}: {website} is not in the register of internet domains")


def _bad(each: Official) -> str:
    return f" (address {each.bad_address[:100]!a})" if each.bad_address else ""


def write(refreshed: Refresh, path: Path, *, today: date) -> None:
    """Writes the register that follows as a new file, in one rename.

    Raises:
        UsageError: the export is not plausible; the message has every reason.
        OutputError: the file exists, or cannot be written.
    """
    if refreshed.problems:
        raise UsageError(f"not written: {'; '.join(refreshed.problems)}")
    if path.exists():
        raise OutputError(f"{path} exists; name a new file with --write, and put it in place when you have looked at it")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(refreshed.rows)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_durably(beside, text.getvalue().encode())
        load(beside, as_of=today)  # what cannot be read is not handed out
        os.replace(beside, path)  # noqa: PTH105
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error}); name another with --write") from None
    finally:
        beside.unlink(missing_ok=True)
