"""The same of servers that say what no OpenSSL says: a scripted one, odd, tired or hostile."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gemcrawl.fetch.guard import Guard
from gemcrawl.transport.probe import Connect, Inventory, Limits, guarded, take_inventory
from gemcrawl.transport.probe.hello import TLS13
from gemcrawl.transport.probe.names import load

from .servers import (
    ECDSA,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    WITH_CURVE,
    Refuse,
    Scripted,
    free_port,
    frugal,
    message,
    record,
    saying,
    server_hello,
    stall,
    with_alert,
    with_nothing,
    with_reset,
)

NAMES = load()
QUICK = Limits(answer_seconds=3.0, back_off=0.01)
IMPATIENT = Limits(answer_seconds=0.3, back_off=0.01)
"""For servers that stall."""
GCM_RSA, CBC_RSA, RC4, EXPORT, TRIPLE_DES = 0x009D, 0x0035, 0x0005, 0x0003, 0x000A
GCM_CURVE = 0xC030


def code(name: str) -> int:
    return next(c for c in NAMES.tls13 + NAMES.common + NAMES.rare if NAMES.suite(c) == name)


async def scripted(server: Scripted, connect: Connect, limits: Limits = QUICK, host: str = "x.test") -> Inventory:
    async with server.serve() as port:
        inventory = await take_inventory(host, "127.0.0.1", port, connect=connect, limits=limits)
    assert inventory.handshakes == len(server.arrivals) <= limits.handshakes
    assert len(set(inventory.groups)) == len(inventory.groups)
    return inventory


class TestOfWhatNoOpensslSpeaksAnyMore:
    async def test_ssl_3_with_rc4_and_export(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({SSL3: [RC4, EXPORT, TRIPLE_DES]}), connect)
        assert inventory.versions == ("SSLv3",)
        assert inventory.cipher_suites == ("TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")
        assert inventory.complete
        assert frugal(inventory)

    async def test_ssl_3_of_a_server_that_knows_no_extensions(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({SSL3: [RC4]}, ancient=True), connect)
        assert (inventory.versions, inventory.cipher_suites) == (("SSLv3",), (NAMES.suite(RC4),))
        assert inventory.complete

    @pytest.mark.parametrize(("lowest", "asked"), [(TLS12, [TLS11]), (TLS11, [TLS10]), (TLS10, [SSL3])])
    async def test_a_server_of_tls_is_not_asked_for_what_lies_below_a_version_that_it_refused(
        self, lowest: int, asked: list[int], connect: Connect
    ) -> None:
        server = Scripted({version: [CBC_RSA] for version in (TLS12, TLS11, TLS10) if version >= lowest})
        inventory = await scripted(server, connect)
        assert len(inventory.versions) == len(server.suites)
        assert [offer.version for offer in server.offers if offer.version < lowest] == asked

    async def test_ssl_3_beside_a_version_of_tls_with_none_between(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({TLS12: [CBC_RSA], SSL3: [RC4]}), connect)
        assert inventory.versions == ("SSLv3", "TLSv1.2")
        assert inventory.complete

    async def test_a_suite_that_only_an_old_version_has(self, connect: Connect) -> None:
        suites = {TLS12: [GCM_CURVE, CBC_RSA], TLS11: [CBC_RSA], TLS10: [RC4, CBC_RSA], SSL3: [TRIPLE_DES]}
        inventory = await scripted(Scripted(suites, groups=[23]), connect)
        assert inventory.versions == ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2")
        assert set(inventory.cipher_suites) == {NAMES.suite(c) for c in (GCM_CURVE, CBC_RSA, RC4, TRIPLE_DES)}
        assert inventory.complete
        assert frugal(inventory)

    async def test_rare_suites(self, connect: Connect) -> None:
        rare = code("TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA")
        assert (await scripted(Scripted({TLS12: [CBC_RSA, rare]}), connect)).cipher_suites == (NAMES.suite(CBC_RSA), NAMES.suite(rare))
        beside = await scripted(Scripted({TLS13: [0x1301], TLS12: [rare]}, groups=[29]), connect)
        assert beside.versions == ("TLSv1.2", "TLSv1.3")
        assert beside.complete

    async def test_hybrid_groups_of_tls_1_3(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({TLS13: [0x1301]}, groups=[0x11EC, 29, 0x11ED, 0x11EB, 0x6399]), connect)
        assert inventory.groups == ("X25519MLKEM768", "x25519", "SecP384r1MLKEM1024", "SecP256r1MLKEM768", "X25519Kyber768Draft00")
        assert inventory.complete
        assert frugal(inventory)

    async def test_a_server_that_cannot_do_without_a_key_share(self, connect: Connect) -> None:
        server = Scripted({TLS13: [0x1302, 0x1301], TLS12: [GCM_CURVE]}, groups=[29, 23], needs_share=True)
        inventory = await scripted(server, connect)
        assert inventory.versions == ("TLSv1.2", "TLSv1.3")
        assert inventory.cipher_suites == (*(NAMES.suite(c) for c in (0x1302, 0x1301)), NAMES.suite(GCM_CURVE))

    async def test_the_name_is_sent_always_but_for_an_address(self, connect: Connect) -> None:
        for host, sent in (("x.test", "x.test"), ("127.0.0.1", ""), ("::1", "")):
            server = Scripted({TLS12: [GCM_RSA]})
            await scripted(server, connect, host=host)
            assert {offer.name for offer in server.offers if offer.extensions} == {sent}


ANY_LEGACY = [
    0xC009,
    0xC00A,
    0xC013,
    0xC014,
    0xC023,
    0xC024,
    0xC027,
    0xC02B,
    0xC02C,
    0xC02F,
    0xC030,
    0x009D,
    0x009C,
    0x003C,
    0x0035,
    0x002F,
]
BOTH_HAVE = [23, 24, 25, 29, 30]
"""Curves of TLS 1.3 and of TLS 1.2 alike."""


@st.composite
def any_server(draw: st.DrawFn) -> Scripted:
    """One that takes any suites over any groups, in any order, whose certificates may be of one kind or the other."""

    def some(of: list[int], most: int = 9) -> list[int]:
        return draw(st.lists(st.sampled_from(of), min_size=1, max_size=most, unique=True))

    old = [c for c in ANY_LEGACY if c in NAMES.before_tls12]
    suites = {TLS12: some(ANY_LEGACY)}
    if draw(st.booleans()):
        suites[TLS13] = some([0x1301, 0x1302, 0x1303, 0x1304])
    for version in (TLS11, TLS10, SSL3):
        if draw(st.booleans()):
            suites[version] = some(old, 4)
    groups = some([*BOTH_HAVE, 26, 27, 14, *((256, 257, 0x11EC) if TLS13 in suites else ())])
    curve = next((g for g in groups if g in (23, 24, 25)), 0)
    return Scripted(suites, groups, clients_order=draw(st.booleans()), ecdsa_curve=curve, careless=draw(st.booleans()))


class TestOfAnyServer:
    @settings(max_examples=150)
    @given(server=any_server())
    def test_the_inventory_is_what_it_accepts_in_its_order(self, server: Scripted) -> None:
        connect = guarded(Guard(["127.0.0.0/8"]), 2.0)
        inventory = asyncio.run(scripted(server, connect))
        curves = [g for g in server.groups if g in NAMES.groups12]
        usable = {v: [s for s in suites if v in (TLS13, SSL3) or s not in WITH_CURVE or curves] for v, suites in server.suites.items()}
        assume(all(usable.values()) and not (server.careless and not curves))
        assume(TLS13 not in usable or any(g in NAMES.groups13 for g in server.groups))
        expected = list(dict.fromkeys(s for v in (TLS13, TLS12) for s in usable.get(v, [])))
        assert inventory.complete
        assert len(inventory.versions) == len(server.suites)
        assert list(inventory.cipher_suites[: len(expected)]) == [NAMES.suite(s) for s in expected]
        assert set(inventory.cipher_suites) == {NAMES.suite(s) for suites in usable.values() for s in suites}

        shown = {g for g in server.groups if g in NAMES.groups13} if TLS13 in usable else set()
        with_curve = [s for s in usable[TLS12] if s in WITH_CURVE]
        told = {NAMES.group(g) for g in shown | (set(curves) if any(s not in ECDSA for s in with_curve) else set())}
        assert told <= set(inventory.groups) <= {NAMES.group(g) for g in server.groups}


class TestOfAServerThatRefusesWithoutAnAlert:
    """Some reset or close the connection where others send handshake_failure."""

    @pytest.mark.parametrize("refuse", [with_reset, with_nothing, with_alert(80), saying(record(21, b"\x01\x00")), stall])
    async def test_it_is_listed_completely(self, refuse: Refuse, connect: Connect) -> None:
        server = Scripted({TLS13: [0x1301], TLS12: [GCM_RSA, CBC_RSA], TLS10: [CBC_RSA]}, groups=[29], refuse=refuse)
        inventory = await scripted(server, connect, IMPATIENT if refuse is stall else QUICK)
        assert inventory.versions == ("TLSv1", "TLSv1.2", "TLSv1.3")
        assert inventory.cipher_suites == tuple(NAMES.suite(c) for c in (0x1301, GCM_RSA, CBC_RSA))
        assert inventory.complete

    async def test_an_alert_of_another_kind_costs_no_more_than_a_refusal(self, connect: Connect) -> None:
        """Such as OpenSSL's internal_error, for a version that its security level does not allow."""
        plain, odd = [
            await scripted(Scripted({TLS13: [0x1301], TLS12: [GCM_RSA]}, groups=[29], disturb={3: with_alert(code)}), connect)
            for code in (40, 80)
        ]
        assert odd == plain
        assert odd.complete

    async def test_an_answer_between_two_drops_of_one_hello_makes_a_refusal_of_it(self, connect: Connect) -> None:
        """What is refused after that may be in doubt, the server has shown that it is there: fewer hellos are repeated."""
        server = Scripted({TLS13: [0x1301], TLS12: [GCM_RSA]}, groups=[29], refuse=with_reset)
        inventory = await scripted(server, connect)
        plain = await scripted(Scripted({TLS13: [0x1301], TLS12: [GCM_RSA]}, groups=[29]), connect)
        refusals = plain.handshakes - 2
        assert inventory.handshakes == 2 + 2 * refusals + (refusals + 1) // 2


class TestOfAServerThatIsTired:
    FINE = {TLS13: [0x1301], TLS12: [GCM_RSA, CBC_RSA, TRIPLE_DES], TLS11: [CBC_RSA, TRIPLE_DES]}  # noqa: RUF012

    @pytest.mark.parametrize("disturbance", [with_reset, with_nothing, stall])
    @pytest.mark.parametrize("at", [1, 2, 6])
    async def test_one_drop_changes_nothing(self, at: int, disturbance: Refuse, connect: Connect) -> None:
        calm = await scripted(Scripted(self.FINE, groups=[29]), connect)
        limits = IMPATIENT if disturbance is stall else QUICK
        shaken = await scripted(Scripted(self.FINE, groups=[29], disturb={at: disturbance}), connect, limits)
        assert shaken == Inventory(calm.versions, calm.cipher_suites, calm.groups, calm.handshakes + 1, complete=True)

    @pytest.mark.parametrize(("disturbance", "reason"), [(with_reset, "reset"), (with_nothing, "reset"), (stall, "timeout")])
    @pytest.mark.parametrize("after", [1, 5, 9])
    async def test_a_rate_limit_ends_it_with_what_is_known(self, after: int, disturbance: Refuse, reason: str, connect: Connect) -> None:
        calm = await scripted(Scripted(self.FINE, groups=[29]), connect)
        limits = IMPATIENT if disturbance is stall else QUICK
        inventory = await scripted(Scripted(self.FINE, groups=[29], disturb={0: disturbance}, undisturbed=after), connect, limits)
        assert (inventory.complete, inventory.failure) == (False, reason)
        assert set(inventory.versions) <= set(calm.versions)
        assert set(inventory.cipher_suites) <= set(calm.cipher_suites)
        assert "TLSv1.3" in inventory.versions
        assert inventory.handshakes <= after + 4

    @pytest.mark.parametrize("disturbance", [with_reset, with_nothing, with_alert(80)])
    async def test_wherever_a_rate_limit_begins_the_inventory_is_not_called_complete(self, disturbance: Refuse, connect: Connect) -> None:
        calm = await scripted(Scripted(self.FINE, groups=[29]), connect)
        for after in range(1, calm.handshakes):
            inventory = await scripted(Scripted(self.FINE, groups=[29], disturb={0: disturbance}, undisturbed=after), connect)
            assert not inventory.complete, after

    async def test_it_is_left_alone_for_a_while_before_the_retry(self, connect: Connect) -> None:
        server = Scripted(self.FINE, groups=[29], disturb={3: with_reset})
        await scripted(server, connect, Limits(back_off=0.3))
        assert server.arrivals[3] - server.arrivals[2] >= 0.3

    async def test_refused_connections_midway_are_no_refusal_of_suites(self, connect: Connect) -> None:
        server = Scripted(self.FINE, groups=[29])
        made = 0

        async def limited(address: str, port: int, protocol: asyncio.Protocol) -> object:
            nonlocal made
            made += 1
            return await connect(address, port if made not in (6, 7) else free_port(), protocol)

        async with server.serve() as port:
            inventory = await take_inventory("x.test", "127.0.0.1", port, connect=limited, limits=QUICK)
        assert (inventory.complete, inventory.failure, inventory.handshakes) == (False, "refused", 7)


class TestOfAHostileServer:
    @pytest.mark.parametrize(
        "said",
        [
            b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100,
            b"\x16\x03\x03\xff\xff" + bytes(70_000),
            record(22, b"\x02\xff\xff\xff" + bytes(16_000)) * 1000,  # a ServerHello of 16 MiB
            record(22, server_hello(TLS12, 0xFAFA)),
            record(22, message(2, b"\x03\x05" + bytes(32) + b"\x00\x00\x9d\x00")),
            record(22, b"\x02\x00\x00\x02\x03\x03"),
            record(23, b"x") * 1000,
        ],
    )
    async def test_garbage_is_a_tls_failure(self, said: bytes, connect: Connect) -> None:
        server = Scripted({}, disturb={0: saying(said)}, undisturbed=0)
        inventory = await scripted(server, connect)
        assert (inventory.versions, inventory.cipher_suites, inventory.groups) == ((), (), ())
        assert (inventory.complete, inventory.failure) == (False, "tls")
        assert inventory.handshakes <= 2

    async def test_a_suite_that_was_not_offered_is_not_believed(self, connect: Connect) -> None:
        same = saying(record(22, server_hello(TLS12, GCM_RSA)))
        inventory = await scripted(Scripted({}, disturb={0: same}, undisturbed=0), connect)
        assert (inventory.versions, inventory.cipher_suites) == (("TLSv1.2",), (NAMES.suite(GCM_RSA),))
        assert (inventory.complete, inventory.failure) == (False, "tls")

    async def test_one_group_for_ever_ends(self, connect: Connect) -> None:
        same = saying(record(22, server_hello(TLS13, 0x1301, group=29, retry=True)))
        inventory = await scripted(Scripted({}, disturb={0: same}, undisturbed=0), connect)
        assert (inventory.complete, inventory.failure) == (False, "tls")

    async def test_a_stall_is_a_timeout(self, connect: Connect) -> None:
        start = time.monotonic()
        inventory = await scripted(Scripted({}, disturb={0: stall}, undisturbed=0), connect, IMPATIENT)
        assert (inventory.complete, inventory.failure, inventory.handshakes) == (False, "timeout", 2)
        assert time.monotonic() - start < 3

    async def test_the_whole_has_a_deadline(self, connect: Connect) -> None:
        server = Scripted({TLS12: [GCM_RSA]}, refuse=stall)
        inventory = await scripted(server, connect, Limits(answer_seconds=0.2, back_off=0.01, total_seconds=0.5))
        assert (inventory.complete, inventory.failure) == (False, "deadline")
        assert inventory.cipher_suites == (NAMES.suite(GCM_RSA),)

    async def test_breaking_off_after_the_server_hello_leaves_the_suite_known(self, connect: Connect) -> None:
        begun = record(22, server_hello(TLS12, GCM_CURVE))
        server = Scripted({}, disturb={1: saying(begun)})
        inventory = await scripted(server, connect, IMPATIENT)
        assert inventory.cipher_suites == (NAMES.suite(GCM_CURVE),)

    async def test_a_weak_suite_behind_more_strong_ones_than_the_budget_allows_is_seen(self, connect: Connect) -> None:
        strong = [c for c in NAMES.common if c not in NAMES.weak]
        inventory = await scripted(Scripted({TLS12: [*strong, RC4]}, groups=[23]), connect)
        assert (inventory.complete, inventory.failure) == (False, "budget")
        assert NAMES.suite(RC4) in inventory.cipher_suites

    async def test_a_walk_that_was_left_early_is_finished_where_the_budget_allows_it(self, connect: Connect) -> None:
        many = [c for c in NAMES.common if c not in NAMES.weak][:44]
        inventory = await scripted(Scripted({TLS12: [*many, RC4]}, groups=[23]), connect)
        assert set(inventory.cipher_suites) == {NAMES.suite(c) for c in (*many, RC4)}
        assert (inventory.complete, inventory.failure) == (True, None)
        assert frugal(inventory)

    async def test_one_that_takes_everything_meets_the_budget(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({TLS12: list(NAMES.common), TLS10: list(NAMES.common)}, groups=[23]), connect)
        assert (inventory.complete, inventory.failure, inventory.handshakes) == (False, "budget", 60)


class TestOfNoServer:
    async def test_a_closed_port(self, connect: Connect) -> None:
        inventory = await take_inventory("x.test", "127.0.0.1", free_port(), connect=connect, limits=QUICK)
        assert inventory == Inventory((), (), (), 2, complete=False, failure="refused")

    async def test_an_address_that_the_guard_refuses(self) -> None:
        inventory = await take_inventory("x.test", "127.0.0.1", 443, connect=guarded(Guard()), limits=QUICK)
        assert inventory == Inventory((), (), (), 0, complete=False, failure="address_refused")

    async def test_one_that_refuses_every_version(self, connect: Connect) -> None:
        inventory = await scripted(Scripted({}), connect)
        assert (inventory.versions, inventory.complete, inventory.failure) == ((), False, "tls")
