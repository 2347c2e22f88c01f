"""Which numbers each chart of the report shows, in the words of one language; `gemcrawl.report.charts` draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from gemcrawl.report import charts
from gemcrawl.report.data import KINDS, STATUSES, UNPUBLISHED, Row
from gemcrawl.report.words import Words
from gemcrawl.transport.urls import clean

RESULTS = ("failing", "unknown", "no_form", "passing")
"""What a rule set says of a municipality, in the order in which it is drawn; also classes of report.css."""
_RULE_CLASSES = ("insecure", "downgrade", "secure", "other")
_ON_TOP = (UNPUBLISHED, *reversed(STATUSES))
"""The worst is drawn last."""


def moment_of(snapshot: str) -> str:
    """Date and time in the name of a snapshot."""
    return f"{snapshot[:10]} {snapshot[11:13]}:{snapshot[13:15]}"


def headline(of: Mapping[str, Row], kind: str, say: Words) -> Markup:
    """Bars of what each rule set says of all municipalities.

    Args:
        of: rows of the query headline of one kind of form, by rule set.
        kind: which kind.
        say: the language.
    """
    series = [
        charts.Series(name=say(f"coverage.{result}"), css=result, values=tuple(row[result] for row in of.values())) for result in RESULTS
    ]
    title = f"{say('index.rules')}: {say.name('kinds', kind)}"
    return charts.bars(title, list(of), series, max((row["total"] for row in of.values()), default=0))


def status_counts(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Municipalities by kind of form and status, from the rows of the query statuses."""
    counts: dict[str, dict[str, int]] = {kind: dict.fromkeys(STATUSES, 0) for kind in KINDS}
    for row in rows:
        counts[row["kind"]][row["status"]] = row["municipalities"]
    return counts


def provinces(rows: Sequence[Row], *, embargo: bool) -> tuple[tuple[str, ...], list[Row]]:
    """The statuses that are counted per province, and the rows of the query provinces with them.

    Under embargo those that must look alike are one number, `UNPUBLISHED`: a province is small enough to tell by its numbers, and by the
    statuses that are published, which the others are.
    """
    if not embargo:
        return STATUSES, list(rows)
    alike = ("insecure", "downgrade", "not_tested")
    left = tuple(status for status in STATUSES if status not in alike)
    return (UNPUBLISHED, *left), [row | {UNPUBLISHED: sum(row[status] for status in alike)} for row in rows]


def strips(numbers: Mapping[str, Sequence[Row]], *, embargo: bool) -> dict[str, list[Markup]]:
    """The bare bars beside numbers, by their query: one per row, and of the query statuses one per kind of form, in the order of `KINDS`.

    Args:
        numbers: the rows of every query.
        embargo: as for `provinces`.
    """
    statuses, by_province = provinces(numbers["provinces"], embargo=embargo)
    total = numbers["totals"][0]["municipalities"]
    wanted = {
        "statuses": [_by_status(counts, total) for counts in status_counts(numbers["statuses"]).values()],
        "provinces": [_by_status(row, row["municipalities"], statuses) for row in by_province],
    }
    for name in ("findings", "fixes", "personal"):
        most = max((row["municipalities"] for row in numbers[name]), default=0)
        wanted[name] = [charts.Strip([(row.get("weight", "insecure"), row["municipalities"])], most) for row in numbers[name]]
    return {name: charts.strips(of) for name, of in wanted.items()}


def _by_status(counts: Mapping[str, int], total: int, statuses: Sequence[str] = STATUSES) -> charts.Strip:
    return charts.Strip([(status, counts[status]) for status in statuses], total)


def country(rows: Sequence[Row], kind: str, say: Words) -> Markup:
    """The map of municipalities by status of one kind of form, with the names of provinces; of those that have coordinates."""
    provinces: dict[str, list[charts.Place]] = {}
    places = []
    for row in rows:
        if row["lat"] is None:
            continue
        title = f"{clean(row['name'], 100)}: {say.name('statuses', row[kind])}"
        place = charts.Place(north=row["lat"], east=row["lon"], status=row[kind], title=title, href=f"m/{row['code']}.html")
        places.append(place)
        provinces.setdefault(clean(row["province"], 40), []).append(place)
    places.sort(key=lambda place: _ON_TOP.index(place.status))
    return charts.country(places, dict(sorted(provinces.items())))


def trend(nights: Sequence[str], rows: Sequence[Row], kind: str, rule_sets: Sequence[str], say: Words) -> Markup:
    """Lines of municipalities that fail each rule set.

    Args:
        nights: names of snapshots, in order, at least two.
        rows: the number per rule set, for each of them.
        kind: which kind of form.
        rule_sets: names, in the order of their colours.
        say: the language.
    """
    moments = [(datetime.strptime(f"{night}+0000", "%Y-%m-%dT%H%M%SZ%z").timestamp(), moment_of(night)) for night in nights]
    series = [
        charts.Series(name=rule, css=css, values=tuple(row[rule] for row in rows))
        for rule, css in zip(rule_sets, _RULE_CLASSES, strict=True)
    ]
    return charts.lines(f"{say('trend.caption')}: {say.name('kinds', kind)}", moments, series)


def fixes(rows: Sequence[Row], say: Words) -> Markup | None:
    """Bars of the findings that were mended and those that are open, per supplier; None when there are none.

    Args:
        rows: of the query fix_times.
        say: the language.
    """
    if not rows:
        return None
    series = [
        charts.Series(name=say(f"trend.{name}"), css=css, values=tuple(row[column] for row in rows))
        for name, css, column in (("fixed", "passing", "fixed"), ("open", "failing", "still_open"))
    ]
    return charts.bars(say("trend.fixes"), [_supplier(row, say) for row in rows], series, max(row["findings"] for row in rows))


def fix_times(rows: Sequence[Row], say: Words) -> Markup | None:
    """Bars of the median days to mend a finding, per supplier, the slowest first; None when nothing was mended, or all within the hour.

    Args:
        rows: of the query fix_times.
        say: the language.
    """
    mended = [(row["median_days"], _supplier(row, say)) for row in rows if row["median_days"] is not None]
    if max(mended, default=(0, ""))[0] < 0.05:  # all would be written as 0.0
        return None
    mended.sort(key=lambda pair: -pair[0])
    days, names = zip(*mended, strict=True)
    series = charts.Series(name=say("trend.days"), css="other", values=days)
    return charts.bars(say("trend.times"), names, [series], max(1, *days), "{:.1f}".format)


def _supplier(row: Row, say: Words) -> str:
    return clean(row["supplier"], 80) if row["supplier"] else say("suppliers.unknown")
