"""Words, weights and fingerprints are changed by files alone, and everything wrong in them is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from gemcrawl import preflight
from gemcrawl.exceptions import UsageError
from gemcrawl.forms import PageReading, read_page, vocabulary

URL = "https://www.gem.test/wolkenkrabbel"
PAGE = b"""<title>Wolkenkrabbel</title><main><h1>Wolkenkrabbel</h1><form method=post class=zwevend-blok>
<label>Dwarrelnaam<input name=a></label><label>Naam van uw hamster<input name=b></label><button>Doorgaan</button></form></main>"""


@pytest.fixture(autouse=True)
def packaged_again() -> Iterator[None]:
    yield
    vocabulary.use(None)


def read(directory: Path, **files: str) -> PageReading:
    for name, text in files.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    vocabulary.use(directory)
    return read_page(PAGE, URL)


def test_as_packaged() -> None:
    reading = read_page(PAGE, URL)
    assert reading.supplier is None
    assert [form.kind for form in reading.forms] == ["other"]
    assert [field.category for field in reading.forms[0].fields] == [None, "name"]


def test_a_phrase_makes_a_kind(tmp_path: Path) -> None:
    (form,) = read(tmp_path, kinds='[phrases.callback]\n"wolkenkrabbel" = 6\n').forms
    assert form.kind == "callback"
    assert form.kind_reasons[0] == "path: wolkenkrabbel (+7.2)"


def test_a_weight_of_nothing_disarms_a_packaged_phrase(tmp_path: Path) -> None:
    page = b"<main><h1>Nieuwsbrief</h1><form method=post><label>Titel<input name=t></label><button>Bewaar</button></form></main>"
    assert read_page(page, URL).forms[0].kind == "newsletter"
    read(tmp_path, kinds='[phrases.newsletter]\n"nieuwsbrief" = 0\n"nieuwsbrief*" = 0\n')
    assert read_page(page, URL).forms[0].kind == "other"


def test_a_number_of_the_scorer(tmp_path: Path) -> None:
    (form,) = read(tmp_path, kinds='threshold = 19\n[phrases.callback]\n"wolkenkrabbel" = 6\n').forms
    assert form.kind == "other"


def test_words_of_what_is_offered(tmp_path: Path) -> None:
    page = b"<main><h1>Stap 2</h1><form method=post><select name=w><option>Wolkenhuis<option>Dwarrelhuis</select><label>Tijd<select name=t><option>9.00</select></label><button>Noteer mij</button></form></main>"
    before = read_page(page, URL).forms[0]
    read(tmp_path, kinds='[choices]\nplaces = ["wolkenhuis"]\nbooking = ["noteer mij"]\n')
    (form,) = read_page(page, URL).forms
    assert "offers places to come to (+1.5)" in form.kind_reasons
    assert "a button that books (+1.5)" in form.kind_reasons
    assert not {"offers places to come to (+1.5)", "a button that books (+1.5)"} & set(before.kind_reasons)


def test_a_word_gives_a_field_its_category_and_none_takes_it_away(tmp_path: Path) -> None:
    (form,) = read(tmp_path, personal='[label]\nphone = ["dwarrelnaam"]\nnone = ["naam van uw hamster"]\n').forms
    assert [field.category for field in form.fields] == ["phone", None]
    assert form.personal_data == ("phone",)


def test_a_word_moves_from_its_packaged_category(tmp_path: Path) -> None:
    read(tmp_path, personal='[label]\nfamily = ["naam"]\n')
    (form,) = read_page(b"<form method=post><label>Naam<input></label></form>", URL).forms
    assert form.personal_data == ("family",)


def test_a_new_supplier_is_recognised_and_says_what_its_forms_are(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        suppliers="[[supplier]]\nid = 'wolk'\nname = 'Wolk Formulieren'\nsign = ['zwevend-blok']\n"
        "kinds = [{ kind = 'appointment', points = 6, where = '/wolken' }]\n",
    )
    assert (reading.supplier, reading.supplier_evidence) == ("Wolk Formulieren", "sign: zwevend-blok")
    assert reading.forms[0].kind == "appointment"
    assert reading.forms[0].kind_reasons == ("product: Wolk Formulieren (+6.0)",)


def test_a_known_supplier_is_changed_in_what_is_given(tmp_path: Path) -> None:
    read(tmp_path, suppliers="[[supplier]]\nid = 'contact-form-7'\nname = 'CF7'\n")
    assert read_page(b"<form class=wpcf7-form><input name=a></form>", URL).supplier == "CF7"


def test_the_packaged_words_come_back(tmp_path: Path) -> None:
    read(tmp_path, kinds='[phrases.callback]\n"wolkenkrabbel" = 6\n')
    vocabulary.use(None)
    test_as_packaged()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("words", "a = 1", ("words.toml", "kinds.toml, personal.toml, suppliers.toml")),
        ("kinds", "[phrases.contact\n", ("kinds.toml", "line 1")),
        ("kinds", "[phrases.kontact]\nx = 1", ("phrases", "'kontact'", "contact")),
        ("kinds", "[phrases.contact]\nx = 'veel'", ("'x'", "'veel'", "-20 to 20")),
        ("kinds", "[phrases.contact]\nx = 200", ("200", "-20 to 20")),
        ("kinds", "[phrases]\ncontact = 3", ("phrases.contact", "no table")),
        ("kinds", "treshold = 3", ("'treshold'", "threshold")),
        ("kinds", "[own]\nhead = 3", ("own", "'head'", "heading")),
        ("kinds", "[acts]\nkinds = ['krabbel']", ("acts.kinds", "'krabbel'")),
        ("personal", "[label]\nmail = ['x']", ("label", "'mail'", "email")),
        ("personal", "[label]\nemail = 'x'", ("label.email", "no list of words")),
        ("personal", "order = ['x']", ("order", "'x'")),
        ("suppliers", "[supplier]\nid = 'x'", ("two brackets",)),
        ("suppliers", "[[supplier]]\nname = 'x'", ("no id",)),
        ("suppliers", "[[supplier]]\nid = 'x'\nname = 'X'", ("supplier x", "shows by nothing", "generator")),
        ("suppliers", "[[supplier]]\nid = 'x'\nhost = '('\nname = 'X'", ("supplier x: host", "regular expression")),
        ("suppliers", "[[supplier]]\nid = 'x'\nmount = '[['\nhost = 'x'\nname = 'X'", ("supplier x: mount", "CSS selector")),
        ("suppliers", "[[supplier]]\nid = 'jcc'\nshell = 'ja'", ("supplier jcc: shell", "neither true nor false")),
        ("suppliers", "[[supplier]]\nid = 'jcc'\nhosts = 'x'", ("supplier jcc", "'hosts'", "host")),
        ("suppliers", "[[supplier]]\nid = 'jcc'\nkinds = [{kind = 'x', points = 1, where = 'x'}]", ("supplier jcc: kinds", "'x'")),
        ("suppliers", "[[supplier]]\nid = 'jcc'\nkinds = [{kind = 'contact'}]", ("supplier jcc: kinds", "points")),
        ("suppliers", "[[supplier]]\nid = 'jcc'\ninferred = ['x']", ("supplier jcc: inferred", "'x'", "free_text")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(tmp_path: Path, name: str, text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as error:
        read(tmp_path, **{name: text})
    for words in says:
        assert words in str(error.value)
    assert "\n" not in str(error.value)
    test_as_packaged()


def test_a_directory_with_nothing_in_it_is_a_mistake(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(UsageError, match=r"kinds\.toml"):
            vocabulary.use(path)


def test_a_crawl_takes_it_up_before_its_first_request(tmp_path: Path) -> None:
    (tmp_path / "kinds.toml").write_text('[phrases.callback]\n"wolkenkrabbel" = 6\n', encoding="utf-8")
    settings = Settings()
    settings.setmodule("gemcrawl.settings")
    settings.set("GEMCRAWL_VOCABULARY", str(tmp_path))
    preflight.check_connections(settings)
    assert [form.kind for form in read_page(PAGE, URL).forms] == ["callback"]
    settings.set("GEMCRAWL_VOCABULARY", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="nowhere"):
        preflight.check_connections(settings)
