"""The door through which workers on other machines come back: one word lets in one worker, and nobody else is answered."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from gemcrawl.fleet import link
from gemcrawl.fleet.link import Gate, join, watch
from gemcrawl.fleet.wire import Wire


async def said_to(port: int, content: bytes) -> bytes:
    """What somebody who says this gets back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_who_knows_the_word_is_let_in_and_heard() -> None:
    async with Gate("127.0.0.1") as gate:
        word, joined = gate.expect()
        connected = await asyncio.to_thread(join, "127.0.0.1", gate.port, word)
        connected.setblocking(False)
        theirs, ours = await Wire.over(connected), await joined
        theirs.send(ready=3)
        assert await anext(ours.messages()) == {"ready": 3}
        ours.send(done=True)
        assert await anext(theirs.messages()) == {"done": True}
        theirs.close()
        assert [message async for message in ours.messages()] == []
        ours.close()


async def test_a_word_lets_in_once() -> None:
    async with Gate("127.0.0.1") as gate:
        word, joined = gate.expect()
        first = await asyncio.to_thread(join, "127.0.0.1", gate.port, word)
        (await joined).send(settings={"secret": 1})
        assert await said_to(gate.port, f"{word}\n".encode()) == b""
        first.close()


async def test_a_worker_that_is_expected_no_more_is_not_let_in() -> None:
    async with Gate("127.0.0.1") as gate:
        word, joined = gate.expect()
        joined.cancel()
        await asyncio.sleep(0)
        assert await said_to(gate.port, f"{word}\n".encode()) == b""


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"0" * 64 + b"\n", b"\xff" * 65, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 100, os.urandom(5000)],
    ids=["nothing", "a line", "a wrong word", "bytes", "http", "noise"],
)
async def test_nobody_else_is_answered(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "HELLO_SECONDS", 0.5)
    async with Gate("127.0.0.1") as gate:
        _, joined = gate.expect()
        assert await said_to(gate.port, content) == b""
        assert not joined.done()


def test_a_machine_that_falls_silent_is_noticed_by_the_worker_before_the_parent_gives_its_turns_away() -> None:
    def seconds(patience: tuple[int, int, int]) -> int:
        connected = socket.socket()
        with connected:
            watch(connected, patience)
            idle = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            between = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            times = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * (idle + between * times)
        return idle + between * times

    assert seconds(link.WORKER_PATIENCE) < seconds(link.PATIENCE) <= 30
