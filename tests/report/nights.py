"""Snapshots to report on: a small one whose every string from a site is hostile, and a second night."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gemcrawl.items import Form, Host, Municipality, Page, Survey
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.transport.findings import finding
from tests.snapshot.rows import NIGHT, entry, form, host, municipality, page, run_info

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\x1b[31m\u202e\ud83d"
"""Breaks out of attributes, of text and of templates, and steers terminals; with a lone surrogate as far as Parquet lets it through."""
TEXT = EVIL.encode("utf-8", "ignore").decode()
SCRIPT = "javascript:alert(document.domain)//https://x.test/"
BAD_URL = "https://www.gm0001.nl/afspraak?x=%22%3E%3Cscript%3E&y='onmouseover=alert(1)"

INSECURE = form(
    "GM0001",
    BAD_URL,
    "aa11",
    kind="appointment",
    kind_reasons=[TEXT],
    page_title=TEXT,
    entry_url=SCRIPT,
    frame_urls=["data:text/html,<script>alert(3)</script>"],
    supplier=TEXT,
    supplier_evidence=TEXT,
    method="post",
    action=TEXT,
    submit_urls=["http://a.test/post", SCRIPT, "vbscript:msgbox"],
    personal_data=["bsn", "email"],
    personal_data_level="seen",
    findings=[finding("action_http", TEXT, TEXT), finding("hsts_absent", "www.gm0001.nl", TEXT)],
    verdict="insecure",
    https_2016="fail",
    ncsc_webapp_2015="fail",
    decree_2023="fail",
    internet_nl_2025="fail",
)
SAFE = form("GM0002", "https://www.gm0002.nl/contact", "bb22", verdict="secure", supplier=TEXT, https_2016="pass", ncsc_webapp_2015="pass")
SEARCH = form("GM0002", "https://www.gm0002.nl/", "cc33", kind="search", verdict="weak", findings=[finding("hsts_absent", "b", "c")])
HOSTS = [
    host("www.gm0001.nl", "GM0001", hsts_header=TEXT, certificate="valid", certificate_subject=TEXT, certificate_names=[TEXT], https="ok"),
    host("www.gm0002.nl", "GM0002", https="ok", tls_versions=["TLSv1.3"], cipher_suites=[TEXT], groups=[TEXT]),
]


def survey(row: Municipality, forms: list[Form], hosts: list[Host], pages: list[Page] | None = None) -> Survey:
    return Survey(municipality=row, forms=forms, pages=pages or [], hosts=hosts)


def town(number: int, **changes: Any) -> Municipality:
    places = {1: (52.1, 5.1), 2: (53.2, 6.5), 3: (50.9, 5.8), 4: (52.4, 4.9)}
    lat, lon = places[number]
    return municipality(f"GM{number:04d}", **{"lat": lat, "lon": lon, "appointment": "not_found", "contact": "not_found"} | changes)


def first_night() -> list[Survey]:
    """Four municipalities: one insecure, one secure, one of which nothing was found, one that could not be tested."""
    failed = page("GM0004", SCRIPT, failure="robots", title=TEXT)
    return [
        survey(town(1, name=f"Aa {TEXT}", province=TEXT, appointment="insecure", insecure_findings=["action_http"]), [INSECURE], HOSTS[:1]),
        survey(town(2, name="Bb", contact="secure"), [SAFE, SEARCH], HOSTS[1:]),
        survey(town(3, name="Cc"), [], []),
        survey(
            town(4, name="Dd", outcome="robots_denied", reason="robots", appointment="not_tested", contact="not_tested"), [], [], [failed]
        ),
    ]


def second_night() -> list[Survey]:
    """The insecure form is mended, and the secure one is not any more."""
    mended = replace(INSECURE, verdict="secure", findings=[], submit_urls=["https://a.test/post"], https_2016="pass")
    worse = replace(SAFE, verdict="insecure", findings=[finding("cert_expired", "www.gm0002.nl", "expired")], form_id="bb23")
    nights = first_night()
    nights[0] = survey(town(1, name="Aa", appointment="secure"), [mended], HOSTS[:1])
    nights[1] = survey(town(2, name="Bb", contact="insecure"), [worse, SEARCH], HOSTS[1:])
    return nights


def published(output: Path, surveys: list[Survey], started: datetime = NIGHT, run: str = "r1") -> str:
    """Publishes a night; the name of its snapshot."""
    parts = Parts(output / "runs" / run)
    for each in surveys:
        parts.write(each)
    info = replace(run_info(run), started=started, finished=started + timedelta(hours=1))
    publish(output, info, parts, [entry(number) for number in range(1, len(surveys) + 1)])
    return started.strftime("%Y-%m-%dT%H%M%SZ")
