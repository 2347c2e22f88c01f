"""Putting a report in its place: whole, or not at all, and not again when nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.export.files import outside_snapshots
from gemcrawl.report.data import Data
from gemcrawl.report.site import Site
from gemcrawl.report.words import Lang

MARK = "report.json"
"""A file in every report: what it is made of.  A folder without it is somebody else's, and is left alone."""


def pages(data: Data, languages: Sequence[Lang]) -> Iterator[tuple[str, str]]:
    """Path and text of every page: the first language at the top, a second one in a folder of its own."""
    folders: list[tuple[Lang, str]] = [(lang, "" if lang == languages[0] else f"{lang}/") for lang in languages]
    site = Site(data)
    for lang, folder in folders:
        other = next((pair for pair in folders if pair[0] != lang), None)
        yield from site.pages(lang, folder, other)


def count(data: Data, languages: Sequence[Lang]) -> int:
    """How many pages there will be."""
    return len(languages) * (len(data.municipalities) + 9)


def write(data: Data, to: Path, languages: Sequence[Lang], done: Callable[[], None] = lambda: None) -> bool:
    """Writes the report into a folder, which appears in one rename and replaces an earlier report; false when that one is the same.

    Args:
        data: what is shown.
        to: the folder.
        languages: the first one is that of ``to/index.html``.
        done: called after each page.

    Raises:
        UsageError: there is something else in ``to``, or it is in a published snapshot.
        OutputError: it cannot be written.
    """
    named, to = to, to.resolve()  # what a link leads to is replaced, not the link
    outside_snapshots(to, "--to")
    if to.exists() and not (to.is_dir() and ((to / MARK).is_file() or not any(to.iterdir()))):
        raise UsageError(f"{named} is there and is no report; name another folder with --to, or remove it")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    except OSError as error:
        raise OutputError(f"the report cannot be written to {named}: {error.strerror or error}") from None
    try:
        fresh.chmod(0o755)
        written = _fill(fresh, data, languages, done)
        if (to / MARK).is_file() and (to / MARK).read_bytes() == written and _same(to, fresh):
            return False
        _swap(fresh, to)
    except OSError as error:
        raise OutputError(f"the report cannot be written to {named}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _fill(folder: Path, data: Data, languages: Sequence[Lang], done: Callable[[], None]) -> bytes:
    hashes: dict[str, str] = {}
    for directory in {"m", *(f"{lang}/m" for lang in languages[1:])}:
        (folder / directory).mkdir(parents=True)
    for path, text in pages(data, languages):
        content = text.encode("utf-8", "replace")
        (folder / path).write_bytes(content)
        hashes[path] = hashlib.sha256(content).hexdigest()
        done()
    made = {"gemcrawl": "report", "snapshot": data.snapshot, "languages": list(languages), "embargo": data.embargo, "sha256": hashes}
    mark = json.dumps(made, indent=1, sort_keys=True).encode() + b"\n"
    (folder / MARK).write_bytes(mark)
    return mark


def _same(old: Path, new: Path) -> bool:
    files = _files(new)
    return _files(old) == files and all((old / path).read_bytes() == (new / path).read_bytes() for path in files)


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in _walk(folder)}


def _walk(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if not path.is_dir())


def _swap(fresh: Path, to: Path) -> None:
    """Puts ``fresh`` where ``to`` is; an earlier report is set aside first and taken back if that fails."""
    if not to.exists():
        fresh.rename(to)
        return
    aside = Path(mkdtemp(prefix=f".{to.name}-old-", dir=to.parent))
    try:
        os.replace(to, aside / "report")  # noqa: PTH105
        try:
            fresh.rename(to)
        except OSError:
            (aside / "report").rename(to)
            raise
    finally:
        if to.exists():
            shutil.rmtree(aside, ignore_errors=True)
