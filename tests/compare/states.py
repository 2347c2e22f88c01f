"""Nights to compare: small ones by hand, and any at all."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from gemcrawl.compare import FormState, Night, Second, TownState
from gemcrawl.items import FindingCode, Outcome, Status, Verdict

CODES = ("GM0001", "GM0002", "GM0003", "GM0004")
SUCCESSORS = {"GM0001": ("GM0003",), "GM0002": ("GM0003", "GM0004")}


def form(verdict: Verdict, page: str = "https://www.a.test/afspraak", **changes: Any) -> FormState:
    given: dict[str, Any] = {"municipality": "GM0001", "form_id": page, "kind": "appointment", "page_url": page, "verdict": verdict}
    return FormState(**given | changes)


def town(code: str = "GM0001", **changes: Any) -> TownState:
    given: dict[str, Any] = {"code": code, "name": code, "outcome": "surveyed", "appointment": "secure", "contact": "not_found"}
    return TownState(**given | changes)


def night(name: str, *forms: FormState, towns: tuple[TownState, ...] = (), complete: bool = True) -> Night:
    return Night(snapshot=name, towns=towns or (town(),), forms=forms, complete=complete)


FORMS = st.builds(
    FormState,
    municipality=st.sampled_from(CODES),
    form_id=st.sampled_from("abcdef"),
    kind=st.sampled_from(["appointment", "contact", "newsletter"]),
    page_url=st.sampled_from(
        [f"{scheme}://www.{host}.test/{path}" for scheme in ("http", "https") for host in "ab" for path in ("", "x", "x?a=1")]
    ),
    verdict=st.sampled_from(get_args(Verdict)),
    findings=st.lists(st.sampled_from(get_args(FindingCode)), max_size=3, unique=True).map(tuple),
)
TOWNS = st.builds(
    TownState,
    code=st.sampled_from(CODES),
    name=st.text(max_size=3),
    outcome=st.sampled_from(get_args(Outcome)),
    appointment=st.sampled_from(get_args(Status)),
    contact=st.sampled_from(get_args(Status)),
)
NIGHTS = st.builds(
    Night,
    snapshot=st.sampled_from([f"2026-11-2{day}T020000Z" for day in range(10)]),
    towns=st.lists(TOWNS, max_size=4, unique_by=lambda town: town.code).map(tuple),
    forms=st.lists(FORMS, max_size=12, unique_by=lambda form: (form.municipality, form.form_id)).map(tuple),
    complete=st.booleans(),
)
SECONDS = st.builds(
    Second,
    name=st.sampled_from(["r1", "r2"]),
    municipality=st.sampled_from(CODES),
    kind=st.sampled_from(["appointment", "contact"]),
    pages=st.sampled_from([("https://www.a.test/x",), ("http://www.b.test/", "https://www.b.test/")]),
    verdict=st.none() | st.sampled_from(get_args(Verdict)),
)
