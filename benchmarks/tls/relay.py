"""Counts what each tool costs a server: a relay in front of each, in a process of its own.

    python -m benchmarks.tls.relay

Reads from standard input one JSON list of [name, address, port, port behind], then serves; prints ``ready``.  After that every
line read is answered with the counts since the last one, as JSON by name: connections, handshakes (connections over which the client
sent something), bytes up and down.  Ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Count:
    """What one server was asked."""

    connections: int = 0
    handshakes: int = 0
    up: int = 0
    down: int = 0


class _Relay:
    def __init__(self, behind: int) -> None:
        self._behind = behind
        self.count = Count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count = self.count
        count.connections += 1
        with suppress(OSError):
            if first := await reader.read(65_536):
                count.handshakes += 1
                count.up += len(first)
                theirs, ours = await asyncio.open_connection("127.0.0.1", self._behind)
                ours.write(first)
                await asyncio.gather(self._pipe(reader, ours, up=True), self._pipe(theirs, writer, up=False))
        writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if up:
                    self.count.up += len(data)
                else:
                    self.count.down += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


async def _main() -> None:
    stdin = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    relays: dict[str, _Relay] = {}
    for name, address, port, behind in json.loads(await stdin.readline()):
        relay = relays[name] = _Relay(behind)
        await asyncio.start_server(relay.serve, address, port, backlog=512)
    print("ready", flush=True)
    while await stdin.readline():
        counts = {name: asdict(relay.count) for name, relay in relays.items()}
        for relay in relays.values():
            relay.count = Count()
        print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
