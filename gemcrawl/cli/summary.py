"""What a person reads when a run is over, and the numbers behind it, each computed by a query over the snapshot."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

RULE_SETS = ("https_2016", "ncsc_webapp_2015", "decree_2023", "internet_nl_2025")

_FAILING = """
    SELECT count(DISTINCT municipality) FROM read_parquet(?)
    WHERE kind = ? AND {rule} = 'fail'
"""


@dataclass(frozen=True, slots=True)
class Headline:
    """Municipalities with at least one form of a kind that fails a rule set: {kind: {rule set: count}}, of how many."""

    municipalities: int
    failing: dict[str, dict[str, int]]
    outcomes: dict[str, int]
    statuses: dict[str, dict[str, int]]


def headline(snapshot: Path) -> Headline:
    """The numbers of one snapshot directory."""
    forms, municipalities = str(snapshot / "forms.parquet"), str(snapshot / "municipalities.parquet")
    with duckdb.connect() as db:
        failing: dict[str, dict[str, int]] = {}
        for kind in ("appointment", "contact"):
            failing[kind] = {}
            for rule in RULE_SETS:
                row = db.execute(_FAILING.format(rule=rule), [forms, kind]).fetchone()
                failing[kind][rule] = int(row[0]) if row else 0
        outcomes = db.execute("SELECT outcome, count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 2 DESC, 1", [municipalities]).fetchall()
        statuses = {
            kind: dict(db.execute(f"SELECT {kind}, count(*) FROM read_parquet(?) GROUP BY 1", [municipalities]).fetchall())  # noqa: S608
            for kind in ("appointment", "contact")
        }
    return Headline(sum(n for _, n in outcomes), failing, dict(outcomes), statuses)


def show(console: Console, snapshot: Path, *, query_options: str = "") -> None:
    """Prints the summary of a snapshot."""
    numbers = headline(snapshot)
    total = numbers.municipalities
    console.print()
    console.print(Text(f"appointment form not protected by https: {numbers.failing['appointment']['https_2016']} of {total}", style="bold"))
    console.print(Text(f"contact form not protected by https:     {numbers.failing['contact']['https_2016']} of {total}"))
    table = Table(title="municipalities with a form that fails", title_justify="left", box=None, pad_edge=False)
    for column in ("rule set", "appointment", "contact"):
        table.add_column(column, justify="left" if column == "rule set" else "right")
    for rule in RULE_SETS:
        table.add_row(rule.replace("_", "-"), *(str(numbers.failing[kind][rule]) for kind in ("appointment", "contact")))
    console.print()
    console.print(table)
    status = Table(title="status of the municipalities", title_justify="left", box=None, pad_edge=False)
    names = ("secure", "weak", "downgrade", "insecure", "not_tested", "not_found")
    status.add_column("form")
    for name in names:
        status.add_column(name, justify="right")
    for kind in ("appointment", "contact"):
        status.add_row(kind, *(str(numbers.statuses[kind].get(name, 0)) for name in names))
    console.print()
    console.print(status)
    console.print()
    console.print("outcomes: " + ", ".join(f"{count} {outcome}" for outcome, count in numbers.outcomes.items()))
    console.print(Text(f"snapshot: {snapshot}"), soft_wrap=True)
    sql = "SELECT name, form_id, page_url, findings[1].code FROM latest.forms JOIN latest.municipalities m ON m.code = municipality WHERE verdict = 'insecure'"
    console.print(Text(f'next:     {program()} query {query_options}"{sql}"'), soft_wrap=True)


def program() -> str:
    """How the user can call gemcrawl again: by name where it is on PATH, else as it was called."""
    return "gemcrawl" if shutil.which("gemcrawl") else sys.argv[0]
