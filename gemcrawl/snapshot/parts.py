"""The working area of a run: one finished municipality, one file, one rename."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from gemcrawl.exceptions import ItemError
from gemcrawl.items import Form, Host, Municipality, Page, Survey
from gemcrawl.places import ahead, commit_file, small_parquet
from gemcrawl.snapshot.schema import arrow_schema, from_record, records_table, to_record

if TYPE_CHECKING:
    from gemcrawl.places import Place

PART_FILE = "survey.parquet"

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


_COLUMNS = "\n".join(
    arrow_schema(row).to_string(show_field_metadata=False, show_schema_metadata=False) for row in (Municipality, Form, Page, Host)
)
_ROWS = pa.list_(pa.field("element", pa.string(), nullable=False))
_PICTURE = pa.struct([pa.field("form_id", pa.string(), nullable=False), pa.field("content", pa.binary(), nullable=False)])
PART_SCHEMA = pa.schema(
    [
        pa.field("municipality", pa.string(), nullable=False),
        pa.field("forms", _ROWS, nullable=False),
        pa.field("pages", _ROWS, nullable=False),
        pa.field("hosts", _ROWS, nullable=False),
        pa.field("archive", pa.binary(), nullable=False),
        pa.field("pictures", pa.list_(pa.field("element", _PICTURE, nullable=False)), nullable=False),
    ],
    {"columns": hashlib.sha256(_COLUMNS.encode()).hexdigest()},
)
"""A survey is one row: the rows of the tables as JSON objects, and its evidence: committed with it, or not at all.

The metadata ``columns`` tells parts with today's columns from those of another version.  A column of Parquet for each column of the tables
would be 123 for a row or two, and take ten times as long to write and to read.
"""
_AS_CHEAP_AS_CAN_BE: dict[str, Any] = {
    # nobody filters a file of one row: statistics and dictionaries would only cost time
    "use_dictionary": False,
    "write_statistics": False,
    "compression": "snappy",
}


class Parts:
    """The finished municipalities of one run, in ``run_dir/parts/<code>/survey.parquet``.

    A part is either there and complete or not there.  Several processes may write parts of one run as long as each has its own codes.
    """

    def __init__(self, run_dir: Place) -> None:
        self.run_dir = run_dir
        self.directory = run_dir / "parts"
        self._staging = run_dir / "staging"

    def path(self, code: str) -> Place:
        """Where the part of a municipality is, or would be.

        Raises:
            ItemError: the code cannot be a file name.
        """
        if not _CODE.fullmatch(code):
            raise ItemError(f"code {code!r} cannot be a file name; allowed are letters, digits, - and _")
        return self.directory / code / PART_FILE

    def write(self, survey: Survey) -> Place:
        """Write a part, in place of an earlier one of the same municipality.

        Returns:
            The file.

        Raises:
            OSError: it could not be written (disk full, say); nothing of it is left, and an earlier part is untouched.
            ItemError: the code cannot be a file name.
        """
        code = survey.municipality.code
        final = self.path(code)
        # a name that no process on another machine has: one that was cut off may still be at it
        commit_file(final, _encoded(survey), self._staging / f"{code}.{socket.gethostname()}.{os.getpid()}")
        return final

    def codes(self) -> set[str]:
        """Municipalities with a part that can be read and has today's columns; every call looks into each file."""
        if not self.directory.is_dir():
            return set()
        found = [entry.name for entry in self.directory.iterdir() if _CODE.fullmatch(entry.name)]
        usable = ahead(self.run_dir, lambda code: _usable(self.directory / code / PART_FILE), found)
        return {code for code, can_be_read in zip(found, usable, strict=True) if can_be_read}

    def survey(self, code: str) -> Survey | None:
        """The part of a municipality as it was committed; None when there is none, or none that can be read."""
        try:
            foot = small_parquet(self.path(code))
            return _decoded(foot.read(use_threads=False)) if _is_part(foot) else None
        except (OSError, pa.ArrowException, ValueError, TypeError, ItemError):
            return None

    def surveys(self, codes: Iterable[str]) -> Iterator[Survey | None]:
        """`survey` of each, in order."""
        return ahead(self.run_dir, self.survey, codes)

    def mark_tried_again(self, code: str) -> None:
        """Notes that a municipality had its second try, so that a resumed run gives it no third.

        Raises:
            OSError: it could not be written.
        """
        directory = self.run_dir / "again"
        if isinstance(directory, Path):
            directory.mkdir(exist_ok=True)
        (directory / self.path(code).parent.name).write_bytes(b"")

    def tried_again(self) -> set[str]:
        """Municipalities that had their second try."""
        try:
            return {path.name for path in (self.run_dir / "again").iterdir()}
        except OSError:
            return set()


def _is_part(foot: pq.ParquetFile) -> bool:
    return bool(foot.metadata.num_rows == 1 and foot.schema_arrow.equals(PART_SCHEMA, check_metadata=True))


def _usable(path: Place) -> bool:
    try:
        return _is_part(small_parquet(path))
    except (OSError, pa.ArrowException):
        return False


def _plain(value: object) -> str:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no value of a table")


_text = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode


def _row(row: Any) -> str:
    return _text(to_record(row))


def _encoded(survey: Survey) -> pa.Buffer:
    record = {
        "municipality": _row(survey.municipality),
        "forms": list(map(_row, survey.forms)),
        "pages": list(map(_row, survey.pages)),
        "hosts": list(map(_row, survey.hosts)),
        "archive": survey.archive,
        "pictures": [{"form_id": form_id, "content": content} for form_id, content in survey.pictures.items()],
    }
    sink = pa.BufferOutputStream()
    pq.write_table(records_table([record], PART_SCHEMA), sink, **_AS_CHEAP_AS_CAN_BE)
    return sink.getvalue()


def _decoded(table: pa.Table) -> Survey:
    (record,) = table.to_pylist()
    return Survey(
        municipality=from_record(Municipality, json.loads(record["municipality"])),
        forms=[from_record(Form, json.loads(row)) for row in record["forms"]],
        pages=[from_record(Page, json.loads(row)) for row in record["pages"]],
        hosts=[from_record(Host, json.loads(row)) for row in record["hosts"]],
        archive=record["archive"],
        pictures={picture["form_id"]: picture["content"] for picture in record["pictures"]},
    )
