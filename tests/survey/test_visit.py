"""One visit: every hop is kept, loops end, robots.txt holds at each hop, and an upgrade check asks no more than it needs."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import pytest

from gemcrawl.fetch.answer import Answer
from gemcrawl.items import Reason
from gemcrawl.survey.visit import MAX_HOPS, Visit, Visitor, resolve, status_reason
from gemcrawl.transport.facts import Handshake, Hop
from gemcrawl.transport.observed import Observed

START = "https://www.x.test/a"
HANDSHAKE = Handshake("TLSv1.3", "TLS_AES_128_GCM_SHA256", (), True)


@dataclass(frozen=True)
class To:
    """A redirect."""

    location: str
    cookies: tuple[str, ...] = ()
    status: int = 302


@dataclass
class Web:
    """Answers by URL: a page, a redirect, a status, or a reason; a list gives its answers in turn, the last one for ever."""

    answers: dict[str, str | int | To | list[str | To]]
    failures: dict[str, Reason] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)
    """Refresh fields by URL; so are the content security policies."""
    policies: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slowed: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.observed = Observed()
        self.visitor = Visitor(
            self.get, self.observed, jar="GM9999", deadline=math.inf, slow_down=lambda host, delay: self.slowed.append((host, delay))
        )

    async def get(self, url: str, **_: object) -> Answer:
        self.asked.append(url)
        if url in self.failures:
            return Answer(url=url, failure=self.failures[url])
        found = self.answers.get(url, 404)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        status = found if isinstance(found, int) else found.status if isinstance(found, To) else 200
        body = found.encode() if isinstance(found, str) else b""
        return Answer(
            url=url,
            hop=Hop(url=url, status=status, handshake=HANDSHAKE if url.startswith("https:") else None),
            body=body,
            policies=(self.policies[url],) if url in self.policies else (),
            location=found.location if isinstance(found, To) else None,
            refresh=self.refreshes.get(url),
            cookies=found.cookies if isinstance(found, To) else (),
            content_type=self.kinds.get(url, "text/plain" if url.endswith(".txt") else "text/html"),
            wire_bytes=len(body),
        )

    async def visit(self, url: str = START, *, only_route: bool = False) -> Visit:
        return await self.visitor.visit(url, only_route=only_route)

    @property
    def pages_asked(self) -> list[str]:
        return [url for url in self.asked if not url.endswith("/robots.txt")]


async def test_a_document_is_read_hashed_and_counted() -> None:
    web = Web({START: "<title>A</title>"})
    found = await web.visit()
    assert (found.failure, found.final_url, found.answer.status) == (None, START, 200)
    assert found.reading is not None
    assert found.reading.title == "A"
    assert found.sha256 == hashlib.sha256(b"<title>A</title>").hexdigest()
    assert (web.visitor.requests, web.visitor.bytes, found.wire_bytes) == (2, 16, 16)


async def test_every_hop_is_kept_with_how_it_leads_on() -> None:
    web = Web(
        {
            "http://x.test/": To("/b", status=301),
            "http://x.test/b": '<meta http-equiv="refresh" content="0; url=https://x.test/c">',
            "https://x.test/c": "<script>window.location='https://x.test/d'</script>",
            "https://x.test/d": "<title>D</title>",
        }
    )
    found = await web.visit("http://x.test/")
    assert [(hop.url, hop.leaves_by) for hop in found.route] == [
        ("http://x.test/", "redirect"),
        ("http://x.test/b", "meta_refresh"),
        ("https://x.test/c", "script"),
        ("https://x.test/d", ""),
    ]
    assert web.observed.of("x.test").http_routes == [found.route]


@pytest.mark.parametrize("body", ["", "<html><body>...</body></html>"])
async def test_a_refresh_field_leads_on_as_a_meta_refresh_does(body: str) -> None:
    web = Web({START: body, "https://www.x.test/b": "<title>B</title>"}, refreshes={START: "0; url=/b"})
    found = await web.visit()
    assert [(hop.url, hop.leaves_by) for hop in found.route] == [(START, "meta_refresh"), ("https://www.x.test/b", "")]


async def test_a_policy_field_that_upgrades_leaves_no_mixed_content() -> None:
    web = Web({START: "<script src=http://x.test/a.js></script>"}, policies={START: "upgrade-insecure-requests"})
    reading = (await web.visitor.visit(START)).reading
    assert reading is not None
    assert reading.mixed_active == ()


async def test_a_page_with_a_form_is_read_although_it_refreshes_to_elsewhere() -> None:
    form = '<meta http-equiv="refresh" content="0; url=/weg"><form method=post action=/x><label>E-mail <input name=e type=email></label></form>'
    web = Web({START: form})
    found = await web.visit()
    assert found.final_url == START
    assert found.reading is not None
    assert len(found.reading.forms) == 1


async def test_a_meta_refresh_on_an_error_page_is_not_followed() -> None:
    web = Web({})
    web.answers[START] = 404
    found = await web.visit()
    assert (found.failure, web.pages_asked) == ("http_4xx", [START])


@pytest.mark.parametrize(
    "answers",
    [
        {START: To(START)},
        {START: To("https://www.x.test/b"), "https://www.x.test/b": To(START)},
        {
            START: '<meta http-equiv="refresh" content="0; url=/b">',
            "https://www.x.test/b": '<meta http-equiv="refresh" content="0; url=/a">',
        },
    ],
)
async def test_a_loop_ends_at_its_first_return(answers: dict[str, str | int | To | list[str | To]]) -> None:
    web = Web(answers)
    assert (await web.visit()).failure == "redirect_loop"
    assert len(web.pages_asked) == len(answers)


async def test_ever_new_addresses_end_after_ten_hops() -> None:
    web = Web({f"https://www.x.test/{n}": To(f"/{n + 1}") for n in range(50)})
    found = await web.visit("https://www.x.test/0")
    assert found.failure == "redirect_loop"
    assert len(web.pages_asked) == len(found.route) == MAX_HOPS


async def test_a_redirect_to_itself_that_sets_a_cookie_is_followed_once() -> None:
    web = Web({START: [To(START, cookies=("sid=1; Secure",)), "<title>Formulier</title>"]})
    found = await web.visit()
    assert found.failure is None
    assert web.pages_asked == [START, START]


async def test_a_redirect_to_itself_that_sets_a_cookie_each_time_is_a_loop() -> None:
    web = Web({START: To(START, cookies=("sid=1",))})
    assert (await web.visit()).failure == "redirect_loop"
    assert web.pages_asked == [START, START]


@pytest.mark.parametrize("location", ["javascript:alert(1)", "ftp://x.test/", "http://[", "mailto:a@x.test"])
async def test_a_redirect_to_what_is_no_page_is_an_error(location: str) -> None:
    web = Web({START: To(location)})
    found = await web.visit()
    assert (found.failure, web.pages_asked) == ("error", [START])


async def test_robots_hold_at_every_hop() -> None:
    web = Web(
        {
            START: To("https://y.test/open"),
            "https://y.test/open": To("https://y.test/dicht"),
            "https://y.test/robots.txt": "User-agent: *\nDisallow: /dicht",
            "https://y.test/dicht": "<title>geheim</title>",
        }
    )
    found = await web.visit()
    assert found.failure == "robots"
    assert web.pages_asked == [START, "https://y.test/open"]
    assert web.asked.count("https://y.test/robots.txt") == 1


async def test_a_redirect_to_a_login_is_not_followed() -> None:
    web = Web({START: To("https://digid.nl/inloggen")})
    found = await web.visit()
    assert found.failure == "challenge"  # robots.txt said nothing of the kind
    assert not [url for url in web.asked if "digid" in url]


@pytest.mark.parametrize("path", ["/afspraak/annuleren", "/logout", "/contact/delete"])
async def test_a_redirect_to_what_does_something_is_not_followed(path: str) -> None:
    web = Web({START: To(path)})
    assert (await web.visit()).failure == "challenge"
    assert web.pages_asked == [START]


async def test_a_redirect_to_a_file_is_not_followed() -> None:
    web = Web({START: To("/folder.pdf")})
    assert (await web.visit()).failure == "not_html"
    assert web.pages_asked == [START]


@pytest.mark.parametrize("path", ["/cookies", "/delen", "/print"])
async def test_what_is_not_followed_as_a_link_is_read_where_the_server_leads_there_itself(path: str) -> None:
    web = Web({START: To(path), f"https://www.x.test{path}": "<title>Formulier</title>"})
    found = await web.visit()
    assert (found.failure, found.final_url) == (None, f"https://www.x.test{path}")


WALL = "https://www.x.test/cookiemuur"
REFUSES = '<a href="/keuze?k=ja">Alles accepteren</a> <a href="/keuze?k=nee">Verder zonder cookies</a>'


@dataclass
class Walled(Web):
    """A site that answers with a wall until it was told what it wants to know."""

    choice: str = "/keuze?k=nee"
    """Address that sets the cookie."""
    back: str = START
    passed: bool = False

    async def get(self, url: str, **_: object) -> Answer:
        if url == f"https://www.x.test{self.choice}":
            self.passed = True
            self.answers[url] = To(self.back)
        answer = await Web.get(self, url)
        if self.passed or url == WALL or answer.location:
            return answer
        return Answer(url=url, hop=Hop(url=url, status=302, handshake=HANDSHAKE), location=WALL)


async def test_the_way_on_from_a_wall_that_refuses_cookies_is_taken() -> None:
    web = Walled({WALL: f"<title>Cookies</title>{REFUSES}", START: "<title>Afspraak maken</title>"})
    found = await web.visit()
    assert (found.failure, found.wall, found.final_url) == (None, False, START)
    assert [(hop.url, hop.leaves_by) for hop in found.route] == [
        (START, "redirect"),
        (WALL, "link"),
        ("https://www.x.test/keuze?k=nee", "redirect"),
        (START, ""),
    ]


async def test_robots_txt_is_read_once_more_behind_the_wall_that_stood_in_front_of_it() -> None:
    rules = {"https://www.x.test/robots.txt": "User-agent: *\nDisallow: /geheim"}
    web = Walled(
        {WALL: f"<title>Cookies</title>{REFUSES}", START: "<title>A</title>", "https://www.x.test/geheim": "<title>B</title>"} | rules
    )
    await web.visit()
    assert (await web.visit("https://www.x.test/geheim")).failure == "robots"
    assert "https://www.x.test/geheim" not in web.asked
    await web.visit()
    assert web.asked.count("https://www.x.test/robots.txt") == 2


@pytest.mark.parametrize(
    "page",
    [
        "<title>Cookies</title><form method=post action=/ja><button>Accepteer en ga verder</button></form>",
        '<title>Cookies</title><a href="/keuze?k=nee">Accepteer en ga verder</a>',
        '<title>Cookies</title><a href="https://elders.test/">Ga door naar de website</a>',
    ],
)
async def test_a_wall_that_only_consent_opens_stays_shut(page: str) -> None:
    web = Walled({WALL: page})
    found = await web.visit()
    assert (found.wall, found.final_url) == (True, WALL)
    assert set(web.pages_asked) == {START, WALL}


async def test_a_way_on_that_leads_back_to_the_wall_is_taken_once() -> None:
    web = Walled({WALL: f"<title>Cookies</title>{REFUSES}", "https://www.x.test/keuze?k=nee": To(START)}, choice="/nooit")
    for _ in range(2):
        assert (await web.visit()).wall
    in_front_of_robots = [WALL]
    assert web.pages_asked == [*in_front_of_robots, START, WALL, "https://www.x.test/keuze?k=nee", START, WALL, START, WALL]


async def test_robots_are_asked_over_http_where_https_does_not_answer_and_nobody_answering_closes_the_host() -> None:
    secure, plain = "https://www.x.test/robots.txt", "http://www.x.test/robots.txt"
    web = Web({plain: "User-agent: *\nDisallow: /a", START: "<p>"}, failures={secure: "refused"})
    assert (await web.visit()).failure == "robots"
    assert web.asked == [secure, plain]
    web = Web({START: "<p>"}, failures={secure: "timeout", plain: "timeout"})
    assert (await web.visit()).failure == "timeout"


async def test_redirects_of_robots_are_followed_five_times() -> None:
    def moved(times: int) -> Web:
        hops: dict[str, str | int | To | list[str | To]] = {f"https://www.x.test/{n}.txt": To(f"/{n + 1}.txt") for n in range(1, times)}
        rules: dict[str, str | int | To | list[str | To]] = {f"https://www.x.test/{times}.txt": "User-agent: *\nDisallow: /"}
        return Web({"https://www.x.test/robots.txt": To("/1.txt"), START: "<p>", **hops, **rules})

    assert (await moved(5).visit()).failure == "robots"
    assert (await moved(6).visit()).failure is None  # RFC 9309: as if it were not there


async def test_crawl_delay_is_handed_on() -> None:
    web = Web({"https://www.x.test/robots.txt": "User-agent: *\nCrawl-delay: 7", START: "<p>"})
    await web.visit()
    assert web.slowed == [("www.x.test", 7.0)]


async def test_an_upgrade_check_asks_nothing_again_that_an_earlier_visit_got() -> None:
    web = Web(
        {
            "http://x.test/": To("https://x.test/"),
            "https://x.test/": To("https://www.x.test/", status=301),
            "https://www.x.test/": "<title>Gemeente</title>",
        }
    )
    await web.visit("https://x.test/")
    before = len(web.asked)
    found = await web.visit("http://x.test/", only_route=True)
    assert [(hop.url, hop.status, hop.leaves_by) for hop in found.route] == [
        ("http://x.test/", 302, "redirect"),
        ("https://x.test/", 301, "redirect"),
        ("https://www.x.test/", 200, ""),
    ]
    assert (found.failure, web.asked[before:]) == (None, ["http://x.test/"])
    assert web.observed.of("x.test").http_routes == [found.route]


async def test_a_visit_that_is_to_be_read_asks_everything_again() -> None:
    web = Web({START: "<title>A</title>"})
    await web.visit()
    assert (await web.visit()).reading is not None
    assert web.pages_asked == [START, START]


async def test_an_upgrade_check_goes_on_to_its_end_where_https_is_another_address() -> None:
    """A way that goes back to http does so at an address that only http leads to."""
    web = Web(
        {
            START: "<title>Formulier</title>",
            "http://www.x.test/a": To("https://www.x.test/a?van=http"),
            "https://www.x.test/a?van=http": To("http://www.x.test/oud"),
            "http://www.x.test/oud": To(START),
        }
    )
    await web.visit()
    found = await web.visit("http://www.x.test/a", only_route=True)
    assert [hop.url for hop in found.route] == ["http://www.x.test/a", "https://www.x.test/a?van=http", "http://www.x.test/oud", START]
    assert web.pages_asked.count(START) == 1


async def test_an_upgrade_check_ends_after_ten_hops_and_at_its_first_return() -> None:
    far = Web({f"{scheme}://x.test/{n}": To(f"https://x.test/{n + 1}") for n in range(50) for scheme in ("http", "https")})
    found = await far.visit("http://x.test/0", only_route=True)
    assert (found.failure, len(far.pages_asked)) == ("redirect_loop", MAX_HOPS)
    assert [hop.status for hop in found.route] == [302] * MAX_HOPS + [0]
    round_about = Web({"http://x.test/": To(START), START: To("https://y.test/"), "https://y.test/": To(START)})
    await round_about.visit()
    before = len(round_about.pages_asked)
    assert (await round_about.visit("http://x.test/", only_route=True)).failure == "redirect_loop"
    assert round_about.pages_asked[before:] == ["http://x.test/", "https://y.test/"]


@pytest.mark.parametrize("reason", ["timeout", "refused", "robots"])
async def test_where_an_upgrade_check_leads_is_a_hop_although_it_was_not_read(reason: Reason) -> None:
    web = Web({"http://x.test/": To(START)}, failures={START: reason})
    if reason == "robots":
        web.answers["https://www.x.test/robots.txt"] = "User-agent: *\nDisallow: /"
    found = await web.visit("http://x.test/", only_route=True)
    assert [(hop.url, hop.status) for hop in found.route] == [("http://x.test/", 302), (START, 0)]
    assert found.failure == reason
    again = await web.visit("http://x.test/", only_route=True)
    assert again.route == found.route


async def test_an_upgrade_check_of_a_page_without_redirect_reads_it() -> None:
    web = Web({"http://x.test/": "<title>onversleuteld</title>"})
    found = await web.visit("http://x.test/", only_route=True)
    assert [hop.url for hop in found.route] == ["http://x.test/"]
    assert found.reading is not None


@pytest.mark.parametrize("reason", ["dns", "refused", "timeout", "tls", "reset", "too_large", "address_refused"])
async def test_why_nothing_answered_is_told_and_remembered(reason: Reason) -> None:
    web = Web({}, failures={START: reason})
    found = await web.visit()
    assert (found.failure, found.route, found.final_url, found.sha256) == (reason, (), START, None)
    assert web.observed.of("www.x.test").https_failure == reason


async def test_what_is_no_html_is_not_read() -> None:
    web = Web({START: "%PDF"}, kinds={START: "application/pdf"})
    found = await web.visit()
    assert (found.failure, found.reading) == ("not_html", None)


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "http_4xx"), (404, "http_4xx"), (429, "rate_limited"), (500, "http_5xx"), (503, "http_5xx")]
)
def test_reason_of_a_status(status: int, reason: Reason) -> None:
    assert status_reason(status) == reason


@pytest.mark.parametrize(
    ("reference", "resolved"),
    [
        ("/b?c#d", "https://www.x.test/b?c"),
        ("//y.test", "https://y.test/"),
        (" HTTP://Y.test:80/ ", "http://y.test/"),
        ("\\b", "https://www.x.test/b"),
        ("javascript:x", None),
        ("https://", None),
    ],
)
def test_references_resolve_as_in_a_browser(reference: str, resolved: str | None) -> None:
    assert resolve(reference, START) == resolved
