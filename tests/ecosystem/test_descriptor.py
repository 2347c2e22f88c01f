"""``datapackage.json`` as a tool for Data Packages reads it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frictionless import FrictionlessException, Package

from gemcrawl.items import TABLES
from gemcrawl.snapshot.schema import arrow_schema
from tests.support.nights import first_night

ROOT = Path(__file__).resolve().parents[2]
(OLD,) = (ROOT / "tests/snapshot/first_schema").glob("snapshot=*")


@pytest.fixture(autouse=True)
def cells() -> Iterator[None]:
    """frictionless lifts Python's limit on the size of a cell, for all that run in this process."""
    limit = csv.field_size_limit()
    yield
    csv.field_size_limit(limit)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return first_night(tmp_path_factory.mktemp("descriptor") / "output")


def _complaints(descriptor: dict[str, Any]) -> list[str]:
    try:
        return [error.note for error in Package.metadata_validate(descriptor)]
    except FrictionlessException as error:  # a field of a type that there is not
        return [error.error.note]


@pytest.mark.parametrize("which", ["today", "first schema"])
def test_it_is_valid(which: str, night: Path) -> None:
    descriptor = json.loads(((night if which == "today" else OLD) / "datapackage.json").read_bytes())
    assert _complaints(descriptor) == []


def test_every_table_and_column_is_in_it(night: Path) -> None:
    package = Package(str(night / "datapackage.json"))
    assert package.resource_names == list(TABLES)
    for name, row_type in TABLES.items():
        assert package.get_resource(name).schema.field_names == arrow_schema(row_type).names
    assert package.get_resource("forms").schema.primary_key == ["municipality", "form_id"]
    assert package.get_resource("pages").schema.foreign_keys[0]["reference"]["resource"] == "municipalities"


def test_sizes_and_hashes_are_those_of_the_files(night: Path, tmp_path: Path) -> None:
    descriptor = json.loads((night / "datapackage.json").read_bytes())
    for resource in descriptor["resources"]:  # as files: its reader of Parquet knows no nested columns
        resource["type"] = "file"
        del resource["schema"], resource["rows"]
    assert Package(descriptor, basepath=str(night)).validate().valid
    shutil.copytree(night, tmp_path / night.name)
    with (tmp_path / night.name / "hosts.parquet").open("ab") as file:
        file.write(b" ")
    report = Package(descriptor, basepath=str(tmp_path / night.name)).validate()
    assert {row[0] for row in report.flatten(["type"])} == {"byte-count", "hash-count"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda descriptor: descriptor.pop("resources"),
        lambda descriptor: descriptor["resources"][0].pop("path"),
        lambda descriptor: descriptor["resources"][0]["schema"]["fields"][0].update(type="text"),
        lambda descriptor: descriptor["resources"][1]["schema"]["fields"][0].update(constraints={"required": "yes"}),
    ],
)
def test_what_is_not_valid_is_found(spoil: Any, night: Path) -> None:
    """The check above can fail."""
    descriptor = json.loads((night / "datapackage.json").read_bytes())
    spoil(descriptor)
    assert _complaints(descriptor)
