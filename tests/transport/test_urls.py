from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.urls import clean, document_of, host_of, is_address, normal_host, same_url, scheme_of


@pytest.mark.parametrize("url", ["https://x.test:443/a", "https://X.TEST/a", "https://x.test./a", "HTTPS://x.test/a#part"])
def test_the_same_host_after_normalising(url: str) -> None:
    assert same_url(url, "https://x.test/a")


@pytest.mark.parametrize(
    "url", ["https://x.test:8443/a", "http://x.test/a", "https://x.test/b", "https://www.x.test/a", "https://x.test/a?b"]
)
def test_not_the_same(url: str) -> None:
    assert not same_url(url, "https://x.test/a")


def test_http_and_https_of_one_document_are_alike() -> None:
    assert document_of("http://x.test/a?b=1") == document_of("https://X.test:443/a?b=1#c")
    assert document_of("https://x.test:8443/a") != document_of("https://x.test/a")


def test_hosts() -> None:
    assert host_of("https://SÚDWEST.test/") == "xn--sdwest-pya.test"
    assert host_of("https://[2001:DB8::1]:8443/") == "2001:db8::1"
    assert host_of("mailto:a@x.test") == ""
    assert normal_host("WWW.X.TEST.") == "www.x.test"
    assert normal_host("2001:DB8::1") == normal_host("[2001:db8::1]") == "2001:db8::1"
    assert is_address("192.0.2.1")
    assert not is_address("x.test")


@pytest.mark.parametrize(
    ("url", "scheme"),
    [("http://x", "http"), ("mailto:a@b", "mailto"), ("JavaScript:void(0)", "javascript"), ("ftp://x", ""), ("/a", ""), ("", "")],
)
def test_schemes(url: str, scheme: str) -> None:
    assert scheme_of(url) == scheme


@given(st.text(st.characters(codec=None)))
def test_any_string_is_survived_and_safe_to_store(text: str) -> None:
    scheme_of(text), host_of(text), document_of(text), normal_host(text)
    kept = clean(text)
    assert len(kept) <= 500
    assert kept.isprintable()
    kept.encode()
