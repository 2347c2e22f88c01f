"""Sites held in memory, for tests of what the survey makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from gemcrawl.fetch.answer import Answer
from gemcrawl.fetch.rendered import Render
from gemcrawl.items import Reason, Survey
from gemcrawl.registry import Entry
from gemcrawl.survey.explore import Limits, survey
from gemcrawl.survey.previous import KnownForm
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.facts import Handshake, Hop
from gemcrawl.transport.observed import Observed

CONTACT_FORM = """<form method="post" action="/verzend"><label>Naam <input name="naam"></label><label>E-mailadres <input type="email" name="e"></label>
<label>Uw vraag <textarea name="vraag"></textarea></label><button>Verzenden</button></form>"""
APPOINTMENT_FORM = """<form method="post"><fieldset><legend>Waarvoor wilt u een afspraak maken?</legend>
<label><input type="radio" name="product" value="1"> Paspoort</label><label><input type="radio" name="product" value="2"> Rijbewijs</label></fieldset>
<button>Volgende</button></form>"""


def page(title: str, *parts: str, head: str = "") -> str:
    return f'<!doctype html><html lang="nl"><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1>{" ".join(parts)}</main></body></html>'


def link(href: str, text: str) -> str:
    return f'<a href="{href}">{text}</a>'


@dataclass
class Web:
    """Answers by URL: a page, ``(status, location)`` or ``(status, page)``, a status, or a reason."""

    answers: dict[str, str | int | tuple[int, str] | Reason]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, jar: str, method: str = "GET", deadline: float | None = None) -> Answer:
        self.asked.append(url)
        found = self.answers.get(url, 404 if url.startswith("https") else (301, "https" + url[4:]))
        if isinstance(found, str) and " " not in found and not found.startswith("<"):
            return Answer(url=url, failure=found)  # type: ignore[arg-type]
        status, location, body = 200, None, ""
        if isinstance(found, tuple):
            status, other = found
            location, body = (None, other) if other.startswith("<") else (other, "")
        elif isinstance(found, int):
            status = found
        else:
            body = found
        handshake = Handshake("TLSv1.3", "TLS_AES_128_GCM_SHA256", (), True) if url.startswith("https") else None
        kind = "application/xml" if url.endswith(".xml") else "text/plain" if url.endswith(".txt") else "text/html"
        return Answer(
            url=url,
            hop=Hop(url=url, status=status, address="192.0.2.1", handshake=handshake),
            body=body.encode(),
            location=location,
            content_type=kind,
            wire_bytes=len(body),
        )

    async def survey(
        self,
        limits: Limits | None = None,
        known_hosts: tuple[str, ...] = (),
        render: Render | None = None,
        previous: tuple[KnownForm, ...] = (),
    ) -> Survey:
        entry = Entry(code="GM9999", name="Voorbeeld", province="Utrecht", website="www.x.test", known_hosts=known_hosts)
        result, visitor = await survey(
            entry, self.get, Observed(), limits or Limits(), slow_down=lambda *_: None, render=render, previous=previous
        )
        assert isinstance(visitor, Visitor)
        assert result.municipality.requests >= len(self.asked)
        assert render is not None or result.municipality.requests == len(self.asked)
        return result


HOME = "https://www.x.test/"
