"""Answers to single requests: redirects, cookies, barriers, counts."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from gemcrawl.demo.model import FormPlace, Nation, Town
from gemcrawl.demo.nation import nation
from gemcrawl.demo.responder import Responder

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture(scope="module")
def made() -> Nation:
    return nation()


@pytest.fixture
def responder(made: Nation) -> Responder:
    return Responder(made)


@pytest.fixture
def ask(responder: Responder) -> Ask:
    def get(url: str, method: str = "GET", cookies: str = "", *, gzip: bool = False) -> tuple[int, dict[str, str], bytes]:
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        head, _, body = responder.answer(method, scheme, host, f"/{path}", cookies, gzip=gzip).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body

    return get


def _town(made: Nation, case: str) -> Town:
    return next(t for t in made.towns if t.case == case)


def _place(made: Nation, product: str) -> FormPlace:
    ok = (p for t in made.towns if t.case == "plain" for p in t.places if p.spec.product == product)
    return next(ok)


def test_http_leads_to_https_on_the_same_host_and_https_carries_hsts(made: Nation, ask: Ask) -> None:
    website = _town(made, "plain").website
    status, fields, _ = ask(f"http://{website}/producten?x=1")
    assert (status, fields["Location"]) == (301, f"https://{website}/producten?x=1")
    assert "Strict-Transport-Security" not in fields
    status, fields, body = ask(f"https://{website}/producten")
    assert (status, fields["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert len(body) == int(fields["Content-Length"])


def test_gzip_only_when_asked_for(made: Nation, ask: Ask) -> None:
    url = f"https://{_town(made, 'plain').website}/"
    _, plain_fields, plain = ask(url)
    _, fields, packed = ask(url, gzip=True)
    assert "Content-Encoding" not in plain_fields
    assert fields["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


def test_head_has_no_body(made: Nation, ask: Ask) -> None:
    status, fields, body = ask(f"https://{_town(made, 'plain').website}/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(fields["Content-Length"]) > 20_000


def test_post_is_counted_and_refused(made: Nation, responder: Responder, ask: Ask) -> None:
    website = _town(made, "plain").website
    assert ask(f"https://{website}/klacht/indienen", "POST")[0] == 405
    assert responder.visits.as_dict()["not_get_or_head"] == [{"method": "POST", "url": f"https://{website}/klacht/indienen", "count": 1}]


def test_visits_to_forbidden_pages_are_counted_every_time(made: Nation, responder: Responder, ask: Ask) -> None:
    website = _town(made, "plain").website
    for url in (
        f"https://{website}/uitloggen",
        f"https://{website}/uitloggen",
        "https://digid.test/inloggen?gemeente=x",
        f"https://{website}/",
    ):
        assert ask(url)[0] == 200
    assert responder.visits.as_dict()["forbidden"] == {"https://digid.test/inloggen": 1, f"https://{website}/uitloggen": 2}


def test_the_cookie_gate_redirects_to_itself_until_the_cookie_comes_back(made: Nation, ask: Ask) -> None:
    url = _place(made, "sim_contact").page_url
    status, fields, _ = ask(url)
    assert (status, fields["Location"]) == (302, url)
    status, _, body = ask(url, cookies=fields["Set-Cookie"].partition(";")[0])
    assert status == 200
    assert b"form-contactformulier" in body


def test_a_deep_link_without_session_is_a_page_that_says_so(made: Nation, ask: Ask) -> None:
    place = _place(made, "tripl_intro")
    assert b"Er is geen sessie gevonden" in ask(place.page_url)[2]
    status, fields, _ = ask(place.entries[0])
    assert (status, fields["Location"]) == (302, place.page_url)
    assert b"aspnetForm" in ask(place.page_url, cookies=fields["Set-Cookie"].partition(";")[0])[2]


@pytest.mark.parametrize(("case", "status"), [("o_down", 503), ("o_forbidden", 403), ("o_rate_limited", 429), ("o_challenge", 403)])
def test_barriers_leave_robots_txt_alone(made: Nation, ask: Ask, case: str, status: int) -> None:
    website = _town(made, case).website
    assert ask(f"https://{website}/")[0] == status
    assert ask(f"https://{website}/robots.txt")[0] in (200, 404)


def test_robots_that_deny_or_break(made: Nation, ask: Ask) -> None:
    assert b"Disallow: /\n" in ask(f"https://{_town(made, 'o_robots_all').website}/robots.txt")[2]
    assert ask(f"https://{_town(made, 'o_robots_500').website}/robots.txt")[0] == 500


def _chain(ask: Ask, url: str) -> list[str]:
    chain = [url]
    while (answer := ask(chain[-1]))[0] in (301, 302):
        chain.append(answer[1]["Location"])
    return chain


def test_upgrade_by_way_of_another_host(made: Nation, ask: Ask) -> None:
    town = _town(made, "c_upgrade_other")
    chain = _chain(ask, f"http://{town.website}/contact")
    assert chain == [f"http://{town.website}/contact", f"https://{town.slug}.test/contact", f"https://{town.website}/contact"]


def test_late_upgrade(made: Nation, ask: Ask) -> None:
    town = _town(made, "c_upgrade_late")
    chain = _chain(ask, f"http://{town.website}/contact")
    assert [url.partition(":")[0] for url in chain] == ["http", "http", "https", "https"]
    assert chain[-1] == f"https://{town.website}/contact"


def test_downgrade_on_the_way(made: Nation, ask: Ask) -> None:
    place = next(p for p in _town(made, "a_downgrade").places if p.kind == "appointment")
    chain = _chain(ask, place.entries[0])
    assert [url.partition(":")[0] for url in chain] == ["https", "http", "https"]


@pytest.mark.parametrize(("case", "mark"), [("c_meta_refresh", b'http-equiv="refresh"'), ("c_script_upgrade", b"window.location.replace(")])
def test_client_side_upgrade(made: Nation, ask: Ask, case: str, mark: bytes) -> None:
    status, _, body = ask(f"http://{_town(made, case).website}/contact")
    assert status == 200
    assert mark in body


def test_a_form_page_that_only_http_answers(made: Nation, ask: Ask) -> None:
    place = next(p for p in _town(made, "a_redirect_to_http").places if p.kind == "appointment")
    assert _chain(ask, place.entries[0]) == [place.entries[0], place.page_url]
    assert ask(place.page_url)[0] == 200


def test_unknown_hosts_and_paths_are_not_found(made: Nation, ask: Ask) -> None:
    assert ask("https://bestaat-niet.test/")[0] == 404
    assert ask(f"https://{_town(made, 'plain').website}/bestaat-niet")[0] == 404


def test_any_name_under_a_wildcard_domain_answers_with_the_same_page(made: Nation, ask: Ask) -> None:
    towns = [t for t in made.towns if t.case == "n_wildcard"]
    assert len(towns) == 3
    for town in towns:
        place = next(p for p in town.places if p.known_host_only)
        assert place.page_url == f"https://afspraken.{town.slug}.test/"
        name = f"q7x3.{town.slug}.test"
        assert ask(f"https://{name}/")[2] == ask(place.page_url)[2]
        assert ask(f"http://{name}/")[1]["Location"] == f"https://{name}/"
        assert ask(f"https://{town.website}/")[2] != ask(place.page_url)[2]
    assert ask(f"https://q7x3.{_town(made, 'plain').slug}.test/")[0] == 404


def test_script_driven_forms_name_their_endpoint_and_have_no_form_element(made: Nation, ask: Ask) -> None:
    for case, scheme in (("c_api_http", "http"), ("n_script_form", "https")):
        for town in (t for t in made.towns if t.case == case):
            place = next(p for p in town.places if p.kind == "contact")
            body = ask(place.page_url)[2]
            assert f'data-base-url="{scheme}://openformulieren.{town.slug}.test/api/v2/"'.encode() in body
            assert b"<textarea" not in body
            assert ask(place.spec.api)[0] == 200


@pytest.mark.parametrize(("case", "parent", "frame"), [("c_frame_parent_http", "http", "https"), ("c_frame_http", "https", "http")])
def test_framed_contact_forms(made: Nation, ask: Ask, case: str, parent: str, frame: str) -> None:
    for town in (t for t in made.towns if t.case == case):
        place = next(p for p in town.places if p.kind == "contact")
        assert (place.frames[0].partition(":")[0], place.page_url.partition(":")[0]) == (parent, frame)
        status, _, body = ask(place.frames[0])
        assert (status, body.count(b"<iframe")) == (200, 1)
        assert ask(place.page_url)[0] == 200


def test_the_way_as_linked_ends_at_every_form(made: Nation, ask: Ask) -> None:
    for town in made.towns:
        if made.hosts[town.website].barrier or made.hosts[town.website].http == made.hosts[town.website].profile == "closed":
            continue
        for place in town.places:
            url, cookies = place.entries[0].partition("#")[0], ""
            scripted = url in place.frames  # a script makes the frames
            for _ in range(6):
                status, fields, body = ask(url, cookies=cookies)
                if status not in (301, 302):
                    break
                url, cookies = fields["Location"], fields.get("Set-Cookie", cookies)
            assert (status, url.partition("?")[0]) == (200, place.frames[0] if scripted else place.page_url), town.case
            assert b"Er is geen sessie" not in body
            if place.frames and not scripted:
                status, _, parent = ask(place.frames[0])
                assert status == 200
                assert f'src="{place.entries[0]}"'.encode() in parent.replace(b"&amp;", b"&")


def test_the_form_as_served_has_the_action_that_its_fault_wrote(made: Nation, ask: Ask) -> None:
    for case, written in (
        ("a_action_http", b'action="http://'),
        ("a_formaction_http", b'formaction="http://'),
        ("a_base_http", b'<base href="http://'),
        ("a_base_fragment_http", b'action="#"'),
        ("a_javascript", b'action="javascript:'),
        ("a_get", b'method="get"'),
        ("a_mixed_active", b'<script src="http://'),
        ("n_mixed_passive", b'src="http://'),
    ):
        place = next(p for p in _town(made, case).places if p.kind == "appointment")
        cookie = f"{place.page.cookie_gate or place.page.session}=x"
        assert written in ask(place.page_url, cookies=cookie)[2], case


def test_session_cookies_lack_secure_only_where_that_is_the_fault(made: Nation, ask: Ask) -> None:
    for town in made.towns[::4]:
        for place in town.places:
            if place.page_url.startswith("https:") and not made.hosts[town.website].barrier:
                cookie = ask(place.page_url)[1].get("Set-Cookie", "Secure")
                assert ("Secure" in cookie) == (town.case[2:] != "cookie" or place.kind[0] != town.case[0])
