"""What kind of document it is: an error in disguise, a challenge, an empty shell, a redirect in markup or script."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gemcrawl.forms.addresses import Addresses
from gemcrawl.forms.data import table
from gemcrawl.forms.words import Lexicon, fold

SMALL_TEXT = 600
"""Characters of visible text; a page with less is about one thing."""
_MAX_SCRIPT = 1500
# White space is taken possessively here and in `gemcrawl.forms.buttons`: with a dozen places that may take it, a line's indentation would be shared out
# among them in millions of ways.
_REFRESH = re.compile(
    r"\s*+(?:(\d{1,5})[\d.]*+|\.[\d.]*+)(?:\s*+[;,]|\s)\s*+(?:url\s*+=\s*+)?+(?:\"([^\"]*)|'([^']*)|(.*))", re.IGNORECASE | re.DOTALL
)
_PLACE = r"(?:(?:window|document|self|top|parent|this)\s*+\.\s*+){0,2}location"
_STRING = r"(?:\"([^\"\\\n]*(?:\\/[^\"\\\n]*)*)\"|'([^'\\\n]*(?:\\/[^'\\\n]*)*)')"
_GO = rf"{_PLACE}(?:\s*+\.\s*+href)?\s*+=\s*+{_STRING}|{_PLACE}\s*+\.\s*+(?:replace|assign)\s*+\(\s*+{_STRING}\s*+\)"
_REDIRECT = re.compile(
    rf"\s*+(?:(?:setTimeout\s*+\(\s*+)?(?:\(?\s*+function\s*+\w*\s*+\(\s*+\)\s*+\{{|\(\s*+\)\s*+=>\s*+\{{?)\s*+)?(?:{_GO})\s*+;?\s*+(?:return\s++(?:true|false)\s*+;?)?\s*+(?:\}}?\s*+\)?\s*+(?:\(\s*+\))?\s*+(?:,\s*+\d{{1,4}}\s*+)?\)?\s*+;?)?\s*+"
)
_UPGRADE = re.compile(
    rf"\s*+(?:\(?\s*+function\s*+\w*\s*+\(\s*+\)\s*+\{{\s*+)?if\s*+\(\s*+{_PLACE}\s*+\.\s*+protocol\s*+(?:[!=]==?)\s*+[\"']https?:[\"']\s*+\)\s*+\{{?\s*+{_PLACE}(?:\s*+\.\s*+(?:href|protocol))?\s*+(?:=|\.\s*+(?:replace|assign)\s*+\()[^;{{}}]{{0,300}}?https:[^;{{}}]{{0,300}}+;?\s*+\}}?\s*+(?:\}}\s*+\)?\s*+\(\s*+\)\s*+\)?\s*+;?)?\s*+"
)
_COMMENTS = re.compile(r"/\*.*?\*/|<!--|-->|//<!\[CDATA\[|//\]\]>|(?m:^[^\S\n]*+//[^\n]*$)", re.DOTALL)

_data = table("states.toml")
_SAYS_ERROR = Lexicon(_data["error"]["phrases"])
_SAYS_ERROR_ALONE = frozenset(map(fold, _data["error"]["alone"]))
_TITLE_PART = re.compile(r"\s[|–—-]\s")
_SAYS_CHALLENGE = Lexicon(_data["challenge"]["phrases"])
_CHALLENGE_MARKUP: tuple[bytes, ...] = tuple(m.encode() for m in _data["challenge"]["markup"])
_CAPTCHA_MARKUP: tuple[bytes, ...] = tuple(m.encode() for m in _data["challenge"]["captcha"])


def meta_refresh(content: str, addresses: Addresses) -> str | None:
    """Target of a ``meta http-equiv=refresh`` that acts within five seconds; None when it waits longer or only reloads."""
    match = _REFRESH.match(content[:2500])
    if match is None or int(match[1] or 0) > 5:
        return None
    written = (match[2] or match[3] or match[4] or "").strip()
    return (addresses.web(written) or None) if written else None


def script_redirect(script: str, url: str, addresses: Addresses) -> str | None:
    """Target of a script that does nothing but go elsewhere; of a script that only changes http to https, the page's own https address."""
    if len(script) > _MAX_SCRIPT or "location" not in script:
        return None
    script = _COMMENTS.sub("", script)
    match = _REDIRECT.fullmatch(script)
    if match:
        target = addresses.web(next((g for g in match.groups() if g), "").replace("\\/", "/"))
        return target if target and target != url else None
    if url.startswith("http://") and _UPGRADE.fullmatch(script):
        return "https://" + url.removeprefix("http://")
    return None


def challenge(title: str, markup: bytes, text_length: int, fields: int) -> str | None:
    """The phrase or marker by which a page shows that it is a test for robots."""
    found = _SAYS_CHALLENGE.find(fold(title)) if title else []
    if found and text_length < 3 * SMALL_TEXT:
        return found[0]
    if fields == 0 and text_length < SMALL_TEXT:
        for marker in (*_CHALLENGE_MARKUP, *_CAPTCHA_MARKUP):
            if marker in markup:
                return marker.decode()
    return None


def error_phrase(prominent: Iterable[str], text: str, fields: int) -> str | None:
    """The phrase by which a page with status 200 says that it is no page.

    Looked for in the title, the first headings and alerts, when there is no form to fill in, and in all text of an otherwise small page.
    """
    if fields >= 2:
        return None
    pieces = [piece[:400] for piece in prominent if piece]
    for piece in pieces:
        found = _SAYS_ERROR.find(fold(piece))
        if found:
            return found[0]
    if len(text) < SMALL_TEXT:
        for piece in pieces:
            # What follows the bar or dash in a title is the site's name.
            alone = fold(_TITLE_PART.split(piece, maxsplit=1)[0])
            if alone in _SAYS_ERROR_ALONE:
                return alone
    if fields == 0 and len(text) < SMALL_TEXT:
        found = _SAYS_ERROR.find(fold(text))
        if found:
            return found[0]
    return None
