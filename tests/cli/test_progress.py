"""Progress in plain lines: what is done, what is left."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gemcrawl.cli import progress


def survey(code: str, outcome: str) -> Any:
    return SimpleNamespace(municipality=SimpleNamespace(code=code, outcome=outcome, pages=3), forms=[SimpleNamespace(kind="contact")])


async def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *rounds: list[Any]) -> str:
    """The last line after each municipality of ``rounds`` was done."""
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.01)
    plan = SimpleNamespace(plan=SimpleNamespace(note=""))
    spider = SimpleNamespace(registry=SimpleNamespace(entries=[1, 2, 3]), done=set(), night=plan, second_round=set(), running={})
    display = progress.ProgressDisplay(cast("Any", SimpleNamespace(spider=spider)))
    display.spider_opened()
    for number, items in enumerate(rounds):
        spider.second_round = {item.municipality.code for item in items} if number else set()
        for item in items:
            display.item_scraped(item)
    await asyncio.sleep(0.1)
    await display.spider_closed()
    return capsys.readouterr().err.splitlines()[-1]


async def test_what_is_done_and_how_long_the_rest_will_take(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    said = await lines(monkeypatch, capsys, [survey("GM1", "surveyed"), survey("GM2", "unreachable")])
    assert said.startswith("2 of 3 municipalities, forms: 0 appointment, 2 contact, 0 other")
    assert "1 unreachable, about " in said
    assert said.endswith(" s left")


async def test_a_second_look_is_not_counted_as_another_municipality(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = [survey(code, "surveyed") for code in ("GM1", "GM2")]
    said = await lines(monkeypatch, capsys, [*first, survey("GM3", "unreachable")], [survey("GM3", "unreachable")])
    assert said.startswith("3 of 3 municipalities, forms: 0 appointment, 3 contact")
    assert said.endswith("1 unreachable, then a second look at what failed, and publication")
