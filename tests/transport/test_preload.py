from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.preload import LIST_DATE, covered, stale


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("accounts.google.com", True),
        ("example.dev", True),
        ("WWW.Example.DEV.", True),
        ("a.b.c.d.e.f.example.dev", True),
        ("x.test", False),
        ("google.test", False),
        ("dev.test", False),
        ("test", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("", False),
        ("gemeente-zonder-voorlading.nl", False),
    ],
)
def test_the_list_of_browsers(host: str, expected: bool) -> None:
    assert covered(host) is expected


@given(st.text(max_size=40))
def test_any_name_can_be_asked(host: str) -> None:
    assert covered(host) in (True, False)
    assert not covered(f"{host}.test")


def test_the_list_has_a_date_and_grows_old() -> None:
    assert date(2025, 1, 1) <= LIST_DATE < date(2100, 1, 1)
    assert not stale(LIST_DATE)
    assert not stale(LIST_DATE + timedelta(days=90))
    assert stale(LIST_DATE + timedelta(days=91))
