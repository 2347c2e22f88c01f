"""Processes that are measured: pinned to a core, and asked for their figures."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CRAWLER_CORE, SERVER_CORE = 0, 1
TIMEOUT = 300
"""Seconds after which a crawl is given up."""


@contextmanager
def pinned(position: int) -> Iterator[None]:
    """Processes started inside run on one core only, the one at `position` among those allowed; on any core where there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > position and len(cores) > 1:
        os.sched_setaffinity(0, {cores[position]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def figures(module: str, *arguments: object, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Runs a module in a process of its own and returns the JSON that it prints last.

    Raises:
        RuntimeError: it failed.
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds; it was killed.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(f"{module} failed with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Cores, memory, system and Python, and how busy the machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.system()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        f"{cores} cores ({platform.machine()}), {memory:.0f} GB memory, {system}, "
        f"{platform.python_implementation()} {platform.python_version()}; load {load:.1f} at the start, {time.strftime('%Y-%m-%d')}"
    )
