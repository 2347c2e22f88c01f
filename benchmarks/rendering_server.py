"""A server on loopback whose pages are built by scripts; a process of its own, so that it costs the crawlers nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

_SHELL = """<!doctype html><html lang=nl><head><meta charset=utf-8><title>Contact</title><link rel=stylesheet href=/style.css>
<script src=/bundle.js defer></script></head><body><header><a href=/>Gemeente Voorbeeld</a></header><div id=app></div></body></html>"""
_APP = """
const build = (config) => {
  const form = document.createElement("form");
  form.method = "post"; form.action = "/send";
  for (const [name, label, type] of config.fields) {
    const row = document.createElement("p"), text = document.createElement("label");
    text.textContent = label; text.htmlFor = name;
    const field = document.createElement(type === "textarea" ? "textarea" : "input");
    field.id = field.name = name; if (type !== "textarea") field.type = type;
    row.append(text, field); form.append(row);
  }
  const button = document.createElement("button"); button.textContent = "Versturen"; form.append(button);
  document.getElementById("app").append(form);
};
const request = new XMLHttpRequest();  /* synchronous: the form is there when the page has loaded, for whoever waits for that only */
request.open("GET", "/config.json", false); request.send();
build(JSON.parse(request.responseText));
"""
_CONFIG = """{"fields": [["naam", "Naam", "text"], ["mail", "E-mailadres", "email"], ["telefoon", "Telefoonnummer", "tel"],
["postcode", "Postcode", "text"], ["vraag", "Uw vraag", "textarea"]]}"""


def _bundle() -> str:
    """300 KB of functions, a good part of which run: what a framework costs."""
    functions = []
    size, number = 0, 0
    while size < 300_000:
        text = f"const part{number} = (n) => {{ const found = []; for (let i = 0; i < n; i += 1) found.push(i * {number} % 7); return found.length; }};\n"
        functions.append(text)
        size += len(text)
        number += 1
    calls = "".join(f"part{index}(20);" for index in range(0, number, 2))
    return "".join(functions) + calls + _APP


def main() -> None:
    """Serves until standard input is closed; tells its port on standard output."""
    bundle = _bundle()
    kept = {"Cache-Control": "max-age=3600"}

    async def answer(request: web.BaseRequest) -> web.Response:
        path = request.path
        if path.startswith("/page/"):
            return web.Response(text=_SHELL, content_type="text/html")
        if path == "/bundle.js":
            return web.Response(text=bundle, content_type="text/javascript", headers=kept)
        if path == "/style.css":
            return web.Response(text="label{display:block}", content_type="text/css", headers=kept)
        if path == "/config.json":
            return web.Response(text=_CONFIG, content_type="application/json")
        return web.Response(status=404)

    async def start() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))  # type: ignore[arg-type]
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()

    asyncio.run(start())


@contextmanager
def serve() -> Iterator[int]:
    """The server's port, as long as it is needed."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(10)


if __name__ == "__main__":
    main()
