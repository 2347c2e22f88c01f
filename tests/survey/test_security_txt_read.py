"""Fetching security.txt: one request, on the site's own domain, over trusted https, within robots.txt."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from gemcrawl.fetch.answer import Answer
from gemcrawl.survey.security_txt import read
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.observed import Observed
from tests.survey.web import Web

URL = "https://www.x.test/.well-known/security.txt"
FILE = "Contact: mailto:cvd@x.test\nExpires: 2027-06-30T22:00:00Z\n"


class Asked(Web):
    """Answers whose last hop may be changed."""

    changes: dict[str, Any] = {}  # noqa: RUF012

    async def get(self, url: str, **options: Any) -> Answer:
        answer = await super().get(url, **options)
        return replace(answer, **self.changes) if url == URL else answer


def visitor(web: Web) -> Visitor:
    return Visitor(web.get, Observed(), jar="GM1", deadline=math.inf, slow_down=lambda *_: None)


async def test_it_takes_one_request_beside_robots_txt() -> None:
    web = Web({URL: FILE})
    found = await read(visitor(web), "www.x.test")
    assert found is not None
    assert (found.contacts, found.url) == (["mailto:cvd@x.test"], URL)
    assert web.asked == ["https://www.x.test/robots.txt", URL]


async def test_a_redirect_on_the_site_is_followed() -> None:
    target = "https://x.test/security.txt"
    found = await read(visitor(Web({URL: (301, target), target: FILE})), "www.x.test")
    assert found is not None
    assert found.url == target


@pytest.mark.parametrize("target", ["https://www.elsewhere.test/security.txt", "http://www.x.test/security.txt", URL, "mailto:a@b.nl"])
async def test_a_redirect_elsewhere_to_http_or_for_ever_is_not(target: str) -> None:
    web = Web({URL: (301, target), target: FILE} if target != URL else {URL: (301, URL)})
    assert await read(visitor(web), "www.x.test") is None
    assert not [url for url in web.asked if "elsewhere" in url or url.startswith("http:")]
    assert len(web.asked) <= 5


async def test_robots_txt_holds() -> None:
    web = Web({URL: FILE, "https://www.x.test/robots.txt": "User-agent: *\nDisallow: /.well-known/"})
    assert await read(visitor(web), "www.x.test") is None
    assert URL not in web.asked


@pytest.mark.parametrize("changes", [{"content_type": "text/html"}, {"hop": None, "failure": "reset"}])
async def test_what_is_no_text_or_no_answer_is_none(changes: dict[str, Any]) -> None:
    web = Asked({URL: FILE})
    web.changes = changes
    assert await read(visitor(web), "www.x.test") is None


async def test_a_certificate_that_is_not_trusted_names_nobody() -> None:
    web = Asked({URL: FILE})
    answer = await web.get(URL, jar="x")
    assert answer.hop is not None
    assert answer.hop.handshake is not None
    web.changes = {"hop": replace(answer.hop, handshake=replace(answer.hop.handshake, trusted=False))}
    assert await read(visitor(web), "www.x.test") is None
