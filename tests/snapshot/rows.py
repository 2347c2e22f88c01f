"""Rows to test with: any valid row at all, and nights of realistic size."""

from __future__ import annotations

import dataclasses
import struct
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from gemcrawl.items import Field, Finding, Form, Host, Municipality, Page, Survey
from gemcrawl.registry import Entry
from gemcrawl.snapshot.descriptor import RegistrySummary, RunInfo
from gemcrawl.validation import Bits

NIGHT = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)


def values(hint: Any, bits: int = 64) -> st.SearchStrategy[Any]:
    """Every value that an annotation allows."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return values(arguments[0], next((a.width for a in arguments[1:] if isinstance(a, Bits)), bits))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.none() | values(next(a for a in arguments if a is not type(None)), bits)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if dataclasses.is_dataclass(hint):
        return rows(hint)
    return {
        str: st.text(max_size=20),
        bool: st.booleans(),
        int: st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        float: st.floats(allow_nan=False, width=bits if bits == 32 else 64),
        datetime: st.datetimes(timezones=st.just(UTC)),
    }[hint]


def rows(row_type: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(row_type, include_extras=True)
    return st.builds(row_type, **{f.name: values(hints[f.name]) for f in dataclasses.fields(row_type)})


def float32(number: float) -> float:
    return float(struct.unpack("f", struct.pack("f", number))[0])


def entry(number: int) -> Entry:
    return Entry(code=f"GM{number:04d}", name=f"Gemeente {number}", province="Utrecht", website=f"www.gemeente{number}.nl")


def municipality(code: str, **changes: Any) -> Municipality:
    defaults: dict[str, Any] = {
        "code": code,
        "name": f"Gemeente {code}",
        "province": "Utrecht",
        "website": f"www.{code.lower()}.nl",
        "outcome": "surveyed",
        "appointment": "secure",
        "contact": "weak",
        "started_at": NIGHT,
        "finished_at": NIGHT + timedelta(minutes=4),
    }
    return Municipality(**defaults | changes)


def form(code: str, url: str, form_id: str = "f", **changes: Any) -> Form:
    defaults: dict[str, Any] = {
        "municipality": code,
        "form_id": form_id,
        "kind": "contact",
        "kind_score": 0.75,
        "page_url": url,
        "found_via": "link",
        "page_sha256": "ab" * 32,
        "fetched_at": NIGHT,
    }
    return Form(**defaults | changes)


def page(code: str, url: str, **changes: Any) -> Page:
    return Page(**{"municipality": code, "url": url, "final_url": url, "found_via": "link", "fetched_at": NIGHT} | changes)


def host(name: str, *codes: str, **changes: Any) -> Host:
    return Host(**{"host": name, "address": "192.0.2.1", "municipalities": list(codes), "roles": ["page"], "checked_at": NIGHT} | changes)


def night(number: int) -> Survey:
    """One municipality of the size met in practice: 40 pages, 8 forms, 3 hosts, one of them a supplier's that all share."""
    code = f"GM{number:04d}"
    site = f"https://www.gemeente{number}.nl"
    finding = Finding(code="hsts_absent", weight="weak", subject=site, evidence="no Strict-Transport-Security in 200 from " + site)
    fields = [Field(name=f"veld{i}", label=f"Vraag nummer {i}", type="text", category="name") for i in range(12)]
    return Survey(
        municipality=municipality(code, pages=40, requests=55, bytes=1_400_000),
        forms=[form(code, f"{site}/formulier/{i}", f"{i:032x}", fields=fields, findings=[finding] * 4) for i in reversed(range(8))],
        pages=[
            page(code, f"{site}/pagina/{i}", title=f"Pagina {i} van {code}", sha256=f"{number * 100 + i:064x}") for i in reversed(range(40))
        ],
        hosts=[
            host(f"www.gemeente{number}.nl", code, cipher_suites=[f"TLS_SUITE_{i}" for i in range(20)]),
            host(f"formulieren.gemeente{number}.nl", code, roles=["submit"]),
            host("afspraken.leverancier.nl", code, handshakes=number, roles=["frame"]),
        ],
    )


def run_info(run_id: str = "run-1", **changes: Any) -> RunInfo:
    defaults: dict[str, Any] = {
        "run_id": run_id,
        "started": NIGHT,
        "finished": NIGHT + timedelta(hours=3),
        "as_of": NIGHT.date(),
        "registry": RegistrySummary(source="registry.csv", sha256="cd" * 32, date=NIGHT.date(), rows=3),
        "settings": {"max_pages": 40, "delay": 1.0},
        "rule_sets": ("https-2016",),
    }
    return RunInfo(**defaults | changes)


def files_below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
