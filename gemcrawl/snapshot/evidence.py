"""Evidence in a snapshot: the archives of all municipalities as one file, and the pictures beside it."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from gemcrawl.evidence.archive import ARCHIVE
from gemcrawl.places import sync_directory, write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

DIRECTORY = ARCHIVE.partition("/")[0]
_FORM_ID = re.compile(r"[0-9a-f]{8,64}")


def picture_path(form_id: str) -> str:
    """Path of the picture of a form in a snapshot.

    Raises:
        ValueError: not an id that gemcrawl makes, so that it is no file name either.
    """
    if not _FORM_ID.fullmatch(form_id):
        raise ValueError(f"{form_id!r} is no form_id")
    return f"{DIRECTORY}/{form_id}.webp"


class EvidenceWriter:
    """Gathers the evidence of one municipality after the other in a directory that becomes a snapshot; on leaving, it is on the disk.

    Without any evidence nothing is made.

    Args:
        directory: of the snapshot.
        opening: the first record of the archive.
    """

    def __init__(self, directory: Path, opening: bytes) -> None:
        self._directory, self._opening = directory, opening
        self._stack = ExitStack()
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._bytes = self._pictures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack:
            if kind is None and self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
        if kind is None and (self._directory / DIRECTORY).is_dir():
            sync_directory(self._directory / DIRECTORY)

    def add_archive(self, records: bytes) -> int:
        """Appends the records of a municipality; where they begin.

        Raises:
            OSError: they could not be written.
        """
        if self._file is None:
            self._made()
            self._file = self._stack.enter_context((self._directory / ARCHIVE).open("wb"))
            self._append(self._opening)
        begin = self._bytes
        self._append(records)
        return begin

    def add_pictures(self, pictures: Mapping[str, bytes]) -> None:
        """Writes the pictures of a municipality, by form_id.

        Raises:
            OSError: one could not be written.
            ValueError: as `picture_path`.
        """
        for form_id, content in pictures.items():
            self._made()
            write_durably(self._directory / picture_path(form_id), content)
            self._pictures += 1

    def told(self) -> dict[str, Any] | None:
        """What the descriptor says of it; None when there is none."""
        if self._file is None and not self._pictures:
            return None
        archive = {"path": ARCHIVE, "bytes": self._bytes, "hash": f"sha256:{self._hash.hexdigest()}"} if self._file is not None else None
        return {"archive": archive, "pictures": self._pictures}

    def _made(self) -> None:
        (self._directory / DIRECTORY).mkdir(exist_ok=True)

    def _append(self, content: bytes) -> None:
        assert self._file is not None
        self._file.write(content)
        self._hash.update(content)
        self._bytes += len(content)
