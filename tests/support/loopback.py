"""No test leaves this machine: a connection or a name lookup that would is refused, and fails the test that made it.

An audit hook sees what Python code asks of the socket module, in every thread; code in other languages, and child processes, it does not see.
"""

from __future__ import annotations

import socket
import sys
from ipaddress import ip_address
from typing import Any

offences: list[str] = []
"""What was refused since somebody last emptied the list; code under test may well swallow the exception."""

_NAMES = frozenset({"", "localhost", "ip6-localhost", socket.gethostname().lower()})


def install() -> None:
    """Starts watching; for the whole life of the process, since audit hooks cannot be taken away."""
    sys.addaudithook(_watch)


def is_local(host: str | bytes | None) -> bool:
    """Whether ``host`` is this machine: an address of the loopback range in any notation, or one of its own names."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    if text.lower() in _NAMES:
        return True
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_loopback or inner.is_unspecified)


def is_literal(host: str | bytes | None) -> bool:
    """Whether looking up ``host`` asks no name server: an address, also in the odd notations of inet_aton."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    for family in (socket.AF_INET6, socket.AF_INET):
        try:
            socket.inet_pton(family, text.partition("%")[0])
        except (OSError, UnicodeError, ValueError):
            continue
        return True
    try:
        socket.inet_aton(text)
    except (OSError, UnicodeError, ValueError):
        return False
    return True


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        made, address = arguments[0], arguments[1]
        leaves = made.family in (socket.AF_INET, socket.AF_INET6) and address is not None and not is_local(address[0])
        what = f"{event} {address!r}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        leaves = not is_local(arguments[0]) and not is_literal(arguments[0])
        what = f"{event} {arguments[0]!r}"
    else:
        return
    if leaves:
        offences.append(what)
        raise PermissionError(f"tests stay on loopback: {what}")
