"""Pictures of insecure forms in the report: shown in their case, inert, and under an embargo as unseen as the case."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from gemcrawl.cli.report import make
from gemcrawl.snapshot.evidence import picture_path
from tests.report.nights import INSECURE, first_night, published
from tests.report.pages import read

FORM_ID = "0123456789abcdef0123"
PICTURE = b"RIFF\x00\x00\x00\x00WEBP\x00\xff"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A night with a picture of its insecure form."""
    surveys = first_night()
    surveys[0].forms = [replace(INSECURE, form_id=FORM_ID, picture=picture_path(FORM_ID), evidence="evidence/archive.warc.gz#7")]
    surveys[0].pictures = {FORM_ID: PICTURE}
    published(tmp_path / "output", surveys)
    return tmp_path / "output"


def _shown(output: Path, to: Path, **options: str) -> list[str]:
    index, _ = make(output, to=to, **options)
    return [node.attributes["src"] or "" for path in index.parent.rglob("*.html") for node in read(path).css("img.picture")]


def test_it_is_in_the_page_of_its_municipality_in_both_languages(output: Path, tmp_path: Path) -> None:
    assert _shown(output, tmp_path / "report") == [f"data:image/webp;base64,{base64.b64encode(PICTURE).decode()}"] * 2
    (image,) = read(tmp_path / "report/m/GM0001.html").css("article img")
    assert image.attributes["alt"]


def test_under_an_embargo_it_is_nowhere(output: Path, tmp_path: Path) -> None:
    assert _shown(output, tmp_path / "report", embargo="60d") == []


def test_a_picture_that_is_no_longer_there_is_left_out(output: Path, tmp_path: Path) -> None:
    (picture,) = output.glob("snapshot=*/evidence/*.webp")
    picture.unlink()
    assert _shown(output, tmp_path / "report") == []
