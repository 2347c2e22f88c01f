"""The tables as one SQLite database, with types, keys and closed lists as the snapshot's own descriptor has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemcrawl.exceptions import OutputError
from gemcrawl.export.cells import nested, plain, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gemcrawl.export.tables import Snapshot

_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "number": "REAL"}
"""Of Data Package types; all others are TEXT: times as ISO 8601 in UTC, arrays and objects as JSON."""


def write_sqlite(snapshot: Snapshot, tables: Sequence[str], to: Path, done: Callable[[int], None]) -> None:
    """Writes tables into a new database.

    A foreign key is declared where the table that it leads to is among them.  ``.schema`` shows the description of every column.

    Args:
        snapshot: what is read.
        tables: their names; those that others lead to come first.
        to: the file, which is made.
        done: called with the number of rows written since it was last called.

    Raises:
        OSError: the file cannot be written.
        OutputError: a table cannot be read, or does not keep to its own keys and closed lists.
    """
    table = ""
    try:
        with closing(sqlite3.connect(to, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # the file appears when it is whole, so there is nothing to go back to
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN")
            for table in tables:
                _fill(database, snapshot, table, tables, done)
            database.execute("COMMIT")
    except sqlite3.IntegrityError as error:
        raise OutputError(f"{snapshot.path}: table {table} does not keep to its descriptor ({error})") from None
    except sqlite3.Error as error:
        raise OSError(str(error)) from None


def _fill(database: sqlite3.Connection, snapshot: Snapshot, table: str, tables: Sequence[str], done: Callable[[int], None]) -> None:
    schema = snapshot.resource(table)["schema"]
    database.execute(_definition(table, schema, tables))
    names = [column["name"] for column in schema["fields"]]
    insert = f"INSERT INTO {_quoted(table)} VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    for batch in snapshot.batches(table):
        database.executemany(insert, ([_value(value) for value in row] for row in rows(batch.select(names))))
        done(batch.num_rows)
    for key in _foreign_keys(schema, tables):
        database.execute(f"CREATE INDEX {_quoted('_'.join([table, *key['fields']]))} ON {_quoted(table)} ({_list(key['fields'])})")


def _definition(table: str, schema: dict[str, Any], tables: Sequence[str]) -> str:
    lines = [(_column(column), column.get("description", "")) for column in schema["fields"]]
    if primary := schema.get("primaryKey"):
        lines.append((f"PRIMARY KEY ({_list(primary)})", ""))
    lines += [
        (
            f"FOREIGN KEY ({_list(key['fields'])}) REFERENCES {_quoted(key['reference']['resource'])} ({_list(key['reference']['fields'])})",
            "",
        )
        for key in _foreign_keys(schema, tables)
    ]
    told = [
        f"  {line}{',' if number < len(lines) else ''}" + (f" -- {' '.join(said.split())}" if said else "")
        for number, (line, said) in enumerate(lines, 1)
    ]
    return f"CREATE TABLE {_quoted(table)} (\n" + "\n".join(told) + "\n)"


def _column(column: dict[str, Any]) -> str:
    name, constraints = _quoted(column["name"]), column.get("constraints", {})
    words = [name, _TYPES.get(column["type"], "TEXT")]
    if constraints.get("required"):
        words.append("NOT NULL")
    if column["type"] == "boolean":
        words.append(f"CHECK ({name} IN (0, 1))")
    if values := constraints.get("enum"):
        words.append(f"CHECK ({name} IN ({', '.join(_text(value) for value in values)}))")
    return " ".join(words)


def _foreign_keys(schema: dict[str, Any], tables: Sequence[str]) -> list[dict[str, Any]]:
    return [key for key in schema.get("foreignKeys", []) if key["reference"]["resource"] in tables]


def _value(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return nested(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return plain(value)


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
