"""Pages as HTML: layouts, filler and forms put together with jinja2."""

from __future__ import annotations

import random
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gemcrawl.demo.apps import WIDGET_HOST
from gemcrawl.demo.model import Anchor, FormSpec, Host, Page
from gemcrawl.demo.products import PRODUCTS
from gemcrawl.demo.words import LABELS, SENTENCES

_APPOINTMENT_PATHS = ("/afspraak", "/afspraak-maken", "/afspraak-online", "/openingstijden-balie")


@cache
def environment() -> Environment:
    """The jinja2 environment; everything that is not made here is escaped."""
    return Environment(
        loader=PackageLoader("gemcrawl.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def render(host: Host, page: Page) -> bytes:
    """The HTML document of a page."""
    if page.app:
        return environment().get_template(f"apps/{page.app}.html.j2").render(host=host, page=page, spec=page.form).encode()
    rng = random.Random(f"{host.seed} {page.path}")
    spec = page.form
    body = (
        environment()
        .get_template(f"body{host.seed % 3}.html.j2")
        .render(
            host=host,
            page=page,
            label=LABELS[page.language],
            form=_form(spec, host, page) if spec else _embed(page.embed) if page.embed else "",
            lookalikes=[_lookalike(key, host) for key in page.lookalikes],
            sections=_sections(page.paragraphs, rng),
            mixed_passive=spec.mixed_passive if spec else "",
        )
    )
    document = (
        environment()
        .get_template(f"layouts/{host.layout}.html.j2")
        .render(
            host=host,
            page=page,
            label=LABELS[page.language],
            body=Markup(body),  # noqa: S704
            spec=spec,
            css=_css(host.seed % 40),
            **_parts(host),
        )
    )
    return document.encode()


def render_notice(owner: str, notice: str) -> bytes:
    """A page that is no page: an error, a barrier, a missing session."""
    return environment().get_template("notice.html.j2").render(owner=owner, notice=notice).encode()


def menu(host: Host) -> list[Anchor]:
    """The links of the mega menu: all ordinary pages of the site, never its forms."""
    pages = (
        p
        for p in host.pages.values()
        if not (
            p.form
            or p.frame
            or p.embed
            or p.raw
            or p.redirect
            or p.forbidden
            or p.path in _APPOINTMENT_PATHS
            or p.path.startswith("/nieuws/")
        )
    )
    return [Anchor(page.path, page.title) for page in pages][:60]


@lru_cache(maxsize=256)
def _parts(host: Host) -> dict[str, Any]:
    """What all pages of a host share; only asked for when the nation is complete."""
    template: Any = environment().get_template("parts.html.j2").module
    label = LABELS[host.language]
    return {
        "nav": template.nav(host.nav, label),
        "menu": template.menu(menu(host) if host.search else [], label),
        "footer": template.footer(host.footer, label, host.owner),
        "search": _lookalike(host.search, host) if host.search else "",
        "newsletter": _lookalike("newsletter", host) if host.newsletter else "",
    }


def _form(spec: FormSpec, host: Host, page: Page) -> Markup:
    """The form's markup, with method, action and formaction as the specification writes them."""
    opening = Markup(' method="{}"').format(spec.method)
    if spec.action is not None:
        opening += Markup(' action="{}"').format(spec.action)
    button = Markup(' formaction="{}"').format(spec.formaction) if spec.formaction else Markup()
    product = PRODUCTS[spec.product]
    template = environment().get_template(f"forms/{spec.product}.html.j2")
    return Markup(  # noqa: S704
        template.render(opening=opening, button=button, api=spec.api, late=spec.late, page=page, host=host, product=product)
    )


def _embed(address: str) -> Markup:
    """The line that a widget's maker has municipalities put into their pages."""
    return Markup('<div data-agenda="{}"></div><script src="https://{}/embed.js" async></script>').format(address, WIDGET_HOST)


def _lookalike(key: str, host: Host) -> Markup:
    return Markup(environment().get_template(f"forms/{key}.html.j2").render(host=host, label=LABELS[host.language]))  # noqa: S704


def _sections(count: int, rng: random.Random) -> list[tuple[str, str]]:
    """Headings and paragraphs."""
    return [(rng.choice(SENTENCES).split(",")[0].rstrip("."), " ".join(rng.choices(SENTENCES, k=rng.randint(4, 7)))) for _ in range(count)]


@cache
def _css(seed: int) -> Markup:
    """A style sheet as sites carry it inline, 9 to 22 KB."""
    rng = random.Random(seed)
    names = ("kop", "blok", "tegel", "lijst", "knop", "veld", "balk", "rand", "kolom", "beeld", "tekst", "menu")
    rules = (
        f".{rng.choice(names)}-{rng.choice(names)}__{rng.choice(names)}--{n}{{margin:{rng.randint(0, 32)}px {rng.randint(0, 32)}px;"
        f"color:#{rng.randrange(1 << 24):06x};padding:{rng.random() * 2:.2f}rem;border-radius:{rng.randint(0, 9)}px}}"
        for n in range(rng.randint(110, 200))
    )
    return Markup("\n".join(rules))  # noqa: S704
