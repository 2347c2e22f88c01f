"""The municipal site around the forms: home page, products, news, look-alike forms, robots.txt and sitemaps."""

from __future__ import annotations

import gzip
import random
import re
from xml.sax.saxutils import escape

from gemcrawl.demo.model import Anchor, Host, Page, Town
from gemcrawl.demo.words import LABELS, NEWS, PRODUCT_PAGES, TOPIC_PAGES

LAYOUTS = ("toptask", "utrecht", "cards", "classic", "sidebar", "gx", "simcore", "typo", "wordpress", "drupal")
SUPPLIER_LAYOUTS = ("desk", "platform", "bare")
DIGID_HOST, SOCIAL_HOST, LOKET_HOST = "digid.test", "www.weblijn.test", "www.landelijkloket.test"
_MONTH = re.compile(r"/agenda/(\d{4})/(\d{2})")


def build_site(host: Host, town: Town, rng: random.Random) -> None:
    """Fills a municipal host with everything but its forms."""
    label = LABELS[host.language]
    products = list(PRODUCT_PAGES[: rng.randint(13, len(PRODUCT_PAGES) - 6)])
    topics = rng.sample(TOPIC_PAGES, rng.randint(4, 9))
    news = rng.sample(NEWS, rng.randint(2, 7))
    host.nav = [
        Anchor("/", label["home"]),
        Anchor("/producten", label["products"]),
        *(Anchor(f"/{path}", title) for path, title in topics[:4]),
        Anchor("/nieuws", label["news"]),
        Anchor("/agenda", label["agenda"]),
    ]
    host.footer = [
        Anchor("/afspraak-wijzigen", label["change"]),
        Anchor("/klacht", "Klacht indienen"),
        Anchor("/melding-openbare-ruimte", "Melding openbare ruimte"),
        Anchor("/vacatures", "Werken bij de gemeente"),
        Anchor("/mijn-gemeente", f"Mijn {town.name}"),
        Anchor(f"https://{LOKET_HOST}/?gemeente={town.slug}", "Landelijk loket"),
        *(Anchor(f"https://{SOCIAL_HOST}/?volg={town.slug}&kanaal={n}", f"Volg ons op {n}") for n in ("weblijn", "beeldbank", "video")),
    ]

    def page(path: str, title: str, **fields: object) -> Page:
        return host.add(Page(path=path, title=title, language=host.language, **fields))  # type: ignore[arg-type]

    home = page("/", f"{label['welcome']} {town.name}", paragraphs=3)
    home.links += [Anchor(f"/{path}", title) for path, title in products[:12]]
    home.links += [Anchor(f"/nieuws/bericht-{n}", title) for n, title in enumerate(news, 1)]
    listing = page("/producten", label["products"], paragraphs=2)
    listing.links += [Anchor(f"/{path}", title) for path, title in products]
    feedback = rng.choice(("feedback", "feedback_email"))
    for path, title in products:
        entry = page(f"/{path}", title, paragraphs=rng.randint(9, 14), lookalikes=(feedback,))
        entry.links += [Anchor(f"/{p}", f"{label['more']} {t.lower()}") for p, t in rng.sample(products, 4)]
    for path, title in topics:
        page(f"/{path}", title, paragraphs=rng.randint(8, 16)).links += [Anchor(f"/{p}", t) for p, t in rng.sample(products, 5)]
    page("/nieuws", label["news"], paragraphs=2).links += [Anchor(f"/nieuws/bericht-{n}", title) for n, title in enumerate(news, 1)]
    for n, title in enumerate(news, 1):
        page(f"/nieuws/bericht-{n}", title, paragraphs=10)
    contact = page("/contact", label["contact"], paragraphs=4, text=f"Bel 14 0{rng.randint(100, 599)} of kom langs in het gemeentehuis.")
    contact.links += [Anchor("/klacht", "Klacht indienen"), Anchor("/melding-openbare-ruimte", "Melding doen")]
    _lookalikes(host, town, rng)
    host.footer.append(Anchor("/sitemap", "Sitemap"))
    page("/sitemap", "Sitemap", paragraphs=1).links += [Anchor(f"/{path}", title) for path, title in topics]


def _lookalikes(host: Host, town: Town, rng: random.Random) -> None:
    """Forms that are neither appointment nor contact form, and links that a crawler leaves alone."""
    label = LABELS[host.language]

    def page(path: str, title: str, *lookalikes: str, links: tuple[Anchor, ...] = (), forbidden: bool = False) -> Page:
        return host.add(
            Page(
                path=path, title=title, language=host.language, lookalikes=lookalikes, links=list(links), forbidden=forbidden, paragraphs=7
            )
        )

    page("/zoeken", label["search"], "search_get")
    page("/prestatieafspraken", "Prestatieafspraken met woningcorporaties", "comment")
    page("/melding-openbare-ruimte", "Melding openbare ruimte", "report")
    page("/klacht", "Klacht indienen", "complaint")
    page("/bezwaar", "Bezwaar maken", "objection")
    page("/afvalkalender", "Afvalkalender", "waste_calendar")
    page("/vacatures", "Vacatures", links=(Anchor("/vacatures/beleidsadviseur", "Beleidsadviseur wonen"),))
    page("/vacatures/beleidsadviseur", "Vacature beleidsadviseur wonen", "vacancy")
    page(
        "/agenda", label["agenda"], "event", links=(Anchor("/agenda/2026/12", "Volgende maand"), Anchor("/agenda/2026/10", "Vorige maand"))
    )
    page("/afspraak-wijzigen", label["change"], "manage", links=(Anchor("/afspraak-annuleren", label["cancel"]),))
    page("/afspraak-annuleren", label["cancel"], "manage", forbidden=True)
    page("/uitloggen", "Uitloggen", forbidden=True)
    page(
        "/mijn-gemeente",
        f"Mijn {town.name}",
        "login",
        links=(Anchor(f"https://{DIGID_HOST}/inloggen?gemeente={town.slug}", "Inloggen met DigiD"), Anchor("/uitloggen", "Uitloggen")),
    )
    host.pages["/producten"].links += [
        Anchor("/bezwaar", "Bezwaar maken"),
        Anchor("/afvalkalender", "Afvalkalender"),
        Anchor("/mijn-gemeente", "Inloggen met DigiD"),
    ]
    host.pages["/"].links += [Anchor("/afvalkalender", "Wanneer wordt het afval opgehaald?"), Anchor("/agenda", label["agenda"])]
    host.pages["/nieuws"].links.append(Anchor("/prestatieafspraken", "Prestatieafspraken 2026-2030 ondertekend"))
    if rng.random() < 0.4:
        page("/terugbellen", "Bel mij terug", "callback")
        host.pages["/contact"].links.append(Anchor("/terugbellen", "Bel mij terug"))


def find(host: Host, path: str) -> Page | None:
    """The page of a host at a path; months of an agenda exist without end."""
    page = host.pages.get(path)
    if page is None and (month := _MONTH.fullmatch(path)) and "/agenda" in host.pages:
        year, number = int(month[1]), int(month[2])
        before, after = (year - (number == 1), (number - 2) % 12 + 1), (year + (number == 12), number % 12 + 1)
        page = Page(path=path, title=f"Agenda {month[2]}-{month[1]}", language=host.language, in_sitemap=False)
        page.links = [Anchor("/agenda/{:04}/{:02}".format(*m), t) for m, t in ((before, "Vorige maand"), (after, "Volgende maand"))]
    return page


def add_robots(host: Host, rng: random.Random, *, deny: bool = False, broken: bool = False, needs_sitemap: bool = False) -> None:
    """robots.txt, sitemaps and security.txt; about one host in twelve has no robots.txt, about a third no sitemap."""
    origin = f"http://{host.name}" if host.profile == "closed" else f"https://{host.name}"
    lines = ["User-agent: *"]
    lines += ["Disallow: /"] if deny else ["Disallow: /zoeken", "Disallow: /beheer/", "Disallow: /*?sort="]
    if rng.random() < 0.06:
        lines.append(f"Crawl-delay: {rng.choice(('0.05', '0.1', '0.25', '1'))}")
    has_sitemap, variety = rng.random() < 0.67, rng.randrange(4)
    no_robots = not deny and not broken and rng.random() < 0.08
    if (has_sitemap or needs_sitemap) and not deny:
        paths = [page.path for page in host.pages.values() if page.in_sitemap and not page.raw and not page.forbidden and not page.redirect]
        name = _add_sitemap(host, origin, paths, variety)
        lines.append(f"Sitemap: {origin}{name}")
        no_robots = False
    if not no_robots:
        text = "\n".join(lines).encode() + b"\n"
        host.add(Page(path="/robots.txt", title="", raw=text, content_type="text/plain", status=500 if broken else 200, in_sitemap=False))
    if rng.random() < 0.4:
        text = f"Contact: mailto:security@{host.name}\nExpires: 2027-06-30T22:00:00.000Z\nPreferred-Languages: nl, en\n".encode()
        host.add(Page(path="/.well-known/security.txt", title="", raw=text, content_type="text/plain; charset=utf-8", in_sitemap=False))


def _add_sitemap(host: Host, origin: str, paths: list[str], variety: int) -> str:
    urls = "".join(f"<url><loc>{escape(origin + path)}</loc><lastmod>2026-10-01</lastmod></url>" for path in paths)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    text = f"{head}<urlset {space}>{urls}</urlset>".encode()

    def add(path: str, body: bytes, content_type: str = "application/xml") -> str:
        host.add(Page(path=path, title="", raw=body, content_type=content_type, in_sitemap=False))
        return path

    if variety == 0:
        return add("/sitemap.xml.gz", gzip.compress(text, 6, mtime=0), "application/gzip")
    if variety == 1:
        add("/sitemap-paginas.xml", text)
        return add(
            "/sitemap.xml",
            f"{head}<sitemapindex {space}><sitemap><loc>{origin}/sitemap-paginas.xml</loc></sitemap></sitemapindex>".encode(),
        )
    return add("/sitemap.xml", text)
