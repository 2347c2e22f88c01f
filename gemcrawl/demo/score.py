"""How near a snapshot of the nation comes to the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemcrawl.places import Place, read_table

SCORED_KINDS = ("appointment", "contact")
RULE_SETS = ("ncsc_webapp_2015", "decree_2023", "internet_nl_2025")
"""Scored apart from `https_2016`: all but the first need the TLS settings of every host, which a survey may not have listed."""
_FORM_COLUMNS = [
    "municipality",
    "kind",
    "page_url",
    "verdict",
    "https_2016",
    *RULE_SETS,
    "findings",
    "rendered",
    "fields",
    "personal_data_level",
]


@dataclass(slots=True)
class KindScore:
    """Forms of one kind: how many there are, were found, and were found without being there."""

    expected: int = 0
    found: int = 0
    false: int = 0

    @property
    def recall(self) -> float:
        """Share of the expected forms that were found; 1 when none is expected."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the reported forms that are right; 1 when none was reported."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


@dataclass(slots=True)
class Share:
    """So many right of so many."""

    right: int = 0
    of: int = 0

    def add(self, *, right: bool) -> None:
        """Counts one more."""
        self.right += right
        self.of += 1

    @property
    def value(self) -> float:
        """0 to 1; 1 when there was nothing to count."""
        return self.right / self.of if self.of else 1.0


@dataclass(slots=True)
class RuleShare(Share):
    """Results of one rule set, with those that the survey could not give."""

    not_tested: int = 0
    """Forms that the truth judges and the survey does not; they are not right."""


@dataclass(slots=True)
class ScriptScore:
    """Forms for which scripts must run, and what it took to find them."""

    expected: int = 0
    found: int = 0
    """Seen with their fields, from their published definition, or, where a page shows nothing without a POST, known by their product."""
    pages: int = 0
    """Pages rendered."""
    municipalities: int = 0
    """Municipalities of which a page was rendered."""
    of: int = 0
    """Municipalities."""
    sent: int | None = None
    """Requests at the nation's servers that were neither GET nor HEAD; None when nobody counted."""
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the expected forms that were found; 1 when none is expected."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def pages_each(self) -> float:
        """Pages rendered per municipality of which a page was rendered."""
        return self.pages / self.municipalities if self.municipalities else 0.0

    def lines(self) -> list[str]:
        """For people."""
        lines = [
            f"script-rendered forms: recall {self.recall:.3f} ({self.found}/{self.expected})",
            f"rendered pages: {self.pages}, {self.pages_each:.2f} for each of {self.municipalities} municipalities that had any, of {self.of}",
        ]
        return lines if self.sent is None else [*lines, f"requests other than GET and HEAD at the nation's servers: {self.sent}"]


@dataclass(slots=True, kw_only=True)
class Score:
    """The comparison of a snapshot with the truth."""

    kinds: dict[str, KindScore] = field(default_factory=lambda: {kind: KindScore() for kind in SCORED_KINDS})
    scripts: ScriptScore = field(default_factory=ScriptScore)
    verdicts: Share = field(default_factory=Share)
    """Verdicts of forms that were found."""
    https_2016: Share = field(default_factory=Share)
    rule_sets: dict[str, RuleShare] = field(default_factory=lambda: {name: RuleShare() for name in RULE_SETS})
    """Of forms that were found."""
    findings: Share = field(default_factory=Share)
    """Forms of which exactly the expected finding codes were given, tolerated ones aside."""
    outcomes: Share = field(default_factory=Share)
    statuses: Share = field(default_factory=Share)
    """The municipalities' columns appointment and contact."""
    headline: int = 0
    """Municipalities with an appointment form that fails https-2016, as measured."""
    headline_truth: int = 0
    headline_codes: list[str] = field(default_factory=list)
    headline_codes_truth: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    wrong_verdicts: list[str] = field(default_factory=list)
    wrong_rule_sets: list[str] = field(default_factory=list)
    """Results that differ from the truth, those that are merely not tested aside."""
    wrong_findings: list[str] = field(default_factory=list)
    wrong_outcomes: list[str] = field(default_factory=list)
    wrong_statuses: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people: the figures, one a line."""
        lines = [f"{kind}: recall {k.recall:.3f} ({k.found}/{k.expected}), precision {k.precision:.3f}" for kind, k in self.kinds.items()]
        shares = {
            "verdicts": self.verdicts,
            "https-2016": self.https_2016,
            "findings": self.findings,
            "outcomes": self.outcomes,
            "statuses": self.statuses,
        }
        lines += [f"{name}: {share.value:.3f} ({share.right}/{share.of})" for name, share in shares.items()]
        lines += [
            f"{name.replace('_', '-')}: {share.value:.3f} ({share.right}/{share.of}), {share.not_tested} not tested"
            for name, share in self.rule_sets.items()
        ]
        lines += self.scripts.lines()
        return [*lines, f"appointment form without https: {self.headline} municipalities measured, {self.headline_truth} in truth"]


def score(snapshot_dir: Place, truth_file: Path, sent_file: Path | None = None) -> Score:
    """Compares a snapshot with the truth that the nation's server wrote.

    Forms are matched by municipality, kind and page URL without query and fragment.

    Args:
        sent_file: where the nation's server keeps the requests that are neither GET nor HEAD.

    Raises:
        OSError: a table or the truth cannot be read.
    """
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    forms = read_table(snapshot_dir / "forms.parquet", _FORM_COLUMNS).to_pylist()
    columns = ["code", "outcome", "reason", "appointment", "contact", "rendered"]
    rows = {row["code"]: row for row in read_table(snapshot_dir / "municipalities.parquet", columns).to_pylist()}
    result = Score()
    by_town: dict[str, list[dict[str, Any]]] = {}
    for form in forms:
        if form["kind"] in SCORED_KINDS:
            by_town.setdefault(form["municipality"], []).append(form)
    for town in truth["municipalities"]:
        _forms(result, town, by_town.pop(town["code"], []))
        _row(result, town, rows.get(town["code"]))
    for code, left in by_town.items():
        _false(result, code, left)
    result.scripts.pages = sum(row["rendered"] for row in rows.values())
    result.scripts.municipalities, result.scripts.of = sum(row["rendered"] > 0 for row in rows.values()), len(rows)
    if sent_file is not None:
        result.scripts.sent = sum(one["count"] for one in json.loads(sent_file.read_text(encoding="utf-8")))
    failing = {f["municipality"] for f in forms if f["kind"] == "appointment" and f["https_2016"] == "fail"}
    result.headline_codes, result.headline = sorted(failing), len(failing)
    result.headline_codes_truth = truth["appointment_without_https"]
    result.headline_truth = len(result.headline_codes_truth)
    return result


def _bare(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _forms(result: Score, town: dict[str, Any], found: list[dict[str, Any]]) -> None:
    remaining = list(found)
    for expected in town["forms"]:
        kind = result.kinds[expected["kind"]]
        kind.expected += 1
        form = _take(remaining, expected["kind"], (expected["page_url"], *expected["also_urls"]))
        name = f"{town['code']} {town['case']} {expected['kind']} {expected['product']} {expected['page_url']}"
        if expected["script"]:
            result.scripts.expected += 1
            if form is not None and _seen(form, expected["script"]):
                result.scripts.found += 1
            else:
                result.scripts.misses.append(name)
        if form is None:
            result.misses.append(name)
            continue
        kind.found += 1
        _judge(result, name, expected, form)
    _false(result, f"{town['code']} {town['case']}", remaining)


def _seen(form: dict[str, Any], script: str) -> bool:
    """Whether a form is told as it can be told: what shows itself must have been seen, with its fields."""
    if script == "shown":
        return bool(form["rendered"] and form["fields"])
    return script == "declared" or form["personal_data_level"] == "inferred"


def _take(forms: list[dict[str, Any]], kind: str, urls: Iterable[str]) -> dict[str, Any] | None:
    for url in urls:
        for form in forms:
            if form["kind"] == kind and _bare(form["page_url"]) == _bare(url):
                forms.remove(form)
                return form
    return None


def _judge(result: Score, name: str, expected: dict[str, Any], form: dict[str, Any]) -> None:
    codes = {finding["code"] for finding in form["findings"]}
    missing, extra = set(expected["findings"]) - codes, codes - set(expected["findings"]) - set(expected["tolerated"])
    difference = f"{name}: missing {sorted(missing)}, extra {sorted(extra)}"
    result.findings.add(right=not missing and not extra)
    if missing or extra:
        result.wrong_findings.append(difference)
    for column, share in (("verdict", result.verdicts), ("https_2016", result.https_2016)):
        share.add(right=form[column] == expected[column])
        if form[column] != expected[column]:
            result.wrong_verdicts.append(f"{difference}; {column} {form[column]}, in truth {expected[column]}")
    for column, rule_share in result.rule_sets.items():
        right = form[column] == expected[column]
        rule_share.add(right=right)
        if not right and form[column] == "not_tested":
            rule_share.not_tested += 1
        elif not right:
            result.wrong_rule_sets.append(f"{difference}; {column} {form[column]}, in truth {expected[column]}")


def _false(result: Score, town: str, forms: list[dict[str, Any]]) -> None:
    for form in forms:
        result.kinds[form["kind"]].false += 1
        result.false_alarms.append(f"{town} {form['kind']} {form['page_url']}")


def _row(result: Score, town: dict[str, Any], row: dict[str, Any] | None) -> None:
    name = f"{town['code']} {town['case']} {town['website']}"
    outcome, reason = (row["outcome"], row["reason"]) if row else (None, None)
    right = outcome in town["outcomes"] and (town["reason"] is None or reason == town["reason"])
    result.outcomes.add(right=right)
    if not right:
        result.wrong_outcomes.append(f"{name}: {outcome} ({reason}), in truth {' or '.join(town['outcomes'])} ({town['reason']})")
    for kind in SCORED_KINDS:
        status = row[kind] if row else None
        result.statuses.add(right=status == town[kind])
        if status != town[kind]:
            result.wrong_statuses.append(f"{name}: {kind} {status}, in truth {town[kind]}")
