"""Who is handed out next."""

from __future__ import annotations

from gemcrawl.fleet.work import Work, longest_first


def test_the_longest_of_the_night_before_goes_first_and_a_new_one_counts_as_usual() -> None:
    assert longest_first(["a", "b", "c", "new"], {"a": 10.0, "b": 300.0, "c": 20.0}) == ["b", "c", "new", "a"]


def test_without_a_night_before_the_order_of_the_register_stays() -> None:
    assert longest_first(["c", "a", "b"], {}) == ["c", "a", "b"]


def test_what_a_worker_was_lost_with_goes_first_to_another() -> None:
    work = Work(["a", "b"])
    assert work.next_for([]) == "a"
    assert work.lost("a")
    assert [work.next_for([]), work.next_for([]), work.next_for([])] == ["a", "b", None]


def test_what_two_workers_were_lost_with_goes_out_alone_and_last() -> None:
    work = Work(["bad", "other"])
    for _ in range(2):
        assert work.next_for([]) == "bad"
        assert work.lost("bad")
    assert work.next_for([]) == "other"
    assert work.next_for(["other"]) is None
    assert len(work) == 1
    assert work.next_for([]) == "bad"
    work.add(["more"])
    assert work.next_for(["bad"]) is None


def test_what_three_workers_were_lost_with_goes_out_no_more() -> None:
    work = Work(["bad"])
    for _ in range(2):
        work.next_for([])
        assert work.lost("bad")
    work.next_for([])
    assert not work.lost("bad")
    assert len(work) == 0
