"""The time of day as a run tells it: UTC, and never backwards.

Somebody may set the machine's clock while a run goes on; budgets are measured with `time.monotonic` anyway, and the times in the rows are
the time of day when the process began plus what has passed since.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_BEGAN = datetime.now(UTC)
_BEGAN_MONOTONIC = time.monotonic()


def now() -> datetime:
    """The present, UTC; later calls in one process never return an earlier time."""
    return _BEGAN + timedelta(seconds=time.monotonic() - _BEGAN_MONOTONIC)
