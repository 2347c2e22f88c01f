"""Session cookies that may travel over http too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.cookies import MAX_NAME, insecure_session_cookies


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("sid=1", ("sid",)),
        ("sid=1; Path=/; HttpOnly; SameSite=Lax", ("sid",)),
        (" sid = 1 ; path=/", ("sid",)),
        ("sid=1; Secure", ()),
        ("sid=1;secure=anything", ()),
        ("sid=1; Max-Age=60", ()),
        ("sid=1; expires=Mon, 23 Nov 2026 00:00:00 GMT", ()),
        ("sid=", ()),
        ("sid", ()),
        ("=1", ()),
        ("", ()),
        ("sid=secure", ("sid",)),
    ],
)
def test_one_field(field: str, names: tuple[str, ...]) -> None:
    assert insecure_session_cookies([field]) == names


def test_names_come_once_in_order() -> None:
    assert insecure_session_cookies(["b=1", "a=1", "b=2", "c=3; Secure"]) == ("b", "a")


@given(st.lists(st.text(max_size=200), max_size=5))
def test_anything_may_come(fields: list[str]) -> None:
    found = insecure_session_cookies(fields)
    assert len(set(found)) == len(found) <= len(fields)
    assert all(0 < len(name) <= MAX_NAME for name in found)
