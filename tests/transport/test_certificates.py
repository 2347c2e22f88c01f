"""Certificates are made here, one per defect; a chain is judged as the server sent it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemcrawl.exceptions import UsageError
from gemcrawl.transport.certificates import examine
from gemcrawl.transport.trust import TrustStore

from .builders import NOW, YEAR, Issued, issue
from .conftest import Authority

HOST = "www.x.test"
EXPIRED = {"start": NOW - 2 * YEAR, "end": NOW - timedelta(days=1)}
FUTURE = {"start": NOW + timedelta(days=1), "end": NOW + YEAR}


@pytest.mark.parametrize(
    ("signed_by", "made", "defects"),
    [
        pytest.param("us", {}, (), id="nothing wrong"),
        pytest.param("us", EXPIRED, ("expired",), id="expired"),
        pytest.param("us", FUTURE, ("not_yet_valid",), id="not yet valid"),
        pytest.param("us", {"names": ("www.y.test",)}, ("hostname_mismatch",), id="another name"),
        pytest.param("us", EXPIRED | {"names": ("y.test",)}, ("expired", "hostname_mismatch"), id="expired and another name: both"),
        pytest.param("us", {"names": ()}, ("hostname_mismatch",), id="a common name without subjectAltName does not count (case 23)"),
        pytest.param("itself", {}, ("self_signed",), id="self-signed is not also untrusted"),
        pytest.param(
            "itself", EXPIRED | {"names": ("y.test",)}, ("expired", "self_signed", "hostname_mismatch"), id="self-signed and all else"
        ),
        pytest.param("stranger", {}, ("untrusted",), id="unknown authority"),
        pytest.param("stranger", FUTURE, ("not_yet_valid", "untrusted"), id="unknown authority does not hide the dates"),
        pytest.param("us", {"usage": ExtendedKeyUsageOID.CLIENT_AUTH}, ("untrusted",), id="not for servers"),
        pytest.param("us", {"usage": None}, (), id="without a stated usage any is allowed"),
    ],
)
def test_all_defects_at_once(
    authority: Authority, trust: TrustStore, signed_by: str, made: dict[str, object], defects: tuple[str, ...]
) -> None:
    issuer = {"us": authority.intermediate, "itself": None, "stranger": issue("Vreemd", authority=True)}[signed_by]
    leaf = issue(HOST, issuer, **({"names": (HOST,)} | made))  # type: ignore[arg-type]
    chain = (leaf.der, authority.intermediate.der) if signed_by == "us" else (leaf.der,)
    found = examine(chain, HOST, NOW, trust)
    assert found.defects == defects
    assert found.state == (defects[0] if defects else "valid")
    assert found.insecure == bool(defects)


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (("*.x.test",), "a.x.test", True),
        (("*.x.test",), "a.b.x.test", False),
        (("*.x.test",), "x.test", False),
        (("X.test",), "x.TEST.", True),
        (("xn--sdwest-pya.test",), "súdwest.test", True),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.7",), "192.0.2.8", False),
        (("2001:db8::7",), "2001:db8:0::7", True),
        (("x.test",), "192.0.2.7", False),
        (("*", "*.*.test", "x.test"), "x.test", True),
        (("x.test",), "", False),
    ],
)
def test_host_names(authority: Authority, trust: TrustStore, names: tuple[str, ...], host: str, covered: bool) -> None:
    leaf = issue("leaf", authority.intermediate, names=names)
    found = examine((leaf.der, authority.intermediate.der), host, NOW, trust)
    assert found.defects == (() if covered else ("hostname_mismatch",))
    assert found.names == names


def test_every_name_counts_and_250_are_kept(authority: Authority, trust: TrustStore) -> None:
    names = (*(f"w{n}.test" for n in range(300)), HOST, "192.0.2.7")
    leaf = issue("leaf", authority.intermediate, names=names)
    for host in (HOST, "192.0.2.7"):
        found = examine((leaf.der, authority.intermediate.der), host, NOW, trust)
        assert (found.state, found.names) == ("valid", names[:250])


@pytest.mark.parametrize(
    ("usage", "defects"), [(ExtendedKeyUsageOID.CLIENT_AUTH, ("untrusted",)), (ExtendedKeyUsageOID.SERVER_AUTH, ()), (None, ())]
)
def test_an_intermediate_that_is_not_for_servers_vouches_for_none(
    authority: Authority, trust: TrustStore, usage: x509.ObjectIdentifier | None, defects: tuple[str, ...]
) -> None:
    middle = issue("Beperkt", authority.root, authority=True, restricted_to=usage)
    leaf = issue(HOST, middle, names=(HOST,))
    found = examine((leaf.der, middle.der), HOST, NOW, trust)
    assert (found.defects, found.wants_issuer) == (defects, False)


def test_missing_intermediate_is_known_once_it_was_seen_elsewhere(authority: Authority, trust: TrustStore) -> None:
    alone = (issue(HOST, authority.intermediate, names=(HOST,)).der,)
    assert examine(alone, HOST, NOW, trust).defects == ("untrusted",)
    other = issue("other", authority.intermediate, names=("other.test",))
    assert examine((other.der, authority.intermediate.der), "other.test", NOW, trust).state == "valid"
    found = examine(alone, HOST, NOW, trust)
    assert found.defects == ("incomplete_chain",)
    assert not found.insecure


def test_an_intermediate_fetched_on_purpose_is_remembered(authority: Authority, trust: TrustStore) -> None:
    alone = (issue(HOST, authority.intermediate, names=(HOST,)).der,)
    trust.remember([b"no certificate", authority.intermediate.der])
    assert examine(alone, HOST, NOW, trust).state == "incomplete_chain"


def test_an_incomplete_chain_does_not_hide_other_defects(authority: Authority, trust: TrustStore) -> None:
    trust.remember([authority.intermediate.der])
    leaf = issue(HOST, authority.intermediate, names=("y.test",), **EXPIRED)
    assert examine((leaf.der,), HOST, NOW, trust).defects == ("expired", "hostname_mismatch", "incomplete_chain")


def test_what_leads_to_no_root_is_not_remembered(trust: TrustStore) -> None:
    stranger = issue("Vreemd", authority=True)
    middle = issue("Vreemd tussen", stranger, authority=True)
    trust.remember([middle.der, stranger.der])
    assert trust.generation == 0


def test_an_expired_intermediate_expires_the_chain(authority: Authority, trust: TrustStore) -> None:
    old = issue("Oud", authority.root, authority=True, **EXPIRED)
    leaf = issue(HOST, old, names=(HOST,))
    assert examine((leaf.der, old.der), HOST, NOW, trust).defects == ("expired",)


def test_an_expired_intermediate_is_a_missing_one_once_its_successor_was_seen_elsewhere(authority: Authority, trust: TrustStore) -> None:
    old = issue("Tussen", authority.root, authority=True, key=authority.intermediate.key, **EXPIRED)
    chain = (issue(HOST, authority.intermediate, names=(HOST,)).der, old.der)
    found = examine(chain, HOST, NOW, trust)
    assert (found.defects, found.wants_issuer) == (("expired",), True)
    trust.remember([authority.intermediate.der])
    assert examine(chain, HOST, NOW, trust).defects == ("incomplete_chain",)


def test_an_expired_leaf_is_expired_whatever_is_sent_with_it(authority: Authority, trust: TrustStore) -> None:
    old = issue("Tussen", authority.root, authority=True, key=authority.intermediate.key, **EXPIRED)
    trust.remember([authority.intermediate.der])
    found = examine((issue(HOST, authority.intermediate, names=(HOST,), **EXPIRED).der, old.der), HOST, NOW, trust)
    assert (found.defects, found.wants_issuer) == (("expired",), False)


def test_an_expired_certificate_beside_the_path_spoils_nothing(authority: Authority, trust: TrustStore) -> None:
    key = authority.intermediate.key
    old = issue("Tussen", authority.root, authority=True, key=key, **EXPIRED)
    leaf = issue(HOST, authority.intermediate, names=(HOST,))
    assert examine((leaf.der, old.der, authority.intermediate.der), HOST, NOW, trust).state == "valid"


def test_the_order_in_which_a_server_sends_intermediates_is_free(authority: Authority, trust: TrustStore) -> None:
    leaf = issue(HOST, authority.intermediate, names=(HOST,))
    assert examine((leaf.der, authority.root.der, authority.intermediate.der), HOST, NOW, trust).state == "valid"


def test_a_private_root_that_the_server_sends_along_is_untrusted(trust: TrustStore) -> None:
    private = issue("Eigen stam", authority=True)
    leaf = issue(HOST, private, names=(HOST,))
    assert examine((leaf.der, private.der), HOST, NOW, trust).defects == ("untrusted",)


def test_a_certificate_in_the_ca_file_is_trusted_as_it_is(tmp_path: Path) -> None:
    own = issue(HOST, names=(HOST,))
    (tmp_path / "own.pem").write_bytes(own.pem)
    assert examine((own.der,), HOST, NOW, TrustStore(tmp_path / "own.pem")).state == "valid"


def test_dates_count_on_the_day_of_the_survey(authority: Authority, trust: TrustStore) -> None:
    leaf = issue(HOST, authority.intermediate, names=(HOST,), end=NOW + timedelta(days=30))
    chain = (leaf.der, authority.intermediate.der)
    assert [examine(chain, HOST, NOW + timedelta(days=d), trust).state for d in (0, 31, 0)] == ["valid", "expired", "valid"]


KEYS = {
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),
    "EC-P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC-P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("key", KEYS)
def test_the_facts_of_the_leaf(authority: Authority, trust: TrustStore, key: str) -> None:
    leaf = issue(HOST, authority.intermediate, names=(HOST, "192.0.2.7"), key=KEYS[key](), aia="http://ca.test/tussen.crt")
    found = examine((leaf.der, authority.intermediate.der), HOST, NOW, trust)
    assert found.state == "valid", "a weak key is graded elsewhere; it says nothing about trust"
    assert found.key == key
    assert found.signature == "sha256"
    assert found.subject == "CN=www.x.test,C=NL"
    assert found.issuer == "CN=Tussen,C=NL"
    assert found.names == (HOST, "192.0.2.7")
    assert (found.not_before, found.not_after) == (NOW - YEAR, NOW + YEAR)
    assert found.sha256 == (hashlib.sha256(leaf.der).hexdigest(), hashlib.sha256(authority.intermediate.der).hexdigest())
    assert found.issuer_urls == ("http://ca.test/tussen.crt",)


def test_a_signature_without_a_hash_of_its_own(trust: TrustStore) -> None:
    assert examine((issue(HOST, key=ed25519.Ed25519PrivateKey.generate()).der,), HOST, NOW, trust).signature == "sha512"


def test_no_certificate_is_not_tested(trust: TrustStore) -> None:
    assert examine((), HOST, NOW, trust).state == "not_tested"


@pytest.fixture(scope="module")
def leaf(authority: Authority) -> Issued:
    return issue(HOST, authority.intermediate, names=(HOST,))


@given(st.binary(max_size=60))
def test_malformed_leaf_is_untrusted(der: bytes) -> None:
    found = examine((der,), HOST, NOW, EMPTY)
    assert found.defects == ("untrusted",)
    assert found.sha256 == (hashlib.sha256(der).hexdigest(),)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_certificate_never_raises_and_is_never_valid(
    authority: Authority, leaf: Issued, trust: TrustStore, data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(leaf.der) - 1))
    damaged = bytearray(leaf.der)
    damaged[position] ^= data.draw(st.integers(1, 255))
    assert examine((bytes(damaged), authority.intermediate.der), HOST, NOW, trust).state != "valid"


def test_a_malformed_intermediate_is_as_good_as_none(authority: Authority, leaf: Issued, trust: TrustStore) -> None:
    assert examine((leaf.der, b"\x30\x00"), HOST, NOW, trust).defects == ("untrusted",)
    assert examine((leaf.der, b"\x30\x00", authority.intermediate.der), HOST, NOW, trust).state == "valid"


@pytest.mark.parametrize("content", [None, b"", b"no certificates here"])
def test_an_unusable_ca_file_is_wrong_usage(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(UsageError, match=r"ca\.pem"):
        TrustStore(tmp_path / "ca.pem")


def test_the_system_roots_do_not_know_ours(authority: Authority, leaf: Issued) -> None:
    assert examine((leaf.der, authority.intermediate.der), HOST, NOW, TrustStore()).defects == ("untrusted",)


EMPTY = TrustStore()


def test_signatures_of_intermediates_count_and_those_of_roots_do_not(authority: Authority, trust: TrustStore) -> None:
    leaf = issue(HOST, authority.intermediate, names=(HOST,))
    assert examine((leaf.der,), HOST, NOW, trust).intermediate_signatures == ()
    with_root = (leaf.der, authority.intermediate.der, authority.root.der)
    assert examine(with_root, HOST, NOW, trust).intermediate_signatures == ("sha256",)
    from_root = issue(HOST, authority.root, names=(HOST,))
    assert examine((from_root.der, authority.root.der), HOST, NOW, trust).intermediate_signatures == ()


def test_signatures_of_what_was_sent_count_where_no_root_is_reached(trust: TrustStore) -> None:
    root = issue("Vreemd", authority=True, key=ed25519.Ed25519PrivateKey.generate())
    intermediate = issue("Tussen", root, authority=True)
    leaf = issue(HOST, intermediate, names=(HOST,))
    found = examine((leaf.der, intermediate.der, root.der), HOST, NOW, trust)
    assert (found.state, found.signature, found.intermediate_signatures) == ("untrusted", "sha256", ("sha512",))
