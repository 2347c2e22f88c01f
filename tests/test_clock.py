"""The time in the rows: UTC, and in order whatever happens to the machine's clock."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gemcrawl import clock

JUMPING = """
import datetime, sys
before = datetime.datetime


class Jumped(datetime.datetime):
    offset = datetime.timedelta()

    @classmethod
    def now(cls, tz=None):
        return before.now(tz) + cls.offset


datetime.datetime = Jumped
from gemcrawl import clock
one = clock.now()
Jumped.offset = datetime.timedelta(hours=float(sys.argv[1]))
assert abs((Jumped.now(datetime.UTC) - before.now(datetime.UTC)).total_seconds()) > 3000
two = clock.now()
print((two - one).total_seconds())
"""


def test_it_is_the_time_of_day_in_utc() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_it_goes_on() -> None:
    first = clock.now()
    time.sleep(0.01)
    assert clock.now() > first


@pytest.mark.parametrize("hours", [-3, 5])
def test_a_clock_that_is_set_moves_nothing(hours: float) -> None:
    command = [sys.executable, "-c", JUMPING, str(hours)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert 0 <= float(done.stdout) < 30
