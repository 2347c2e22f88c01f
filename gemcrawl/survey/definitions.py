"""Completing forms from the definitions that their product publishes: a few GET requests instead of a browser."""

from __future__ import annotations

from dataclasses import replace

from gemcrawl.fetch.answer import Answer
from gemcrawl.forms.declared import DeclaredForm, complete, read_form, read_step
from gemcrawl.forms.page import PageForm, PageReading
from gemcrawl.items import Field
from gemcrawl.survey.links import forbidden_url
from gemcrawl.survey.visit import Visitor

MAX_FORMS = 20
"""Definitions asked for per municipality; each takes one request, and one for each of at most `gemcrawl.forms.declared.MAX_STEPS` steps."""


class Definitions:
    """Form definitions on behalf of one municipality, each asked once: GET only, within robots.txt, redirects not followed."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._known: dict[str, tuple[DeclaredForm, list[Field]] | None] = {}

    async def complete(self, reading: PageReading, *, entry_text: str = "") -> PageReading:
        """``reading`` with every form that has a definition and shows no fields completed from it; ``reading`` itself where there is none.

        Args:
            reading: of a page as received or as rendered.
            entry_text: text of the link that led to the page, as evidence for the kind of its form.
        """
        completed: dict[int, PageForm] = {}
        for i, form in enumerate(reading.forms):
            if form.definition_url and not form.fields and (found := await self._definition(form.definition_url)) is not None:
                completed[i] = complete(form, reading, *found, entry_text=entry_text)
        if not completed:
            return reading
        # What else stands there without fields is the product's own button to begin: the same form.
        kept = [completed.get(i, form) for i, form in enumerate(reading.forms) if i in completed or form.fields or form.action]
        return replace(reading, forms=tuple(kept))

    async def _definition(self, url: str) -> tuple[DeclaredForm, list[Field]] | None:
        if url not in self._known and len(self._known) < MAX_FORMS:
            self._known[url] = await self._ask(url)
        return self._known.get(url)

    async def _ask(self, url: str) -> tuple[DeclaredForm, list[Field]] | None:
        answer = await self._get(url)
        declared = read_form(answer.body, url) if answer else None
        if declared is None:
            return None
        fields: list[Field] = []
        for step in declared.step_urls:
            answer = await self._get(step)
            fields.extend((read_step(answer.body) if answer else None) or ())
        return declared, fields

    async def _get(self, url: str) -> Answer | None:
        """A JSON answer, whole and of status 200; None when there is no such answer or robots.txt forbids to ask."""
        if forbidden_url(url) or await self._visitor.allowed(url) is not None:
            return None
        answer = await self._visitor.ask(url)
        whole = answer.status == 200 and not answer.truncated
        return answer if whole and answer.content_type in ("application/json", "application/hal+json") else None
