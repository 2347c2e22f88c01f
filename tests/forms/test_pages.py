"""Every directory below ``pages`` is a document, what it must be read as, and why it exists; adding a directory adds a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemcrawl.forms import read_page

PAGES = Path(__file__).parent / "pages"
OF_PAGE = ("supplier", "error_page", "challenge", "app_shell")
OF_FORM = ("kind", "by_script", "has_form_element")


@pytest.mark.parametrize("case", sorted(p.name for p in PAGES.iterdir()))
def test_page_is_read_as_its_directory_says(case: str) -> None:
    expected = json.loads((PAGES / case / "expected.json").read_text(encoding="utf-8"))
    assert expected["why"].strip()
    reading = read_page((PAGES / case / "page.html").read_bytes(), expected["url"], entry_text=expected.get("entry_text", ""))

    for key in OF_PAGE:
        if key in expected:
            assert getattr(reading, key) == expected[key], expected["why"]
    if "frames" in expected:
        assert list(reading.frames) == expected["frames"]
    reasons = [(f.kind, f.kind_score, f.kind_reasons) for f in reading.forms]
    assert [f.kind for f in reading.forms] == [f["kind"] for f in expected["forms"]], reasons
    for form, wanted in zip(reading.forms, expected["forms"], strict=True):
        assert list(form.personal_data) == wanted["personal_data"], form.fields
        for key in OF_FORM:
            if key in wanted:
                assert getattr(form, key) == wanted[key], key
        if "level" in wanted:
            assert form.personal_data_level == wanted["level"]
        if "targets" in wanted:
            assert [t.url for t in form.targets] == wanted["targets"]
        if "api_urls" in wanted:
            assert list(form.api_urls) == wanted["api_urls"]
        assert 0 <= form.kind_score <= 1
        assert form.kind_reasons
