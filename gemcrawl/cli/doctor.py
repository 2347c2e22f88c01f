"""``gemcrawl doctor``: what this machine has for a night's survey, what is missing, and how to get it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemcrawl.cli import checks
from gemcrawl.cli.checks import Check, State
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.cli.options import Output

if TYPE_CHECKING:
    from gemcrawl.places import Place

_STYLES: dict[State, str] = {"ok": "green", "warning": "yellow", "error": "bold red"}


def doctor(
    output: Output = "output",
    ca_file: Annotated[Path | None, typer.Option(metavar="PEM", help="Root certificates to be used instead of the system's.")] = None,
    resolve: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="Look up the address of this host, a canary for instance; may be repeated.")
    ] = None,
) -> None:
    """Check what a survey needs on this machine, and how last night went; nothing is requested from any site.

    Names are looked up only with --resolve.

    Exit codes: 0 a survey can run (warnings say what it would do without), 1 it cannot.
    """
    from gemcrawl.places import place

    table = Table(box=None, pad_edge=False, show_header=False)
    found = [*examine(place(output), ca_file, resolve or ())]
    for check in found:
        table.add_row(Text(check.state, style=_STYLES[check.state]), Text(check.name), Text(check.found, overflow="fold"))
        if check.remedy:
            table.add_row("", "", Text(check.remedy, style="italic", overflow="fold"))
    Console().print(table)
    raise typer.Exit(ExitCode.ERROR if any(check.state == "error" for check in found) else ExitCode.PUBLISHED)


def examine(output: Place, ca_file: Path | None, resolve: Sequence[str]) -> Iterator[Check]:
    """All checks, in the order in which a run needs what they are about."""
    yield browser()
    yield roots(ca_file)
    yield checks.names(resolve)
    yield checks.clock(output)
    writing = writable(output)
    yield writing
    if writing.state == "ok":
        if isinstance(output, Path):
            yield checks.disk(output)
            yield checks.permissions(output)
        yield checks.last_night(output)
    yield preload_list()


def browser() -> Check:
    """Which browser would render, and whether it starts at all."""
    from gemcrawl.fetch.browser import find_browser, version_of

    found = find_browser()
    if found is None:
        return Check(
            "browser",
            "warning",
            "none: pages that only scripts fill are not rendered, and their rows say so",
            "On Debian: apt-get install chromium-headless-shell; elsewhere: playwright install chromium-headless-shell; "
            "or name one in GEMCRAWL_CHROMIUM.",
        )
    version = version_of(found)
    if not version:
        return Check(
            "browser", "warning", f"{found} does not start", "Run it with --version to see why, or name another one in GEMCRAWL_CHROMIUM."
        )
    return Check("browser", "ok", f"{version} at {found}")


def roots(ca_file: Path | None) -> Check:
    """How many root certificates would be trusted."""
    from gemcrawl.exceptions import UsageError
    from gemcrawl.fetch.tls import strict_context

    try:
        count = strict_context(ca_file).cert_store_stats()["x509_ca"]
    except UsageError as error:
        return Check("root certificates", "error", str(error))
    where = str(ca_file) if ca_file else ssl.get_default_verify_paths().cafile or ssl.get_default_verify_paths().openssl_capath
    if not count and ca_file is None and any(Path(ssl.get_default_verify_paths().openssl_capath).glob("*.0")):
        return Check("root certificates", "ok", f"the directory {ssl.get_default_verify_paths().openssl_capath}")
    if not count:
        return Check(
            "root certificates",
            "error",
            f"none in {where}",
            "On Debian: apt-get install ca-certificates; or name a PEM file with --ca-file.",
        )
    return Check("root certificates", "ok", f"{count} in {where}")


def writable(output: Place) -> Check:
    """Whether snapshots can be written; the directory is made, as a run would."""
    from gemcrawl.exceptions import OutputError
    from gemcrawl.snapshot.output import prepare_output

    try:
        return Check("output", "ok", str(prepare_output(output)))
    except OutputError as error:
        return Check("output", "error", str(error))


def preload_list() -> Check:
    """How old the packaged HSTS preload list is."""
    from gemcrawl.transport.preload import LIST_DATE, OLDEST, stale

    found = f"of {LIST_DATE.isoformat()}"
    if not stale(datetime.now(UTC).date()):
        return Check("HSTS preload list", "ok", found)
    return Check(
        "HSTS preload list",
        "warning",
        f"{found}, more than {OLDEST.days} days old: a host preloaded since counts as one without HSTS from before the first visit",
        "pip install --upgrade hstspreload",
    )
