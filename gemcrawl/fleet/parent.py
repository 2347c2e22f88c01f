"""The parent of a fleet: hands out municipalities, keeps the turns, gives a lost worker's municipalities to another, and publishes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gemcrawl.exceptions import OutputError
from gemcrawl.fleet.turns import TurnKeeper
from gemcrawl.fleet.work import Work, longest_first
from gemcrawl.interruption import STUCK_SECONDS, Interruption
from gemcrawl.places import reason
from gemcrawl.publication import publish_night
from gemcrawl.snapshot.commit import so_far, spoilt
from gemcrawl.snapshot.previous import survey_seconds
from gemcrawl.spiders.forms import CALMER
from gemcrawl.transport import preload
from gemcrawl.transport.urls import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scrapy.settings import BaseSettings

    from gemcrawl.fleet.processes import Started, Workers
    from gemcrawl.fleet.wire import Message, Wire
    from gemcrawl.items import Reason
    from gemcrawl.night import Night

MOST_LOST = 10
"""Lost workers, per worker asked for, after which the run ends: something is wrong that another one would not mend."""
SHOWN = 3
"""Municipalities named as slow."""
PROJECT = 20
"""Priority in Scrapy from which a setting is ours or the caller's."""
_PUBLISHING = "gemcrawl.pipelines.snapshot.SnapshotPipeline"
_COMMITTING = "gemcrawl.pipelines.snapshot.CommitPipeline"
logger = logging.getLogger(__name__)


class Shown(Protocol):
    """What a person sees of the run."""

    def begin(self, total: int, resumed: int, slow: Callable[[], Iterable[str]], *, note: str = "") -> None: ...

    def committed(self, outcome: str, pages: int, kinds: Iterable[str]) -> None: ...

    def failed(self) -> None: ...

    async def end(self) -> None: ...


@dataclass(eq=False, slots=True)
class _Worker:
    """One process."""

    number: int
    process: Started
    tended: asyncio.Task[None] | None
    places: int = 0
    """Municipalities at the same time; 0 until it is ready."""
    at_work: dict[str, float] = field(default_factory=dict)
    """Municipalities that it has, and since when."""

    @property
    def wire(self) -> Wire:
        return self.process.wire


class Fleet:
    """One night in several processes.

    Args:
        settings: of the run, as one process would have them.
        night: the run, whose lock this process holds; lets go of it at the end.
        workers: who starts them; is closed at the end.
        display: for the person at the terminal.
    """

    def __init__(self, settings: BaseSettings, night: Night, workers: Workers, display: Shown) -> None:
        self._settings, self._night, self._hands, self._display = settings, night, workers, display
        self._names = {entry.code: clean(entry.name, 30) for entry in night.plan.registry.entries}
        self._workers: list[_Worker] = []
        self._tending: set[asyncio.Task[None]] = set()
        self._keeper = TurnKeeper(settings.getfloat("DOWNLOAD_DELAY"))
        self._work = Work(())
        self._changed = asyncio.Event()
        self._interruption = Interruption(self, grace=settings.getfloat("GEMCRAWL_GRACE_SECONDS"))
        self._again = False
        """The second round has begun."""
        self._spoilt: set[str] = set()
        self._lost = 0
        self._listing = settings.getbool("GEMCRAWL_TLS_INVENTORY")
        self._no_more = False
        self._dead_canaries: tuple[str, ...] | None = None
        self._told: dict[str, Any] = {"snapshot/run_id": night.record.run_id}
        self._deadline = None if night.plan.deadline is None else time.monotonic() + night.plan.deadline

    def stop(self) -> None:
        """The grace is over: every worker knows that by its own clock."""

    async def run(self) -> dict[str, Any]:
        """Surveys, publishes, and lets go of the output.

        Returns:
            What a run in one process leaves in its statistics: ``snapshot/run_id``, ``path``, ``missing``, ``held_back``, ``error``.
        """
        assert self._night.lock is not None
        try:
            self._interruption.watch(self._night.plan.deadline)
            try:
                await self._survey()
            except OSError as error:  # no process can be started, say
                self._fail(f"{error.strerror or error}; run {self._night.record.run_id} is kept")
            self._interruption.forget()
            if "snapshot/error" not in self._told and self._interruption.cause in (None, "deadline"):
                await asyncio.to_thread(self._publish)
        finally:
            for worker in self._workers:
                worker.wire.close()  # which ends it
            try:
                await self._hands.close()
            finally:
                self._night.lock.release()
        return self._told

    async def _survey(self) -> None:
        entries = self._night.plan.registry.entries
        done, self._spoilt = await asyncio.to_thread(so_far, self._night.parts, {entry.code for entry in entries}, listing=self._listing)
        seconds = await asyncio.to_thread(survey_seconds, self._night.plan.output)
        todo = longest_first((entry.code for entry in entries if entry.code not in done), seconds)
        self._work.add(todo)
        if preload.stale(self._night.record.date):
            logger.warning("the packaged HSTS preload list is of %s; hosts added since are judged by their header alone", preload.LIST_DATE)
        self._display.begin(len(entries), len(done), self._slow, note=self._night.plan.note)
        try:
            for number in range(min(self._hands.size, max(1, len(todo)))):
                self._start(number)
            await self._until(lambda: not self._work and not any(worker.at_work for worker in self._workers))
            if self._spoilt and not self._begun and await self._calm_down():
                self._again = True
                self._work.add(longest_first(self._spoilt, seconds))
                self._hand_out()
                await self._until(lambda: not self._work and not any(worker.at_work for worker in self._workers))
            if self._settings.getlist("GEMCRAWL_CANARIES") and not self._begun:
                await self._ask_canaries()
            await self._dismiss()
        finally:
            await self._display.end()

    @property
    def _begun(self) -> bool:
        return self._interruption.begun.is_set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Waits until something is so, or the run ends early."""
        begun = asyncio.create_task(self._interruption.begun.wait())
        try:
            while not reached() and not begun.done():
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({changed, begun}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
        finally:
            begun.cancel()

    async def _calm_down(self) -> bool:
        """Waits before the second round; False when there is to be none, or the run is to end instead."""
        if not self._settings.getbool("GEMCRAWL_SECOND_ROUND"):
            return False
        pause = self._settings.getfloat("GEMCRAWL_SECOND_ROUND_PAUSE") * self._settings.getfloat("DOWNLOAD_DELAY")
        logger.info("%d municipalities are surveyed once more in %g s", len(self._spoilt), pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._interruption.begun.wait()
        return not self._begun

    async def _ask_canaries(self) -> None:
        """Has a worker find out whether this machine still reaches hosts that are known to be up."""
        while self._dead_canaries is None and not self._begun:
            await self._until(lambda: any(worker.places for worker in self._workers))
            for asked in [worker for worker in self._workers if worker.places][:1]:
                asked.wire.send(canaries=True)
                await self._until(lambda: self._dead_canaries is not None or asked not in self._workers)  # noqa: B023

    async def _dismiss(self) -> None:
        """Tells the workers that this was all, or why the run ends early, and waits until they are gone."""
        self._no_more = True
        for worker in self._workers:
            self._tell_end(worker)
        for task in self._tending - {worker.tended for worker in self._workers}:
            task.cancel()  # it waits for a place to be started at
        patience = STUCK_SECONDS + self._settings.getfloat("GEMCRAWL_GRACE_SECONDS")
        if self._tending:
            _, stuck = await asyncio.wait(self._tending, timeout=patience)
            for worker in self._workers if stuck else ():
                logger.warning("worker %d does not end, and is ended", worker.number)
                worker.process.kill()
            await asyncio.gather(*self._tending, return_exceptions=True)

    def _tell_end(self, worker: _Worker) -> None:
        """Tells a worker to end; one that is not ready, which still reads its settings, is told when it is."""
        if not worker.places:
            return
        if self._interruption.cause is not None:
            worker.wire.send(begin=self._interruption.cause)
        else:
            worker.wire.send(done=True)

    def _start(self, number: int) -> None:
        """Starts a worker; it is tended from then on."""
        task = asyncio.create_task(self._tend(number))
        self._tending.add(task)
        task.add_done_callback(self._tended)

    def _tended(self, task: asyncio.Task[None]) -> None:
        self._tending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:  # no worker could be started, say
            self._fail(f"{reason(error) if isinstance(error, OSError) else repr(error)}; run {self._night.record.run_id} is kept")

    def _settings_of_a_worker(self) -> dict[str, Any]:
        """All that is not Scrapy's default: what this process was given counts, whatever the environment of a worker says."""
        everything = self._settings.copy_to_dict()
        ours = {name: everything[name] for name in everything if (self._settings.getpriority(name) or 0) >= PROJECT}
        pipelines = {_COMMITTING if name == _PUBLISHING else name: order for name, order in ours["ITEM_PIPELINES"].items()}
        left = None if self._deadline is None else f"{max(1, round(self._deadline - time.monotonic()))}s"
        told = ours | {
            "GEMCRAWL_OUTPUT": str(self._night.plan.output.absolute()),
            "GEMCRAWL_RESUME": self._night.record.run_id,
            "GEMCRAWL_DEADLINE": left,
            "GEMCRAWL_RENDER_RUN_PAGES": self._settings.getint("GEMCRAWL_RENDER_RUN_PAGES") // self._hands.size,
            "ITEM_PIPELINES": pipelines,
            "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None},
            **self._hands.apart,
        }
        return {name: value for name, value in told.items() if _is_json(value)}

    async def _tend(self, number: int) -> None:
        """Starts a worker, tells it the settings, and listens to it until it is gone; then sees to what it had."""
        worker = _Worker(number, await self._hands.start(number), asyncio.current_task())
        worker.wire.send(settings=self._settings_of_a_worker())
        self._workers.append(worker)
        async for message in worker.wire.messages():
            self._said(worker, message)
        worker.wire.close()
        began, worker.places = bool(worker.places), 0  # it is handed out nothing more, and nobody takes what it had for done
        code = await worker.process.ended()
        self._keeper.gone(worker.wire)
        if not self._no_more and not self._begun:
            await self._replace(worker, code, began=began)
        self._workers.remove(worker)
        self._changed.set()

    async def _replace(self, worker: _Worker, code: int | None, *, began: bool) -> None:
        """Another worker for one that was lost in mid-run."""
        self._lost += 1
        how = f"worker {worker.number} ended with {code}" if code is not None else f"worker {worker.number} was lost with what it ran on"
        never_began = not began and code is not None and code >= 0  # of itself: another one would do the same
        if never_began or self._lost > MOST_LOST * self._hands.size:
            self._fail(f"{how}{' before it began' if never_began else ''}; run {self._night.record.run_id} is kept")
            return
        logger.warning("%s; %d municipalities are handed out again", how, len(worker.at_work))
        for town in worker.at_work:
            survey = await asyncio.to_thread(self._night.parts.survey, town)
            if survey is not None and (not self._again or town in self._night.parts.tried_again()):  # it could only not say so any more
                self._committed(
                    town,
                    survey.municipality.outcome,
                    survey.municipality.pages,
                    [form.kind for form in survey.forms],
                    bool(spoilt(survey, listing=self._listing)),
                )
            elif not self._work.lost(town):
                logger.error("%s %s is handed out no more: its workers were lost", town, self._names[town])
                self._display.failed()
        worker.at_work.clear()
        self._hand_out()  # somebody may have nothing to do, and the new one may have to wait for a place
        if not self._begun:
            self._start(worker.number)

    def _said(self, worker: _Worker, message: Message) -> None:
        if "turn" in message:
            self._keeper.ask(worker.wire, message)
            return
        if "free" in message:
            self._keeper.free(worker.wire, message)
            return
        if "ready" in message:
            worker.places = message["ready"]
            if self._no_more:
                self._tell_end(worker)
        elif "committed" in message:
            self._still_ours()
            del worker.at_work[message["committed"]]
            self._committed(message["committed"], message["outcome"], message["pages"], message["kinds"], message["spoilt"])
        elif "failed" in message:
            del worker.at_work[message["failed"]]
            if not self._again:
                self._display.failed()
                self._spoilt.add(message["failed"])
        elif "left" in message:
            del worker.at_work[message["left"]]
        elif "dead_canaries" in message:
            self._dead_canaries = tuple(message["dead_canaries"])
        elif "error" in message:
            self._fail(message["error"])
        self._hand_out()
        self._changed.set()

    def _still_ours(self) -> None:
        try:
            self._night.check()
        except OutputError as lost:
            self._fail(f"{lost}; run {self._night.record.run_id} is kept")

    def _committed(self, code: str, outcome: str, pages: int, kinds: list[str], again: bool) -> None:
        if self._again:
            return
        self._display.committed(outcome, pages, kinds)
        if again:
            self._spoilt.add(code)

    def _hand_out(self) -> None:
        """One municipality at a time to the worker with most places free."""
        while not self._begun:
            free = [worker for worker in self._workers if len(worker.at_work) < self._places(worker)]
            for worker in sorted(free, key=lambda worker: len(worker.at_work)):
                if (code := self._work.next_for(worker.at_work)) is not None:
                    worker.at_work[code] = time.monotonic()
                    worker.wire.send(survey=code, again=self._again)
                    break
            else:
                return

    def _places(self, worker: _Worker) -> int:
        return max(1, worker.places // CALMER) if self._again and worker.places else worker.places

    def _slow(self) -> list[str]:
        now = time.monotonic()
        longest = sorted((since, code, worker.number) for worker in self._workers for code, since in worker.at_work.items())[:SHOWN]
        return [f"  {now - since:4.0f} s  {self._names[code]}: worker {number + 1}" for since, code, number in longest]

    def _fail(self, message: str) -> None:
        if "snapshot/error" not in self._told:
            self._told["snapshot/error"] = message
            logger.error(message)
        self._interruption.begin("output")

    def _publish(self) -> None:
        missing: Reason = "deadline" if self._interruption.cause == "deadline" else "error"
        try:
            published = publish_night(self._settings, self._night, missing=missing, dead_canaries=self._dead_canaries or ())
        except OutputError as error:
            self._fail(str(error))
            return
        if published.gate.state == "suspect":
            self._told["snapshot/held_back"] = "; ".join(published.gate.reasons)
            logger.error("held back: %s; see %s", "; ".join(published.gate.reasons), published.path)
        self._told["snapshot/path"] = str(published.path)
        self._told["snapshot/missing"] = len(published.missing)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
