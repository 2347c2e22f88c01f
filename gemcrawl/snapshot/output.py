"""Making sure, before a night's work, that its result can be written."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from gemcrawl.exceptions import OutputError
from gemcrawl.places import reason

if TYPE_CHECKING:
    from gemcrawl.places import Place, StorePath

MIN_FREE_BYTES = 50 * 1024 * 1024
"""Room for the parts and the snapshot of one night."""


def prepare_output(path: Place) -> Place:
    """Create the output directory if need be, and try it, or a place in a store, out by writing a file.

    Returns:
        The directory, absolute, or the place.

    Raises:
        OutputError: it is no directory, cannot be written, or its file system has less than `MIN_FREE_BYTES` left.
    """
    if not isinstance(path, Path):
        return _tried(path)
    try:
        path = path.absolute()
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"output {_shown(path)} is, or lies below, a file that is not a directory; name another with --output") from None
    except (OSError, ValueError) as error:
        raise OutputError(f"output {_shown(path)} cannot be created ({reason(error)}); name another with --output") from None
    probe = path / f".probe-{uuid.uuid4().hex}"
    try:
        try:
            with probe.open("xb") as file:
                file.write(b"gemcrawl")
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
        free = shutil.disk_usage(path).free
    except OSError as error:
        raise OutputError(
            f"output {_shown(path)} cannot be written ({reason(error)}); name another with --output, or make it writable"
        ) from None
    if free < MIN_FREE_BYTES:
        raise OutputError(
            f"output {_shown(path)} has {free // 1024**2} MB left and a run needs {MIN_FREE_BYTES // 1024**2} MB; free space or name another with --output"
        )
    return path


def _shown(path: Path) -> str:
    return ascii(str(path)) if not str(path).isprintable() else str(path)


def _tried(path: StorePath) -> StorePath:
    probe = path / f".probe-{uuid.uuid4().hex}"
    try:
        probe.write_bytes(b"gemcrawl")
        probe.unlink()
    except OSError as error:
        raise OutputError(f"output {path} cannot be written ({reason(error)}); name another with --output, or see docs/stores.md") from None
    return path
