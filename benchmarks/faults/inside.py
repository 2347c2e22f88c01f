"""gemcrawl with a fault in the machine below it: ``python -m benchmarks.faults.inside FAULT crawl ...``.

FAULT is JSON: {"settings": {...}, "full_from": n, "dns_gone": [after, seconds]}, each of them optional.

full_from
    Every system call that claims room on the disk (flush to the disk, rename, new directory) fails with ENOSPC from the n-th on.  The files and
    directories are real; only the disk is fuller than it is.
dns_gone
    After so many look-ups no name is resolved for so many seconds.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from typing import Any


def full_disk(first: int) -> None:
    """Lets the disk be full from the ``first`` of these calls on."""
    calls = 0

    def guarded(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= first:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        setattr(os, name, call)

    for name in ("fsync", "rename", "replace", "mkdir"):
        guarded(name)
    import atexit

    atexit.register(lambda: sys.stderr.write(f"disk calls: {calls}\n"))


def no_names(after: int, seconds: float) -> None:
    """Lets the resolver fail for a while."""
    real, calls, until = socket.getaddrinfo, 0, 0.0

    def look_up(*arguments: Any, **options: Any) -> Any:
        nonlocal calls, until
        calls += 1
        if calls == after:
            until = time.monotonic() + seconds
        if calls >= after and time.monotonic() < until:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(*arguments, **options)

    socket.getaddrinfo = look_up


def main() -> None:
    fault = json.loads(sys.argv[1])
    sys.argv = ["gemcrawl", *sys.argv[2:]]
    import gemcrawl.settings
    from gemcrawl.cli import main as gemcrawl_main

    vars(gemcrawl.settings).update({"GEMCRAWL_PROBE_SPACING": 0.0005, "GEMCRAWL_CRAWL_DELAY_MAX": 0.02, **fault.get("settings", {})})
    if "full_from" in fault:
        full_disk(fault["full_from"])
    if "dns_gone" in fault:
        no_names(*fault["dns_gone"])
    gemcrawl_main()


if __name__ == "__main__":
    main()
