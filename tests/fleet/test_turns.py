"""Turns that several processes take at one server."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.servers import Servers
from gemcrawl.fleet.turns import SharedTurns, TurnKeeper
from gemcrawl.fleet.wire import Message, Wire
from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe import Prober, guarded
from tests.support.world import World


class Overheard(SharedTurns):
    """Turns, and what is said to the parent about them."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Message] = []

    @property
    def asked(self) -> int:
        return sum("turn" in message for message in self.said)


@asynccontextmanager
async def connected(keeper: TurnKeeper) -> AsyncIterator[Overheard]:
    """One worker, over a real pair of sockets; leaving it is the end of the worker."""
    one, other = socket.socketpair()
    for end in (one, other):
        end.setblocking(False)
    parent, worker = await Wire.over(one), await Wire.over(other)
    turns = Overheard()
    turns.wire = worker

    async def at_the_parent() -> None:
        async for message in parent.messages():
            turns.said.append(message)
            (keeper.ask if "turn" in message else keeper.free)(parent, message)
        keeper.gone(parent)
        parent.close()

    async def at_the_worker() -> None:
        async for message in worker.messages():
            (turns.granted if "granted" in message else turns.wanted)(message)

    tasks = [asyncio.create_task(at_the_parent()), asyncio.create_task(at_the_worker())]
    try:
        yield turns
    finally:
        worker.close()
        await asyncio.gather(*tasks)


@pytest.fixture
async def workers() -> AsyncIterator[tuple[Overheard, Overheard]]:
    keeper = TurnKeeper(rest=0.2)
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(connected(keeper)), await stack.enter_async_context(connected(keeper))


async def test_one_at_a_time_whichever_worker_and_workers_alternate(workers: tuple[Overheard, Overheard]) -> None:
    order: list[int] = []
    inside = 0

    async def take(number: int) -> None:
        nonlocal inside
        async with workers[number % 2].turn("site a.test"):
            inside += 1
            assert inside == 1
            order.append(number)
            await asyncio.sleep(0.05)
            inside -= 1

    async with workers[0].turn("site a.test"):
        tasks = []
        for number in range(6):
            tasks.append(asyncio.create_task(take(number)))
            await asyncio.sleep(0.02)
        assert not order
    await asyncio.gather(*tasks)
    assert [number % 2 for number in order] == [1, 0, 1, 0, 1, 0]
    assert sorted(order[::2]) == order[::2] == [1, 3, 5]
    assert order[1::2] == [0, 2, 4]


async def test_a_worker_that_nobody_disturbs_asks_once(workers: tuple[Overheard, Overheard]) -> None:
    async def use() -> None:
        for _ in range(5):
            await _once(workers[0], "site a.test")

    await asyncio.gather(use(), use())
    assert workers[0].asked == 1


async def test_what_a_worker_keeps_is_given_back_when_another_wants_it(workers: tuple[Overheard, Overheard]) -> None:
    for _ in range(3):
        for turns in workers:
            async with asyncio.timeout(5):
                await _once(turns, "site a.test")
                await _once(turns, "site a.test")
    assert [turns.asked for turns in workers] == [3, 3]


async def test_what_is_wanted_while_it_is_used_is_given_back_after_that(workers: tuple[Overheard, Overheard]) -> None:
    async with workers[0].turn("site a.test"):
        waiting = asyncio.create_task(_once(workers[1], "site a.test"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 5)


async def test_the_rest_counts_from_the_use_not_from_the_giving_back(workers: tuple[Overheard, Overheard]) -> None:
    now = asyncio.get_running_loop().time
    async with workers[0].turn("site a.test") as turn:
        turn.rest = 0.4
    left = now()
    async with workers[0].turn("site a.test") as turn:
        assert now() - left >= 0.4
        assert turn.since >= 0.4
        turn.rest = 0.4
    left = now()
    await asyncio.sleep(0.2)
    async with workers[1].turn("site a.test") as turn:
        assert 0.39 <= now() - left < 0.6
        assert turn.since == pytest.approx(now() - left, abs=0.05)


async def test_what_a_lost_worker_had_learnt_is_not_lost() -> None:
    keeper = TurnKeeper(rest=0.0)
    async with connected(keeper) as other:
        async with connected(keeper) as lost:
            for delay in (None, 2.0, 5.0):
                async with lost.turn("site a.test") as turn:
                    turn.known = {"delay": delay} if delay else {}
        async with other.turn("site a.test") as turn:
            assert turn.known == {"delay": 5.0}


async def test_a_worker_keeps_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.fleet.turns.KEPT", 3)
    keeper = TurnKeeper(rest=0.0)
    async with connected(keeper) as worker:
        for name in "abcde":
            await _once(worker, f"site {name}.test")
        await asyncio.sleep(0.1)
        assert len(keeper) == 3
        for name in "cde":
            await _once(worker, f"site {name}.test")
        assert worker.asked == 5
        await _once(worker, "site a.test")
        assert worker.asked == 6


async def test_who_is_cancelled_while_it_rests_leaves_the_turn_to_others(workers: tuple[Overheard, Overheard]) -> None:
    async with workers[0].turn("site a.test") as turn:
        turn.rest = 0.3
    resting = asyncio.create_task(_once(workers[0], "site a.test"))
    await asyncio.sleep(0.05)
    resting.cancel()
    await asyncio.wait({resting})
    left = asyncio.get_running_loop().time()
    await asyncio.wait_for(_once(workers[1], "site a.test"), 5)
    assert asyncio.get_running_loop().time() - left >= 0.2


async def test_other_things_do_not_wait(workers: tuple[Overheard, Overheard]) -> None:
    async with workers[0].turn("site a.test"), workers[1].turn("site b.test"):
        pass


async def test_as_many_as_there_are_places(workers: tuple[Overheard, Overheard]) -> None:
    async with workers[0].turn("listing", places=2), workers[1].turn("listing", places=2):
        third = asyncio.create_task(_once(workers[0], "listing", 2))
        await asyncio.sleep(0.05)
        assert not third.done()
    await third


async def _once(turns: SharedTurns, name: str, places: int = 1) -> None:
    async with turns.turn(name, places=places):
        pass


async def test_what_was_learnt_goes_along_and_the_rest_is_kept(workers: tuple[Overheard, Overheard]) -> None:
    now = asyncio.get_running_loop().time
    async with workers[0].turn("site a.test") as turn:
        assert turn.known == {}
        turn.known, turn.rest = {"delay": 2.0}, 0.3
    left = now()
    async with workers[1].turn("site a.test") as turn:
        assert turn.known == {"delay": 2.0}
        assert now() - left >= 0.29
        assert turn.since >= 0.29


async def test_who_stops_waiting_blocks_nobody(workers: tuple[Overheard, Overheard]) -> None:
    async with workers[0].turn("site a.test") as turn:
        turn.known = {"refusals": 1}
        waiting = asyncio.create_task(_once(workers[1], "site a.test"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
    async with workers[1].turn("site a.test") as turn:
        assert turn.known == {"refusals": 1}


async def test_a_worker_that_is_gone_gives_its_turn_back_after_a_rest() -> None:
    keeper = TurnKeeper(rest=0.3)
    now = asyncio.get_running_loop().time
    async with connected(keeper) as other:
        async with connected(keeper) as lost:
            held = lost.turn("site a.test")
            await held.__aenter__()
        gone = now()
        async with other.turn("site a.test"):
            assert now() - gone >= 0.25


async def test_what_rests_is_remembered_and_what_nothing_is_known_of_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.fleet.turns.KEPT", 0)
    keeper = TurnKeeper(rest=0.0)
    async with connected(keeper) as worker:
        for number in range(50):
            async with worker.turn(f"site {number}.test") as turn:
                turn.rest = 0.05
        async with worker.turn("site slow.test") as turn:
            turn.known = {"delay": 5.0}
        assert len(keeper) > 1
        await asyncio.sleep(0.2)
        assert len(keeper) == 1
        async with worker.turn("site slow.test") as turn:
            assert turn.known == {"delay": 5.0}


async def test_requests_to_one_address_keep_their_distance_whoever_sends_them(workers: tuple[Overheard, Overheard]) -> None:
    resolver = Resolver(ConnectTo([]))
    times: list[float] = []

    async def ask(servers: Servers) -> None:
        for _ in range(3):
            async with servers.turn("127.0.0.1", 80):
                times.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(ask(Servers(resolver, 0.1, turns)) for turns in workers))
    await resolver.close()
    assert len(times) == 6
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) >= 0.09


async def test_a_host_is_listed_once_whichever_worker_asks(workers: tuple[Overheard, Overheard], make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "a"}})
    resolver = Resolver(ConnectTo(world.connect_to))
    found: list[dict[str, Inventory]] = []
    handshakes: list[int] = []
    for turns in workers:
        prober = Prober(resolver, guarded(Guard(["127.0.0.0/8"])), spacing=0.001, shared=turns)
        found.append(await prober.probe("www.a.test"))
        handshakes.append(len(world.server_names))
        await prober.close()
    await resolver.close()
    assert found[0]["127.0.0.1"].complete
    assert found[0] == found[1]
    assert handshakes[0] == handshakes[1] > 0


async def test_inventories_are_remembered_of_the_hosts_asked_for_last_and_what_a_server_asked_of_us_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gemcrawl.fleet.turns.MOST", 2)
    monkeypatch.setattr("gemcrawl.fleet.turns.KEPT", 0)
    keeper = TurnKeeper(rest=0.0)
    async with connected(keeper) as worker:
        for name in ("site a.test", "inventory platform.test 443", *(f"inventory {n}.test 443" for n in "abc"), "site b.test"):
            async with worker.turn(name) as turn:
                turn.known = {"of": name}
            async with worker.turn("inventory platform.test 443"):
                pass
        remembered = {}
        for name in ("site a.test", "inventory platform.test 443", *(f"inventory {n}.test 443" for n in "abc")):
            async with worker.turn(name) as turn:
                remembered[name] = bool(turn.known)
    assert remembered == {
        "site a.test": True,
        "inventory platform.test 443": True,
        "inventory a.test 443": False,
        "inventory b.test 443": False,
        "inventory c.test 443": True,
    }


async def test_a_host_that_lost_its_addresses_is_forgotten_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.fleet.turns.MOST", 1)
    keeper = TurnKeeper(rest=0.0)
    async with connected(keeper) as worker:
        for known in ({"127.0.0.1": {}}, {}):
            async with worker.turn("inventory a.test 443") as turn:
                turn.known = known
        await asyncio.sleep(0.1)
        assert len(keeper) == 0
        for name in ("inventory b.test 443", "inventory c.test 443"):
            async with worker.turn(name) as turn:
                turn.known = {"127.0.0.1": {}}
        async with worker.turn("inventory c.test 443") as turn:
            assert turn.known
