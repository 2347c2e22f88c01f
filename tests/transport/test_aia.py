"""The issuer that a server forgot to send: where to ask, what is taken from the answer, and how often is asked."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.aia import LARGEST_BODY, MOST_CERTIFICATES, Issuers, issuer_url, parse
from gemcrawl.transport.certificates import Certificate, examine
from gemcrawl.transport.trust import TrustStore

from .builders import NOW, YEAR, issue
from .conftest import Authority

URL = "http://aia.test/tussen.crt"
HOST = "www.x.test"


def lonely(authority: Authority, trust: TrustStore, url: str = URL) -> tuple[tuple[bytes, ...], Certificate]:
    chain = (issue(HOST, authority.intermediate, names=(HOST,), aia=url).der,)
    return chain, examine(chain, HOST, NOW, trust)


class Web:
    """Answers by address, and what was asked."""

    def __init__(self, **answers: bytes | OSError | None) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, url: str) -> bytes | None:
        self.asked.append(url)
        await asyncio.sleep(0)
        answer = self.answers.get("any")
        if isinstance(answer, OSError):
            raise answer
        return answer


def test_only_a_leaf_that_leads_nowhere_has_an_issuer_to_ask(authority: Authority, trust: TrustStore) -> None:
    _, untrusted = lonely(authority, trust)
    assert untrusted.state == "untrusted"
    assert issuer_url(untrusted) == URL
    trust.remember([authority.intermediate.der])
    assert issuer_url(lonely(authority, trust)[1]) is None


async def test_the_successor_of_an_expired_intermediate_is_asked_for(authority: Authority, trust: TrustStore) -> None:
    old = issue("Tussen", authority.root, authority=True, key=authority.intermediate.key, start=NOW - 2 * YEAR, end=NOW - YEAR)
    chain = (issue(HOST, authority.intermediate, names=(HOST,), aia=URL).der, old.der)
    assert await Issuers(trust, Web(any=authority.intermediate.der)).learn(examine(chain, HOST, NOW, trust))
    assert examine(chain, HOST, NOW, trust).defects == ("incomplete_chain",)


@pytest.mark.parametrize("url", ["https://aia.test/a.crt", "ldap://aia.test/a", "file:///etc/passwd", "javascript:0"])
def test_asked_over_http_only(authority: Authority, trust: TrustStore, url: str) -> None:
    assert issuer_url(lonely(authority, trust, url)[1]) is None


def test_certificates_in_der_pem_and_pkcs7(authority: Authority) -> None:
    one = authority.intermediate
    both = [one.certificate, authority.root.certificate]
    assert parse(one.der) == (one.der,)
    assert parse(one.pem) == (one.der,)
    assert parse(one.pem + authority.root.pem) == (one.der, authority.root.der)
    for encoding in (Encoding.DER, Encoding.PEM):
        assert set(parse(pkcs7.serialize_certificates(both, encoding))) == {one.der, authority.root.der}


def test_what_is_too_long_is_not_read(authority: Authority) -> None:
    pem = authority.intermediate.pem
    assert parse(pem.ljust(LARGEST_BODY, b"\n"))
    assert parse(pem.ljust(LARGEST_BODY + 1, b"\n")) == ()
    assert len(parse(pem * (MOST_CERTIFICATES + 5))) == MOST_CERTIFICATES


@given(
    st.binary(max_size=200) | st.binary(max_size=50).map(lambda b: b"-----BEGIN CERTIFICATE-----\n" + b + b"\n-----END CERTIFICATE-----\n")
)
def test_anything_else_holds_no_certificate(body: bytes) -> None:
    assert parse(body) == ()


@given(st.data())
def test_a_damaged_certificate_raises_nothing(authority: Authority, data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from([authority.intermediate.der, authority.intermediate.pem])))
    der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    assert len(parse(bytes(der))) <= 1


async def test_a_fetched_issuer_makes_an_untrusted_chain_an_incomplete_one(authority: Authority, trust: TrustStore) -> None:
    chain, before = lonely(authority, trust)
    web = Web(any=authority.intermediate.der)
    assert await Issuers(trust, web).learn(before)
    assert web.asked == [URL]
    assert examine(chain, HOST, NOW, trust).defects == ("incomplete_chain",)


async def test_a_strangers_issuer_is_not_learnt(authority: Authority, trust: TrustStore) -> None:
    chain, before = lonely(authority, trust)
    stranger = issue("Tussen", issue("Vreemd", authority=True), authority=True)
    assert not await Issuers(trust, Web(any=stranger.der)).learn(before)
    assert examine(chain, HOST, NOW, trust).state == "untrusted"


@pytest.mark.parametrize("answer", [None, b"", b"<html>", OSError("refused"), TimeoutError("slow")])
async def test_each_address_is_asked_once_whatever_comes_of_it(
    authority: Authority, trust: TrustStore, answer: bytes | OSError | None
) -> None:
    web = Web(any=answer)
    issuers = Issuers(trust, web)
    _, certificate = lonely(authority, trust)
    found = await asyncio.gather(*(issuers.learn(certificate) for _ in range(5)), issuers.learn(lonely(authority, trust)[1]))
    assert not any(found)
    assert not await issuers.learn(certificate)
    assert web.asked == [URL]
    assert issuers.fetches == 1


async def test_those_who_come_later_profit(authority: Authority, trust: TrustStore) -> None:
    web = Web(any=authority.intermediate.pem)
    issuers = Issuers(trust, web)
    certificates = [lonely(authority, trust)[1] for _ in range(3)]
    assert await asyncio.gather(*map(issuers.learn, certificates)) == [True] * 3
    assert await issuers.learn(certificates[0])
    assert web.asked == [URL]


async def test_a_crawl_asks_a_bounded_number_of_addresses(authority: Authority, trust: TrustStore) -> None:
    web = Web()
    issuers = Issuers(trust, web, most=2)
    for number in range(4):
        await issuers.learn(lonely(authority, trust, f"http://aia.test/{number}")[1])
    assert web.asked == ["http://aia.test/0", "http://aia.test/1"]


async def test_without_an_address_nothing_is_asked(trust: TrustStore) -> None:
    web = Web()
    assert not await Issuers(trust, web).learn(Certificate(state="untrusted", defects=("untrusted",)))
    assert web.asked == []
