"""curl's --connect-to rules, with ``*.domain`` besides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.exceptions import UsageError
from gemcrawl.fetch.connect_to import ConnectTo, Rule


@pytest.mark.parametrize(
    ("rule", "asked", "goes_to"),
    [
        pytest.param("www.a.test:443:127.0.0.1:8443", ("www.a.test", 443), ("127.0.0.1", 8443), id="the plain case"),
        pytest.param("www.a.test:443:127.0.0.1:8443", ("www.a.test", 80), ("www.a.test", 80), id="another port"),
        pytest.param("www.a.test:443:127.0.0.1:8443", ("a.test", 443), ("a.test", 443), id="another host"),
        pytest.param("www.a.test:443:b.test:443", ("www.a.test", 443), ("b.test", 443), id="to a name"),
        pytest.param("www.a.test::127.0.0.1:8443", ("www.a.test", 80), ("127.0.0.1", 8443), id="no port: every port"),
        pytest.param(":443:127.0.0.1:8443", ("www.a.test", 443), ("127.0.0.1", 8443), id="no host: every host"),
        pytest.param(":443:127.0.0.1:8443", ("www.a.test", 80), ("www.a.test", 80), id="no host, another port"),
        pytest.param("::127.0.0.1:1", ("www.a.test", 80), ("127.0.0.1", 1), id="neither: everything"),
        pytest.param("www.a.test:443::8443", ("www.a.test", 443), ("www.a.test", 8443), id="no address: the same host"),
        pytest.param("www.a.test:443:127.0.0.1:", ("www.a.test", 443), ("127.0.0.1", 443), id="no second port: the same port"),
        pytest.param(":::", ("www.a.test", 443), ("www.a.test", 443), id="all empty: as it was"),
        pytest.param("[2001:db8::1]:443:[::1]:8443", ("2001:db8::1", 443), ("::1", 8443), id="IPv6 in brackets"),
        pytest.param("192.0.2.1:80:127.0.0.1:8080", ("192.0.2.1", 80), ("127.0.0.1", 8080), id="an address may be the host"),
        pytest.param("WWW.A.test:443:127.0.0.1:8443", ("www.a.TEST", 443), ("127.0.0.1", 8443), id="upper case"),
        pytest.param("www.a.test:443:127.0.0.1:8443", ("www.a.test.", 443), ("127.0.0.1", 8443), id="a final dot when asked"),
        pytest.param("www.a.test.:443:127.0.0.1:8443", ("www.a.test", 443), ("127.0.0.1", 8443), id="a final dot in the rule"),
        pytest.param("*.a.test:443:127.0.0.1:8443", ("x.y.a.test", 443), ("127.0.0.1", 8443), id="wildcard: any depth"),
        pytest.param("*.a.test:443:127.0.0.1:8443", ("a.test", 443), ("a.test", 443), id="wildcard: not the domain itself"),
        pytest.param("*.a.test:443:127.0.0.1:8443", ("www.xa.test", 443), ("www.xa.test", 443), id="wildcard: whole labels only"),
        pytest.param("a.test:443:127.0.0.1:1", ("B.test.", 443), ("B.test.", 443), id="no rule: left as written"),
    ],
)
def test_a_rule(rule: str, asked: tuple[str, int], goes_to: tuple[str, int]) -> None:
    assert ConnectTo([rule])(*asked) == goes_to


def test_no_rules_change_nothing() -> None:
    assert ConnectTo()("www.a.test", 443) == ("www.a.test", 443)


@pytest.mark.parametrize(
    ("rules", "port"),
    [
        (["www.a.test:443::1", "www.a.test:443::2"], 1),
        ([":::3", "www.a.test:443::1"], 3),
        (["*.a.test:443::4", "www.a.test:443::1"], 4),
        (["www.a.test:443::1", ":::3"], 1),
        (["www.a.test:80::1", "*.test::x.test:5", ":::3"], 5),
    ],
)
def test_the_first_rule_that_matches_counts(rules: list[str], port: int) -> None:
    assert ConnectTo(rules)("www.a.test", 443)[1] == port


@pytest.mark.parametrize(
    "text",
    [
        "",
        "www.a.test",
        "www.a.test:443",
        "www.a.test:443:127.0.0.1",
        "www.a.test:443:127.0.0.1:8443:",
        "www.a.test:https:127.0.0.1:8443",
        "www.a.test:0:127.0.0.1:8443",
        "www.a.test:443:127.0.0.1:65536",
        "www.a.test:443:127.0.0.1:" + "9" * 5000,
        "www.a.test:443:127.0.0.1:٣",
        "www.a.test:-1:127.0.0.1:8443",
        "::1:443:127.0.0.1:8443",
        "[::1:443:127.0.0.1:8443",
        "www.a.test:443:127.0.0.1:8443\n",
    ],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        ConnectTo(["ok.test:1::2", text])
    assert repr(text) in str(caught.value)
    assert "HOST:PORT:ADDR:PORT" in str(caught.value)


@given(st.text())
def test_free_text_is_a_rule_or_a_usage_error(text: str) -> None:
    try:
        rule = Rule.parse(text)
    except UsageError:
        return
    assert text.count(":") >= 3
    assert Rule.parse(str(rule)) == rule


names = st.from_regex(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,6}){0,3}", fullmatch=True)
hosts = st.just("") | names | st.ip_addresses().map(str)
ports = st.none() | st.integers(1, 65535)


@given(hosts, ports, hosts, ports)
def test_a_rule_survives_being_written_and_read(host: str, port: int | None, address: str, to_port: int | None) -> None:
    rule = Rule(host, port, address, to_port)
    assert Rule.parse(str(rule)) == rule
