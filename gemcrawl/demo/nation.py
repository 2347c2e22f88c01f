"""Draws the nation: the same 390 municipalities every time, with the peculiarities that `gemcrawl.demo.cases` deals them."""

from __future__ import annotations

import random
import unicodedata

from gemcrawl.demo import apps
from gemcrawl.demo.builder import build_town
from gemcrawl.demo.cases import deck
from gemcrawl.demo.model import Anchor, Host, Nation, Page, Town
from gemcrawl.demo.sites import DIGID_HOST, LOKET_HOST, SOCIAL_HOST, add_robots
from gemcrawl.demo.words import CENTRES, PROVINCES, town_names

FIRST_CODE = 9001
"""Codes from GM9001 are not in use; a nation of more than 999 starts at GM2001, above the last real code."""
MAX_SIZE = 7999
PKI_HOST = "pki.test"
SHARED_APPOINTMENT, SHARED_CONTACT = "afspraken.burgerdesk.test", "formulieren.burgerdesk.test"


def nation(night: int = 1, size: int = 390) -> Nation:
    """The nation on a night.

    Args:
        night: 1, or 2 for the nation after repair with three new faults.
        size: number of municipalities, 1 to `MAX_SIZE`.

    Raises:
        ValueError: another night or size.
    """
    if night not in (1, 2) or not 1 <= size <= MAX_SIZE:
        raise ValueError(f"night {night} of a nation of {size}: night is 1 or 2, size 1 to {MAX_SIZE}")
    hosts: dict[str, Host] = {}
    for name, owner, layout in (
        (DIGID_HOST, "Inloggen", "bare"),
        (SOCIAL_HOST, "Weblijn", "platform"),
        (LOKET_HOST, "Landelijk loket", "desk"),
        (SHARED_APPOINTMENT, "Burgerdesk", "desk"),
        (SHARED_CONTACT, "Burgerdesk formulieren", "platform"),
    ):
        hosts[name] = Host(name=name, owner=owner, layout=layout, seed=len(hosts))
        hosts[name].add(Page(path="/", title=owner, forbidden=name == DIGID_HOST, in_sitemap=False))
    hosts[DIGID_HOST].add(Page(path="/inloggen", title="Inloggen met DigiD", lookalikes=("login",), forbidden=True, in_sitemap=False))
    for app_host in (apps.widget_host(), apps.jcc_host()):
        hosts[app_host.name] = app_host
    hosts[PKI_HOST] = Host(name=PKI_HOST, owner="PKI", layout="bare", http="serve", hsts=None)
    first = FIRST_CODE if size <= 999 else 2001
    towns: list[Town] = []
    for index, (name, case) in enumerate(zip(town_names(size), deck(size, night), strict=True)):
        rng = random.Random(f"town {index} {size}")
        province = PROVINCES[rng.randrange(len(PROVINCES))]
        slug = _slug(name)
        latitude, longitude = CENTRES[province]
        town = Town(
            code=f"GM{first + index}",
            name=name,
            slug=slug,
            province=province,
            website=f"www.{slug}.test",
            case=case,
            lat=round(latitude + rng.uniform(-0.2, 0.2), 3),
            lon=round(longitude + rng.uniform(-0.3, 0.3), 3),
        )
        build_town(town, index, rng, hosts)
        towns.append(town)
    for name in (SHARED_APPOINTMENT, SHARED_CONTACT):
        hosts[name].footer = [Anchor("/", "Over Burgerdesk")]
        add_robots(hosts[name], random.Random(name))
    return Nation(night, towns, hosts)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return plain.replace(" ", "-").replace("'", "")
