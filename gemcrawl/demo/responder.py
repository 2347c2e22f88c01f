"""What the nation answers to a request: a function of the definitions, with finished pages kept for the next visitor."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from gemcrawl.demo.model import Host, Nation, Page
from gemcrawl.demo.render import environment, render, render_notice
from gemcrawl.demo.sites import find

_KEEP = 6000
"""Finished responses kept in memory; a night fetches most pages once."""
_BARRIERS = {
    "down": (503, "De website is tijdelijk niet beschikbaar."),
    "forbidden": (403, "Toegang geweigerd."),
    "rate_limited": (429, "Te veel verzoeken."),
}


@dataclass(slots=True)
class Visits:
    """What the server saw, counted."""

    paths: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Requests by scheme, host and path."""
    methods: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Requests that were neither GET nor HEAD, by method and URL."""
    forbidden: Counter[str] = field(default_factory=Counter)
    """Visits to pages where a crawler has no business, by URL."""

    def not_get_or_head(self) -> list[dict[str, object]]:
        """For JSON: requests that a crawler may not make."""
        return [{"method": method, "url": url, "count": count} for (method, url), count in sorted(self.methods.items())]

    def as_dict(self) -> dict[str, object]:
        """For JSON: totals, hosts, and the two kinds of misbehaviour."""
        hosts: Counter[str] = Counter()
        for (_, host, _), count in self.paths.items():
            hosts[host] += count
        return {
            "requests": sum(hosts.values()),
            "not_get_or_head": self.not_get_or_head(),
            "forbidden": dict(sorted(self.forbidden.items())),
            "hosts": dict(sorted(hosts.items())),
            "paths": {f"{s}://{h}{p}": n for (s, h, p), n in sorted(self.paths.items())},
        }


class Responder:
    """Answers requests for the hosts of a nation.

    Args:
        watch: called after every request that is neither GET nor HEAD.
    """

    def __init__(self, nation: Nation, watch: Callable[[Visits], None] = lambda _: None) -> None:
        self._watch = watch
        self._hosts = nation.hosts
        self._wildcards = {host.wildcard: host for host in nation.hosts.values() if host.wildcard}
        self._kept: dict[tuple[str, str, str, bool], bytes] = {}
        self.visits = Visits()

    def answer(self, method: str, scheme: str, host_name: str, target: str, cookies: str = "", *, gzip: bool = False) -> bytes:
        """The whole response to a request, without a body for HEAD.

        Args:
            target: the request target, path and query.
            cookies: the Cookie field, empty when there was none.
            gzip: the client accepts gzip.
        """
        path = target.partition("?")[0]
        host_name = host_name.partition(":")[0].rstrip(".").lower()
        self.visits.paths[scheme, host_name, path] += 1
        host = self._hosts.get(host_name) or self._by_wildcard(host_name)
        if method not in ("GET", "HEAD"):
            self.visits.methods[method, f"{scheme}://{host_name}{path}"] += 1
            self._watch(self.visits)
            return _response(405, b"", gzip=False)
        key = (scheme, host_name, path, gzip)
        response = self._kept.get(key)
        if response is None:
            response, keep = self._make(scheme, host, path, target, cookies, gzip=gzip)
            if keep:
                if len(self._kept) >= _KEEP:
                    self._kept.clear()
                self._kept[key] = response
        return response if method == "GET" else response[: response.index(b"\r\n\r\n") + 4]

    def delay(self, host_name: str, target: str) -> float:
        """Seconds to wait before a request is answered."""
        host = self._hosts.get(host_name.partition(":")[0].rstrip(".").lower())
        page = host.pages.get(target.partition("?")[0]) if host else None
        return page.delay if page else 0.0

    def _by_wildcard(self, name: str) -> Host | None:
        """The host that answers for every name under its domain, under the name that was asked for."""
        host = self._wildcards.get(name.partition(".")[2])
        return replace(host, name=name) if host else None

    def _make(self, scheme: str, host: Host | None, path: str, target: str, cookies: str, *, gzip: bool) -> tuple[bytes, bool]:
        if host is None:
            return _response(404, render_notice("Onbekend", "Deze naam bestaat niet."), gzip=gzip), False
        page = find(host, path)
        if page is not None and page.forbidden:
            self.visits.forbidden[f"{scheme}://{host.name}{path}"] += 1
        if scheme == "http":
            elsewhere = _from_http(host, page, target)
            if elsewhere is not None:
                return elsewhere, False
        headers: list[tuple[str, str]] = []
        if scheme == "https" and host.hsts is not None:
            headers.append(("Strict-Transport-Security", host.hsts))
        if host.redirect_all:
            return _redirect(host.redirect_all + target, 301, headers), False
        if host.barrier and path != "/robots.txt":
            return _barred(host, headers), False
        if page is None:
            return _response(404, render_notice(host.owner, "Pagina niet gevonden."), headers, gzip=gzip), False
        return self._page(scheme, host, page, target, cookies, headers, gzip=gzip)

    def _page(
        self, scheme: str, host: Host, page: Page, target: str, cookies: str, headers: list[tuple[str, str]], *, gzip: bool
    ) -> tuple[bytes, bool]:
        if page.redirect and not (scheme == "http" and page.on_http):
            if page.set_cookie:
                headers.append(("Set-Cookie", page.set_cookie))
            return _redirect(page.redirect, 302, headers), False
        secure = "; Secure" if scheme == "https" else ""
        if page.cookie_gate and f"{page.cookie_gate}=" not in cookies:
            headers.append(("Set-Cookie", f"{page.cookie_gate}=a1b2c3; path=/; HttpOnly{secure}"))
            return _redirect(f"{scheme}://{host.name}{target}", 302, headers), False
        if page.session and f"{page.session}=" not in cookies:
            return _response(200, render_notice(host.owner, "Er is geen sessie gevonden."), headers, gzip=gzip), False
        if page.set_cookie:
            headers.append(("Set-Cookie", page.set_cookie))
        body = page.raw or render(host, page)
        keep = not (page.cookie_gate or page.session or page.forbidden)
        return _response(page.status, body, headers, content_type=page.content_type, gzip=gzip and not page.raw), keep


def _from_http(host: Host, page: Page | None, target: str) -> bytes | None:
    """How the http version leads elsewhere; None where it answers itself."""
    if page is not None and page.on_http:
        return None
    if page is not None and page.http_redirect:
        return _redirect(page.http_redirect, 301)
    secure = f"https://{host.name}{target}"
    if host.http == "redirect":
        return _redirect(secure, 301)
    if host.http == "other_host":
        return _redirect(f"https://{host.alternate}{target}", 301)
    if host.http == "late":
        return _redirect(f"http://{host.alternate}{target}", 301)
    if host.http in ("meta_refresh", "script"):
        template = environment().get_template("upgrade.html.j2")
        return _response(200, template.render(owner=host.owner, url=secure, script=host.http == "script").encode(), gzip=False)
    return None


def _barred(host: Host, headers: list[tuple[str, str]]) -> bytes:
    if host.barrier == "challenge":
        body = environment().get_template("challenge.html.j2").render(owner=host.owner).encode()
        return _response(403, body, [*headers, ("cf-mitigated", "challenge"), ("Server", "cloudflare")], gzip=False)
    status, notice = _BARRIERS[host.barrier]
    if status == 429:
        headers = [*headers, ("Retry-After", "1")]
    return _response(status, render_notice(host.owner, notice), headers, gzip=False)


def _redirect(url: str, status: int, headers: list[tuple[str, str]] | None = None) -> bytes:
    location = url if urlsplit(url).path else f"{url}/"
    return _response(status, b"", [*(headers or ()), ("Location", location)], gzip=False)


def _response(
    status: int,
    body: bytes,
    headers: list[tuple[str, str]] | None = None,
    *,
    content_type: str = "text/html; charset=utf-8",
    gzip: bool,
) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Type: {content_type}", "Vary: Accept-Encoding"]
    lines += [f"{name}: {value}" for name, value in headers or ()]
    if gzip and len(body) > 500:
        compressor = zlib.compressobj(1, wbits=31)
        body = compressor.compress(body) + compressor.flush()
        lines.append("Content-Encoding: gzip")
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
