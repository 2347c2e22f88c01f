"""robots.txt as RFC 9309 asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from gemcrawl.survey.robots import MAX_SITEMAPS, Robots, RobotsBook, parse


@pytest.mark.parametrize("status", [500, 503, 599, 429])
def test_a_server_error_means_stay_out(status: int) -> None:
    assert parse(status, b"User-agent: *\nAllow: /").refuses("https://x.test/") == "robots_unavailable"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_client_error_means_free(status: int) -> None:
    assert parse(status, b"User-agent: *\nDisallow: /").refuses("https://x.test/") is None


def test_rules_for_everybody_and_for_us() -> None:
    rules = parse(
        200, b"User-agent: *\nDisallow: /prive\nCrawl-delay: 3\n\nUser-agent: gemcrawl\nDisallow: /a\nAllow: /a/b\nCrawl-delay: 7"
    )
    assert rules.refuses("https://x.test/prive") is None
    assert rules.refuses("https://x.test/a/c") == "robots"
    assert rules.refuses("https://x.test/a/b") is None
    assert rules.delay == 7


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert parse(200, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n").refuses("https://x.test/") == "robots"


def test_a_page_in_place_of_the_file_holds_no_rules() -> None:
    assert parse(200, b"<!doctype html><title>Disallow: /</title>").refuses("https://x.test/") is None


def test_sitemaps_are_absolute_and_few() -> None:
    body = b"Sitemap: /relative.xml\n" + b"".join(b"Sitemap: https://x.test/s%d.xml\n" % i for i in range(20))
    assert parse(200, body).sitemaps == tuple(f"https://x.test/s{i}.xml" for i in range(MAX_SITEMAPS))


@given(st.binary(max_size=2000))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    rules = parse(200, body)
    assert rules.refuses("https://x.test/a?b=c") in (None, "robots")
    assert isinstance(rules.sitemaps, tuple)


async def test_every_host_is_asked_once() -> None:
    asked = []

    async def ask(host: str) -> Robots:
        asked.append(host)
        return Robots()

    book = RobotsBook(ask)
    await book.of("a.test")
    await book.of("a.test")
    await book.of("b.test")
    assert asked == ["a.test", "b.test"]


RFC_9309 = [  # (rules of the one group, path, whether it may be fetched); section 2.2.2, 2.2.3 and 5.2 of the RFC
    ("Disallow: /example/page/\nAllow: /example/page/*.gif$", "/example/page/x.gif", True),
    ("Disallow: /example/page/\nAllow: /example/page/*.gif$", "/example/page/x.gif?y", False),
    ("Disallow: *.gif$\nDisallow: /example/\nAllow: /publications/", "/a.gif", False),
    ("Disallow: *.gif$\nDisallow: /example/\nAllow: /publications/", "/publications/a", True),
    ("Disallow: *.gif$\nDisallow: /example/\nAllow: /publications/", "/example", True),
    ("Disallow: /a\nAllow: /a", "/a", True),
    ("Allow: /a\nDisallow: /a", "/a", True),
    ("Disallow: /\nAllow: /$", "/", True),
    ("Disallow: /\nAllow: /$", "/a", False),
    ("Disallow: /a/%3Cd%3E.html", "/a/<d>.html", False),
    ("Disallow: /a/\u00e9", "/a/%C3%A9", False),
    ("Disallow: /a%2Fb", "/a/b", True),
    ("Disallow: /a?b=*", "/a?b=c", False),
    ("Disallow: /A", "/a", True),
    ("Disallow:", "/a", True),
    ("Disallow: /a # why", "/a", False),
    ("Disallow: /", "/robots.txt", True),
    ("Disallow: /**a***b", "/xxaxxb", False),
]


@pytest.mark.parametrize(("rules", "path", "free"), RFC_9309)
def test_rules_match_as_the_rfc_says(rules: str, path: str, free: bool) -> None:
    assert (parse(200, f"User-agent: *\n{rules}".encode()).refuses(f"https://x.test{path}") is None) == free


@pytest.mark.parametrize(
    ("named", "ours"),
    [
        ("gemcrawl", True),
        ("GemCrawl", True),
        ("gemcrawl/1.0 (+https://x.test)", True),
        ("gemcrawl*", True),
        ("gem", False),
        ("gemcrawl-news", False),
        ("mygemcrawl", False),
        ("googlebot", False),
        ("", False),
    ],
)
def test_our_group_is_named_by_our_token_and_nothing_else(named: str, ours: bool) -> None:
    rules = parse(200, f"User-agent: {named}\nDisallow: /a\n\nUser-agent: *\nDisallow: /b".encode())
    assert (rules.refuses("https://x.test/a") == "robots") == ours
    assert (rules.refuses("https://x.test/b") == "robots") == (not ours)


def test_groups_of_one_crawler_are_one_group() -> None:
    rules = parse(
        200, b"User-agent: gemcrawl\nDisallow: /a\n\nUser-agent: x\nDisallow: /x\n\nUser-agent: y\nUser-agent: gemcrawl\nDisallow: /b"
    )
    assert [rules.refuses(f"https://x.test/{path}") for path in "abx"] == ["robots", "robots", None]


def test_half_a_megabyte_of_crawlers_and_rules_is_kept_once() -> None:
    names, rules = b"".join(b"\xc2\xa0User   agent a%d\n" % n for n in range(12_000)), b"Disallow: /x*y$\n" * 12_000
    found = parse(200, names + rules + b"User-agent: gemcrawl\nDisallow: /a")
    assert found.rules is not None
    assert set(found.rules._user_agents) == {"others-than-us", "gemcrawl"}
    assert found.refuses("https://x.test/a") == "robots"


def test_what_comes_after_half_a_megabyte_is_not_read() -> None:
    assert parse(200, b"User-agent: *\n" + b"#" * 512 * 1024 + b"\nDisallow: /").refuses("https://x.test/") is None


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "User-agent: *",
                "User-agent: gemcrawl",
                "user-agent:bot",
                "User agent *",
                "\tUSERAGENT: x # y",
                "User-agent:",
                "",
                "#",
                "Sitemap: https://x.test/s",
            ]
        ),
        st.builds(
            lambda word, path: f"{word}: {path}",
            st.sampled_from(["Allow", "Disallow", "dissalow", "Crawl-delay"]),
            st.text("/a*$%.?=2", max_size=6),
        ),
        st.text(max_size=12),
    ),
    max_size=12,
)


@given(LINES, st.text("/a*$%.?=2", max_size=8))
def test_leaving_out_other_crawlers_changes_nothing_for_us(lines: list[str], path: str) -> None:
    text = "\n".join(lines)
    if text.lstrip("\ufeff \r\n\t").startswith("<"):
        return
    ours = parse(200, text.encode("utf-8", "replace"))
    whole = Protego.parse(text.encode("utf-8", "replace").decode())
    url = f"https://x.test/{path}"
    assert (ours.refuses(url) is None) == whole.can_fetch(url, "gemcrawl")
    assert ours.delay == whole.crawl_delay("gemcrawl")
