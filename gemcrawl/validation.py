"""Checking dataclass fields against their annotations, compiled once per class."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from gemcrawl.exceptions import ItemError

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Bits:
    """Width of a number in an annotation: ``Annotated[int, Bits(16)]``."""

    width: int


def _aware(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() == timedelta(0)


def _check(hint: Any) -> Check:
    """The test for one annotation.

    Raises:
        TypeError: the annotation is of a form that rows do not use.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        inner = _check(arguments[0])
        bits = next((a.width for a in arguments[1:] if isinstance(a, Bits)), None)
        if bits is not None and arguments[0] is int:
            limit = 1 << (bits - 1)
            return lambda v: inner(v) and -limit <= v < limit
        return inner
    if origin is Literal:
        return frozenset(arguments).__contains__
    if origin in (Union, types.UnionType):
        inner = _check(next(a for a in arguments if a is not type(None)))
        return lambda v: v is None or inner(v)
    if origin is list:
        each = _check(arguments[0])
        return lambda v: isinstance(v, list) and all(map(each, v))
    if hint is datetime:
        return _aware
    if hint is bool:
        return lambda v: isinstance(v, bool)
    if hint is int:
        limit = 1 << 63
        return lambda v: type(v) is int and -limit <= v < limit
    if hint is float:
        return lambda v: type(v) in (int, float)
    if isinstance(hint, type):
        return lambda v: isinstance(v, hint)
    raise TypeError(f"no check for annotation {hint!r}")


@cache
def checker_for(row: type) -> Callable[[Any], None]:
    """A function that raises `ItemError` when a field of an instance of ``row`` does not fit its annotation."""
    hints = get_type_hints(row, include_extras=True)
    checks = [(f.name, _check(hints[f.name]), hints[f.name]) for f in dataclasses.fields(row)]

    def check(instance: Any) -> None:
        for name, fits, hint in checks:
            value = getattr(instance, name)
            try:
                good = fits(value)
            except TypeError:  # an unhashable value held against a closed list
                good = False
            if not good:
                raise ItemError(f"{row.__name__}.{name} is {value!r}; allowed: {describe(hint)}")

    return check


def describe(hint: Any) -> str:
    """An annotation in words, for messages and documentation: ``string?``, ``list<int32>``, ``one of a, b``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        bits = next((a.width for a in arguments[1:] if isinstance(a, Bits)), None)
        name = describe(arguments[0])
        return name if bits is None else f"{name.rstrip('0123456789')}{bits}"
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return describe(next(a for a in arguments if a is not type(None))) + "?"
    if origin is list:
        return f"list<{describe(arguments[0])}>"
    return {str: "string", int: "int64", float: "float64", bool: "bool", datetime: "timestamp (UTC)"}.get(
        hint, getattr(hint, "__name__", str(hint))
    )
