"""One run at a time per output: a lock that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from gemcrawl import clock
from gemcrawl.exceptions import Locked, OutputError

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE = "lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as the holder wrote it."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


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
            told = {"pid": os.getpid(), "host": socket.gethostname(), "since": clock.now().isoformat(timespec="seconds")}
            file.truncate(0)
            file.write(json.dumps(told).encode() + b"\n")
            file.flush()
        except BlockingIOError:
            file.close()
            raise Locked(output, _holder(path)) from None
        except OSError as error:
            with contextlib.suppress(OSError):
                file.close()
            raise OutputError(f"lock {path} cannot be taken ({error.strerror}); name another output with --output") from None
        return cls(file)

    def fileno(self) -> int:
        """The open file, for a process of the same run that is to hold the lock as well: it is free when the last of them lets go."""
        return self._file.fileno()

    def release(self) -> None:
        """Lets go; doing it twice does no harm."""
        self._file.close()


def holder(output: Path) -> Holder | str | None:
    """Who holds the lock of an output directory; "somebody" when the holder cannot be read, None when it is free."""
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
        told = json.loads(path.read_bytes())
        return Holder(int(told["pid"]), ascii(str(told["host"]))[1:-1], ascii(str(told["since"]))[1:-1])
    except (OSError, ValueError, KeyError, TypeError):
        return "somebody"
