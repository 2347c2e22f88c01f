"""Which cases are counted but not named: insecure forms whose municipality was told too short ago, or was not told yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from gemcrawl.exceptions import UsageError

Row = Mapping[str, Any]
Case = tuple[str, str]
"""Code of the municipality and id of the form."""

_DAYS = re.compile(r"([0-9]{1,4})d?")


def parse(text: str) -> timedelta:
    """The time in a text such as ``60d``.

    Raises:
        UsageError: it is no number of days.
    """
    found = _DAYS.fullmatch(text.strip())
    if not found:
        raise UsageError(f"--embargo {text!r} is not a number of days; write it as 60d")
    return timedelta(days=int(found[1]))


def withheld(forms: Iterable[Row], time: timedelta, told: Mapping[Case, datetime], at: datetime) -> frozenset[Case]:
    """The cases that may not be named at a moment: verdict insecure, and told less than ``time`` ago or never.

    Args:
        forms: rows of forms.
        time: how long a case stays unnamed after notice; zero: nothing is withheld.
        told: when notice was given.
        at: the moment.
    """
    if not time:
        return frozenset()
    cases = ((row["municipality"], row["form_id"]) for row in forms if row["verdict"] == "insecure")
    return frozenset(case for case in cases if case not in told or at < told[case] + time)
