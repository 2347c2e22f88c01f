"""The fictional nation as the benchmarks meet it, and gemcrawl's settings for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from gemcrawl.demo.process import DemoServer

DEMO_DELAY, SHORTEST_DELAY = 0.005, 0.001
"""Seconds between two requests to one server: what `gemcrawl demo` does, and the least that gemcrawl allows."""


def settings_for(server: DemoServer, output: Path, *, delay: float = DEMO_DELAY, **more: Any) -> Path:
    """Writes gemcrawl's settings for a nation that is served, as `gemcrawl demo` makes them, and returns the file.

    Nothing is rendered unless ``more`` says so: what a page costs that is only fetched is a figure of its own.
    """
    settings = {
        **server.settings(output, delay=delay),
        "GEMCRAWL_RENDER": False,
        "LOG_LEVEL": "ERROR",
        "EXTENSIONS": {"benchmarks.clock.Clock": 0, "scrapy.extensions.logstats.LogStats": None},
        **more,
    }
    file = server.directory / "settings.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return file


def addresses_for(server: DemoServer) -> Path:
    """Writes the loopback address of every host and returns the file."""
    file = server.directory / "addresses.json"
    file.write_text(json.dumps(server.addresses), encoding="utf-8")
    return file
