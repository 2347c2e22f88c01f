"""The nation's TLS refuses as real servers do: with an alert, so that who lists it needs no second try."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from gemcrawl.demo.process import DemoServer
from gemcrawl.demo.secured import SecuredProtocol
from gemcrawl.demo.tls import Authority
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe import Prober, guarded
from gemcrawl.transport.probe.hello import TLS11, Hello
from gemcrawl.transport.probe.names import load


class Greeting(asyncio.Protocol):
    """Greets, then closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert hasattr(transport, "write")
        transport.write(b"x" * 100_000)
        transport.close()


async def serve(folder: Path, seconds: float = 5.0) -> asyncio.Server:
    context = Authority(folder).listener("good")
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: SecuredProtocol(context, Greeting, handshake_seconds=seconds), "127.0.0.1", 0)


def read_over_tls(end: tuple[str, int]) -> bytes:
    """Everything up to the goodbye."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    received = b""
    with socket.create_connection(end, 5) as raw, context.wrap_socket(raw, server_hostname="x.test", suppress_ragged_eofs=False) as tls:
        while data := tls.recv(65_536):
            received += data
    return received


def read_after(end: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(end, 5) as raw:
        raw.sendall(sent)
        return raw.recv(65_536)


async def test_what_is_written_arrives_before_the_goodbye(tmp_path: Path) -> None:
    async with await serve(tmp_path) as server:
        assert len(await asyncio.to_thread(read_over_tls, server.sockets[0].getsockname())) == 100_000


async def test_who_never_finishes_the_handshake_is_sent_away(tmp_path: Path) -> None:
    async with await serve(tmp_path, seconds=0.1) as server:
        with suppress(ConnectionResetError):
            assert await asyncio.to_thread(read_after, server.sockets[0].getsockname(), b"") == b""


async def test_what_it_refuses_it_refuses_with_an_alert(tmp_path: Path) -> None:
    hello = Hello("x.test", TLS11, load().before_tls12, load().groups12).encode()
    async with await serve(tmp_path) as server:
        answer = await asyncio.to_thread(read_after, server.sockets[0].getsockname(), hello)
    assert (answer[0], answer[-2:]) == (21, bytes((2, 70)))  # fatal protocol_version


async def test_an_inventory_of_every_profile_costs_few_handshakes(tmp_path: Path) -> None:
    found: dict[str, Inventory] = {}
    with DemoServer(tmp_path, size=40) as server:
        rules = [rule for rule in server.connect_to if ":443:" in rule]
        resolver = Resolver(ConnectTo(rules))
        prober = Prober(resolver, guarded(Guard(["127.0.0.0/8"])), spacing=0.0)
        ends = {rule.rpartition(":")[2]: rule.partition(":")[0].replace("*", "www") for rule in rules}
        for host in ends.values():
            (found[host],) = (await prober.probe(host)).values()
        await prober.close()
        await resolver.close()
    speaking = {host: inventory for host, inventory in found.items() if inventory.versions}
    assert len(speaking) >= 3
    assert all(inventory.complete for inventory in speaking.values())
    assert max(inventory.handshakes for inventory in speaking.values()) <= 20


def test_certificates_are_remembered_of_the_hosts_asked_for_last(tmp_path: Path) -> None:
    authority = Authority(tmp_path, most=2)
    first, platform = authority._context("good", "a.test"), authority._context("good", "platform.test")
    authority.prepare("good", ["b.test", "platform.test"])
    assert authority._context("good", "platform.test") is platform
    assert authority._context("good", "a.test") is not first


def test_a_python_that_knows_only_older_curves_serves_one_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ssl.SSLContext.set_ecdh_curve
    asked: list[str] = []

    def older(context: ssl.SSLContext, name: str) -> None:
        asked.append(name)
        if name == "X25519":
            raise ssl.SSLError("[EC: UNKNOWN_GROUP] unknown group")
        real(context, name)

    monkeypatch.setattr(ssl.SSLContext, "set_ecdh_curve", older)
    Authority(tmp_path).listener("good")
    assert asked == ["X25519", "prime256v1"]
