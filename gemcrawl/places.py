"""Where an output is: a directory of this machine, or a prefix of an object store (``s3://``, ``gs://``, ``az://``) through pyarrow.fs.

A directory is a `pathlib.Path` and behaves as ever.  A prefix of a store is a `StorePath`, which has of a Path what gemcrawl asks of one: what
is not there raises FileNotFoundError, what cannot be written OSError, and a store that cannot be asked StoreFailed.  Where the two differ in
more than that, a function here says what both promise: `write_whole`, `commit_file`, `publish_directory`, `remove`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from gemcrawl.clients import SCHEMES, client
from gemcrawl.exceptions import StoreFailed, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pyarrow import dataset

AT_ONCE = 16
"""Requests to a store that are under way together: each is mostly waited for."""
_CHUNK = 8 * 1024 * 1024

Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True, order=True, slots=True)
class StorePath:
    """A prefix, or an object, of a store."""

    scheme: str
    """One of `SCHEMES`."""
    key: str
    """Bucket or container and what follows it, without a slash at the end."""
    filesystem: Any = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.key}"

    def __truediv__(self, name: str) -> StorePath:
        return StorePath(self.scheme, f"{self.key}/{name}", self.filesystem)

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0] or self.name

    @property
    def parent(self) -> StorePath:
        return StorePath(self.scheme, self.key.rpartition("/")[0], self.filesystem)

    def absolute(self) -> StorePath:
        return self

    def resolve(self) -> StorePath:
        return self

    def iterdir(self) -> Iterator[StorePath]:
        """What is directly below; nothing where there is nothing."""
        # at Google, pyarrow lists only directories that have an object of their own, and makes none: there all that is below is listed
        selector = fs.FileSelector(self.key, allow_not_found=True, recursive=self.scheme == "gs")
        with self._asking():
            found = self.filesystem.get_file_info(selector)
        names = dict.fromkeys(info.path.removeprefix(f"{self.key}/").partition("/")[0] for info in found)
        return iter([self / name for name in names])

    def is_file(self) -> bool:
        return bool(self._info().type == fs.FileType.File)

    def is_dir(self) -> bool:
        """Whether there is an object below it."""
        return bool(self._info().type == fs.FileType.Directory)

    def exists(self) -> bool:
        return bool(self._info().type != fs.FileType.NotFound)

    def modified(self) -> datetime:
        """When the object was written, by the store's own clock.

        Raises:
            FileNotFoundError: there is none.
        """
        info = self._info()
        if info.mtime is None:
            raise FileNotFoundError(errno.ENOENT, "no such object", str(self))
        found: datetime = info.mtime
        return found

    def read_bytes(self) -> bytes:
        with self._asking(), self.filesystem.open_input_stream(self.key, compression=None) as stream:
            # not stream.read(), which asks for a quarter of a megabyte at a time
            return b"".join(iter(lambda: stream.read(_CHUNK), b""))

    def write_bytes(self, content: bytes | pa.Buffer) -> None:
        """Writes the object, whole or not at all."""
        if self.scheme != "az":
            self._write(self.key, content)
            return
        # at Azure, pyarrow empties an object before it writes; a copy within an account is one step
        grows = f"{self.key}.{uuid.uuid4().hex}.part"
        try:
            self._write(grows, content)
            self.filesystem.copy_file(grows, self.key)
        finally:
            with contextlib.suppress(OSError):
                self.filesystem.delete_file(grows)

    def unlink(self, missing_ok: bool = False) -> None:
        try:
            self.filesystem.delete_file(self.key)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def _write(self, key: str, content: bytes | pa.Buffer) -> None:
        with self.filesystem.open_output_stream(key, compression=None) as stream:
            stream.write(content)

    def _info(self) -> Any:
        with self._asking():
            return self.filesystem.get_file_info(self.key)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreFailed(f"{self} cannot be read: {_one_line(error)}") from None


Place = Path | StorePath


def is_store(text: str) -> bool:
    """Whether ``text`` names a prefix of a store rather than a directory."""
    return text.partition("://")[0] in SCHEMES and "://" in text


def place(text: str) -> Place:
    """What ``text`` names; no request is sent.

    Raises:
        UsageError: an address of a store that cannot be used, or of something else.  One that holds credentials is refused, and not
            repeated: they are for the standard chain of each store (docs/stores.md).
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return Path(text)
    if not is_store(text):
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise UsageError(f"{scheme[:20]!a}://...: no store of a kind that is known, which are {known}; a directory has no ://")
    key = rest.rstrip("/")
    parts = key.split("/")
    if "@" in parts[0] or "?" in rest or "#" in rest:
        raise UsageError(f"{scheme}://...: a bucket and a prefix and nothing else; credentials and endpoints are for the environment")
    if not key or not key.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise UsageError(f"{text!a} is no place in a store; one looks like {scheme}://bucket/prefix")
    try:
        return StorePath(scheme, key, client(scheme))
    except (OSError, ValueError) as error:
        raise UsageError(f"{scheme}://: {_one_line(error)}") from None


def reason(error: Exception) -> str:
    """Why something could not be read or written, on one line."""
    return error.strerror if isinstance(error, OSError) and error.strerror else _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def ahead(where: Place, ask: Callable[[Asked], Found], each: Iterable[Asked]) -> Iterator[Found]:
    """``ask`` of each, in order; at a store `AT_ONCE` answers are waited for together, so that memory holds no more than these."""
    if isinstance(where, Path):
        yield from map(ask, each)
        return
    left = iter(each)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[Found]] = deque(pool.submit(ask, one) for one in islice(left, AT_ONCE))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(ask, one) for one in islice(left, 1))


# --- Parquet ---


def read_table(file: Place, columns: list[str], filters: Any = None) -> pa.Table:
    """Columns of a Parquet file, of the rows that pass ``filters``; names of directories are no columns.

    Raises:
        OSError, pa.ArrowException: it cannot be read.
    """
    key, filesystem = _with_filesystem(file)
    return pq.read_table(key, filesystem=filesystem, columns=columns, filters=filters, partitioning=None)


def small_parquet(file: Place) -> pq.ParquetFile:
    """A Parquet file of which most will be read: from a store in one request.

    Raises:
        OSError, pa.ArrowException: it cannot be read.
    """
    return pq.ParquetFile(file if isinstance(file, Path) else pa.BufferReader(file.read_bytes()))


def large_parquet(file: Place) -> pq.ParquetFile:
    """A Parquet file that is read a piece at a time.

    Raises:
        OSError, pa.ArrowException: it cannot be read.
    """
    key, filesystem = _with_filesystem(file)
    return pq.ParquetFile(key, filesystem=filesystem)


def dataset_of(files: Mapping[str, Place], column: str) -> dataset.Dataset:
    """Parquet files of one place as one table, with the columns of all of them, and one more that has the name of the file.

    Raises:
        OSError, pa.ArrowException: one cannot be read.
    """
    from pyarrow import dataset  # brings pandas, where that is installed

    form = dataset.ParquetFileFormat()
    fragments = [form.make_fragment(*_with_filesystem(file), dataset.field(column) == name) for name, file in files.items()]
    first = next(iter(files.values()))
    schemas = ahead(first, lambda fragment: fragment.physical_schema, fragments)
    schema = pa.unify_schemas(list(schemas), promote_options="permissive").append(pa.field(column, pa.string()))
    return dataset.FileSystemDataset(fragments, schema, form, _with_filesystem(first)[1])


def _with_filesystem(file: Place) -> tuple[str, Any]:
    """As pyarrow names a file."""
    return (str(file), fs.LocalFileSystem()) if isinstance(file, Path) else (file.key, file.filesystem)


# --- writing ---


def write_whole(final: Place, content: bytes | pa.Buffer, *, beside: Place | None = None) -> None:
    """Writes a file in place of an earlier one, such that readers see the one or the other, and waits until it is safe.

    Args:
        final: the file, in a directory that is there.
        content: all of it.
        beside: on the same file system, where the new one grows; ``final`` with a suffix .part when left out.  A store needs none.

    Raises:
        OSError: it could not be written; the earlier one is untouched.
    """
    if isinstance(final, StorePath):
        final.write_bytes(content)
        return
    grows = beside if isinstance(beside, Path) else final.with_suffix(".part")
    try:
        write_durably(grows, content)
        os.replace(grows, final)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            grows.unlink()
        raise
    sync_directory(final.parent)


def commit_file(final: Place, content: bytes | pa.Buffer, staged: Place) -> None:
    """Writes a file that has a directory of its own, and that directory with it, in one step, or in place of an earlier one.

    Args:
        final: the file; two directories above it must be there.
        content: all of it.
        staged: a directory on the same file system that nobody else uses, where it grows.  A store needs none.

    Raises:
        OSError: it could not be written; nothing of it is left, and an earlier one is untouched.
    """
    if not (isinstance(final, Path) and isinstance(staged, Path)):
        write_whole(final, content)
        return
    directory = final.parent.parent
    try:
        if staged.exists():
            shutil.rmtree(staged)  # left behind by a process that was killed
        staged.mkdir(parents=True)
        write_durably(staged / final.name, content)
        sync_directory(staged)
        if not directory.is_dir():
            directory.mkdir(parents=True, exist_ok=True)
            sync_directory(directory.parent)
        try:
            os.rename(staged, final.parent)  # noqa: PTH104  one directory rename is the commit
        except OSError:
            if not final.exists():
                raise
            os.replace(staged / final.name, final)  # noqa: PTH105  a directory that is not empty cannot be renamed over
            staged.rmdir()
        sync_directory(directory)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(staged)
        raise


def publish_directory(staged: Path, final: Place, *, last: str) -> bool:
    """Makes the files of a local directory appear as ``final``, complete and safe.

    On a file system that is one rename.  On a store, where there is none, it is one object after the other and ``last`` at the end: who
    finds that one finds all.  What an earlier attempt left without it is overwritten.

    Returns:
        False when there is something at ``final`` already; nothing was changed then.

    Raises:
        OSError: it could not be written.
    """
    if isinstance(final, Path):
        if final.exists():
            return False
        sync_directory(staged)
        try:
            os.rename(staged, final)  # noqa: PTH104  the commit
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return False
        sync_directory(final.parent)
        return True
    if (final / last).is_file():
        return False
    files = {path.relative_to(staged).as_posix(): path for path in staged.rglob("*") if path.is_file()}
    whole = files.pop(last)
    for name, path in sorted(files.items()):
        with path.open("rb") as source, final.filesystem.open_output_stream(f"{final.key}/{name}", compression=None) as stream:
            while chunk := source.read(_CHUNK):
                stream.write(chunk)
    (final / last).write_bytes(whole.read_bytes())
    return True


def remove(directory: Place, *, first: str, aside: Path | None = None) -> None:
    """Removes a directory with all that is in it.

    For those who look for ``first``, or on a file system with ``aside`` for everybody, it is gone in one step before the rest goes.

    Args:
        directory: what goes.
        first: the file in it by which it is known.
        aside: a directory on the same file system, out of readers' sight.

    Raises:
        OSError: something cannot be removed.
    """
    if isinstance(directory, StorePath):
        (directory / first).unlink(missing_ok=True)
        if directory.is_dir():
            with contextlib.suppress(FileNotFoundError):  # of the object that stands for it, after all that was in it
                directory.filesystem.delete_dir(directory.key)
    elif aside is None:
        (directory / first).unlink(missing_ok=True)
        shutil.rmtree(directory)
    else:
        os.rename(directory, aside / directory.name)  # noqa: PTH104  the commit
        sync_directory(directory.parent)
        delete(aside / directory.name)


def delete(path: Path) -> None:
    """Removes a file, a link without what it leads to, or a directory with all that is in it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)


def write_durably(path: Path, content: bytes | pa.Buffer) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until a rename inside a directory is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
