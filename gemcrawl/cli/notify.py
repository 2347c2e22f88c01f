"""`gemcrawl notify`: messages for those who can mend it, written to files and never sent."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.cli.options import Output
from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import clean

if TYPE_CHECKING:
    from gemcrawl.notify.messages import Case, Message
    from gemcrawl.places import Place

_SQL = """
    SELECT f.municipality, m.name, f.form_id, f.kind, f.page_url, f.supplier, f.verdict, f.personal_data, f.findings, m.security_txt
    FROM latest.forms AS f JOIN latest.municipalities AS m ON m.code = f.municipality
    WHERE f.kind IN ('appointment', 'contact') AND f.verdict = ANY(?)
    ORDER BY ALL
"""


class Whom(StrEnum):
    municipality = "municipality"
    supplier = "supplier"


class Tongue(StrEnum):
    nl = "nl"
    en = "en"


def notify(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Directory for the messages; made when missing.")],
    output: Output = "output",
    by: Annotated[
        Whom, typer.Option("--by", help="One message per municipality, or per supplier for all its municipalities.")
    ] = Whom.municipality,
    language: Annotated[Tongue, typer.Option("--language", help="Dutch or English.")] = Tongue.nl,
    only: Annotated[list[str] | None, typer.Option(help="Code of a municipality; may be repeated.")] = None,
    weak: Annotated[bool, typer.Option("--weak", help="Also forms that are protected, but not as they should be.")] = False,
    embargo: Annotated[str, typer.Option(metavar="DAYS", help="Days after notice during which no case is named, such as 60d.")] = "60d",
    sender: Annotated[str, typer.Option(help="Who signs; the contact address of the crawler when left out.")] = "",
    sender_address: Annotated[str, typer.Option("--from", metavar="EMAIL", help="From field of the .eml files.")] = "",
    cert: Annotated[str, typer.Option("--cert", metavar="EMAIL", help="Whom to tell where a municipality does not say.")] = "",
    given: Annotated[
        str, typer.Option(metavar="DATE", help="Record that notice is given on this date, YYYY-MM-DD or today; the embargo runs from then.")
    ] = "",
) -> None:
    """Write messages about insecure forms: what was seen, how to mend it, and whom to tell (security.txt, else the sector's CERT).

    Nothing is sent.  Look them over, send them by hand, and record that with --given.

    Example: gemcrawl notify --to messages --given today

    Exit codes: 0 written, 1 error, 2 wrong usage.
    """
    from dataclasses import replace

    from gemcrawl.cli.formats import write_file
    from gemcrawl.export.files import outside_snapshots
    from gemcrawl.notify import words
    from gemcrawl.notify.embargo import parse_days
    from gemcrawl.notify.messages import eml, markdown, messages
    from gemcrawl.places import place
    from gemcrawl.settings import GEMCRAWL_CONTACT

    at = place(output)
    days, date = parse_days(embargo), _date(given)
    for option, address in (("--from", sender_address), ("--cert", cert)):
        _check_address(option, address)
    cases, seen_on = _cases(at, ("insecure", "downgrade", "weak") if weak else ("insecure", "downgrade"), only or ())
    found = messages(
        cases,
        by=by.value,
        language=language.value,
        seen_on=seen_on,
        sender=sender or f"gemcrawl ({GEMCRAWL_CONTACT})",
        embargo_days=days,
        to_cert=replace(words.cert(), email=cert) if cert else None,
    )
    outside_snapshots(to, "--to")
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--to {clean(str(to))} cannot be made ({error.strerror}); name another directory") from None
    for message in found:
        write_file(to / f"{message.name}.eml", eml(message, sender_address))
        write_file(to / f"{message.name}.md", markdown(message, language.value).encode())
    _tell(found, cases, to, _record(at, found, date) if date is not None else None)


def _tell(found: list[Message], cases: list[Case], to: Path, recorded: int | None) -> None:
    console = Console()
    told = sum(len(message.cases) for message in found)
    console.print(Text(f"{len(found)} messages about {told} forms in {clean(str(to))}; nothing was sent"), soft_wrap=True)
    to_cert = sum(message.recipients.is_cert for message in found)
    if to_cert:
        console.print(f"{to_cert} of them go to the sector's CERT, for want of a security.txt")
    if told < len(cases):
        console.print(f"{len(cases) - told} forms of no known supplier are left out; tell their municipalities")
    if recorded is not None:
        console.print(f"notice recorded of {recorded} findings that nobody was told of before")


def _cases(output: Place, verdicts: tuple[str, ...], only: list[str] | tuple[str, ...]) -> tuple[list[Case], datetime]:
    from gemcrawl.items import Finding, SecurityTxt
    from gemcrawl.notify.messages import Case
    from gemcrawl.snapshot.read import connect

    codes = {code.strip() for part in only for code in part.split(",") if code.strip()}
    with connect(output) as database:
        rows: list[dict[str, Any]] = database.sql(_SQL, params=[list(verdicts)]).to_arrow_table().to_pylist()
        known = {code for (code,) in database.sql("SELECT code FROM latest.municipalities").fetchall()}
        seen = database.sql("SELECT max(finished_at) AS seen FROM latest.municipalities").to_arrow_table()["seen"][0].as_py()
    if unknown := sorted(codes - known):
        raise UsageError(f"--only {', '.join(clean(code, 40) for code in unknown)}: not in the newest snapshot")
    cases = [
        Case(
            **{
                **row,
                "personal_data": tuple(row["personal_data"]),
                "findings": tuple(Finding(**finding) for finding in row["findings"]),
                "security_txt": SecurityTxt(**row["security_txt"]) if row["security_txt"] else None,
            }
        )
        for row in rows
        if not codes or row["municipality"] in codes
    ]
    return cases, seen


def _record(output: Place, found: list[Message], date: datetime) -> int:
    from gemcrawl.compare.match import path_of
    from gemcrawl.notify.embargo import Notice, record

    return record(
        output,
        [
            Notice(
                municipality=case.municipality,
                kind=case.kind,
                place=path_of(case.page_url),
                code=finding.code,
                given=date,
                by=message.name,
            )
            for message in found
            for case in message.cases
            for finding in case.findings
            if finding.weight != "note"
        ],
    )


def _date(text: str) -> datetime | None:
    if not text:
        return None
    now = datetime.now(UTC)
    if text == "today":
        return now
    try:
        date = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"--given {text!a} is not a date; write it as YYYY-MM-DD, or today") from None
    if date > now:
        raise UsageError(f"--given {text} is yet to come; record notice when it is given")
    return date


def _check_address(option: str, address: str) -> None:
    from gemcrawl.notify.messages import is_address

    if address and not is_address(address):
        raise UsageError(f"{option} {address!a} is no e-mail address")
