"""Commits every municipality as one part, and publishes the snapshot when the last one is in, or holds it back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from gemcrawl.exceptions import Interrupted, OutputError
from gemcrawl.places import reason
from gemcrawl.publication import publish_night
from gemcrawl.snapshot.commit import commit, so_far
from gemcrawl.transport import preload

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from gemcrawl.items import Survey
    from gemcrawl.night import Night
    from gemcrawl.spiders.forms import FormsSpider


class CommitPipeline:
    """Writes parts to ``output/runs/<run-id>``, and leaves them there."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._failed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Survey) -> Survey:
        """Commits one municipality, off the event loop; of two surveys the better one.

        Raises:
            OSError, OutputError: it could not be written, or the output is another run's by now.  The run is ended, since the next one would fare no better; it can be resumed.
            Interrupted: the run is over, and what was seen of this municipality may stem from that.
        """
        spider, night = self._spider(), self._night()
        if spider.interruption.over.is_set():
            raise Interrupted("the run is over; this municipality is not committed")
        try:
            night.check()
            await asyncio.to_thread(commit, night.parts, item, again=item.municipality.code in spider.second_round, listing=self._listing())
        except (OSError, OutputError) as error:
            if not self._failed:
                self._failed = True
                self._fail(
                    f"cannot write to {night.plan.output}: {reason(error)}; run {night.record.run_id} is kept, "
                    "resume it when this is solved"
                )
                spider.interruption.end("output")
            raise
        return item

    def _fail(self, message: str) -> None:
        self._stat("error", message)
        self._spider().logger.error(message)

    def _listing(self) -> bool:
        return self._crawler.settings.getbool("GEMCRAWL_TLS_INVENTORY")

    def _spider(self) -> FormsSpider:
        return cast("FormsSpider", self._crawler.spider)

    def _night(self) -> Night:
        return self._spider().night

    def _stat(self, name: str, value: object) -> None:
        assert self._crawler.stats is not None
        self._crawler.stats.set_value(f"snapshot/{name}", value)


class SnapshotPipeline(CommitPipeline):
    """Commits, and publishes at the end; leaves the parts where they are, resumable, when the run is interrupted."""

    async def open_spider(self) -> None:
        spider, night = self._spider(), self._night()
        codes = {entry.code for entry in spider.registry.entries}
        spider.done, spider.failed = await asyncio.to_thread(so_far, night.parts, codes, listing=self._listing())
        self._stat("run_id", night.record.run_id)
        if preload.stale(night.record.date):
            spider.logger.warning(
                "the packaged HSTS preload list is of %s; hosts added since are judged by their header alone", preload.LIST_DATE
            )
        self._stat("resumed", len(spider.done))

    async def close_spider(self) -> None:
        """Publishes, when every municipality had its turn or the deadline has passed; then lets go of the output."""
        spider, night = self._spider(), self._night()
        spider.interruption.forget()
        try:
            if not self._failed and spider.complete:
                await asyncio.to_thread(self._publish)
        finally:
            if night.lock is not None:
                night.lock.release()

    def _publish(self) -> None:
        spider = self._spider()
        try:
            published = publish_night(
                self._crawler.settings,
                self._night(),
                missing="deadline" if spider.interruption.cause == "deadline" else "error",
                dead_canaries=spider.dead_canaries,
            )
        except OutputError as error:
            self._fail(str(error))
            return
        if published.gate.state == "suspect":
            self._stat("held_back", "; ".join(published.gate.reasons))
            spider.logger.error("held back: %s; see %s", "; ".join(published.gate.reasons), published.path)
        self._stat("path", str(published.path))
        self._stat("missing", len(published.missing))
