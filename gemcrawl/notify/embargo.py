"""Coordinated disclosure: a record of when notice was given, and which cases a public report leaves unnamed meanwhile.

While an embargo is asked for, a case is named only when notice of every finding that makes it insecure or a downgrade was given at least so
many days ago.  A case of which nobody was told is therefore not named either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gemcrawl import clock
from gemcrawl.compare.match import path_of
from gemcrawl.compare.model import BAD
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.places import Place, reason, write_whole

NOTICES = "notices.json"
"""In the output directory, beside the snapshots."""
LONGEST = 3650
"""Days."""

_DAYS = re.compile(r"([0-9]{1,5})\s*d?")
_CODES = ("insecure", "downgrade")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Notice of one finding at one form."""

    municipality: str
    kind: str
    place: str
    """Host and path of the form's page: what stays when the form's address changes a little."""
    code: str
    """Finding."""
    given: datetime
    """When it was first given, UTC."""
    by: str
    """Name of the message it was given with."""


@dataclass(frozen=True, slots=True)
class Split:
    """The forms of a report under an embargo."""

    named: list[Mapping[str, Any]]
    """May be shown."""
    withheld: list[Mapping[str, Any]]
    """May only be counted."""

    @property
    def municipalities(self) -> frozenset[str]:
        """Codes of the municipalities that must not be shown with a status: it would give the withheld form away."""
        return frozenset(form["municipality"] for form in self.withheld)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embargo:
    """What may be named at a moment."""

    days: int
    """0: everything."""
    at: datetime
    given: Mapping[tuple[str, str, str, str], datetime]
    """First notice by municipality, kind, place and finding code."""

    def hides(self, form: Mapping[str, Any]) -> bool:
        """Whether a row of the table forms (municipality, kind, page_url, verdict, findings) may only be counted."""
        if not self.days or form["verdict"] not in BAD:
            return False
        until = self.at - timedelta(days=self.days)
        codes = {finding["code"] for finding in form["findings"] if finding["weight"] in _CODES}
        place = path_of(form["page_url"])
        return not codes or any(
            (given := self.given.get((form["municipality"], form["kind"], place, code))) is None or given > until for code in codes
        )

    def split(self, forms: Iterable[Mapping[str, Any]]) -> Split:
        """Forms that may be named, and forms that may only be counted; order is kept."""
        named: list[Mapping[str, Any]] = []
        withheld: list[Mapping[str, Any]] = []
        for form in forms:
            (withheld if self.hides(form) else named).append(form)
        return Split(named, withheld)


def parse_days(text: str) -> int:
    """Days in ``60d`` or ``60``.

    Raises:
        UsageError: it is no number of days up to `LONGEST`.
    """
    found = _DAYS.fullmatch(text.strip())
    if found is None or int(found[1]) > LONGEST:
        raise UsageError(f"--embargo {text!a} is not a number of days up to {LONGEST}; write it as 60d, or 0 for none")
    return int(found[1])


def embargo_of(output: Place, days: int, *, at: datetime | None = None) -> Embargo:
    """The embargo of so many days, by the notices recorded in an output directory.

    Raises:
        OutputError: the record is there and cannot be read; nothing may be named by a record that is not understood.
    """
    return Embargo(days=days, at=at or clock.now(), given=_first(notices(output)))


def notices(output: Place) -> list[Notice]:
    """All notices recorded, in the order in which they were.

    Raises:
        OutputError: the record cannot be read.
    """
    path = output / NOTICES
    try:
        told = json.loads(path.read_bytes())
        return [Notice(**{**each, "given": datetime.fromisoformat(each["given"]).astimezone(UTC)}) for each in told["notices"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"cannot read the record of notices {path} ({type(error).__name__}); mend it or move it away") from None


def record(output: Place, given: Sequence[Notice]) -> int:
    """Adds notices to the record; one that was given before keeps its first date.  Returns how many are new.

    Raises:
        OutputError: the record cannot be read or written.
    """
    known = notices(output)
    there = _first(known)
    new: dict[tuple[str, str, str, str], Notice] = {}
    for notice in given:
        key = (notice.municipality, notice.kind, notice.place, notice.code)
        if key not in there:
            new.setdefault(key, notice)
    if not new:
        return 0
    rows = [{**asdict(notice), "given": notice.given.isoformat()} for notice in (*known, *new.values())]
    path = output / NOTICES
    try:
        write_whole(path, json.dumps({"version": 1, "notices": rows}, indent=1).encode() + b"\n")
    except OSError as error:
        raise OutputError(f"cannot write the record of notices {path}: {reason(error)}") from None
    return len(new)


def _first(found: Iterable[Notice]) -> dict[tuple[str, str, str, str], datetime]:
    first: dict[tuple[str, str, str, str], datetime] = {}
    for notice in found:
        key = (notice.municipality, notice.kind, notice.place, notice.code)
        first[key] = min(notice.given, first.get(key, notice.given))
    return first
