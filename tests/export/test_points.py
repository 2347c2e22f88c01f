"""The municipalities as a map reads them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from geojson_pydantic import Feature, FeatureCollection, Point
from pydantic import ValidationError

from gemcrawl.export.points import write_geojson
from gemcrawl.export.tables import Snapshot
from tests.support.nights import AA, BEE, DEE

Collection = FeatureCollection[Feature[Point | None, dict[str, Any]]]  # type: ignore[type-var]


def _written(snapshot: Snapshot, to: Path) -> Any:
    write_geojson(snapshot, to, lambda _: None)
    return Collection.model_validate_json(to.read_bytes())


def test_a_validator_takes_it_and_would_not_take_another(mapped: Snapshot, tmp_path: Path) -> None:
    assert len(_written(mapped, tmp_path / "x").features) == mapped.rows("municipalities")
    broken = json.loads((tmp_path / "x").read_bytes())
    broken["features"][0]["geometry"]["coordinates"] = ["east", "north"]
    with pytest.raises(ValidationError):
        Collection.model_validate(broken)


def test_points_are_east_first_and_carry_the_statuses(mapped: Snapshot, tmp_path: Path) -> None:
    features = {feature.id: feature for feature in _written(mapped, tmp_path / "x").features}
    assert tuple(features[AA].geometry.coordinates) == (4.89, 52.37)
    assert tuple(features[BEE].geometry.coordinates) == (5.69, 50.85)
    assert features[AA].properties["appointment"] == "secure"
    assert features[DEE].properties["outcome"] == "unreachable"
    assert features[AA].properties["insecure_findings"] == []
    assert not {"lat", "lon"} & set(features[AA].properties)


def test_what_has_no_coordinates_is_there_without_a_geometry_and_counted(mapped: Snapshot, night: Snapshot, tmp_path: Path) -> None:
    assert write_geojson(mapped, tmp_path / "x", lambda _: None) == 1
    assert {feature.id: feature.geometry for feature in _written(mapped, tmp_path / "x").features}[DEE] is None
    assert write_geojson(night, tmp_path / "x", lambda _: None) == night.rows("municipalities")


def test_a_night_from_before_there_were_coordinates_gets_those_of_the_register(tmp_path: Path) -> None:
    (old,) = (Path(__file__).parents[1] / "snapshot/first_schema").glob("snapshot=*")
    shutil.copytree(old, tmp_path / old.name)
    file = tmp_path / old.name / "municipalities.parquet"
    table = pq.read_table(file, partitioning=None)
    assert not {"lat", "lon"} & set(table.column_names)
    codes = pa.array(["GM0363", *table["code"].to_pylist()[1:]])
    pq.write_table(table.set_column(0, table.schema.field("code"), codes), file)
    assert write_geojson(Snapshot.open(file.parent), tmp_path / "x", lambda _: None) == 2  # the others are in no register
    (amsterdam, *_) = _written(Snapshot.open(file.parent), tmp_path / "x").features
    assert [round(degrees) for degrees in amsterdam.geometry.coordinates] == [5, 52]
