"""The three tables of the TLS guidelines, item by item, and how they grade a server."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.ncsc import Grading, below_sufficient, expand, grade, grade_row, load, needs_group

from .builders import host

GOOD, SUFFICIENT, PHASE_OUT, INSUFFICIENT = "good", "sufficient", "phase_out", "insufficient"
TABLES = ("ncsc-1.0", "ncsc-2.1", "ncsc-2025-05")
BEST: dict[str, Any] = {
    "versions": ["TLSv1.3"],
    "cipher_suites": ["TLS_AES_256_GCM_SHA384"],
    "groups": ["x25519"],
    "certificate_key": "RSA-4096",
    "certificate_signature": "sha256",
}


def graded(name: str, **facts: Any) -> Grading:
    return grade(load()[name], **(BEST | facts))


def levels_of(item: str, kind: str) -> tuple[str, ...]:
    """The level of one item in each table, whatever else."""
    return tuple(getattr(load()[name], kind).get(item, INSUFFICIENT) for name in TABLES)


def test_every_table_names_its_source_and_date() -> None:
    assert tuple(load()) == TABLES
    assert [table.date.year for table in load().values()] == [2014, 2021, 2025]
    for name, table in load().items():
        assert table.id == name
        assert table.title
        assert "NCSC" in table.source
        assert isinstance(table.date, date)


@pytest.mark.parametrize(
    ("version", "levels"),
    [
        ("TLSv1.3", (GOOD, GOOD, GOOD)),
        ("TLSv1.2", (GOOD, SUFFICIENT, SUFFICIENT)),
        ("TLSv1.1", (SUFFICIENT, PHASE_OUT, INSUFFICIENT)),
        ("TLSv1", (SUFFICIENT, PHASE_OUT, INSUFFICIENT)),
        ("SSLv3", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
        ("SSLv2", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
    ],
)
def test_versions(version: str, levels: tuple[str, ...]) -> None:
    assert levels_of(version, "versions") == levels


def test_an_old_version_beside_a_new_one_decides() -> None:
    """Case 24."""
    assert [graded(name, versions=["TLSv1", "TLSv1.3"], groups=["secp256r1"]).grade for name in TABLES] == [
        SUFFICIENT,
        PHASE_OUT,
        INSUFFICIENT,
    ]


@pytest.mark.parametrize(
    ("suites", "v21", "v2025"),
    [
        ("TLS_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}", GOOD, GOOD),
        ("TLS_AES_128_GCM_SHA256", GOOD, SUFFICIENT),
        ("TLS_AES_128_CCM_SHA256", INSUFFICIENT, SUFFICIENT),
        ("TLS_AES_128_CCM_8_SHA256", INSUFFICIENT, INSUFFICIENT),
        ("TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256,AES_128_GCM_SHA256}", GOOD, SUFFICIENT),
        ("TLS_ECDHE_ECDSA_WITH_AES_{256,128}_CCM", INSUFFICIENT, SUFFICIENT),
        ("TLS_ECDHE_ECDSA_WITH_AES_{256,128}_CCM_8", INSUFFICIENT, INSUFFICIENT),
        ("TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA384,AES_128_CBC_SHA256}", SUFFICIENT, PHASE_OUT),
        ("TLS_ECDHE_{ECDSA,RSA}_WITH_AES_{256,128}_CBC_SHA", SUFFICIENT, INSUFFICIENT),
        ("TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256,AES_128_GCM_SHA256}", SUFFICIENT, PHASE_OUT),
        ("TLS_DHE_RSA_WITH_AES_{256,128}_CBC_SHA256", SUFFICIENT, PHASE_OUT),
        ("TLS_DHE_RSA_WITH_AES_{256,128}_CBC_SHA", SUFFICIENT, INSUFFICIENT),
        ("TLS_DHE_RSA_WITH_AES_{256,128}_CCM", INSUFFICIENT, PHASE_OUT),
        ("TLS_DHE_DSS_WITH_AES_{256,128}_CBC_SHA", INSUFFICIENT, INSUFFICIENT),
        ("TLS_{ECDHE_ECDSA,ECDHE_RSA,DHE_RSA,RSA}_WITH_3DES_EDE_CBC_SHA", PHASE_OUT, INSUFFICIENT),
        ("TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}", PHASE_OUT, INSUFFICIENT),
        ("TLS_RSA_WITH_AES_{256,128}_CBC_{SHA256,SHA}", PHASE_OUT, INSUFFICIENT),
        ("TLS_{ECDHE_ECDSA,ECDHE_RSA,DHE_RSA}_WITH_ARIA_{256_GCM_SHA384,256_CBC_SHA384,128_GCM_SHA256}", INSUFFICIENT, PHASE_OUT),
        ("TLS_{ECDHE_ECDSA,ECDHE_RSA,DHE_RSA}_WITH_CAMELLIA_{256_GCM_SHA384,128_GCM_SHA256,128_CBC_SHA256}", INSUFFICIENT, PHASE_OUT),
        ("TLS_ECDHE_{ECDSA,RSA}_WITH_CAMELLIA_256_CBC_SHA384", INSUFFICIENT, PHASE_OUT),
        ("TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256", INSUFFICIENT, PHASE_OUT),
        ("TLS_DHE_RSA_WITH_CAMELLIA_{256,128}_CBC_SHA", INSUFFICIENT, INSUFFICIENT),
        ("TLS_RSA_WITH_CAMELLIA_{256_GCM_SHA384,128_CBC_SHA}", INSUFFICIENT, INSUFFICIENT),
        ("TLS_{RSA,ECDHE_RSA}_WITH_{RC4_128_SHA,NULL_SHA}", INSUFFICIENT, INSUFFICIENT),
        ("TLS_{RSA_WITH_RC4_128_MD5,RSA_EXPORT_WITH_DES40_CBC_SHA,RSA_WITH_DES_CBC_SHA}", INSUFFICIENT, INSUFFICIENT),
        ("TLS_{DH,ECDH}_anon_WITH_AES_128_CBC_SHA", INSUFFICIENT, INSUFFICIENT),
        ("TLS_UNKNOWN_0x1234", INSUFFICIENT, INSUFFICIENT),
    ],
)
def test_each_family_of_suites(suites: str, v21: str, v2025: str) -> None:
    for suite in expand(suites):
        assert levels_of(suite, "cipher_suites")[1:] == (v21, v2025), suite


@pytest.mark.parametrize(
    ("suites", "level"),
    [
        ("TLS_{ECDHE_ECDSA,ECDHE_RSA,DHE_RSA}_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}", GOOD),
        ("TLS_{ECDHE_RSA,DHE_RSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}", SUFFICIENT),
        ("TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}", SUFFICIENT),
        ("TLS_{RSA_WITH_RC4_128_SHA,RSA_WITH_NULL_SHA,DH_anon_WITH_AES_128_CBC_SHA}", INSUFFICIENT),
    ],
)
def test_the_table_of_2014(suites: str, level: str) -> None:
    assert {levels_of(suite, "cipher_suites")[0] for suite in expand(suites)} == {level}
    assert "phase_out" not in {*load()["ncsc-1.0"].cipher_suites.values(), *load()["ncsc-1.0"].groups.values()}


@pytest.mark.parametrize(
    ("groups", "v21", "v2025"),
    [
        ("{secp384r1,secp256r1,x448,x25519}", GOOD, SUFFICIENT),
        ("secp521r1", INSUFFICIENT, SUFFICIENT),
        ("brainpoolP{512,384,256}r1", INSUFFICIENT, SUFFICIENT),
        ("brainpoolP{512,384,256}r1tls13", INSUFFICIENT, SUFFICIENT),
        ("secp224r1", PHASE_OUT, PHASE_OUT),
        ("{secp192r1,secp256k1,sect283r1}", INSUFFICIENT, INSUFFICIENT),
        ("{X25519MLKEM768,SecP256r1MLKEM768,SecP384r1MLKEM1024}", INSUFFICIENT, GOOD),
        ("ffdhe{3072,4096,6144,8192}", SUFFICIENT, PHASE_OUT),
        ("ffdhe2048", PHASE_OUT, INSUFFICIENT),
        ("dhe-{512,1024,2048,4096}", INSUFFICIENT, INSUFFICIENT),
        ("dhe-{,x,-1,9999999,²}", INSUFFICIENT, INSUFFICIENT),
    ],
)
def test_groups(groups: str, v21: str, v2025: str) -> None:
    for group in expand(groups):
        found = [graded(name, groups=[group], certificate_key="Ed25519") for name in TABLES[1:]]
        levels = [next((r.split(":")[0] for r in g.reasons if "group" in r), GOOD) for g in found]
        assert levels == [v21, v2025], group


@pytest.mark.parametrize(("bits", "level"), [(1024, INSUFFICIENT), (2047, INSUFFICIENT), (2048, SUFFICIENT), (3072, GOOD), (4096, GOOD)])
def test_in_2014_a_group_of_the_servers_own_was_judged_by_its_size(bits: int, level: str) -> None:
    assert graded("ncsc-1.0", groups=[f"dhe-{bits}"]).grade == level


@pytest.mark.parametrize(
    ("key", "levels"),
    [
        ("RSA-4096", (GOOD, GOOD, SUFFICIENT)),
        ("RSA-3072", (GOOD, GOOD, SUFFICIENT)),
        ("RSA-3071", (SUFFICIENT, SUFFICIENT, PHASE_OUT)),
        ("RSA-2048", (SUFFICIENT, SUFFICIENT, PHASE_OUT)),
        ("RSA-2047", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
        ("RSA-1024", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
        ("EC-P-256", (GOOD, GOOD, SUFFICIENT)),
        ("EC-P-384", (GOOD, GOOD, SUFFICIENT)),
        ("EC-P-521", (GOOD, INSUFFICIENT, SUFFICIENT)),
        ("EC-brainpoolP256r1", (GOOD, INSUFFICIENT, SUFFICIENT)),
        ("EC-P-224", (SUFFICIENT, PHASE_OUT, PHASE_OUT)),
        ("EC-secp256k1", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
        ("Ed25519", (GOOD, GOOD, SUFFICIENT)),
        ("Ed448", (GOOD, GOOD, SUFFICIENT)),
        ("DSA-2048", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
    ],
)
def test_certificate_keys(key: str, levels: tuple[str, ...]) -> None:
    for name, level in zip(TABLES, levels, strict=True):
        reasons = [r for r in graded(name, certificate_key=key).reasons if "certificate key" in r]
        unlisted = " (not in the table of 2021)" if name == "ncsc-2.1" and key in ("EC-P-521", "EC-brainpoolP256r1") else ""
        assert reasons == ([] if level == GOOD else [f"{level}: certificate key {key}{unlisted}"])


@pytest.mark.parametrize(
    ("signature", "levels"),
    [
        ("sha256", (GOOD, GOOD, GOOD)),
        ("sha384", (GOOD, GOOD, GOOD)),
        ("sha512", (GOOD, GOOD, GOOD)),
        ("sha224", (INSUFFICIENT, INSUFFICIENT, PHASE_OUT)),
        ("sha1", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
        ("md5", (INSUFFICIENT, INSUFFICIENT, INSUFFICIENT)),
    ],
)
def test_certificate_signatures(signature: str, levels: tuple[str, ...]) -> None:
    assert levels_of(signature, "certificate_signature") == levels
    for name in TABLES:
        below = graded(name, intermediate_signatures=[signature])
        assert (f"insufficient: signature of an intermediate certificate {signature}" in below.reasons) == (
            load()[name].certificate_signature.get(signature, INSUFFICIENT) == INSUFFICIENT
        )


def test_the_best_server_of_each_table() -> None:
    assert graded("ncsc-1.0") == graded("ncsc-2.1") == Grading("good", ())
    assert graded("ncsc-2025-05").grade == SUFFICIENT
    assert graded("ncsc-2025-05", groups=["X25519MLKEM768"]).reasons == ("sufficient: certificate key RSA-4096",)


def test_reasons_name_each_item_worst_first() -> None:
    found = graded("ncsc-2.1", versions=["TLSv1", "TLSv1.2"], groups=["x25519", "dhe-1024"])
    assert found == Grading(INSUFFICIENT, ("insufficient: group dhe-1024", "phase_out: version TLSv1", "sufficient: version TLSv1.2"))
    assert below_sufficient(found) == "insufficient: group dhe-1024; phase out: version TLSv1"


@pytest.mark.parametrize("missing", ["versions", "cipher_suites"])
def test_without_an_inventory_there_is_no_grade(missing: str) -> None:
    for name in TABLES:
        assert graded(name, **{missing: []}).grade == "not_tested"


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"groups": []}, "key-exchange groups"),
        ({"certificate_key": None}, "certificate key"),
        ({"certificate_signature": None}, "certificate signature"),
    ],
)
def test_what_is_missing_could_be_worse_than_sufficient(missing: dict[str, Any], said: str) -> None:
    assert graded("ncsc-2.1", **missing) == Grading("not_tested", (f"not listed: {said}",))
    assert graded("ncsc-2.1", versions=["TLSv1"], **missing).grade == PHASE_OUT
    assert graded("ncsc-2.1", versions=["SSLv3"], **missing).grade == INSUFFICIENT


def test_a_server_without_ephemeral_suites_has_no_groups_to_list() -> None:
    static = {"versions": ["TLSv1.2"], "cipher_suites": ["TLS_RSA_WITH_AES_128_CBC_SHA"], "groups": []}
    assert graded("ncsc-1.0", **static).grade == SUFFICIENT
    assert not needs_group("TLS_RSA_WITH_AES_128_CBC_SHA")
    assert all(map(needs_group, ("TLS_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")))


def test_an_incomplete_inventory_can_only_prove_insufficient() -> None:
    assert graded("ncsc-2.1", complete=False).grade == "not_tested"
    assert graded("ncsc-2.1", versions=["TLSv1"], complete=False).grade == "not_tested"
    assert graded("ncsc-2.1", versions=["SSLv3", "TLSv1.2"], complete=False).grade == INSUFFICIENT


def test_a_stored_row_tells_why_it_has_its_grade() -> None:
    facts = {"tls_versions": ["TLSv1.1", "TLSv1.3"], "cipher_suites": BEST["cipher_suites"], "groups": BEST["groups"]}
    row = host("x.test", certificate_key="RSA-2048", certificate_signature="sha256", **facts)
    assert grade_row(load()["ncsc-2.1"], row).reasons == ("phase_out: version TLSv1.1", "sufficient: certificate key RSA-2048")


def test_names_from_servers_are_stored_safely() -> None:
    (reason,) = graded("ncsc-2.1", groups=["x\x1b[31m" + "y" * 5000]).reasons
    assert reason.isprintable()
    assert len(reason) < 120


some = st.lists(st.sampled_from(sorted({n for t in load().values() for n in t.cipher_suites})) | st.text(max_size=10), max_size=4)
some_groups = st.lists(st.sampled_from([*load()["ncsc-2025-05"].groups, "dhe-1024", "dhe-2048", "dhe-4096", "?"]), max_size=3)
some_versions = st.lists(st.sampled_from(["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]), max_size=3)
KEYS = st.sampled_from([None, "RSA-1024", "RSA-2048", "RSA-4096", "EC-P-256"])
SIGNATURES = st.sampled_from([None, "sha1", "sha256"])
BADNESS = {"good": 0, "sufficient": 1, "not_tested": 2, "phase_out": 3, "insufficient": 4}
"""Where the inventory is complete; a server of which nothing is listed has no grade to worsen."""


@given(
    st.sampled_from(TABLES),
    st.lists(st.sampled_from(["TLSv1", "TLSv1.2", "TLSv1.3"]), min_size=1, max_size=3),
    some.filter(bool),
    some_groups,
    KEYS,
    SIGNATURES,
    some,
    some_groups.filter(bool),
    some_versions,
)
def test_one_more_item_never_improves_a_grade(
    name: str,
    versions: list[str],
    suites: list[str],
    groups: list[str],
    key: str | None,
    signature: str | None,
    more_suites: list[str],
    more_groups: list[str],
    more_versions: list[str],
) -> None:
    facts: dict[str, Any] = {"versions": versions, "cipher_suites": suites, "groups": groups}
    certificate = {"certificate_key": key, "certificate_signature": signature}
    before = graded(name, **facts, **certificate)
    with_suites = graded(name, **(facts | {"cipher_suites": [*suites, *more_suites]}), **certificate)
    assert BADNESS[with_suites.grade] >= BADNESS[before.grade]
    with_versions = graded(name, **(facts | {"versions": [*versions, *more_versions]}), **certificate)
    assert BADNESS[with_versions.grade] >= BADNESS[before.grade]
    if groups:  # the first group listed can turn "not tested" into a grade
        with_groups = graded(name, **(facts | {"groups": [*groups, *more_groups]}), **certificate)
        assert BADNESS[with_groups.grade] >= BADNESS[before.grade]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"groups": ["x25519", "X25519MLKEM768"]}, "group X25519MLKEM768 (not in the table of 2021)"),
        ({"groups": ["secp521r1"]}, "group secp521r1 (not in the table of 2021)"),
        ({"groups": ["brainpoolP256r1"]}, "group brainpoolP256r1 (not in the table of 2021)"),
        ({"cipher_suites": ["TLS_AES_128_CCM_SHA256"]}, "suite TLS_AES_128_CCM_SHA256 (not in the table of 2021)"),
        ({"certificate_key": "EC-P-521"}, "certificate key EC-P-521 (not in the table of 2021)"),
        ({"groups": ["secp256k1"]}, "group secp256k1"),
        ({"cipher_suites": ["TLS_RSA_WITH_RC4_128_SHA"]}, "suite TLS_RSA_WITH_RC4_128_SHA"),
        ({"versions": ["SSLv3"]}, "version SSLv3"),
    ],
)
def test_what_is_newer_than_a_table_is_insufficient_by_it_and_says_so(facts: dict[str, Any], said: str) -> None:
    """The decree's reference to version 2.1.1 is static: nothing not in it becomes sufficient."""
    assert graded("ncsc-2.1", **facts) == Grading(INSUFFICIENT, (f"insufficient: {said}",))


def test_a_group_to_be_phased_out_is_listed() -> None:
    assert graded("ncsc-2.1", groups=["ffdhe2048"]) == Grading(PHASE_OUT, ("phase_out: group ffdhe2048",))
