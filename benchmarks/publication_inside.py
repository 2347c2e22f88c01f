"""Writes the parts of many municipalities, publishes them and prints what that took; removes everything after.

python -m benchmarks.publication_inside DIRECTORY MUNICIPALITIES
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from gemcrawl.items import Field, Finding, Form, Host, Municipality, Page, Survey
from gemcrawl.registry import Entry
from gemcrawl.snapshot.gate import Gate, Limits, Tally, judge
from gemcrawl.snapshot.parts import PART_FILE, Parts
from gemcrawl.snapshot.publish import RegistrySummary, RunInfo, publish

NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)
PLATFORMS = 90
"""Suppliers' platforms that the municipalities share, two each."""
_TOWN, _FIRST, _SECOND = b"7654321", b"PLATFORM-1", b"PLATFORM-2"
_FINDINGS = ("hsts_absent", "mixed_passive", "tls_phase_out")
_CATEGORIES = ("name", "birth_date", "postcode", "email", "phone", None)


def survey() -> Survey:
    """One municipality with every column filled about as long as the web fills it."""
    code, site = "GM7654321", "https://www.gemeente7654321.example"
    findings = [Finding(code=f, weight="weak", subject=site, evidence=f"what was seen there: {'x' * 60}") for f in _FINDINGS]  # type: ignore[arg-type]
    fields = [Field(name=f"veld-{i}", label=f"Vraag {i} aan de inwoner", type="text", category=_CATEGORIES[i % 6]) for i in range(9)]  # type: ignore[arg-type]
    forms = [
        Form(
            municipality=code,
            form_id=f"{i:025x}7654321",
            kind=("contact", "appointment", "report", "complaint", "search")[i],  # type: ignore[arg-type]
            kind_score=0.9,
            kind_reasons=["words of the title: afspraak maken", "asks for a date and a time"],
            page_url=f"{site}/onderwerp/formulier-{i}",
            page_title=f"Formulier {i} van gemeente 7654321",
            language="nl",
            entry_url=f"{site}/contact",
            found_via="link",
            depth=2,
            supplier="Platform",
            method="post",
            action="/verzenden",
            submit_urls=[f"{site}/verzenden"],
            fields=fields,
            personal_data=["name", "birth_date", "postcode", "email", "phone"],
            personal_data_level="seen",
            findings=findings,
            verdict="weak",
            seen_on=3,
            page_sha256=f"{i:057x}7654321",
            fetched_at=NIGHT,
        )
        for i in range(5)
    ]
    pages = [
        Page(
            municipality=code,
            url=f"{site}/onderwerp/pagina-{i}",
            final_url=f"{site}/onderwerp/pagina-{i}",
            status=200,
            content_type="text/html",
            bytes=41_000,
            title=f"Pagina {i} van gemeente 7654321",
            language="nl",
            depth=1,
            score=3.5,
            found_via="link",
            forms=1,
            sha256=f"{i:057x}7654321",
            seconds=0.4,
            fetched_at=NIGHT,
        )
        for i in range(12)
    ]
    names = ["www.gemeente7654321.example", "formulieren.gemeente7654321.example", "PLATFORM-1.example", "PLATFORM-2.example"]
    hosts = [
        Host(
            host=name,
            address="192.0.2.1",
            municipalities=[code],
            roles=["page", "submit"],
            https="ok",
            http="ok",
            upgrade="first_hop_same_host",
            hsts="good",
            hsts_header="max-age=31536000; includeSubDomains",
            hsts_max_age=31_536_000,
            certificate="valid",
            certificate_subject=f"CN={name}",
            certificate_issuer="CN=An authority G2,O=Somebody who signs,C=NL",
            certificate_names=[name, f"zoeken.{name}", f"mijn.{name}", f"afspraak.{name}"],
            certificate_not_before=NIGHT - timedelta(days=100),
            certificate_not_after=NIGHT + timedelta(days=200),
            certificate_key="RSA-2048",
            certificate_signature="sha256",
            certificate_sha256=[f"{i:057x}7654321" for i in range(3)],
            tls_versions=["TLSv1.2", "TLSv1.3"],
            cipher_suites=[f"TLS_ECDHE_RSA_WITH_AES_{i}_GCM_SHA384" for i in range(12)],
            groups=["x25519", "secp256r1", "secp384r1"],
            ncsc_2025="sufficient",
            handshakes=21,
            checked_at=NIGHT,
        )
        for name in names
    ]
    town = Municipality(
        code=code,
        name="Gemeente 7654321",
        province="Utrecht",
        website="www.gemeente7654321.example",
        start_url=f"{site}/",
        outcome="surveyed",
        appointment="weak",
        contact="weak",
        appointment_forms=1,
        contact_forms=1,
        other_forms=3,
        suppliers=["Platform"],
        pages=12,
        requests=31,
        bytes=700_000,
        started_at=NIGHT,
        finished_at=NIGHT + timedelta(minutes=4),
    )
    return Survey(municipality=town, forms=forms, pages=pages, hosts=hosts)


def write_parts(parts: Parts, size: int) -> None:
    """Writes one part as gemcrawl does, and the others as copies of its bytes with other numbers, which takes a hundredth of the time.

    The copies are not compressed, so that numbers of one length can be put in place of others.
    """
    first = parts.write(survey())
    pq.write_table(pq.read_table(first, partitioning=None), first, compression="none", use_dictionary=False, write_statistics=False)
    content = first.read_bytes()
    shutil.rmtree(first.parent)
    for number in range(size):
        path = parts.directory / f"GM{number:07d}" / PART_FILE
        path.parent.mkdir()
        one = content.replace(_TOWN, b"%07d" % number)
        one = one.replace(_FIRST, b"platform%02d" % (number % PLATFORMS)).replace(_SECOND, b"platform%02d" % (number // 7 % PLATFORMS))
        path.write_bytes(one)


def main() -> None:
    output, size = Path(sys.argv[1]), int(sys.argv[2])
    if len(sys.argv) == 3:  # a process that only publishes has a peak of its own
        write_parts(Parts(output / "runs" / "run"), size)
        try:
            print(
                subprocess.run(
                    [sys.executable, "-m", __spec__.name, *sys.argv[1:], "publish"], check=True, stdout=subprocess.PIPE, text=True
                ).stdout
            )
        finally:
            shutil.rmtree(output)
        return
    entries = [
        Entry(code=f"GM{n:07d}", name=f"Gemeente {n:07d}", province="Utrecht", website=f"www.gemeente{n:07d}.example") for n in range(size)
    ]
    run = RunInfo(
        run_id="run",
        started=NIGHT,
        finished=NIGHT + timedelta(hours=6),
        as_of=date(2026, 11, 23),
        registry=RegistrySummary(source="benchmark", sha256="0" * 64, date=date(2026, 11, 23), rows=size),
    )

    def gate(tables: Path) -> Gate:
        return judge(Tally.of(tables), [entry.code for entry in entries], Limits(most={}, rise={}, municipalities=100))

    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    published = publish(output, run, Parts(output / "runs" / "run"), entries, gate=gate)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    if published.gate.state != "passed" or published.missing:
        raise RuntimeError(f"not what was to be measured: {published}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"rows": published.rows, "seconds": seconds, "cpu": cpu, "memory_mb": after.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
