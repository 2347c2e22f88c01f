"""What a person reads when a run is over, and the numbers behind it, each computed by a query over the snapshot."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemcrawl.cli.options import Output, repeated

if TYPE_CHECKING:
    from gemcrawl.places import Place

RULE_SETS = ("https_2016", "ncsc_webapp_2015", "decree_2023", "internet_nl_2025")

_FAILING = """
    SELECT count(DISTINCT municipality) FROM forms
    WHERE kind = ? AND {rule} = 'fail'
"""


@dataclass(frozen=True, slots=True)
class Headline:
    """Municipalities with at least one form of a kind that fails a rule set: {kind: {rule set: count}}, of how many."""

    municipalities: int
    failing: dict[str, dict[str, int]]
    outcomes: dict[str, int]
    statuses: dict[str, dict[str, int]]


def headline(snapshot: Place) -> Headline:
    """The numbers of one snapshot directory."""
    import duckdb

    from gemcrawl.places import read_table

    with duckdb.connect() as db:
        db.register("forms", read_table(snapshot / "forms.parquet", ["municipality", "kind", *RULE_SETS]))
        db.register("municipalities", read_table(snapshot / "municipalities.parquet", ["outcome", "appointment", "contact"]))
        failing: dict[str, dict[str, int]] = {}
        for kind in ("appointment", "contact"):
            failing[kind] = {}
            for rule in RULE_SETS:
                row = db.execute(_FAILING.format(rule=rule), [kind]).fetchone()
                failing[kind][rule] = int(row[0]) if row else 0
        outcomes = db.execute("SELECT outcome, count(*) FROM municipalities GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
        statuses = {
            kind: dict(db.execute(f"SELECT {kind}, count(*) FROM municipalities GROUP BY 1").fetchall())  # noqa: S608
            for kind in ("appointment", "contact")
        }
    return Headline(sum(n for _, n in outcomes), failing, dict(outcomes), statuses)


def show(console: Console, snapshot: Place, *, query_options: str = "") -> None:
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
    console.print(Text(f"or:       {program()} report {query_options}".rstrip()), soft_wrap=True)


def summary(
    output: Output = "output",
    snapshot: Annotated[str, typer.Option(help="A snapshot: its name or the beginning of it, a path, latest, or previous.")] = "latest",
    as_json: Annotated[bool, typer.Option("--json", help="The numbers as JSON, for a dashboard.")] = False,
) -> None:
    """Show the numbers of a snapshot: what fails which rule set, the status of the municipalities, what changed.

    Example: gemcrawl summary --json

    Exit codes: 0 shown, 2 no such snapshot.
    """
    from gemcrawl.cli.formats import write_text
    from gemcrawl.compare.load import resolve
    from gemcrawl.export.cells import as_json as encoded
    from gemcrawl.places import place

    at = place(output)
    found = resolve(at, snapshot)
    if as_json:
        write_text(encoded(values(at, found)), None)
    else:
        show(Console(), found, query_options=repeated(output))


def values(output: Place, snapshot: Place) -> dict[str, Any]:
    """The numbers of a snapshot as JSON holds them.

    ``version`` goes up when a key is renamed or dropped.  ``changes`` compares with the snapshot before (`gemcrawl.compare.load.before`), and
    is null without one.

    Raises:
        OutputError: a file cannot be read.
    """
    from gemcrawl.compare.load import before, diff_of, name_of
    from gemcrawl.compare.tables import counts
    from gemcrawl.snapshot.read import snapshots

    numbers = headline(snapshot)
    older, changes = before(snapshots(output), snapshot), None
    if older is not None:
        changes = {"since": name_of(older), **counts(diff_of(output, older, snapshot))}
    return {"version": 1, "snapshot": name_of(snapshot), **asdict(numbers), "changes": changes}


def program() -> str:
    """How the user can call gemcrawl again: by name where it is on PATH, else as it was called."""
    return "gemcrawl" if shutil.which("gemcrawl") else sys.argv[0]
