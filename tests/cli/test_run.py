"""What every run sets in its process: the collector of garbage, the event loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
import uvloop

from gemcrawl.cli.run import YOUNG_OBJECTS, _event_loop, _merged
from tests.cli.program import CHECKOUT

_A_SPIDER_THAT_TELLS = """
import gc
from scrapy import Spider
from gemcrawl.cli.run import run_spider

class Telling(Spider):
    name = "telling"

    async def start(self):
        print(gc.get_freeze_count(), gc.get_threshold()[0])
        return
        yield

run_spider(Telling, {"ITEM_PIPELINES": {}, "LOG_LEVEL": "ERROR"})
"""


@pytest.fixture(scope="module")
def said():
    return subprocess.run([sys.executable, "-c", _A_SPIDER_THAT_TELLS], cwd=CHECKOUT, capture_output=True, text=True, check=True)


def test_what_is_loaded_before_the_first_request_is_not_looked_through_for_garbage_again(said):
    frozen, young = map(int, said.stdout.split())
    assert frozen > 50_000
    assert young == YOUNG_OBJECTS


def test_and_it_goes_when_the_program_ends_like_everything_else(said):
    assert "leaked" not in said.stderr


@pytest.mark.parametrize(("setting", "loop"), [("uvloop.Loop", uvloop.Loop), ("", None)])
def test_the_parent_of_a_fleet_runs_on_the_loop_that_its_workers_run_on(setting, loop):
    assert _event_loop(_merged({"ASYNCIO_EVENT_LOOP": setting})) is loop
    with asyncio.Runner(loop_factory=loop) as runner:
        assert loop is None or isinstance(runner.get_loop(), loop)
