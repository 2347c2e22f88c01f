from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.probe.answer import Alert, Answer, AnswerReader, GarbledAnswer
from gemcrawl.transport.probe.names import load

from .servers import TLS10, TLS12, TLS13, message, record, server_hello

NAMES = load()
ECDHE, DHE, RSA = 0xC02F, 0x009E, 0x009C
CERTIFICATE = message(11, bytes(2000))
CURVE = message(12, b"\x03\x00\x17\x41" + bytes(65))
PRIME = message(12, b"\x01\x00" + b"\xff" * 256 + b"\x00\x01\x02")
DONE = message(14, b"")

WITH_CURVE = record(22, server_hello(TLS12, ECDHE) + CERTIFICATE + CURVE + DONE)
WITH_PRIME = record(22, server_hello(TLS12, DHE)) + record(22, CERTIFICATE) + record(22, PRIME + DONE)
RETRY = record(22, server_hello(TLS13, 0x1302, group=0x11EC, retry=True))
FULL = record(22, server_hello(TLS13, 0x1301, group=29))
WARNED = record(21, b"\x01\x70") + WITH_CURVE
ANSWERS = {
    WITH_CURVE: Answer(TLS12, ECDHE, group=23),
    WITH_PRIME: Answer(TLS12, DHE, prime=b"\xff" * 256),
    RETRY: Answer(TLS13, 0x1302, group=0x11EC),
    FULL: Answer(TLS13, 0x1301, group=29),
    WARNED: Answer(TLS12, ECDHE, group=23),
    record(22, server_hello(TLS10, 0x002F)): Answer(TLS10, 0x002F),
    record(22, server_hello(TLS12, ECDHE) + CERTIFICATE + DONE): Answer(TLS12, ECDHE),
    record(22, server_hello(TLS12, ECDHE) + message(12, b"\x01\x00")): Answer(TLS12, ECDHE),  # a curve written out
    record(22, message(2, b"\x03\x00" + bytes(32) + b"\x00\x00\x05\x00")): Answer(0x0300, 0x0005),
}


def read(data: bytes, step: int = 1_000_000, limit: int = 65_536) -> Answer | Alert | None:
    reader = AnswerReader(NAMES, limit)
    for start in range(0, len(data), step):
        if (outcome := reader.feed(data[start : start + step])) is not None:
            return outcome
    return None


@pytest.mark.parametrize("step", [1, 7, 1_000_000])
@pytest.mark.parametrize("data", ANSWERS)
def test_an_answer_is_read_however_it_is_cut(data: bytes, step: int) -> None:
    assert read(data, step) == ANSWERS[data]


def test_messages_may_be_spread_over_records() -> None:
    messages = server_hello(TLS12, ECDHE) + CERTIFICATE + CURVE
    assert read(b"".join(record(22, messages[i : i + 100]) for i in range(0, len(messages), 100))) == Answer(TLS12, ECDHE, group=23)


def test_nothing_more_is_read_than_needed() -> None:
    assert read(record(22, server_hello(TLS12, RSA)) + b"HTTP/1.1 400 Bad Request") == Answer(TLS12, RSA)


def test_a_fatal_alert_and_a_goodbye_end_the_answer() -> None:
    assert read(record(21, b"\x02\x28")) == Alert(40)
    assert read(record(21, b"\x01\x00")) == Alert(0)


def test_the_server_hello_counts_before_the_key_exchange_came() -> None:
    reader = AnswerReader(NAMES)
    assert reader.feed(record(22, server_hello(TLS12, ECDHE))) is None
    assert reader.hello == Answer(TLS12, ECDHE)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x16\x03\x03\xff\xff" + bytes(100),  # a record longer than records may be
        b"\x16\x03\x03\x00\x00",  # an empty one
        record(22, CERTIFICATE),
        record(22, message(2, b"\x03\x03")),
        record(22, message(2, b"\x02\x00" + bytes(32) + b"\x00\x00\x05\x00")),
        record(22, message(2, b"\x7f\x1c" + bytes(32) + b"\x00\x00\x05\x00")),
        record(21, b"\x02"),
        record(21, b"\x09\x28"),
        record(23, b"data"),
        record(22, server_hello(TLS12, DHE) + message(12, b"\xff\xff\x00")),
    ],
)
def test_anything_else_is_garbled(data: bytes) -> None:
    with pytest.raises(GarbledAnswer):
        read(data)


def test_an_answer_of_many_megabytes_is_cut_off_at_the_limit() -> None:
    endless = [record(22, b"\x02\xff\xff\xff" + bytes(16_000)), *[record(22, bytes(16_384))] * 10_000]
    reader = AnswerReader(NAMES, 65_536)
    assert [reader.feed(part) for part in endless[:4]] == [None] * 4
    with pytest.raises(GarbledAnswer):
        reader.feed(endless[4])


def test_a_chain_over_the_limit_leaves_the_suite_known() -> None:
    data = record(22, server_hello(TLS12, ECDHE)) + record(22, b"\x0b\xff\xff\xff") + record(22, bytes(16_384)) * 5
    assert read(data, 1000) == Answer(TLS12, ECDHE)


def test_a_flood_of_warnings_ends_at_the_limit() -> None:
    with pytest.raises(GarbledAnswer):
        read(record(21, b"\x01\x70") * 20_000, 1000)


def never_raises_anything_else(data: bytes, step: int) -> None:
    try:
        outcome = read(data, step)
    except GarbledAnswer:
        return
    assert outcome is None or isinstance(outcome, Answer | Alert)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_bytes_raise_anything_else(data: bytes, step: int) -> None:
    never_raises_anything_else(data, step)


@given(
    st.lists(st.tuples(st.sampled_from([21, 22]), st.binary(min_size=1, max_size=60)), max_size=6),
    st.integers(1, 50),
)
def test_no_records_raise_anything_else(records: list[tuple[int, bytes]], step: int) -> None:
    never_raises_anything_else(b"".join(record(kind, content) for kind, content in records), step)


@given(st.lists(st.tuples(st.sampled_from([2, 11, 12, 14]), st.binary(max_size=60)), max_size=4), st.sampled_from([ECDHE, DHE, RSA]))
def test_no_messages_raise_anything_else(messages: list[tuple[int, bytes]], suite: int) -> None:
    handshake = server_hello(TLS12, suite) + b"".join(message(kind, body) for kind, body in messages)
    never_raises_anything_else(record(22, handshake), 40)


@given(st.sampled_from(list(ANSWERS)), st.data())
def test_no_damaged_answer_raises_anything_else(answer: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(answer) - 1))
    cut = data.draw(st.integers(0, len(answer)))
    damaged = answer[:at] + data.draw(st.binary(min_size=1, max_size=3)) + answer[at + 1 :]
    never_raises_anything_else(damaged[:cut], 1000)
