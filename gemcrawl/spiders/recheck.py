"""A second look at known forms: where they were, and, when they are not there any more, where the site leads to now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from scrapy import Spider

from gemcrawl import clock, preflight
from gemcrawl.compare.recheck import Looked, missing, results
from gemcrawl.fetch.client import Client
from gemcrawl.fetch.renderer import Renderer
from gemcrawl.items import IN_SCOPE, Municipality, Recheck, Survey
from gemcrawl.pipelines.transport import TransportPipeline
from gemcrawl.places import Place, place
from gemcrawl.registry import Entry
from gemcrawl.snapshot.known import KnownTown, known_towns
from gemcrawl.snapshot.lock import Lock, acquire
from gemcrawl.snapshot.read import latest
from gemcrawl.snapshot.rechecks import write
from gemcrawl.survey.explore import Limits, survey
from gemcrawl.survey.rendering import Budget, Renderings
from gemcrawl.survey.revisit import Revisited, revisit
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.fetch.rendered import Render

SEARCH_PAGES = 12
"""Pages read to find a form that is not where it was."""


class RecheckSpider(Spider):
    """Looks again at the forms of the newest snapshot that have findings, and keeps what it saw in ``output/rechecks``.

    Args:
        only: codes of municipalities, comma-separated; all when empty.
        everything: forms without findings too.
        seen: called with the rows of each municipality when it is done.
    """

    name = "recheck"
    custom_settings = {"ITEM_PIPELINES": {}}  # noqa: RUF012  nothing is published; the judge is asked directly

    def __init__(
        self, only: str = "", everything: bool = False, seen: Callable[[list[Recheck]], None] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.only = tuple(code.strip() for code in only.split(",") if code.strip())
        self.everything = everything in (True, "1", "true", "yes")
        self.seen = seen or (lambda rows: self.logger.info("%s", [(row.municipality, row.kind, row.result) for row in rows]))
        self.observed = Observed()
        self.visitors: dict[str, Visitor] = {}
        self.second_round: set[str] = set()
        """As in `gemcrawl.spiders.forms`; a recheck is a second look already, and has none."""
        self.stopping = asyncio.Event()
        """Nothing will be asked any more."""
        self.complete = False
        """Every municipality had its turn."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> RecheckSpider:
        """Makes the spider and reads what is known.

        Raises:
            UsageError: there is no snapshot, a code is not in it, or what `gemcrawl.preflight` finds; nothing has been requested yet.
            Locked: a run works on the output, or another recheck; the two would not know of each other's requests to one server.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.output = place(settings["GEMCRAWL_OUTPUT"])
        spider.snapshot = latest(spider.output)
        spider.towns = known_towns(spider.snapshot, everything=spider.everything, only=spider.only)
        preflight.check_connections(settings)
        spider.client = Client(crawler)
        spider.render = Renderer.from_crawler(crawler) if settings.getbool("GEMCRAWL_RENDER") else None
        spider.render_budget = Budget(settings.getint("GEMCRAWL_RENDER_RUN_PAGES"))
        spider.judge = TransportPipeline.from_crawler(crawler)
        spider.lock = acquire(spider.output, settings.getfloat("GEMCRAWL_LEASE_SECONDS"))
        return spider

    output: Place
    snapshot: Place
    towns: tuple[KnownTown, ...]
    client: Client
    render: Render | None
    render_budget: Budget
    judge: TransportPipeline
    lock: Lock

    async def start(self) -> AsyncIterator[Any]:
        """At most GEMCRAWL_CONCURRENT_SITES municipalities at a time; yields nothing, but Scrapy wants a generator."""
        started = clock.now()
        rows: list[Recheck] = []
        queue = iter(self.towns)

        async def work() -> None:
            for town in queue:
                found = await self._recheck(town)
                rows.extend(found)
                self.seen(found)

        try:
            self.judge.open_spider()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self.settings.getint("GEMCRAWL_CONCURRENT_SITES"), len(self.towns))):
                    tasks.create_task(work())
            self.complete = True
        finally:
            self.stopping.set()
            await self.judge.close_spider()
            self.lock.release()
        path = await asyncio.to_thread(write, self.output, started, rows)
        assert self.crawler.stats is not None
        self.crawler.stats.set_value("recheck/path", str(path))
        self.crawler.stats.set_value("recheck/forms", len(rows))
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    async def _recheck(self, town: KnownTown) -> list[Recheck]:
        """The rows of one municipality; one at which something raises could not be reached: no form vanishes."""
        try:
            looked = await self._look(town)
        except Exception:
            self.logger.exception("recheck of %s %s failed", town.code, town.name)
            looked = Looked(forms=(), failures={}, statuses={}, searched=False, requests=0, at=clock.now())
        finally:
            self.visitors.pop(town.code, None)
        return results(town.forms, looked, snapshot=self.snapshot.name.removeprefix("snapshot="))

    async def _look(self, town: KnownTown) -> Looked:
        seconds = self.settings.getfloat("GEMCRAWL_SITE_SECONDS")
        deadline = time.monotonic() + seconds
        observed = self.observed.for_one()
        visitor = Visitor(self.client.get, observed, jar=town.code, deadline=deadline, slow_down=self.client.slow_down)
        own = Budget(self.settings.getint("GEMCRAWL_RENDER_PAGES"))
        again = await revisit(town, visitor, Renderings(self.render, visitor, own, self.render_budget, deadline))
        again.collection.finish()
        item = await self._judged(town, again, visitor)
        forms, searched, requests = item.forms, True, visitor.requests
        if missing(town.forms, forms):
            found, visitor = await survey(
                Entry(code=town.code, name=town.name, province=town.province, website=town.website),
                self.client.get,
                observed,
                Limits(pages=SEARCH_PAGES, seconds=seconds, rendered=own.left),
                slow_down=self.client.slow_down,
                render=self.render,
                run=self.render_budget,
            )
            searched = found.municipality.outcome in ("surveyed", "partial") and not found.unread
            self.visitors[town.code] = visitor
            there = {form.form_id for form in forms}
            found.forms = [form for form in found.forms if form.kind in IN_SCOPE and form.form_id not in there]
            forms = [*forms, *(await self.judge.process_item(found)).forms]
            requests += visitor.requests
        return Looked(forms=forms, failures=again.failures, statuses=again.statuses, searched=searched, requests=requests, at=clock.now())

    async def _judged(self, town: KnownTown, again: Revisited, visitor: Visitor) -> Survey:
        """What was found, measured and judged as a survey of the municipality would be."""
        self.visitors[town.code] = visitor
        now = clock.now()
        item = Survey(
            municipality=Municipality(
                code=town.code,
                name=town.name,
                province=town.province,
                website=town.website,
                outcome="surveyed",
                appointment="not_tested",
                contact="not_tested",
                pages=again.pages,
                started_at=now,
                finished_at=now,
            ),
            forms=[form for form in again.collection.forms.values() if form.kind in IN_SCOPE],
            ways=again.collection.ways,
        )
        return await self.judge.process_item(item)
