"""Cookies as sent: which session cookies may travel over http too?"""

from __future__ import annotations

from collections.abc import Iterable

MAX_NAME = 80


def insecure_session_cookies(fields: Iterable[str]) -> tuple[str, ...]:
    """Names of session cookies (RFC 6265: without Expires and Max-Age) in Set-Cookie ``fields`` that lack the Secure attribute."""
    found = []
    for text in fields:
        pair, *attributes = text.split(";")
        name, equals, value = pair.partition("=")
        names = {a.partition("=")[0].strip().lower() for a in attributes}
        if equals and name.strip() and value.strip() and not names & {"secure", "expires", "max-age"}:
            found.append(name.strip()[:MAX_NAME])
    return tuple(dict.fromkeys(found))
