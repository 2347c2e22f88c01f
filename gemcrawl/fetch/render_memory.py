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
    """The processes that a process started, and those that they did."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children: list[int] = []
        for file in _PROC.glob(f"{waiting.pop()}/task/*/children"):
            with suppress(OSError, ValueError):
                children += map(int, file.read_text(encoding="ascii").split())
        found += children
        waiting += children
    return found


def resident(pid: int) -> int:
    """Bytes of a process in memory; 0 when it has ended."""
    try:
        return int(_PROC.joinpath(str(pid), "statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
