from __future__ import annotations

import pytest

from gemcrawl.transport.probe.hello import SSL3, TLS10, TLS12, TLS13, Hello
from gemcrawl.transport.probe.names import load

from .servers import Offer, read_offer

NAMES = load()
SERVER_NAME, PADDING = 0, 21


def sent(hello: Hello) -> Offer:
    return read_offer(hello.encode())


def test_what_is_offered_is_what_is_sent() -> None:
    offer = sent(Hello("x.test", TLS12, NAMES.common, NAMES.groups12))
    assert (offer.version, offer.name, offer.versions) == (TLS12, "x.test", [])
    assert (tuple(offer.suites), tuple(offer.groups)) == (NAMES.common, NAMES.groups12)


def test_tls_1_3_is_offered_by_extension_with_all_versions_below() -> None:
    offer = sent(Hello("x.test", TLS13, (0x1301,), (29,)))
    assert (offer.version, offer.versions, offer.shares) == (TLS12, [0x0304, 0x0303, 0x0302, 0x0301], [])


def test_tls_1_3_alone() -> None:
    assert sent(Hello("x.test", TLS13, (0x1301,), (29,), only_tls13=True)).versions == [TLS13]


def test_a_key_share_is_sent_only_when_asked_for() -> None:
    assert sent(Hello("x.test", TLS13, (0x1301,), (29,), share=True)).shares == [29]


def test_no_server_name_for_an_address() -> None:
    assert SERVER_NAME not in sent(Hello("", TLS12, (0x2F,))).extensions


@pytest.mark.parametrize(("version", "extensions"), [(SSL3, False), (TLS10, True)])
def test_ssl_3_has_no_extensions(version: int, extensions: bool) -> None:
    offer = sent(Hello("x.test", version, (0x05,), (23,)))
    assert offer.version == version
    assert bool(offer.extensions) == extensions


@pytest.mark.parametrize("count", range(1, 240))
def test_no_hello_has_a_length_that_load_balancers_hang_on(count: int) -> None:
    offer = sent(Hello("x.test", TLS12, NAMES.rare[:1] * count, NAMES.groups12))
    assert not 255 < offer.length < 512


def test_a_hello_that_needs_no_padding_has_none() -> None:
    assert PADDING not in sent(Hello("x.test", TLS12, NAMES.common * 2, NAMES.groups12)).extensions
