"""Strict-Transport-Security as RFC 6797 defines it: a field value is read by its grammar, and a mistake voids it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

YEAR = 31_536_000
"""Seconds; below it a policy is short (DigiD practice and the public test site; RFC 6797 itself sets no minimum)."""

_LARGEST = 2**63 - 1
_LONGEST_FIELD = 8192

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a grammar's word, not a secret
# RFC 6797, section 6.1, with the implied white space of RFC 2616; an empty directive is allowed.
_DIRECTIVE = re.compile(
    rf"""[ \t]*
    (?: (?P<name>{_TOKEN}) [ \t]*
        (?P<equals> = [ \t]* (?: (?P<token>{_TOKEN}) | "(?P<quoted>(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*)" ) [ \t]* )?
    )?
    (?: ; | \Z )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the Strict-Transport-Security field of one response says."""

    state: Literal["good", "short", "off", "invalid", "absent"]
    """good: at least a year; short: less; off: max-age is 0; invalid: the field does not fit the grammar and must be ignored."""
    max_age: int | None = None
    """Seconds, at most 2**63 - 1; None when the field is absent or invalid."""
    include_subdomains: bool = False
    preload: bool = False
    header: str | None = None
    """The field as sent; None when absent."""

    @property
    def covers_subdomains(self) -> bool:
        """Whether it protects every host below the one that sent it."""
        return self.include_subdomains and bool(self.max_age)


ABSENT = Policy("absent")


def parse(fields: Sequence[str]) -> Policy:
    """The policy of a response with these Strict-Transport-Security field values, in order.

    Only the first field counts (RFC 6797, section 8.1).  Never raises: a field that breaks the grammar, repeats a directive, gives
    ``includeSubDomains`` a value or has no ``max-age`` of digits only is ``invalid``; unknown directives are ignored.
    """
    if not fields:
        return ABSENT
    header = fields[0]
    directives = _directives(header)
    digits = None if directives is None else directives.get("max-age")
    if directives is None or digits is None or not re.fullmatch(r"[0-9]+", digits) or directives.get("includesubdomains") is not None:
        return Policy("invalid", header=header)
    significant = digits.lstrip("0") or "0"
    max_age = _LARGEST if len(significant) > 19 else min(int(significant), _LARGEST)
    return Policy(
        "off" if max_age == 0 else "short" if max_age < YEAR else "good",
        max_age,
        include_subdomains="includesubdomains" in directives,
        preload="preload" in directives,
        header=header,
    )


def _directives(header: str) -> dict[str, str | None] | None:
    """Value by lower-case name, None for a directive without a value; None in all when the field breaks the grammar."""
    if len(header) > _LONGEST_FIELD:
        return None
    found: dict[str, str | None] = {}
    position = 0
    while position < len(header):
        match = _DIRECTIVE.match(header, position)
        if match is None:
            return None
        position = match.end()
        if match["name"] is None:
            continue
        name = match["name"].lower()
        if name in found:
            return None
        quoted = match["quoted"]
        found[name] = match["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return found
