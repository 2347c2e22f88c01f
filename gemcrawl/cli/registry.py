"""``gemcrawl registry``: who existed on a date, and what the state's own register says by now."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console

from gemcrawl.exceptions import RegistryError, UsageError

if TYPE_CHECKING:
    from gemcrawl.registry.refresh import Choices, Refresh

FETCH_SECONDS = 900
"""Time for one export."""
_CODES = re.compile(r"GM[0-9]{4}(\+GM[0-9]{4})*")


def registry(
    as_of: Annotated[str, typer.Option(help="Date, YYYY-MM-DD; today when left out.")] = "",
    file: Annotated[Path | None, typer.Option("--registry", help="CSV file instead of the packaged register.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Code of a municipality; may be repeated.")] = None,
    refresh: Annotated[
        str, typer.Option(metavar="FILE|URL", help="Compare with the state's register of organisations (exportOO.xml), instead of listing.")
    ] = "",
    domains: Annotated[
        str,
        typer.Option(metavar="FILE|URL", help="With --refresh: note websites outside the register of internet domains (exportRIO.xml)."),
    ] = "",
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --refresh: write the register that follows to a new file.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="With --refresh: leave this row as it is; may be repeated.")
    ] = None,
    province: Annotated[
        list[str] | None, typer.Option(metavar="CODE=NAME", help="With --refresh: province of a new municipality; may be repeated.")
    ] = None,
    successor: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=CODE", help="With --refresh: what an ended one became, several joined by +; may be repeated."),
    ] = None,
) -> None:
    """Check the register and list who existed on a date, or compare it with the state's.

    Rows that have ended and what is history stay as they are; docs/registry.md says what is refused.

    Example: gemcrawl registry --as-of 2016-01-01

    Exit codes of --refresh: 0 told or written, 2 cannot be read, or what differs cannot be true.
    """
    from gemcrawl.night import parse_date
    from gemcrawl.registry import load

    if refresh:
        choices = _choices(keep or (), province or (), successor or ())
        _refresh(refresh, domains, file, write, choices, as_of)
        return
    if domains or write or keep or province or successor:
        raise UsageError("--domains, --write, --keep, --province and --successor go with --refresh")
    found = load(file, as_of=parse_date(as_of), only=only or ())
    for entry in found.entries:
        typer.echo(f"{entry.code}  {entry.website:<40} {entry.name} ({entry.province})")
    Console(stderr=True).print(f"{len(found.entries)} municipalities on {found.as_of.isoformat()}")


def _choices(keep: Sequence[str], province: Sequence[str], successor: Sequence[str]) -> Choices:
    from gemcrawl.registry.refresh import Choices

    pairs: dict[str, dict[str, str]] = {"--province": {}, "--successor": {}}
    for option, given in (("--province", province), ("--successor", successor)):
        for text in given:
            code, _, value = text.partition("=")
            if (
                not _CODES.fullmatch(code)
                or not value.strip()
                or not value.isprintable()
                or (option == "--successor" and not _CODES.fullmatch(value))
            ):
                raise UsageError(f"{option} {text!a}: give a code, =, and {'a name' if option == '--province' else 'codes joined by +'}")
            pairs[option][code] = value.strip()
    return Choices(keep=frozenset(keep), provinces=pairs["--province"], successors=pairs["--successor"])


def _refresh(source: str, domains: str, file: Path | None, target: Path | None, choices: Choices, as_of: str) -> None:
    from gemcrawl.night import parse_date
    from gemcrawl.registry import official
    from gemcrawl.registry import refresh as refreshing

    today = parse_date(as_of)
    fetched = _fetched([each for each in (source, domains) if "://" in each])
    with _opened(source, fetched) as export:
        there = official.municipalities(export, source)
    known = None
    if domains:
        with _opened(domains, fetched) as export:
            known = official.domains(export, domains)
    found = refreshing.refresh(there, today=today, path=file, choices=choices, domains=known)
    _show(found)
    if target is not None:
        refreshing.write(found, target, today=today)
        typer.echo(f"written: {target}; use it with --registry, or put it in place of gemcrawl/registry/municipalities.csv")
    elif found.problems:
        raise UsageError(f"cannot be true: {'; '.join(found.problems)}")


def _show(found: Refresh) -> None:
    for change in found.changes:
        typer.echo(f"{change.kind:<8} {change.code}  {change.told}")
    for note in found.notes:
        typer.echo(f"note     {note}")
    for problem in found.problems:
        typer.echo(f"problem  {problem}")
    typer.echo(f"{len(found.changes)} changes, {len(found.notes)} notes, {len(found.problems)} problems; {len(found.rows)} rows")


@contextmanager
def _opened(source: str, fetched: Mapping[str, bytes]) -> Iterator[BinaryIO]:
    """A file as it is, an address as it was fetched.

    Raises:
        RegistryError: it cannot be opened.
    """
    if source in fetched:
        yield io.BytesIO(fetched[source])
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115  closed below; an error while it is read is another one
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RegistryError(ascii(source)[1:-1], None, f"cannot be read: {reason}") from None
    with file:
        yield file


def _fetched(urls: Sequence[str]) -> dict[str, bytes]:
    """What is at these addresses.

    Raises:
        UsageError: an address is not https, or does not bring a whole file over a connection that can be trusted.
    """
    for url in urls:
        if not url.startswith("https://"):
            raise UsageError(f"{url!a}: a register is read from a file, or from an address that begins with https://")
    if not urls:
        return {}
    from gemcrawl.cli.run import run_spider
    from gemcrawl.registry.official import MAX_BYTES
    from gemcrawl.spiders.registry import RegistrySpider

    found: dict[str, bytes] = {}
    wrong: dict[str, str] = {}

    def seen(url: str, body: bytes, reason: str) -> None:
        if reason:
            wrong[url] = reason
        else:
            found[url] = body

    settings = {
        "DOWNLOAD_MAXSIZE": MAX_BYTES,
        "DOWNLOAD_TIMEOUT": FETCH_SECONDS,
        "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None},
        "LOG_LEVEL": "ERROR",
    }
    _, error = run_spider(RegistrySpider, settings, urls=tuple(urls), seen=seen)
    if error is not None:
        raise UsageError(f"cannot be fetched: {type(error).__name__}: {ascii(str(error))[:200]}")
    for url in urls:
        if url not in found:
            raise RegistryError(ascii(url)[1:-1], None, wrong.get(url, "interrupted"))
    return found
