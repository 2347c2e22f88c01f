"""security.txt as RFC 9116 asks: whom to tell about a fault; one request within robots.txt, redirects on the same site followed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gemcrawl.items import SecurityTxt
from gemcrawl.sites import site_of
from gemcrawl.survey.urls import host_of
from gemcrawl.survey.visit import Visitor, resolve
from gemcrawl.transport.urls import clean

MAX_BYTES = 32 * 1024
"""RFC 9116 section 5.4 asks for a limit; the longest that is sensible has a signature and a few dozen fields."""
MAX_CONTACTS = 10
MAX_REDIRECTS = 3
PATH = "/.well-known/security.txt"
"""RFC 9116 section 3; the older place at the root of the site is not asked for, to spare the site a request."""

_FIELD = re.compile(r"([A-Za-z-]{1,40}):[ \t]*(\S.{0,2000}?)[ \t]*")
_CONTACT = re.compile(r"(mailto:[^\s<>\"]{3,300}|https://[^\s<>\"]{3,2000}|tel:[-+0-9().]{3,40})", re.IGNORECASE)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[-+][0-9]{2}:[0-9]{2})")
_BEGIN, _SIGNATURE = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----"


async def read(visitor: Visitor, host: str) -> SecurityTxt | None:
    """The security.txt of a site; None when there is none that can be used, or robots.txt denies it."""
    url: str | None = f"https://{host}{PATH}"
    for _ in range(MAX_REDIRECTS + 1):
        # A file elsewhere may be about another party (RFC 9116 section 3.1).
        if url is None or not url.startswith("https://") or site_of(host_of(url)) != site_of(host):
            return None
        if await visitor.allowed(url) is not None:
            return None
        answer = await visitor.ask(url)
        if not (300 <= answer.status < 400 and answer.location is not None):
            break
        url = resolve(answer.location, url)
    else:
        return None
    if answer.status != 200 or answer.hop is None or answer.hop.handshake is None or not answer.hop.handshake.trusted:
        return None  # whom to trust with a fault is not learned from a stranger
    return parse(answer.body, answer.url) if answer.content_type == "text/plain" else None


def parse(body: bytes, url: str) -> SecurityTxt | None:
    """The contacts and the date in a file; None when it has no contact, or no single date (RFC 9116 section 2.5.3, 2.5.5).

    Lines that are no fields, and fields that are not known, are passed over.  Whether the date has passed is for the reader of the row.
    """
    contacts: dict[str, None] = {}
    dates: list[datetime | None] = []
    for line in _lines(body[:MAX_BYTES].decode("utf-8", "replace")):
        field = _FIELD.fullmatch(line)
        if field is None:
            continue
        name, value = field[1].lower(), field[2]
        if name == "contact" and _CONTACT.fullmatch(value) and len(contacts) < MAX_CONTACTS:
            contacts[clean(value, len(value))] = None
        elif name == "expires":
            dates.append(_moment(value))
    if not contacts or len(dates) != 1 or dates[0] is None:
        return None
    return SecurityTxt(contacts=list(contacts), expires=dates[0], url=clean(url, 2000))


def _lines(text: str) -> list[str]:
    """The lines that count: those between the header and the signature of a signed file (RFC 9580 section 7), without dash escapes."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != _BEGIN:
        return lines
    end = next((i for i, line in enumerate(lines) if line.rstrip() == _SIGNATURE), len(lines))
    start = next((i for i, line in enumerate(lines[:end]) if not line.strip()), 0)
    return [line.removeprefix("- ") for line in lines[start + 1 : end]]


def _moment(text: str) -> datetime | None:
    """A date and time of RFC 3339 in UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
