"""What the tests of rendering share: a way to ask, and pages to ask for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.fetch.browser import find_browser
from tests.support.forks import CHECKOUT, Forked
from tests.support.world import World

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")

FORM = (
    "<form method=post action=/verstuur><label for=naam>Uw naam</label><input id=naam name=naam>"
    "<label for=mail>E-mailadres</label><input id=mail name=mail type=email><button>Versturen</button></form>"
)


def late(milliseconds: int, content: str = FORM) -> str:
    """An application whose content comes late."""
    return (
        "<!doctype html><title>App</title><div id=app></div><script>setTimeout(() => "
        f"{{ document.getElementById('app').innerHTML = {json.dumps(content)} }}, {milliseconds})</script>"
    )


@dataclass
class Outcome:
    """What a crawl told."""

    pages: list[dict[str, Any]]
    stats: dict[str, Any]
    left: list[int] = field(default_factory=list)
    """Processes it had started that are still there."""
    log: str = ""


Ask = Callable[..., Outcome]


def ask(world: World | None, *questions: str | dict[str, Any], environment: dict[str, str] | None = None, **settings: Any) -> Outcome:
    """Has pages rendered, one after the other; see `tests.fetch.render`."""
    asked = [{"url": question} if isinstance(question, str) else question for question in questions]
    command = ["-m", "tests.fetch.render", json.dumps({**(world.settings if world else {}), **settings}), json.dumps(asked)]
    with Forked(command, cwd=CHECKOUT, env={**os.environ, **(environment or {})}) as crawling:
        out, err = crawling.communicate(110)
    assert crawling.returncode == 0, err
    *pages, last = (json.loads(line) for line in out.splitlines())
    until = time.monotonic() + 5
    while (left := [pid for pid in last["processes"] if _runs(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return Outcome(pages, last["stats"], left, err)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
