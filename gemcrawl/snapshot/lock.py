"""One run at a time per output: in a directory a lock that ends with its process, however that ends; in a store a lease."""

from __future__ import annotations

import contextlib
import fcntl
import json
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from gemcrawl.exceptions import Locked, OutputError
from gemcrawl.snapshot import lease
from gemcrawl.snapshot.holder import Holder, told_by

if TYPE_CHECKING:
    from gemcrawl.places import Place

LOCK_FILE = "lock"


class Lock(Protocol):
    """What a run holds."""

    def check(self) -> None:
        """Makes sure that it is still held.

        Raises:
            OutputError: it is not; another run may work on the output.
        """

    def fileno(self) -> int | None:
        """The open file, for a process of the same run that is to hold the lock as well: it is free when the last of them lets go.  None
        where there is none to inherit."""

    def release(self) -> None:
        """Lets go; doing it twice does no harm."""


def acquire(output: Place, seconds: float | None = None) -> Lock:
    """Takes an output.

    Args:
        output: a directory that is there, or a place in a store.
        seconds: the term of a lease in a store; GEMCRAWL_LEASE_SECONDS when left out.

    Raises:
        Locked: another run holds it.
        OutputError: it cannot be written.
    """
    return OutputLock.acquire(output) if isinstance(output, Path) else lease.Lease.acquire(output, seconds)


class OutputLock:
    """Holds ``output/lock`` by flock(2): the kernel lets go when the process is gone, and children do not inherit it.

    The file stays; what it says is believed only while somebody holds it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def acquire(cls, output: Path) -> Self:
        """Takes the lock of an output directory.

        Raises:
            Locked: another run holds it.
            OutputError: the file cannot be opened or written.
        """
        path = output / LOCK_FILE
        try:
            file = path.open("a+b")
        except OSError as error:
            raise OutputError(f"lock {path} cannot be opened ({error.strerror}); name another output with --output") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
            file.write(json.dumps(Holder.this().told()).encode() + b"\n")
            file.flush()
        except BlockingIOError:
            file.close()
            raise Locked(output, _holder(path)) from None
        except OSError as error:
            with contextlib.suppress(OSError):
                file.close()
            raise OutputError(f"lock {path} cannot be taken ({error.strerror}); name another output with --output") from None
        return cls(file)

    def check(self) -> None:
        """See `Lock.check`: the kernel takes it from nobody."""

    def fileno(self) -> int:
        """See `Lock.fileno`."""
        return self._file.fileno()

    def release(self) -> None:
        """Lets go; doing it twice does no harm."""
        self._file.close()


def holder(output: Place) -> Holder | str | None:
    """Who holds an output; "somebody" when the holder cannot be read, None when it is free.  Nothing is written."""
    if not isinstance(output, Path):
        return lease.holder(output)
    path = output / LOCK_FILE
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(path)
    except OSError:
        return None
    return None


def _holder(path: Path) -> Holder | str:
    try:
        return told_by(path.read_bytes())
    except OSError:
        return "somebody"
