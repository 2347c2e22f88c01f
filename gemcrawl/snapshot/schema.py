"""Arrow schemas of the tables, derived from the annotations in `gemcrawl.items` and from nothing else."""

from __future__ import annotations

import dataclasses
import json
import types
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from gemcrawl.validation import Bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SCHEMA_VERSION = 1
"""Goes up when a column is renamed, dropped or changes its type; adding a column leaves it."""

Record = dict[str, Any]
"""One row as plain values: strings, numbers, datetimes, lists and dicts."""

_SIMPLE: dict[type, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us", tz="UTC"),
}
_NARROW = {(int, 16): pa.int16(), (int, 32): pa.int32(), (float, 32): pa.float32()}


@cache
def arrow_schema(row_type: type) -> pa.Schema:
    """The schema of a table with rows of this type.

    Every field carries its description as metadata ``description``, and the allowed values of a closed list as metadata ``enum`` (a JSON
    array): on the field itself, or for a list on its elements.  A field is nullable only for ``X | None``.

    Raises:
        TypeError: an annotation of a form that rows do not use.
    """
    return pa.schema(_fields(row_type))


def _fields(row_type: type) -> list[pa.Field]:
    hints = get_type_hints(row_type, include_extras=True)
    return [_field(f.name, hints[f.name]) for f in dataclasses.fields(row_type)]


def _field(name: str, hint: Any) -> pa.Field:
    metadata: dict[str, str] = {}
    bits = None
    nullable = False
    while True:  # unwrap from the outside in: description, | None, width
        if get_origin(hint) is Annotated:
            hint, *notes = get_args(hint)
            bits = next((note.width for note in notes if isinstance(note, Bits)), bits)
            metadata.update(("description", note) for note in notes if isinstance(note, str))
        elif get_origin(hint) in (Union, types.UnionType):
            nullable = True
            (hint,) = (alternative for alternative in get_args(hint) if alternative is not type(None))
        else:
            break
    if get_origin(hint) is Literal:
        metadata["enum"] = json.dumps(get_args(hint))
    return pa.field(name, _type(hint, bits), nullable=nullable, metadata=metadata or None)


def _type(hint: Any, bits: int | None) -> pa.DataType:
    if get_origin(hint) is Literal:
        return pa.string()
    if get_origin(hint) is list:
        return pa.list_(_field("element", get_args(hint)[0]))  # "element" is the name that Parquet prescribes
    if dataclasses.is_dataclass(hint):
        return pa.struct(_fields(hint))  # type: ignore[arg-type]
    try:
        return _SIMPLE[hint] if bits is None else _NARROW[hint, bits]
    except KeyError:
        raise TypeError(f"no Arrow type for annotation {hint!r}") from None


@cache
def _recorder(row_type: type) -> Callable[[Any], Record]:
    """`to_record` for one row type, compiled: `dataclasses.asdict` copies every value and takes ten times as long."""
    hints = get_type_hints(row_type)
    names = tuple(f.name for f in dataclasses.fields(row_type))
    values = attrgetter(*names)
    nested = [(name, convert) for name in names if (convert := _converter(hints[name])) is not None]

    def record(row: Any) -> Record:
        result = dict(zip(names, values(row), strict=True))
        for name, convert in nested:
            if (value := result[name]) is not None:
                result[name] = convert(value)
        return result

    return record


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """What turns a value of this annotation into plain values; None where it is plain already."""
    if dataclasses.is_dataclass(hint):
        return _recorder(hint)  # type: ignore[arg-type]
    inner = [converter for argument in get_args(hint) if (converter := _converter(argument)) is not None]
    if not inner:
        return None
    if get_origin(hint) is list:
        return lambda values: list(map(inner[0], values))
    return inner[0]


def to_record(row: Any) -> Record:
    """A row, with the rows inside it, as plain values.  Lists of plain values are shared with the row, not copied."""
    row_type: type = type(row)
    return _recorder(row_type)(row)


@cache
def _maker(row_type: type) -> Callable[[Mapping[str, Any]], Any]:
    """`from_record` for one row type, compiled."""
    hints = get_type_hints(row_type)
    columns = [(f.name, _reviver(hints[f.name])) for f in dataclasses.fields(row_type)]

    def made(record: Mapping[str, Any]) -> Any:
        values = {}
        for name, revive in columns:
            if name in record:
                value = record[name]
                values[name] = value if revive is None or value is None else revive(value)
        return row_type(**values)

    return made


def _reviver(hint: Any) -> Callable[[Any], Any] | None:
    """What turns the plain value of this annotation, which is not None, back; None where it stays as it is."""
    if dataclasses.is_dataclass(hint):
        return _maker(hint)  # type: ignore[arg-type]
    if hint is datetime:
        return lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value
    inner = [reviver for argument in get_args(hint) if (reviver := _reviver(argument)) is not None]
    if not inner:
        return None
    if get_origin(hint) is list:
        return lambda values: [inner[0](value) for value in values]
    return inner[0]


def from_record(row_type: type, record: Mapping[str, Any]) -> Any:
    """The row that `to_record` made this record of; columns that the record lacks get their default.  Times may be in the words of ISO 8601.

    Raises:
        ItemError: a value that does not fit its column.
        TypeError: the record lacks a column that has no default.
        ValueError: words that tell no time.
    """
    return _maker(row_type)(record)


def table_of(row_type: type, rows: Iterable[Any]) -> pa.Table:
    """Rows as an Arrow table.  A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD."""
    return records_table([to_record(row) for row in rows], arrow_schema(row_type))


def records_table(records: list[Record], schema: pa.Schema) -> pa.Table:
    """Records as an Arrow table of this schema; see `table_of`."""
    try:
        return pa.Table.from_pylist(records, schema=schema)
    except UnicodeEncodeError:  # rare enough not to look at every string beforehand
        return pa.Table.from_pylist(_scrubbed(records), schema=schema)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_scrubbed(each) for each in value]
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items()}
    return value
