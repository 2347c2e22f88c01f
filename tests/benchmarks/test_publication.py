"""The parts that the benchmark of publication copies are parts as gemcrawl writes them; how long they take is not looked at here."""

from __future__ import annotations

from pathlib import Path

from benchmarks import publication_inside
from gemcrawl.snapshot.parts import Parts


def test_every_copy_is_the_part_of_a_municipality_of_its_own(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    publication_inside.write_parts(parts, 3)
    assert parts.codes() == {"GM0000000", "GM0000001", "GM0000002"}
    first, second = parts.survey("GM0000001"), parts.survey("GM0000002")
    assert first is not None
    assert second is not None
    assert first.municipality.website == "www.gemeente0000001.example"
    assert {row.municipality for row in [*first.forms, *first.pages]} == {"GM0000001"}
    assert not {form.form_id for form in first.forms} & {form.form_id for form in second.forms}


def test_platforms_are_shared_and_sites_are_not(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    publication_inside.write_parts(parts, publication_inside.PLATFORMS + 2)
    first, neighbour, fellow = (parts.survey(f"GM{n:07d}") for n in (1, 2, publication_inside.PLATFORMS + 1))
    assert first is not None
    assert neighbour is not None
    assert fellow is not None
    assert [host.host for host in first.hosts] == [
        "www.gemeente0000001.example",
        "formulieren.gemeente0000001.example",
        "platform01.example",
        "platform00.example",
    ]
    assert first.hosts[2].host == fellow.hosts[2].host != neighbour.hosts[2].host
