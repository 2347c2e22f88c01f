"""Fetching the state's registers: one file each, over https that can be trusted, from the address that was named and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from scrapy import Spider

from gemcrawl import preflight
from gemcrawl.fetch.client import Client

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.fetch.answer import Answer


class RegistrySpider(Spider):
    """Hands each file, or why there is none, to ``seen``.

    An export is larger than any page: whoever runs this raises DOWNLOAD_MAXSIZE and DOWNLOAD_TIMEOUT, as `gemcrawl registry --refresh` does.

    Args:
        urls: addresses, https; in one text they are separated by blanks.
        seen: called once per address, with the bytes, and an empty reason where they are complete.
    """

    name = "registry"
    custom_settings = {"ITEM_PIPELINES": {}}  # noqa: RUF012  nothing is published

    def __init__(self, urls: tuple[str, ...] | str = (), seen: Callable[[str, bytes, str], None] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.urls = tuple(urls.split()) if isinstance(urls, str) else urls
        self.seen = seen or (lambda url, body, reason: self.logger.info("%s: %s", url, reason or f"{len(body)} bytes"))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> RegistrySpider:
        """Makes the spider.

        Raises:
            UsageError: what `gemcrawl.preflight` finds; nothing has been requested yet.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        preflight.check_connections(crawler.settings)
        spider.client = Client(crawler)
        return spider

    client: Client

    async def start(self) -> AsyncIterator[Any]:
        """One file after the other; yields nothing, but Scrapy wants a generator."""
        for url in self.urls:
            answer = await self.client.get(url, jar="registry")
            self.seen(url, answer.body, _wrong(answer))
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item


def _wrong(answer: Answer) -> str:
    """Why an answer is no register; empty when it may be one."""
    if answer.failure is not None or answer.hop is None:
        return f"no answer: {answer.failure}"
    if answer.location is not None:
        return f"it is at {answer.location[:200]!a} now; name that address when you trust it"
    if answer.status != 200:
        return f"status {answer.status}"
    if answer.hop.handshake is None or not answer.hop.handshake.trusted:
        return "its certificate cannot be trusted"
    if answer.truncated:
        return "broken off, or larger than DOWNLOAD_MAXSIZE"
    return ""
