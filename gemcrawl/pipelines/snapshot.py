"""Commits every municipality as one part, and publishes the snapshot when the last one is in, or holds it back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from gemcrawl import clock
from gemcrawl.exceptions import Interrupted, OutputError
from gemcrawl.night import SEEN_BY
from gemcrawl.snapshot.gate import Gate, Limits, Tally, comparable, judge
from gemcrawl.snapshot.publish import RegistrySummary, RunInfo, publish
from gemcrawl.transport import preload
from gemcrawl.transport.rules import load

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy.crawler import Crawler

    from gemcrawl.items import Reason, Survey
    from gemcrawl.night import Night
    from gemcrawl.spiders.forms import FormsSpider

_SETTINGS = ("DOWNLOAD_DELAY", *SEEN_BY, "GEMCRAWL_PROBE_SPACING", "GEMCRAWL_DEADLINE", "USER_AGENT")
_BEST_FIRST = ("surveyed", "partial", "robots_denied", "blocked", "unreachable", "failed")


class SnapshotPipeline:
    """Writes parts to ``output/runs/<run-id>``; leaves them there, resumable, when the run is interrupted."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._failed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SnapshotPipeline:
        return cls(crawler)

    async def open_spider(self) -> None:
        spider, night = self._spider(), self._night()
        spider.done, spider.failed = await asyncio.to_thread(self._so_far)
        self._stat("run_id", night.record.run_id)
        if preload.stale(night.record.date):
            spider.logger.warning(
                "the packaged HSTS preload list is of %s; hosts added since are judged by their header alone", preload.LIST_DATE
            )
        self._stat("resumed", len(spider.done))

    async def process_item(self, item: Survey) -> Survey:
        """Commits one municipality, off the event loop; of two surveys the better one.

        Raises:
            OSError: it could not be written.  The run is ended, since the next one would fare no better; it can be resumed.
            Interrupted: the run is over, and what was seen of this municipality may stem from that.
        """
        spider, night = self._spider(), self._night()
        if spider.interruption.over.is_set():
            raise Interrupted("the run is over; this municipality is not committed")
        try:
            await asyncio.to_thread(self._commit, item, again=item.municipality.code in spider.second_round)
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._fail(
                    f"cannot write to {night.plan.output}: {error.strerror or error}; run {night.record.run_id} is kept, "
                    "resume it when this is solved"
                )
                spider.interruption.end("output")
            raise
        return item

    def _so_far(self) -> tuple[set[str], set[str]]:
        """Municipalities that have a part, and those of them that are still to have their second try."""
        spider, parts = self._spider(), self._night().parts
        done = parts.codes() & {entry.code for entry in spider.registry.entries}
        return done, {code for code in done - parts.tried_again() if (first := parts.survey(code)) is not None and spider.spoilt(first)}

    def _commit(self, item: Survey, *, again: bool) -> None:
        """Writes a part.  After a second try the better survey stays, the first of equals, with the costs of both."""
        parts, code = self._night().parts, item.municipality.code
        kept, first = item, parts.survey(code) if again else None
        if first is not None:
            one, two = first.municipality, item.municipality
            kept = min(first, item, key=self._badness)
            kept.municipality = replace(kept.municipality, requests=one.requests + two.requests, bytes=one.bytes + two.bytes)
        parts.write(kept)
        if again:
            parts.mark_tried_again(code)

    def _badness(self, found: Survey) -> tuple[int, int, int]:
        """Of two surveys of one municipality the one that saw more has less of it."""
        row = found.municipality
        return _BEST_FIRST.index(row.outcome), [row.appointment, row.contact].count("not_tested"), self._spider().spoilt(found)

    async def close_spider(self) -> None:
        """Publishes, when every municipality had its turn or the deadline has passed; then lets go of the output."""
        spider, night = self._spider(), self._night()
        spider.interruption.forget()
        try:
            if not self._failed and spider.complete:
                await asyncio.to_thread(self._publish)
        finally:
            night.lock.release()

    def _publish(self) -> None:
        spider, night, settings = self._spider(), self._night(), self._crawler.settings
        reason: Reason = "deadline" if spider.interruption.cause == "deadline" else "error"
        run = RunInfo(
            run_id=night.record.run_id,
            started=night.record.moment,
            finished=max(night.record.moment, clock.now()),
            as_of=spider.as_of,
            registry=RegistrySummary.of(spider.registry),
            settings={name: settings.get(name) for name in _SETTINGS},
            rule_sets=tuple(load()),
            preload_list_date=preload.LIST_DATE,
            missing=reason,
            whole=night.plan.whole,
        )
        keep = settings.getbool("GEMCRAWL_KEEP_PARTS")
        try:
            published = publish(night.plan.output, run, night.parts, spider.registry.entries, keep_parts=keep, gate=self._judge)
        except OutputError as error:
            self._fail(str(error))
            return
        if published.gate.state == "suspect":
            self._stat("held_back", "; ".join(published.gate.reasons))
            spider.logger.error("held back: %s; see %s", "; ".join(published.gate.reasons), published.path)
        self._stat("path", str(published.path))
        self._stat("missing", len(published.missing))

    def _judge(self, tables: Path) -> Gate:
        spider, night, settings = self._spider(), self._night(), self._crawler.settings
        now = Tally.of(tables)
        limits = Limits(
            most={name: float(share) for name, share in settings.getdict("GEMCRAWL_GATE_MOST").items()},
            rise={name: float(share) for name, share in settings.getdict("GEMCRAWL_GATE_RISE").items()},
            municipalities=settings.getint("GEMCRAWL_GATE_MUNICIPALITIES"),
        )
        seen_by = {name: settings.get(name) for name in SEEN_BY}
        return judge(
            now,
            [entry.code for entry in spider.registry.entries],
            limits,
            whole=night.plan.whole,
            previous=comparable(night.plan.output, now, run_id=night.record.run_id, settings=seen_by),
            dead_canaries=spider.dead_canaries,
        )

    def _fail(self, message: str) -> None:
        self._stat("error", message)
        self._spider().logger.error(message)

    def _spider(self) -> FormsSpider:
        return cast("FormsSpider", self._crawler.spider)

    def _night(self) -> Night:
        return self._spider().night

    def _stat(self, name: str, value: object) -> None:
        assert self._crawler.stats is not None
        self._crawler.stats.set_value(f"snapshot/{name}", value)
