"""Options that several commands have, said once: how connections are made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
