"""What a browser asks for over https because the page's policy says so; held against Chromium when it was written."""

from __future__ import annotations

import pytest

from gemcrawl.forms import PageReading, read_page

URL = "https://www.gem.test/contact"
BODY = """<script src=http://x.test/a.js></script><img src=http://x.test/i.png><iframe src=http://f.test/></iframe><a href=http://www.gem.test/a>A</a>
<form method=post action=http://x.test:81/in><label>Uw vraag <textarea name=v></textarea></label><button formaction=mailto:a@x.test>M</button><button>Verzenden</button></form>"""
POLICY = "upgrade-insecure-requests"


def read(html: str, *policies: str, url: str = URL) -> PageReading:
    return read_page(html.encode(), url, policies=policies)


def meta(policy: str, name: str = "Content-Security-Policy") -> str:
    return f'<head><meta http-equiv="{name}" content="{policy}"></head>{BODY}'


UPGRADED = [
    pytest.param(BODY, (POLICY,), id="response field"),
    pytest.param(BODY, ("default-src 'self'", f"img-src *; {POLICY}"), id="a second field"),
    pytest.param(BODY, (f"default-src 'self', {POLICY.title()} ;",), id="a second policy in one field, in capitals"),
    pytest.param(meta(POLICY), (), id="meta"),
    pytest.param(meta(f"default-src https:;{POLICY.title()}", "content-security-policy"), (), id="meta, other case"),
]
AS_WRITTEN = [
    pytest.param(BODY, (), id="no policy"),
    pytest.param(BODY, ("default-src https:; block-all-mixed-content",), id="another policy"),
    pytest.param(BODY, (f"report-to {POLICY}", f"x-{POLICY}"), id="as a value, and in another name"),
    pytest.param(meta(POLICY, "Content-Security-Policy-Report-Only"), (), id="only reported"),
    pytest.param(
        f"{BODY}<p>{meta(POLICY).partition('<head>')[2].partition('</head>')[0]}</p>", (), id="a meta element outside of the head"
    ),
    pytest.param(f"{BODY}<p>{POLICY}</p>", (), id="in the text"),
]


@pytest.mark.parametrize(("html", "policies"), UPGRADED)
def test_nothing_on_the_page_goes_over_http(html: str, policies: tuple[str, ...]) -> None:
    reading = read(html, *policies)
    assert (reading.mixed_active, reading.mixed_passive, reading.frames) == ((), (), ("https://f.test/",))
    (form,) = reading.forms
    assert {target.url for target in form.targets} == {"https://x.test:81/in", "mailto:a@x.test"}
    assert {target.written for target in form.targets} == {"http://x.test:81/in", "mailto:a@x.test"}


@pytest.mark.parametrize(("html", "policies"), AS_WRITTEN)
def test_without_it_everything_is_as_written(html: str, policies: tuple[str, ...]) -> None:
    reading = read(html, *policies)
    assert (reading.mixed_active, reading.mixed_passive) == (("http://x.test/a.js", "http://f.test/"), ("http://x.test/i.png",))
    assert {target.url for target in reading.forms[0].targets} == {"http://x.test:81/in", "mailto:a@x.test"}


def test_links_are_followed_as_written() -> None:
    assert [link.url for link in read(BODY, POLICY).links] == ["http://www.gem.test/a"]


def test_a_page_over_http_sends_its_forms_over_https_too() -> None:
    form = read("<form action=/in><textarea name=v></textarea><button>Verzenden</button></form>", POLICY, url="http://www.gem.test/").forms[
        0
    ]
    assert [target.url for target in form.targets] == ["https://www.gem.test/in"]
