"""The HSTS preload list that browsers carry, as packaged by `hstspreload`, with the date on which it was taken.

A host on it is asked over https only, from the first visit; a list that is too old misses hosts that have been added or removed since.
"""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import hstspreload

from gemcrawl.transport.urls import is_address, normal_host


def _date(version: str) -> date:
    """The package is versioned by the day of Chromium's list: year.month.day, and sometimes a number after it."""
    year, month, day, *_ = (int(part) for part in version.split("."))
    return date(year, month, day)


LIST_DATE: date = _date(hstspreload.__version__)
"""The day on which the packaged list was taken from Chromium."""

OLDEST = timedelta(days=90)
"""A list older than this deserves a warning; Chromium renews its own every few weeks."""


def covered(host: str) -> bool:
    """Whether the list has ``host``, or a parent of it with its sub-domains; never for an address or a name under ``.test`` (RFC 6761)."""
    name = normal_host(host)
    if not name.isascii() or is_address(name) or name.rpartition(".")[2] in ("", "test"):
        return False
    with warnings.catch_warnings():  # it opens its list by a function that Python 3.11 and 3.12 call deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        return bool(hstspreload.in_hsts_preload(name))


def stale(today: date) -> bool:
    """Whether the list is more than 90 days old on that day."""
    return today - LIST_DATE > OLDEST
