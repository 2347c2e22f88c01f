"""What a page's content security policy makes of its http addresses: with ``upgrade-insecure-requests`` a browser asks for none of them.

W3C Upgrade Insecure Requests, section 4.1: what the page loads, what it frames and where its forms are sent goes over https instead, before Mixed
Content is judged.  Links are not among it here: they lead to the form from elsewhere too, and are followed as written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from gemcrawl.forms.addresses import normal
from gemcrawl.forms.page import PageReading

_DIRECTIVE = "upgrade-insecure-requests"
_TRACES = (b"upgrade-insecure", b"Upgrade-Insecure")


def upgrades(policies: Iterable[str], markup: bytes, tree: LexborHTMLParser) -> bool:
    """Whether a Content-Security-Policy field, or a meta element that stands for one in the head, has http addresses asked over https."""
    if any(map(_says, policies)):
        return True
    if not any(trace in markup for trace in _TRACES):  # which spares most pages the search
        return False
    return any(
        (meta.attributes.get("http-equiv") or "").strip().lower() == "content-security-policy"
        and _says(meta.attributes.get("content") or "")
        for meta in tree.css("head meta[http-equiv][content]")
    )


def _says(policy: str) -> bool:
    """Whether one of the policies of a field, which commas part, has the directive (CSP level 3, section 2.2)."""
    return any(directive.split()[:1] == [_DIRECTIVE] for one in policy.lower().split(",") for directive in one.split(";"))


def upgraded(reading: PageReading) -> PageReading:
    """The reading as a browser acts on it under that policy."""
    return replace(
        reading,
        frames=_over_https(reading.frames),
        held=_over_https(reading.held),
        forms=tuple(
            replace(
                form,
                targets=tuple(replace(target, url=_secure(target.url)) for target in form.targets),
                api_urls=_over_https(form.api_urls),
            )
            for form in reading.forms
        ),
        mixed_active=(),
        mixed_passive=(),
    )


def _over_https(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_secure, urls)))


def _secure(url: str) -> str:
    return normal(f"https:{url[5:]}") if url.startswith("http:") else url
