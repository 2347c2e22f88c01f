"""The pages of the report: data in, HTML out, one text per path.  Strings from sites are escaped by the templates and never become code,
and only http and https addresses become links."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gemcrawl.compare.model import FormChange
from gemcrawl.report import case, charts, figures, queries
from gemcrawl.report.data import KINDS, STATUSES, UNPUBLISHED, Data, Row
from gemcrawl.report.words import Lang, Words
from gemcrawl.transport import rules
from gemcrawl.transport.urls import clean, scheme_of

MENU = ("index", "municipalities", "findings", "suppliers", "provinces", "personal", "coverage", "trend", "method")
RULE_SETS = ("https-2016", "ncsc-webapp-2015", "decree-2023", "internet-nl-2025")
GLYPHS = {"insecure": "◆", "downgrade": "▲", "weak": "■", "secure": "●", "not_tested": "○", "not_found": "□", UNPUBLISHED: "◇", "note": "·"}
"""The shapes of the map as characters."""
MOST_NAMED = 12
"""Forms named on the front page."""

_BLANK_LINES = re.compile(r"\n\n+")
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_-]")

Tree = list[tuple[str, list[str]]]


def safe_url(url: object) -> str:
    """An address that may become a link: http or https, without control characters; else empty."""
    text = url if isinstance(url, str) else ""
    return text if text.isprintable() and " " not in text and scheme_of(text) in ("http", "https") else ""


def anchor(form: Mapping[str, Any]) -> str:
    """The id of a form as part of an address."""
    return _NOT_OF_AN_ID.sub("", str(form["form_id"]))[:80]


def codes(form: Mapping[str, Any], weight: str | None = None) -> list[str]:
    """The finding codes of a form, worst first; of one weight."""
    return list(dict.fromkeys(f["code"] for f in form["findings"] if weight is None or f["weight"] == weight))


def tree(lines: Iterable[str]) -> Tree:
    """Lines of a case as a list of two levels."""
    found: Tree = []
    for line in lines:
        if line.startswith("    ") and found:
            found[-1][1].append(line.strip())
        else:
            found.append((line.strip(), []))
    return found


def day_of(snapshot: str) -> str:
    """The date in the name of a snapshot."""
    return snapshot[:10]


class Site:
    """The pages of a report in any language; what says nothing in a language is made once.

    Args:
        data: what is shown.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.by_code = {row["code"]: row for row in data.municipalities}
        style = (resources.files("gemcrawl.report") / "templates" / "report.css").read_text("utf-8")
        self.environment = Environment(
            loader=PackageLoader("gemcrawl.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, auto_reload=False
        )
        self.environment.globals |= {
            "data": data,
            "day": f"{data.moment:%Y-%m-%d}",
            "menu": MENU,
            "kinds": KINDS,
            "rule_sets": RULE_SETS,
            "statuses": (*STATUSES, UNPUBLISHED),
            "statuses_counted": STATUSES,
            "weights": ("insecure", "downgrade", "weak", "note"),
            "glyphs": GLYPHS,
            "numbers": data.numbers,
            "totals": data.numbers["totals"][0],
            "by_code": self.by_code,
            "clean": clean,
            "safe_url": safe_url,
            "anchor": anchor,
            "codes": codes,
            "page_of": lambda code: f"m/{code}.html",
            "date_of": day_of,
            "moment_of": figures.moment_of,
            "strips": figures.strips(data.numbers, embargo=data.embargo),
            "marks": charts.MARKS,
            "hollow": charts.HOLLOW,
            "style": Markup(style),  # noqa: S704 - our own file
            "style_hash": "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        }

    def pages(self, lang: Lang, folder: str = "", other: tuple[Lang, str] | None = None) -> Iterator[tuple[str, str]]:
        """Path and text of every page of one language.

        Args:
            lang: the language.
            folder: where its pages stand in the site: "" or "en/".
            other: the other language and its folder, where there is one.
        """
        return _Pages(self, lang, folder, other).all()


class _Pages:
    """Those of one language."""

    def __init__(self, site: Site, lang: Lang, folder: str, other: tuple[Lang, str] | None) -> None:
        self._data, self._by_code, self._environment = site.data, site.by_code, site.environment
        self._folder, self._say = folder, Words(lang)
        self._known = {
            "say": self._say,
            "asked": self._asked,
            "worst_codes": self._worst_codes,
            "other": other[0] if other else None,
            "other_root": other[1] if other else "",
        }
        self._macros = {root: self._macros_at(root) for root in ("", "../")}

    def all(self) -> Iterator[tuple[str, str]]:
        """Path and text of each."""
        yield self._page("index", **self._index())
        yield self._page("municipalities")
        yield self._page("findings", places=self._places())
        yield self._page("suppliers")
        yield self._page("provinces", **self._provinces())
        yield self._page("personal", named=self._insecure(asking=True))
        yield self._page("coverage", coverage=self._coverage(), unread=self._unread(), headline=self._headline())
        yield self._page("trend", **self._trend())
        yield self._page("method", **self._method())
        for row in self._data.municipalities:
            yield self._page("municipality", f"m/{row['code']}.html", row=row, **self._municipality(row))

    def _macros_at(self, root: str) -> SimpleNamespace:
        """The macros of pages from which the top of the site is at ``root``; those that are asked the same again and again remember it."""
        macros = vars(self._environment.get_template("macros.html.j2").make_module(self._known | {"root": root}))
        return SimpleNamespace(**macros | {name: cache(macros[name]) for name in ("badge", "foot", "how", "mark", "navigation")})

    def _page(self, template: str, here: str | None = None, **values: Any) -> tuple[str, str]:
        here = here or f"{template}.html"
        root = "../" * here.count("/")
        up = root + "../" * self._folder.count("/")
        text = self._environment.get_template(f"{template}.html.j2").render(
            self._known, here=here, current="" if root else template, root=root, up=up, m=self._macros[root], **values
        )
        return self._folder + here, _BLANK_LINES.sub("\n", text)

    def _asked(self, form: Mapping[str, Any]) -> str:
        return ", ".join(self._say.name("personal_data", category) for category in form["personal_data"])

    def _worst_codes(self, code: str) -> str:
        forms = [form for form in self._data.forms.get(code, []) if form["kind"] in KINDS]
        found = (finding for form in forms for finding in form["findings"] if finding["weight"] in ("insecure", "downgrade"))
        titles = dict.fromkeys(self._say.finding(finding["code"])["title"] for finding in found)
        return "; ".join(titles)

    def _insecure(self, *, asking: bool = False) -> list[Row]:
        """Insecure forms that may be named, those that ask for the most sensitive data first; ``asking``: of all kinds, if they ask for any."""
        order = [row["category"] for row in self._data.numbers["personal"]]
        forms = [form for of in self._data.forms.values() for form in of if form["verdict"] == "insecure"]
        forms = [form for form in forms if (form["personal_data"] if asking else form["kind"] in KINDS)]
        return sorted(
            forms,
            key=lambda form: (
                min((order.index(category) for category in form["personal_data"]), default=99),
                form["https_2016"] != "fail",
                self._by_code[form["municipality"]]["name"],
                form["form_id"],
            ),
        )

    def _index(self) -> dict[str, Any]:
        worst, headline, towns = self._insecure(), self._headline(), self._data.municipalities
        return {
            "headline": headline,
            "headline_charts": {
                kind: figures.headline({rule: headline[kind][rule] for rule in RULE_SETS}, kind, self._say) for kind in KINDS
            },
            "results": figures.RESULTS,
            "statuses_of": figures.status_counts(self._data.numbers["statuses"]),
            "suppliers": [row for row in self._data.numbers["suppliers"] if row["supplier"] and row["affected"]],
            "worst": worst[:MOST_NAMED],
            "more_worst": max(0, len(worst) - MOST_NAMED),
            "maps": {kind: figures.country(towns, kind, self._say) for kind in KINDS},
            "not_on_map": sum(row["lat"] is None for row in towns),
        }

    def _headline(self) -> dict[str, dict[str, Row]]:
        found: dict[str, dict[str, Row]] = {kind: {} for kind in KINDS}
        for row in self._data.numbers["headline"]:
            found[row["kind"]][row["rule_set"]] = row
        return found

    def _places(self) -> dict[str, list[tuple[Row, Row]]]:
        """By finding: the municipalities that may be named, each with its worst form that has it."""
        found: dict[str, dict[str, Row]] = {}
        for municipality, forms in self._data.forms.items():
            for form in forms:
                for code in codes(form) if form["kind"] in KINDS else ():
                    found.setdefault(code, {}).setdefault(municipality, form)
        return {
            code: sorted(((self._by_code[at], form) for at, form in of.items()), key=lambda pair: (pair[0]["name"], pair[0]["code"]))
            for code, of in found.items()
        }

    def _coverage(self) -> dict[str, dict[str, int]]:
        found = {}
        for kind, of in figures.status_counts(self._data.numbers["statuses"]).items():
            found[kind] = {"not_found": of["not_found"], "not_tested": of["not_tested"]}
            found[kind]["found"] = sum(of.values()) - sum(found[kind].values())
        return found

    def _unread(self) -> list[tuple[Row, str]]:
        """Municipalities without a result for a kind of form, and why; none under embargo, since they would tell the others apart."""
        if self._data.embargo:
            return []
        rows = [row for row in self._data.municipalities if {row["appointment"], row["contact"]} & {"not_tested", "not_found"}]
        return [(row, self._why_unread(row)) for row in rows]

    def _why_unread(self, row: Row) -> str:
        if row["outcome"] != "surveyed":
            why = self._say.name("outcomes", row["outcome"])
            return f"{why}: {self._say.name('reasons', row['reason'])}" if row["reason"] else why
        failures = {page["failure"] for page in self._data.pages.get(row["code"], []) if page["failure"]}
        if any(form["kind"] in KINDS and form["verdict"] == "not_tested" for form in self._data.forms.get(row["code"], [])):
            return self._say("coverage.why_form")
        if failures and "not_tested" in (row["appointment"], row["contact"]):
            return self._say("coverage.why_pages", reasons=", ".join(sorted(self._say.name("reasons", reason) for reason in failures)))
        return self._say("coverage.why_none" if "not_tested" not in (row["appointment"], row["contact"]) else "coverage.why_unknown")

    def _trend(self) -> dict[str, Any]:
        numbers = self._data.numbers
        nights = sorted({row["snapshot"] for row in numbers["trend"]})
        failing = {(row["snapshot"], row["kind"], row["rule_set"]): row["failing"] for row in numbers["trend"]}
        totals = {row["snapshot"]: row["total"] for row in numbers["trend"]}
        rows = {
            kind: [
                {"snapshot": night, "total": totals[night]} | {rule: failing[night, kind, rule] for rule in RULE_SETS} for night in nights
            ]
            for kind in KINDS
        }
        drawn = len(nights) > 1
        return {
            "nights": nights,
            "trend_rows": rows,
            "trend_charts": {kind: figures.trend(nights, rows[kind], kind, RULE_SETS, self._say) for kind in KINDS} if drawn else {},
            "fixes_chart": figures.fixes(numbers["fix_times"], self._say),
            "times_chart": figures.fix_times(numbers["fix_times"], self._say),
            "named": self._named,
        }

    def _provinces(self) -> dict[str, Any]:
        counted, rows = figures.provinces(self._data.numbers["provinces"], embargo=self._data.embargo)
        return {"counted": counted, "rows": rows}

    def _named(self, changes: Sequence[FormChange]) -> list[FormChange]:
        """Those of which the form is shown."""
        shown = {(form["municipality"], form["form_id"]) for of in self._data.forms.values() for form in of}
        return [change for change in changes if change.new and (change.municipality, change.new.form_id) in shown]

    def _method(self) -> dict[str, Any]:
        about = self._data.descriptor.get("gemcrawl", {})
        facts: dict[str, Any] = {
            "snapshot": self._data.snapshot,
            "started": about.get("started"),
            "finished": about.get("finished"),
            "program": about.get("program_version"),
            "as_of": about.get("as_of"),
            "preload": about.get("preload_list_date"),
            "register": (about.get("registry") or {}).get("sha256"),
            "settings": ", ".join(f"{name} {value}" for name, value in (about.get("settings") or {}).items()),
        }
        resources_ = self._data.descriptor.get("resources") or []
        return {
            "facts": [(name, str(value)) for name, value in facts.items() if value],
            "files": [{"path": str(of.get("path", "")), "rows": of.get("rows", ""), "hash": str(of.get("hash", ""))} for of in resources_],
            "norms": [
                (name, asdict(rule) | {"codes": case.ordered(rule.fails_on), "tls": rule.tls.table if rule.tls else ""})
                for name in RULE_SETS
                if (rule := rules.load().get(name))
            ],
            "queries": [(name, sql.replace("$snapshot", f"'{self._data.snapshot}'")) for name, sql in queries.load().items()],
        }

    def _municipality(self, row: Row) -> dict[str, Any]:
        forms = self._data.forms.get(row["code"], [])
        pages = self._data.pages.get(row["code"], [])
        full = [form for form in forms if form["kind"] in KINDS or form["verdict"] in ("insecure", "downgrade")]
        hosts = {id(host): host for form in full for host in self._data.hosts_of(form)}
        published = UNPUBLISHED not in (row["appointment"], row["contact"])
        return {
            "cases": [self._case(form, pages) for form in full],
            "others": [form for form in forms if form not in full],
            "hosts": [(host, tree(case.host(host, self._say))) for host in hosts.values()],
            "outcome_shown": published,
            "failures": [page for page in pages if page["failure"]] if published else [],
        }

    def _case(self, form: Row, pages: Sequence[Row]) -> dict[str, Any]:
        groups = [
            {
                "code": code,
                "weight": next(f["weight"] for f in form["findings"] if f["code"] == code),
                "words": self._say.finding(code),
                "findings": [f for f in form["findings"] if f["code"] == code],
            }
            for code in codes(form)
        ]
        picture = self._data.picture(form)
        return {
            "form": form,
            "anchor": anchor(form),
            "picture": base64.b64encode(picture).decode() if picture is not None else None,
            "groups": groups,
            "what": tree(case.what(form, self._say)),
            "way": tree(case.way(form, pages, self._say)),
            "results": tree(case.results(form, self._data.hosts_of(form), self._say)),
        }
