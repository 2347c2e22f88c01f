"""A process below the browser that takes too much memory is ended; the others, and the browser itself, are not."""

from __future__ import annotations

import asyncio
import sys

from gemcrawl.fetch.render_memory import descendants, watch

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]]); print('ended', flush=True)"
GREEDY = "import time; held = bytearray(b'x') * 300_000_000; time.sleep(60)"


async def test_what_takes_too_much_is_ended_and_its_parent_is_not() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, GREEDY, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    watching = asyncio.ensure_future(watch(parent.pid, limit=200_000_000))
    async with asyncio.timeout(50):
        assert await parent.stdout.readline() == b"ended\n"
    watching.cancel()
    assert await parent.wait() == 0
    assert descendants(parent.pid) == []
