"""A bar for work of known length: on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[..., None]]:
    """Shows how many of ``total`` are done; what it gives is called after each, or with how many more."""
    console = Console(stderr=True)
    with Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), console=console, transient=True, disable=not sys.stderr.isatty()
    ) as shown:
        task = shown.add_task(what, total=total)

        def done(more: int = 1) -> None:
            shown.advance(task, more)

        yield done
