"""When a server that had enough may be asked again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gemcrawl.fetch.backoff import LONGEST, BackOff, seconds_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Monday, 23-Nov-26 12:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 12:02:00 -0000", 120),
        ("Mon, 23 Nov 2026 13:02:00 +0100", 120),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("9" * 300, LONGEST),
        ("-5", None),
        ("1.5", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("Mon, 99 Nov 2026 99:99:99 GMT", None),
    ],
)
def test_a_field_asks_for_seconds(field: str | None, seconds: float | None) -> None:
    assert seconds_of(field, NOW) == seconds


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,4} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9} [-+A-Z0-9]{1,6}")))
@example("Mon, 23 Nov 2026 12:00:00 +9999999999")
@example("Mon, 1 Jan 0 0:0:0")
def test_no_field_is_too_strange(field: str) -> None:
    found = seconds_of(field, NOW)
    assert found is None or 0 <= found <= LONGEST


class TestBackOff:
    def make(self) -> tuple[BackOff, list[float]]:
        now = [1000.0]
        return BackOff(10.0, clock=lambda: now[0]), now

    def test_nobody_rests_at_first(self) -> None:
        back_off, _ = self.make()
        assert back_off.left("a.nl") == 0

    def test_each_refusal_in_a_row_doubles_the_rest(self) -> None:
        back_off, now = self.make()
        rests = []
        for _ in range(4):
            back_off.refused("a.nl", None)
            rests.append(back_off.left("a.nl"))
            now[0] += rests[-1]
        assert rests == [10, 20, 40, 80]
        assert back_off.left("b.nl") == 0

    def test_an_answer_ends_the_row(self) -> None:
        back_off, now = self.make()
        for _ in range(3):
            back_off.refused("a.nl", None)
        now[0] += 100
        back_off.answered("a.nl")
        back_off.refused("a.nl", None)
        assert back_off.left("a.nl") == 10

    def test_what_is_asked_for_counts_but_never_less_than_the_first_rest(self) -> None:
        back_off, _ = self.make()
        back_off.refused("a.nl", "0")
        assert back_off.left("a.nl") == 10
        back_off.refused("a.nl", "300")
        assert back_off.left("a.nl") == 300

    def test_a_rest_does_not_get_shorter(self) -> None:
        back_off, now = self.make()
        back_off.refused("a.nl", "300")
        back_off.refused("a.nl", "20")
        assert back_off.left("a.nl") == 300
        now[0] += 301
        assert back_off.left("a.nl") == 0

    def test_refusals_without_end_ask_for_no_more_than_a_day(self) -> None:
        back_off, _ = self.make()
        for _ in range(5000):
            back_off.refused("a.nl", None)
        assert 0 < back_off.left("a.nl") <= LONGEST
