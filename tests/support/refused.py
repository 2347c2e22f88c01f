"""Ways to write an address that nobody outside may be led to, and a listener that counts who was led there all the same."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

LOOPBACK = {
    "dotted": "127.0.0.2",
    "decimal": "2130706434",
    "hexadecimal": "0x7f000002",
    "hexadecimal parts": "0x7f.0x0.0x0.0x2",
    "octal": "017700000002",
    "octal parts": "0177.0.0.02",
    "short": "127.2",
    "shorter": "127.0.2",
    "mixed": "0x7f.0.2",
    "full width": "\uff11\uff12\uff17.\uff10.\uff10.\uff12",
    "ideographic stops": "127\u30020\u30020\u30022",
    "percent-encoded": "%31%32%37.0.0.2",
    "with a final dot": "127.0.0.2.",
    "unspecified": "0.0.0.0",
    "zero": "0",
    "IPv6": "[::1]",
    "IPv6 in full": "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "IPv6 unspecified": "[::]",
    "mapped": "[::ffff:127.0.0.2]",
    "mapped in hexadecimal": "[::ffff:7f00:2]",
    "name": "localhost",
    "name in capitals": "LOCALHOST",
    "name with a final dot": "localhost.",
    "name with user": "www.a.test@127.0.0.2",
}
"""Notations that reach this machine when they are not refused."""
ELSEWHERE = {
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "carrier NAT": "100.64.0.1",
    "link-local": "169.254.1.1",
    "metadata service": "169.254.169.254",
    "metadata service, decimal": "2852039166",
    "metadata service, mapped": "[::ffff:169.254.169.254]",
    "metadata service, IPv6": "[fd00:ec2::254]",
    "metadata service, NAT64": "[64:ff9b::a9fe:a9fe]",
    "metadata service, 6to4": "[2002:a9fe:a9fe::1]",
    "NAT64": "[64:ff9b::7f00:2]",
    "local NAT64": "[64:ff9b:1::7f00:2]",
    "6to4": "[2002:7f00:2::1]",
    "Teredo": "[2001:0:4136:e378:8000:63bf:80ff:fffd]",
    "IPv4-compatible": "[::7f00:2]",
    "IPv4-translated": "[::ffff:0:7f00:2]",
    "unique local": "[fd12:3456::1]",
    "IPv6 link-local": "[fe80::1]",
    "site-local": "[fec0::1]",
    "protocol assignments": "192.0.0.1",
    "documentation": "192.0.2.1",
    "benchmarking": "198.18.0.1",
    "reserved": "240.0.0.1",
    "multicast": "224.0.0.1",
    "IPv6 multicast": "[ff02::1]",
    "broadcast": "255.255.255.255",
}
NOTATIONS = {**LOOPBACK, **ELSEWHERE}


class Listener:
    """Listens on one port of every address of this machine, and answers nothing.

    Attributes:
        reached: the address of each connection that was made.
    """

    def __init__(self) -> None:
        self.reached: list[str] = []
        self._listening = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._listening.accept()
            except OSError:
                return
            self.reached.append(made.getsockname()[0])
            made.close()
