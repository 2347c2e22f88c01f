"""Ends what takes too much memory: Chromium's own limit holds for objects of scripts, not for buffers, canvases and documents."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path

from gemcrawl.fetch.render_browser import end_process

logger = logging.getLogger(__name__)

MAX_RESIDENT = 1024 * 1024 * 1024
"""Bytes that one process of the browser may have in memory; pages have their own processes."""
_EVERY = 0.25
_PROC = Path("/proc")


async def watch(browser: int, limit: int = MAX_RESIDENT) -> None:
    """Ends every process below ``browser`` that has more than ``limit`` bytes in memory, until cancelled; its page is told as crashed.

    Does nothing where there is no Linux /proc.
    """
    while _PROC.joinpath("self", "statm").exists():
        await asyncio.sleep(_EVERY)
        for pid in descendants(browser):
            if resident(pid) > limit:
                logger.warning("a page took more than %d MB of memory, and is given up", limit // 2**20)
                end_process(pid)


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did.

    Of the browser itself any thread may start one; below it zygotes do, which have but one thread.  Asking the dozens of threads of every
    page, four times a second, would cost more than what is asked for.
    """
    found: list[int] = []
    waiting = _children(pid, every_thread=True)
    while waiting:
        found.append(waiting.pop())
        waiting += _children(found[-1], every_thread=False)
    return found


def _children(pid: int, *, every_thread: bool) -> list[int]:
    """What a process started, by its first thread alone or by any."""
    found: list[int] = []
    threads = _PROC.glob(f"{pid}/task/*/children") if every_thread else (_PROC / str(pid) / "task" / str(pid) / "children",)
    for file in threads:
        with suppress(OSError, ValueError):
            found += map(int, file.read_text(encoding="ascii").split())
    return found


def resident(pid: int) -> int:
    """Bytes of a process in memory; 0 when it has ended."""
    try:
        return int(_PROC.joinpath(str(pid), "statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
