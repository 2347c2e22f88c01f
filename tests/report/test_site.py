"""The pages: complete, in two languages, and inert whatever sites say."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from gemcrawl.cli.report import Languages, make
from gemcrawl.report.site import MENU, anchor, safe_url, tree
from tests.report.nights import BAD_URL, SCRIPT, TEXT, first_night, published
from tests.report.pages import broken_links, read, text
from tests.snapshot.rows import NIGHT

ALLOWED = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "nav", "main", "footer", "section", "article", "figure"),
    *(
        "figcaption",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "span",
        "a",
        "b",
        "small",
        "br",
        "code",
        "pre",
        "bdi",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
    ),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("svg", "g", "path", "rect", "circle", "text", "desc"),
}


def test_every_page_is_there_in_both_languages(hostile_report: Path) -> None:
    names = {f"{name}.html" for name in MENU} | {f"m/GM{number:04d}.html" for number in range(1, 5)}
    found = {str(path.relative_to(hostile_report)) for path in hostile_report.rglob("*.html")}
    assert found == names | {f"en/{name}" for name in names}
    for name in names:
        assert read(hostile_report / name).root.attributes["lang"] == "nl"  # type: ignore[union-attr]
        assert read(hostile_report / "en" / name).root.attributes["lang"] == "en"  # type: ignore[union-attr]


def test_every_link_leads_somewhere(hostile_report: Path) -> None:
    assert broken_links(hostile_report) == []


def test_nothing_that_a_site_says_becomes_code(hostile_report: Path) -> None:
    for path in hostile_report.rglob("*.html"):
        page = read(path)
        assert {node.tag for node in page.css("*")} <= ALLOWED, path
        for node in page.css("*"):
            assert not [name for name in node.attributes if name.startswith("on")], path
        raw = path.read_text("utf-8")
        assert "49" not in re.findall(r"onerror=alert\(2\)&gt;(..)", raw)
        assert "\x1b" not in raw
        assert "\u202e" not in raw


def test_what_sites_say_is_shown_as_text(hostile_report: Path) -> None:
    shown = text(hostile_report / "m" / "GM0001.html")
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7*7 }}" in shown
    assert "javascript:alert(document.domain)" in shown


def test_only_web_addresses_are_links_and_they_tell_nobody_where_one_came_from(hostile_report: Path) -> None:
    outward = 0
    for path in hostile_report.rglob("*.html"):
        for node in read(path).css("a[href]"):
            href = node.attributes["href"] or ""
            if re.match(r"[a-z]+:", href):
                outward += 1
                assert href.startswith(("https://", "http://"))
                assert {"noreferrer", "nofollow"} <= set((node.attributes["rel"] or "").split())
    assert outward
    assert BAD_URL in {node.attributes["href"] for node in read(hostile_report / "m" / "GM0001.html").css("a[href]")}


@pytest.mark.parametrize(
    "url", [SCRIPT, "data:text/html,x", "vbscript:x", "//x.test/", "/x", "", None, "ftp://x.test/", "java\nscript:alert(1)", "http://a b/"]
)
def test_what_may_not_become_a_link(url: str | None) -> None:
    assert safe_url(url) == ""


def test_pages_allow_no_script_and_load_nothing(hostile_report: Path) -> None:
    for path in hostile_report.rglob("*.html"):
        page = read(path)
        (policy,) = page.css('meta[http-equiv="Content-Security-Policy"]')
        assert (policy.attributes["content"] or "").startswith("default-src 'none'; img-src data:; style-src 'sha256-")
        assert [node.attributes["href"] for node in page.css("link")] == ["data:,"]
        assert not page.css("[src]")


def test_a_municipality_tells_why_and_what_mends_it(hostile_report: Path) -> None:
    english = text(hostile_report / "en" / "m" / "GM0001.html")
    for said in (
        "This form is insecure, because:",
        "The form is sent to an http address",
        "everyone on the line can read it",
        "Change the form's action",
        "citizen service number (BSN), e-mail address",
        "gemcrawl explain aa11",
        "sends to: http://a.test/post by post",
    ):
        assert said in english
    assert "Dit formulier is onveilig, want:" in text(hostile_report / "m" / "GM0001.html")


def test_since_when_a_form_is_what_it_is(hostile_report: Path) -> None:
    assert "like this since 2026-11-23 (form first seen 2026-11-22)" in text(hostile_report / "en" / "m" / "GM0001.html")


def test_not_found_is_told_apart_from_safe(hostile_report: Path) -> None:
    for path in ("en/m/GM0003.html", "en/coverage.html"):
        assert "“Not found” and “not tested” do not mean safe." in text(hostile_report / path)
    coverage = text(hostile_report / "en" / "coverage.html")
    assert "Dd ○ not tested ○ not tested robots.txt keeps us out: robots.txt does not allow it" in coverage
    assert "Cc □ not found □ not found the site was read, no such form was met" in coverage


def test_the_map_has_a_mark_for_everyone_and_a_table_beside_it(hostile_report: Path) -> None:
    first, second = read(hostile_report / "en" / "index.html").css("svg.map")
    assert [len(svg.css("a")) for svg in (first, second)] == [4, 4]
    titles = [node.text() for node in second.css("title")]
    assert "Bb: secure" in titles
    rows = [
        [" ".join(cell.text().split()) for cell in row.css("th, td")]
        for row in read(hostile_report / "en/municipalities.html").css("tbody tr")
    ]
    assert len(rows) == 4
    assert ["Bb", "Utrecht", "□ not found", "● secure", ""] in rows


def test_what_changed_since_the_night_before(hostile_report: Path) -> None:
    shown = text(hostile_report / "en" / "trend.html")
    assert "appointment new ● secure ◆ insecure seen once" in shown
    assert "contact mended ◆ insecure ● secure seen once" in shown


def test_one_night_has_no_trend_yet(output: Path) -> None:
    index, _ = make(output, lang=Languages.en)
    shown = text(index.parent / "trend.html")
    assert "There is one snapshot over these municipalities so far" in shown
    assert "Changed since" not in shown


def test_one_language_stands_at_the_top(output: Path) -> None:
    index, _ = make(output, lang=Languages.en)
    assert read(index).root.attributes["lang"] == "en"  # type: ignore[union-attr]
    assert not (index.parent / "en").exists()
    assert not read(index).css("[hreflang]")
    assert broken_links(index.parent) == []


def test_nothing_at_all_was_found(tmp_path: Path) -> None:
    published(tmp_path / "output", [first_night()[2]], NIGHT + timedelta(days=3))
    index, _ = make(tmp_path / "output")
    assert broken_links(index.parent) == []
    assert "0 of 1" in text(index.parent / "en" / "index.html")


def test_lines_become_a_list_of_two_levels() -> None:
    assert tree(["  a", "    b", "    c", "  d"]) == [("a", ["b", "c"]), ("d", [])]


def test_an_id_from_a_file_cannot_leave_its_attribute() -> None:
    assert anchor({"form_id": 'a"><script>' + TEXT}).isascii()
    assert not set('"<>') & set(anchor({"form_id": 'a"><script>'}))
