"""What Scrapy logs about a municipality that a pipeline refused: its code rather than all its rows, and no alarm where the run just ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

from gemcrawl.exceptions import Interrupted

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


class Formatter(LogFormatter):
    """Scrapy's, but for items that met an error."""

    def item_error(
        self,
        item: Any,
        exception: BaseException,
        response: Response | Failure | None,  # noqa: ARG002  Scrapy calls it so
        spider: Spider,  # noqa: ARG002
    ) -> LogFormatterResult:
        code = item.municipality.code
        if isinstance(exception, Interrupted):
            return {"level": logging.DEBUG, "msg": "%(code)s is left to a resumed run", "args": {"code": code}}
        return {"level": logging.ERROR, "msg": "%(code)s is not committed", "args": {"code": code}}
