"""A table as CSV, for spreadsheets: one file per table, nested columns as JSON text, no text that is a formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gemcrawl.export.cells import csv_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemcrawl.export.tables import Snapshot


def write_csv(snapshot: Snapshot, table: str, to: Path, done: Callable[[int], None]) -> None:
    """Writes one table as CSV (RFC 4180, UTF-8).

    Args:
        snapshot: what is read.
        table: its name.
        to: the file, which is made.
        done: called with the number of rows written since it was last called.

    Raises:
        OSError: the file cannot be written.
        OutputError: the table cannot be read.
    """
    with to.open("w", encoding="utf-8", newline="") as file:
        for number, batch in enumerate(snapshot.batches(table)):
            file.writelines(csv_lines(batch, header=number == 0))
            done(batch.num_rows)
