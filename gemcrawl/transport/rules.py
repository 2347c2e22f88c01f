"""Verdicts: pure functions of facts, findings and a rule set.

Facts are collected once; each rule set, a data file in ``rulesets/``, judges the same facts by its own norm and date.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from gemcrawl.items import Finding, FindingCode, Host, NcscGrade, Reason, RuleResult, Verdict
from gemcrawl.transport import parties
from gemcrawl.transport.facts import Way
from gemcrawl.transport.urls import document_of, scheme_of

Need = Literal["target", "twin", "certificate", "upgrade", "tls"]
TlsTable = Literal["ncsc-1.0", "ncsc-2.1", "ncsc-2025-05"]

# An http version that does not exist or does not answer with a page is as good as one that redirects.
_NO_TWIN: frozenset[Reason] = frozenset({"refused", "dns", "reset", "http_4xx", "http_5xx", "not_html", "redirect_loop"})
_MISSING: tuple[RuleResult, ...] = ("error", "unreachable", "not_tested")
_OLD = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})


@dataclass(frozen=True, slots=True)
class TlsRule:
    """Which grade of which NCSC table a host must not have."""

    table: TlsTable
    fails_on: frozenset[NcscGrade]
    old_versions: NcscGrade
    """At best the grade of a server that negotiates nothing above TLS 1.1."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One norm by which forms are judged."""

    id: str
    title: str
    source: str
    """The publication the rules come from."""
    applies_from: date
    fails_on: frozenset[FindingCode]
    """Codes inherited from the rule set it extends included."""
    needs: frozenset[Need]
    """Facts without which it cannot be passed."""
    tls: TlsRule | None = None
    date_note: str = ""
    """What of the date was not verified; empty when nothing."""


@cache
def load() -> dict[str, RuleSet]:
    """Every rule set by id, in order of the date from which it applies."""
    folder = resources.files("gemcrawl.transport") / "rulesets"
    files = [tomllib.loads(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    raw = {content["id"]: content for content in files}
    return {r.id: r for r in sorted((_rule_set(content, raw) for content in files), key=lambda r: (r.applies_from, r.id))}


def _rule_set(content: Mapping[str, Any], raw: Mapping[str, Mapping[str, Any]]) -> RuleSet:
    base = _rule_set(raw[content["extends"]], raw) if "extends" in content else None
    tls = content.get("tls")
    inherited = (base.fails_on - set(content.get("without", ()))) if base else frozenset()
    return RuleSet(
        id=content["id"],
        title=content["title"],
        source=content["source"],
        applies_from=content["applies_from"],
        fails_on=inherited | frozenset(content["fails_on"]),
        needs=frozenset(content.get("needs", ())) | (base.needs if base else frozenset()),
        tls=TlsRule(tls["table"], frozenset(tls["fails_on"]), tls["old_versions"]) if tls else base.tls if base else None,
        date_note=content.get("date_note", ""),
    )


def verdict(findings: Sequence[Finding], way: Way, hosts: Mapping[str, Sequence[Host]]) -> Verdict:
    """The worst weight among the findings of one form.

    ``not_tested`` when nothing insecure or downgrading is proven and a fact is missing that could prove it: the page, the submit target of
    a real form, the certificate of a host it meets over https; also when only weak findings are known, since "weak" would say that it
    is no worse.  ``not_tested`` too when the form sends nothing (``method=dialog``).  Adding a finding never improves a verdict.
    """
    weights = {finding.weight for finding in findings}
    if parties.sends_nothing(way):
        return "not_tested"
    if weights & {"insecure", "downgrade"}:
        return "insecure" if "insecure" in weights else "downgrade"
    if not way.page or parties.target_unknown(way) or _certificates_missing(way, hosts):
        return "not_tested"
    return "weak" if "weak" in weights else "secure"


def apply(rule_set: RuleSet, findings: Sequence[Finding], way: Way, hosts: Mapping[str, Sequence[Host]]) -> RuleResult:
    """What one rule set says of one form.

    ``not_applicable``: it sends nothing.  ``fail``: a finding or a TLS grade that the rule set fails on; this needs no other facts.
    ``error``, ``unreachable``, ``not_tested``: a fact that the rule set needs is missing, the first two when that is because a host it
    needs broke off the connection or could not be reached.  ``pass`` otherwise.  Adding a finding never improves a result.
    """
    if parties.sends_nothing(way):
        return "not_applicable"
    grades = _grades(rule_set.tls, way, hosts) if rule_set.tls else []
    if any(f.code in rule_set.fails_on for f in findings) or (rule_set.tls and any(g in rule_set.tls.fails_on for g in grades)):
        return "fail"
    missing: list[RuleResult] = []
    if not way.page or ("target" in rule_set.needs and parties.target_unknown(way)):
        missing.append("not_tested")
    if "twin" in rule_set.needs and _twins_missing(way):
        missing.append("not_tested")
    if "certificate" in rule_set.needs:
        missing += _certificates_missing(way, hosts)
    if "upgrade" in rule_set.needs and _upgrades_missing(way, hosts):
        missing.append("not_tested")
    if "tls" in rule_set.needs and (not grades or "not_tested" in grades):
        missing.append("not_tested")
    return min(missing, key=_MISSING.index, default="pass")


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of several verdicts; ``not_tested`` counts as worse than weak, and is the verdict over none."""
    order: tuple[Verdict, ...] = ("insecure", "downgrade", "not_tested", "weak", "secure")
    return min(verdicts, key=order.index, default="not_tested")


def _certificates_missing(way: Way, hosts: Mapping[str, Sequence[Host]]) -> list[RuleResult]:
    """Per https host of which no address showed a certificate, why."""
    missing: list[RuleResult] = []
    for host in parties.https_hosts(way):
        rows = hosts.get(host, ())
        if any(row.certificate != "not_tested" for row in rows):
            continue
        states = {row.https for row in rows}
        if states & {"reset", "tls"}:  # a service exists that will not talk
            missing.append("error")
        elif states & {"dns", "refused", "timeout"}:
            missing.append("unreachable")
        else:
            missing.append("not_tested")
    return missing


def _twins_missing(way: Way) -> bool:
    """Whether it is unknown if the http version of an https document answers.

    A way that began at http has shown it; an https service on a port of its own has no http version.
    """
    known = {document_of(url) for url, twin in way.twins if (twin in _NO_TWIN if isinstance(twin, str) else twin)}
    routes = [route for route in (way.page, *way.frames) if route and scheme_of(route[0].url) == "https"]
    documents = [document_of(route[-1].url) for route in routes if scheme_of(route[-1].url) == "https"]
    return any(document not in known for document in documents if _on_default_port(document))


def _on_default_port(document: str) -> bool:
    return document.partition("/")[0].endswith(":")


def _upgrades_missing(way: Way, hosts: Mapping[str, Sequence[Host]]) -> bool:
    of_roles = parties.hosts(way, parties.JUDGED_FOR_UPGRADE)
    return any(all(row.upgrade == "not_tested" for row in hosts.get(host, ())) for host in of_roles)


def _grades(rule: TlsRule, way: Way, hosts: Mapping[str, Sequence[Host]]) -> list[NcscGrade]:
    """The grade of every address of every https host; where it was not listed, what the handshakes prove."""
    grades: list[NcscGrade] = []
    for host in parties.https_hosts(way):
        rows = hosts.get(host, ())
        measured = [row for row in rows if row.tls_versions]
        grades += [_grade(rule, row) for row in measured or rows] or ["not_tested"]
    return grades


def _grade(rule: TlsRule, row: Host) -> NcscGrade:
    by_table: dict[TlsTable, NcscGrade] = {"ncsc-1.0": row.ncsc_1_0, "ncsc-2.1": row.ncsc_2_1, "ncsc-2025-05": row.ncsc_2025}
    grade = by_table[rule.table]
    if grade == "not_tested" and row.tls_versions and _OLD.issuperset(row.tls_versions):
        return rule.old_versions
    return grade
