"""From readings to rows: which forms are one form, and what is known about the way to each."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gemcrawl.fetch.answer import Answer
from gemcrawl.forms import read_page
from gemcrawl.items import Form
from gemcrawl.survey.collect import MAX_FORMS, SAME_FORM_PAGES, Collection, Found
from gemcrawl.survey.visit import Visit
from gemcrawl.transport.facts import EntryLink, Hop

CONTACT = """<h1>Contactformulier</h1><form method="post" action="{action}"><label>Naam <input name="naam"></label>
<label>E-mailadres <input type="email" name="e"></label><label>Uw vraag <textarea name="vraag"></textarea></label><button>Verzenden</button></form>"""
NEWSLETTER = """<form method="post" action="/nieuwsbrief"><label>E-mail <input type="email" name="e"></label><button>Aanmelden nieuwsbrief</button></form>"""
HOME = "https://www.x.test/"
LINKED = Found(via="link", depth=1, entry_url=HOME)


def visit(url: str, body: str, *, through: tuple[str, ...] = (), cookies: tuple[str, ...] = ()) -> Visit:
    route = (*(Hop(url=u, status=301, leaves_by="redirect") for u in through), Hop(url=url, status=200))
    answer = Answer(url=url, hop=route[-1], body=body.encode(), content_type="text/html", cookies=cookies)
    return Visit(url=route[0].url, route=route, answer=answer, reading=read_page(answer.body, url), sha256="0" * 64, cookies=cookies)


def contact(action: str = "/verzend") -> str:
    return CONTACT.format(action=action)


def collected(*visits: Visit) -> Collection:
    collection = Collection("GM9999")
    for one in visits:
        collection.add(one, LINKED)
    collection.finish()
    return collection


def only(collection: Collection) -> Form:
    (form,) = collection.forms.values()
    return form


def test_a_row_says_where_the_form_is_and_how_it_was_reached() -> None:
    form = only(collected(visit("https://www.x.test/contact", contact(), through=("http://www.x.test/contact",))))
    assert (form.municipality, form.kind, form.page_url, form.entry_url) == ("GM9999", "contact", "https://www.x.test/contact", HOME)
    assert (form.found_via, form.depth, form.seen_on) == ("link", 1, 1)
    assert (form.method, form.action, form.submit_urls) == ("post", "/verzend", ["https://www.x.test/verzend"])
    assert form.personal_data == ["name", "email", "free_text"]


@pytest.mark.parametrize(
    "other",
    [
        "https://www.x.test/contact?product=2",
        "https://www.x.test/contact/",
        "https://www.x.test/contact?sid=9",
        "http://www.x.test/contact",
    ],
)
def test_the_same_question_at_the_same_path_is_the_same_form(other: str) -> None:
    form = only(collected(visit("https://www.x.test/contact", contact()), visit(other, contact())))
    assert form.seen_on == 2
    assert form.page_url == "https://www.x.test/contact"


def test_add_returns_what_is_new_only() -> None:
    collection = Collection("GM9999")
    assert len(collection.add(visit("https://www.x.test/contact", contact()), LINKED)) == 1
    assert collection.add(visit("https://www.x.test/contact?product=2", contact()), LINKED) == []


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://www.x.test/contact-2", contact()),
        ("https://other.test/contact", contact()),
        ("https://www.x.test/contact", contact("https://elders.test/verzend")),
        ("https://www.x.test/contact", contact().replace("Naam", "Achternaam")),
    ],
    ids=["another page", "another host", "another target", "another question"],
)
def test_what_differs_is_another_form(url: str, body: str) -> None:
    assert len(collected(visit("https://www.x.test/contact", contact()), visit(url, body)).forms) == 2


def test_a_form_out_of_scope_is_one_form_on_every_page_of_its_host() -> None:
    pages = [visit(f"https://www.x.test/p{n}", NEWSLETTER) for n in range(3)]
    form = only(collected(*pages))
    assert (form.kind, form.seen_on) == ("newsletter", 3)
    assert len(collected(*pages, visit("https://y.test/p", NEWSLETTER)).forms) == 2


def test_an_in_scope_form_on_many_pages_is_part_of_the_frame_of_the_site() -> None:
    few = collected(*(visit(f"https://www.x.test/p{n}", contact()) for n in range(SAME_FORM_PAGES)))
    assert len(few.forms) == SAME_FORM_PAGES
    many = collected(*(visit(f"https://www.x.test/p{n}", contact()) for n in range(SAME_FORM_PAGES + 1)))
    assert only(many).seen_on == SAME_FORM_PAGES + 1
    assert set(many.ways) == set(many.forms)


def test_the_number_of_forms_is_bounded() -> None:
    collection = collected(*(visit(f"https://h{n}.test/", NEWSLETTER) for n in range(MAX_FORMS + 3)))
    assert len(collection.forms) == MAX_FORMS


def test_forms_of_other_kinds_take_no_place_of_those_in_scope() -> None:
    others = [visit(f"https://h{i}.x.test/", NEWSLETTER) for i in range(MAX_FORMS + 5)]
    found = collected(*others, visit("https://www.x.test/contact", contact()))
    assert len(found.forms) == MAX_FORMS + 1
    assert found.forms.keys() == found.ways.keys()
    assert [form.page_url for form in found.forms.values() if form.kind == "contact"] == ["https://www.x.test/contact"]


def test_ids_are_those_of_last_night_but_not_of_another_municipality() -> None:
    one, two = Collection("GM9999"), Collection("GM9998")
    page = visit("https://www.x.test/contact?sid=1", contact())
    (first,) = one.add(page, LINKED)
    (other,) = two.add(page, LINKED)
    assert first.form_id == only(collected(visit("https://www.x.test/contact?sid=2", contact()))).form_id
    assert first.form_id != other.form_id


def test_entry_links_are_those_that_lead_to_any_hop_of_the_way() -> None:
    collection = Collection("GM9999")
    collection.entry(HOME, "http://www.x.test/kort")
    collection.entry("https://www.x.test/nieuws", "https://www.x.test/contact")
    collection.entry(HOME, "https://www.x.test/anders")
    collection.add(visit("https://www.x.test/contact", contact(), through=("http://www.x.test/kort",)), LINKED)
    collection.entry("https://www.x.test/later", "http://www.x.test/contact")
    collection.finish()
    (way,) = collection.ways.values()
    assert way.entries == (
        EntryLink(HOME, "http://www.x.test/kort"),
        EntryLink("https://www.x.test/nieuws", "https://www.x.test/contact"),
        EntryLink("https://www.x.test/later", "http://www.x.test/contact"),
    )


def test_one_entry_link_per_scheme_is_kept() -> None:
    collection = Collection("GM9999")
    for n in range(5):
        collection.entry(f"https://www.x.test/{n}", "https://www.x.test/contact")
    assert [len(links) for links in collection.entries.values()] == [1]


def test_an_http_link_as_written_is_kept_beside_one_that_takes_the_scheme_of_its_page() -> None:
    collection = Collection("GM9999")
    for inherits in (True, True, False):
        collection.entry("http://www.x.test/", "http://www.x.test/contact", inherits=inherits)
    assert [[entry.inherits for entry in links] for links in collection.entries.values()] == [[True, False]]


def test_the_entries_of_a_framed_form_lead_to_the_outermost_frame() -> None:
    collection = Collection("GM9999")
    outer = visit("https://www.x.test/afspraak", "<iframe src=https://planner.test/></iframe>")
    collection.entry(HOME, "https://www.x.test/afspraak")
    collection.entry(HOME, "https://planner.test/")
    collection.add(visit("https://planner.test/", contact()), Found(via="frame", depth=1, entry_url=outer.final_url, frames=(outer,)))
    collection.finish()
    assert only(collection).frame_urls == ["https://www.x.test/afspraak"]
    (way,) = collection.ways.values()
    assert way.frames == (outer.route,)
    assert way.entries == (EntryLink(HOME, "https://www.x.test/afspraak"),)


@pytest.mark.parametrize(("scheme", "names"), [("https", ("sid",)), ("http", ())])
def test_session_cookies_without_secure_count_on_https_pages(scheme: str, names: tuple[str, ...]) -> None:
    collection = collected(visit(f"{scheme}://www.x.test/contact", contact(), cookies=("sid=1; Path=/", "b=2; Secure")))
    (way,) = collection.ways.values()
    assert way.insecure_cookies == names
    assert way.personal_data


WORDS = st.text("abcdefghij0123456789", min_size=1, max_size=12)
NOISE = st.one_of(
    st.tuples(st.sampled_from(("sid", "PHPSESSID", "utm_source", "lang", "taal", "cb", "_", "ref", "product", "product_code")), WORDS).map(
        "=".join
    ),
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda n: f"{n[0]}-{n[1]}.ILinkListener-menu"),
)
IN_PATH = st.one_of(st.just(""), WORDS.map(";jsessionid={}".format), WORDS.map("/(S({}))".format))


def noisy(path: str, in_path: str, noise: list[str], scheme: str = "https") -> str:
    where = f"/{path}{in_path}" if in_path.startswith(";") else f"{in_path}/{path}"
    return f"{scheme}://www.x.test{where}" + (f"?{'&'.join(noise)}" if noise else "")


@given(WORDS, IN_PATH, st.lists(NOISE, max_size=4), st.sampled_from(("https", "http")), IN_PATH, st.lists(NOISE, max_size=4))
def test_a_form_keeps_its_id_whatever_session_product_tracking_and_scheme(
    path: str, in_path: str, noise: list[str], scheme: str, in_target: str, target_noise: list[str]
) -> None:
    plain = only(collected(visit(f"https://www.x.test/{path}", contact("https://www.x.test/verzend"))))
    url = noisy(path, in_path, noise, scheme)
    again = only(collected(visit(url, contact(noisy("verzend", in_target, target_noise)))))
    assert again.form_id == plain.form_id
    both = collected(visit(f"https://www.x.test/{path}", contact("/verzend")), visit(url, contact("/verzend")))
    assert only(both).seen_on == 2


@given(WORDS, WORDS)
def test_at_different_places_forms_have_different_ids(one: str, other: str) -> None:
    assume(one != other)
    forms = collected(*(visit(f"https://www.x.test/{path}?wfr={path}", contact()) for path in (one, other))).forms
    assert len(forms) == len({form.form_id for form in forms.values()}) == 2


@given(st.permutations(["nieuws", "over", "wonen", "afval"]))
def test_a_form_of_the_page_frame_is_the_same_whichever_page_was_read_first(paths: list[str]) -> None:
    form = only(collected(*(visit(f"https://www.x.test/{path}", NEWSLETTER) for path in paths)))
    assert (form.seen_on, form.form_id) == (4, only(collected(visit("https://www.x.test/over", NEWSLETTER))).form_id)


def test_a_form_that_the_home_page_carries_too_is_one_form() -> None:
    collection = Collection("GM9999")
    collection.add(visit(HOME, contact()), Found(via="home", depth=0, entry_url=None))
    collection.add(visit("https://www.x.test/over", contact()), LINKED)
    collection.finish()
    assert (only(collection).page_url, only(collection).seen_on) == (HOME, 2)


def test_a_page_that_says_what_another_said_counts_for_its_forms() -> None:
    collection = Collection("GM9999")
    collection.add(visit("https://www.x.test/contact", contact()), LINKED)
    twin = visit("https://www.x.test/nl/contact", contact())
    assert twin.reading is not None
    collection.add_again(twin.reading, twin.final_url)
    elsewhere = visit("https://other.test/contact", contact())
    assert elsewhere.reading is not None
    collection.add_again(elsewhere.reading, elsewhere.final_url)
    assert only(collection).seen_on == 2
