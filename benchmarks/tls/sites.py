"""Web sites with the variants of redirects, HSTS and certificates that pshtt and gemcrawl both judge, served at standard ports.

    python -m benchmarks.tls.sites PLAN

PLAN is a JSON file: ``chains`` (site name to certificate chain and key files).  Prints ``ready`` when it serves; ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.tls.certificates import Defect

YEAR = "max-age=31536000"
TO_HTTPS = "https://{name}.test/"
_PAGE = """<!doctype html><html lang="nl"><title>Gemeente</title>{extra}<h1>Contactformulier</h1><p>Neem contact op met de gemeente.</p>
<form action="/verzenden" method="post"><label>Naam <input name="naam"></label><label>E-mailadres <input type="email" name="email"></label>
<label>Uw bericht <textarea name="bericht"></textarea></label><button>Bericht versturen</button></form></html>"""


@dataclass(frozen=True, slots=True)
class Site:
    """One domain, and www below it where ``www`` says so."""

    name: str
    http: str | None = TO_HTTPS
    """Where http redirects to; empty for a page; None when nobody listens."""
    https: str | None = ""
    http_www: str | None = None
    https_www: str | None = None
    hsts: tuple[str, ...] = (YEAR,)
    """Fields that https sends."""
    defect: Defect = ""
    extra: str = ""
    """In the head of the page over http."""

    @property
    def www(self) -> bool:
        return self.http_www is not None or self.https_www is not None


_WWW = "https://www.{name}.test/"
SITES: tuple[Site, ...] = (
    Site("good"),
    Site("good-www", https=_WWW, http_www=_WWW, https_www=""),
    Site("http-only", http="", https=None),
    Site("https-only", http=None),
    Site("no-redirect", http=""),
    Site("downgrade", http="", https="http://{name}.test/"),
    Site("late", http="http://www.{name}.test/", https=_WWW, http_www=_WWW, https_www=""),
    Site("other-host-first", http=_WWW, https=_WWW, http_www=_WWW, https_www=""),
    Site("meta-refresh", http="", extra='<meta http-equiv="refresh" content="0; url=https://meta-refresh.test/">'),
    Site("hsts-absent", hsts=()),
    Site("hsts-off", hsts=("max-age=0",)),
    Site("hsts-short", hsts=("max-age=86400",)),
    Site("hsts-words", hsts=("max-age=1 year",)),
    Site("hsts-repeated", hsts=(f"{YEAR}; {YEAR}",)),
    Site("hsts-subdomains-first", hsts=(f"includeSubDomains; {YEAR}",)),
    Site("hsts-quoted", hsts=('MAX-AGE = "31536000"',)),
    Site("hsts-no-max-age", hsts=("includeSubDomains",)),
    Site("hsts-two-fields", hsts=("max-age=0", YEAR)),
    Site("cert-expired", defect="expired"),
    Site("cert-not-yet-valid", defect="not_yet_valid"),
    Site("cert-self-signed", defect="self_signed"),
    Site("cert-wrong-host", defect="wrong_host"),
    Site("cert-unknown-authority", defect="unknown_authority"),
    Site("cert-missing-intermediate", defect="missing_intermediate"),
)


def address_of(number: int) -> str:
    """The loopback address of the site with this number."""
    return f"127.0.2.{number + 1}"


class _Server:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, secure=False)

    async def https(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, secure=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secure: bool) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(self._answer(head, secure=secure).encode())
                await writer.drain()
        writer.close()

    def _answer(self, head: str, *, secure: bool) -> str:
        site, request = self._site, head.partition("\r\n")[0].split()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        www = fields.get("host", "").startswith("www.")
        leads_to = (site.https_www if www else site.https) if secure else (site.http_www if www else site.http)
        hsts = "".join(f"Strict-Transport-Security: {field}\r\n" for field in site.hsts) if secure else ""
        if leads_to:
            location = f"Location: {leads_to.format(name=site.name)}\r\n"
            return f"HTTP/1.1 301 Moved Permanently\r\n{location}{hsts}Content-Length: 0\r\n\r\n"
        if request[1] != "/":
            return f"HTTP/1.1 404 Not Found\r\n{hsts}Content-Length: 0\r\n\r\n"
        body = _PAGE.format(extra="" if secure else site.extra)
        start = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{hsts}Content-Length: {len(body.encode())}\r\n\r\n"
        return start if request[0] == "HEAD" else start + body


async def _main(chains: dict[str, tuple[str, str]]) -> None:
    for number, site in enumerate(SITES):
        server = _Server(site)
        if site.http is not None:
            await asyncio.start_server(server.http, address_of(number), 80)
        if site.https is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*chains[site.name])
            await asyncio.start_server(server.https, address_of(number), 443, ssl=context)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["chains"]))
