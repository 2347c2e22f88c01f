"""What the guard proxy makes of a browser's header fields: what a request is for, and which fields go on in either direction.

Pure functions over what was received; nothing here touches a connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gemcrawl.fetch.rendered import Destination

Fields = list[tuple[str, str]]

_DESTINATIONS: dict[str, Destination] = {  # the values of https://fetch.spec.whatwg.org/#concept-request-destination
    "document": "document",
    **dict.fromkeys(("iframe", "frame", "embed", "object", "fencedframe"), "frame"),
    **dict.fromkeys(("script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "json"), "script"),
    **dict.fromkeys(("style", "xslt"), "style"),
    "empty": "data",
    **dict.fromkeys(("image", "font", "audio", "video", "track"), "media"),
}
_FONT_FILES = re.compile(r"\.(?:woff2?|ttf|otf|eot)$", re.IGNORECASE)

_HOP_BY_HOP = frozenset(  # RFC 9110 7.6.1, and the older fields that are treated alike
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NOT_SENT = _HOP_BY_HOP | {
    "host",  # always that of the address asked
    "content-length",
    "content-type",
    "expect",
    "accept-encoding",
    "user-agent",
    "x-client-data",
}
_NOT_RETURNED = _HOP_BY_HOP | {
    "alt-svc",  # would lead around the proxy
    "clear-site-data",
    "content-security-policy-report-only",
    "nel",
    "proxy-status",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "speculation-rules",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def destination(headers: Mapping[str, str], path: str) -> Destination:
    """What a request is for.

    Chromium sends Sec-Fetch-Dest to https and loopback only; elsewhere Accept, which it words differently for each purpose, tells.

    Args:
        headers: the request's, looked up without regard to case.
        path: the request's path, with or without a query.
    """
    said = headers.get("Sec-Fetch-Dest", "").strip().lower()
    if said in ("", "empty") and headers.get("Sec-Fetch-Mode", "").strip().lower() == "navigate":
        return "document"
    if said:
        return _DESTINATIONS.get(said, "other")
    accept = headers.get("Accept", "").lower()
    if "Upgrade-Insecure-Requests" in headers or "text/html" in accept:
        return "document"
    if accept.startswith("image/") or _FONT_FILES.search(path.partition("?")[0]):
        return "media"
    if accept.startswith("text/css"):
        return "style"
    return "data" if accept.startswith(("text/event-stream", "application/json")) else "other"


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Whether the browser asks ahead for what may never be needed."""
    return "prefetch" in (headers.get("Sec-Purpose", "") + headers.get("Purpose", "")).lower()


def is_websocket(headers: Mapping[str, str]) -> bool:
    """Whether the request wants to become a WebSocket (RFC 6455 4.1): a GET by name only."""
    return "websocket" in headers.get("Upgrade", "").lower() or "Sec-WebSocket-Key" in headers


def sent(headers: Iterable[tuple[str, str]], user_agent: str) -> Fields:
    """The fields that go to the server: without those of this hop, of a body, and those that would lie about who asks."""
    pairs = list(headers)
    dropped = _NOT_SENT | _named(pairs)
    kept = [(name, value) for name, value in pairs if name.lower() not in dropped and not name.lower().startswith("sec-ch-")]
    return [*kept, ("Accept-Encoding", "gzip"), ("User-Agent", user_agent)]


def returned(raw: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The fields that go to the browser: without those of this hop, and those by which a site makes a browser report or go another way."""
    pairs = [(_text(name), _CONTROL.sub(" ", _text(value)).strip()) for name, value in raw]
    dropped = _NOT_RETURNED | _named(pairs)
    kept = [(name, value) for name, value in pairs if name.lower() not in dropped]
    if not any(name.lower() == "content-type" for name, _ in kept):
        kept.append(("Content-Type", ""))  # or aiohttp adds application/octet-stream, and the browser sniffs no more
    return kept


def cross_origin(headers: Mapping[str, str]) -> Fields:
    """The fields that let the page read an answer made here, as far as the request asks for them."""
    origin = headers.get("Origin", "")
    if not origin:
        return []
    return [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin")]


def preflight(headers: Mapping[str, str]) -> Fields:
    """The answer's fields to a CORS preflight for GET or HEAD: whatever it asks is granted, for the request itself changes nothing."""
    fields = [*cross_origin(headers), ("Access-Control-Allow-Methods", "GET, HEAD"), ("Access-Control-Max-Age", "600")]
    if asked := headers.get("Access-Control-Request-Headers", ""):
        fields.append(("Access-Control-Allow-Headers", asked))
    return fields


def _named(pairs: Fields) -> set[str]:
    """The fields that Connection declares to be of this hop."""
    return {token.strip().lower() for name, value in pairs if name.lower() == "connection" for token in value.split(",")}


def _text(raw: bytes) -> str:
    """Header fields are UTF-8 where they can be, else ISO 8859-1, as browsers read them."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
