"""Definitions are asked for once, by GET, within robots.txt, and complete the forms whose fields no page shows."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gemcrawl.fetch.answer import Answer
from gemcrawl.forms import read_page
from gemcrawl.forms.declared import MAX_STEPS
from gemcrawl.forms.page import PageReading
from gemcrawl.survey.definitions import MAX_FORMS, Definitions
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport.facts import Hop
from gemcrawl.transport.observed import Observed

PAGE = "https://formulieren.x.test/contact/"
API = "https://formulieren.x.test/api/v2/forms/"
FORM = "e450890a-4166-410e-8d64-0a54ad30ba01"
STEP = "9e6eb3c5-e5a4-4abf-b64a-73d3243f2bf{}"
ROBOTS = "https://formulieren.x.test/robots.txt"
MARKUP = """<title>Formulier</title><main><div id="openforms-container" data-form-id="{}" data-base-url="/api/v2/"></div></main><script src="/sdk.js"></script>"""
FIELDS = [
    {"type": "textfield", "key": "n", "label": "Naam"},
    {"type": "email", "key": "e", "label": "E-mail"},
    {"type": "textarea", "key": "v", "label": "Uw vraag"},
]


def form(steps: int = 1, **own: Any) -> dict[str, Any]:
    listed = [{"uuid": STEP.format(n % 10), "formDefinition": f"Stap {n}"} for n in range(steps)]
    return {"uuid": FORM, "name": "Contactformulier", "steps": listed, **own}


def step(components: list[dict[str, Any]], number: int = 0) -> dict[str, Any]:
    return {f"{API}{FORM}/steps/{STEP.format(number)}": {"configuration": {"components": components}}}


class Service:
    """Answers JSON by URL; every other address is 404."""

    def __init__(self, answers: dict[str, Any], robots: str = "", content_type: str = "application/json", **answer: Any) -> None:
        self.answers, self.robots, self.content_type, self.answer = answers, robots, content_type, answer
        self.asked: list[tuple[str, str]] = []
        self.definitions = Definitions(Visitor(self.get, Observed(), jar="GM9999", deadline=math.inf, slow_down=lambda *_: None))

    async def get(self, url: str, *, method: str = "GET", **_: object) -> Answer:
        if url.endswith("/robots.txt"):
            return Answer(url=url, hop=Hop(url=url, status=200), body=self.robots.encode(), content_type="text/plain")
        self.asked.append((method, url))
        body = json.dumps(self.answers[url]).encode() if url in self.answers else b"{}"
        hop = Hop(url=url, status=200 if url in self.answers else 404)
        return Answer(**{"url": url, "hop": hop, "body": body, "content_type": self.content_type, **self.answer})

    async def complete(self, markup: str = MARKUP.format("contact"), text: str = "") -> PageReading:
        return await self.definitions.complete(read_page(markup.encode(), PAGE), entry_text=text)


async def test_a_mount_point_gets_the_fields_of_every_step() -> None:
    service = Service({f"{API}contact": form(2), **step(FIELDS[:1]), **step(FIELDS[1:], 1)})
    (found,) = (await service.complete()).forms
    assert [f.name for f in found.fields] == ["n", "e", "v"]
    assert (found.kind, found.personal_data, found.personal_data_level) == ("contact", ("name", "email", "free_text"), "declared")
    assert service.asked == [("GET", f"{API}contact"), *(("GET", url) for url in service.answers if "/steps/" in url)]


async def test_a_definition_is_asked_once_however_many_pages_carry_its_form() -> None:
    service = Service({f"{API}contact": form(), **step(FIELDS)})
    first, second = await service.complete(), await service.complete()
    assert first == second
    assert len(service.asked) == 2


async def test_a_page_without_mount_points_asks_nothing_and_stays_as_it_is() -> None:
    service = Service({})
    markup = "<form method=post><label>Naam <input name=n></label><textarea name=vraag></textarea></form>"
    assert await service.complete(markup) == read_page(markup.encode(), PAGE)
    assert not service.asked


async def test_robots_txt_holds_for_definitions_and_for_steps() -> None:
    answers = {f"{API}contact": form(), **step(FIELDS)}
    denied = Service(answers, robots="User-agent: *\nDisallow: /api/")
    assert not (await denied.complete()).forms[0].fields
    assert not denied.asked
    half = Service(answers, robots="User-agent: *\nDisallow: /*/steps/")
    assert (await half.complete()).forms[0].kind == "contact"
    assert half.asked == [("GET", f"{API}contact")]


@pytest.mark.parametrize(
    "service",
    [
        Service({}),
        Service({f"{API}contact": form()}, content_type="text/html"),
        Service({f"{API}contact": form()}, truncated=True),
        Service({f"{API}contact": form()}, hop=None, failure="timeout"),
        Service({f"{API}contact": form()}, hop=Hop(url=f"{API}contact", status=302), location="https://elders.test/"),
        Service({f"{API}contact": ["hello"]}),
    ],
    ids=["not found", "not json", "cut off", "no answer", "redirect", "something else"],
)
async def test_without_a_whole_definition_the_form_stays_what_the_page_says(service: Service) -> None:
    assert await service.complete() == read_page(MARKUP.format("contact").encode(), PAGE)
    assert len(service.asked) == 1


async def test_the_requests_for_one_form_are_bounded() -> None:
    service = Service({f"{API}contact": form(50)})
    await service.complete()
    assert len(service.asked) == 1 + MAX_STEPS


async def test_the_definitions_of_one_municipality_are_bounded() -> None:
    service = Service({})
    for number in range(MAX_FORMS + 10):
        await service.complete(MARKUP.format(f"f{number}"))
    assert len(service.asked) == MAX_FORMS


async def test_an_appointment_needs_no_steps() -> None:
    service = Service({f"{API}contact": form(0, appointmentOptions={"isAppointment": True})})
    assert [f.kind for f in (await service.complete()).forms] == ["appointment"]


async def test_the_button_that_begins_a_rendered_form_is_no_second_form() -> None:
    service = Service({f"{API}contact": form(), **step(FIELDS)})
    began = MARKUP.format("contact").replace("></div>", "><h1>Contactformulier</h1><form><button>Formulier starten</button></form></div>")
    assert len(read_page(began.encode(), PAGE).forms) == 2
    (found,) = (await service.complete(began)).forms
    assert [f.name for f in found.fields] == ["n", "e", "v"]
