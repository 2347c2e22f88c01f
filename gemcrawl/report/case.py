"""The case of one form in plain words: what it is, the way to and from it, its hosts, and which norm fails on what.

`gemcrawl explain` prints these lines and the report sets them on the page of a municipality.  A line begins with the spaces that say how deep
it stands.  Strings from sites pass through `clean`: no control characters, no endless ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gemcrawl.items import Host
from gemcrawl.report.words import Words, findings
from gemcrawl.transport import ncsc
from gemcrawl.transport import rules as rule_sets
from gemcrawl.transport.urls import clean, host_of

Row = Mapping[str, Any]

NEEDS = ("target", "twin", "certificate", "upgrade", "tls")
_GRADES = {"ncsc-1.0": "ncsc_1_0", "ncsc-2.1": "ncsc_2_1", "ncsc-2025-05": "ncsc_2025"}
"""Column of a host row by table."""


def ordered(codes: Iterable[str]) -> list[str]:
    """Finding codes in the order of the closed list."""
    order = list(findings()["en"])
    return sorted(codes, key=order.index)


def host_names(form: Row) -> list[str]:
    """The hosts that stand in the URLs of a form's row, in the order of the way."""
    return list(dict.fromkeys(host_of(url) for url in [form["page_url"], *form["frame_urls"], *form["submit_urls"]]))


def what(form: Row, say: Words) -> Iterator[str]:
    """What the form is and how it was found."""
    yield "  " + say("case.page", url=clean(form["page_url"]))
    if form["page_title"]:
        yield "  " + say("case.title", title=clean(form["page_title"]))
    reasons = "; ".join(clean(reason, 150) for reason in form["kind_reasons"]) or say("case.no_reason")
    yield "  " + say("case.why_kind", kind=say.name("kinds", form["kind"]), score=form["kind_score"], reasons=reasons)
    if form["supplier"]:
        key = "case.supplier_by" if form["supplier_evidence"] else "case.supplier"
        yield "  " + say(key, name=clean(form["supplier"]), evidence=clean(form["supplier_evidence"] or ""))
    if form["personal_data"]:
        data = ", ".join(say.name("personal_data", data) for data in form["personal_data"])
        yield "  " + say("case.asks", data=data, level=say.name("levels", form["personal_data_level"]))
    key = "case.found_one" if form["depth"] == 1 else "case.found"
    yield "  " + say(key, via=say.name("vias", form["found_via"]), depth=form["depth"], at=form["fetched_at"])


def way(form: Row, pages: Iterable[Row], say: Words) -> Iterator[str]:
    """The way: entry, frames, page with every hop, and where it is sent.

    Args:
        form: its row.
        pages: rows of pages of its municipality, of which those of its documents are used.
        say: the language.
    """
    if form["entry_url"]:
        yield "  " + say("case.entry", url=clean(form["entry_url"]))
    routes = {page["final_url"]: page for page in pages}
    for key, url in [*(("case.framed", url) for url in form["frame_urls"]), ("case.route", form["page_url"])]:
        page = routes.get(url)
        hops = [f"{clean(hop['url'])} {hop['status']}" for hop in page["redirects"]] if page else []
        last = f"{clean(url)} {page['status']}" if page and page["status"] is not None else clean(url)
        yield "  " + say(key, route=" -> ".join([*hops, last]))
    written = f' (action="{clean(form["action"], 200)}")' if form["action"] is not None else ""
    for url in form["submit_urls"]:
        yield "  " + say("case.sends", url=clean(url), method=clean(form["method"] or "get", 20), written=written)
    if not form["submit_urls"]:
        yield "  " + say("case.no_target", written=written)


def host(row: Host, say: Words) -> Iterator[str]:
    """The facts of one host."""
    states = {
        name: say(f"services.{state}") if f"services.{state}" in say else say("services.other", state=state)
        for name, state in (("https", row.https), ("http", row.http))
    }
    yield "  " + say("case.roles", roles=", ".join(say.name("roles", role) for role in row.roles) or say("case.no_roles"), **states)
    if {"page", "frame"} & set(row.roles):
        yield "  " + say("case.upgrade", state=say.name("upgrade_states", row.upgrade), meaning=say(f"upgrades.{row.upgrade}"))
    header = say("case.no_header") if row.hsts_header is None else f"Strict-Transport-Security: {clean(row.hsts_header)}"
    yield "  " + say("case.hsts", state=say.name("hsts", row.hsts), header=header)
    yield from _certificate(row, say)
    if not row.tls_versions:
        yield "  " + say("case.tls_unlisted")
        return
    yield "  " + say("case.tls_versions", names=", ".join(row.tls_versions))
    yield "  " + say("case.suites", names=", ".join(clean(s, 80) for s in row.cipher_suites) or say("case.unlisted"))
    yield "  " + say("case.groups", names=", ".join(clean(g, 80) for g in row.groups) or say("case.unlisted"))
    for name, table in ncsc.load().items():
        grade = getattr(row, _GRADES[name])
        yield "  " + say("case.grade", table=name, grade=say.name("grades", grade))
        if grade in ("phase_out", "insufficient"):
            why = ncsc.below_sufficient(ncsc.grade_row(table, row)) or say("case.intermediate")
            for part in why.split("; "):
                yield f"    {part}"
            if "not in the table of" in why:
                yield "    " + say("case.newer", table=name)


def _certificate(row: Host, say: Words) -> Iterator[str]:
    defects = [defect for defect in row.certificate_defects if defect != row.certificate]
    yield "  " + say("case.certificate", states=", ".join(say.name("certificates", state) for state in (row.certificate, *defects)))
    if row.certificate_not_before and row.certificate_not_after:
        left = _left(row.certificate_not_before, row.certificate_not_after, row.checked_at, say)
        yield "    " + say("case.valid", start=row.certificate_not_before, end=row.certificate_not_after, left=left, at=row.checked_at)
    if row.certificate_names:
        yield "    " + say("case.names", names=clean(", ".join(row.certificate_names)))
    if row.certificate_subject is not None:
        issuer = clean(row.certificate_issuer or say("case.unknown"))
        yield "    " + say("case.subject", subject=clean(row.certificate_subject), issuer=issuer)
    if row.certificate_key:
        signature = clean(row.certificate_signature or say("case.unknown"), 80)
        yield "    " + say("case.key", key=clean(row.certificate_key, 80), signature=signature)


def _left(start: datetime, end: datetime, at: datetime, say: Words) -> str:
    """Whole days that a certificate was still valid, or had to go, or was overdue."""

    def days(number: int) -> str:
        return say("case.day") if number == 1 else say("case.days", number=number)

    if at > end:
        return say("case.expired", days=days((at - end).days))
    return say("case.later", days=days((start - at).days)) if at < start else say("case.left", days=days((end - at).days))


def results(form: Row, hosts: Sequence[Host], say: Words) -> Iterator[str]:
    """What each rule set says of the form, and on what it fails or what it lacks."""
    urls = [form["page_url"], *form["frame_urls"], *form["submit_urls"]]
    secure = {host_of(url) for url in urls if url.startswith("https:")}
    met = [row for row in hosts if row.host in secure or row.roles == ["api"]]
    for name, rule_set in rule_sets.load().items():
        result = form[name.replace("-", "_")]
        yield "  " + say("case.result", rule_set=name, result=say(f"results.{result}"))
        if result == "not_applicable":
            yield "    " + say("case.sends_nothing")
        elif result not in ("pass", "fail"):
            yield "    " + say("case.not_known", missing=say("case.or").join(_missing(rule_set, form, met, say)))
        if result != "fail":
            continue
        codes = ordered({finding["code"] for finding in form["findings"]} & rule_set.fails_on)
        if codes:
            yield "    " + say("case.on_codes", codes=", ".join(codes))
        for row in met if rule_set.tls else ():
            grade = getattr(row, _GRADES[rule_set.tls.table]) if rule_set.tls else "not_tested"
            if rule_set.tls and grade in rule_set.tls.fails_on:
                yield "    " + say("case.on_tls", host=clean(row.host), grade=say.name("grades", grade), table=rule_set.tls.table)


def _missing(rule_set: rule_sets.RuleSet, form: Row, met: Sequence[Host], say: Words) -> list[str]:
    """What the rows show to be missing; otherwise it is the http version of the page, of which they say nothing."""
    table = rule_set.tls.table if rule_set.tls else ""
    lacking = {
        "target": not form["submit_urls"] and form["method"] is not None,
        "certificate": any(row.certificate == "not_tested" for row in met),
        "upgrade": any(row.upgrade == "not_tested" and {"page", "frame"} & set(row.roles) for row in met),
        "tls": bool(table) and any(getattr(row, _GRADES[table]) == "not_tested" for row in met),
    }
    seen = [say(f"needs.{need}") for need, lacks in lacking.items() if lacks and need in rule_set.needs]
    return seen or [say("needs.twin" if "twin" in rule_set.needs else "needs.target")]
