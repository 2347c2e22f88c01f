"""The tools that gemcrawl is compared with, in environments of their own: no part of them is imported by gemcrawl or by these benchmarks.

sslyze (AGPL) and pshtt (CC0) are installed from the pinned and hashed lists beside this file into ``~/.cache/gemcrawl-benchmarks``, or
``$GEMCRAWL_BENCHMARKS_CACHE``.  pshtt 0.7.6 depends on sslyze < 5, which depends on nassl < 5, of which there are wheels for CPython 3.7
to 3.10 only; so pshtt gets a Python 3.10, from the PATH, ``~/.pyenv`` or ``$PSHTT_PYTHON``, and is left out where there is none.  The lists are made with ``uv pip compile --universal --python-version 3.11 --generate-hashes
--no-header`` (3.10 for pshtt) from the one line ``sslyze==6.3.1`` and ``pshtt==0.7.6``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def sslyze() -> str:
    """The Python interpreter that has sslyze."""
    return str(_environment("sslyze", sys.executable) / "python")


def pshtt() -> str | None:
    """The program, or None where no Python 3.10 is found."""
    python = _python310()
    return None if python is None else str(_environment("pshtt", python) / "pshtt")


def testssl() -> str | None:
    """The program of the Debian package testssl.sh, or of its own release; None where there is none."""
    return shutil.which("testssl") or shutil.which("testssl.sh")


def crawlee() -> str:
    """The Python interpreter that has Crawlee (`benchmarks.effort`)."""
    return str(_environment("crawlee", sys.executable, _HERE.parent / "crawlee.txt") / "python")


def _environment(tool: str, python: str, requirements: Path | None = None) -> Path:
    """The folder of programs of the environment of a tool; made when missing or when its list has changed."""
    requirements = requirements or _HERE / f"{tool}.txt"
    cache = Path(os.environ.get("GEMCRAWL_BENCHMARKS_CACHE") or Path.home() / ".cache" / "gemcrawl-benchmarks")
    wanted, place = requirements.read_bytes(), cache / tool
    mark = place / "installed.txt"
    if not mark.exists() or mark.read_bytes() != wanted:
        subprocess.run([python, "-m", "venv", "--clear", str(place)], check=True)
        pip = [str(place / "bin" / "pip"), "--disable-pip-version-check", "install", "-qqq", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
        mark.write_bytes(wanted)
    return place / "bin"


def _python310() -> str | None:
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python3.10"))
    for candidate in (os.environ.get("PSHTT_PYTHON"), *map(str, pyenv), shutil.which("python3.10")):
        if candidate and subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None
