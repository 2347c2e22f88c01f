"""What a page says apart from its forms: links with text and place, frames, resources, redirects, language, character set."""

from __future__ import annotations

import pytest

from gemcrawl.forms import PageReading, read_page

URL = "https://www.gem.test/burgerzaken/paspoort"


def read(html: str, url: str = URL) -> PageReading:
    return read_page(html.encode(), url)


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/contact", "https://www.gem.test/contact"), ("/contact?a=1&b=2", "https://www.gem.test/contact?a=1&b=2"), ("afspraak", "https://www.gem.test/burgerzaken/afspraak"),
        ("../a", "https://www.gem.test/a"), ("./a/./b", "https://www.gem.test/burgerzaken/a/b"), ("/a/../b", "https://www.gem.test/b"), ("/a/%2e%2e/b", "https://www.gem.test/b"),
        ("/a//b", "https://www.gem.test/a//b"), ("//other.test/x", "https://other.test/x"), ("?p=2", "https://www.gem.test/burgerzaken/paspoort?p=2"), ("/x#kop", "https://www.gem.test/x"),
        ("https://WWW.gem.test:443/X", "https://www.gem.test/X"), ("http://www.gem.test", "http://www.gem.test/"), ("/met spatie", "https://www.gem.test/met%20spatie"), ("/é", "https://www.gem.test/%C3%A9"),
        ("/mozard/!suite86.scherm0325?mPag=244", "https://www.gem.test/mozard/!suite86.scherm0325?mPag=244"), (" /wit ", "https://www.gem.test/wit"), ("https://www.gem.test/a.b/c", "https://www.gem.test/a.b/c"),
        ("/q?a='b'", "https://www.gem.test/q?a=%27b%27"), ("\\contact", "https://www.gem.test/contact"),
    ],
)  # fmt: skip
def test_href_is_joined_as_in_a_browser(href: str, url: str) -> None:
    assert [link.url for link in read(f'<a href="{href}">x</a>').links] == [url]


@pytest.mark.parametrize("href", ["mailto:a@b.test", "tel:140123", "javascript:void(0)", "#", "#inhoud", "ftp://x.test/", "http://[", ""])
def test_what_is_no_link_to_a_page(href: str) -> None:
    assert read(f'<a href="{href}">x</a>').links == ()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href=/a>\n Maak  een <b>afspraak</b>\n</a>", "Maak een afspraak"),
        ("<a href=/a aria-label='Afspraak maken'><svg></svg></a>", "Afspraak maken"),
        ("<a href=/a title='Afspraak'><img src=x alt=y></a>", "Afspraak"),
        ("<a href=/a><img src=x alt='Afspraak maken'></a>", "Afspraak maken"),
        ("<map><area href=/a alt='Contact'></map>", "Contact"),
    ],
)
def test_text_of_a_link(html: str, text: str) -> None:
    assert [link.text for link in read(html).links] == [text]


def test_place_of_a_link_is_its_nearest_landmark() -> None:
    html = """<header><a href=/1>1</a><nav><a href=/2>2</a></nav></header><main><header><a href=/3>3</a></header><nav><a href=/4>4</a></nav><div class=footer><a href=/5>5</a></div></main>
    <footer><a href=/6>6</a></footer><div role=navigation><a href=/7>7</a></div><div id=header><a href=/8>8</a></div><a href=/9>9</a>"""
    assert [link.place for link in read(html).links] == ["header", "nav", "main", "nav", "main", "footer", "nav", "header", "main"]


def test_links_are_distinct_by_address_and_text_in_document_order() -> None:
    links = read("<a href=/a>A</a><a href=/b>B</a><a href=/a>A</a><a href=/a>anders</a>").links
    assert [(link.url[-1], link.text) for link in links] == [("a", "A"), ("b", "B"), ("a", "anders")]


def test_route_of_an_application() -> None:
    (link,) = read("<a href='/app/#/preselect/services/1'>Afspraak</a>").links
    assert (link.url, link.hash_route) == ("https://www.gem.test/app/", "#/preselect/services/1")


@pytest.mark.parametrize(
    ("url", "base", "href", "inherits"),
    [
        ("http://www.gem.test/", "", "/afspraak", True),
        ("http://www.gem.test/", "", "//www.gem.test/afspraak", True),
        ("http://www.gem.test/", "<base href=/nl/>", "afspraak", True),
        ("http://www.gem.test/", "", "http://www.gem.test/afspraak", False),
        ("http://www.gem.test/", "<base href=http://www.gem.test/>", "afspraak", False),
        ("http://www.gem.test/", "<base href=https://www.gem.test/>", "afspraak", False),
        ("http://www.gem.test/", "", "https://www.gem.test/afspraak", False),
        ("https://www.gem.test/", "<base href=http://www.gem.test/>", "afspraak", False),
        ("https://www.gem.test/", "", "/afspraak", False),
    ],
)
def test_a_link_takes_the_scheme_of_an_http_page_unless_something_names_it(url: str, base: str, href: str, inherits: bool) -> None:
    (link,) = read_page(f"{base}<a href='{href}'>Afspraak</a>".encode(), url).links
    assert link.inherits == inherits


def test_frames_and_mixed_content() -> None:
    html = """<head><link rel=stylesheet href=http://x.test/a.css><link rel=icon href=http://x.test/i.png><script src=http://x.test/a.js></script><script src=//x.test/b.js></script></head>
    <iframe src=http://f.test/></iframe><iframe src=about:blank></iframe><iframe src="javascript:0"></iframe><object data=http://x.test/o></object><img src=http://x.test/i.png><video src=/v poster=http://x.test/p.jpg></video>"""
    reading = read(html)
    assert reading.frames == ("http://f.test/", "http://x.test/o")
    assert reading.mixed_active == ("http://x.test/a.css", "http://x.test/a.js", "http://f.test/", "http://x.test/o")
    assert reading.mixed_passive == ("http://x.test/i.png", "http://x.test/p.jpg")
    plain = read(html, "http://www.gem.test/")
    assert plain.mixed_active == plain.mixed_passive == ()


def test_base_over_http_makes_relative_resources_mixed() -> None:
    assert read("<base href=http://www.gem.test/><script src=a.js></script>").mixed_active == ("http://www.gem.test/a.js",)


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=https://b.test/", "https://b.test/"), ("0;URL='/a'", "https://www.gem.test/a"), ("5;/a", "https://www.gem.test/a"), ("0, url=/a", "https://www.gem.test/a"),
        ("6; url=/a", None), ("300", None), ("0", None), ("x; url=/a", None), ("0; url=javascript:1", None),
        ("0; url=", None), ("0; url=''", None), ("0 url=/a", "https://www.gem.test/a"), (".5; url=/a", "https://www.gem.test/a"), ("1.5.2;/a", "https://www.gem.test/a"),
    ],
)  # fmt: skip
def test_meta_refresh(content: str, target: str | None) -> None:
    assert read(f'<meta http-equiv="Refresh" content="{content}">').meta_refresh == target


def test_a_refresh_field_does_the_same() -> None:
    assert read_page(b"<title>Moment</title>", URL, refresh="0; url=stap-2").meta_refresh == "https://www.gem.test/burgerzaken/stap-2"
    assert read_page(b"<title>Moment</title>", URL, refresh="300").meta_refresh is None


def test_meta_refresh_for_browsers_without_scripts_does_not_count() -> None:
    assert read('<noscript><meta http-equiv="refresh" content="0; url=/nojs"></noscript>').meta_refresh is None


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("window.location = 'https://b.test/';", "https://b.test/"), ("location.href=\"/a\"", "https://www.gem.test/a"), ("window.location.replace('/a');", "https://www.gem.test/a"),
        ("top.location.href = '/a'", "https://www.gem.test/a"), ("/* weg */ document.location = '/a';", "https://www.gem.test/a"), ("setTimeout(function(){ window.location.href = '/a'; }, 500);", "https://www.gem.test/a"),
        ("function go() { location = '/a'; } button.onclick = go;", None), ("if (x) { location = '/a' }", None), ("var location = '/a'; f();", None), ("track(); location = '/a'", None),
    ],
)  # fmt: skip
def test_script_that_does_nothing_but_go_elsewhere(script: str, target: str | None) -> None:
    assert read(f"<script>{script}</script>").script_redirect == target


def test_script_that_changes_http_to_https() -> None:
    script = "<script>if (window.location.protocol != 'https:') { window.location.href = 'https:' + window.location.href.substring(window.location.protocol.length); }</script>"
    assert read(script, "http://www.gem.test/a").script_redirect == "https://www.gem.test/a"
    assert read(script).script_redirect is None


def test_head() -> None:
    reading = read(
        "<html lang=nl-NL><head><title> Paspoort \n aanvragen </title><link rel=canonical href=/c><meta name=robots content='noindex, follow'></head><h1>Een</h1><h2>Twee</h2><h3>Drie</h3>"
    )
    assert (reading.title, reading.language, reading.canonical, reading.robots_noindex) == (
        "Paspoort aanvragen",
        "nl-NL",
        "https://www.gem.test/c",
        True,
    )
    assert reading.headings == ("Een", "Twee")


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<title>Ôfspraak</title>".encode(), None),
        ("<title>Ôfspraak</title>".encode("cp1252"), None),
        ("<title>Ôfspraak</title>".encode("cp1252"), "iso-8859-1"),
        ('<meta charset="windows-1252"><title>Ôfspraak</title>'.encode("cp1252"), None),
        ("<title>Ôfspraak</title>".encode("utf-8-sig"), "iso-8859-1"),
        ("<title>Ôfspraak</title>".encode("utf-16"), None),
        ("<title>Ôfspraak</title>".encode(), "nonsense"),
    ],
)
def test_character_set(body: bytes, charset: str | None) -> None:
    assert read_page(body, URL, charset=charset).title == "Ôfspraak"


@pytest.mark.parametrize(
    ("html", "shell"),
    [
        ("<div id=root></div><script src=/a.js></script>", True),
        ("<div id=app><noscript>Zet JavaScript aan</noscript></div><script src=/a.js></script>", True),
        ("<div id=root></div>", False),
        ("<div id=root><p>" + "tekst " * 100 + "</p></div><script src=/a.js></script>", False),
        ("<div id=root><form><input name=naam></form></div><script src=/a.js></script>", False),
    ],
)
def test_app_shell(html: str, shell: bool) -> None:
    assert read(html).app_shell is shell
