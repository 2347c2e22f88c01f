"""A server on loopback for the pages of `benchmarks.rendering_pages`, over TLS; a process of its own, so that it costs the crawlers nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.rendering_pages import STATISTICS, Answer, site
from tests.support.authority import Authority
from tests.thirdparty.install import bundles

PACKAGES = Path(__file__).with_name("rendering_packages.json")
NEAR, FAR = 0.02, 0.12
"""Seconds before an answer: of the site itself, and of the host of the statistics."""


@dataclass(frozen=True, slots=True)
class Served:
    """How to reach a server and to trust it."""

    port: int
    ca_file: str
    spki: str
    """Base64 of the SHA-256 of its public key, for --ignore-certificate-errors-spki-list."""


def host(number: int) -> str:
    """The host of a town; each town is a site of its own."""
    return f"afspraak.stad{number}.test"


def main(folder: str, towns: str) -> None:
    """Serves until standard input is closed; tells a `Served` as JSON on standard output."""
    answers = site(bundles(PACKAGES))
    authority = Authority(Path(folder))
    leaf = authority.leaf(STATISTICS, *map(host, range(int(towns))))
    spki = leaf.sent[0].key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    async def answer(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(FAR if request.host.startswith(STATISTICS) else NEAR)
        if request.method == "POST":
            return web.Response(status=204)
        found = answers.get(request.path)
        return web.Response(status=404) if found is None else _response(found)

    async def start() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))  # type: ignore[arg-type]
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=leaf.server_context(), backlog=512).start()
        print(
            json.dumps([runner.addresses[0][1], str(authority.ca_file), base64.b64encode(hashlib.sha256(spki).digest()).decode()]),
            flush=True,
        )
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()

    asyncio.run(start())


def _response(found: Answer) -> web.Response:
    headers = {"Content-Type": found.content_type, "Cache-Control": found.cache}
    if found.zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=found.body, headers=headers)


@contextmanager
def serve(folder: Path, towns: int) -> Iterator[Served]:
    """A server of so many towns, as long as it is needed.

    Raises:
        CannotInstall: the published software that the pages consist of cannot be had.
    """
    bundles(PACKAGES)
    command = [sys.executable, "-m", __name__, str(folder), str(towns)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield Served(*json.loads(server.stdout.readline()))
        finally:
            server.stdin.close()
            server.wait(10)


if __name__ == "__main__":
    main(*sys.argv[1:])
