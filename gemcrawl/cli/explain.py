"""`gemcrawl rules` and `gemcrawl explain`: by what is judged, and the whole case of one form from the newest snapshot."""

from __future__ import annotations

import dataclasses
import difflib
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.cli.options import Output, repeated
from gemcrawl.exceptions import UsageError
from gemcrawl.report.words import Words
from gemcrawl.transport.urls import clean

if TYPE_CHECKING:
    from gemcrawl.items import Host
    from gemcrawl.places import Place

Row = dict[str, Any]

WIDTH = 100
"""Columns that a line takes at most."""
_MOST_MATCHES = 5
SAY = Words("en")
"""The terminal speaks English."""


def rules() -> None:
    """List the rule sets and TLS tables by which forms are judged: source, date, and what each fails on."""
    _show(_rules())


def explain(
    form_id: Annotated[str, typer.Argument(help="Id of a form, or the beginning of it.")],
    output: Output = "output",
    as_json: Annotated[bool, typer.Option("--json", help="The rows of the form, its municipality, hosts and pages, as JSON.")] = False,
) -> None:
    """Tell the whole case of one form: what and where, the way, the hosts, the findings, which norm fails on what, and what mends it.

    Example: gemcrawl explain 3f2a

    Exit codes: 0 told, 2 no form, or more than one, has an id that begins like this.
    """
    from gemcrawl.export.cells import as_json as encoded
    from gemcrawl.places import place

    if as_json:
        form, municipality, hosts, pages = _facts(form_id, place(output))
        told = {"form": form, "municipality": municipality, "hosts": [dataclasses.asdict(host) for host in hosts], "pages": pages}
        typer.echo(encoded(told), nl=False)
    else:
        _show(case(form_id, place(output)))


def _show(lines: Iterable[str]) -> None:
    console = Console()
    for line in lines:
        heading = bool(line) and not line.startswith(" ")
        for part in folded(line):
            console.print(Text(part, style="bold" if heading else ""), soft_wrap=True)


def folded(line: str) -> list[str]:
    """A line in parts of at most `WIDTH` characters, those after the first indented two further; addresses are broken only where they must."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{indent}  ", break_on_hyphens=False) or [""]


def _rules() -> Iterator[str]:
    from gemcrawl.report.case import NEEDS, ordered
    from gemcrawl.transport import ncsc
    from gemcrawl.transport import rules as rule_sets

    for rule_set in rule_sets.load().values():
        yield f"{rule_set.id}: {rule_set.title}"
        yield f"  source: {rule_set.source}"
        yield f"  applies from: {_dated(rule_set.applies_from, rule_set.date_note)}"
        yield f"  fails on: {', '.join(ordered(rule_set.fails_on))}"
        yield f"  needs to know: {'; '.join(SAY(f'needs.{need}') for need in NEEDS if need in rule_set.needs)}"
        if rule_set.tls:
            levels = " or ".join(level.replace("_", " ") for level in ncsc.LEVELS if level in rule_set.tls.fails_on)
            yield f"  fails on TLS settings that are {levels} in {rule_set.tls.table}"
        yield ""
    for table in ncsc.load().values():
        yield f"{table.id}: {table.title}"
        yield f"  source: {table.source}"
        yield f"  date: {_dated(table.date, table.date_note)}"
        for level in reversed(ncsc.LEVELS):
            versions = [name for name, of in table.versions.items() if of == level]
            suites = sum(of == level for of in table.cipher_suites.values())
            if versions or suites:
                yield f"  {level.replace('_', ' ')}: {', '.join(versions) or 'no version'}; {suites} cipher suites"
        yield "  insufficient: everything it does not list"
        yield ""


def _dated(day: date, note: str) -> str:
    return f"{day.isoformat()} ({note})" if note else day.isoformat()


def case(form_id: str, output: Place) -> Iterator[str]:
    """The case as lines; what begins in the first column is a heading.  Strings from sites hold no control characters.

    Raises:
        OutputError: there is no snapshot.
        UsageError: no form, or more than one, has an id that begins like this.
    """
    form, municipality, hosts, pages = _facts(form_id, output)
    return _case(form, municipality, hosts, pages)


def _case(form: Row, municipality: Row, hosts: list[Host], pages: list[Row]) -> Iterator[str]:
    from gemcrawl.report.case import host, results, way, what

    verdict = form["verdict"]
    yield f"{form['kind']} form {clean(form['form_id'])} of {clean(municipality['name'])} ({form['municipality']}): {verdict}"
    yield f"  verdict: {verdict.replace('_', ' ')}, {SAY(f'verdicts.{verdict}')}"
    yield from what(form, SAY)
    yield ""
    yield "the way"
    yield from way(form, pages, SAY)
    for row in hosts:
        yield ""
        yield f"host {clean(row.host)}" + (f" ({clean(row.address)})" if row.address else "")
        yield from host(row, SAY)
    yield ""
    yield "findings" if form["findings"] else "findings: none"
    for finding in form["findings"]:
        yield f"  {finding['weight']}: {finding['code']} on {clean(finding['subject'])}"
        yield f"    {clean(finding['evidence'])}"
    kept = [f"  page as received: {form['evidence'].replace('#', ', record at byte ')}"] if form.get("evidence") else []
    kept += [f"  picture: {form['picture']}"] if form.get("picture") else []
    if kept:
        yield ""
        yield "evidence, in the snapshot"
        yield from kept
    yield ""
    yield "rule sets"
    yield from results(form, hosts, SAY)
    codes = dict.fromkeys(finding["code"] for finding in form["findings"])
    if codes:
        yield ""
        yield "what mends it"
        for code in codes:
            text = SAY.finding(code)
            subjects = dict.fromkeys(clean(f["subject"], 200) for f in form["findings"] if f["code"] == code)
            yield f"  {text['title']} ({code})"
            yield f"    where: {', '.join(subjects)}"
            yield f"    {text['fix']}"
    weights = dict.fromkeys(finding["weight"] for finding in form["findings"])
    if weights:
        yield ""
        yield "what the weights mean"
        for weight in weights:
            yield f"  {weight}: {SAY(f'weights.{weight}')}"


def _facts(form_id: str, output: Place) -> tuple[Row, Row, list[Host], list[Row]]:
    from gemcrawl.items import Host, columns
    from gemcrawl.report.case import host_names
    from gemcrawl.snapshot.read import connect

    with connect(output) as database:

        def rows(sql: str, *values: object) -> list[Row]:
            found: list[Row] = database.sql(sql, params=list(values)).to_arrow_table().to_pylist()
            return found

        shown = clean(form_id, 80)
        wanted = "".join(c for c in form_id if c.isprintable())
        matches = rows("SELECT * FROM latest.forms WHERE starts_with(form_id, ?) ORDER BY form_id = ? DESC, form_id", wanted, wanted)
        how = f'list ids with: gemcrawl query {repeated(str(output))}"SELECT form_id, kind, page_url FROM latest.forms"'  # noqa: S608 - shown, not run
        if not matches or not wanted:
            every = rows("SELECT form_id FROM latest.forms ORDER BY form_id") if wanted else []
            near = ", ".join(clean(known, 80) for known in _nearest(wanted, every))
            nearest = f"; the nearest ids are {near}" if near else ""
            raise UsageError(f"{shown!r}: no form in the newest snapshot has an id that begins like this{nearest}; {how}")
        if len(matches) > 1 and matches[0]["form_id"] != wanted:
            some = ", ".join(clean(row["form_id"], 80) for row in matches[:_MOST_MATCHES])
            raise UsageError(f"{shown!r}: {len(matches)} forms have an id that begins like this ({some}); give more of it, or {how}")
        form = matches[0]
        code = form["municipality"]
        names = host_names(form)
        wanted_columns = ", ".join(columns(Host))
        # A host that only supplies data (role api) stands in no URL of the form's row.
        hosts = rows(
            f"SELECT {wanted_columns} FROM latest.hosts "  # noqa: S608 - the columns are our own
            "WHERE host = ANY(?) OR (roles = ['api'] AND list_contains(municipalities, ?)) ORDER BY list_position(?, host), host, address",
            names,
            code,
            names,
        )
        municipality = rows("SELECT * FROM latest.municipalities WHERE code = ?", code)[0]
        documents = [form["page_url"], *form["frame_urls"]]
        pages = rows("SELECT * FROM latest.pages WHERE municipality = ? AND final_url = ANY(?)", code, documents)
    return form, municipality, [Host(**row) for row in hosts], pages


def _nearest(wanted: str, forms: list[Row]) -> list[str]:
    """Ids that begin almost like this."""
    by_start = {form["form_id"][: len(wanted)]: form["form_id"] for form in reversed(forms)}
    return [by_start[start] for start in difflib.get_close_matches(wanted[:80], by_start, n=3, cutoff=0.7)]
