"""Cookies of the survey: one jar per municipality, within a budget, forgotten when its survey ends.

Scrapy's own middleware keeps every jar for ever and loads the public suffix list over the network.
"""

from __future__ import annotations

import re
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.http.cookies import CookieJar

from gemcrawl.sites import is_public_suffix

if TYPE_CHECKING:
    from http.cookiejar import Cookie
    from urllib.request import Request as UrllibRequest

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from gemcrawl.items import Survey

MAX_BYTES = 16 * 1024
"""Set-Cookie fields of one response, all together; a response with more sets none."""
MAX_COOKIES = 100
"""Cookies in one jar; a municipality that has more gets no new ones."""


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What no cookie holds (RFC 6265bis section 5.6, step 1), and would end the header field that sends it back."""


class _Policy(DefaultCookiePolicy):
    """No cookies for a whole public suffix (RFC 6265 section 5.3, step 5)."""

    def set_ok_domain(self, cookie: Cookie, request: UrllibRequest) -> bool:
        if cookie.domain_specified and is_public_suffix(cookie.domain.lstrip(".")):
            return False
        return super().set_ok_domain(cookie, request)


class CookiesMiddleware:
    """Sends back what was set, per jar named in ``meta["cookiejar"]``."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CookiesMiddleware:
        middleware = cls()
        crawler.signals.connect(middleware.forget, signals.item_scraped)
        crawler.signals.connect(middleware.forget, signals.item_error)
        return middleware

    def forget(self, item: Survey) -> None:
        """Signal handler: the survey of a municipality is over."""
        self._jars.pop(item.municipality.code, None)

    def process_request(self, request: Request) -> None:
        """Adds the Cookie header."""
        jar = self._jars.get(request.meta["cookiejar"])
        if jar is not None:
            request.headers.pop("Cookie", None)
            jar.add_cookie_header(request)

    def process_response(self, request: Request, response: Response) -> Response:
        """Keeps what the response sets."""
        fields = response.headers.getlist("Set-Cookie")
        if fields and sum(map(len, fields)) <= MAX_BYTES and not any(map(_CONTROL.search, fields)):
            jar = self._jars.setdefault(request.meta["cookiejar"], CookieJar(policy=_Policy()))
            if len(jar) < MAX_COOKIES:
                jar.extract_cookies(response, request)
        return response
