"""Unpacking bodies: Scrapy's middleware, which holds to DOWNLOAD_MAXSIZE, with a bound on layers and one failure for all that is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import DownloadFailedError, IgnoreRequest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

MOST_CODINGS = 3
"""Content codings of one body; each is unpacked up to DOWNLOAD_MAXSIZE, and a header section has room for ten thousand of them."""
MOST_MEMBERS = 1000
"""gzip members of one body (RFC 1952 section 2.2); a body has room for two hundred thousand empty ones, each a round of Python."""
_MEMBER = b"\x1f\x8b\x08"


class CompressionMiddleware(HttpCompressionMiddleware):
    """Raises IgnoreRequest for a body that unpacks to too much, DownloadFailedError for one that is not what Content-Encoding says."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # no more spider argument
        fields = response.headers.getlist("Content-Encoding")
        if not fields or request.method == "HEAD":
            return response
        if sum(field.count(b",") + 1 for field in fields) > MOST_CODINGS or response.body.count(_MEMBER) > MOST_MEMBERS:
            raise IgnoreRequest(f"{response.url}: packed in too many layers or members")
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            raise
        except Exception as failure:  # every coding has exceptions of its own for a broken body
            raise DownloadFailedError(f"{response.url}: not {b', '.join(fields)!r}") from failure
