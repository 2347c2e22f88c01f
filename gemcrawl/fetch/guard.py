"""Which addresses may be connected to: public ones, and those the user allows."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gemcrawl.exceptions import AddressRefused, UsageError

# What `is_global` lets through, or lets through in some Python versions only; IANA's special-purpose registries (RFC 6890).
_REFUSED = tuple(
    ip_network(net)
    for net in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relay anycast, RFC 7526
        "2001::/23",  # IETF protocol assignments, with Teredo (RFC 4380), which carries an IPv4 address
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
    )
)
_UNICAST = ip_network("2000::/3")  # all that IANA gives out; site-local, IPv4-compatible, local NAT64 and the like lie outside
NOT_PUBLIC = "is not a public address"
"""Part of every refusal's text: where several addresses were tried, only the text says that one of them was refused."""
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether ``address`` is one of the public internet, also after unwrapping an embedded IPv4 address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.scope_id is not None or address not in _UNICAST:
            return False
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in net for net in _REFUSED if net.version == address.version)


class Guard:
    """Refuses addresses that are not public unless a network in ``allow`` covers them.

    Raises:
        UsageError: an entry of ``allow`` is not a network in CIDR notation.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        try:
            self._allow = tuple(ip_network(net, strict=False) for net in allow)
        except ValueError as error:
            raise UsageError(f"--allow-net: {error}; write a network like 127.0.0.0/8") from None

    def allows(self, address: str) -> bool:
        """Whether a connection to the IP address ``address`` may be made."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return is_public(ip) or any(ip in net for net in self._allow if net.version == ip.version)

    def check(self, address: str) -> None:
        """Raises `AddressRefused` when a connection to ``address`` may not be made."""
        if not self.allows(address):
            raise AddressRefused(f"{address} {NOT_PUBLIC}; --allow-net would allow it")
