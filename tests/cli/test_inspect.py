"""``gemcrawl inspect`` as users start it: over files, over lists of files, and over pages of a small real web."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemcrawl.fetch.browser import find_browser
from tests.cli.program import run
from tests.support.authority import Authority
from tests.support.world import Reply, World

CONTACT = """<!doctype html><title>Contactformulier</title><h1>Contactformulier</h1><a href="/afspraak-maken">Afspraak maken</a>
<form role="search"><input name="q"><button>Zoeken</button></form>
<form method="post" action="verzend"><label>Naam <input name="naam" required></label><label>E-mailadres <input type="email" name="e"></label>
<label>Uw vraag <textarea name="vraag"></textarea></label><button>Verzenden</button></form>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contact.html").write_text(CONTACT, "utf-8")
    (tmp_path / "leeg.html").write_text("<p>\x1b]0;bezeten\x07Niets</p>", "utf-8")
    return tmp_path


def test_a_file_is_read_as_the_page_at_its_address(folder: Path) -> None:
    found = run("inspect", "contact.html", "--url", "https://www.x.test/over/contact", "--json", cwd=folder, fresh=True)
    assert found.code == 0, found.err
    page = json.loads(found.out)
    assert page["url"] == "https://www.x.test/over/contact"
    assert [form["kind"] for form in page["forms"]] == ["search", "contact"]
    contact = page["forms"][1]
    assert contact["submit_urls"] == ["https://www.x.test/over/verzend"]
    assert contact["personal_data"] == ["name", "email", "free_text"]
    assert {"kind", "kind_score", "reasons", "method", "submit_urls", "fields", "personal_data"} <= set(contact)
    assert contact["fields"][0] == {"name": "naam", "label": "Naam", "type": "text", "category": "name", "required": True}
    (link,) = page["links"]
    assert link["scores"]["appointment"] > 4


def test_a_list_gives_one_line_per_page_in_its_order(folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "pages.csv").write_text("file,url\n../leeg.html,https://a.test/\n../contact.html,http://b.test/c\n")
    found = run("inspect", "--json", "lists/pages.csv", cwd=folder)
    assert [json.loads(line)["url"] for line in found.out.splitlines()] == ["https://a.test/", "http://b.test/c"]


def test_url_may_be_a_list_of_addresses(folder: Path) -> None:
    (folder / "pages.csv").write_text("file,url\nleeg.html,https://a.test/\ncontact.html,http://b.test/c\n")
    some = run("inspect", "--json", "contact.html", "--url", "pages.csv", cwd=folder)
    every = run("inspect", "--json", "--url", "pages.csv", cwd=folder)
    assert [json.loads(line)["url"] for line in some.out.splitlines()] == ["http://b.test/c"]
    assert [json.loads(line)["url"] for line in every.out.splitlines()] == ["https://a.test/", "http://b.test/c"]


HOSTILE = """<title>\x1b[31mt\x1b]0;t\x07</title><form method="po\x1b[1mst" action="/\x1b[2J"><label>\x1b[31mNaam\u202e\x9b1m<input name="a\x1b]8;;x\x07"
type="te\x1b[3mxt"></label><button>Afspraak \x1b[0mmaken</button></form><a href="/c\x1b[1m">afspraak \x1b[5mmaken</a>"""


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nothing_from_a_page_reaches_the_terminal_as_it_is(folder: Path, options: tuple[str, ...]) -> None:
    (folder / "vijand.html").write_text(HOSTILE, "utf-8")
    found = run("inspect", "vijand.html", *options, cwd=folder)
    assert found.code == 0
    assert "maken" in found.out
    assert not [c for c in found.out if not c.isprintable() and c != "\n"]


def test_a_vocabulary_of_ones_own_is_seen_at_once(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "kinds.toml").write_text('[phrases.complaint]\n"contactformulier" = 15\n')
    found = [json.loads(run("inspect", "contact.html", "--json", *options, cwd=folder).out) for options in ((), ("--vocabulary", "mine"))]
    assert [[form["kind"] for form in page["forms"]] for page in found] == [["search", "contact"], ["search", "complaint"]]


def test_people_see_reasons_fields_and_links_and_no_control_characters(folder: Path) -> None:
    found = run("inspect", "contact.html", "leeg.html", cwd=folder)
    assert "form 2: contact" in found.out
    assert "because" in found.out
    assert "personal data (seen): name, email, free_text" in found.out
    assert "/afspraak-maken" in found.out
    assert "no forms" in found.out
    assert "\x1b" not in found.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.html"], ("gone.html", "no file", "https://")),
        (["contact.html", "--url", "ftp://x.test/"], ("ftp://x.test/", "http")),
        (["contact.html", "leeg.html", "--url", "https://x.test/"], ("https://x.test/", "file,url")),
        (["wrong.csv"], ("wrong.csv", "a, b", "file,url")),
        (["missing.csv"], ("line 2", "nergens.html")),
        (["empty.csv"], ("empty.csv", "no page")),
        (["short.csv"], ("line 2", "http")),
        (["semicolon.csv"], ("file;url", "comma")),
        (["bytes.csv"], ("bytes.csv", "cannot be read as CSV")),
        (["contact.html", "--url", "other.csv"], ("contact.html", "not listed", "other.csv")),
        (["contact.html", "--url", "nowhere.csv"], ("nowhere.csv", "No such file")),
        (["https://[x"], ("https://[x", "http")),
        ([], ("no page", "https://")),
        (["contact.html", "--vocabulary", "nowhere"], ("nowhere", "kinds.toml")),
        (["contact.html", "--vocabulary", "words"], ("kinds.toml", "'kontact'", "contact")),
    ],
)
def test_what_is_wrong_is_named_with_the_way_out(folder: Path, arguments: list[str], says: tuple[str, ...]) -> None:
    (folder / "wrong.csv").write_text("a,b\n1,2\n")
    (folder / "empty.csv").write_text("file,url\n")
    (folder / "short.csv").write_text("file,url\ncontact.html\n")
    (folder / "semicolon.csv").write_text("file;url\ncontact.html;https://x.test/\n")
    (folder / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    (folder / "other.csv").write_text("file,url\nleeg.html,https://x.test/\n")
    (folder / "words").mkdir()
    (folder / "words" / "kinds.toml").write_text("[phrases.kontact]\nx = 1\n")
    (folder / "missing.csv").write_text("file,url\nnergens.html,https://x.test/\n")
    found = run("inspect", *arguments, cwd=folder)
    assert found.code == 2
    assert found.err.count("\n") == 1
    for words in says:
        assert words in found.err


def test_addresses_are_fetched_as_the_survey_would(folder: Path, authority: Authority) -> None:
    script = "document.getElementById('app').innerHTML = '<h1>Afspraak maken</h1><form><label>Uw naam <input></label><label>Datum <input type=date></label></form>'"
    hosts = {
        "www.x.test": {
            "/contact": CONTACT,
            "/app": '<!doctype html><title>Afspraak maken</title><div id="app"></div><script src="/app.js"></script>',
            "/app.js": Reply(script, headers={"Content-Type": "text/javascript"}),
            "/geheim": CONTACT,
            "/robots.txt": Reply("User-agent: *\nDisallow: /geheim", headers={"Content-Type": "text/plain"}),
        }
    }
    with World(hosts, authority) as world:
        connect = [option for rule in world.connect_to for option in ("--connect-to", rule)]
        options = [*connect, "--allow-net", "127.0.0.0/8", "--ca-file", str(world.ca_file), "--delay", "0.01", "--json"]
        urls = [f"https://www.x.test{path}" for path in ("/contact", "/geheim", "/weg", "/app")]
        found = run("inspect", *urls, *options, cwd=folder)
    assert found.code == 0, found.err
    pages = [json.loads(line) for line in found.out.splitlines()]
    assert [form["kind"] for form in pages[0]["forms"]] == ["search", "contact"]
    assert [page.get("error") for page in pages[:3]] == [None, "robots", "http_4xx"]
    if find_browser() is not None:
        assert [form["personal_data"] for form in pages[3]["forms"]] == [["name"]]
