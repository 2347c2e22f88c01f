"""A memory of many things that is bounded, and never loses one that is in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

MOST = 4096
"""Hosts, servers or addresses that a run remembers beyond those that it is at: a supplier's platform is met again and again and stays, the
site of a municipality that is surveyed is met no more."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What was used last, and whatever somebody still holds.

    Args:
        make: makes the value of a key that is not known, or no longer; weak references must be possible to it.
        most: values that are kept although nobody holds them.
    """

    def __init__(self, make: Callable[[K], V], most: int = MOST) -> None:
        self._make, self._most = make, most
        self._alive: WeakValueDictionary[K, V] = WeakValueDictionary()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __getitem__(self, key: K) -> V:
        """The value of ``key``: the same one for everybody, as long as anybody holds it."""
        value = self._alive.get(key)
        if value is None:
            value = self._alive[key] = self._make(key)
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._alive)

    def values(self) -> list[V]:
        """All that are remembered."""
        return list(self._alive.values())
