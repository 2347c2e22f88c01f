"""Every exception gemcrawl raises, with who raises it and when.

Messages name the value, what is allowed, and what to do next; the command line prints them as one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gemcrawl.places import Place


class GemcrawlError(Exception):
    """Base of all errors that a user can do something about."""


class UsageError(GemcrawlError):
    """Wrong usage: an option, date, code, file or directory that cannot be used.  Exit code 2."""


class RegistryError(UsageError):
    """`gemcrawl.registry.load`: the register of municipalities is malformed.  Nothing has been requested yet."""

    def __init__(self, path: Path | str, line: int | None, reason: str) -> None:
        where = f"{path}, line {line}" if line is not None else str(path)
        super().__init__(f"{where}: {reason}")
        self.path, self.line, self.reason = path, line, reason


class OutputError(UsageError):
    """`gemcrawl.snapshot`: the output cannot be written, or there is no snapshot to read."""


class StoreFailed(OutputError):
    """`gemcrawl.places`: a store could not be asked.  No OSError, so that what is not known is never taken for what is not there."""


class Locked(GemcrawlError):
    """`gemcrawl.snapshot.lock`: another run works on the same output.  Exit code 4; nothing has been requested."""

    def __init__(self, output: Place, holder: object) -> None:
        super().__init__(f"another run works in {output}: {holder}; wait until it is done, or name another output with --output")


class ItemError(GemcrawlError, ValueError):
    """A row was made with a value of the wrong type or outside its closed list: a bug in gemcrawl, never user input."""


class AddressRefused(GemcrawlError, OSError):
    """`gemcrawl.fetch.guard`: a connection to an address that is not public, and that no --allow-net covers."""


class HostExcluded(AddressRefused):
    """`gemcrawl.fetch.handler`: a host of the opt-out list."""


class Interrupted(GemcrawlError):
    """The run ends before a municipality does; a resumed run takes it up again.

    Raised by `gemcrawl.interruption` when a request is asked for after the end, and by the pipelines, which commit nothing after it.
    """
