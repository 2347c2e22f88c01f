"""Sets up published software at its pinned versions, once per machine, in the user's cache folder; other processes wait meanwhile."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PINS = Path(__file__).parent / "packages.json"
"""npm packages: name, version, and what ``npm view <name>@<version> dist.integrity`` says."""
REQUIREMENTS = Path(__file__).parent / "wagtail.txt"
"""Wagtail and what it needs; see `environment`."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gemcrawl-tests"
SECONDS = 100
"""What one command may take, below the time that a test may take."""


class CannotInstall(Exception):
    """There is no tool, or no network, to install with."""


def bundles(file: Path = PINS) -> dict[str, Path]:
    """The npm packages of a file of pins by name, unpacked; their dependencies are not installed and none of their scripts runs.

    What they ship for browsers is whole in itself, so ``npm pack`` is enough.
    """
    pins: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    folder = _once("npm", file.read_bytes(), lambda target: _npm(pins, target))
    return {name: folder / str(number) / "package" for number, name in enumerate(pins)}


def locked(folder: Path) -> Path:
    """``node_modules`` with what the ``package-lock.json`` in a folder pins: npm holds every file against its hash, and none of their scripts runs.

    The lock has no addresses, so that the files come from wherever this machine's npm gets them: ``omit-lockfile-registry-resolved`` in
    the folder's ``.npmrc``.  ``npm install --package-lock-only`` there writes it anew.
    """
    files = [folder / name for name in ("package.json", "package-lock.json", ".npmrc")]
    pins = b"".join(file.read_bytes() for file in files)
    return _once("npm-locked", pins, lambda target: _npm_ci(files, target)) / "node_modules"


def wagtail() -> Path:
    """The Python of a virtual environment with Wagtail."""
    return environment(REQUIREMENTS)


def environment(requirements: Path, *, seconds: float = SECONDS) -> Path:
    """The Python of a virtual environment of its own, with what a file of requirements names and nothing else.

    Args:
        requirements: every file with its hash; made of the .in beside it by ``uv pip compile --universal --generate-hashes --no-header``.
        seconds: what the installation may take.

    Raises:
        CannotInstall: there is no network, or something in it does not suit this machine.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = _once(
        requirements.stem, requirements.read_bytes() + version.encode(), lambda target: _environment(requirements, target, seconds)
    )
    return folder / "bin" / "python"


def _npm(pins: dict[str, dict[str, str]], target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("npm is not installed")
    for number, (name, pin) in enumerate(pins.items()):
        place = target / str(number)
        place.mkdir()
        _run(npm, "pack", "--fetch-retries=0", f"{name}@{pin['version']}", cwd=place)
        (archive,) = place.glob("*.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert found == pin["integrity"], f"{name} {pin['version']} is not what was pinned: {found}"
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        archive.unlink()


def _npm_ci(files: list[Path], target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("npm is not installed")
    for file in files:
        shutil.copy(file, target)
    _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", cwd=target)


def _environment(requirements: Path, target: Path, seconds: float) -> None:
    _run(sys.executable, "-m", "uv", "venv", "--quiet", "--relocatable", "--python", sys.executable, str(target), "--allow-existing")
    python = str(target / "bin" / "python")
    command = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(requirements))
    _run(*command, seconds=seconds)


def _run(*command: str, cwd: Path | None = None, seconds: float = SECONDS) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{command[0]}: {error}") from error
    if done.returncode:
        raise CannotInstall(f"{' '.join(command[:4])} failed: {(done.stderr.strip() or 'without a word').splitlines()[0][:200]}")
    return done.stdout


def _once(name: str, pins: bytes, install: Callable[[Path], None]) -> Path:
    """The folder of what ``install`` put there when these pins were first asked for."""
    folder = CACHE / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        if not folder.exists():
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            install(fresh)
            fresh.rename(folder)
    return folder


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
