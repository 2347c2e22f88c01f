"""The one second try after an accident: Scrapy's middleware, with the pause that any other request would keep."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware as Scrapys

if TYPE_CHECKING:
    from scrapy.http import Response

PAUSE = "retry_pause"
"""Key in a request's meta: seconds between its failure and the second try.  Scrapy counts from the question, and a slow server would get none."""


class RetryMiddleware(Scrapys):
    """Waits, in the turn of the request, before the request goes out again."""

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # which may wait
        answer = super().process_response(request, response)
        if isinstance(answer, Request):
            await _pause(answer)
        return answer

    async def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        answer = super().process_exception(request, exception)
        if isinstance(answer, Request):
            await _pause(answer)
        return answer


async def _pause(request: Request) -> None:
    await asyncio.sleep(request.meta.get(PAUSE, 0.0))
