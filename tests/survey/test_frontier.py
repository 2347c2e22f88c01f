"""The frontier: best first, each page once, no pattern too often, and an end to the search for what was found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.survey.frontier import (
    FRESH,
    MAX_CANDIDATES,
    MAX_DEPTH,
    NAMED,
    PATIENCE,
    PER_PATTERN,
    PER_PRODUCT,
    Candidate,
    Frontier,
    Wanted,
)
from gemcrawl.survey.links import STRONG, WEAK, Scores

HOME = "www.x.test"


def candidate(path: str, appointment: float = 0.0, contact: float = 0.0, *, host: str = HOME, depth: int = 1) -> Candidate:
    scores = Scores(appointment, contact)
    return Candidate(f"https://{host}/{path}", scores, "link", depth, base=scores)


def drain(frontier: Frontier, wanted: Wanted) -> list[str]:
    taken = []
    while (found := frontier.peek(wanted)) is not None:
        frontier.take(found)
        taken.append(found.url.rpartition("/")[2])
    return taken


@given(st.lists(st.floats(WEAK, 6), min_size=1, max_size=30, unique=True))
def test_the_best_comes_first(scores: list[float]) -> None:
    frontier = Frontier()
    names = {score: "x" * n + "y" for n, score in enumerate(scores)}
    for score in scores:
        assert frontier.add(candidate(names[score], score))
    assert drain(frontier, Wanted(home=HOME)) == [names[score] for score in sorted(scores, reverse=True)]


def test_equals_come_in_the_order_of_the_page() -> None:
    frontier = Frontier()
    for name in ("c", "a", "b"):
        frontier.add(candidate(name, 3))
    assert drain(frontier, Wanted(home=HOME)) == ["c", "a", "b"]


@pytest.mark.parametrize(
    "refused", [candidate("zwak", WEAK - 0.01), candidate("diep", 5, depth=MAX_DEPTH + 1)], ids=["too weak", "too deep"]
)
def test_what_is_not_worth_it_is_not_queued(refused: Candidate) -> None:
    frontier = Frontier()
    assert not frontier.add(refused)
    assert frontier.peek(Wanted(home=HOME)) is None


def test_a_page_is_taken_once_whatever_its_scheme_slash_and_noise() -> None:
    frontier = Frontier()
    frontier.add(candidate("contact", contact=3))
    assert drain(frontier, Wanted(home=HOME)) == ["contact"]
    for again in ("contact/", "contact?utm_source=x", "contact"):
        assert frontier.seen(f"http://{HOME}/{again}")
        assert not frontier.add(candidate(again, contact=6))


def test_a_better_link_to_the_same_page_moves_it_up() -> None:
    frontier = Frontier()
    frontier.add(candidate("a", 2))
    frontier.add(candidate("b", 3))
    assert frontier.add(candidate("a", 4))
    assert not frontier.add(candidate("a", 4))
    assert drain(frontier, Wanted(home=HOME)) == ["a", "b"]


def test_a_page_marked_as_read_elsewhere_is_not_taken() -> None:
    frontier = Frontier()
    frontier.add(candidate("a", 3))
    assert frontier.mark(f"https://{HOME}/a")
    assert not frontier.mark(f"https://{HOME}/a/")
    assert frontier.peek(Wanted(home=HOME)) is None


@pytest.mark.parametrize(
    ("host", "query", "most"),
    [("planner.test", "?product=", PER_PRODUCT), ("planner.test", "?pagina=", PER_PATTERN), (HOME, "?product=", PER_PATTERN)],
    ids=["a product of another party", "pages of a list", "the site's own catalogue"],
)
def test_a_catalogue_is_one_pattern(host: str, query: str, most: int) -> None:
    frontier = Frontier()
    for n in range(20):
        frontier.add(replace(candidate(f"{query}{n}", 3, host=host), outside=int(host != HOME)))
    frontier.add(candidate("anders", 1))
    assert drain(frontier, Wanted(home=HOME)) == [*(f"{query}{n}" for n in range(most)), "anders"]


def test_where_a_product_cannot_be_read_another_one_is_tried() -> None:
    frontier, wanted = Frontier(), Wanted(home=HOME)
    products = [replace(candidate(f"?product={n}", 3, host="planner.test"), outside=1) for n in range(3)]
    for product in products:
        frontier.add(product)
    frontier.take(products[0])
    frontier.give_back(products[0])
    assert frontier.peek(wanted) == products[1]


def test_the_queue_is_bounded() -> None:
    frontier = Frontier()
    added = [frontier.add(candidate(f"p-{'x' * (n % 60)}-{n}", 3)) for n in range(MAX_CANDIDATES + 5)]
    assert added.count(True) == MAX_CANDIDATES


def test_left_is_what_is_still_worth_a_request_best_first() -> None:
    frontier, wanted = Frontier(), Wanted(home=HOME)
    for name, score in (("a", 2), ("b", 5), ("c", 1)):
        frontier.add(candidate(name, score))
    frontier.mark(f"https://{HOME}/c")
    assert [c.url.rpartition("/")[2] for c in frontier.left(wanted)] == ["b", "a"]
    wanted.found("appointment", HOME)
    assert [c.url.rpartition("/")[2] for c in frontier.left(wanted)] == ["b"]


def test_once_found_only_links_that_name_the_kind_are_wanted() -> None:
    wanted = Wanted(home=HOME)
    vague, named, other = candidate("a", NAMED - 0.1), candidate("b", NAMED), candidate("c", contact=WEAK)
    assert wanted.wants(vague)
    assert wanted.found("appointment", HOME)
    assert not wanted.wants(vague)
    assert wanted.wants(named)
    assert wanted.wants(other)


def test_patience_ends_and_a_new_form_renews_it() -> None:
    wanted, named = Wanted(home=HOME), candidate("b", NAMED)
    wanted.found("appointment", HOME)
    for _ in range(PATIENCE - 1):
        wanted.disappointed(named)
    assert wanted.wants(named)
    wanted.disappointed(named)
    assert not wanted.wants(named)
    wanted.found("appointment", HOME)
    assert wanted.wants(named)


def test_disappointments_before_the_first_form_end_nothing() -> None:
    wanted, weak = Wanted(home=HOME), candidate("b", WEAK)
    for _ in range(10):
        wanted.disappointed(weak)
    assert wanted.wants(weak)


def test_a_second_door_to_the_same_product_is_not_wanted() -> None:
    wanted = Wanted(home=HOME)
    wanted.found("appointment", "planner.test")
    assert not wanted.wants(candidate("b", NAMED, host="planner.test"))
    assert wanted.wants(candidate("b", NAMED, host="other.test"))
    assert wanted.wants(candidate("b", NAMED))
    assert wanted.wants(candidate("b", contact=NAMED, host="planner.test"))


def test_the_own_host_is_no_door() -> None:
    wanted = Wanted(home=HOME)
    wanted.found("contact", HOME)
    assert wanted.wants(candidate("contact-2", contact=NAMED))


def test_a_special_appointment_does_not_end_the_search_for_the_desk() -> None:
    wanted = Wanted(home=HOME)
    assert wanted.found("appointment", HOME, special=True)
    assert wanted.wants(candidate("a", WEAK))
    assert wanted.found("appointment", HOME)
    assert not wanted.wants(candidate("a", WEAK))


def test_products_of_the_desk_have_one_form() -> None:
    wanted = Wanted(home=HOME)
    named = {text: replace(candidate(text, NAMED), text=f"Afspraak maken {text}") for text in ("rijbewijs", "trouwen", "wijkteam", "")}
    assert all(map(wanted.wants, named.values()))
    wanted.found("appointment", HOME)
    assert [text for text, one in named.items() if wanted.wants(one)] == ["trouwen", "wijkteam", ""]


@pytest.mark.parametrize("kind", ["search", "newsletter", "complaint", "manage_appointment"])
def test_other_kinds_end_nothing(kind: str) -> None:
    wanted = Wanted(home=HOME)
    assert not wanted.found(kind, HOME)
    assert wanted.appointment
    assert wanted.contact


def test_what_was_found_promises_nothing_any_more() -> None:
    wanted = Wanted(home=HOME)
    assert wanted.promise(candidate("a", STRONG, WEAK)) == STRONG
    wanted.found("appointment", HOME)
    assert wanted.promise(candidate("a", STRONG, WEAK)) == WEAK
    wanted.found("contact", HOME)
    assert wanted.promise(candidate("a", STRONG, WEAK)) == 0


def test_after_many_pages_for_nothing_a_link_must_promise_more() -> None:
    wanted = Wanted(home=HOME)
    for _ in range(FRESH):
        wanted.disappointed(candidate("a", WEAK))
    assert wanted.wants(candidate("b", WEAK))
    wanted.disappointed(candidate("a", WEAK))
    assert not wanted.wants(candidate("b", WEAK))
    assert wanted.wants(candidate("b", STRONG))
    assert wanted.wants(candidate("b", contact=WEAK))


def test_what_is_missing_comes_before_a_second_form_of_what_was_found() -> None:
    frontier, wanted = Frontier(), Wanted(home=HOME)
    for one in (candidate("tweede", contact=NAMED), candidate("eerste", WEAK), candidate("zwak", contact=WEAK)):
        frontier.add(one)
    wanted.found("contact", HOME)
    assert drain(frontier, wanted) == ["eerste", "tweede"]
    assert frontier.size == 0
