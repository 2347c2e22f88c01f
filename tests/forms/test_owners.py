"""Which form a control belongs to; what is expected is what Chromium's `form` property says, unless the test says otherwise."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page
from gemcrawl.forms.owners import marked
from gemcrawl.forms.page import PageForm

OPEN = '<form method="post" action="http://www.gem.test/verwerk">'
NAME = "<label>Naam <input name=naam></label>"
MAIL = "<label>E-mailadres <input name=email></label>"
ASK = "<label>Uw vraag <textarea name=vraag></textarea></label>"
SEND = "<input type=submit value=Versturen>"
TITLE = "<!DOCTYPE html><title>Contact</title><h1>Contact</h1>"


def read(html: str) -> tuple[PageForm, ...]:
    return read_page(html.encode(), "https://www.gem.test/contact").forms


def owned(html: str) -> list[tuple[str, list[str]]]:
    """Target and field names of each form."""
    return [(" ".join(form.submit_urls), [field.name for field in form.fields]) for form in read(TITLE + html)]


@pytest.mark.parametrize(
    "html",
    [
        f"<div>{OPEN}</div><div>{NAME}</div>{MAIL}{ASK}{SEND}</form>",
        f"<div>{OPEN}{NAME}</div>{MAIL}{ASK}{SEND}</form>",
        f"<ul><li>{OPEN}<li>{NAME}<li>{MAIL}</ul>{ASK}{SEND}</form>",
        f"<span>{OPEN}</span>{NAME}{MAIL}{ASK}{SEND}</form>",
        f"<table><tr><td>x</td></tr><div>{OPEN}<div>{NAME}</div>{MAIL}{ASK}{SEND}</form></div></table>",
        f"<table>{OPEN}<tr><td>{NAME}</table><table><tr><td>{MAIL}<tr><td>{ASK}</table>{SEND}</form>",
        f"<p>{OPEN}<table><tr><td>{NAME}<td>{MAIL}</table>{ASK}{SEND}</form></p>",
        f"</body></html>{OPEN}{NAME}{MAIL}{ASK}{SEND}</form>",
        f"<div>{OPEN}</div><!-- </form> --><script>'</form>'</script><p title='</form>'>{NAME}{MAIL}{ASK}{SEND}</form>",
        f"<div>{OPEN}</div>{NAME}<template></form></template>{MAIL}{ASK}{SEND}",
        f"<div>{OPEN}</div>{NAME}<form action=/ander>{MAIL}{ASK}{SEND}</form>",
        f"<form action=/a><div></form>{OPEN}{NAME}{MAIL}{ASK}{SEND}</form></div>",
    ],
)
def test_a_form_keeps_its_controls_up_to_its_end_tag_wherever_the_parser_closed_it(html: str) -> None:
    (form,) = (form for form in read(TITLE + html) if form.fields)
    assert (form.kind, form.submit_urls) == ("contact", ("http://www.gem.test/verwerk",))
    assert sorted(field.name for field in form.fields) == ["email", "naam", "vraag"]
    assert form.has_form_element
    assert not form.by_script


def test_after_the_end_tag_a_control_belongs_to_no_form() -> None:
    html = f"<div>{OPEN}</div>{NAME}{SEND}</form>{MAIL}{ASK}<button>Stuur</button>"
    assert owned(html) == [("http://www.gem.test/verwerk", ["naam"]), ("", ["email", "vraag"])]


def test_the_form_attribute_goes_before_the_place() -> None:
    html = f"<form id=b method=post action=/b></form><div>{OPEN}</div>{NAME}{SEND}<input form=b name=email></form>"
    assert owned(html) == [("https://www.gem.test/b", ["email"]), ("http://www.gem.test/verwerk", ["naam"])]


@pytest.mark.parametrize("hidden", ["", ' style="display:none"'])
def test_an_empty_form_with_an_address_before_controls_of_none_is_never_overlooked(hidden: str) -> None:
    """A browser gives it nothing; who wrote it so meant it to be sent there, or has a script that does. One that is hidden is there for something else."""
    html = f"<form method=post action='http://www.gem.test/verwerk'{hidden}></form>{NAME}{MAIL}{ASK}<button>Versturen</button>"
    (form,) = (form for form in read(TITLE + html) if form.fields)
    assert form.submit_urls == (() if hidden else ("http://www.gem.test/verwerk",))


def test_a_page_that_is_as_it_should_be_is_not_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemcrawl.forms.reader.marked", lambda _: pytest.fail("parsed twice"))
    assert owned(f"{OPEN}{NAME}{MAIL}{SEND}</form>") == [("http://www.gem.test/verwerk", ["naam", "email"])]


def test_what_the_renderer_marked_is_left_alone() -> None:
    rendered = b'<table><form gemcrawl-form="1" action="/a"></form></table><input gemcrawl-form="1" name="naam">'
    assert marked(rendered) == rendered
