from __future__ import annotations

import pytest

from gemcrawl.transport.probe.names import load

from .servers import OPENSSL, openssl

NAMES = load()


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")
def test_names_and_numbers_agree_with_those_of_openssl() -> None:
    lines = openssl("ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").splitlines()
    theirs = {int(code.replace("0x", "").replace(",", ""), 16): name for code, _, name, *_ in map(str.split, lines)}
    theirs = {code: name for code, name in theirs.items() if "PSK" not in name and "SRP" not in name}
    assert len(theirs) > 90
    assert {code: NAMES.suite(code) for code in theirs} == theirs
    assert theirs.keys() <= {*NAMES.tls13, *NAMES.common, *NAMES.rare}


@pytest.mark.parametrize("offered", [NAMES.tls13 + NAMES.common, NAMES.rare, NAMES.before_tls12])
def test_no_list_is_longer_than_servers_bear(offered: tuple[int, ...]) -> None:
    assert len(set(offered)) == len(offered) <= 127


def test_what_is_unknown_is_called_by_its_number() -> None:
    assert (NAMES.suite(0xFAFA), NAMES.group(0x0A0A)) == ("0xFAFA", "0x0A0A")


@pytest.mark.parametrize(
    ("suite", "known_before_tls12", "weak", "key_exchange"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", False, False, "ecdhe"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", False, False, "ecdhe"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", True, False, "ecdhe"),
        ("TLS_DHE_RSA_WITH_AES_256_CCM_8", False, False, "dhe"),
        ("TLS_DHE_RSA_WITH_DES_CBC_SHA", True, True, "dhe"),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", True, True, ""),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", True, True, ""),
        ("TLS_RSA_WITH_NULL_SHA256", False, True, ""),
        ("TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", True, False, ""),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", True, True, "dhe"),
        ("TLS_ECDH_anon_WITH_NULL_SHA", True, True, "ecdhe"),
        ("TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", True, False, ""),
        ("TLS_DH_DSS_WITH_AES_128_CBC_SHA", True, False, ""),
    ],
)
def test_what_a_name_says(suite: str, known_before_tls12: bool, weak: bool, key_exchange: str) -> None:
    code = next(code for code in NAMES.common + NAMES.rare if NAMES.suite(code) == suite)
    assert (code in NAMES.before_tls12, code in NAMES.weak, NAMES.key_exchange(code)) == (known_before_tls12, weak, key_exchange)


def _e_times_two_to(power: int) -> int:
    """floor(e * 2^power), by the series 1 + 1/1! + 1/2! + ..."""
    total = term = 1 << (power + 64)
    count = 1
    while term:
        term //= count
        total += term
        count += 1
    return total >> 64


@pytest.mark.parametrize(("bits", "offset"), [(2048, 560316), (3072, 2625351), (4096, 5736041), (6144, 15705020), (8192, 10965728)])
def test_primes_of_rfc_7919_are_recognised_by_its_formula(bits: int, offset: int) -> None:
    prime = 2**bits - 2 ** (bits - 64) + (_e_times_two_to(bits - 130) + offset) * 2**64 - 1
    assert NAMES.prime(prime.to_bytes(bits // 8)) == f"ffdhe{bits}"
    assert NAMES.prime(b"\0" + prime.to_bytes(bits // 8)) == f"ffdhe{bits}"
    assert NAMES.prime((prime - 2).to_bytes(bits // 8)) == f"dhe-{bits}"


def test_a_prime_of_ones_own_is_called_by_its_bits() -> None:
    assert NAMES.prime((1 << 1023 | 1).to_bytes(128)) == "dhe-1024"
    assert NAMES.prime(b"") == "dhe-0"
