"""gemcrawl's measurement of one host, from the pieces that its transport pipeline uses.

    python -m benchmarks.tls.run_gemcrawl CA_FILE SPACING

Every line read is ``HOST ADDRESS [HOST ADDRESS ...]``; the hosts of one line are measured at the same time.  Answered with one line of
JSON, a list.  The certificate costs the verifying handshake and, where that fails, the one that does not verify: a survey makes those for
its pages anyway.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.tls import handshake_of, lax_context, strict_context
from gemcrawl.transport.certificates import TrustStore, examine
from gemcrawl.transport.probe import Limits, Prober, guarded

_BACK_OFF = 5
"""Spacings before a handshake that was cut off is tried once more, as in the transport pipeline."""


class _Measurement:
    def __init__(self, ca_file: Path, spacing: float) -> None:
        self._spacing = spacing
        self._strict, self._lax = strict_context(ca_file), lax_context()
        self._trust = TrustStore(ca_file)
        self._connect = guarded(Guard(["127.0.0.0/8"]))

    async def of(self, host: str, address: str) -> dict[str, Any]:
        started = time.perf_counter()
        resolver = Resolver(ConnectTo([f"{host}:443:{address}:443"]))
        prober = Prober(resolver, self._connect, limits=Limits(back_off=_BACK_OFF * self._spacing), spacing=self._spacing)
        certificate = await self._certificate(host, address)
        inventory = (await prober.probe(host))[address]
        seconds = time.perf_counter() - started
        await prober.close()
        await resolver.close()
        return {
            "seconds": seconds,
            "versions": inventory.versions,
            "suites": inventory.cipher_suites,
            "groups": inventory.groups,
            "handshakes": inventory.handshakes,
            "complete": inventory.complete,
            "failure": inventory.failure,
            **certificate,
        }

    async def _certificate(self, host: str, address: str) -> dict[str, Any]:
        try:
            chain = await self._chain(host, address, self._strict)
        except ssl.SSLCertVerificationError:
            chain = await self._chain(host, address, self._lax)
        except OSError as failure:
            return {"certificate": "not_tested", "defects": [], "key": None, "signature": None, "certificate_error": str(failure)}
        # In its order: intermediates of good chains are remembered, so that one that is missing elsewhere is known to be that.
        self._trust.remember(chain[1:])
        found = examine(chain, host, datetime.now(UTC), self._trust)
        return {"certificate": found.state, "defects": found.defects, "key": found.key, "signature": found.signature}

    async def _chain(self, host: str, address: str, context: ssl.SSLContext) -> tuple[bytes, ...]:
        _, writer = await asyncio.open_connection(address, 443, ssl=context, server_hostname=host)
        tls = writer.get_extra_info("ssl_object")
        chain = handshake_of(tls).chain
        writer.transport.abort()
        return chain


async def _main(ca_file: Path, spacing: float) -> None:
    measurement = _Measurement(ca_file, spacing)
    for line in iter(sys.stdin.readline, ""):
        words = line.split()
        found = await asyncio.gather(*(measurement.of(host, address) for host, address in zip(words[::2], words[1::2], strict=True)))
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), float(sys.argv[2])))
