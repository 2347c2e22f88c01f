"""Rechecks: their files beside the snapshots, ``output/rechecks/<time>.parquet``, which no reader of ``output/snapshot=*`` ever meets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.exceptions import OutputError
from gemcrawl.items import Recheck
from gemcrawl.places import reason, small_parquet, write_whole
from gemcrawl.snapshot.read import RECHECKS, recheck_files, snapshot_id
from gemcrawl.snapshot.schema import from_record, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gemcrawl.places import Place


def rechecks(output: Place, *, after: str = "") -> list[Place]:
    """The files of all rechecks, oldest first; of those that began after the snapshot of this name."""
    return [path for path in recheck_files(output) if path.stem > after]


def read(path: Place) -> list[Recheck]:
    """The rows of one recheck.

    Raises:
        OutputError: the file cannot be read.
    """
    try:
        return [from_record(Recheck, record) for record in small_parquet(path).read(use_threads=False).to_pylist()]
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise OutputError(f"cannot read the recheck {path}: {' '.join(str(error).split())}") from None


def write(output: Place, started: datetime, rows: Iterable[Recheck]) -> Place:
    """Writes a recheck beside, and renames it into place; returns the file.

    Raises:
        OutputError: it could not be written.
    """
    ordered = sorted(rows, key=lambda row: (row.municipality, row.page_url, row.form_id))
    sink = pa.BufferOutputStream()
    pq.write_table(table_of(Recheck, ordered), sink, compression="zstd")
    final = output / RECHECKS / f"{snapshot_id(started)}.parquet"
    try:
        if isinstance(final, Path):
            final.parent.mkdir(parents=True, exist_ok=True)
        write_whole(final, sink.getvalue())
    except OSError as error:
        raise OutputError(f"cannot write the recheck {final}: {reason(error)}") from None
    return final
