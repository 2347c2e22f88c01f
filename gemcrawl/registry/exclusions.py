"""The opt-out list: municipalities and hosts that do not want to be surveyed, and are asked nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.urls import normal_host

LARGEST = 1024 * 1024
"""Bytes of a list."""
_CODE = re.compile(r"[A-Z]{2}[0-9]{4}", re.IGNORECASE | re.ASCII)
_WRITTEN = re.compile(r"[^\s/?#@:*%\\]+")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What is left alone."""

    codes: frozenset[str] = frozenset()
    """Municipalities, such as GM0344, by any code that a register may have: nothing is asked on their behalf."""
    hosts: frozenset[str] = frozenset()
    """Hosts, each with everything below it: nobody asks them anything."""

    @classmethod
    def read(cls, path: str | None) -> Exclusions:
        """Reads a list: one code or host a line, blank lines and what follows ``#`` left out; nothing is excluded without a ``path``.

        Raises:
            UsageError: the file cannot be read, or a line is neither a code nor a host; nothing has been requested.
        """
        if path is None:
            return cls()
        try:
            with Path(path).open("rb") as file:
                text = file.read(LARGEST + 1)
            lines = text.decode("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise UsageError(f"--exclude {path!r} cannot be read ({error}); give a text file with one code or host a line") from None
        if len(text) > LARGEST:
            raise UsageError(f"--exclude {path!r} is larger than {LARGEST} bytes; give a text file with one code or host a line")
        codes, hosts = set(), set()
        for number, line in enumerate(lines, start=1):
            entry = line.partition("#")[0].strip()
            if _CODE.fullmatch(entry):
                codes.add(entry.upper())
            elif _WRITTEN.fullmatch(entry) and _HOST.fullmatch(host := normal_host(entry)):
                hosts.add(host)
            elif entry:
                raise UsageError(
                    f"--exclude {path}, line {number}: {entry[:80]!r} is neither a code such as GM0344 nor a host such as example.nl"
                )
        return cls(frozenset(codes), frozenset(hosts))

    def covers(self, host: str) -> bool:
        """Whether ``host`` is on the list, or below a host that is."""
        if not self.hosts:
            return False
        name = normal_host(host)
        while name:
            if name in self.hosts:
                return True
            name = name.partition(".")[2]
        return False
