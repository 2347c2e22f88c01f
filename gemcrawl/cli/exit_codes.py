"""Exit codes of the command line: an interface, documented in the README and in docs/operations.md."""

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
    HELD_BACK = 3
    """The run is finished and held back by the quality gate: it is in output/suspect/, and latest.json has not moved."""
    LOCKED = 4
    """Another run works on the same output; nothing was requested or written."""
    INTERRUPTED = 5
    """Interrupted; the run is kept and can be resumed."""
    STILL = 6
    """A recheck is done, and at least one form is not mended or could not be reached."""
