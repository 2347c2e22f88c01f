"""Two published nights with known changes between them, for everything that looks at snapshots in the morning."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from gemcrawl.items import Finding, Municipality, Recheck, SecurityTxt, Survey
from gemcrawl.registry import Entry
from gemcrawl.snapshot.descriptor import RegistrySummary
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.transport.findings import finding
from tests.snapshot.rows import NIGHT, form, host, municipality, page, run_info

FIRST, SECOND = "2026-11-23T020000Z", "2026-11-24T020000Z"
HOSTILE = '=HYPERLINK("http://evil.test")\x1b]0;bezeten\x07\r\n<script>alert(1)</script>[x](javascript:y) `\u202e'
AA, BEE, CEE, DEE = "GM9001", "GM9002", "GM9003", "GM9004"
NAMES = {AA: "Aa", BEE: "Bee", CEE: "Cee & Zo", DEE: "Dee"}
SECURITY_TXT = SecurityTxt(
    contacts=["mailto:cvd@aa.test?subject=x", "https://www.aa.test/cvd"],
    expires=NIGHT + timedelta(days=200),
    url="https://www.aa.test/.well-known/security.txt",
)

RECHECK = Recheck(
    municipality=AA,
    form_id="x",
    kind="appointment",
    page_url="http://www.aa.test/afspraak",
    snapshot=FIRST,
    result="fixed",
    verdict_before="insecure",
    verdict="secure",
    gone=["page_http"],
    evidence="no finding that counts",
    checked_at=NIGHT,
)


def a_form(code: str, kind: str, path: str, *found: Finding, scheme: str = "https", **changes: Any) -> Any:
    """A form whose verdict is its worst finding."""
    url = f"{scheme}://www.{NAMES[code][:3].lower().strip()}.test{path}"
    weights = [f.weight for f in found if f.weight != "note"]
    verdict = next((w for w in ("insecure", "downgrade", "weak") if w in weights), "secure")
    given: dict[str, Any] = {
        "kind": kind,
        "verdict": verdict,
        "findings": list(found),
        "https_2016": "fail" if "insecure" in weights else "pass",
        "decree_2023": "fail" if weights else "pass",
        "ncsc_webapp_2015": "pass",
        "internet_nl_2025": "pass",
        "entry_url": f"https://www.{NAMES[code][:3].lower().strip()}.test/",
    }
    return form(code, url, f"{code}{kind}{path}{scheme}".replace("/", "").lower(), **{**given, **changes})


def town(code: str, *forms: Any, **changes: Any) -> Survey:
    """A municipality whose statuses are the worst of its forms."""
    order = ["insecure", "downgrade", "weak", "secure"]

    def status(kind: str) -> str:
        return min((f.verdict for f in forms if f.kind == kind), key=order.index, default="not_found")

    site = f"www.{NAMES[code][:3].lower().strip()}.test"
    row: Municipality = municipality(
        code, name=NAMES[code], website=site, **{"appointment": status("appointment"), "contact": status("contact"), **changes}
    )
    return Survey(
        municipality=row,
        forms=list(forms),
        pages=[page(code, f.page_url) for f in forms],
        hosts=[host(site, code, certificate_not_after=NIGHT + timedelta(days=9))],
    )


def publish_night(output: Path, number: int, *towns: Survey, of: int = 0) -> Path:
    """Publishes the towns as one complete snapshot, ``number`` nights after the first; as a selection ``of`` so many, where that is given."""
    parts = Parts(output / "runs" / f"r{number}")
    for each in towns:
        parts.write(each)
    rows = [t.municipality for t in towns]
    entries = [Entry(code=row.code, name=row.name, province=row.province, website=row.website) for row in rows]
    registry = RegistrySummary(source="r.csv", sha256="0" * 64, date=NIGHT.date(), rows=of or len(entries))
    at = NIGHT + timedelta(days=number)
    info = run_info(f"r{number}", started=at, finished=at + timedelta(hours=1), registry=registry, whole=not of)
    return publish(output, info, parts, entries).path


def first_night(output: Path) -> Path:
    insecure = finding("page_http", "http://www.aa.test/afspraak", f"delivered over http: {HOSTILE}")
    return publish_night(
        output,
        0,
        town(
            AA,
            a_form(AA, "appointment", "/afspraak", insecure, scheme="http", supplier="Mozard", personal_data=["name", "bsn"]),
            a_form(AA, "contact", "/contact"),
            security_txt=SECURITY_TXT,
        ),
        town(
            BEE,
            a_form(BEE, "appointment", "/afspraak"),
            a_form(BEE, "contact", "/contact", finding("hsts_short", "www.bee.test", "max-age=1")),
        ),
        town(CEE, a_form(CEE, "appointment", "/afspraak", finding("http_twin", "http://www.cee.test/afspraak", "200"), supplier="Mozard")),
        town(DEE, outcome="unreachable", reason="dns", appointment="not_tested", contact="not_tested"),
    )


def second_night(output: Path) -> Path:
    """Aa is mended, over https now; Bee's contact form is new on the list; Cee stays; Dee is reached."""
    return publish_night(
        output,
        1,
        town(
            AA,
            a_form(AA, "appointment", "/afspraak", supplier="Mozard", personal_data=["name", "bsn"]),
            a_form(AA, "contact", "/contact"),
            security_txt=SECURITY_TXT,
        ),
        town(
            BEE,
            a_form(BEE, "appointment", "/afspraak"),
            a_form(BEE, "contact", "/contact", finding("action_http", "http://www.bee.test/v", "x")),
        ),
        town(CEE, a_form(CEE, "appointment", "/afspraak", finding("http_twin", "http://www.cee.test/afspraak", "200"), supplier="Mozard")),
        town(DEE, a_form(DEE, "appointment", "/afspraak")),
    )


def two_nights(output: Path) -> Path:
    """Publishes both, and returns the output."""
    first_night(output)
    second_night(output)
    return output
