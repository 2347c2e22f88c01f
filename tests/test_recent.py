"""A bounded memory that loses nothing which is in use."""

from __future__ import annotations

from gemcrawl.recent import Recent


class Thing:
    def __init__(self, key: str) -> None:
        self.key = key


def test_the_same_key_is_the_same_thing() -> None:
    recent: Recent[str, Thing] = Recent(Thing)
    assert recent["a"] is recent["a"]
    assert recent["a"].key == "a"


def test_what_was_used_last_is_kept() -> None:
    recent: Recent[str, Thing] = Recent(Thing, most=2)
    for key in ("platform", "a", "platform", "b", "platform", "c"):
        recent[key]
    assert sorted(thing.key for thing in recent.values()) == ["c", "platform"]
    assert len(recent) == 2


def test_what_somebody_holds_is_never_lost() -> None:
    recent: Recent[str, Thing] = Recent(Thing, most=2)
    held = recent["held"]
    for number in range(10):
        recent[str(number)]
    assert recent["held"] is held
    assert len(recent) <= 3


def test_what_nobody_holds_any_more_is_made_anew() -> None:
    recent: Recent[str, Thing] = Recent(Thing, most=1)
    recent["a"].key = "changed"
    recent["b"]
    assert recent["a"].key == "a"
