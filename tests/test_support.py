"""The helpers that all tests stand on are themselves what they say."""

from __future__ import annotations

import csv
import http.client
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import loopback
from tests.support.authority import TLS12, TLS13, Fault
from tests.support.world import Reply, Tls, World, redirect


@pytest.fixture
def refused() -> list[str]:
    """What was refused; taken away afterwards, so that the guard around this test does not fail it."""
    loopback.offences.clear()
    return loopback.offences


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 443)])
def test_a_connection_to_elsewhere_is_refused(address: tuple[str, int], refused: list[str]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as made, pytest.raises(PermissionError, match="loopback"):
        made.connect(address)
    assert refused.pop() == f"socket.connect {address!r}"
    assert not refused


def test_a_name_lookup_is_refused(refused: list[str]) -> None:
    with pytest.raises(PermissionError, match="loopback"):
        socket.getaddrinfo("www.example.invalid", 80)
    assert refused.pop() == "socket.getaddrinfo 'www.example.invalid'"


def test_loopback_unix_sockets_and_literals_are_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
    assert socket.getaddrinfo("192.0.2.1", 80)
    assert socket.getaddrinfo("localhost", 80)


def ask(world: World, host: str, path: str = "/", *, scheme: str = "https", context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    made = socket.create_connection(("127.0.0.1", world.port(host, scheme)), timeout=5)
    if scheme == "https":
        made = (context or ssl.create_default_context(cafile=world.ca_file)).wrap_socket(made, server_hostname=host)
    connection = http.client.HTTPConnection(host)
    connection.sock = made
    connection.request("GET", path)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_world_serves_hosts_by_name_over_both_schemes(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world(
        {
            "www.a.test": {"/": "A", "http:/": redirect("https://www.a.test/"), "/x?y=1": Reply(b"1", 201)},
            "www.b.test": {"/": "B"},
        }
    )
    assert ask(world, "www.a.test") == (200, b"A")
    assert ask(world, "www.b.test") == (200, b"B")
    assert ask(world, "www.a.test", scheme="http") == (301, b"")
    assert ask(world, "www.a.test", "/x?y=1") == (201, b"1")
    assert ask(world, "www.a.test", "/missing")[0] == 404
    assert [(a.method, a.scheme, a.host, a.path) for a in world.log][:2] == [
        ("GET", "https", "www.a.test", "/"),
        ("GET", "https", "www.b.test", "/"),
    ]
    assert world.paths("www.a.test") == ["/", "/", "/x?y=1", "/missing"]
    assert world.server_names == ["www.a.test", "www.b.test", "www.a.test", "www.a.test"]
    with world.registry(tmp_path).open(newline="") as file:
        assert [(row["code"], row["website"]) for row in csv.DictReader(file)] == [("GM9001", "www.a.test"), ("GM9002", "www.b.test")]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("expired", "expired"),
        ("not_yet_valid", "not yet valid"),
        ("wrong_host", "Hostname mismatch"),
        ("self_signed", "self-signed"),
        ("untrusted", "unable to get local issuer|self-signed certificate in certificate chain"),
        ("incomplete_chain", "unable to get local issuer"),
    ],
)
def test_each_fault_is_refused_for_its_own_reason(fault: Fault, says: str, make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "A"}}, tls={"www.a.test": Tls(fault)})
    with pytest.raises(ssl.SSLCertVerificationError, match=says):
        ask(world, "www.a.test")


def test_versions_are_those_of_the_host(make_world: Callable[..., World]) -> None:
    world = make_world({"old.test": {"/": "old"}, "new.test": {"/": "new"}}, tls={"old.test": Tls(versions=(TLS12, TLS12))})
    only13 = ssl.create_default_context(cafile=world.ca_file)
    only13.minimum_version = TLS13
    assert ask(world, "new.test", context=only13) == (200, b"new")
    with pytest.raises(ssl.SSLError):
        ask(world, "old.test", context=only13)


def test_a_closed_origin_is_refused(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "A"}}, closed=["https://www.a.test"])
    assert ask(world, "www.a.test", scheme="http") == (200, b"A")
    with pytest.raises(ConnectionRefusedError):
        ask(world, "www.a.test")
