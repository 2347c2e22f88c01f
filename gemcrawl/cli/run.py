"""Runs one crawl, in this process or in several, and tells how it ended."""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemcrawl.cli import logs
from gemcrawl.cli.exit_codes import ExitCode
from gemcrawl.exceptions import GemcrawlError, Locked, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

    from gemcrawl.places import Place


YOUNG_OBJECTS = 5_000
"""Objects made, beyond those gone, after which Python looks for garbage among them; it would after 700, when a page makes thousands."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    code: ExitCode
    snapshot: Place | None = None
    run_id: str | None = None
    message: str = ""
    stats: Mapping[str, Any] | None = None


def run_crawl(
    settings: Mapping[str, Any], *, workers: int | None = None, dask: str | None = None, only: str = "", as_of: str = "", again: str = ""
) -> Result:
    """Runs the forms spider with ``settings`` on top of `gemcrawl.settings`.

    Args:
        settings: Scrapy's and gemcrawl's.
        workers: processes that survey; with more than one, beside this one.  None: one, or as many as the Dask cluster has threads.
        dask: address of the scheduler of a Dask cluster, on which they run instead.
        only: codes, comma-separated; all when empty.
        as_of: date of the register; today when empty.
        again: the command that started this, to which ``--resume RUN`` is added in the message about an interrupted run; empty where
            it cannot be taken up.

    Raises:
        UsageError: an option, file or directory cannot be used; nothing has been requested.
    """
    from gemcrawl.spiders.forms import FormsSpider

    if dask is not None or (workers or 1) > 1:
        return _run_fleet(settings, workers, dask, only=only, as_of=as_of, again=again)
    crawler, error = run_spider(FormsSpider, settings, only=only, as_of=as_of)
    if isinstance(error, Locked):  # before anything was opened, statistics included
        return Result(ExitCode.LOCKED, None, None, str(error))
    return _result(_stats(crawler), error, again)


def _run_fleet(settings: Mapping[str, Any], workers: int | None, dask: str | None, *, only: str, as_of: str, again: str) -> Result:
    from gemcrawl.cli.progress import Display
    from gemcrawl.fleet.cluster import Cluster
    from gemcrawl.fleet.parent import Fleet
    from gemcrawl.fleet.processes import LocalProcesses
    from gemcrawl.night import begin

    merged = _merged(settings)
    _log(merged.copy())  # workers are told the settings as they were

    async def run() -> dict[str, Any]:
        cluster = None if dask is None else await Cluster.connect(dask, workers, merged["GEMCRAWL_FLEET_ADDRESS"])
        try:
            night = begin(merged, only=tuple(code for code in only.split(",") if code), as_of=as_of)
        except BaseException:
            if cluster is not None:
                await cluster.close()
            raise
        assert night.lock is not None
        return await Fleet(merged, night, cluster or LocalProcesses(workers or 1, night.lock), Display()).run()

    try:
        with asyncio.Runner(loop_factory=_event_loop(merged)) as runner:
            return _result(runner.run(run()), None, again)
    except Locked as error:
        return Result(ExitCode.LOCKED, None, None, str(error))


def _event_loop(settings: Settings) -> type[asyncio.AbstractEventLoop] | None:
    """The event loop that Scrapy would take in this process; None for Python's own."""
    from scrapy.utils.misc import load_object

    name = settings["ASYNCIO_EVENT_LOOP"]
    loop: type[asyncio.AbstractEventLoop] | None = load_object(name) if name else None
    return loop


def _result(stats: Mapping[str, Any], error: BaseException | None, again: str) -> Result:
    from gemcrawl.places import place

    run_id = stats.get("snapshot/run_id")
    if isinstance(error, GemcrawlError) or "snapshot/error" in stats:
        return Result(ExitCode.ERROR, None, run_id, stats.get("snapshot/error") or str(error), stats)
    if error is not None:
        return Result(ExitCode.ERROR, None, run_id, f"{type(error).__name__}: {error}", stats)
    path = place(stats["snapshot/path"]) if "snapshot/path" in stats else None
    if "snapshot/held_back" in stats:
        return Result(ExitCode.HELD_BACK, path, run_id, f"held back as suspect: {stats['snapshot/held_back']}; see {path}", stats)
    if path is not None:
        return Result(ExitCode.PUBLISHED, path, run_id, _missing(stats), stats)
    if run_id is None:
        return Result(ExitCode.INTERRUPTED, None, None, "interrupted before it began", stats)
    onward = f"go on with: {again} --resume {run_id}" if again else "start it again"
    return Result(ExitCode.INTERRUPTED, None, run_id, f"interrupted; {onward}", stats)


def run_measured(settings: Mapping[str, Any], metrics: Path, **how: Any) -> Result:
    """As `run_crawl`, and writes to the file ``metrics`` how it went, wrong usage included; not where another run has the output, which
    will tell for itself.

    Raises:
        UsageError: as `run_crawl`; or the file cannot be written, which is known before anything is requested.
    """
    from gemcrawl.cli import metrics as textfile
    from gemcrawl.places import place

    output, began = place(settings["GEMCRAWL_OUTPUT"]), time.monotonic()
    textfile.check(metrics)
    code = ExitCode.ERROR
    try:
        result = run_crawl(settings, **how)
        code = result.code
    except UsageError:
        code = ExitCode.USAGE
        raise
    finally:
        if code is not ExitCode.LOCKED:
            textfile.write(metrics, output, code=code, seconds=time.monotonic() - began)
    return result


def _stats(crawler: Crawler) -> dict[str, Any]:
    try:
        return crawler.stats.get_stats() if crawler.stats is not None else {}
    except RuntimeError:  # what Scrapy says before a crawl has begun
        return {}


def _missing(stats: Mapping[str, Any]) -> str:
    missing = stats.get("snapshot/missing", 0)
    return f"{missing} municipalities have no survey of their own; their rows say why" if missing else ""


def run_spider(spider: type[Spider], settings: Mapping[str, Any], **arguments: Any) -> tuple[Crawler, BaseException | None]:
    """Runs one spider with ``settings`` on top of `gemcrawl.settings`.

    Returns:
        The crawler, and what ended it early, if anything.

    Raises:
        UsageError: an option, file or directory cannot be used; nothing has been requested.
    """
    from scrapy import signals
    from scrapy.crawler import AsyncCrawlerProcess

    merged = _merged(settings)
    _log(merged)
    process = AsyncCrawlerProcess(merged)
    crawler = process.create_crawler(spider)
    crawler.signals.connect(_spare_the_collector, signals.spider_opened)
    task = process.crawl(crawler, **arguments)
    try:
        process.start()
    finally:
        gc.unfreeze()  # else libraries that count their objects complain when Python ends
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, UsageError):
        raise error
    return crawler, error


def _spare_the_collector() -> None:
    """Signal handler: all is loaded.  It stays to the end, and looking through it for garbage, over and over, took a twentieth of a night."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _merged(settings: Mapping[str, Any]) -> Settings:
    from scrapy.settings import Settings

    merged = Settings()
    merged.setmodule("gemcrawl.settings", priority="project")
    merged.setdict(dict(settings), priority="cmdline")
    return merged


def _log(settings: Settings) -> None:
    try:
        logs.install(settings)
    except OSError as failed:
        raise UsageError(f"--log-file {failed.filename!r} cannot be written ({failed.strerror}); name another, or leave it out") from None
