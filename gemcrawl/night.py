"""What a run is about to do, decided once and before its first request: which municipalities, which working area, and whether it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemcrawl import clock, durations, preflight
from gemcrawl.exceptions import UsageError
from gemcrawl.places import place
from gemcrawl.registry import load
from gemcrawl.snapshot import runs
from gemcrawl.snapshot.lock import acquire
from gemcrawl.snapshot.output import prepare_output
from gemcrawl.snapshot.parts import Parts

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from gemcrawl.places import Place
    from gemcrawl.registry import Registry
    from gemcrawl.snapshot.lock import Lock
    from gemcrawl.snapshot.runs import RunRecord

SEEN_BY = (
    "DOWNLOAD_TIMEOUT",
    "DOWNLOAD_MAXSIZE",
    "GEMCRAWL_MAX_PAGES",
    "GEMCRAWL_SEARCH_PAGES",
    "GEMCRAWL_SITE_SECONDS",
    "GEMCRAWL_RENDER",
    "GEMCRAWL_RENDER_PAGES",
    "GEMCRAWL_TLS_INVENTORY",
    "GEMCRAWL_VOCABULARY",
)
"""Settings that decide what is seen of a site: nights with different ones are not compared, and one run has one value of each.  Those of
pace are not among them: a run may be taken up more slowly."""
_KEEPS = ("GEMCRAWL_ARCHIVE",)
"""Settings that decide what is kept beside what is seen: one run has one value of each."""
_REACHED_BY = ("GEMCRAWL_CONNECT_TO", "GEMCRAWL_ALLOW_NET")
"""Settings that decide who answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process would do; nothing has been written."""

    output: Place
    registry: Registry
    wanted: RunRecord
    """The run as these settings ask for it."""
    resumed: RunRecord | None
    """The run that is taken up; None for a new one."""
    note: str
    """What a person should know about that; empty when there is nothing to say."""
    deadline: float | None
    """Seconds from now; None for none."""

    @property
    def whole(self) -> bool:
        """All municipalities of the register, rather than a selection."""
        return len(self.registry.entries) == self.registry.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A run that is under way in this process."""

    plan: Plan
    record: RunRecord
    parts: Parts
    lock: Lock | None
    """None where another process holds it on behalf of this one."""

    def check(self) -> None:
        """Makes sure that the output is still this run's.

        Raises:
            OutputError: another run may work on it.
        """
        if self.lock is not None:
            self.lock.check()


def plan(settings: BaseSettings, *, only: tuple[str, ...] = (), as_of: str = "") -> Plan:
    """Reads the register, checks the settings, and finds the run to take up, if any.

    GEMCRAWL_RESUME is a run id, ``last``, ``new``, or None for: the last run of today, when it asked for exactly this and is unfinished.
    A run that is named lends its date and its codes where none are given.

    Raises:
        UsageError: a wrong date, code or duration, a malformed register, what `gemcrawl.preflight` finds, or a run that does not match.
    """
    output = place(settings["GEMCRAWL_OUTPUT"])
    resume = settings.get("GEMCRAWL_RESUME")
    deadline = settings.get("GEMCRAWL_DEADLINE")
    seconds = durations.seconds_in(deadline, "--deadline") if deadline else None
    named = runs.asked_for(output, resume)
    day = as_of or settings.get("GEMCRAWL_AS_OF") or (named.as_of if named is not None else "")
    only = only or (named.only if named is not None else ())
    path, known = settings.get("GEMCRAWL_REGISTRY"), settings.get("GEMCRAWL_KNOWN_HOSTS")
    registry = load(Path(path) if path else None, as_of=parse_date(day), only=only, known_hosts=Path(known) if known else None)
    preflight.check(settings)
    wanted = runs.RunRecord.of(registry, only=only, settings=_deciding(settings), started=clock.now())
    note = ""
    if named is not None:
        runs.check_same(named, wanted)
    elif resume is None and (named := runs.automatic(output, wanted)) is not None:
        note = f"taking up run {named.run_id} of today, which is unfinished; start afresh with --new"
    elif resume is None and (others := runs.unfinished(output)):
        note = f"starting a new run; unfinished and different: {', '.join(other.run_id for other in others)} (go on with --resume RUN)"
    return Plan(output=output, registry=registry, wanted=wanted, resumed=named, note=note, deadline=seconds)


def _deciding(settings: BaseSettings) -> dict[str, Any]:
    return {name: settings.get(name) for name in (*SEEN_BY, *_KEEPS)} | {name: sorted(settings.getlist(name)) for name in _REACHED_BY}


def begin(settings: BaseSettings, *, only: tuple[str, ...] = (), as_of: str = "") -> Night:
    """Takes the lock of the output and opens the working area of the run, a new one or that of the run taken up.

    Raises:
        UsageError: as `plan`, or the output cannot be written; nothing has been requested.
        Locked: another run works on this output.
    """
    plan(settings, only=only, as_of=as_of)  # what is wrong is told before anything is written
    output = prepare_output(place(settings["GEMCRAWL_OUTPUT"]))
    lock = acquire(output, settings.getfloat("GEMCRAWL_LEASE_SECONDS"))
    try:
        planned = plan(settings, only=only, as_of=as_of)  # the run before may have ended since
        record = planned.resumed or runs.begin(output, planned.wanted)
    except BaseException:
        lock.release()
        raise
    return Night(plan=planned, record=record, parts=Parts(output / "runs" / record.run_id), lock=lock)


def join(settings: BaseSettings) -> Night:
    """Opens the working area of the run that GEMCRAWL_RESUME names, whose lock another process holds.

    Raises:
        UsageError: there is no such run, or these settings, this register or this version of gemcrawl are not those that it began with.
    """
    planned = plan(settings)
    assert planned.resumed is not None
    return Night(plan=planned, record=planned.resumed, parts=Parts(planned.output / "runs" / planned.resumed.run_id), lock=None)


def parse_date(text: str | None) -> date:
    """The date in ``text``, YYYY-MM-DD; today in UTC when there is none.

    Raises:
        UsageError: it is no date.
    """
    if not text:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()  # fromisoformat also takes week dates and the like
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a date; write it as YYYY-MM-DD, for example 2016-01-01") from None
