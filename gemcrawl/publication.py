"""How a night ends: its parts are judged by the quality gate and published, or held back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gemcrawl import clock
from gemcrawl.night import SEEN_BY
from gemcrawl.snapshot.gate import Gate, Limits, Tally, comparable, judge
from gemcrawl.snapshot.publish import Published, RegistrySummary, RunInfo, publish
from gemcrawl.transport import preload
from gemcrawl.transport.rules import load

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy.settings import BaseSettings

    from gemcrawl.items import Reason
    from gemcrawl.night import Night

_SETTINGS = ("DOWNLOAD_DELAY", *SEEN_BY, "GEMCRAWL_PROBE_SPACING", "GEMCRAWL_DEADLINE", "USER_AGENT")


def publish_night(settings: BaseSettings, night: Night, *, missing: Reason, dead_canaries: tuple[str, ...] = ()) -> Published:
    """Publishes the parts of ``night``, or holds them back.

    Args:
        settings: those that the night was surveyed with.
        missing: why a municipality without a part has none.
        dead_canaries: the canary hosts, when none of them answered.

    Raises:
        OutputError: it could not be written; the parts are untouched.
    """
    run = RunInfo(
        run_id=night.record.run_id,
        started=night.record.moment,
        finished=max(night.record.moment, clock.now()),
        as_of=night.plan.registry.as_of,
        registry=RegistrySummary.of(night.plan.registry),
        settings={name: settings.get(name) for name in _SETTINGS},
        rule_sets=tuple(load()),
        preload_list_date=preload.LIST_DATE,
        missing=missing,
        whole=night.plan.whole,
    )
    keep = settings.getbool("GEMCRAWL_KEEP_PARTS")
    gate = partial(_judge, settings, night, dead_canaries)
    return publish(night.plan.output, run, night.parts, night.plan.registry.entries, keep_parts=keep, gate=gate, still_ours=night.check)


def _judge(settings: BaseSettings, night: Night, dead_canaries: tuple[str, ...], tables: Path) -> Gate:
    now = Tally.of(tables)
    limits = Limits(
        most={name: float(share) for name, share in settings.getdict("GEMCRAWL_GATE_MOST").items()},
        rise={name: float(share) for name, share in settings.getdict("GEMCRAWL_GATE_RISE").items()},
        municipalities=settings.getint("GEMCRAWL_GATE_MUNICIPALITIES"),
    )
    seen_by = {name: settings.get(name) for name in SEEN_BY}
    return judge(
        now,
        [entry.code for entry in night.plan.registry.entries],
        limits,
        whole=night.plan.whole,
        previous=comparable(night.plan.output, now, run_id=night.record.run_id, settings=seen_by),
        dead_canaries=dead_canaries,
    )
