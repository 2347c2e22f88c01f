"""The nation: counts, invariants, and that what is linked exists."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from importlib.resources import files
from urllib.parse import urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from gemcrawl.demo.apps import PRODUCTS_OF
from gemcrawl.demo.cases import DECK_SIZE, HTTPS_2016_APPOINTMENT, NIGHT_TWO, PLAIN, deck
from gemcrawl.demo.model import Nation
from gemcrawl.demo.nation import nation
from gemcrawl.demo.products import LOOKALIKES, PRODUCTS
from gemcrawl.demo.render import render
from gemcrawl.demo.responder import Responder
from gemcrawl.demo.sites import find
from gemcrawl.demo.words import town_names


@pytest.fixture(scope="module")
def made() -> Nation:
    return nation()


def test_there_are_390_municipalities_with_codes_and_websites_of_their_own(made: Nation) -> None:
    assert len(made.towns) == 390
    assert len({t.code for t in made.towns}) == len({t.website for t in made.towns}) == len({t.name for t in made.towns}) == 390
    assert all("GM9001" <= t.code <= "GM9390" for t in made.towns)


def test_no_municipality_has_a_real_name_or_code(made: Nation) -> None:
    with files("gemcrawl.registry").joinpath("municipalities.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names, codes = {row["name"].casefold() for row in rows}, {row["code"] for row in rows}
    assert len(names) > 300
    assert not names & {name.casefold() for name in town_names(480)}
    assert not codes & {t.code for t in made.towns}
    assert not {host.split(".")[-2] for host in made.hosts} & {name.replace(" ", "-") for name in names}


def test_all_hosts_are_under_test_which_never_resolves(made: Nation) -> None:
    assert all(name.endswith(".test") for name in made.hosts)


def test_two_nations_of_a_night_are_the_same(made: Nation) -> None:
    again = nation()
    assert list(again.hosts) == list(made.hosts)
    assert [(t.code, t.case, [p.page_url for p in t.places]) for t in again.towns] == [
        (t.code, t.case, [p.page_url for p in t.places]) for t in made.towns
    ]


@pytest.mark.parametrize(("night", "size"), [(3, 390), (1, 0), (1, 8000)])
def test_another_night_or_size_is_refused(night: int, size: int) -> None:
    with pytest.raises(ValueError, match="night is 1 or 2"):
        nation(night, size)


def test_the_second_night_repairs_the_ten_and_breaks_three_others() -> None:
    first, second = deck(DECK_SIZE, 1), deck(DECK_SIZE, 2)
    assert sorted(case for case in first if case in HTTPS_2016_APPOINTMENT) == sorted(HTTPS_2016_APPOINTMENT)
    changed = {i for i in range(DECK_SIZE) if first[i] != second[i]}
    assert {first[i] for i in changed if second[i] == PLAIN} == set(HTTPS_2016_APPOINTMENT)
    assert sorted(second[i] for i in changed if first[i] == PLAIN) == sorted(NIGHT_TWO)
    assert len(changed) == 13


def test_the_second_night_changes_nothing_else(made: Nation) -> None:
    second = nation(2)
    changed = [t.code for t, u in zip(made.towns, second.towns, strict=True) if t.case != u.case]
    same = [
        [p.page_url for p in t.places] == [p.page_url for p in u.places]
        for t, u in zip(made.towns, second.towns, strict=True)
        if t.code not in changed
    ]
    assert len(changed) == 13
    assert all(same)


def test_a_large_nation_repeats_the_deck_with_codes_of_four_digits() -> None:
    large = nation(size=1000)
    assert len({t.code for t in large.towns}) == len({t.website for t in large.towns}) == 1000
    assert all(len(t.code) == 6 and t.code > "GM2000" for t in large.towns)


def test_all_products_are_in_use_and_with_the_lookalikes_there_are_over_forty_templates(made: Nation) -> None:
    used = Counter(place.spec.product for town in made.towns for place in town.places)
    assert set(used) == set(PRODUCTS)
    layouts = {host.layout for host in made.hosts.values()}
    assert len(PRODUCTS) + len(LOOKALIKES) + len(layouts) > 50


def test_every_site_has_lookalikes_and_links_that_a_crawler_leaves_alone(made: Nation) -> None:
    for town in made.towns:
        pages = made.hosts[town.website].pages
        kinds = {LOOKALIKES[key] for page in pages.values() for key in page.lookalikes}
        assert {"comment", "report", "complaint", "product", "manage_appointment", "feedback", "login"} <= kinds
        assert pages["/uitloggen"].forbidden
        assert pages["/afspraak-annuleren"].forbidden


def test_sites_have_15_to_60_pages(made: Nation) -> None:
    counts = [sum(not page.raw for page in made.hosts[t.website].pages.values()) for t in made.towns]
    assert min(counts) >= 15
    assert max(counts) <= 60


def test_municipal_pages_are_as_large_as_real_ones_and_their_links_lead_somewhere(made: Nation) -> None:
    responder = Responder(made)
    dead: list[str] = []
    for town in made.towns[::23]:
        host = made.hosts[town.website]
        if host.barrier or host.profile == "closed":
            continue
        for page in [p for p in list(host.pages.values()) if not p.raw and not p.redirect and not (p.form and p.form.base_href)][::7]:
            html = render(host, page)
            hrefs = [a.attributes["href"] or "" for a in LexborHTMLParser(html).css("a[href]")]
            assert 20_000 <= len(html) <= 60_000, (host.layout, page.path, len(html))
            assert 60 <= len(hrefs) <= 150, (host.layout, page.path, len(hrefs))
            for url in {urljoin(f"https://{host.name}{page.path}", href) for href in hrefs}:
                if url.startswith("http"):
                    dead += [url] if not _exists(made, responder, url) else []
    assert dead == []


def test_form_pages_on_municipal_sites_are_as_large_as_the_others(made: Nation) -> None:
    for town in made.towns[::3]:
        for place in town.places:
            host = made.hosts[urlsplit(place.page_url).hostname or ""]
            if host.name == town.website:
                html = render(host, place.page)
                assert 20_000 <= len(html) <= 60_000
                assert 60 <= html.count(b"<a ") <= 150


def test_robots_and_sitemaps_vary(made: Nation) -> None:
    sites = [made.hosts[t.website] for t in made.towns]
    with_sitemap = sum(not {"/sitemap.xml", "/sitemap.xml.gz"}.isdisjoint(site.pages) for site in sites)
    robots = [site.pages["/robots.txt"].raw for site in sites if "/robots.txt" in site.pages]
    assert 0.6 <= with_sitemap / len(sites) <= 0.75
    assert 3 <= len(sites) - len(robots) <= 40
    assert any(b"Crawl-delay" in text for text in robots)
    assert any("/sitemap.xml.gz" in site.pages for site in sites)
    assert any("/sitemap-paginas.xml" in site.pages for site in sites)


def test_a_form_that_only_the_sitemap_names_is_linked_from_nowhere(made: Nation) -> None:
    hidden = [(made.hosts[t.website], p) for t in made.towns for p in t.places if p.sitemap_only]
    assert hidden
    for host, place in hidden:
        sitemap = next(
            page.raw for path, page in host.pages.items() if path.startswith("/sitemap-") or path == "/sitemap.xml" or path.endswith(".gz")
        )
        text = gzip.decompress(sitemap) if sitemap[:2] == b"\x1f\x8b" else sitemap
        if b"<sitemapindex" not in text:
            assert f"<loc>{place.page_url}</loc>".encode() in text
        assert not any(link.href == place.page.path for page in host.pages.values() for link in page.links)


def test_a_form_that_only_the_known_hosts_name_is_linked_from_nowhere(made: Nation) -> None:
    hidden = [(t, p) for t in made.towns for p in t.places if p.known_host_only]
    assert len(hidden) == 3
    for town, place in hidden:
        name = urlsplit(place.page_url).hostname
        assert name in town.known_hosts
        assert not any(
            name in link.href for host in made.hosts.values() if host.name != name for page in host.pages.values() for link in page.links
        )


def _exists(made: Nation, responder: Responder, url: str) -> bool:
    """Whether a link answers with a page, at most a few redirects further."""
    cookies = ""
    for _ in range(5):
        parts = urlsplit(url)
        answer = responder.answer("GET", parts.scheme, parts.netloc, parts.path or "/", cookies)
        status = answer[9:12]
        if status == b"200":
            return True
        if status not in (b"301", b"302"):
            return False
        fields = dict(line.split(": ", 1) for line in answer.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:])
        url, cookies = fields["Location"], fields.get("Set-Cookie", cookies)
    return False


def test_every_form_is_in_the_page_that_its_place_names(made: Nation) -> None:
    for town in made.towns:
        for place in town.places:
            parts = urlsplit(place.page_url)
            host = made.hosts[parts.hostname or ""]
            page = find(host, parts.path)
            assert page is place.page
            assert page.form is place.spec


@pytest.mark.parametrize("product", [key for key, product in PRODUCTS.items() if not product.script])
def test_each_product_has_a_form_with_fields_and_a_way_to_go_on(made: Nation, product: str) -> None:
    town, place = next((t, p) for t in made.towns for p in t.places if p.spec.product == product)
    host = made.hosts[urlsplit(place.page_url).hostname or ""]
    tree = LexborHTMLParser(render(host, place.page))
    if PRODUCTS[product].mounted:
        assert tree.css_first("form[method=post]:has(textarea)") is None
        assert [e.attributes["data-base-url"] for e in tree.css("[data-form-id]")] == [place.spec.api]
        return
    forms = [f for f in tree.css("form[method=post], form[method=get]") if "zoek" not in (f.attributes.get("action") or "")]
    assert any(f.css_first("[type=submit], button") is not None for f in forms), town.code


def test_script_driven_products_have_no_form_before_their_scripts_ran(made: Nation) -> None:
    for town in made.towns:
        for place in (p for p in town.places if PRODUCTS[p.spec.product].script):
            tree = LexborHTMLParser(render(made.hosts[urlsplit(place.page_url).hostname or ""], place.page))
            assert tree.css("textarea, input[type=date], input[type=tel], label + select") == [], town.case


def test_between_a_fifth_and_a_quarter_of_the_municipalities_has_a_script_driven_product(made: Nation) -> None:
    having = [t for t in made.towns if any(PRODUCTS[p.spec.product].script for p in t.places)]
    assert 78 <= len(having) <= 97
    assert {t.case for t in having} == set(PRODUCTS_OF)


def test_months_of_the_agenda_never_end(made: Nation) -> None:
    host = made.hosts[made.towns[0].website]
    page = find(host, "/agenda/2031/12")
    assert page is not None
    assert [link.href for link in page.links] == ["/agenda/2031/11", "/agenda/2032/01"]
    assert find(host, "/agenda/2031/12/x") is None
