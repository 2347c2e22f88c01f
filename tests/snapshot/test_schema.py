from __future__ import annotations

import dataclasses
import io
import json
from typing import Annotated, Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemcrawl.exceptions import ItemError
from gemcrawl.items import TABLES, Field, FindingCode, Form, Host, Municipality, Page, Reason, SecurityTxt, columns
from gemcrawl.snapshot.schema import arrow_schema, from_record, table_of, to_record
from tests.snapshot.rows import NIGHT, float32, form, municipality, page, rows

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")


def expected(value: Any, kind: pa.DataType) -> Any:
    """What is read back: float32 columns lose precision, everything else is as it was."""
    if value is None:
        return None
    if pa.types.is_float32(kind):
        return float32(value)
    if pa.types.is_list(kind):
        return [expected(each, kind.value_type) for each in value]
    if pa.types.is_struct(kind):
        return {field.name: expected(value[field.name], field.type) for field in kind}
    return value


def through_parquet(table: pa.Table) -> pa.Table:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return pq.read_table(io.BytesIO(file.getvalue()))


class TestTheSchema:
    @pytest.mark.parametrize("row", TABLES.values())
    def test_has_the_columns_of_the_row_in_order_each_with_its_description(self, row):
        schema = arrow_schema(row)
        assert tuple(schema.names) == columns(row)
        assert all(field.metadata[b"description"] for field in schema)

    @pytest.mark.parametrize(
        ("row", "column", "kind", "nullable"),
        [
            (Municipality, "code", pa.string(), False),
            (Municipality, "start_url", pa.string(), True),
            (Municipality, "appointment_forms", pa.int32(), False),
            (Municipality, "bytes", pa.int64(), False),
            (Municipality, "started_at", UTC_MICROSECONDS, False),
            (Form, "kind_score", pa.float32(), False),
            (Form, "depth", pa.int16(), False),
            (Form, "rendered", pa.bool_(), False),
            (Form, "verdict", pa.string(), False),
            (Page, "status", pa.int16(), True),
            (Page, "seconds", pa.float64(), False),
            (Host, "hsts_max_age", pa.int64(), True),
            (Host, "certificate_not_after", UTC_MICROSECONDS, True),
        ],
    )
    def test_has_the_types_of_the_contract(self, row, column, kind, nullable):
        field = arrow_schema(row).field(column)
        assert (field.type, field.nullable) == (kind, nullable)

    def test_lists_and_what_is_in_them_are_never_null(self):
        for row in TABLES.values():
            for field in arrow_schema(row):
                if pa.types.is_list(field.type):
                    assert not field.nullable
                    assert not field.type.value_field.nullable

    def test_nested_rows_are_structs(self):
        security_txt = arrow_schema(Municipality).field("security_txt")
        assert security_txt.nullable
        assert [field.name for field in security_txt.type] == ["contacts", "expires", "url"]
        fields = arrow_schema(Form).field("fields").type.value_field
        assert [(field.name, field.nullable) for field in fields.type] == [
            ("name", False),
            ("label", False),
            ("type", False),
            ("category", True),
            ("required", False),
        ]
        assert fields.type.field("category").metadata[b"description"] == b"kind of personal data asked for"

    def test_closed_lists_name_their_values(self):
        assert json.loads(arrow_schema(Page).field("failure").metadata[b"enum"]) == list(get_args(Reason))
        insecure = arrow_schema(Municipality).field("insecure_findings")
        assert json.loads(insecure.type.value_field.metadata[b"enum"]) == list(get_args(FindingCode))
        assert b"enum" not in insecure.metadata
        assert b"enum" not in arrow_schema(Municipality).field("name").metadata

    @pytest.mark.parametrize("row", TABLES.values())
    def test_survives_a_parquet_file_with_metadata(self, row):
        assert through_parquet(arrow_schema(row).empty_table()).schema.equals(arrow_schema(row), check_metadata=True)

    def test_refuses_an_annotation_it_has_no_type_for(self):
        odd = dataclasses.make_dataclass("Odd", [("mapping", Annotated[dict, "description"])])
        with pytest.raises(TypeError, match="no Arrow type"):
            arrow_schema(odd)


@pytest.mark.parametrize("row_type", TABLES.values())
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_every_valid_row_survives_the_way_through_parquet(row_type, data):
    made = data.draw(st.lists(rows(row_type), min_size=1, max_size=3))
    read = through_parquet(table_of(row_type, made))
    read.validate(full=True)
    kind = pa.struct(list(arrow_schema(row_type)))
    assert read.to_pylist() == [expected(dataclasses.asdict(row), kind) for row in made]


@pytest.mark.parametrize("row_type", TABLES.values())
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_a_record_is_the_row_in_plain_values_and_back(row_type, data):
    row = data.draw(rows(row_type))
    assert to_record(row) == dataclasses.asdict(row)
    assert from_record(row_type, to_record(row)) == row


def test_a_record_of_an_older_schema_gets_the_defaults():
    record = to_record(page("GM0344", "https://x.nl/"))
    del record["seconds"]
    assert from_record(Page, record).seconds == 0.0
    del record["url"]
    with pytest.raises(TypeError):
        from_record(Page, record)


def test_a_record_with_a_value_that_does_not_fit_is_refused():
    with pytest.raises(ItemError):
        from_record(Page, to_record(page("GM0344", "https://x.nl/")) | {"found_via": "luck"})


def test_strings_that_utf_8_cannot_hold_are_replaced_wherever_they_are():
    hostile = form("GM0344", "https://x.nl/", page_title="a\ud800b", fields=[Field(name="\udfff", label="\ud83d\ude00", type="text")])
    (read,) = table_of(Form, [hostile]).to_pylist()
    assert read["page_title"] == "a\ufffdb"
    assert read["fields"][0]["name"] == "\ufffd"
    assert read["fields"][0]["label"] == "😀"


def test_no_rows_make_an_empty_table():
    assert table_of(Host, []).schema == arrow_schema(Host)


def test_a_struct_that_may_be_null_keeps_null_apart_from_empty():
    read = through_parquet(
        table_of(Municipality, [municipality("GM0001"), municipality("GM0002", security_txt=SecurityTxt(expires=NIGHT))])
    )
    assert read["security_txt"].to_pylist() == [None, {"contacts": [], "expires": NIGHT, "url": None}]
