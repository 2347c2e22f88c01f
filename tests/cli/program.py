"""The program as users start it: processes of their own, kept on loopback, that leave an exit code, output and files behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forks import CHECKOUT, Forked, environment
from tests.support.world import World

__all__ = ["CHECKOUT", "Ended", "Process", "ended", "environment", "files", "options", "run", "start"]

Process = subprocess.Popen[str] | Forked
_LIMIT = "import resource as r, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); r.setrlimit(r.RLIMIT_FSIZE, ({0}, {0})); "
_START = "import gemcrawl.settings as s; vars(s).update({{'GEMCRAWL_PROBE_SPACING': 0.001, **{0!r}}}); from tests.support import loopback; loopback.install(); from gemcrawl.cli import main; main()"
_SCRAPY = "from tests.support import loopback; loopback.install(); from scrapy.cmdline import execute; execute()"


@dataclass(frozen=True)
class Ended:
    """What a process left."""

    code: int
    out: str
    err: str


def start(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    scrapy: bool = False,
    limit: int = 0,
    settings: Mapping[str, Any] | None = None,
    fresh: bool = False,
) -> Process:
    """Starts ``gemcrawl``, or ``scrapy``, with these arguments.

    Args:
        limit: the largest file it may write, in bytes.
        settings: of gemcrawl (not of scrapy), in place of those in `gemcrawl.settings`.
        fresh: in an interpreter that has imported nothing yet, as users have it; so is ``scrapy`` always.
    """
    bound = _LIMIT.format(limit) if limit else ""
    command = ["-c", bound + (_SCRAPY if scrapy else _START.format(dict(settings or {}))), *map(str, arguments)]
    if not (scrapy or fresh):
        return Forked(command, cwd=cwd, env=environment(env))
    return subprocess.Popen(
        [sys.executable, *command], cwd=cwd, env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: Process, timeout: float = 60) -> Ended:
    """Waits for a process."""
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return Ended(process.returncode, out, err)


def run(*arguments: str | Path, cwd: Path, **how: Any) -> Ended:
    """Starts (arguments as `start`), and waits."""
    return ended(start(*arguments, cwd=cwd, **how))


def options(world: World, registry: Path, output: Path, *, delay: float = 0.01) -> list[str]:
    """Options of ``gemcrawl crawl`` that lead to a world."""
    found = ["--registry", str(registry), "--output", str(output), "--delay", str(delay), "--ca-file", str(world.ca_file)]
    found += ["--allow-net", "127.0.0.0/8"]
    for rule in world.connect_to:
        found += ["--connect-to", rule]
    return found


def files(folder: Path) -> set[str]:
    """Everything below a directory."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
