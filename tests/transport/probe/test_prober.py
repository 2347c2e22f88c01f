from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.transport.probe import Connect, Limits, Prober
from gemcrawl.transport.probe.prober import Lane

from .servers import TLS12, Scripted

SUITE = "TLS_RSA_WITH_AES_256_GCM_SHA384"
LIMITS = Limits(answer_seconds=1.0, back_off=0.01)
MakeProber = Callable[..., Prober]


def server() -> Scripted:
    return Scripted({TLS12: [0x009D]})


@pytest.fixture
async def make_prober(connect: Connect) -> AsyncIterator[MakeProber]:
    made: list[tuple[Prober, Resolver]] = []

    def make(*rules: str, spacing: float = 0.0, connect: Connect = connect) -> Prober:
        resolver = Resolver(ConnectTo(rules))
        made.append((Prober(resolver, connect, limits=LIMITS, spacing=spacing), resolver))
        return made[-1][0]

    yield make
    for prober, resolver in made:
        await prober.close()
        await resolver.close()


@pytest.fixture
def one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is the same server's."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, port, **_options: real("127.0.0.1", port, type=socket.SOCK_STREAM))


async def test_connect_to_leads_there_and_the_name_is_still_sent(make_prober: MakeProber) -> None:
    there = server()
    async with there.serve() as port:
        found = await make_prober(f"www.x.test:443:127.0.0.1:{port}").probe("www.x.test")
    assert found.keys() == {"127.0.0.1"}
    assert found["127.0.0.1"].cipher_suites == (SUITE,)
    assert {offer.name for offer in there.offers if offer.extensions} == {"www.x.test"}


async def test_everybody_who_asks_for_one_host_shares_one_inventory(make_prober: MakeProber) -> None:
    there = server()
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}")
        first, second = await asyncio.gather(prober.probe("www.x.test"), prober.probe("WWW.x.test."))
        third = await prober.probe("www.x.test", 443)
    assert first == second == third
    assert len(there.arrivals) == first["127.0.0.1"].handshakes


async def test_who_stops_waiting_stops_nobody_else(make_prober: MakeProber) -> None:
    there = server()
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}")
        impatient = asyncio.create_task(prober.probe("www.x.test"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await prober.probe("www.x.test"))["127.0.0.1"].complete


async def test_ports_and_hosts_are_measured_apart(make_prober: MakeProber) -> None:
    there = server()
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}", f":8443:127.0.0.1:{port}")
        found = await asyncio.gather(prober.probe("a.test"), prober.probe("b.test"), prober.probe("a.test", 8443))
    assert len(there.arrivals) == sum(one["127.0.0.1"].handshakes for one in found)


@pytest.mark.usefixtures("one_address")
async def test_connections_to_one_server_are_spaced(make_prober: MakeProber, connect: Connect) -> None:
    """As they leave: when they arrive, and how late a busy machine lets them leave, is not the prober's doing."""
    left: list[float] = []

    async def noted(address: str, port: int, protocol: asyncio.Protocol) -> object:
        left.append(asyncio.get_running_loop().time())
        return await connect(address, port, protocol)

    there = server()
    async with there.serve() as port:
        prober = make_prober(spacing=0.03, connect=noted)
        await asyncio.gather(*(prober.probe(f"{name}.test", port) for name in "abcd"))
    assert len(left) == len(there.arrivals) > 8
    assert left[-1] - left[0] >= 0.03 * (len(left) - 1) - 0.001
    assert min(later - earlier for earlier, later in pairwise(left)) >= 0.015 - 0.001


@pytest.mark.parametrize("turns", range(6))
async def test_one_that_comes_just_when_another_left_late_waits_too(turns: int) -> None:
    left: list[float] = []

    async def noted(address: str, port: int, protocol: asyncio.Protocol) -> object:
        left.append(asyncio.get_running_loop().time())
        return None

    lane = Lane(noted, 0.03)
    leaving = [asyncio.create_task(lane.connect("127.0.0.1", 443, asyncio.Protocol())) for _ in range(2)]
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 -- the second was to leave in the middle of this
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.gather(*leaving, lane.connect("127.0.0.1", 443, asyncio.Protocol()))
    first, second, third = left
    assert min(second - first, third - second) >= 0.015 - 0.001


@pytest.mark.usefixtures("one_address")
async def test_a_server_never_sees_more_than_two_connections_at_a_time(make_prober: MakeProber) -> None:
    there = Scripted({TLS12: [0x009D]}, delay=0.02)
    async with there.serve() as port:
        prober = make_prober()
        await asyncio.gather(*(prober.probe(f"{name}.test", port) for name in "abcd"))
    assert there.most_open == 2


async def test_a_connect_to_rule_stands_in_for_a_server_of_the_host_s_own(make_prober: MakeProber) -> None:
    there = Scripted({TLS12: [0x009D]}, delay=0.02)
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}")
        await asyncio.gather(*(prober.probe(f"{name}.test") for name in "abcd"))
    assert there.most_open == 4


async def test_no_more_than_so_many_servers_are_measured_at_a_time(make_prober: MakeProber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.transport.probe.prober.SERVERS", 8)
    all_of_them = Scripted({TLS12: [0x009D]}, delay=0.05)
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(all_of_them.serve()) for _ in range(10)]
        prober = make_prober(*(f"{port}.test:443:127.0.0.1:{port}" for port in ports))
        await asyncio.gather(*(prober.probe(f"{port}.test") for port in ports))
    assert all_of_them.most_open == 8


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 in this Python")
async def test_each_address_of_either_family_has_its_own_inventory(make_prober: MakeProber, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    addresses = ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"]

    def look_up(host: str, port: int, **options: int) -> list[object]:
        return [found for address in addresses for found in real(address, port, type=socket.SOCK_STREAM)]

    there = server()
    try:
        async with there.serve("::1") as port:
            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            found = await make_prober().probe("www.x.test", port)
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    assert set(found) == {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"}, "no more than four of a family"
    assert found["::1"].complete
    assert found["127.0.0.1"].failure == "refused"


async def test_a_name_that_does_not_exist_has_no_inventory(make_prober: MakeProber, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert await make_prober().probe("nowhere.test") == {}


async def test_closing_ends_what_is_under_way(make_prober: MakeProber) -> None:
    there = server()
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}", spacing=30)
        waiting = asyncio.create_task(prober.probe("www.x.test"))
        await asyncio.sleep(0.1)
        await prober.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(there.arrivals) == 1


async def test_what_the_network_broke_off_is_forgotten_and_what_it_did_not_is_kept(make_prober: MakeProber) -> None:
    there = server()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        number = nobody.getsockname()[1]
        async with there.serve() as port:
            prober = make_prober(f"up.test:443:127.0.0.1:{port}", f"down.test:443:127.0.0.1:{number}")
            good, bad = await prober.probe("up.test"), await prober.probe("down.test")
            asked = len(there.arrivals)
            assert bad["127.0.0.1"].failure == "refused"
            prober.again("down.test")
            await prober.probe("down.test")
            prober.forget_broken()
            assert await prober.probe("up.test") == good
            assert len(there.arrivals) == asked
            nobody.listen()
            nobody.setblocking(False)
            waiting = asyncio.create_task(prober.probe("down.test"))
            connection, _ = await asyncio.get_running_loop().sock_accept(nobody)
            connection.close()
            waiting.cancel()


async def test_inventories_are_remembered_of_the_hosts_asked_for_last(make_prober: MakeProber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.transport.probe.prober.MOST", 2)
    there = server()
    async with there.serve() as port:
        prober = make_prober(f":443:127.0.0.1:{port}")
        asked: dict[str, int] = {}
        for name in ("platform.test", "a.test", "platform.test", "b.test", "platform.test", "a.test"):
            before = len(there.arrivals)
            await prober.probe(name)
            asked[name] = len(there.arrivals) - before
    assert asked["platform.test"] == 0
    assert asked["a.test"] > 0
    assert asked["b.test"] > 0
