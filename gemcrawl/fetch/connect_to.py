"""Where a connection for a host and port is really made: curl's ``--connect-to`` rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gemcrawl.exceptions import UsageError

_PART = r"(?:\[[^\]]*\]|[^:\[\]]*)"
_RULE = re.compile(rf"({_PART}):([0-9]{{0,5}}):({_PART}):([0-9]{{0,5}})")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; an empty part matches everything (left) or keeps what it was (right)."""

    host: str
    port: int | None
    address: str
    to_port: int | None

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Reads ``HOST:PORT:ADDR:PORT``; HOST may be ``*.domain``, IPv6 addresses stand in brackets.

        Raises:
            UsageError: ``text`` is not of that form.
        """
        match = _RULE.fullmatch(text)
        ports = [int(p) if p else None for p in (match[2], match[4])] if match else []
        if match is None or any(p is not None and not 0 < p < 65536 for p in ports):
            raise UsageError(f"--connect-to {text!r} is not HOST:PORT:ADDR:PORT (as in curl; parts may be empty, IPv6 in brackets)")
        host, address = (part.strip("[]").lower().rstrip(".") for part in (match[1], match[3]))
        return cls(host, ports[0], address, ports[1])

    def __str__(self) -> str:
        """The rule as `parse` reads it."""
        host, address = (f"[{part}]" if ":" in part else part for part in (self.host, self.address))
        return f"{host}:{self.port or ''}:{address}:{self.to_port or ''}"

    def matches(self, host: str, port: int) -> bool:
        """Whether the rule is for ``host`` (lower case, without a final dot) and ``port``."""
        if self.port is not None and self.port != port:
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return self.host in ("", host)


class ConnectTo:
    """An ordered list of rules; the first that matches counts, as in curl."""

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self._wild: list[tuple[int, Rule]] = []
        self._exact: dict[str, list[tuple[int, Rule]]] = {}
        for order, rule in enumerate(map(Rule.parse, rules)):
            exact = rule.host and not rule.host.startswith("*.")
            (self._exact.setdefault(rule.host, []) if exact else self._wild).append((order, rule))

    def __call__(self, host: str, port: int) -> tuple[str, int]:
        """The host or address, and the port, to connect to for ``host`` and ``port``."""
        name = host.lower().rstrip(".")
        candidates = (pair for pairs in (self._exact.get(name, ()), self._wild) for pair in pairs if pair[1].matches(name, port))
        order_rule = min(candidates, key=lambda pair: pair[0], default=None)
        if order_rule is None:
            return host, port
        rule = order_rule[1]
        return rule.address or host, rule.to_port or port
