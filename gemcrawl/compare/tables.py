"""A comparison as rows, as JSON values and as text: Markdown, which is also what a terminal shows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, Literal

import pyarrow as pa

from gemcrawl.compare.model import CHANGES, Change, Diff, FormChange, KindChange, TownChange, is_news
from gemcrawl.transport.urls import clean

Row = dict[str, Any]

_codes = pa.list_(pa.field("element", pa.string(), nullable=False))
SCHEMA = pa.schema(
    [
        pa.field(
            "level", pa.string(), nullable=False, metadata={"description": "municipality: its answer for a kind of form; form: one form"}
        ),
        pa.field("change", pa.string(), nullable=False, metadata={"description": f"one of {', '.join(CHANGES)}"}),
        pa.field("confirmed", pa.bool_(), nullable=False, metadata={"description": "seen by another run or a recheck"}),
        pa.field("confirmed_by", pa.string(), metadata={"description": "which run or recheck"}),
        pa.field("municipality", pa.string(), nullable=False, metadata={"description": "code, of the newer night where it is in it"}),
        pa.field("name", pa.string(), nullable=False, metadata={"description": "its name"}),
        pa.field("existence", pa.string(), metadata={"description": "level municipality: kept, merged, appeared, vanished or unknown"}),
        pa.field("before", _codes, nullable=False, metadata={"description": "codes in the older night"}),
        pa.field("kind", pa.string(), nullable=False, metadata={"description": "kind of form"}),
        pa.field("old", pa.string(), metadata={"description": "verdict, or status, in the older night"}),
        pa.field("new", pa.string(), metadata={"description": "the same in the newer night"}),
        pa.field("old_form_id", pa.string()),
        pa.field("new_form_id", pa.string()),
        pa.field("old_page_url", pa.string()),
        pa.field("new_page_url", pa.string()),
        pa.field("supplier", pa.string(), metadata={"description": "of the newer night where it is in it"}),
        pa.field("matched_by", pa.string(), metadata={"description": "form_id, page, path or kind: how the two were taken for one form"}),
        pa.field("gone", _codes, nullable=False, metadata={"description": "findings that only the older night has"}),
        pa.field("came", _codes, nullable=False, metadata={"description": "findings that only the newer night has"}),
    ]
)
"""Columns of a comparison as a table."""
_ORDER: tuple[Change, ...] = ("new", "worse", "fixed", "better", "appeared", "vanished")
_TITLES: dict[Change, str] = {
    "new": "New: now insecure or downgrade",
    "worse": "Worse",
    "fixed": "Fixed: no longer insecure or downgrade",
    "better": "Better",
    "appeared": "Appeared",
    "vanished": "Vanished",
}
_MARKS = re.compile(r"([\\`*_\[\]|#~])")


def rows(found: Diff, *, unchanged: bool = False) -> list[Row]:
    """One row per municipality and kind of form, then one per form; without what is unchanged, unless that is asked for."""
    names = {town.code: town.name for town in found.towns}
    result = [row for town in found.towns for row in _town_rows(town)]
    result += [_form_row(form, names) for form in found.forms]
    return [row for row in result if unchanged or row["change"] != "unchanged" or row["existence"] not in (None, "kept")]


def table(found: Diff, *, unchanged: bool = False) -> pa.Table:
    """The same as an Arrow table."""
    return pa.Table.from_pylist(rows(found, unchanged=unchanged), schema=SCHEMA)


def values(found: Diff, *, unchanged: bool = False) -> dict[str, Any]:
    """The same for JSON, with the counts of `counts`."""
    return {"old": found.old, "new": found.new, "counts": counts(found), "changes": rows(found, unchanged=unchanged)}


def counts(found: Diff) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    """Municipalities and forms per kind and class: ``{"municipalities": {"appointment": {"fixed": {"confirmed": 10, "seen_once": 0}}}}``."""
    told: dict[str, dict[str, dict[str, dict[str, int]]]] = {"municipalities": {}, "forms": {}}
    for row in rows(found, unchanged=True):
        level = "municipalities" if row["level"] == "municipality" else "forms"
        by_class = told[level].setdefault(row["kind"], {change: {"confirmed": 0, "seen_once": 0} for change in CHANGES})
        sure = row["confirmed"] or not is_news(row["change"])
        by_class[row["change"]]["confirmed" if sure else "seen_once"] += 1
    return told


def _town_rows(town: TownChange) -> Iterator[Row]:
    kinds: tuple[tuple[Literal["appointment", "contact"], KindChange], ...] = (("appointment", town.appointment), ("contact", town.contact))
    for kind, of in kinds:
        yield {
            "level": "municipality",
            "change": of.change,
            "confirmed": bool(of.confirmed_by),
            "confirmed_by": of.confirmed_by or None,
            "municipality": town.code,
            "name": town.name,
            "existence": town.existence,
            "before": list(town.before),
            "kind": kind,
            "old": of.old,
            "new": of.new,
            **dict.fromkeys(("old_form_id", "new_form_id", "old_page_url", "new_page_url", "supplier", "matched_by")),
            "gone": [],
            "came": [],
        }


def _form_row(form: FormChange, names: dict[str, str]) -> Row:
    state = form.new or form.old
    return {
        "level": "form",
        "change": form.change,
        "confirmed": form.confirmed,
        "confirmed_by": form.confirmed_by or None,
        "municipality": form.municipality,
        "name": names.get(form.municipality, form.municipality),
        "existence": None,
        "before": [form.old.municipality] if form.old else [],
        "kind": form.kind,
        "old": form.old and form.old.verdict,
        "new": form.new and form.new.verdict,
        "old_form_id": form.old and form.old.form_id,
        "new_form_id": form.new and form.new.form_id,
        "old_page_url": form.old and form.old.page_url,
        "new_page_url": form.new and form.new.page_url,
        "supplier": state and state.supplier,
        "matched_by": form.matched_by or None,
        "gone": list(form.gone),
        "came": list(form.came),
    }


def plain(text: str) -> str:
    """A string from a site, for Markdown: no control characters, markup or HTML."""
    return _MARKS.sub(r"\\\1", html.escape(clean(text), quote=False))


def markdown(found: Diff) -> Iterator[str]:
    """The comparison as Markdown, line by line: counts first, then every change, those that are confirmed before those seen once."""
    yield f"# What changed: {found.old} to {found.new}"
    yield ""
    yield from _count_table(found)
    names = {town.code: town.name for town in found.towns}
    moved = [town for town in found.towns if town.existence not in ("kept", "unknown")]
    if moved:
        yield ""
        yield "## Municipalities"
        yield ""
        for town in moved:
            of = f": was {', '.join(plain(names.get(code, code)) for code in town.before)}" if town.existence == "merged" else ""
            yield f"- {plain(town.name)} ({town.code}) {town.existence}{of}"
    for change in _ORDER:
        for confirmed in (True, False):
            forms = found.only([change], confirmed=confirmed)
            if forms:
                yield ""
                yield f"## {_TITLES[change]}{'' if confirmed else ' (seen once, not confirmed yet)'}"
                yield ""
                for form in forms:
                    yield _line(form, names)


def _count_table(found: Diff) -> Iterator[str]:
    told = counts(found)["municipalities"]
    yield "| municipalities | " + " | ".join(f"{kind} | seen once" for kind in told) + " |"
    yield "|---|" + "---:|" * 2 * len(told)
    for change in CHANGES:
        cells = (f"{by_class[change]['confirmed']} | {by_class[change]['seen_once'] or ''}" for by_class in told.values())
        yield f"| {change} | " + " | ".join(cells) + " |"


def _line(form: FormChange, names: dict[str, str]) -> str:
    old, new = (plain(state.verdict.replace("_", " ")) if state else "none" for state in (form.old, form.new))
    told = [f"- **{plain(names.get(form.municipality, form.municipality))}** ({form.municipality}), {form.kind}: {old} → {new}"]
    state = form.new or form.old
    assert state is not None
    told.append(plain(state.page_url))
    if form.gone:
        told.append(f"gone: {', '.join(map(plain, form.gone))}")
    if form.came:
        told.append(f"came: {', '.join(map(plain, form.came))}")
    if form.confirmed_by:
        told.append(f"confirmed by {form.confirmed_by}")
    return "; ".join(told)
