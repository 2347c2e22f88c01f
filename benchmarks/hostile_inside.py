"""Inside a network in which every address is this machine: a public site redirects to refused ones, and a listener counts who goes there.

Run by `benchmarks.hostile`; prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aiohttp import web
from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from gemcrawl.fetch.client import Client
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed
from tests.support.refused import NOTATIONS, Listener

PUBLIC = "9.9.9.9"
NAMES = {"inside.test": "10.1.2.3", "metadata.test": "169.254.169.254", "loop.test": "127.0.0.1", "six.test": "fd00::1"}
"""Names that lead inside; and ``rebind0.test`` and so on: every other one is public when it is looked up first, and private after that; the others the other way round."""


class Asking(Spider):
    name = "asking"
    found: dict[str, Any]

    async def start(self) -> AsyncIterator[Any]:
        with Listener() as listener:
            targets = [f"http://{host}:{listener.port}/" for host in (*NOTATIONS.values(), *NAMES, *(f"rebind{n}.test" for n in range(6)))]
            control = _control(listener, targets)
            asked = 0

            async def answer(request: web.BaseRequest) -> web.StreamResponse:
                nonlocal asked
                if not request.path.strip("/").isdecimal():
                    return web.Response(status=404)
                asked += 1
                return web.Response(status=302, headers={"Location": targets[int(request.path[1:])]})

            runner = web.ServerRunner(web.Server(answer))  # type: ignore[arg-type]
            await runner.setup()
            await web.TCPSite(runner, PUBLIC, 80).start()
            client = Client(self.crawler)
            failures: Counter[str] = Counter()
            for number in range(len(targets)):
                deadline = time.monotonic() + 30
                visitor = Visitor(client.get, Observed(), jar=str(number), deadline=deadline, slow_down=client.slow_down)
                visit = await visitor.visit(f"http://{PUBLIC}/{number}")
                failures[visit.failure or "none"] += 1
            await asyncio.sleep(0.5)
            await runner.cleanup()
            led = [address for address in listener.reached[control:] if address != f"::ffff:{PUBLIC}"]
        type(self).found = {
            "hosts": len(targets),
            "control": control,
            "connections": len(led),
            "asked": asked,
            "failures": dict(failures),
        }
        if False:
            yield


def _control(listener: Listener, targets: list[str]) -> int:
    """Plain connections to all of them; how many the listener heard."""
    for target in targets:
        host = target.removeprefix("http://").rpartition(":")[0].strip("[]").rpartition("@")[2]
        with suppress(OSError, UnicodeError):
            socket.create_connection((host, listener.port), timeout=1).close()
    time.sleep(0.5)
    return len(listener.reached)


def main() -> None:
    for command in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    real, rebound = socket.getaddrinfo, Counter[str]()

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).startswith("rebind"):
            rebound[host] += 1
            host = PUBLIC if (rebound[host] + int(host[6])) % 2 else "127.0.0.1"
        return real(NAMES.get(host, host), *arguments, **options)

    socket.getaddrinfo = look_up
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    mine = {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0, "DOWNLOAD_DELAY": 0.01, "LOG_LEVEL": "ERROR", "ITEM_PIPELINES": {}}
    settings.setdict(mine, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    process.crawl(Asking)
    process.start()
    print(json.dumps(Asking.found))


if __name__ == "__main__":
    main()
