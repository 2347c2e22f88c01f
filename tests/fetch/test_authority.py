"""The authority that only the rendering browser trusts."""

from __future__ import annotations

import base64
import hashlib
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gemcrawl.fetch.authority import ThrowawayAuthority


def shake_hands(authority: ThrowawayAuthority, host: str, *, trusting: ThrowawayAuthority | None = None) -> ssl.SSLObject:
    """The client's side after a handshake with the context for ``host``."""
    context = ssl.create_default_context(cadata=(trusting or authority).pem.decode())
    context.set_alpn_protocols(["h2", "http/1.1"])
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(down, up, server_hostname=host)
    server = authority.context(host).wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client


@pytest.fixture
def throwaway() -> ThrowawayAuthority:
    return ThrowawayAuthority()


@pytest.fixture(autouse=True)
def _closed(throwaway: ThrowawayAuthority):  # type: ignore[no-untyped-def]
    yield
    throwaway.close()


@pytest.mark.parametrize("host", ["www.a.test", "under_score.a.test", "127.0.0.1", "::1", "xn--caf-dma.test"])
def test_a_client_that_trusts_the_authority_trusts_every_host(throwaway: ThrowawayAuthority, host: str) -> None:
    assert shake_hands(throwaway, host).version() == "TLSv1.3"


def test_a_client_that_trusts_another_authority_does_not(throwaway: ThrowawayAuthority) -> None:
    other = ThrowawayAuthority()
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(throwaway, "www.a.test", trusting=other)
    other.close()


def test_only_http_1_is_spoken(throwaway: ThrowawayAuthority) -> None:
    assert shake_hands(throwaway, "www.a.test").selected_alpn_protocol() == "http/1.1"


def test_the_hash_is_that_of_the_key_which_every_leaf_has(throwaway: ThrowawayAuthority) -> None:
    for host in ("www.a.test", "www.b.test"):
        der = shake_hands(throwaway, host).getpeercert(binary_form=True)
        assert der is not None
        key = x509.load_der_x509_certificate(der).public_key()
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert base64.b64decode(throwaway.spki_sha256) == hashlib.sha256(spki).digest()


def test_contexts_are_remembered_up_to_a_bound(throwaway: ThrowawayAuthority) -> None:
    small = ThrowawayAuthority(max_contexts=2)
    first, second = small.context("a.test"), small.context("b.test")
    assert small.context("a.test") is first
    small.context("c.test")  # b was not asked for longest
    assert small.context("a.test") is first
    assert small.context("b.test") is not second
    small.close()


@pytest.mark.parametrize("host", ["", "café.test"])
def test_a_host_that_no_certificate_can_name_is_an_error(throwaway: ThrowawayAuthority, host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        throwaway.context(host)


def test_the_folder_is_private_empty_and_gone_after_closing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    authority = ThrowawayAuthority()
    authority.context("www.a.test")
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []
    authority.close()
    authority.close()
    assert list(tmp_path.iterdir()) == []
