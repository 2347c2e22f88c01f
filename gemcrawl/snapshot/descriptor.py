"""The descriptor of a snapshot: a Data Package (datapackage.org) that says what is in the files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import gemcrawl
from gemcrawl.items import TABLES
from gemcrawl.snapshot.schema import SCHEMA_VERSION, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from gemcrawl.items import Reason
    from gemcrawl.registry import Registry
    from gemcrawl.snapshot.compact import Compacted
    from gemcrawl.snapshot.gate import Gate

DESCRIPTOR = "datapackage.json"
MEDIA_TYPE = "application/vnd.apache.parquet"

_KEYS: dict[str, dict[str, Any]] = {
    "municipalities": {"primaryKey": ["code"]},
    "forms": {
        "primaryKey": ["municipality", "form_id"],
        "foreignKeys": [{"fields": ["municipality"], "reference": {"resource": "municipalities", "fields": ["code"]}}],
    },
    "pages": {"foreignKeys": [{"fields": ["municipality"], "reference": {"resource": "municipalities", "fields": ["code"]}}]},
    "hosts": {"primaryKey": ["host", "port", "address"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySummary:
    """The registry a run used, as the descriptor tells it."""

    source: str
    sha256: str
    date: date
    rows: int

    @classmethod
    def of(cls, registry: Registry) -> RegistrySummary:
        return cls(source=registry.source, sha256=registry.sha256, date=registry.as_of, rows=registry.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What a run tells about itself."""

    run_id: str
    started: datetime
    """UTC; the snapshot is named after it."""
    finished: datetime
    as_of: date
    registry: RegistrySummary
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The settings that matter for the result; values that JSON can hold."""
    rule_sets: tuple[str, ...] = ()
    preload_list_date: date | None = None
    """Date of the HSTS preload list in use; None without one."""
    missing: Reason = "error"
    """Why municipalities may be without a part: error, interrupted or deadline."""
    whole: bool = True
    """The run was over every municipality of the register, rather than a selection."""


def describe(directory: Path, snapshot: str, run: RunInfo, compacted: Compacted, gate: Gate) -> dict[str, Any]:
    """The descriptor of the tables in a directory.

    Raises:
        OSError: a table cannot be read.
    """
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "profile": "data-package",
        "name": f"gemcrawl-{snapshot.lower()}",
        "title": f"Transport security of Dutch municipal forms, {run.as_of}",
        "created": _utc(run.finished),
        "resources": [_resource(directory, name, row_type, compacted.rows[name]) for name, row_type in TABLES.items()],
        "gemcrawl": {
            "snapshot": snapshot,
            "run": run.run_id,
            "schema_version": SCHEMA_VERSION,
            "program_version": gemcrawl.__version__,
            "as_of": run.as_of.isoformat(),
            "registry": {
                "source": run.registry.source,
                "sha256": run.registry.sha256,
                "date": run.registry.date.isoformat(),
                "rows": run.registry.rows,
            },
            "settings": dict(run.settings),
            "rule_sets": list(run.rule_sets),
            "preload_list_date": run.preload_list_date.isoformat() if run.preload_list_date else None,
            "started": _utc(run.started),
            "finished": _utc(run.finished),
            "whole": run.whole,
            "missing": {"municipalities": len(compacted.missing), "reason": run.missing if compacted.missing else None},
            "outcomes": compacted.outcomes,
            "evidence": compacted.evidence,
            "gate": gate.told(),
        },
    }


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _resource(directory: Path, name: str, row_type: type, rows: int) -> dict[str, Any]:
    path = directory / f"{name}.parquet"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": name,
        "type": "table",
        "profile": "data-resource",
        "path": path.name,
        "description": (row_type.__doc__ or "").strip(),
        "format": "parquet",
        "mediatype": MEDIA_TYPE,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "rows": rows,
        "schema": table_schema(row_type),
    }


def table_schema(row_type: type) -> dict[str, Any]:
    """The Table Schema of a row type: a field per column with name, type, description and constraints.

    An array column has its elements under ``arrayItem``, an object its members under ``fields``.
    """
    keys = next((_KEYS[name] for name, row in TABLES.items() if row is row_type), {})
    return {"fields": [_column(column) for column in arrow_schema(row_type)], **keys}


def _column(column: pa.Field) -> dict[str, Any]:
    metadata = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
    result: dict[str, Any] = {"name": column.name, **_kind(column.type)}
    if "description" in metadata:
        result["description"] = metadata["description"]
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if "enum" in metadata:
        constraints["enum"] = json.loads(metadata["enum"])
    if constraints:
        result["constraints"] = constraints
    return result


def _kind(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        element = _column(kind.value_field)
        del element["name"]
        return {"type": "array", "arrayItem": element}
    if pa.types.is_struct(kind):
        return {"type": "object", "fields": [_column(kind.field(i)) for i in range(kind.num_fields)]}
    if pa.types.is_timestamp(kind):
        return {"type": "datetime"}
    if pa.types.is_boolean(kind):
        return {"type": "boolean"}
    if pa.types.is_integer(kind):
        return {"type": "integer"}
    if pa.types.is_floating(kind):
        return {"type": "number"}
    return {"type": "string"}
