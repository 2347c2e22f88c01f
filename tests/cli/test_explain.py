"""`gemcrawl rules` and `gemcrawl explain`, on snapshots published for the test."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.cli.explain import WIDTH, case, explain, folded, rules
from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.items import RedirectHop, Survey
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import publish
from gemcrawl.transport import ncsc
from gemcrawl.transport import rules as rule_sets
from gemcrawl.transport.findings import finding
from gemcrawl.transport.urls import clean
from tests.snapshot.rows import NIGHT, entry, form, host, municipality, page, run_info

CODE = "GM0001"
PAGE, SUBMIT = "https://www.x.test/afspraak", "https://y.test/post"
ESCAPE = "\x1b[31mrood\x07"

BAD = form(
    CODE,
    PAGE,
    "abc123",
    kind="appointment",
    kind_reasons=["the title says afspraak maken" + ESCAPE],
    page_title="Afspraak " + ESCAPE,
    supplier="Timeblockr",
    supplier_evidence="host of the script",
    entry_url="https://www.x.test/",
    frame_urls=["https://www.x.test/rond"],
    action="/post",
    method="post",
    submit_urls=[SUBMIT],
    findings=[
        finding("http_twin", "http://www.x.test/afspraak", "http://www.x.test/afspraak 200"),
        finding("tls_phase_out", "y.test", "phase out in NCSC 2.1: version TLSv1"),
    ],
    verdict="downgrade",
    https_2016="pass",
    ncsc_webapp_2015="fail",
    decree_2023="fail",
    internet_nl_2025="fail",
)
UNKNOWN = form(
    CODE,
    "https://z.test/",
    "e0e0e0",
    submit_urls=["https://z.test/"],
    findings=[finding("tls_insufficient", "z.test", "insufficient in NCSC 2.1: group X25519MLKEM768 (not in the table of 2021)")],
    verdict="not_tested",
    https_2016="pass",
    ncsc_webapp_2015="not_tested",
    decree_2023="fail",
    internet_nl_2025="not_tested",
)
HOSTS = [
    host(
        "z.test",
        CODE,
        https="ok",
        certificate="expired",
        certificate_not_before=NIGHT - timedelta(days=90),
        certificate_not_after=NIGHT - timedelta(days=1),
        certificate_key="RSA-4096",
        certificate_signature="sha256",
        tls_versions=["TLSv1.3"],
        cipher_suites=["TLS_AES_256_GCM_SHA384"],
        groups=["x25519", "X25519MLKEM768"],
        ncsc_2_1="insufficient",
        ncsc_2025="not_tested",
        upgrade="not_tested",
    ),
    host("www.x.test", CODE, https="ok", certificate="expired", certificate_defects=["expired", "hostname_mismatch"]),
    host(
        "y.test",
        CODE,
        roles=["submit"],
        hsts="short",
        hsts_header="max-age=5" + ESCAPE,
        certificate="valid",
        certificate_key="RSA-2048",
        certificate_signature="sha256",
        certificate_not_before=NIGHT - timedelta(days=30),
        certificate_not_after=NIGHT + timedelta(days=60),
        tls_versions=["TLSv1", "TLSv1.3"],
        cipher_suites=["TLS_AES_256_GCM_SHA384"],
        groups=["x25519", "ffdhe2048"],
        ncsc_1_0="sufficient",
        ncsc_2_1="phase_out",
        ncsc_2025="insufficient",
    ),
]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("explain") / "output"
    hop = RedirectHop(url="http://www.x.test/afspraak", status=301, scheme="http")
    forms = [
        BAD,
        form(
            CODE, "https://www.x.test/contact", "abd999", verdict="secure", evidence="evidence/archive.warc.gz#7", picture="evidence/x.webp"
        ),
        form(CODE, "https://www.x.test/contact2", "abd99", verdict="secure"),
        UNKNOWN,
    ]
    pages = [page(CODE, "http://www.x.test/afspraak", final_url=PAGE, redirects=[hop], status=200)]
    parts = Parts(output / "runs" / "r1")
    parts.write(Survey(municipality=municipality(CODE, name="Voorbeeld"), forms=forms, pages=pages, hosts=HOSTS))
    publish(output, run_info("r1"), parts, [replace(entry(1), name="Voorbeeld")])
    return output


def told(output: Path, form_id: str = "abc123") -> str:
    return "\n".join(case(form_id, output))


def test_what_and_where(output: Path) -> None:
    text = told(output)
    assert text.startswith("appointment form abc123 of Voorbeeld (GM0001): downgrade")
    for said in (f"page: {PAGE}", "the title says afspraak maken", "supplier: Timeblockr, by host of the script"):
        assert said in text


def test_where_the_evidence_is(output: Path) -> None:
    assert "  page as received: evidence/archive.warc.gz, record at byte 7\n  picture: evidence/x.webp\n" in told(output, "abd999")
    assert "evidence, in the snapshot" not in told(output)


def test_the_way_with_every_hop(output: Path) -> None:
    text = told(output)
    assert f"page: http://www.x.test/afspraak 301 -> {PAGE} 200" in text
    assert "entry: https://www.x.test/\n" in text
    assert "framed by: https://www.x.test/rond\n" in text
    assert f'sends to: {SUBMIT} by post (action="/post")' in text


def test_the_facts_of_each_host_with_its_grades_and_why(output: Path) -> None:
    _, first, second = told(output).split("\nhost ")
    assert first.startswith("www.x.test (192.0.2.1)\n")
    assert "certificate: expired, hostname mismatch" in first
    assert "TLS settings: not listed" in first
    assert "https answers; http was not asked" in first
    assert "HSTS: short; Strict-Transport-Security: max-age=5" in second
    assert "valid from 2026-10-24 to 2027-01-22; 60 days left on 2026-11-23" in second
    assert "key RSA-2048, signature sha256" in second
    assert "ncsc-1.0: sufficient\n" in second
    assert "ncsc-2.1: phase out\n    phase out: version TLSv1, group ffdhe2048\n" in second
    assert (
        "ncsc-2025-05: insufficient\n    insufficient: version TLSv1, group ffdhe2048\n    phase out: certificate key RSA-2048\n" in second
    )


def test_findings_with_evidence_and_what_mends_them(output: Path) -> None:
    text = told(output)
    assert "downgrade: http_twin on http://www.x.test/afspraak\n    http://www.x.test/afspraak 200\n" in text
    mends = text.split("what mends it\n")[1].split("\n\n")[0]
    assert "    where: y.test\n" in mends
    assert [line for line in mends.splitlines() if not line.startswith("    ")] == [
        "  The page also answers over http (http_twin)",
        "  TLS settings that are to be phased out (tls_phase_out)",
    ]


def test_which_rule_set_fails_on_what(output: Path) -> None:
    results = told(output).split("rule sets\n")[1].split("\n\n")[0].splitlines()
    assert results == [
        "  ncsc-webapp-2015: fail",
        "    on http_twin",
        "  https-2016: pass",
        "  decree-2023: fail",
        "    on http_twin, tls_phase_out",
        "    on y.test: TLS settings phase out in ncsc-2.1",
        "  internet-nl-2025: fail",
        "    on http_twin",
        "    on y.test: TLS settings insufficient in ncsc-2025-05",
    ]


def test_why_a_rule_set_says_neither_pass_nor_fail(output: Path) -> None:
    results = told(output, "e0e0e0").split("rule sets\n")[1].split("\n\n")[0].splitlines()
    http = "whether the http version of the page answers with a page"
    upgrade = "how http leads to https on a host of the page or its frames"
    assert results == [
        "  ncsc-webapp-2015: not tested",
        f"    not known: {http}",
        "  https-2016: pass",
        "  decree-2023: fail",
        "    on tls_insufficient",
        "    on z.test: TLS settings insufficient in ncsc-2.1",
        "  internet-nl-2025: not tested",
        f"    not known: {upgrade}; or the TLS settings of a host that the form meets over https",
    ]


def test_what_is_newer_than_the_decrees_table_says_so(output: Path) -> None:
    text = told(output, "e0e0e0")
    assert "ncsc-2.1: insufficient\n    insufficient: group X25519MLKEM768 (not in the table of 2021)\n    by ncsc-2.1 everything" in text
    assert "expired 1 day before on 2026-11-23" in text


def test_nothing_is_wider_than_a_hundred_columns(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain("abc123", str(output))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert " ".join(shown.split()) == " ".join(told(output).split())


@given(st.text(max_size=400).map(clean), st.integers(0, 6))
def test_folding_loses_nothing(text: str, indent: int) -> None:
    parts = folded(" " * indent + text)
    assert all(len(part) <= WIDTH for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part.startswith(" " * (indent + 2)) for part in parts[1:])


def test_the_same_as_json(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain("abc", str(output), as_json=True)
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert "\x1b" not in shown
    read = json.loads(shown)
    assert read["form"]["form_id"] == "abc123"
    assert read["municipality"]["code"] == CODE
    assert [row["host"] for row in read["hosts"]] == ["www.x.test", "y.test"]
    assert read["hosts"][1]["checked_at"].startswith("2026-11-23T")
    assert read["pages"][0]["redirects"][0]["status"] == 301


@pytest.mark.parametrize(("wanted", "near"), [("abc124", "abc123"), ("abd98", "abd99"), ("zzzzzz", None)])
def test_an_id_with_a_slip_is_answered_with_the_nearest(output: Path, wanted: str, near: str | None) -> None:
    with pytest.raises(UsageError) as raised:
        list(case(wanted, output))
    assert (f"the nearest ids are {near}" in str(raised.value)) == (near is not None)
    assert ("nearest" in str(raised.value)) == (near is not None)


def test_a_form_without_findings(output: Path) -> None:
    text = told(output, "abd999")
    assert "findings: none" in text
    assert "what mends it" not in text


@pytest.mark.parametrize("prefix", ["abc123", "abc", "abc1"])
def test_the_beginning_of_an_id_is_enough_when_only_one_form_has_it(output: Path, prefix: str) -> None:
    assert told(output, prefix) == told(output, "abc123")


def test_a_whole_id_counts_although_another_begins_with_it(output: Path) -> None:
    assert told(output, "abd99").startswith("contact form abd99 of")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("zzz", "'zzz': no form"),
        ("", "'': no form"),
        ("a%", "'a%': no form"),
        ("a' OR 1=1 --", "no form"),
        ("\x1b[2J", "no form"),
        ("ab", r"3 forms .*abc123, abd99, abd999"),
        ("abd", "2 forms"),
    ],
)
def test_an_unknown_or_ambiguous_id_is_named_with_how_to_list_ids(output: Path, wanted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        list(case(wanted, output))
    assert "gemcrawl query --output" in str(raised.value)
    assert str(raised.value).isprintable()


def test_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no snapshot"):
        list(case("abc", tmp_path))


def test_what_sites_say_cannot_steer_the_terminal(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain("abc123", str(output))
    shown = capsys.readouterr().out
    assert "Afspraak [31mrood" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_rules_lists_every_norm_with_its_source_date_and_what_it_fails_on(capsys: pytest.CaptureFixture[str]) -> None:
    rules()
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= WIDTH
    blocks = {block.split(":", 1)[0]: " ".join(block.split()) for block in shown.strip().split("\n\n")}
    assert list(blocks) == [*rule_sets.load(), *ncsc.load()]
    for name, rule_set in rule_sets.load().items():
        for said in (rule_set.title, rule_set.source, rule_set.applies_from.isoformat(), *rule_set.fails_on):
            assert said in blocks[name]
    assert "insufficient or phase out in ncsc-2.1" in blocks["decree-2023"]
    assert "2015-09-01 (published in 2015; month and day not verified)" in blocks["ncsc-webapp-2015"]
    assert "applies from: 2023-07-01 fails on" in blocks["decree-2023"]
    for name, table in ncsc.load().items():
        for said in (table.title, table.source, table.date.isoformat(), table.date_note, *table.versions):
            assert said in blocks[name]
