"""New files, whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import clean


def outside_snapshots(to: Path, option: str) -> None:
    """Makes sure that a path is not in a published snapshot.

    Raises:
        UsageError: it is.
    """
    if any(each.name.startswith("snapshot=") for each in (to.absolute(), *to.absolute().parents)):
        raise UsageError(f"{option} {clean(str(to))}: a published snapshot is not written to; name a place elsewhere")


@contextmanager
def whole_file(to: Path, option: str = "--to") -> Iterator[Path]:
    """A path beside ``to``; what is there when the block ends takes the place of ``to`` in one rename, and nothing does when it fails.

    Args:
        to: the file; an earlier one of that name is replaced.
        option: of the command line, that messages name.

    Raises:
        UsageError: it cannot be written, or would change a published snapshot.
    """
    shown = clean(str(to))
    outside_snapshots(to.parent, option)
    beside = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}")
    try:
        if to.is_dir():
            raise UsageError(f"{option} {shown} is a directory; name a file")
        yield beside
        os.replace(beside, to)  # noqa: PTH105
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{option} {shown} cannot be written ({reason}); name another file") from None
    finally:
        with suppress(OSError, ValueError):
            beside.unlink(missing_ok=True)
