"""The contexts: what they verify, what they offer, and what a handshake leaves behind."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from gemcrawl.exceptions import UsageError
from gemcrawl.fetch.tls import handshake_of, lax_context, strict_context
from tests.support.authority import TLS10, TLS11, TLS12, TLS13, Authority, Fault, Leaf, Versions


def shake(client: ssl.SSLContext, leaf: Leaf, versions: Versions = (TLS10, TLS13), name: str = "www.a.test") -> ssl.SSLObject:
    """A handshake in memory, both sides in turn."""
    server = leaf.server_context(versions)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return here


@pytest.mark.parametrize(
    ("version", "name"), [(TLS10, "TLSv1"), (TLS11, "TLSv1.1"), (TLS12, "TLSv1.2"), (TLS13, "TLSv1.3")], ids=["1.0", "1.1", "1.2", "1.3"]
)
def test_every_version_from_tls_1_0_is_spoken(version: ssl.TLSVersion, name: str, authority: Authority) -> None:
    facts = handshake_of(shake(strict_context(authority.ca_file), authority.leaf("www.a.test"), (version, version)))
    assert facts.version == name
    assert facts.cipher
    assert (facts.trusted, facts.error) == (True, "")


def test_the_best_version_is_preferred(authority: Authority) -> None:
    assert handshake_of(shake(lax_context(), authority.leaf("www.a.test"))).version == "TLSv1.3"


@pytest.mark.parametrize("fault", ["", "self_signed", "untrusted", "incomplete_chain"])
def test_the_chain_is_the_one_sent_leaf_first(fault: Fault, authority: Authority) -> None:
    leaf = authority.leaf("www.a.test", fault=fault)
    facts = handshake_of(shake(lax_context(), leaf), error="why")
    assert facts.chain == leaf.chain
    assert (facts.trusted, facts.error) == (False, "why")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("expired", "certificate has expired"),
        ("not_yet_valid", "certificate is not yet valid"),
        ("wrong_host", "Hostname mismatch, certificate is not valid for 'www.a.test'."),
        ("self_signed", "self-signed certificate"),
        ("untrusted", "unable to get local issuer certificate"),
        ("incomplete_chain", "unable to get local issuer certificate"),
    ],
)
def test_the_strict_context_says_why_and_the_lax_one_goes_on(fault: Fault, says: str, authority: Authority) -> None:
    leaf = authority.leaf("www.a.test", fault=fault)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        shake(strict_context(authority.ca_file), leaf)
    assert caught.value.verify_message == says
    assert shake(lax_context(), leaf).version() == "TLSv1.3"


def test_without_a_file_the_system_s_roots_count(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(strict_context(), authority.leaf("www.a.test"))


def test_suites_without_authentication_or_encryption_are_not_offered() -> None:
    for suite in lax_context().get_ciphers():
        assert "Au=None" not in suite["description"], suite["name"]
        assert "Enc=None" not in suite["description"], suite["name"]


def test_suites_that_only_old_servers_have_are_offered() -> None:
    offered = {suite["name"] for suite in strict_context().get_ciphers()}
    assert {"AES128-SHA", "DHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "TLS_AES_128_GCM_SHA256"} <= offered


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_bad_file_of_roots_is_a_usage_error(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="--ca-file") as caught:
        strict_context(path)
    assert str(path) in str(caught.value)
