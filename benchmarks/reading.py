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

from selectolax.lexbor import LexborHTMLParser

from benchmarks.table import Table
from gemcrawl.forms import read_page
from tests.forms.hostile import documents
from tests.gold.score import cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def times() -> list[float]:
    """Seconds of processor time for each page, the least of its rounds: what others do on the machine only adds to it."""
    every = [*cases("tuning"), *cases("frozen")]
    least = [math.inf] * len(every)
    for round_ in range(ROUNDS + 1):
        for i, case in enumerate(every):
            taken = _time(page(case.body, 1000 * round_ + i), case.url)
            if round_:
                least[i] = min(least[i], taken)
    return least


def hostile() -> Iterator[tuple[str, float, float]]:
    """Name, megabytes, and the least of three times for each document that nobody writes but an attacker."""
    for name, body in documents():
        least = min(_time(body, "https://www.gem.test/contact") for _ in range(3))
        yield name, len(body) / 1_000_000, least


def _time(body: bytes, url: str) -> float:
    started = time.process_time()
    read_page(body, url)
    return time.process_time() - started


def run(directory: Path) -> list[Table]:  # noqa: ARG001 -- every part is given one
    """How long reading a page takes, and how long a hostile document."""
    return [ordinary(), broken()]


def broken() -> Table:
    """The slowest of the hostile documents, per megabyte begun: a document of a few kilobytes is held to what one of a megabyte may take."""
    rows = sorted(((1000 * least / max(size, 1.0), name, size, least) for name, size, least in hostile()), reverse=True)
    table = Table("Reading hostile documents", ("document", "MB", "ms", "ms per MB begun"), _HOSTILE_NOTE.format(count=len(rows)))
    for per, name, size, least in rows[:SHOWN]:
        table.add(name, f"{size:.2f}", f"{1000 * least:.1f}", f"{per:.1f}")
    return table


def ordinary() -> Table:
    """Median, 95th percentile and slowest of ordinary pages, and what the parser alone takes for them."""
    taken = sorted(times())
    note = _NOTE.format(pages=len(taken), size=SIZE // 1000, links=LINKS, rounds=ROUNDS)
    table = Table("Reading a page: links, forms, kinds, personal data", ("", "ms"), note)
    table.add("median", f"{1000 * median(taken):.2f}")
    table.add("95th percentile", f"{1000 * quantiles(taken, n=20)[-1]:.2f}")
    table.add("slowest", f"{1000 * taken[-1]:.2f}")
    table.add("parsing alone, median", f"{1000 * median(_parsing()):.2f}")
    return table


def _parsing() -> Iterator[float]:
    for i, case in enumerate([*cases("tuning"), *cases("frozen")]):
        body = page(case.body, i)
        started = time.process_time()
        LexborHTMLParser(body)
        yield time.process_time() - started
