"""Exit codes of the command line: an interface, documented in the README and in docs/exit-codes.md."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished process tells its caller."""

    PUBLISHED = 0
    """The snapshot is published (or the command did what it was asked)."""
    ERROR = 1
    """Anything else went wrong; a started run is kept and can be resumed."""
    USAGE = 2
    """Wrong usage: an option, date, code, file or directory that cannot be used; nothing was requested or written."""
    INTERRUPTED = 5
    """Interrupted; the run is kept and can be resumed."""
