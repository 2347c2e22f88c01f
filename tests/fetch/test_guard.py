"""Which addresses may be connected to: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890), and what hides an address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.exceptions import AddressRefused, UsageError
from gemcrawl.fetch.guard import Guard, is_public

SPECIAL = {
    "this network": "0.0.0.0/8",
    "private 10": "10.0.0.0/8",
    "shared (carrier NAT)": "100.64.0.0/10",
    "loopback": "127.0.0.0/8",
    "link-local, with the metadata services of clouds": "169.254.0.0/16",
    "private 172": "172.16.0.0/12",
    "IETF protocol assignments": "192.0.0.0/24",
    "documentation 1": "192.0.2.0/24",
    "6to4 relay anycast": "192.88.99.0/24",
    "private 192": "192.168.0.0/16",
    "benchmarking": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved": "240.0.0.0/4",
    "broadcast": "255.255.255.255/32",
    "IPv6 unspecified": "::/128",
    "IPv6 loopback": "::1/128",
    "IPv4-compatible": "::/96",
    "IPv4-translated": "::ffff:0:0:0/96",
    "local NAT64": "64:ff9b:1::/48",
    "discard": "100::/64",
    "IPv6 protocol assignments": "2001::/23",
    "Teredo": "2001::/32",
    "IPv6 benchmarking": "2001:2::/48",
    "ORCHIDv2": "2001:20::/28",
    "IPv6 documentation": "2001:db8::/32",
    "IPv6 documentation, new": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "IPv6 link-local": "fe80::/10",
    "site-local": "fec0::/10",
    "IPv6 multicast": "ff00::/8",
}
V4 = [net for net in SPECIAL.values() if ":" not in net]


@pytest.mark.parametrize("network", SPECIAL.values(), ids=SPECIAL.keys())
def test_special_ranges_are_refused_from_end_to_end(network: str) -> None:
    net = ip_network(network)
    for address in (net[0], net[net.num_addresses // 2], net[-1]):
        assert not is_public(address), address


@pytest.mark.parametrize("network", V4)
@pytest.mark.parametrize("wrapped", ["::ffff:0:0/96", "64:ff9b::/96", "2002::/16"], ids=["mapped", "NAT64", "6to4"])
def test_a_special_address_inside_an_ipv6_address_is_refused(network: str, wrapped: str) -> None:
    net = ip_network(network)
    for inner in (net[0], net[-1]):
        assert isinstance(inner, IPv4Address)
        assert not is_public(wrap(inner, wrapped))


def wrap(inner: IPv4Address, network: str) -> IPv6Address:
    prefix = IPv6Network(network)
    return IPv6Address(int(prefix[0]) | int(inner) << (128 - prefix.prefixlen - 32))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "145.0.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "169.253.255.255",
        "223.255.255.255",
        "2a02:898::1",
        "2606:4700::1111",
        "2001:200::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(ip_address(address))
    Guard().check(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "fe80::1%eth0",
        "2a02:898::1%eth0",
    ],
)
def test_a_refusal_names_the_address_and_the_way_out(address: str) -> None:
    with pytest.raises(AddressRefused, match="--allow-net") as caught:
        Guard().check(address)
    assert address in str(caught.value)


@pytest.mark.parametrize("text", ["", "www.a.test", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1:80", "[::1]", "127.0.0.1\n"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not Guard(["0.0.0.0/0", "::/0"]).allows(text)


def test_allowed_networks_and_nothing_beside_them() -> None:
    guard = Guard(["127.0.0.0/8", "10.1.0.0/16", "fd00::/8", "192.168.1.7"])
    assert all(guard.allows(a) for a in ("127.0.0.1", "127.255.0.1", "10.1.2.3", "fd12::1", "192.168.1.7", "8.8.8.8"))
    assert not any(guard.allows(a) for a in ("10.2.0.1", "::1", "fc00::1", "192.168.1.8", "169.254.169.254", "::ffff:127.0.0.1"))


def test_host_bits_in_an_allowed_network_are_ignored() -> None:
    assert Guard(["10.1.2.3/8"]).allows("10.9.9.9")


@pytest.mark.parametrize("text", ["localhost", "127.0.0.0/33", "127.0.0/8", "", "10.0.0.0/8,127.0.0.0/8"])
def test_a_malformed_network_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--allow-net") as caught:
        Guard([text])
    assert repr(text) in str(caught.value)


@given(st.ip_addresses())
def test_every_address_has_an_answer_and_private_ones_never_pass(address: IPv4Address | IPv6Address) -> None:
    allowed = Guard().allows(str(address))
    assert allowed == is_public(address)
    inner = getattr(address, "ipv4_mapped", None) or address
    if inner.is_private or inner.is_multicast or inner.is_loopback or inner.is_link_local:
        assert not allowed


@given(st.text())
def test_free_text_is_never_allowed_unless_it_is_an_address(text: str) -> None:
    if Guard(["0.0.0.0/0", "::/0"]).allows(text):
        ip_address(text)
