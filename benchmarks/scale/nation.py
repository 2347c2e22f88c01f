"""A nation of any size: copies of thirty small municipalities, made when they are asked for.

A copy has a number where the first has zeros, so that no answer has to be made twice: what it costs to serve does not grow with the nation,
and is little beside what it costs to survey.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gemcrawl.demo.model import Anchor, FormSpec, Host, Nation, Page
from gemcrawl.demo.products import PRODUCTS
from gemcrawl.demo.responder import Responder
from gemcrawl.demo.sites import LAYOUTS
from gemcrawl.demo.words import TOPIC_PAGES

if TYPE_CHECKING:
    from pathlib import Path

PLATFORMS = 10
"""Suppliers' platforms; each serves a share of every third municipality."""
PLACES = ("own", "sub-domain", "platform")
"""Where a municipality has its appointment form."""
LARGEST = 100_000
_ZERO = "g00000"
_APPOINTMENT = "cms_appointment"
_HOST = re.compile(r"(?:(?:www|afspraak)\.)?g([0-9]{5})(?:\.platform[0-9]{2})?\.test")


@dataclass(frozen=True, slots=True)
class Copy:
    """One municipality."""

    number: int
    """From 0, below `LARGEST`."""

    @property
    def code(self) -> str:
        return f"A{chr(ord('A') + self.number // 10_000)}{self.number % 10_000:04d}"

    @property
    def kind(self) -> int:
        """Which first one it is a copy of."""
        return self.number % (len(PLACES) * len(LAYOUTS))

    @property
    def website(self) -> str:
        return f"www.g{self.number:05d}.test"

    @property
    def form_host(self) -> str:
        """The host of its appointment form."""
        label, platform = f"g{self.number:05d}", self.kind // len(PLACES)
        return (self.website, f"afspraak.{label}.test", f"{label}.platform{platform:02d}.test")[self.number % len(PLACES)]


def write_registry(path: Path, size: int) -> None:
    """A register of so many municipalities, as ``--registry`` takes it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "province", "website", "lat", "lon"))
        for copy in map(Copy, range(size)):
            writer.writerow((copy.code, f"Gemeente G{copy.number:05d}", "Utrecht", copy.website, "52.080", "5.170"))


class Copies:
    """Answers for all of them; implements `gemcrawl.demo.server.Answering`.

    Args:
        takes: seconds that an answer takes.
    """

    def __init__(self, takes: float = 0.0) -> None:
        self._takes = takes
        self._responders: dict[int, Responder] = {}

    def answer(self, method: str, scheme: str, host_name: str, target: str, cookies: str = "", *, gzip: bool = False) -> bytes:  # noqa: ARG002
        """The answer of the first of its kind, under the name that was asked for; never packed, for names stand in it."""
        found = _HOST.fullmatch(host_name)
        if found is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        kind = Copy(int(found[1])).kind
        if (responder := self._responders.get(kind)) is None:
            responder = self._responders[kind] = Responder(_first(kind))
        digits = found[1].encode()
        said = responder.answer(method, scheme, host_name.replace(found[1], "00000"), target, cookies)
        return said.replace(b"g00000", b"g" + digits).replace(b"G00000", b"G" + digits)

    def delay(self, host_name: str, target: str) -> float:  # noqa: ARG002
        return self._takes


def _first(kind: int) -> Nation:
    """The hosts of one municipality: a home page with the contact form, and a page with the appointment form."""
    copy = Copy(kind)
    site = Host(name=f"www.{_ZERO}.test", owner="Gemeente G00000", layout=LAYOUTS[kind % len(LAYOUTS)], seed=kind)
    forms = copy.form_host.replace(f"g{kind:05d}", _ZERO)
    hosts = {site.name: site}
    home = _add_form(site, "/", "oip_contact")
    home.links += [Anchor(f"/{path}", title) for path, title in TOPIC_PAGES]
    place = hosts.setdefault(forms, Host(name=forms, owner="G00000 | Balieplan", layout="desk", seed=kind))
    _add_form(place, PRODUCTS[_APPOINTMENT].path, _APPOINTMENT)
    home.links.append(Anchor(f"https://{forms}{PRODUCTS[_APPOINTMENT].path}", PRODUCTS[_APPOINTMENT].title))
    for host in hosts.values():
        host.add(Page(path="/robots.txt", title="", raw=b"User-agent: *\nDisallow: /zoeken\n", content_type="text/plain"))
    return Nation(1, [], hosts)


def _add_form(host: Host, path: str, key: str) -> Page:
    product = PRODUCTS[key]
    spec = FormSpec(product=key, action=(product.action or "").format(path=path))
    return host.add(Page(path=path, title=product.title, form=spec, paragraphs=4))
