"""Submit targets are what a browser would send to; the table is section 7 of the transport rules, and the HTML standard."""

from __future__ import annotations

import pytest

from gemcrawl.forms import PageForm, read_page

HTTPS = "https://x.test/dir/page?q=1"
HTTP = "http://x.test/dir/page"


def only_form(html: str, url: str = HTTPS) -> PageForm:
    (form,) = read_page(html.encode(), url).forms
    return form


@pytest.mark.parametrize(
    ("why", "url", "head", "action", "expected"),
    [
        ("absolute http", HTTPS, "", 'action="http://x.test/post"', "http://x.test/post"),
        ("absolute https on an http page", HTTP, "", 'action="https://y.test/p"', "https://y.test/p"),
        ("relative", HTTPS, "", 'action="send"', "https://x.test/dir/send"),
        ("relative, up", HTTPS, "", 'action="../send"', "https://x.test/send"),
        ("no action: the document", HTTPS, "", "", "https://x.test/dir/page?q=1"),
        ("no action: base does not change it", HTTPS, '<base href="http://b.test/">', "", "https://x.test/dir/page?q=1"),
        ("empty action: the document", HTTPS, "", 'action=""', "https://x.test/dir/page?q=1"),
        ("empty action: base does not change it", HTTPS, '<base href="http://b.test/">', 'action=""', "https://x.test/dir/page?q=1"),
        ("only a fragment: the document", HTTPS, "", 'action="#"', "https://x.test/dir/page?q=1"),
        ("only a fragment: the base, when there is one", HTTPS, '<base href="http://b.test/c/">', 'action="#"', "http://b.test/c/"),
        ("white space is an empty action", HTTPS, '<base href="http://b.test/c/">', 'action="  "', "https://x.test/dir/page?q=1"),
        ("the page's scheme", HTTPS, "", 'action="//h.test/p"', "https://h.test/p"),
        ("the page's scheme, http", HTTP, "", 'action="//h.test/p"', "http://h.test/p"),
        ("base over http", HTTPS, '<base href="http://x.test/a/">', 'action="send"', "http://x.test/a/send"),
        ("base relative to the document", HTTPS, '<base href="/a/b/">', 'action="send"', "https://x.test/a/b/send"),
        (
            "the first base with an href counts",
            HTTPS,
            '<base target="_top"><base href="/a/"><base href="/b/">',
            'action="s"',
            "https://x.test/a/s",
        ),
        ("a base that is no address of a page is ignored", HTTPS, '<base href="javascript:1">', 'action="s"', "https://x.test/dir/s"),
        ("query only", HTTPS, "", 'action="?stap=2"', "https://x.test/dir/page?stap=2"),
        ("upper case, default port", HTTPS, "", 'action="HTTPS://X.TEST:443/p"', "https://x.test/p"),
        ("international name", HTTPS, "", 'action="https://fryslân.test/p"', "https://xn--frysln-0ta.test/p"),
        ("backslashes", HTTPS, "", r'action="http:\\h.test\p"', "http://h.test/p"),
        ("newlines inside", HTTPS, "", 'action="ht\ntp://h.test/p"', "http://h.test/p"),
        ("by mail", HTTPS, "", 'action="mailto:info@x.test"', "mailto:info@x.test"),
        ("no address", HTTPS, "", 'action="http://["', ""),
    ],
)
def test_action_resolves_as_in_a_browser(why: str, url: str, head: str, action: str, expected: str) -> None:
    form = only_form(f"{head}<form method=post {action}><input name=n><button>Go</button></form>", url)
    assert [t.url for t in form.targets] == [expected], why
    assert form.targets[0].method == "post"
    assert not form.by_script


def test_every_submitter_counts() -> None:
    form = only_form(
        '<form method="post" action="/a"><input name=n><button>A</button><button formaction="http://h.test/b">B</button>'
        '<input type=submit formaction="/c" formmethod="get"><input type=image src=i.png formaction=""><button type=button formaction="http://no.test/">X</button></form>'
    )
    assert [(t.url, t.attribute, t.method) for t in form.targets] == [
        ("https://x.test/a", "action", "post"),
        ("http://h.test/b", "formaction", "post"),
        ("https://x.test/c", "formaction", "get"),
        ("https://x.test/dir/page?q=1", "formaction", "post"),
    ]


def test_an_action_that_no_button_uses_is_no_target() -> None:
    form = only_form('<form action="http://h.test/a"><input name=n><button formaction="https://h.test/b">B</button></form>')
    assert [t.url for t in form.targets] == ["https://h.test/b"]
    assert form.action == "http://h.test/a"


def test_the_addresses_named_are_those_of_action_and_of_formaction() -> None:
    form = only_form('<form action="http://h.test/a"><input name=n><button formaction="https://h.test/b">B</button></form>')
    assert form.submit_urls == ("http://h.test/a", "https://h.test/b")
    assert only_form('<form action="/a"><input name=n><button>A</button><button formaction="/a">B</button></form>').submit_urls == (
        "https://x.test/a",
    )


def test_a_missing_action_that_no_button_uses_names_nothing() -> None:
    assert only_form('<form><input name=n><button formaction="/b">B</button></form>').submit_urls == ("https://x.test/b",)


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("javascript:verstuur()", ()),
        ("mailto:info@x.test", ("mailto:info@x.test",)),
        ("?", ("https://x.test/dir/page",)),
        ("/a?b=", ("https://x.test/a?b=",)),
    ],
)
def test_what_only_a_script_resolves_and_an_empty_query_name_nothing(action: str, named: tuple[str, ...]) -> None:
    assert only_form(f'<form method=post action="{action}"><input name=n><button>Go</button></form>').submit_urls == named


def test_a_form_without_button_uses_its_action() -> None:
    assert [t.url for t in only_form('<form action="/a"><input name=n></form>').targets] == ["https://x.test/a"]


def test_controls_outside_belong_to_the_form_they_name() -> None:
    form = only_form('<input form=f1 name=naam><form id=f1 action="/a"></form><button form=f1 formaction="http://h.test/b">B</button>')
    assert [f.name for f in form.fields] == ["naam"]
    assert [t.url for t in form.targets] == ["http://h.test/b"]


def test_dialog_sends_nothing() -> None:
    assert only_form("<form method=dialog><input name=n><button>Sluiten</button></form>").targets == ()


def test_a_dialog_button_among_others() -> None:
    form = only_form(
        '<form method=post action="/a"><input name=n><button formmethod=dialog>Annuleren</button><button>Verstuur</button></form>'
    )
    assert [t.method for t in form.targets] == ["post"]


@pytest.mark.parametrize(("written", "method"), [("POST", "post"), ("Get", "get"), ("put", "get"), ("", "get"), (None, "get")])
def test_method_as_written_and_as_used(written: str | None, method: str) -> None:
    attribute = "" if written is None else f'method="{written}"'
    form = only_form(f"<form {attribute}><input name=n></form>")
    assert form.method == written
    assert form.targets[0].method == method


@pytest.mark.parametrize(
    ("attributes", "by_script"),
    [
        ('action="javascript:void(0)"', True),
        ('action="JavaScript:send()"', True),
        ('onsubmit="return false"', True),
        ('onsubmit="event.preventDefault(); send()"', True),
        ('action="/a" onsubmit="return check(this)"', False),
        ('onsubmit="track()"', False),
        ("", False),
        ('action=""', False),
    ],
)
def test_only_a_script_knows(attributes: str, by_script: bool) -> None:
    assert only_form(f"<form {attributes}><input name=n><button>Go</button></form>").by_script is by_script


HTTP = "http://www.gem.test/oud.php"
ASKS = "<label>Naam<input name=n></label><label>Uw vraag<textarea name=v></textarea></label>"


@pytest.mark.parametrize(
    "script",
    [
        f"document.querySelector('form.f').setAttribute('action', '{HTTP}')",
        f'var f = document.forms[0]; f.action = "{HTTP}";',
        f"$('form').attr('action','{HTTP}')",
        f"document.getElementById('vraag').action=`{HTTP}`",
    ],
)
def test_an_address_that_a_script_gives_to_the_form_is_one_of_its_targets(script: str) -> None:
    html = f"<title>Contact</title><header><form id=zoek role=search action=/zoek><input name=q></form></header><form id=vraag class=f method=post action=/v>{ASKS}<button>Verstuur</button></form><script>{script}</script>"
    search, form = read_page(html.encode(), HTTPS).forms
    assert form.submit_urls == ("https://x.test/v", HTTP)
    assert search.submit_urls == ("https://x.test/zoek",)


def test_a_script_that_names_another_form_means_that_one() -> None:
    html = f"<form id=zoek role=search action=/zoek><input name=q></form><main><form method=post action=/v>{ASKS}</form></main><script>document.getElementById('zoek').action='{HTTP}'</script>"
    search, form = read_page(html.encode(), HTTPS).forms
    assert (search.submit_urls, form.submit_urls) == (("https://x.test/zoek", HTTP), ("https://x.test/v",))


@pytest.mark.parametrize(
    "html",
    [
        f"""<form method=post action=/v>{ASKS}<button onclick="this.form.action='{HTTP}'">Verstuur</button></form>""",
        f"""<form method=post action=/v onsubmit="this.action='{HTTP}'">{ASKS}<button>Verstuur</button></form>""",
    ],
)
def test_so_is_one_that_a_handler_gives_it(html: str) -> None:
    assert only_form(html).submit_urls == ("https://x.test/v", HTTP)


@pytest.mark.parametrize(
    "script", ["location.action = '/x'", "f.action = base + '/x'", "// action='http://www.gem.test/'", "reaction='http://x.test/'"]
)
def test_what_is_not_written_out_or_given_to_no_form_is_none(script: str) -> None:
    html = f"<form method=post action=/v>{ASKS}</form><script>{script}</script>"
    assert only_form(html).submit_urls == ("https://x.test/v",)
