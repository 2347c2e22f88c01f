from __future__ import annotations

import dataclasses
import re
import types
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from gemcrawl import items
from gemcrawl.exceptions import ItemError
from gemcrawl.items import TABLES, Field, Finding, Form, Host, Municipality, Page, RedirectHop, SecurityTxt, columns

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROWS = [*TABLES.values(), Field, Finding, RedirectHop, SecurityTxt]
VALID: dict[type, dict[str, Any]] = {
    Municipality: {
        "code": "GM0344",
        "name": "Utrecht",
        "province": "Utrecht",
        "website": "www.utrecht.nl",
        "outcome": "surveyed",
        "appointment": "secure",
        "contact": "not_found",
        "started_at": NOW,
        "finished_at": NOW,
    },
    Form: {
        "municipality": "GM0344",
        "form_id": "ab",
        "kind": "contact",
        "kind_score": 0.5,
        "page_url": "https://www.utrecht.nl/contact",
        "found_via": "link",
        "page_sha256": "cd",
        "fetched_at": NOW,
    },
    Page: {"municipality": "GM0344", "url": "https://x.nl/", "final_url": "https://x.nl/", "found_via": "home", "fetched_at": NOW},
    Host: {"host": "www.utrecht.nl", "checked_at": NOW},
    Field: {"name": "n", "label": "l", "type": "text"},
    Finding: {"code": "hsts_absent", "weight": "weak", "subject": "x.nl", "evidence": "none"},
    RedirectHop: {"url": "http://x.nl/", "status": 301, "scheme": "http"},
    SecurityTxt: {},
}
COLUMNS = [
    pytest.param(row, name, hint, id=f"{row.__name__}.{name}")
    for row in ROWS
    for name, hint in get_type_hints(row, include_extras=True).items()
]


def bare(hint: Any) -> tuple[Any, bool]:
    """The type of a column, and whether it is nullable."""
    nullable = False
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif get_origin(hint) in (Union, types.UnionType):
            nullable, hint = True, next(a for a in get_args(hint) if a is not type(None))
        else:
            return hint, nullable


def closed(hint: Any) -> tuple[tuple[str, ...], bool]:
    """The values of a closed list, if the column has one, and whether it is a list of them."""
    kind, _ = bare(hint)
    listed = get_origin(kind) is list
    kind = bare(get_args(kind)[0])[0] if listed else kind
    return (get_args(kind) if get_origin(kind) is Literal else ()), listed


@pytest.mark.parametrize("row", ROWS)
def test_a_row_with_what_is_required_is_valid(row):
    row(**VALID[row])


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_frozen_and_takes_no_other_columns(row):
    made = row(**VALID[row])
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, columns(row)[0], "x")
    with pytest.raises(TypeError):
        row(**VALID[row], unheard_of=1)


@pytest.mark.parametrize("row", [row for row in ROWS if VALID[row]])
def test_what_is_required_cannot_be_left_out(row):
    for name in VALID[row]:
        with pytest.raises(TypeError):
            row(**{key: value for key, value in VALID[row].items() if key != name})


@pytest.mark.parametrize(("row", "name", "hint"), COLUMNS)
def test_every_column_refuses_another_type(row, name, hint):
    kind, _ = bare(hint)
    wrong = [object(), b"bytes", {}]
    wrong += [["x", 1]] if get_origin(kind) is list else [[], "outside any list" if kind is not str else 1]
    if kind is not bool:
        wrong.append(True)
    if kind is datetime:
        wrong.append(NOW.replace(tzinfo=None))
    for value in wrong:
        with pytest.raises(ItemError, match=rf"^{row.__name__}\.{name} is "):
            row(**VALID[row] | {name: value})


@pytest.mark.parametrize(("row", "name", "hint"), COLUMNS)
def test_null_is_only_for_nullable_columns(row, name, hint):
    if bare(hint)[1]:
        assert getattr(row(**VALID[row] | {name: None}), name) is None
    else:
        with pytest.raises(ItemError):
            row(**VALID[row] | {name: None})


@pytest.mark.parametrize(("row", "name", "hint"), [column for column in COLUMNS if closed(column.values[2])[0]])
def test_a_closed_list_takes_its_values_and_no_other(row, name, hint):
    allowed, listed = closed(hint)
    for value in allowed:
        row(**VALID[row] | {name: [value] if listed else value})
    for value in ("", "SECURE", f"{allowed[0]} "):
        with pytest.raises(ItemError):
            row(**VALID[row] | {name: [value] if listed else value})


@pytest.mark.parametrize(("row", "name", "hint"), COLUMNS)
def test_every_column_has_a_description(row, name, hint):
    assert get_origin(hint) is Annotated
    (description,) = (note for note in get_args(hint)[1:] if isinstance(note, str))
    assert len(description) > 3
    assert not description.endswith(".")
    assert re.fullmatch("[a-z0-9_]+", name)


@pytest.mark.parametrize("row", TABLES.values())
def test_every_table_has_a_description(row):
    assert row.__doc__
    assert not row.__doc__.startswith(f"{row.__name__}(")


ADDED: dict[type, set[str]] = {
    Municipality: {"lat", "lon"},
    Form: {"render_outcome", "blocked_requests", "picture"},
    Page: {"render_cause", "render_outcome"},
}
"""Columns that the contract does not name: adding one is no breaking change."""


def of_contract(row: type) -> tuple[str, ...]:
    assert ADDED[row] <= set(columns(row))
    return tuple(name for name in columns(row) if name not in ADDED[row])


def test_the_columns_of_the_contract_are_there_in_order():
    assert of_contract(Municipality) == (
        *("code", "name", "province", "website", "start_url", "outcome", "reason", "appointment", "contact", "appointment_forms"),
        *("contact_forms", "other_forms", "insecure_findings", "suppliers", "pages", "requests", "bytes", "rendered", "security_txt"),
        *("started_at", "finished_at"),
    )
    assert of_contract(Form) == (
        *("municipality", "form_id", "kind", "kind_score", "kind_reasons", "page_url", "page_title", "language", "entry_url", "found_via"),
        *("depth", "rendered", "frame_urls", "supplier", "supplier_evidence", "method", "enctype", "action", "submit_urls", "fields"),
        *("personal_data", "personal_data_level", "findings", "verdict", "https_2016", "ncsc_webapp_2015", "decree_2023"),
        *("internet_nl_2025", "seen_on", "page_sha256", "evidence", "fetched_at"),
    )
    assert of_contract(Page) == (
        *("municipality", "url", "final_url", "redirects", "status", "failure", "content_type", "bytes", "truncated", "title", "language"),
        *("depth", "score", "found_via", "rendered", "forms", "sha256", "seconds", "fetched_at"),
    )
    assert columns(Host) == (
        *(
            "host",
            "port",
            "address",
            "municipalities",
            "roles",
            "supplier",
            "https",
            "http",
            "upgrade",
            "hsts",
            "hsts_header",
            "hsts_max_age",
        ),
        *("certificate", "certificate_defects", "certificate_subject", "certificate_issuer", "certificate_names", "certificate_not_before"),
        *("certificate_not_after", "certificate_key", "certificate_signature", "certificate_sha256", "tls_versions", "cipher_suites"),
        *("groups", "ncsc_1_0", "ncsc_2_1", "ncsc_2025", "handshakes", "checked_at"),
    )


def test_the_worse_of_two_verdicts_is_never_a_status_that_does_not_exist():
    assert set(get_args(items.Verdict)) < set(get_args(items.Status))


def test_default_lists_are_not_shared_between_rows():
    one, other = Host(**VALID[Host]), Host(**VALID[Host])
    assert one.municipalities is not other.municipalities
