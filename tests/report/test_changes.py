"""What changed on the page over time: what `gemcrawl diff` says, each change marked as confirmed or as seen once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gemcrawl.cli.report import Languages, make
from gemcrawl.items import Recheck, Survey
from gemcrawl.notify import embargo_of
from gemcrawl.report.data import Data, load
from gemcrawl.snapshot.rechecks import write
from tests.report.nights import SAFE, first_night, published, second_night, survey, town
from tests.report.pages import read, text
from tests.snapshot.rows import NIGHT

SECOND = "2026-11-24T020000Z"


def look(result: str, verdict: str) -> Recheck:
    """A second look at the contact form of the second municipality, six hours after the second night."""
    at = NIGHT + timedelta(days=1, hours=6)
    row = {
        "municipality": "GM0002",
        "form_id": "bb23",
        "kind": "contact",
        "page_url": SAFE.page_url,
        "snapshot": SECOND,
        "evidence": "seen",
    }
    return Recheck(**row, result=result, verdict_before="insecure", verdict=verdict, checked_at=at)


def third(output: Path, night: list[Survey]) -> None:
    published(output, night, NIGHT + timedelta(days=2), "r3")


def since(data: Data) -> list[tuple[str, str, str]]:
    assert data.changes is not None
    return [(form.municipality, form.change, form.confirmed_by) for form in data.changes.since]


def shown(output: Path, table: str, embargo: str = "0") -> list[list[str]]:
    """The rows of a table of changes on the page, cell by cell."""
    index, _ = make(output, lang=Languages.en, embargo=embargo)
    found = read(index.parent / "trend.html").css(f"div[aria-labelledby='{table}'] tbody tr")
    return [[" ".join(cell.text().split()) for cell in row.css("th, td")] for row in found]


def test_before_the_second_night_nothing_can_have_changed(output: Path) -> None:
    assert load(output).changes is None


def test_what_one_night_says_was_seen_once(two_nights: Path) -> None:
    assert since(load(two_nights)) == [("GM0002", "new", ""), ("GM0001", "fixed", "")]
    assert shown(two_nights, "changes") == [
        ["Bb", "contact", "new", "● secure", "◆ insecure", "seen once"],
        ["Aa", "appointment", "mended", "◆ insecure", "● secure", "seen once"],
    ]


def test_a_recheck_that_sees_the_same_confirms(two_nights: Path) -> None:
    name = write(two_nights, NIGHT + timedelta(days=1, hours=6), [look("still", "insecure")]).stem
    assert since(load(two_nights)) == [("GM0002", "new", f"recheck {name}"), ("GM0001", "fixed", "")]
    cells = [row[-1] for row in shown(two_nights, "changes")]
    assert cells == [f"confirmed: by the recheck of {name[:10]} {name[11:13]}:{name[13:15]}", "seen once"]


def test_a_recheck_that_sees_something_else_does_not(two_nights: Path) -> None:
    write(two_nights, NIGHT + timedelta(days=1, hours=6), [look("fixed", "secure")])
    assert {by for _, _, by in since(load(two_nights))} == {""}


def test_the_next_night_confirms_what_it_sees_too(two_nights: Path) -> None:
    third(two_nights, second_night())
    changes = load(two_nights).changes
    assert changes is not None
    assert changes.since == ()
    assert [(form.municipality, form.change) for form in changes.held] == [("GM0002", "new"), ("GM0001", "fixed")]
    assert [row[:4] for row in shown(two_nights, "held")] == [
        ["Bb", "contact", "new", "● secure"],
        ["Aa", "appointment", "mended", "◆ insecure"],
    ]
    page = text(two_nights / "report" / "trend.html")
    assert "No verdict changed." in page
    assert "Forms whose verdict had changed in the snapshot of 2026-11-24 02:00, and is still as it was then." in page


def test_noise_of_one_night_is_never_confirmed(two_nights: Path) -> None:
    third(two_nights, first_night())
    changes = load(two_nights).changes
    assert changes is not None
    assert changes.held == ()
    assert [form.change for form in changes.since] == ["new", "fixed"]
    assert not any(form.confirmed for form in changes.since)


def test_the_report_of_an_earlier_night_does_not_know_what_came_later(two_nights: Path) -> None:
    before = load(two_nights).changes
    third(two_nights, second_night())
    write(two_nights, NIGHT + timedelta(days=2, hours=6), [look("still", "insecure")])
    assert load(two_nights, "previous").changes == before


def test_what_appeared_and_vanished_is_counted(two_nights: Path) -> None:
    third(two_nights, [survey(town(1, name="Aa"), [], []), *second_night()[1:]])
    changes = load(two_nights).changes
    assert changes is not None
    assert (changes.appeared, changes.vanished) == (0, 1)
    make(two_nights, lang=Languages.en)
    page = text(two_nights / "report" / "trend.html")
    assert "Beside these, forms that appeared: 0, and that vanished: 1." in page
    assert "gemcrawl diff 2026-11-24T020000Z 2026-11-25T020000Z" in page


def test_under_embargo_what_became_insecure_is_counted_and_not_named(two_nights: Path) -> None:
    data = load(two_nights, embargo=embargo_of(two_nights, 60, at=datetime(2026, 12, 1, tzinfo=UTC)))
    assert [change for _, change, _ in since(data)] == ["new", "fixed"]
    assert [row[0] for row in shown(two_nights, "changes", embargo="60d")] == ["Aa"]
    assert "Changes not named, because of the embargo: 1." in text(two_nights / "report" / "trend.html")
