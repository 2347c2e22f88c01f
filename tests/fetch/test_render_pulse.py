"""The clock of a browser stands while it is silent, and limits that are measured by it wait for it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gemcrawl.fetch.render_pool import Pool
from gemcrawl.fetch.render_pulse import MOST, OWN_DOING, Limit, Pulse


@asynccontextmanager
async def followed(pulse: Pulse, seconds: float) -> AsyncIterator[None]:
    """While a browser is followed that takes ``seconds`` to answer."""
    watching = asyncio.ensure_future(pulse.watch(lambda: asyncio.sleep(seconds)))
    yield
    watching.cancel()


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has far more to do than processors."""
    monkeypatch.setattr(os, "getloadavg", lambda: (100.0, 0.0, 0.0))


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.5, 0.0, 0.0))


async def test_it_runs_with_the_clock_while_the_browser_answers() -> None:
    pulse = Pulse()
    async with followed(pulse, 0.001):
        began, wall = pulse.now(), time.monotonic()
        await asyncio.sleep(1.5)
        assert pulse.now() - began == pytest.approx(time.monotonic() - wall, abs=0.5)
        assert pulse.slowness < MOST


@pytest.mark.usefixtures("busy")
async def test_it_hardly_runs_while_the_browser_is_late() -> None:
    pulse = Pulse()
    async with followed(pulse, 1.2):
        began = pulse.now()
        await asyncio.sleep(3)
        assert pulse.now() - began < 1.3
        assert pulse.slowness > 2
        limit = Limit.of(pulse, 0.5)
        with suppress(TimeoutError):
            started = time.monotonic()
            await limit.first(asyncio.get_running_loop().create_future())
        assert time.monotonic() - started > 0.9


@pytest.mark.usefixtures("idle")
async def test_a_browser_that_is_late_by_its_own_doing_gets_no_more_time() -> None:
    pulse = Pulse()
    async with followed(pulse, 1.2):
        await asyncio.sleep(3)
        assert pulse.slowness == OWN_DOING
    assert Limit.of(pulse, 1).wall - time.monotonic() == pytest.approx(OWN_DOING, abs=0.2)


@pytest.mark.usefixtures("busy")
async def test_a_limit_is_over_in_the_end_whatever_the_browser_does() -> None:
    pulse = Pulse()
    limit = Limit.of(pulse, 10, deadline=time.monotonic() + 0.4)
    with pytest.raises(TimeoutError):
        await limit.result(asyncio.sleep(60))
    assert Limit.of(pulse, 1).wall - time.monotonic() == pytest.approx(MOST, abs=0.5)


async def test_a_limit_may_be_set_anew_while_it_is_waited_for() -> None:
    pulse = Pulse()
    async with followed(pulse, 0.001):
        limit = Limit.of(pulse, 60)
        waiting = asyncio.ensure_future(limit.first(asyncio.get_running_loop().create_future()))
        await asyncio.sleep(0)
        limit.set(0.1)
        async with asyncio.timeout(20):
            with pytest.raises(TimeoutError):
                await waiting


async def test_a_browser_that_does_not_answer_hangs_and_one_that_ended_raises() -> None:
    async with asyncio.timeout(20):
        await Pulse().watch(lambda: asyncio.sleep(60), silent=0.1)

    async def ended() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Pulse().watch(ended)


@pytest.mark.parametrize(("slowness", "most"), [(1.0, 6), (3.0, 2), (6.0, 1)])
async def test_fewer_pages_are_at_work_where_the_browser_is_slow(slowness: float, most: int) -> None:
    now = [slowness]
    pool = Pool(_no_gate, 6, 0, lambda: now[0])
    recovered = asyncio.Event()
    at_work = 0

    async def page(number: int) -> None:
        nonlocal at_work
        async with pool.place(f"{number}"):
            at_work += 1
            await recovered.wait()

    pages = [asyncio.ensure_future(page(number)) for number in range(6)]
    await asyncio.sleep(0.5)
    assert at_work == most
    now[0] = 1.0
    await asyncio.sleep(0.5)
    assert at_work == 6
    recovered.set()
    await asyncio.gather(*pages)


async def _no_gate() -> None:
    raise AssertionError
