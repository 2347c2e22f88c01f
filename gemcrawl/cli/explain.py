"""`gemcrawl rules` and `gemcrawl explain`: by what is judged, and the whole case of one form from the newest snapshot."""

from __future__ import annotations

import dataclasses
import difflib
import json
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gemcrawl.exceptions import UsageError
from gemcrawl.items import Host, columns
from gemcrawl.transport import ncsc
from gemcrawl.transport import rules as rule_sets
from gemcrawl.transport.urls import clean, host_of

Row = dict[str, Any]

WIDTH = 100
"""Columns that a line takes at most."""
_MOST_MATCHES = 5
_GRADES = {"ncsc-1.0": "ncsc_1_0", "ncsc-2.1": "ncsc_2_1", "ncsc-2025-05": "ncsc_2025"}
"""Column of a host row by table."""
_SERVICES = {
    "ok": "answers",
    "http_error": "answers with an error",
    "tls": "breaks off in the TLS handshake",
    "not_tested": "was not asked",
}
_UPGRADES = {
    "first_hop_same_host": "http goes to https of the same name first, as it should",
    "other_host_first": "http goes to https, but by way of another name",
    "client_side": "http goes to https by the page itself (meta refresh or script), not by the server",
    "late": "http goes to another http address first",
    "none": "http answers with a page and does not go to https",
    "downgrade": "on the way from http there is an http address after an https one",
    "not_applicable": "port 80 is closed, so there is nothing to redirect",
    "not_tested": "how http leads to https is not known",
}
_NEEDS = {
    "target": "where the form is sent",
    "twin": "whether the http version of the page answers with a page",
    "certificate": "the certificate of a host that the form meets over https",
    "upgrade": "how http leads to https on a host of the page or its frames",
    "tls": "the TLS settings of a host that the form meets over https",
}
_WEIGHTS = {
    "insecure": "the form is not protected",
    "downgrade": "a visitor can be led to an unprotected version",
    "weak": "protected, but not as it should be",
    "note": "worth knowing; does not count in the verdict",
}
_VERDICTS = {
    "secure": "no finding that counts",
    "weak": _WEIGHTS["weak"],
    "downgrade": _WEIGHTS["downgrade"],
    "insecure": _WEIGHTS["insecure"],
    "not_tested": "a fact that could make it insecure is not known",
}


@cache
def texts() -> dict[str, dict[str, str]]:
    """Title and fix by finding code."""
    return tomllib.loads((resources.files("gemcrawl.cli") / "explain.toml").read_text("utf-8"))


def rules() -> None:
    """List the rule sets and TLS tables by which forms are judged: source, date, and what each fails on."""
    _show(_rules())


def explain(
    form_id: Annotated[str, typer.Argument(help="Id of a form, or the beginning of it.")],
    output: Annotated[Path, typer.Option("--output", help="Directory of the snapshots.")] = Path("output"),
    as_json: Annotated[bool, typer.Option("--json", help="The rows of the form, its municipality, hosts and pages, as JSON.")] = False,
) -> None:
    """Tell the whole case of one form: what and where, the way, the hosts, the findings, which norm fails on what, and what mends it.

    Example: gemcrawl explain 3f2a
    """
    if as_json:
        form, municipality, hosts, pages = _facts(form_id, output)
        told = {"form": form, "municipality": municipality, "hosts": [dataclasses.asdict(host) for host in hosts], "pages": pages}
        typer.echo(json.dumps(told, indent=2, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value)))
    else:
        _show(case(form_id, output))


def _show(lines: Iterable[str]) -> None:
    console = Console()
    for line in lines:
        heading = bool(line) and not line.startswith(" ")
        for part in folded(line):
            console.print(Text(part, style="bold" if heading else ""), soft_wrap=True)


def folded(line: str) -> list[str]:
    """A line in parts of at most `WIDTH` characters, those after the first indented two further; addresses are broken only where they must."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{indent}  ", break_on_hyphens=False) or [""]


def _rules() -> Iterator[str]:
    for rule_set in rule_sets.load().values():
        yield f"{rule_set.id}: {rule_set.title}"
        yield f"  source: {rule_set.source}"
        yield f"  applies from: {_dated(rule_set.applies_from, rule_set.date_note)}"
        yield f"  fails on: {', '.join(_ordered(rule_set.fails_on))}"
        yield f"  needs to know: {'; '.join(words for need, words in _NEEDS.items() if need in rule_set.needs)}"
        if rule_set.tls:
            levels = " or ".join(level.replace("_", " ") for level in ncsc.LEVELS if level in rule_set.tls.fails_on)
            yield f"  fails on TLS settings that are {levels} in {rule_set.tls.table}"
        yield ""
    for table in ncsc.load().values():
        yield f"{table.id}: {table.title}"
        yield f"  source: {table.source}"
        yield f"  date: {_dated(table.date, table.date_note)}"
        for level in reversed(ncsc.LEVELS):
            versions = [name for name, of in table.versions.items() if of == level]
            suites = sum(of == level for of in table.cipher_suites.values())
            if versions or suites:
                yield f"  {level.replace('_', ' ')}: {', '.join(versions) or 'no version'}; {suites} cipher suites"
        yield "  insufficient: everything it does not list"
        yield ""


def _dated(day: date, note: str) -> str:
    return f"{day.isoformat()} ({note})" if note else day.isoformat()


def _ordered(codes: Iterable[str]) -> list[str]:
    order = list(texts())
    return sorted(codes, key=order.index)


def case(form_id: str, output: Path) -> Iterator[str]:
    """The case as lines; what begins in the first column is a heading.  Strings from sites hold no control characters.

    Raises:
        OutputError: there is no snapshot.
        UsageError: no form, or more than one, has an id that begins like this.
    """
    form, municipality, hosts, pages = _facts(form_id, output)
    return _case(form, municipality, hosts, pages)


def _case(form: Row, municipality: Row, hosts: list[Host], pages: list[Row]) -> Iterator[str]:
    verdict = form["verdict"]
    yield f"{form['kind']} form {clean(form['form_id'])} of {clean(municipality['name'])} ({form['municipality']}): {verdict}"
    yield f"  verdict: {verdict.replace('_', ' ')}, {_VERDICTS[verdict]}"
    yield from _what(form)
    yield ""
    yield "the way"
    yield from _way(form, pages)
    for host in hosts:
        yield ""
        yield f"host {clean(host.host)}" + (f" ({clean(host.address)})" if host.address else "")
        yield from _host(host)
    yield ""
    yield "findings" if form["findings"] else "findings: none"
    for finding in form["findings"]:
        yield f"  {finding['weight']}: {finding['code']} on {clean(finding['subject'])}"
        yield f"    {clean(finding['evidence'])}"
    yield ""
    yield "rule sets"
    yield from _results(form, hosts)
    codes = dict.fromkeys(finding["code"] for finding in form["findings"])
    if codes:
        yield ""
        yield "what mends it"
        for code in codes:
            text = texts().get(code, {"title": code, "fix": ""})
            subjects = dict.fromkeys(clean(f["subject"], 200) for f in form["findings"] if f["code"] == code)
            yield f"  {text['title']} ({code})"
            yield f"    where: {', '.join(subjects)}"
            yield f"    {text['fix']}"
    weights = dict.fromkeys(finding["weight"] for finding in form["findings"])
    if weights:
        yield ""
        yield "what the weights mean"
        for weight in weights:
            yield f"  {weight}: {_WEIGHTS[weight]}"


def _facts(form_id: str, output: Path) -> tuple[Row, Row, list[Host], list[Row]]:
    from gemcrawl.snapshot.read import connect

    with connect(output) as database:

        def rows(sql: str, *values: object) -> list[Row]:
            found: list[Row] = database.sql(sql, params=list(values)).to_arrow_table().to_pylist()
            return found

        shown = clean(form_id, 80)
        wanted = "".join(c for c in form_id if c.isprintable())
        matches = rows("SELECT * FROM latest.forms WHERE starts_with(form_id, ?) ORDER BY form_id = ? DESC, form_id", wanted, wanted)
        how = f'list ids with: gemcrawl query --output {output} "SELECT form_id, kind, page_url FROM latest.forms"'  # noqa: S608 - shown, not run
        if not matches or not wanted:
            near = ", ".join(clean(known, 80) for known in _nearest(wanted, rows("SELECT form_id FROM latest.forms ORDER BY form_id")))
            nearest = f"; the nearest ids are {near}" if near else ""
            raise UsageError(f"{shown!r}: no form in the newest snapshot has an id that begins like this{nearest}; {how}")
        if len(matches) > 1 and matches[0]["form_id"] != wanted:
            some = ", ".join(clean(row["form_id"], 80) for row in matches[:_MOST_MATCHES])
            raise UsageError(f"{shown!r}: {len(matches)} forms have an id that begins like this ({some}); give more of it, or {how}")
        form = matches[0]
        code = form["municipality"]
        names = list(dict.fromkeys(host_of(url) for url in [form["page_url"], *form["frame_urls"], *form["submit_urls"]]))
        wanted_columns = ", ".join(columns(Host))
        # A host that only supplies data (role api) stands in no URL of the form's row.
        hosts = rows(
            f"SELECT {wanted_columns} FROM latest.hosts "  # noqa: S608 - the columns are our own
            "WHERE host = ANY(?) OR (roles = ['api'] AND list_contains(municipalities, ?)) ORDER BY list_position(?, host), host, address",
            names,
            code,
            names,
        )
        municipality = rows("SELECT * FROM latest.municipalities WHERE code = ?", code)[0]
        documents = [form["page_url"], *form["frame_urls"]]
        pages = rows("SELECT * FROM latest.pages WHERE municipality = ? AND final_url = ANY(?)", code, documents)
    return form, municipality, [Host(**row) for row in hosts], pages


def _nearest(wanted: str, forms: list[Row]) -> list[str]:
    """Ids that begin almost like this."""
    by_start = {form["form_id"][: len(wanted)]: form["form_id"] for form in reversed(forms)}
    return [by_start[start] for start in difflib.get_close_matches(wanted[:80], by_start, n=3, cutoff=0.7)]


def _what(form: Row) -> Iterator[str]:
    yield f"  page: {clean(form['page_url'])}"
    if form["page_title"]:
        yield f"  title: {clean(form['page_title'])}"
    reasons = "; ".join(clean(reason, 150) for reason in form["kind_reasons"])
    yield f"  why {form['kind']} ({form['kind_score']:.2f}): {reasons or 'no reason given'}"
    if form["supplier"]:
        yield f"  supplier: {clean(form['supplier'])}" + (f", by {clean(form['supplier_evidence'])}" if form["supplier_evidence"] else "")
    if form["personal_data"]:
        yield f"  asks for: {', '.join(form['personal_data'])} ({form['personal_data_level']})"
    yield f"  found: {form['found_via']}, {form['depth']} {'click' if form['depth'] == 1 else 'clicks'} from the home page; fetched {form['fetched_at']:%Y-%m-%d %H:%M} UTC"


def _way(form: Row, pages: list[Row]) -> Iterator[str]:
    if form["entry_url"]:
        yield f"  entry: {clean(form['entry_url'])}"
    routes = {page["final_url"]: page for page in pages}
    for label, url in [*(("framed by", url) for url in form["frame_urls"]), ("page", form["page_url"])]:
        page = routes.get(url)
        hops = [f"{clean(hop['url'])} {hop['status']}" for hop in page["redirects"]] if page else []
        last = f"{clean(url)} {page['status']}" if page and page["status"] is not None else clean(url)
        yield f"  {label}: {' -> '.join([*hops, last])}"
    written = f' (action="{clean(form["action"], 200)}")' if form["action"] is not None else ""
    for url in form["submit_urls"]:
        yield f"  sends to: {clean(url)} by {clean(form['method'] or 'get', 20)}{written}"
    if not form["submit_urls"]:
        yield f"  sends to: no target known{written}"


def _host(host: Host) -> Iterator[str]:
    states = {name: _SERVICES.get(state, f"does not answer ({state})") for name, state in (("https", host.https), ("http", host.http))}
    yield f"  roles: {', '.join(host.roles) or 'none'}; https {states['https']}; http {states['http']}"
    if {"page", "frame"} & set(host.roles):
        yield f"  upgrade: {host.upgrade.replace('_', ' ')}; {_UPGRADES[host.upgrade]}"
    header = "no header" if host.hsts_header is None else f"Strict-Transport-Security: {clean(host.hsts_header)}"
    yield f"  HSTS: {host.hsts.replace('_', ' ')}; {header}"
    yield from _certificate(host)
    if not host.tls_versions:
        yield "  TLS settings: not listed"
        return
    yield f"  TLS versions: {', '.join(host.tls_versions)}"
    yield f"  cipher suites: {', '.join(clean(s, 80) for s in host.cipher_suites) or 'not listed'}"
    yield f"  groups: {', '.join(clean(g, 80) for g in host.groups) or 'not listed'}"
    for name, table in ncsc.load().items():
        grade = getattr(host, _GRADES[name])
        yield f"  {name}: {grade.replace('_', ' ')}"
        if grade in ("phase_out", "insufficient"):
            why = ncsc.below_sufficient(ncsc.grade_row(table, host)) or "the signature of an intermediate certificate"
            for part in why.split("; "):
                yield f"    {part}"
            if "not in the table of" in why:
                yield f"    by {name} everything that it does not list is insufficient, also what later guidelines call good"


def _certificate(host: Host) -> Iterator[str]:
    defects = [defect for defect in host.certificate_defects if defect != host.certificate]
    yield f"  certificate: {', '.join([host.certificate, *defects]).replace('_', ' ')}"
    if host.certificate_not_before and host.certificate_not_after:
        yield (
            f"    valid from {host.certificate_not_before:%Y-%m-%d} to {host.certificate_not_after:%Y-%m-%d}; "
            f"{_left(host.certificate_not_before, host.certificate_not_after, host.checked_at)} on {host.checked_at:%Y-%m-%d}"
        )
    if host.certificate_names:
        yield f"    names: {clean(', '.join(host.certificate_names))}"
    if host.certificate_subject is not None:
        yield f"    subject {clean(host.certificate_subject)}; issuer {clean(host.certificate_issuer or 'unknown')}"
    if host.certificate_key:
        yield f"    key {clean(host.certificate_key, 80)}, signature {clean(host.certificate_signature or 'unknown', 80)}"


def _left(start: datetime, end: datetime, at: datetime) -> str:
    """Whole days that a certificate was still valid, or had to go, or was overdue."""
    if at > end:
        return f"expired {_days((at - end).days)} before"
    return f"valid {_days((start - at).days)} later" if at < start else f"{_days((end - at).days)} left"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _results(form: Row, hosts: list[Host]) -> Iterator[str]:
    urls = [form["page_url"], *form["frame_urls"], *form["submit_urls"]]
    secure = {host_of(url) for url in urls if url.startswith("https:")}
    met = [host for host in hosts if host.host in secure or host.roles == ["api"]]
    for name, rule_set in rule_sets.load().items():
        result = form[name.replace("-", "_")]
        yield f"  {name}: {result.replace('_', ' ')}"
        if result == "not_applicable":
            yield "    the form sends nothing"
        elif result not in ("pass", "fail"):
            missing = _missing(rule_set, form, met)
            yield f"    not known: {'; or '.join(missing)}"
        if result != "fail":
            continue
        codes = _ordered({finding["code"] for finding in form["findings"]} & rule_set.fails_on)
        if codes:
            yield f"    on {', '.join(codes)}"
        for host in met if rule_set.tls else ():
            grade = getattr(host, _GRADES[rule_set.tls.table]) if rule_set.tls else "not_tested"
            if rule_set.tls and grade in rule_set.tls.fails_on:
                yield f"    on {clean(host.host)}: TLS settings {grade.replace('_', ' ')} in {rule_set.tls.table}"


def _missing(rule_set: rule_sets.RuleSet, form: Row, met: list[Host]) -> list[str]:
    """What the rows show to be missing; otherwise it is the http version of the page, of which they say nothing."""
    table = rule_set.tls.table if rule_set.tls else ""
    lacking = {
        "target": not form["submit_urls"] and form["method"] is not None,
        "certificate": any(host.certificate == "not_tested" for host in met),
        "upgrade": any(host.upgrade == "not_tested" and {"page", "frame"} & set(host.roles) for host in met),
        "tls": bool(table) and any(getattr(host, _GRADES[table]) == "not_tested" for host in met),
    }
    seen = [_NEEDS[need] for need, lacks in lacking.items() if lacks and need in rule_set.needs]
    return seen or [_NEEDS["twin" if "twin" in rule_set.needs else "target"]]
