"""Resources that misbehave; every host of a `World` has them.

/drop closes without an answer, /reset resets, /hang never answers, /partial breaks off halfway, /slow-drip never ends, /big is 8 MiB,
/gzip-bomb is 16 MiB in 16 KiB, /redirect-loop leads to itself, /not-http answers something else than HTTP, /big-headers sends 48 KiB of them.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache

from aiohttp import web

MIB = 1024 * 1024


async def drop(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def reset(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    # A lingering time of zero makes the kernel answer with RST instead of FIN.
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


async def hang(request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


async def partial(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    answer = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "text/html"})
    await answer.prepare(request)
    await answer.write(b"<p>half" * 10)
    request.transport.close()
    return answer


async def slow_drip(request: web.BaseRequest) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html"})
    await answer.prepare(request)
    with suppress(ConnectionError):  # until the client has had enough
        while True:
            await answer.write(b".")
            await asyncio.sleep(0.05)
    return answer


async def big(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"x" * (8 * MIB), content_type="text/html")


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(16 * MIB))


async def gzip_bomb(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=_bomb(), headers={"Content-Encoding": "gzip"}, content_type="text/html")


async def redirect_loop(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.path_qs})


async def not_http(request: web.BaseRequest) -> web.StreamResponse:
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.write(b"220 mail.test ESMTP\r\n")
    request.transport.close()
    return web.Response()


async def big_headers(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="ok", headers={f"X-Long-{n}": "x" * 8000 for n in range(6)})


RESOURCES: dict[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
    "/drop": drop,
    "/reset": reset,
    "/hang": hang,
    "/partial": partial,
    "/slow-drip": slow_drip,
    "/big": big,
    "/gzip-bomb": gzip_bomb,
    "/redirect-loop": redirect_loop,
    "/not-http": not_http,
    "/big-headers": big_headers,
}
