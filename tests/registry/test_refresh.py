"""The register that follows from an export: what is taken over, what stays, and what cannot be true."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.registry import load
from gemcrawl.registry.official import Official
from gemcrawl.registry.refresh import Choices, Refresh, refresh, write

TODAY = date(2027, 6, 1)
REGISTER = """\
code,name,province,website,website_2016,valid_from,valid_to,successor,lat,lon
GM9000,Oud,Utrecht,www.oud.test,,,2023-01-01,GM9001,52.1,5.1
GM9001,Aa,Utrecht,www.aa.test,,,,,52.2,5.2
GM9002,Bee,Utrecht,www.bee.test,old.bee.test,,,,52.3,5.3
GM9003,Cee,Utrecht,www.cee.test,,2023-01-01,,,52.4,5.4
"""


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text(REGISTER)
    return path


def there(number: int, name: str = "", **changes: Any) -> Official:
    names = {9001: "Aa", 9002: "Bee", 9003: "Cee"}
    name = name or names.get(number, "Nieuw")
    given = {"code": f"GM{number}", "name": name, "begins": None, "ends": None, "website": f"www.{name.lower()}.test"}
    return Official(**given | changes)


SAME = [there(9001), there(9002), there(9003)]


def seen(register: Path, *official: Official, choices: Choices | None = None, **more: Any) -> Refresh:
    return refresh(official, today=TODAY, path=register, choices=choices, **more)


def row(found: Refresh, code: str) -> dict[str, str]:
    return dict(next(row for row in found.rows if row["code"] == code))


def test_where_nothing_differs_the_register_stays_byte_for_byte(register: Path, tmp_path: Path) -> None:
    found = seen(register, *SAME)
    assert (found.changes, found.notes, found.problems) == ((), (), ())
    write(found, tmp_path / "new.csv", today=TODAY)
    assert (tmp_path / "new.csv").read_text() == REGISTER


def test_the_packaged_register_is_written_as_it_is(tmp_path: Path) -> None:
    entries = load(as_of=TODAY).entries
    official = [Official(code=e.code, name=e.name, begins=None, ends=None, website=e.website) for e in entries]
    found = refresh(official, today=TODAY)
    write(found, tmp_path / "new.csv", today=TODAY)
    packaged = Path(__file__).parents[2] / "gemcrawl/registry/municipalities.csv"
    assert (tmp_path / "new.csv").read_bytes() == packaged.read_bytes()


def test_a_website_moves_and_a_run_as_of_2016_keeps_the_old_one(register: Path, tmp_path: Path) -> None:
    found = seen(register, there(9001, website="gemeente.aa.test"), *SAME[1:])
    assert [(change.code, change.kind) for change in found.changes] == [("GM9001", "website")]
    write(found, tmp_path / "new.csv", today=TODAY)
    assert load(tmp_path / "new.csv", as_of=TODAY).entries[0].website == "gemeente.aa.test"
    assert {entry.website for entry in load(tmp_path / "new.csv", as_of=date(2016, 1, 1)).entries} == {
        "www.oud.test",
        "www.aa.test",
        "old.bee.test",
    }


def test_a_merger_closes_rows_and_begins_one(register: Path, tmp_path: Path) -> None:
    merged = date(2028, 1, 1)
    choices = Choices(provinces={"GM9009": "Utrecht"}, successors={"GM9001": "GM9009", "GM9002": "GM9009"})
    official = [there(9001, ends=merged), there(9002, ends=merged), there(9003), there(9009, begins=merged)]
    found = seen(register, *official, choices=choices)
    assert [(change.code, change.kind) for change in found.changes] == [("GM9001", "ends"), ("GM9002", "ends"), ("GM9009", "begins")]
    assert not found.problems
    assert row(found, "GM9001") | {"valid_to": "", "successor": ""} == row(seen(register, *SAME), "GM9001")
    assert row(found, "GM9001")["successor"] == "GM9009"
    write(found, tmp_path / "new.csv", today=TODAY)
    for day, codes in ((TODAY, ["GM9001", "GM9002", "GM9003"]), (merged, ["GM9003", "GM9009"])):
        assert [entry.code for entry in load(tmp_path / "new.csv", as_of=day).entries] == codes


def test_what_an_ended_one_becomes_is_asked_for_but_not_needed(register: Path) -> None:
    found = seen(register, there(9001, ends=date(2028, 1, 1)), *SAME[1:])
    assert "--successor GM9001=CODE" in found.changes[0].told
    assert not found.problems


def test_closed_rows_and_names_are_history(register: Path) -> None:
    found = seen(register, there(9000, "Anders", website="www.anders.test", ends=date(2024, 1, 1)), there(9001, "Aa aan Zee"), *SAME[1:])
    assert row(found, "GM9000")["website"] == "www.oud.test"
    assert row(found, "GM9000")["valid_to"] == "2023-01-01"
    assert row(found, "GM9001")["name"] == "Aa"
    assert any("names stay" in note for note in found.notes)


@pytest.mark.parametrize(
    ("official", "problem"),
    [
        ([*SAME, there(9001, "Aa twee")], "GM9001 occurs twice"),
        (SAME[:2], "only 2 of the 3 municipalities"),
        ([there(9001, website=None, bad_address="https://10.0.0.1/"), *SAME[1:]], "no website that can be used"),
        ([*SAME, there(9009)], "no start date"),
        ([*SAME, there(9009, begins=date(2022, 1, 1))], "history since 2023-01-01"),
        ([*SAME, there(9009, begins=date(2028, 1, 1))], "--province GM9009=NAME"),
        ([*SAME, there(9009, begins=date(2028, 1, 1), website=None)], "no website"),
        ([there(9001, ends=date(2020, 1, 1)), *SAME[1:]], "history since 2023-01-01"),
        ([there(9001, website="a.test"), there(9002, website="b.test"), there(9003)], "2 of 3 websites change at once"),
    ],
)
def test_what_cannot_be_true_is_not_written(register: Path, tmp_path: Path, official: list[Official], problem: str) -> None:
    found = seen(register, *official)
    assert any(problem in told for told in found.problems), found.problems
    with pytest.raises(UsageError, match="not written"):
        write(found, tmp_path / "new.csv", today=TODAY)
    assert not (tmp_path / "new.csv").exists()


def test_a_row_is_left_as_it_is_on_request(register: Path) -> None:
    found = seen(register, there(9001, website=None, bad_address="x"), *SAME[1:], choices=Choices(keep=("GM9001",)))
    assert not found.problems
    assert row(found, "GM9001")["website"] == "www.aa.test"


def test_a_choice_without_a_use_is_a_mistake(register: Path) -> None:
    assert seen(register, *SAME, choices=Choices(successors={"GM9001": "GM9003"})).problems


def test_one_that_is_absent_stays_when_nearly_all_are_there(tmp_path: Path) -> None:
    lines = "".join(f"GM{8000 + n},Plaats {n},Utrecht,www.plaats{n}.test\n" for n in range(20))
    (tmp_path / "r.csv").write_text(f"code,name,province,website\n{lines}")
    official = [there(8000 + n, f"Plaats {n}", website=f"www.plaats{n}.test") for n in range(19)]
    found = seen(tmp_path / "r.csv", *official)
    assert not found.problems
    assert found.notes == ("GM8019 (Plaats 19) is not in it, and stays",)
    assert len(found.rows) == 20


def test_a_website_outside_the_register_of_domains_is_noted(register: Path) -> None:
    official = [there(9001, website="www.aa-nieuw.test"), *SAME[1:]]
    assert any("register of internet domains" in note for note in seen(register, *official, domains={"aa.test"}).notes)
    assert not seen(register, *official, domains={"aa-nieuw.test"}).notes


def test_no_file_is_written_over(register: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="exists"):
        write(seen(register, *SAME), register, today=TODAY)
    with pytest.raises(OutputError, match="cannot be written"):
        write(seen(register, *SAME), tmp_path / "no" / "new.csv", today=TODAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["register.csv"]


def test_what_is_written_is_csv_whatever_a_name_holds(register: Path, tmp_path: Path) -> None:
    new = there(9009, 'Aa, "Bee" & Cee', begins=date(2028, 1, 1), website="www.nieuw.test")
    found = seen(register, *SAME, new, choices=Choices(provinces={"GM9009": "Utrecht"}))
    write(found, tmp_path / "new.csv", today=TODAY)
    with (tmp_path / "new.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file))[-1]["name"] == 'Aa, "Bee" & Cee'
