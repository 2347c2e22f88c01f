"""What a report is made of: the numbers by their queries, and the rows of one snapshot, with what may not be named set apart."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gemcrawl.compare.load import before, diff_of, name_of, resolve
from gemcrawl.compare.model import Change, FormChange
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.items import Host, columns
from gemcrawl.notify import Embargo
from gemcrawl.places import Place
from gemcrawl.report import queries
from gemcrawl.report.case import host_names
from gemcrawl.snapshot.coordinates import coordinates
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.read import connect, snapshots

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

KINDS = ("appointment", "contact")
STATUSES = ("insecure", "downgrade", "weak", "secure", "not_tested", "not_found")
"""Worst first."""
UNPUBLISHED = "unpublished"
"""What is shown instead of a status under embargo, of cases withheld and not tested alike, so that nothing can be told from it."""
MOVED: tuple[Change, ...] = ("new", "worse", "fixed", "better")
"""Changes of a verdict, worst first."""
_CODE = re.compile(r"[A-Za-z0-9]{1,20}")
_BADNESS = ("insecure", "downgrade", "not_tested", "weak", "secure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What `gemcrawl diff` says of this snapshot and those before it."""

    before: str
    """Name of the snapshot before, by `gemcrawl.compare.load.before`."""
    since: tuple[FormChange, ...]
    """Forms whose verdict changed since then, worst first."""
    held: tuple[FormChange, ...]
    """Forms whose verdict had changed in that snapshot, and is the same in this one: seen twice."""
    appeared: int
    vanished: int
    """Forms since then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """One snapshot, ready to be shown."""

    snapshot: str
    moment: datetime
    """When its run began."""
    numbers: dict[str, list[Row]]
    """The rows of every query in queries.sql; nothing is withheld from counts."""
    municipalities: list[Row]
    """By name, with ``lat`` and ``lon``, null where not known; under embargo ``appointment`` and ``contact`` are `UNPUBLISHED` where need be."""
    forms: dict[str, list[Row]]
    """By municipality, worst first, with ``since`` and ``first_seen``, names of snapshots; without what is withheld."""
    hosts: dict[str, list[Host]]
    """By name."""
    data_hosts: dict[str, list[Host]]
    """By municipality: hosts that only supply data to its forms and stand in no URL of theirs; of those of which everything is published."""
    pages: dict[str, list[Row]]
    """By municipality."""
    descriptor: dict[str, Any]
    """The snapshot's datapackage.json; empty when it cannot be read."""
    embargo: bool
    """Whether there is one, also when it hides nothing."""
    withheld: int
    """Forms counted but not named."""
    changes: Changes | None
    """Since the snapshot before; None when there is none before."""
    directory: Place
    """Of the snapshot."""

    def picture(self, form: Row) -> bytes | None:
        """The picture of a form, WebP; None when none was taken or it is no longer there."""
        if not form.get("picture"):
            return None
        from gemcrawl.snapshot.evidence import picture_path  # brings what writes archives

        try:
            return (self.directory / picture_path(form["form_id"])).read_bytes()
        except (OSError, ValueError):
            return None

    def hosts_of(self, form: Row) -> list[Host]:
        """The hosts that a form needs, in the order of the way."""
        named = [row for name in host_names(form) for row in self.hosts.get(name, ())]
        return named + self.data_hosts.get(form["municipality"], [])


def load(output: Place, snapshot: str = "latest", embargo: Embargo | None = None) -> Data:
    """Reads a snapshot.

    Args:
        output: directory of the snapshots.
        snapshot: as for `gemcrawl.compare.load.resolve`.
        embargo: what may be named; None: everything.

    Raises:
        OutputError: there is no such snapshot, or it cannot be read.
        UsageError: not a snapshot, or more than one.
    """
    directory = resolve(output, snapshot)
    if directory.absolute().parent != output.absolute():
        raise UsageError(f"{directory} is not in {output}; name the directory that it is in with --output")
    name = directory.name.removeprefix("snapshot=")
    with connect(output) as database:
        numbers = queries.run(database, name)
        tables = {table: _rows(database, table, name) for table in ("municipalities", "forms", "pages")}
        hosts = [Host(**row) for row in queries.rows(database, _hosts_sql(), name)]
    for row in tables["municipalities"]:
        if not _CODE.fullmatch(row["code"]):
            raise OutputError(f"{directory}: {row['code']!r} is no code of a municipality, so there can be no page of it")
    embargo = embargo if embargo and embargo.days else None
    hidden = [form for form in tables["forms"] if embargo and embargo.hides(form)]
    seen = {(row["municipality"], row["form_id"]): row for row in numbers["since"]}
    for form in tables["forms"]:
        known = seen.get((form["municipality"], form["form_id"]), {})
        form["since"], form["first_seen"] = known.get("since", name), known.get("first_seen", name)
    # Of a kind with a case withheld no form is shown: one that is not withheld would tell that another one is.
    unpublished = {(form["municipality"], form["kind"]) for form in hidden}
    if embargo:
        unpublished |= {(row["code"], kind) for row in tables["municipalities"] for kind in KINDS if row[kind] == "not_tested"}
    shown = [form for form in tables["forms"] if (form["municipality"], form["kind"]) not in unpublished]
    return Data(
        snapshot=name,
        moment=datetime.strptime(name + "+0000", "%Y-%m-%dT%H%M%SZ%z"),
        numbers=numbers,
        municipalities=_municipalities(tables["municipalities"], unpublished),
        forms=_by_municipality(sorted(shown, key=_order)),
        hosts=_by_name(hosts),
        # Nobody knows for which of a municipality's forms such a host is: it could tell of one that is not shown.
        data_hosts=_data_hosts(hosts, {code for code, _ in unpublished}),
        pages=_by_municipality(tables["pages"]),
        descriptor=_descriptor(directory),
        embargo=embargo is not None,
        withheld=len(hidden),
        changes=_changes(output, directory),
        directory=directory,
    )


def _changes(output: Place, directory: Place) -> Changes | None:
    nights = snapshots(output)
    shown = output / directory.name
    last = before(nights, shown)
    if last is None:
        return None
    until = next((name_of(night) for night in nights if night.name > shown.name), "")
    now = diff_of(output, last, shown, until=until)
    last_but_one = before(nights, last)
    earlier = diff_of(output, last_but_one, shown, until=until).only(MOVED) if last_but_one is not None else ()
    return Changes(
        before=name_of(last),
        since=_worst_first(now.only(MOVED)),
        held=_worst_first(change for change in earlier if change.confirmed_by == f"snapshot {name_of(last)}"),
        appeared=sum(form.change == "appeared" for form in now.forms),
        vanished=sum(form.change == "vanished" for form in now.forms),
    )


def _worst_first(changes: Iterable[FormChange]) -> tuple[FormChange, ...]:
    return tuple(sorted(changes, key=lambda change: MOVED.index(change.change)))


def _rows(database: duckdb.DuckDBPyConnection, table: str, snapshot: str) -> list[Row]:
    shown, key = {
        "municipalities": ("* EXCLUDE (security_txt)", "name, code"),
        "forms": ("* EXCLUDE (fields)", "municipality, form_id"),
        "pages": ("municipality, url, final_url, status, redirects, failure", "municipality, url, fetched_at"),
    }[table]
    return queries.rows(database, f"SELECT {shown} FROM {table} WHERE snapshot = $snapshot ORDER BY {key}", snapshot)  # noqa: S608


def _hosts_sql() -> str:
    return f"SELECT {', '.join(columns(Host))} FROM hosts WHERE snapshot = $snapshot ORDER BY host, port, address"  # noqa: S608


def _order(form: Row) -> tuple[int, int, int, str]:
    return form["kind"] not in KINDS, _BADNESS.index(form["verdict"]), (*KINDS, form["kind"]).index(form["kind"]), form["form_id"]


def _municipalities(rows: list[Row], unpublished: set[tuple[str, str]]) -> list[Row]:
    places = coordinates(rows)
    for row in rows:
        row["lat"], row["lon"] = places.get(row["code"], (None, None))
        row |= {kind: UNPUBLISHED for kind in KINDS if (row["code"], kind) in unpublished}
    return rows


def _by_municipality(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["municipality"]].append(row)
    return dict(found)


def _by_name(hosts: Iterable[Host]) -> dict[str, list[Host]]:
    found: dict[str, list[Host]] = defaultdict(list)
    for host in hosts:
        found[host.host].append(host)
    return dict(found)


def _data_hosts(hosts: Iterable[Host], unpublished: set[str]) -> dict[str, list[Host]]:
    found: dict[str, list[Host]] = defaultdict(list)
    for host in hosts:
        if host.roles == ["api"]:
            for code in set(host.municipalities) - unpublished:
                found[code].append(host)
    return dict(found)


def _descriptor(directory: Place) -> dict[str, Any]:
    try:
        read = json.loads((directory / DESCRIPTOR).read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
