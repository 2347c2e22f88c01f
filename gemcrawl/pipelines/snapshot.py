"""Commits every municipality as one part, and publishes the snapshot when the last one is in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gemcrawl.exceptions import OutputError
from gemcrawl.snapshot.output import prepare_output
from gemcrawl.snapshot.parts import Parts
from gemcrawl.snapshot.publish import RegistrySummary, RunInfo, publish
from gemcrawl.snapshot.read import snapshot_id
from gemcrawl.transport import preload
from gemcrawl.transport.rules import load

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Survey
    from gemcrawl.spiders.forms import FormsSpider

_SETTINGS = (
    "DOWNLOAD_DELAY",
    "DOWNLOAD_TIMEOUT",
    "DOWNLOAD_MAXSIZE",
    "GEMCRAWL_MAX_PAGES",
    "GEMCRAWL_SITE_SECONDS",
    "GEMCRAWL_RENDER",
    "GEMCRAWL_TLS_INVENTORY",
    "GEMCRAWL_PROBE_SPACING",
    "GEMCRAWL_VOCABULARY",
    "USER_AGENT",
)


class SnapshotPipeline:
    """Writes parts to ``output/runs/<run-id>``; leaves them there, resumable, when the run is interrupted."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = datetime.now(UTC)
        self._output = prepare_output(Path(crawler.settings["GEMCRAWL_OUTPUT"]))
        self._failed = False
        self._closing: asyncio.Task[None] | None = None
        resume = crawler.settings.get("GEMCRAWL_RESUME")
        self._run_id = resume or snapshot_id(self._started)
        self._parts = Parts(self._output / "runs" / self._run_id)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SnapshotPipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        spider = self._spider()
        spider.done = self._parts.codes() & {entry.code for entry in spider.registry.entries}
        self._stat("run_id", self._run_id)
        if preload.stale(self._started.date()):
            spider.logger.warning(
                "the packaged HSTS preload list is of %s; hosts added since are judged by their header alone", preload.LIST_DATE
            )
        self._stat("resumed", len(spider.done))

    async def process_item(self, item: Survey) -> Survey:
        """Commits one municipality, off the event loop.

        Raises:
            OSError: it could not be written.  The run is ended, since the next one would fare no better; it can be resumed.
        """
        try:
            await asyncio.to_thread(self._parts.write, item)
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._fail(
                    f"cannot write to {self._output}: {error.strerror or error}; run {self._run_id} is kept, resume it when this is solved"
                )
                assert self._crawler.engine is not None
                self._closing = asyncio.create_task(self._crawler.engine.close_spider_async(reason="output_failed"))
            raise
        return item

    async def close_spider(self) -> None:
        """Publishes, when every municipality had its turn."""
        spider = self._spider()
        if self._failed or not spider.complete:
            return
        settings = self._crawler.settings
        run = RunInfo(
            run_id=self._run_id,
            started=self._started,
            finished=datetime.now(UTC),
            as_of=spider.as_of,
            registry=RegistrySummary.of(spider.registry),
            settings={name: settings.get(name) for name in _SETTINGS},
            rule_sets=tuple(load()),
            preload_list_date=preload.LIST_DATE,
        )
        keep = settings.getbool("GEMCRAWL_KEEP_PARTS")
        try:
            published = await asyncio.to_thread(publish, self._output, run, self._parts, spider.registry.entries, keep_parts=keep)
        except OutputError as error:
            self._fail(str(error))
            return
        self._stat("path", str(published.path))
        self._stat("missing", len(published.missing))

    def _fail(self, message: str) -> None:
        self._stat("error", message)
        self._spider().logger.error(message)

    def _spider(self) -> FormsSpider:
        return cast("FormsSpider", self._crawler.spider)

    def _stat(self, name: str, value: object) -> None:
        assert self._crawler.stats is not None
        self._crawler.stats.set_value(f"snapshot/{name}", value)
