"""One run at a time in an object store, by leases: nobody has it twice, and nobody has it for ever."""

from __future__ import annotations

import json
import os
import socket
import threading
import time

import pytest

from gemcrawl.exceptions import Locked, OutputError
from gemcrawl.snapshot import lease
from gemcrawl.snapshot.holder import Holder
from gemcrawl.snapshot.lease import Lease
from gemcrawl.snapshot.lock import acquire, holder
from tests.support.store import Store

pytestmark = pytest.mark.timeout(120)


def test_a_second_run_is_told_who_holds_it_and_how_long_it_lasts(store: Store):
    held = acquire(store.place)
    began = time.monotonic()
    with pytest.raises(
        Locked, match=rf"in \w+://.*: process {os.getpid()} on {socket.gethostname()} since 20.*ends within \d\d s\)"
    ) as told:
        acquire(store.place)
    assert time.monotonic() - began < 5
    assert "--output" in str(told.value)
    held.check()
    held.release()


def test_it_is_free_again_after_it_was_released_and_nothing_is_left(store: Store):
    acquire(store.place).release()
    again = acquire(store.place)
    again.release()
    again.release()
    assert store.names() == set()


def test_asking_who_holds_it_takes_and_makes_nothing(store: Store):
    assert holder(store.place) is None
    assert store.names() == set()
    held = acquire(store.place)
    told = holder(store.place)
    assert isinstance(told, Holder)
    assert told.pid == os.getpid()
    held.release()
    assert holder(store.place) is None


def test_a_holder_that_died_is_outlived(store: Store):
    dead = {"pid": 1, "host": "gone", "since": "2026-11-23T02:00:00+00:00", "seconds": 1, "won": True}
    (store.place / lease.LEASES / "dead.json").write_bytes(json.dumps(dead).encode())
    with pytest.raises(Locked, match="process 1 on gone"):
        acquire(store.place)
    time.sleep(1 + lease.SLACK + 1)
    held = acquire(store.place)
    assert not any("dead" in key for key in store.names())
    held.release()


def test_a_holder_that_lives_keeps_it_beyond_its_term(store: Store):
    held = acquire(store.place, 1.0)
    until = time.monotonic() + 1 + lease.SLACK + 2
    while time.monotonic() < until:
        held.check()
        time.sleep(0.2)
    with pytest.raises(Locked):
        acquire(store.place, 1.0)
    held.release()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff", b'{"seconds": "many"}'])
def test_a_claim_that_says_nothing_holds_it_all_the_same(store: Store, content: bytes):
    (store.place / lease.LEASES / "x.json").write_bytes(content)
    assert holder(store.place) == "somebody"
    with pytest.raises(Locked, match="somebody"):
        acquire(store.place)


def test_of_many_who_come_at_once_at_most_one_has_it_and_those_who_come_later_can_have_it(store: Store):
    won: list[Lease] = []
    barrier = threading.Barrier(6)

    def come() -> None:
        barrier.wait()
        try:
            won.append(Lease.acquire(store.place))
        except Locked:
            return

    for _ in range(2):
        threads = [threading.Thread(target=come) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) <= 1
        for held in won:
            held.release()
        won.clear()
    Lease.acquire(store.place).release()


def test_who_could_not_renew_in_time_has_it_no_more(store: Store, monkeypatch: pytest.MonkeyPatch):
    held = Lease.acquire(store.place, 1.0)
    monkeypatch.setattr(held, "_write", lambda **_: (_ for _ in ()).throw(OSError("the store is away")))
    time.sleep(1.5)
    with pytest.raises(OutputError, match=r"lease of \w+://.* ran out"):
        held.check()
    monkeypatch.undo()
    time.sleep(1)
    with pytest.raises(OutputError, match="ran out"):  # it does not come back either
        held.check()
    held.release()


def test_a_store_that_cannot_be_written_to_is_named(store: Store):
    elsewhere = type(store.place)(store.place.scheme, "no-such-bucket/nights", store.place.filesystem)
    with pytest.raises(OutputError, match=f"output {elsewhere} cannot be leased"):
        acquire(elsewhere)
