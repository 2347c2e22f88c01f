"""Durations as people write them: ``6h``, ``1h30m``, ``45s``."""

from __future__ import annotations

import re

from gemcrawl.exceptions import UsageError

_DURATION = re.compile(r"(?=[0-9])(?:([0-9]{1,3})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?", re.ASCII)
_SECONDS = (86_400, 3_600, 60, 1)


def seconds_in(text: str, option: str) -> float:
    """Seconds in ``text``: whole days, hours, minutes and seconds, in this order, each at most once.

    Raises:
        UsageError: it is no such duration, or none above zero; the message names ``option``.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = sum(int(number or 0) * unit for number, unit in zip(match.groups(), _SECONDS, strict=True)) if match else 0
    if not seconds:
        raise UsageError(f"{option} {text!r} is not a duration above zero; write it as 6h, 90m or 1h30m (units: d, h, m, s)")
    return float(seconds)


def shown(seconds: float) -> str:
    """The same notation: ``1h30m``."""
    left, words = round(seconds), ""
    for unit, name in zip(_SECONDS, "dhms", strict=True):
        number, left = divmod(left, unit)
        words += f"{number}{name}" if number else ""
    return words or "0s"
