"""Rechecks: their files beside the snapshots, ``output/rechecks/<time>.parquet``, which no reader of ``output/snapshot=*`` ever meets."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.exceptions import OutputError
from gemcrawl.items import Recheck
from gemcrawl.snapshot.parts import sync_directory, write_durably
from gemcrawl.snapshot.read import RECHECKS, snapshot_id
from gemcrawl.snapshot.schema import from_record, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z\.parquet")


def rechecks(output: Path, *, after: str = "") -> list[Path]:
    """The files of all rechecks, oldest first; of those that began after the snapshot of this name."""
    try:
        found = [path for path in (output / RECHECKS).iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(path for path in found if path.stem > after)


def read(path: Path) -> list[Recheck]:
    """The rows of one recheck.

    Raises:
        OutputError: the file cannot be read.
    """
    try:
        return [from_record(Recheck, record) for record in pq.ParquetFile(path).read(use_threads=False).to_pylist()]
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise OutputError(f"cannot read the recheck {path}: {' '.join(str(error).split())}") from None


def write(output: Path, started: datetime, rows: Iterable[Recheck]) -> Path:
    """Writes a recheck beside, and renames it into place; returns the file.

    Raises:
        OutputError: it could not be written.
    """
    ordered = sorted(rows, key=lambda row: (row.municipality, row.page_url, row.form_id))
    sink = pa.BufferOutputStream()
    pq.write_table(table_of(Recheck, ordered), sink, compression="zstd")
    final = output / RECHECKS / f"{snapshot_id(started)}.parquet"
    beside = final.with_suffix(".part")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        write_durably(beside, sink.getvalue())
        os.replace(beside, final)  # noqa: PTH105
        sync_directory(final.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(f"cannot write the recheck {final}: {error.strerror or error}") from None
    return final
