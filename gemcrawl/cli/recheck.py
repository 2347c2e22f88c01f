"""`gemcrawl recheck`: are the forms with findings mended?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.cli import formats
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.cli.logs import LogFormat
from gemcrawl.cli.options import AllowNet, CaFile, ConnectTo, Output, above_zero
from gemcrawl.exceptions import GemcrawlError, Locked, UsageError
from gemcrawl.transport.urls import clean

if TYPE_CHECKING:
    from gemcrawl.items import Recheck

_STYLES = {"fixed": "green", "still": "yellow", "worse": "red", "unreachable": "dim", "gone": ""}


def recheck(
    output: Output = "output",
    only: Annotated[list[str] | None, typer.Option(help="Code of a municipality, such as GM0363; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also forms without findings.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
    delay: Annotated[float, typer.Option(callback=above_zero, help="Seconds between two requests to one server; never zero.")] = 1.0,
    no_render: Annotated[bool, typer.Option("--no-render", help="Never start a browser.")] = False,
    connect_to: ConnectTo = None,
    allow_net: AllowNet = None,
    ca_file: CaFile = None,
    log_level: Annotated[str, typer.Option("--log-level", help="What is logged to standard error.")] = "WARNING",
    log_file: Annotated[Path | None, typer.Option("--log-file", help="Log to this file instead of standard error.")] = None,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="One record a line: as text, or as a JSON object.")
    ] = LogFormat.text,
) -> None:
    """Look again at the known forms with findings, a handful of requests each, and say which are mended.

    It starts from the newest snapshot, and keeps what it saw beside it, as confirmation for gemcrawl diff.

    Example: gemcrawl recheck --only GM0363

    Exit codes: 0 all are fixed or gone, 1 error, 2 wrong usage, 4 a run works on the output, 5 interrupted, 6 at least one is not.
    """
    if log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise UsageError(f"--log-level {clean(log_level, 40)!r}: it is DEBUG, INFO, WARNING or ERROR")
    settings = {
        "GEMCRAWL_OUTPUT": output,
        "GEMCRAWL_CONNECT_TO": connect_to or [],
        "GEMCRAWL_ALLOW_NET": allow_net or [],
        "GEMCRAWL_CA_FILE": None if ca_file is None else str(ca_file),
        "GEMCRAWL_RENDER": not no_render,
        "DOWNLOAD_DELAY": delay,
        "LOG_LEVEL": log_level.upper(),
        "LOG_FILE": None if log_file is None else str(log_file),
        "GEMCRAWL_LOG_FORMAT": str(log_format),
    }
    codes = ",".join(code for part in only or [] for code in part.split(","))
    raise typer.Exit(run_recheck(settings, only=codes, everything=everything, as_json=as_json))


def run_recheck(settings: Mapping[str, Any], *, only: str = "", everything: bool = False, as_json: bool = False) -> ExitCode:
    """Runs the spider, shows what it saw, and returns the exit code.

    Raises:
        UsageError: an option, file or directory cannot be used; nothing has been requested.
    """
    from gemcrawl.cli.run import run_spider
    from gemcrawl.spiders.recheck import RecheckSpider

    rows: list[Recheck] = []
    quiet = {"EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None}}
    crawler, error = run_spider(RecheckSpider, {**settings, **quiet}, only=only, everything=everything, seen=rows.extend)
    if isinstance(error, Locked):  # before anything was opened, statistics included
        Console(stderr=True).print(Text(f"gemcrawl: {error}"), soft_wrap=True)
        return ExitCode.LOCKED
    if isinstance(error, GemcrawlError):
        raise error
    if error is not None:
        Console(stderr=True).print(Text(f"gemcrawl: {type(error).__name__}: {clean(str(error))}"), soft_wrap=True)
        return ExitCode.ERROR
    kept = crawler.stats.get_value("recheck/path") if crawler.stats is not None else None
    if kept is None:
        Console(stderr=True).print("interrupted; nothing was kept")
        return ExitCode.INTERRUPTED
    rows.sort(key=lambda row: (row.municipality, row.kind, row.page_url, row.form_id))
    if as_json:
        from gemcrawl.export import cells
        from gemcrawl.snapshot.schema import to_record

        formats.write_text(cells.as_json([to_record(row) for row in rows]), None)
    else:
        show(rows, kept)
    return ExitCode.STILL if any(row.result in ("still", "worse", "unreachable") for row in rows) else ExitCode.PUBLISHED


def show(rows: list[Recheck], kept: str) -> None:
    """Every form on two lines, what is not mended first, then the counts."""
    from gemcrawl.compare.recheck import counts

    console = Console()
    order = ("worse", "still", "unreachable", "gone", "fixed")
    for row in sorted(rows, key=lambda row: order.index(row.result)):
        now = "not found" if row.verdict is None else row.verdict.replace("_", " ")
        line = Text(f"{row.result:<12}", style=_STYLES[row.result])
        line.append(
            f"{row.municipality}  {row.kind}: {row.verdict_before.replace('_', ' ')} -> {now}; {clean(row.page_url, 200)}", "default"
        )
        console.print(line, soft_wrap=True)
        console.print(Text(f"            {clean(row.evidence)}"), soft_wrap=True)
    console.print()
    towns = {result: len({row.municipality for row in rows if row.result == result}) for result in counts(rows)}
    told = ", ".join(f"{count} {result} (municipalities: {towns[result]})" for result, count in counts(rows).items() if count)
    console.print(Text(f"rechecked {len(rows)} forms: {told or 'none has findings'}"), soft_wrap=True)
    console.print(Text(f"kept in:   {kept}"), soft_wrap=True)
