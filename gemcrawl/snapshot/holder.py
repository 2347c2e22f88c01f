"""Who holds an output, as the holder wrote it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import Any, Self

from gemcrawl import clock


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds it, as the holder wrote it."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"

    @classmethod
    def this(cls) -> Self:
        """This process, from now on."""
        return cls(os.getpid(), socket.gethostname(), clock.now().isoformat(timespec="seconds"))

    def told(self) -> dict[str, Any]:
        return asdict(self)


def told_by(content: bytes) -> Holder | str:
    """The holder that somebody wrote; "somebody" where that cannot be read."""
    try:
        told = json.loads(content)
        return Holder(int(told["pid"]), ascii(str(told["host"]))[1:-1], ascii(str(told["since"]))[1:-1])
    except (ValueError, KeyError, TypeError):
        return "somebody"
