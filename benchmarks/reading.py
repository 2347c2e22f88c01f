"""Reading one page: links, forms, their kinds and personal data, in processor time, over pages of the size that municipal pages have.

The pages are the gold set's, each brought to 40 KB with what surrounds the content of a real page: a menu of some 150 links, a script, drawings and
news.  Menus and news differ from page to page and from round to round, so that nothing but words and labels can be remembered.
"""

from __future__ import annotations

import math
import random
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

from scrapy.http import HtmlResponse
from scrapy.linkextractors import LinkExtractor
from selectolax.lexbor import LexborHTMLParser

from benchmarks.table import Table
from gemcrawl.forms import read_page
from tests.forms.hostile import documents
from tests.gold.score import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Reader = Callable[[bytes, str], object]

SIZE = 40_000
"""Bytes of a page."""
LINKS = 150
ROUNDS = 5
_SUBJECTS = [
    "paspoort",
    "rijbewijs",
    "verhuizen",
    "trouwen",
    "geboorte",
    "afval",
    "parkeren",
    "subsidie",
    "belasting",
    "bestuur",
    "raad",
    "nieuws",
    "werk",
    "inkomen",
    "zorg",
    "jeugd",
    "sport",
    "cultuur",
    "bouwen",
    "wonen",
    "milieu",
    "verkeer",
    "veiligheid",
    "ondernemen",
    "vergunning",
    "evenement",
    "contact",
    "openingstijden",
    "vacatures",
    "projecten",
]
_ACTS = [
    "aanvragen",
    "doorgeven",
    "melden",
    "wijzigen",
    "verlengen",
    "bekijken",
    "regelen",
    "betalen",
    "inzien",
    "ophalen",
    "stopzetten",
    "plannen",
]
SHOWN = 8
"""Slowest hostile documents in the table."""
_HOSTILE_NOTE = "The slowest of {count} documents: nesting, attributes, tables, null bytes, character sets that lie, and more (tests/forms/hostile.py); least of three."
_NOTE = "{pages} pages of {size} KB with {links} links each, the least of {rounds} rounds with other menus and news, in one process on one core, time of the processor."


def page(markup: bytes, seed: int) -> bytes:
    """A page of `SIZE` bytes with a gold page's markup in it."""
    chance = random.Random(seed)
    menu = "".join(_entry(chance) for _ in range(LINKS))
    head = f"<header><nav aria-label=Hoofdmenu><ul>{menu}</ul></nav></header>"
    news, room = [], SIZE - len(markup) - len(head) - 200
    while room > 0:
        news.append(_news(chance))
        room -= len(news[-1])
    around = markup.partition(b"</body>")
    start, tag, rest = around[0].partition(b"<body")
    opening, _, inside = rest.partition(b">")
    return start + tag + opening + b">" + head.encode() + inside + "".join(news).encode() + b"</body></html>"


def _entry(chance: random.Random) -> str:
    text = f"{chance.choice(_SUBJECTS).title()} {chance.choice(_SUBJECTS)} {chance.choice(_ACTS)}"
    return (
        f'<li class="menu__item"><a class="menu__link" href="/{text.lower().replace(" ", "-")}-{chance.randrange(999)}">{text}</a></li>\n'
    )


def _news(chance: random.Random) -> str:
    if chance.random() < 0.3:
        numbers = " ".join(f"{chance.random() * 24:.2f}" for _ in range(60))
        return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M{numbers}z"/></svg>\n<script>window.dataLayer=[{{"id":"{numbers}"}}];</script>\n'
    text = " ".join(chance.choice(_SUBJECTS) for _ in range(60))
    return f'<div class="block block--news"><div class="block__inner"><span>{text[:40]}</span><p>{text}</p><img src="/files/{chance.randrange(9999)}.jpg" alt=""></div></div>\n'


def least(readers: Mapping[str, Reader]) -> dict[str, list[float]]:
    """Seconds of processor time that each reader takes for each page, the least of its rounds: what others do on the machine only adds to it."""
    every = [*cases("tuning"), *cases("frozen")]
    taken = {name: [math.inf] * len(every) for name in readers}
    for round_ in range(ROUNDS + 1):
        for i, case in enumerate(every):
            body = page(case.body, 1000 * round_ + i)
            for name, read in readers.items():
                seconds = _time(read, body, case.url)
                if round_:
                    taken[name][i] = min(taken[name][i], seconds)
    return {name: sorted(seconds) for name, seconds in taken.items()}


def scrapy_links(body: bytes, url: str) -> None:
    """What a Scrapy spider does to follow links: no forms, no kinds, no personal data."""
    LinkExtractor().extract_links(HtmlResponse(url, body=body, encoding="utf-8"))


def hostile() -> Iterator[tuple[str, float, float]]:
    """Name, megabytes, and the least of three times for each document that nobody writes but an attacker."""
    for name, body in documents():
        seconds = min(_time(read_page, body, "https://www.gem.test/contact") for _ in range(3))
        yield name, len(body) / 1_000_000, seconds


def _time(read: Reader, body: bytes, url: str) -> float:
    started = time.process_time()
    read(body, url)
    return time.process_time() - started


def run(directory: Path) -> list[Table]:  # noqa: ARG001 -- every part is given one
    """How long reading a page takes, and how long a hostile document."""
    return [ordinary(), broken()]


def broken() -> Table:
    """The slowest of the hostile documents, per megabyte begun: a document of a few kilobytes is held to what one of a megabyte may take."""
    rows = sorted(((1000 * seconds / max(size, 1.0), name, size, seconds) for name, size, seconds in hostile()), reverse=True)
    table = Table("Reading hostile documents", ("document", "MB", "ms", "ms per MB begun"), _HOSTILE_NOTE.format(count=len(rows)))
    for per, name, size, seconds in rows[:SHOWN]:
        table.add(name, f"{size:.2f}", f"{1000 * seconds:.1f}", f"{per:.1f}")
    return table


def ordinary() -> Table:
    """Median, 95th percentile and slowest of ordinary pages, beside what the parser alone, and what Scrapy for the links alone, takes for them."""
    readers: dict[str, Reader] = {
        "read": read_page,
        "parsed only": lambda body, _url: LexborHTMLParser(body),
        "links only, by Scrapy": scrapy_links,
    }
    taken = least(readers)
    note = _NOTE.format(pages=len(taken["read"]), size=SIZE // 1000, links=LINKS, rounds=ROUNDS)
    table = Table("Reading a page: links, forms, kinds, personal data", ("ms", *readers), note)
    table.add("median", *(f"{1000 * median(seconds):.2f}" for seconds in taken.values()))
    table.add("95th percentile", *(f"{1000 * quantiles(seconds, n=20)[-1]:.2f}" for seconds in taken.values()))
    table.add("slowest", *(f"{1000 * seconds[-1]:.2f}" for seconds in taken.values()))
    return table
