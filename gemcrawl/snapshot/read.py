"""Reading what was published: which snapshots there are, and SQL over them that can read nothing else."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from gemcrawl import registry
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.items import TABLES, Recheck
from gemcrawl.places import ahead, dataset_of
from gemcrawl.snapshot.descriptor import DESCRIPTOR
from gemcrawl.snapshot.schema import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gemcrawl.places import Place

LATEST = "latest.json"
RECHECKS = "rechecks"
"""Directory of the rechecks in the output."""

_PATTERN = frozenset("*?[=")
"""What DuckDB takes in a path for a pattern, or for a column and its value."""
_SNAPSHOT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z")


def snapshot_id(started: datetime) -> str:
    """The name of the snapshot of a run that started then: ``2026-11-23T020000Z``."""
    return started.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")


def directory_of(output: Place, snapshot: str) -> Place:
    """Where the snapshot of this name is, or would be.

    Raises:
        UsageError: not the name of a snapshot.
    """
    if not _SNAPSHOT.fullmatch(snapshot):
        raise UsageError(f"{snapshot!r} is not the name of a snapshot; one looks like 2026-11-23T020000Z")
    return output / f"snapshot={snapshot}"


def named_as_snapshots(output: Place) -> list[Place]:
    """What has the name of a snapshot, oldest first; empty when there is none, or no output."""
    try:
        found = [p for p in output.iterdir() if p.name.startswith("snapshot=") and _SNAPSHOT.fullmatch(p.name.removeprefix("snapshot="))]
    except OSError:
        return []
    return sorted(found)


def snapshots(output: Place) -> list[Place]:
    """The directories of all published snapshots, oldest first; empty when there are none, or no output.

    Raises:
        StoreFailed: the store cannot be asked.
    """
    found = named_as_snapshots(output)
    return [path for path, there in zip(found, ahead(output, _is_published, found), strict=True) if there]


def _is_published(path: Place) -> bool:
    """In a directory a snapshot is there or not; in a store it is when its last object is."""
    return path.is_dir() if isinstance(path, Path) else (path / DESCRIPTOR).is_file()


def latest(output: Place) -> Place:
    """The directory of the newest published snapshot.

    It is the one that latest.json names; where that file is missing or names none that exists, the newest there is.

    Raises:
        OutputError: there is no snapshot.
    """
    try:
        name = json.loads((output / LATEST).read_bytes())["snapshot"]
        named = directory_of(output, str(name))
        if _is_published(named):
            return named
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        pass
    found = snapshots(output)
    if not found:
        raise OutputError(
            f"no snapshot in {output}; make one with: gemcrawl crawl --output {shlex.quote(str(output))}, or try: gemcrawl demo"
        )
    return found[-1]


def recheck_files(output: Place) -> list[Place]:
    """The files of all rechecks, oldest first; empty when there are none."""
    try:
        found = [path for path in (output / RECHECKS).iterdir() if path.name == f"{path.stem}.parquet" and _SNAPSHOT.fullmatch(path.stem)]
    except OSError:
        return []
    return sorted(found)


def connect(output: Place) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the published snapshots as views.

    ``municipalities``, ``forms``, ``pages`` and ``hosts`` hold all snapshots, with their name in a column ``snapshot``; ``latest.forms`` and
    so on hold only the newest; ``rechecks`` holds all rechecks, with their name in a column ``recheck``.  ``history`` and the schema ``trend``
    are what views.sql, beside this file, makes of them.  The snapshots are those there are now.  The database can open no file outside
    ``output`` and load no extension, and its configuration is locked.

    Raises:
        OutputError: there is no snapshot, or a table of one cannot be read.
    """
    output = output.absolute()
    newest = latest(output)
    everything = snapshots(output)
    by_name = isinstance(output, Path) and not _PATTERN & set(str(output))  # DuckDB opens the files itself
    database = duckdb.connect(":memory:")
    try:
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET python_enable_replacements = false")  # else a table name could mean a Python variable
        database.execute("SET autoinstall_known_extensions = false")
        database.execute("SET autoload_known_extensions = false")
        database.execute("SET parquet_metadata_cache = true")  # every view looks at the foot of every file
        database.execute("CREATE SCHEMA latest")
        for table in TABLES:
            for name, of in ((table, everything), (f"latest.{table}", [newest])):
                files = {path.name.removeprefix("snapshot="): path / f"{table}.parquet" for path in of}
                if by_name:
                    database.execute(_view(name, files.values()))
                else:
                    _add_through_arrow(database, name, files, "snapshot")
        _add_rechecks(database, output, by_name=by_name)
        _add_lineage(database)
        database.execute((resources.files("gemcrawl.snapshot") / "views.sql").read_text("utf-8"))
        if by_name:
            database.execute(f"SET allowed_directories = [{_literal(f'{output}/')}]")
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
    except (duckdb.Error, OSError, ValueError) as error:  # a store's files are opened by pyarrow
        database.close()
        raise OutputError(f"cannot read the snapshots in {output}: {_line(error)}") from None
    return database


def query(output: Place, sql: str) -> pa.Table:
    """The result of one SQL query over the views of `connect`.

    Raises:
        OutputError: there is no snapshot.
        UsageError: not one query that only reads, or the database refuses it; the message is the database's.
    """
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"SQL: not text: {_line(error)}") from None
    with connect(output) as database:
        try:
            statements = database.extract_statements(sql)
            # EXPLAIN ANALYZE runs what it explains, COPY included, and COPY may write below the output directory
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError("SQL: one statement that only reads is needed, such as SELECT, DESCRIBE or SUMMARIZE")
            result = database.sql(statements[0].query)
            return result.to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"SQL: {_line(error)}") from None


def _add_rechecks(database: duckdb.DuckDBPyConnection, output: Place, *, by_name: bool) -> None:
    """The view ``rechecks``, of no rows where there are none."""
    files = recheck_files(output)
    if files and not by_name:
        _add_through_arrow(database, "rechecks", {file.stem: file for file in files}, "recheck")
        return
    if files:
        listed = ", ".join(_literal(str(file)) for file in files)
        source = f"read_parquet([{listed}], filename = true, hive_partitioning = false, union_by_name = true)"
        database.execute(f"CREATE VIEW rechecks AS SELECT * EXCLUDE (filename), parse_filename(filename, true) AS recheck FROM {source}")  # noqa: S608
        return
    empty = pa.Table.from_batches([], arrow_schema(Recheck))  # Schema.empty_table() imports pandas, where that is installed
    database.register("_no_rechecks", empty)
    database.execute("CREATE TABLE rechecks AS SELECT *, '' AS recheck FROM _no_rechecks")
    database.unregister("_no_rechecks")


def _add_lineage(database: duckdb.DuckDBPyConnection) -> None:
    """The table ``lineage``: for every code of any snapshot, what it is in the newest one; itself where the register does not tell, or tells
    of several."""
    there = {code for (code,) in database.execute("SELECT code FROM latest.municipalities").fetchall()}
    codes = {code for (code,) in database.execute("SELECT DISTINCT code FROM municipalities").fetchall()}
    known = registry.successors() if codes - there else {}
    rows = []
    for code in sorted(codes):
        at, seen = code, {code}
        while at not in there and len(known.get(at, ())) == 1 and known[at][0] not in seen:
            (at,) = known[at]
            seen.add(at)
        rows.append((code, at if at in there else code))
    database.execute("CREATE TABLE lineage (code VARCHAR, municipality VARCHAR)")
    if rows:
        database.execute(f"INSERT INTO lineage VALUES {', '.join(['(?, ?)'] * len(rows))}", [value for row in rows for value in row])  # noqa: S608


def _add_through_arrow(database: duckdb.DuckDBPyConnection, name: str, files: Mapping[str, Place], column: str) -> None:
    """A view over Parquet files that pyarrow opens; ``column`` says from which of ``files`` a row is."""
    register = f"_{name.replace('.', '_')}"
    database.register(register, dataset_of(files, column))
    database.execute(f"CREATE VIEW {name} AS FROM {register}")


def _view(name: str, files: Iterable[Place]) -> str:
    listed = ", ".join(_literal(str(file)) for file in files)
    return (
        f"CREATE VIEW {name} AS FROM read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _line(error: Exception) -> str:
    """A message without its drawing of the statement, on one line."""
    return " ".join(str(error).split("\n\nLINE", 1)[0].split())
