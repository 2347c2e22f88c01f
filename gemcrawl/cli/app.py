"""The commands of ``gemcrawl``, one function each; errors leave as one line and an exit code."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl import __version__
from gemcrawl.cli.diff import diff
from gemcrawl.cli.doctor import doctor
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.cli.explain import explain, rules
from gemcrawl.cli.export import export
from gemcrawl.cli.inspect import inspect
from gemcrawl.cli.logs import LogFormat
from gemcrawl.cli.notify import notify
from gemcrawl.cli.options import AllowNet, CaFile, ConnectTo, Output, above_zero, repeated
from gemcrawl.cli.prune import prune
from gemcrawl.cli.query import query
from gemcrawl.cli.recheck import recheck, run_recheck
from gemcrawl.cli.registry import registry
from gemcrawl.cli.report import make as make_report
from gemcrawl.cli.report import report
from gemcrawl.cli.summary import summary
from gemcrawl.exceptions import GemcrawlError, Locked, UsageError

if TYPE_CHECKING:
    from gemcrawl.places import Place

app = typer.Typer(
    name="gemcrawl",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Survey the transport security of Dutch municipal appointment and contact forms, and publish it as Parquet.\n\n"
    "Try [bold]gemcrawl demo[/bold] first: the whole pipeline against a fictional nation on this machine, without any network.",
)
console = Console()


class LogLevel(StrEnum):
    debug = "DEBUG"
    info = "INFO"
    warning = "WARNING"
    error = "ERROR"


LogLevelOption = Annotated[LogLevel, typer.Option("--log-level", case_sensitive=False, help="What is logged to standard error.")]
LogFormatOption = Annotated[LogFormat, typer.Option("--log-format", help="One record a line: as text, or as a JSON object.")]
LogFile = Annotated[Path | None, typer.Option("--log-file", help="Log to this file instead of standard error.")]
KeepParts = Annotated[bool, typer.Option("--keep-parts", help="Keep the run's working area after publication.")]
NoRender = Annotated[
    bool, typer.Option("--no-render", help="Never start a browser: forms that only scripts build are typed by their product.")
]
Archive = Annotated[
    bool,
    typer.Option("--archive", help="Keep evidence: pages with such a form as received (WARC), and pictures of insecure forms."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes that survey, each --concurrency municipalities at a time; servers are asked no faster. "
        "One when left out, or with --dask as many as the cluster has threads.",
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Scheduler of a Dask cluster, such as tcp://10.0.0.1:8786, that runs the workers; --output is to be shared."
    ),
]
MaxPages = Annotated[int, typer.Option("--max-pages", min=1, help="Pages fetched per municipality at the most.")]


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False) -> None:
    if version:
        typer.echo(f"gemcrawl {__version__}")
        raise typer.Exit


@app.command()
def crawl(
    as_of: Annotated[str, typer.Option(help="Survey the municipalities that existed on this date, YYYY-MM-DD; today when left out.")] = "",
    registry: Annotated[
        Path | None, typer.Option(help="CSV file with at least code,name,province,website, instead of the packaged register.")
    ] = None,
    known_hosts: Annotated[Path | None, typer.Option(help="CSV file code,host: hosts where forms are known to be.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Code of a municipality, such as GM0363; may be repeated.")] = None,
    output: Output = "output",
    delay: Annotated[float, typer.Option(callback=above_zero, help="Seconds between two requests to one server; never zero.")] = 1.0,
    max_pages: MaxPages = 40,
    concurrency: Annotated[int, typer.Option(min=1, help="Municipalities surveyed at the same time, by each worker.")] = 24,
    workers: Workers = None,
    dask: Dask = None,
    no_render: NoRender = False,
    archive: Archive = False,
    resume: Annotated[
        str | None,
        typer.Option(metavar="[RUN]", help="Take up an unfinished run, the last one without a value: only municipalities without a part."),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Start afresh, also where today's last run is unfinished.")] = False,
    deadline: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Publish after this time, such as 6h or 1h30m; what is missing is partial.")
    ] = None,
    canary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="A host that is known to be up; when none of them answers, the night is suspect. May be repeated."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done; send and write nothing.")] = False,
    connect_to: ConnectTo = None,
    allow_net: AllowNet = None,
    ca_file: CaFile = None,
    vocabulary: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Words, weights and fingerprints of your own, laid over the packaged ones.")
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Opt-out list: codes and hosts (with all below them), one a line, that are asked nothing."),
    ] = None,
    keep_parts: KeepParts = False,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="When the run ends, write how it went there, for Prometheus' textfile collector.")
    ] = None,
    log_level: LogLevelOption = LogLevel.warning,
    log_file: LogFile = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Survey every municipality and publish one snapshot.

    Example: gemcrawl crawl --only GM0363 --only GM0518

    When the last run of today is unfinished and asked for the same, it is taken up.

    Exit codes: 0 published, 1 error, 2 wrong usage, 3 held back by the quality gate, 4 another run works on the output, 5 interrupted (go
    on with --resume).
    """
    if new and resume is not None:
        raise UsageError(f"--new and --resume {resume!r} exclude each other; leave one out")
    settings = {
        "GEMCRAWL_REGISTRY": _text(registry),
        "GEMCRAWL_KNOWN_HOSTS": _text(known_hosts),
        "GEMCRAWL_OUTPUT": output,
        "GEMCRAWL_CONNECT_TO": connect_to or [],
        "GEMCRAWL_ALLOW_NET": allow_net or [],
        "GEMCRAWL_CA_FILE": _text(ca_file),
        "GEMCRAWL_VOCABULARY": _text(vocabulary),
        "GEMCRAWL_EXCLUDE": _text(exclude),
        "GEMCRAWL_RESUME": "new" if new else resume,
        "GEMCRAWL_DEADLINE": deadline,
        "GEMCRAWL_CANARIES": canary or [],
        "DOWNLOAD_DELAY": delay,
        "GEMCRAWL_CONCURRENT_SITES": concurrency,
        **_common(max_pages, keep_parts, log_level, log_file, log_format, no_render=no_render, archive=archive),
    }
    codes = ",".join(code for part in only or [] for code in part.split(","))
    if dry_run:
        from gemcrawl.cli.plan import show_plan

        show_plan(console, settings, only=codes, as_of=as_of)
        return
    _run_and_show(
        settings,
        workers=workers,
        dask=dask,
        only=codes,
        as_of=as_of,
        query_options=repeated(output),
        again=_again(),
        metrics=metrics,
    )


@app.command()
def demo(
    output: Output = "output/demo",
    night: Annotated[int, typer.Option(min=1, max=2, help="1: as it is; 2: after repair, ten forms fixed and three new faults.")] = 1,
    size: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=390,
            help="Municipalities; a nation of another size is another one. 390 when left out, with --recheck as many as the newest snapshot has.",
        ),
    ] = None,
    delay: Annotated[float, typer.Option(callback=above_zero, help="Seconds between two requests to one server; never zero.")] = 0.005,
    max_pages: MaxPages = 40,
    workers: Workers = None,
    dask: Dask = None,
    no_render: NoRender = False,
    archive: Archive = False,
    keep_parts: KeepParts = False,
    again: Annotated[
        bool,
        typer.Option("--recheck", help="Look again at the forms with findings of the newest snapshot in --output, instead of surveying."),
    ] = False,
    log_level: LogLevelOption = LogLevel.warning,
    log_file: LogFile = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Survey a fictional nation of 390 municipalities, served on this machine, and score the result against its truth.

    Nothing leaves the machine: the nation listens on loopback ports, over real TLS from a private authority.

    Example: gemcrawl demo --size 40
    """
    from gemcrawl.demo.process import DemoServer
    from gemcrawl.demo.score import score
    from gemcrawl.places import place

    if size is None:
        size = _surveyed(place(output)) if again else 390
    with TemporaryDirectory(prefix="gemcrawl-demo-") as directory, DemoServer(Path(directory), night=night, size=size) as server:
        settings = (
            server.settings(output, delay=delay)
            | {"GEMCRAWL_RESUME": "new"}
            | _common(max_pages, keep_parts, log_level, log_file, log_format, no_render=no_render, archive=archive)
        )
        console.print(f"a fictional nation of {size} municipalities, night {night}, on loopback")
        if again:
            raise typer.Exit(run_recheck({name: value for name, value in settings.items() if name != "EXTENSIONS"}))
        snapshot = _run_and_show(settings, workers=workers, dask=dask, query_options=repeated(output), leave=False)
        console.print()
        console.print("scored against the truth of the nation:")
        for line in score(snapshot, server.truth_file, server.sent_file).lines():
            console.print(Text(f"  {line}"))
    index, _ = make_report(place(output))
    console.print()
    console.print(Text(f"report, to open in a browser: {index.absolute().as_uri()}"), soft_wrap=True)


app.command()(registry)
app.command()(query)
app.command()(diff)
app.command()(summary)
app.command()(export)
app.command()(recheck)
app.command()(notify)
app.command()(prune)
app.command()(doctor)
app.command()(explain)
app.command()(inspect)
app.command()(report)
app.command()(rules)


def _common(
    max_pages: int, keep_parts: bool, log_level: LogLevel, log_file: Path | None, log_format: LogFormat, *, no_render: bool, archive: bool
) -> dict[str, Any]:
    return {
        "GEMCRAWL_RENDER": not no_render,
        "GEMCRAWL_ARCHIVE": archive,
        "GEMCRAWL_MAX_PAGES": max_pages,
        "GEMCRAWL_KEEP_PARTS": keep_parts,
        "LOG_LEVEL": str(log_level),
        "LOG_FILE": _text(log_file),
        "GEMCRAWL_LOG_FORMAT": str(log_format),
        "EXTENSIONS": {
            # its plain lines would stand among records for a machine
            "gemcrawl.cli.progress.ProgressDisplay": None if log_format is LogFormat.json and log_file is None else 500,
            "scrapy.extensions.logstats.LogStats": None,
        },
    }


def _surveyed(output: Place) -> int:
    """How many municipalities the newest snapshot has: a nation of another size is another nation.

    Raises:
        OutputError: there is no snapshot.
    """
    from gemcrawl.snapshot.gate import Tally
    from gemcrawl.snapshot.read import latest

    return Tally.of(latest(output)).rows


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _run_and_show(
    settings: dict[str, Any],
    *,
    workers: int | None = None,
    dask: str | None = None,
    only: str = "",
    as_of: str = "",
    query_options: str = "",
    again: str = "",
    leave: bool = True,
    metrics: Path | None = None,
) -> Place:
    """Runs, prints the summary, and leaves with the run's exit code unless it published and ``leave`` is false."""
    from gemcrawl.cli.run import run_crawl, run_measured
    from gemcrawl.cli.summary import show

    if metrics is None:
        result = run_crawl(settings, workers=workers, dask=dask, only=only, as_of=as_of, again=again)
    else:
        result = run_measured(settings, metrics, workers=workers, dask=dask, only=only, as_of=as_of, again=again)
    if result.message:
        Console(stderr=True).print(Text(result.message), soft_wrap=True)
    if result.snapshot is None or result.code is ExitCode.HELD_BACK:
        raise typer.Exit(result.code)
    show(console, result.snapshot, query_options=query_options)
    if leave:
        raise typer.Exit(result.code)
    return result.snapshot


def _again() -> str:
    """The command line of this process without its choice of run, to be copied into a shell."""
    from gemcrawl.cli.summary import program

    kept: list[str] = []
    skip = False
    for word in with_values(sys.argv[1:]):
        if skip:
            skip = False
        elif word == "--resume":
            skip = True
        elif word != "--new" and not word.startswith("--resume="):
            kept.append(word)
    return shlex.join([program(), *kept])


def with_values(arguments: list[str]) -> list[str]:
    """The command line with ``--resume`` given a value where it has none, which the option parser cannot do: that of the last run."""
    found = list(arguments)
    for position, word in enumerate(arguments):
        if word == "--resume" and (position + 1 == len(arguments) or arguments[position + 1].startswith("--")):
            found[position] = "--resume=last"
    return found


_WrongOption: type[Exception] = typer.BadParameter.__bases__[0]  # click's UsageError, wherever this version of typer keeps click


def main() -> None:
    """Entry point: runs the command line and turns errors into one line and an exit code."""
    try:
        sys.exit(app(with_values(sys.argv[1:]), standalone_mode=False, prog_name="gemcrawl"))
    except typer.Abort:
        sys.exit(ExitCode.ERROR)
    except _WrongOption as error:
        _fail_wrong_option(error)
    except UsageError as error:
        _fail(error, ExitCode.USAGE)
    except Locked as error:
        _fail(error, ExitCode.LOCKED)
    except GemcrawlError as error:
        _fail(error, ExitCode.ERROR)


def _fail_wrong_option(error: Any) -> None:
    if message := error.format_message().strip():  # empty without any command: the help was shown
        _fail(UsageError(f"{message.rstrip('.')}; see {error.ctx.command_path if error.ctx else 'gemcrawl'} --help"), ExitCode.USAGE)
    sys.exit(ExitCode.USAGE)


def _fail(error: Exception, code: ExitCode) -> None:
    Console(stderr=True).print(Text(f"gemcrawl: {error}"), soft_wrap=True)
    sys.exit(code)
