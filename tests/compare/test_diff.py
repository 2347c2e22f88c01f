"""Comparing two nights: the class of every form and municipality, what counts as confirmed, and what always holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.compare import Change, Diff, FormChange, Night, Second, compare
from gemcrawl.compare.match import became, page_of, path_of
from gemcrawl.compare.model import step
from gemcrawl.items import Kind, Verdict
from tests.compare.states import NIGHTS, SECONDS, SUCCESSORS, form, night, town

PAGE = "https://www.a.test/afspraak"


def only(found: Diff) -> FormChange:
    (change,) = found.forms
    return change


def second(verdict: Verdict | None, name: str = "r1", page: str = PAGE, kind: Kind = "appointment") -> Second:
    return Second(name=name, municipality="GM0001", kind=kind, pages=(page,), verdict=verdict)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("insecure", "secure", "fixed"),
        ("downgrade", "weak", "fixed"),
        ("secure", "downgrade", "new"),
        ("weak", "insecure", "new"),
        ("insecure", "downgrade", "better"),
        ("weak", "secure", "better"),
        ("downgrade", "insecure", "worse"),
        ("secure", "weak", "worse"),
        ("weak", "weak", "unchanged"),
        ("insecure", "not_tested", "unknown"),
        ("not_tested", "secure", "unknown"),
        ("not_tested", "not_tested", "unknown"),
    ],
)
def test_the_class_of_a_step(old: str, new: str, change: Change) -> None:
    assert step(old, new) == change


class TestMatching:
    @pytest.mark.parametrize(
        ("old", "new", "by"),
        [
            (form("weak", form_id="x"), form("weak", "https://elsewhere.test/", form_id="x"), "form_id"),
            (form("insecure", "http://www.a.test/afspraak"), form("secure", "https://www.a.test/afspraak/"), "page"),
            (form("weak", PAGE + "?product=1"), form("weak", PAGE + "?product=2"), "path"),
            (form("insecure", PAGE), form("secure", "https://supplier.test/a"), "kind"),
        ],
    )
    def test_a_form_whose_address_changed_is_the_same_form(self, old, new, by):
        found = only(compare(night("1", old), night("2", new), successors={}))
        assert (found.old, found.new, found.matched_by) == (old, new, by)

    def test_a_form_of_another_kind_at_the_same_page_is_another_form(self):
        found = compare(night("1", form("weak")), night("2", form("weak", form_id="c", kind="contact")), successors={})
        assert sorted(change.change for change in found.forms) == ["appeared", "vanished"]

    def test_a_form_out_of_scope_that_moved_is_not_looked_for(self):
        old, new = (form("weak", page, kind="newsletter") for page in (PAGE, "https://www.b.test/"))
        found = compare(night("1", old), night("2", new), successors={})
        assert sorted(change.change for change in found.forms) == ["appeared", "vanished"]

    def test_a_form_that_moved_is_mended_only_when_the_worst_there_now_is(self):
        old = form("insecure")
        moved = [form("secure", "https://x.test/1"), form("insecure", "https://x.test/2")]
        found = compare(night("1", old), night("2", *moved), successors={})
        assert {(c.change, c.new.page_url) for c in found.forms} == {("unchanged", "https://x.test/2"), ("appeared", "https://x.test/1")}

    def test_a_page_is_a_page_over_http_and_https(self):
        assert page_of("http://a.test/x/") == page_of("https://A.test/x") != page_of("https://a.test/x?id=1")
        assert path_of("http://a.test/x?id=1") == path_of("https://a.test/x")


class TestMergers:
    def test_codes_are_followed_from_merger_to_merger(self):
        chain = {"GM1": ("GM2",), "GM2": ("GM3", "GM4"), "GM3": ("GM3",), "GM5": ("GM6",), "GM6": ("GM5",)}
        assert became(["GM1", "GM4", "GM5", "GM9"], {"GM3", "GM4"}, chain) == {
            "GM1": ("GM3", "GM4"),
            "GM4": ("GM4",),
            "GM5": (),
            "GM9": (),
        }

    def test_a_form_is_found_back_under_the_new_municipality(self):
        old = night("1", form("insecure"), towns=(town(appointment="insecure"), town("GM0002")))
        new = night("2", form("secure", municipality="GM0003", form_id="other"), towns=(town("GM0003"), town("GM0004")))
        found = compare(old, new, successors=SUCCESSORS)
        assert only(found).change == "fixed"
        merged, split = found.towns
        assert (merged.code, merged.existence, merged.before) == ("GM0003", "merged", ("GM0001", "GM0002"))
        assert (merged.appointment.old, merged.appointment.change) == ("insecure", "fixed")
        assert (split.code, split.existence, split.before) == ("GM0004", "merged", ("GM0002",))

    def test_a_municipality_without_successor_vanishes_from_a_complete_night_only(self):
        old = night("1", form("weak"), towns=(town(), town("GM0009")))
        complete, partial = (compare(old, night("2", towns=(town("GM0009"),), complete=c), successors={}) for c in (True, False))
        assert [(t.code, t.existence) for t in complete.towns] == [("GM0001", "vanished"), ("GM0009", "kept")]
        assert [(t.code, t.existence) for t in partial.towns] == [("GM0001", "unknown"), ("GM0009", "kept")]
        assert only(partial).change == "unknown"

    def test_after_a_selection_nothing_appears_in_what_was_left_out(self):
        new = night("2", form("weak"), form("weak", municipality="GM0009", form_id="b"), towns=(town(), town("GM0009")))
        found = compare(night("1", form("weak"), complete=False), new, successors={})
        assert [(t.code, t.existence, t.appointment.change) for t in found.towns] == [
            ("GM0001", "kept", "unchanged"),
            ("GM0009", "unknown", "unknown"),
        ]
        assert [f.change for f in found.forms] == ["unchanged", "unknown"]

    def test_a_municipality_without_forerunner_appears(self):
        found = compare(night("1"), night("2", towns=(town(), town("GM0009"))), successors={})
        assert [(t.code, t.existence, t.appointment.change) for t in found.towns] == [
            ("GM0001", "kept", "unchanged"),
            ("GM0009", "appeared", "appeared"),
        ]


class TestAbsence:
    def test_a_form_that_is_not_there_vanished(self):
        assert only(compare(night("1", form("weak")), night("2"), successors={})).change == "vanished"

    @pytest.mark.parametrize("changes", [{"outcome": "unreachable"}, {"outcome": "partial"}, {"appointment": "not_tested"}])
    def test_unless_the_night_could_not_tell(self, changes):
        assert only(compare(night("1", form("weak")), night("2", towns=(town(**changes),)), successors={})).change == "unknown"
        assert only(compare(night("1", towns=(town(**changes),)), night("2", form("weak")), successors={})).change == "unknown"

    def test_a_form_that_was_not_there_appeared(self):
        assert only(compare(night("1"), night("2", form("weak")), successors={})).change == "appeared"


class TestConfirmation:
    """Network noise is not news."""

    OLD, NEW = night("1", form("insecure")), night("3", form("secure"))

    def test_one_look_is_not_enough(self):
        found = compare(self.OLD, self.NEW, successors={})
        assert (only(found).change, only(found).confirmed) == ("fixed", False)
        assert found.counts("appointment", confirmed=True)["fixed"] == 0
        assert found.counts("appointment", confirmed=False)["fixed"] == 1

    @pytest.mark.parametrize("name", ["2", "4"])
    def test_another_run_that_shows_the_same_is(self, name):
        found = compare(self.OLD, self.NEW, successors={}, nights=[night(name, form("weak"))])
        assert only(found).confirmed_by == f"snapshot {name}"
        assert found.counts("appointment", confirmed=True)["fixed"] == 1

    @pytest.mark.parametrize("witness", [form("insecure"), form("downgrade"), form("not_tested")])
    def test_one_that_shows_anything_else_is_not(self, witness):
        assert not only(compare(self.OLD, self.NEW, successors={}, nights=[night("2", witness)])).confirmed

    def test_a_recheck_that_says_the_same_is(self):
        assert only(compare(self.OLD, self.NEW, successors={}, rechecks=[second("secure")])).confirmed_by == "recheck r1"

    @pytest.mark.parametrize(
        "told", [second("insecure"), second(None), second("secure", page="https://www.b.test/"), second("secure", kind="contact")]
    )
    def test_one_that_says_anything_else_is_not(self, told):
        assert not only(compare(self.OLD, self.NEW, successors={}, rechecks=[told])).confirmed

    def test_the_newest_recheck_speaks(self):
        told = [second("insecure", "r2"), second("secure", "r1")]
        assert not only(compare(self.OLD, self.NEW, successors={}, rechecks=told)).confirmed

    def test_what_vanished_is_confirmed_by_a_recheck_that_finds_it_gone_and_by_a_run_without_it(self):
        old, new = night("1", form("weak")), night("3")
        assert only(compare(old, new, successors={}, rechecks=[second(None)])).confirmed_by == "recheck r1"
        assert only(compare(old, new, successors={}, nights=[night("2")])).confirmed_by == "snapshot 2"
        assert not only(compare(old, new, successors={}, nights=[night("2", towns=(town(outcome="failed"),))])).confirmed

    def test_what_appeared_is_confirmed_by_whoever_sees_it(self):
        old, new = night("1"), night("3", form("insecure"))
        assert only(compare(old, new, successors={}, rechecks=[second("insecure")])).confirmed
        assert only(compare(old, new, successors={}, nights=[night("4", form("insecure"))])).confirmed
        assert not only(compare(old, new, successors={}, nights=[night("4")])).confirmed

    def test_the_answer_of_a_municipality_is_confirmed_with_its_forms_or_by_another_run(self):
        old = night("1", form("insecure"), towns=(town(appointment="insecure"),))
        new = night("3", form("secure"))
        (alone,) = compare(old, new, successors={}).towns
        (rechecked,) = compare(old, new, successors={}, rechecks=[second("secure")]).towns
        (twice,) = compare(old, new, successors={}, nights=[night("2", towns=(town(appointment="weak"),))]).towns
        assert [t.appointment.confirmed_by for t in (alone, rechecked, twice)] == ["", "recheck r1", "snapshot 2"]

    def test_another_form_that_appeared_does_not_keep_the_answer_waiting(self):
        old = night("1", form("insecure"), towns=(town(appointment="insecure"),))
        new = night("3", form("secure"), form("secure", "https://www.a.test/other"))
        (found,) = compare(old, new, successors={}, rechecks=[second("secure")]).towns
        assert (found.appointment.change, found.appointment.confirmed_by) == ("fixed", "recheck r1")


def test_findings_that_went_and_came_are_named() -> None:
    old, new = form("insecure", findings=("page_http", "hsts_absent")), form("weak", findings=("hsts_absent", "hsts_short"))
    found = only(compare(night("1", old), night("2", new), successors={}))
    assert (found.gone, found.came) == (("page_http",), ("hsts_short",))


@given(NIGHTS)
def test_a_night_compared_with_itself_has_no_news(one: Night) -> None:
    found = compare(one, one, successors=SUCCESSORS)
    assert {change.change for change in found.forms} <= {"unchanged", "unknown"}
    assert all(change.old == change.new for change in found.forms if change.old and change.old.municipality in {t.code for t in one.towns})
    assert {t.appointment.change for t in found.towns} | {t.contact.change for t in found.towns} <= {"unchanged", "unknown"}


@given(NIGHTS, NIGHTS, st.lists(NIGHTS, max_size=2, unique_by=lambda n: n.snapshot), st.lists(SECONDS, max_size=4), st.randoms())
def test_every_form_and_municipality_is_in_exactly_one_class_whatever_the_order(old, new, nights, rechecks, rng) -> None:
    found = compare(old, new, successors=SUCCESSORS, nights=nights, rechecks=rechecks)
    assert Counter(c.old for c in found.forms if c.old) == Counter(old.forms)
    assert Counter(c.new for c in found.forms if c.new) == Counter(new.forms)
    assert all(c.old or c.new for c in found.forms)
    assert not [c for c in found.forms if c.confirmed and c.change in ("unchanged", "unknown")]
    assert {t.code for t in found.towns} >= {t.code for t in new.towns}
    assert len({(t.code, t.before) for t in found.towns}) == len(found.towns)

    def shuffled(one: Night) -> Night:
        return replace(one, towns=tuple(rng.sample(one.towns, len(one.towns))), forms=tuple(rng.sample(one.forms, len(one.forms))))

    again = compare(
        shuffled(old),
        shuffled(new),
        successors=SUCCESSORS,
        nights=rng.sample([shuffled(n) for n in nights], len(nights)),
        rechecks=rng.sample(rechecks, len(rechecks)),
    )
    assert again == found


@given(NIGHTS, NIGHTS)
def test_there_and_back_are_mirror_images_for_one_register(old: Night, new: Night) -> None:
    """Without mergers, what is fixed one way is new the other way."""
    mirror: dict[Change, Change] = {"fixed": "new", "better": "worse", "appeared": "vanished"}
    mirror |= {other: one for one, other in mirror.items()}
    there = Counter(c.change for c in compare(old, new, successors={}).forms if c.matched_by == "form_id")
    back = Counter(c.change for c in compare(new, old, successors={}).forms if c.matched_by == "form_id")
    both = {t.code for t in old.towns} & {t.code for t in new.towns}
    if {f.municipality for f in (*old.forms, *new.forms)} <= both:
        assert {mirror.get(change, change): n for change, n in there.items()} == back
