"""What gemcrawl sees on one page, as plain data: for the researcher who doubts a row, and for whoever edits the vocabulary."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gemcrawl.forms.submit import method_of
from gemcrawl.survey.links import score_of
from gemcrawl.transport.urls import host_of

if TYPE_CHECKING:
    from gemcrawl.forms.page import Link, PageForm, PageReading


def inspected(url: str, reading: PageReading) -> dict[str, Any]:
    """``{"url", "forms", "links"}``: every form of every kind in document order; every link in document order, with its score per kind sought.

    A form's ``method`` is the one a browser uses (get, post, dialog), None where scripts send what stands in no form element.
    """
    return {
        "url": url,
        "forms": [_form(form) for form in reading.forms],
        "links": [_link(link, host_of(reading.url)) for link in reading.links],
    }


def failed(url: str, reason: str) -> dict[str, Any]:
    """The same shape for a page that could not be read, with ``error``."""
    return {"url": url, "error": reason, "forms": [], "links": []}


def _form(form: PageForm) -> dict[str, Any]:
    return {
        "kind": form.kind,
        "kind_score": round(form.kind_score, 3),
        "reasons": list(form.kind_reasons),
        "method": method_of(form.method) if form.has_form_element else None,
        "submit_urls": list(form.submit_urls),
        "fields": [asdict(field) for field in form.fields],
        "personal_data": list(form.personal_data),
        "personal_data_level": form.personal_data_level,
    }


def _link(link: Link, from_host: str) -> dict[str, Any]:
    scores = score_of(link, from_host=from_host)
    return {
        "url": link.url + link.hash_route,
        "text": link.text,
        "place": link.place,
        "scores": {"appointment": round(scores.appointment, 2), "contact": round(scores.contact, 2)},
    }
