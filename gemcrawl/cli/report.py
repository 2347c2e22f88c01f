"""`gemcrawl report`: a snapshot as a site of plain files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.cli.bar import bar
from gemcrawl.cli.options import Output

if TYPE_CHECKING:
    from gemcrawl.places import Place
    from gemcrawl.report.words import Lang


class Languages(StrEnum):
    """Of which the pages are made."""

    nl = "nl"
    en = "en"
    both = "both"


def report(
    output: Output = "output",
    snapshot: Annotated[str, typer.Option(help="A snapshot: its name or the beginning of it, latest, or previous.")] = "latest",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="Folder of the report; when left out OUTPUT/report, or report where the output is a store."
        ),
    ] = None,
    lang: Annotated[Languages, typer.Option("--lang", help="Language; both: Dutch first, English beside it.")] = Languages.both,
    embargo: Annotated[
        str, typer.Option(metavar="DAYS", help="Count insecure cases but do not name them until so long after notice, such as 60d.")
    ] = "0",
) -> None:
    """Write a report that opens in a browser from disk: plain files, no scripts, no network.

    Example: gemcrawl report --embargo 60d

    Exit codes: 0 written (or it was there already), 2 wrong usage, such as a snapshot that does not exist or a folder that cannot be written.
    """
    from gemcrawl.places import place

    index, changed = make(place(output), snapshot=snapshot, to=to, lang=lang, embargo=embargo)
    console = Console()
    console.print(Text(f"report: {index}" + ("" if changed else " (unchanged)")), soft_wrap=True)
    console.print(Text(f"open:   {index.absolute().as_uri()}"), soft_wrap=True)


def make(
    output: Place, *, snapshot: str = "latest", to: Path | None = None, lang: Languages = Languages.both, embargo: str = "0"
) -> tuple[Path, bool]:
    """Writes a report; its first page, and whether anything changed.

    Raises:
        OutputError, UsageError: as `gemcrawl.report.data.load` and `gemcrawl.report.write.write` say.
    """
    from gemcrawl.notify.embargo import embargo_of, parse_days
    from gemcrawl.report import data, write

    chosen: dict[Languages, tuple[Lang, ...]] = {Languages.nl: ("nl",), Languages.en: ("en",), Languages.both: ("nl", "en")}
    languages = chosen[lang]
    loaded = data.load(output, snapshot, embargo_of(output, parse_days(embargo)))
    folder = to or (output / "report" if isinstance(output, Path) else Path("report"))  # a report is for a browser, which opens files
    with bar("pages", write.count(loaded, languages)) as done:
        changed = write.write(loaded, folder, languages, done)
    return folder / "index.html", changed
