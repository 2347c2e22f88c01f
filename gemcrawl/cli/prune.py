"""``gemcrawl prune``: old snapshots go, only when asked twice."""

from __future__ import annotations

from typing import Annotated

import typer

from gemcrawl.cli.options import Output


def prune(
    keep: Annotated[int, typer.Option(min=1, help="The newest so many snapshots are kept.")],
    keep_monthly: Annotated[int, typer.Option(min=0, help="And the first of each of the newest so many months.")] = 0,
    output: Output = "output",
    delete: Annotated[bool, typer.Option("--delete", help="Remove them; without it, only told.")] = False,
) -> None:
    """Remove old snapshots; without --delete it only says which.

    The snapshot that latest.json names, the newest one and the newest of a whole register are never removed. Suspect nights, unfinished
    runs and rechecks are left alone.

    Example: gemcrawl prune --keep 30 --keep-monthly 24

    Exit codes: 0 done or told, 1 error, 2 wrong usage, 4 another run works on the output.
    """
    from gemcrawl.places import place
    from gemcrawl.snapshot.lock import acquire
    from gemcrawl.snapshot.prune import plan
    from gemcrawl.snapshot.prune import prune as remove

    at = place(output)
    if not delete:
        planned = plan(at, keep=keep, keep_monthly=keep_monthly)
        for path in planned.removed:
            typer.echo(f"would remove  {path}")
        typer.echo(f"{len(planned.removed)} of {len(planned.kept) + len(planned.removed)} snapshots would go; --delete removes them")
        return
    plan(at, keep=keep, keep_monthly=keep_monthly)  # an output without snapshots is told before a lock file is made in it
    lock = acquire(at)
    try:
        planned = plan(at, keep=keep, keep_monthly=keep_monthly)
        remove(at, planned)
    finally:
        lock.release()
    for path in planned.removed:
        typer.echo(f"removed  {path}")
    typer.echo(f"{len(planned.removed)} of {len(planned.kept) + len(planned.removed)} snapshots removed")
