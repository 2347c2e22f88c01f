"""A chat is no form of the town hall, on whatever page it stands; what only has the word in its surroundings is none."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page

PAGES = [("/afspraak-maken", "Afspraak maken"), ("/contact", "Contact")]
LINE = "<label for=z>Typ je bericht</label><input id=z type=text placeholder='Typ je bericht'><button type=button>Verstuur</button>"
FORM = (
    "<form method=post action=/v><label>Naam<input name=n></label><label>E-mailadres<input name=e></label><label>Uw vraag<textarea name=v></textarea></label>"
    "<button>Versturen</button></form>"
)


def kinds(path: str, title: str, body: str) -> list[str]:
    html = f"<title>{title}</title><h1>{title}</h1><p>Bel 14 030.</p>{body}"
    return [form.kind for form in read_page(html.encode(), f"https://www.gem.test{path}").forms]


@pytest.mark.parametrize(("path", "title"), PAGES)
@pytest.mark.parametrize(
    "chat",
    [
        f"<div class='chat-widget'>{LINE}</div>",
        f"<div id=liveChatVenster><div><div>{LINE}</div></div></div>",
        f"<my-chatbot>{LINE}</my-chatbot>",
        f"<div role=dialog aria-label='Stel uw vraag aan onze virtuele assistent'>{LINE}</div>",
    ],
)
def test_the_line_of_a_chat_is_no_form(chat: str, path: str, title: str) -> None:
    assert kinds(path, title, chat) == []


@pytest.mark.parametrize(("path", "title"), PAGES)
def test_a_chat_with_a_form_element_is_another_kind_of_form(path: str, title: str) -> None:
    assert kinds(path, title, f"<div class=webchat><h2>Chatbot Fleur</h2><form method=post>{LINE}</form></div>") == ["other"]
    assert kinds(path, title, f"<div class=webchat>{FORM}</div>") == ["other"]


def test_a_chat_takes_nothing_from_the_form_beside_it() -> None:
    formless = FORM.replace("form method=post action=/v", "div").replace("</form>", "</div>")
    html = f"<title>Contact</title><h1>Contact</h1>{formless}<div class=chatbot>{LINE}</div>"
    (form,) = read_page(html.encode(), "https://www.gem.test/contact").forms
    assert (form.kind, [field.name for field in form.fields]) == ("contact", ["n", "e", "v"])


@pytest.mark.parametrize(
    "around", ["<div class='page has-chat'>{}</div>", "<div class=chateau>{}</div>", "<div class=chat><h1>Contact</h1>{}</div>"]
)
def test_what_is_only_near_a_chat_is_none(around: str) -> None:
    assert kinds("/contact", "Contact", around.format(FORM)) == ["contact"]


@pytest.mark.parametrize(("path", "title"), PAGES)
@pytest.mark.parametrize("tag", ["form method=post", "div"])
def test_a_page_does_not_make_one_line_to_write_an_appointment_or_a_contact_form(tag: str, path: str, title: str) -> None:
    body = f"<{tag}><label>Typ hier<input type=text></label><button type=button>Verstuur</button></{tag.split(maxsplit=1)[0]}>"
    assert not {"appointment", "contact"} & {*kinds(path, title, body)}
