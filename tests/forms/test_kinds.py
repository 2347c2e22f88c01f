"""The scorer: own zones first, the page's zones for its main form only, honest when nothing is clear."""

from __future__ import annotations

from typing import get_args

from gemcrawl.forms import read_page
from gemcrawl.forms.kinds import SIDE_KINDS, judge, weigh
from gemcrawl.forms.weights import Evidence, product_words, rules
from gemcrawl.items import Kind

CONTACT = b"<title>Contact</title><h1>Contactformulier</h1><form method=post><label>Naam<input name=n></label><label>Uw vraag<textarea name=v></textarea></label><button>Verstuur</button></form>"


def test_every_kind_has_words() -> None:
    assert {kind for points in rules().points.values() for kind, _ in points} == set(get_args(Kind))


def test_reasons_are_readable_and_strongest_first() -> None:
    (form,) = read_page(CONTACT, "https://www.gem.test/contact").forms
    points = [float(reason.rsplit("(+", 1)[1].rstrip(")")) for reason in form.kind_reasons]
    assert form.kind_reasons[0] == "h1: contactformulier (+5.0)"
    assert points == sorted(points, reverse=True)


def test_nothing_clear_is_other_with_little_certainty() -> None:
    verdict = judge(Evidence(), {})
    assert (verdict.kind, verdict.score) == ("other", 0.5)


def test_more_evidence_more_certainty() -> None:
    bare = read_page(
        CONTACT.replace(b"Contactformulier", b"Formulier").replace(b"<title>Contact</title>", b""), "https://www.gem.test/x"
    ).forms[0]
    full = read_page(CONTACT, "https://www.gem.test/contact").forms[0]
    assert bare.kind == full.kind == "contact"
    assert bare.kind_score < full.kind_score


def test_two_kinds_at_once_lower_the_score() -> None:
    clear = judge(Evidence(own={"heading": ["Afspraak maken"]}), {})
    torn = judge(Evidence(own={"heading": ["Afspraak maken", "Contactformulier"]}), {})
    assert torn.score < clear.score
    assert any(reason.startswith("close to ") for reason in torn.reasons)


def test_entry_text_counts_for_the_main_form() -> None:
    html = b"<main><h1>Formulier</h1><form method=post><label>Naam<input name=n></label><label>Telefoon<input name=t></label><button>Verder</button></form></main>"
    assert read_page(html, "https://www.gem.test/f").forms[0].kind == "other"
    assert read_page(html, "https://www.gem.test/f", entry_text="Maak een afspraak").forms[0].kind == "appointment"


def test_council_contact_is_contact_with_less_certainty() -> None:
    council = read_page(CONTACT.replace(b"Contactformulier", b"Contact met de raad"), "https://www.gem.test/contact").forms[0]
    town = read_page(CONTACT, "https://www.gem.test/contact").forms[0]
    assert council.kind == "contact"
    assert council.kind_score < town.kind_score


def test_of_two_kinds_beside_a_page_with_as_many_points_the_first_one_counts() -> None:
    """A search box says nothing of its page; which of the two it is may not depend on how this process orders sets."""
    evidence = Evidence(own={"heading": ["zoeken", "reactie toevoegen"], "legend": ["zoeken"]})
    own = weigh(evidence)
    own.points["search"] = own.points["comment"] = 6.0
    assert "afspraak" not in str(judge(evidence, {"h1": ["Afspraak maken"]}, own=own).reasons)
    assert list(SIDE_KINDS) == sorted(SIDE_KINDS, key=("search", "newsletter", "login", "feedback", "comment").index)


def test_products_of_the_counter_are_known_in_frisian() -> None:
    assert product_words("Paspoart of identiteitskaart, Rydbewiis") == 3


def test_a_dialog_that_is_only_closed_is_no_form_of_the_page_and_takes_nothing_from_it() -> None:
    closes = "<dialog open><form method=dialog><p>Vul geen gegevens van anderen in.</p><label><input type=checkbox name=c>Niet meer tonen</label><button>Sluiten</button></form></dialog>"
    html = CONTACT.replace(b"<form", closes.encode() + b"<form", 1)
    assert [form.kind for form in read_page(html, "https://www.gem.test/contact").forms] == ["other", "contact"]
    alone = f"<title>Afspraak maken</title><h1>Afspraak maken</h1>{closes}"
    (form,) = read_page(alone.encode(), "https://www.gem.test/afspraak-maken").forms
    assert (form.kind, form.kind_reasons) == ("other", ("method dialog: nothing is sent",))


def test_a_dialog_that_asks_who_one_is_is_what_it_says() -> None:
    html = CONTACT.replace(b"method=post", b"method=dialog")
    assert [form.kind for form in read_page(html, "https://www.gem.test/contact").forms] == ["contact"]
