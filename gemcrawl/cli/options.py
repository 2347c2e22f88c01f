"""Options that several commands have, said once: how connections are made, and where the output is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gemcrawl.exceptions import UsageError

ConnectTo = Annotated[
    list[str] | None,
    typer.Option("--connect-to", metavar="HOST:PORT:ADDR:PORT", help="As in curl; HOST may be *.domain; may be repeated."),
]
AllowNet = Annotated[
    list[str] | None,
    typer.Option("--allow-net", metavar="CIDR", help="Allow connections to this network although it is not public; may be repeated."),
]
CaFile = Annotated[Path | None, typer.Option("--ca-file", metavar="PEM", help="Trust these root certificates instead of the system's.")]
Output = Annotated[
    str,
    typer.Option(
        "--output", metavar="PLACE", help="Directory of the snapshots, or a place in an object store: s3://, gs:// or az://bucket/prefix."
    ),
]


def above_zero(value: float) -> float:
    """Seconds of ``--delay``.

    Raises:
        UsageError: they are none, or without end.
    """
    if not 0 < value < float("inf"):
        raise UsageError(f"--delay {value:g} is no number of seconds above zero; sites are never asked without a pause, 1.0 is usual")
    return value


def repeated(output: str) -> str:
    """``--output`` for a command line that is to be copied into a shell, with a blank after it; empty where it is the usual one."""
    return "" if output == "output" else f"--output {shlex.quote(output)} "
