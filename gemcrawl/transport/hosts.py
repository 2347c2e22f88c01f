"""Host rows: what the crawl saw of one host name, judged per address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import get_args

from gemcrawl.items import CertificateState, Host, Hsts, NcscGrade, Reason, Role, SchemeState, TlsVersion, Upgrade
from gemcrawl.transport import ncsc, preload, upgrade
from gemcrawl.transport.certificates import DEFECTS, NOT_TESTED, Certificate, examine
from gemcrawl.transport.facts import Hop, Inventory, Route, Seen
from gemcrawl.transport.hsts import ABSENT, Policy, parse
from gemcrawl.transport.trust import TrustStore
from gemcrawl.transport.urls import clean, is_address, normal_host

_ROLES: tuple[Role, ...] = get_args(Role)
_VERSIONS: tuple[TlsVersion, ...] = get_args(TlsVersion)
_LONGEST_NAME = 80

_FAILURES: dict[Reason, SchemeState] = {
    "dns": "dns",
    "refused": "refused",
    "timeout": "timeout",
    "tls": "tls",
    "reset": "reset",
    "http_4xx": "http_error",
    "http_5xx": "http_error",
    "rate_limited": "http_error",
    "challenge": "http_error",
}
"""Every other reason is ours, not the host's: not_tested."""

# A browser keeps the policy it saw last, so the weakest that a host sends can be the one in force; an invalid or absent one changes nothing.
_WHICH_POLICY = ("off", "short", "good", "invalid", "absent")


def host_rows(
    name: str,
    seen: Seen,
    *,
    trust: TrustStore,
    at: datetime,
    hsts_of: Callable[[str], Policy | None] = lambda _: None,
    preload: frozenset[str] | None = None,
    inventories: Mapping[str, Inventory] | None = None,
    roles: Iterable[Role] = (),
    municipalities: Iterable[str] = (),
    supplier: str | None = None,
    port: int = 443,
) -> list[Host]:
    """One row per address that answered over https or was listed; one row when none was.

    Args:
        at: when it was measured, UTC.
        hsts_of: the policy that a host sent over an error-free handshake (`policy_of`), asked for the parents of ``name``.
        preload: lower-case names on the preload list, their sub-domains included; the packaged list when None.
        inventories: what the host accepts, by address.

    Without an inventory a row holds the versions that were negotiated, and its grades are ``not_tested``.
    """
    host = normal_host(name)
    inventories = inventories or {}
    addresses = sorted({*seen.https, *(address for address, inventory in inventories.items() if inventory.versions)})
    http: SchemeState = _http_state(seen)
    common = {
        "host": host,
        "port": port,
        "municipalities": sorted(set(municipalities)),
        "roles": [role for role in _ROLES if role in set(roles)],
        "supplier": supplier,
        "http": http,
        "checked_at": at,
    }
    if not addresses:
        address = next((route[0].address for route in seen.http_routes if route and route[0].address), "")
        failure = _state(seen.https_failure)
        handshakes = sum(inventory.handshakes for inventory in inventories.values())
        upgraded = _upgrade(seen, address, https=failure)
        return [Host(**common, address=address, https=failure, upgrade=upgraded, handshakes=handshakes)]  # type: ignore[arg-type]
    parents = _policies_above(host, hsts_of)
    preloaded = _is_preloaded(host, preload)
    return [
        _row(common, host, address, seen, inventories.get(address), trust=trust, at=at, parents=parents, preloaded=preloaded)
        for address in addresses
    ]


def policy_of(name: str, seen: Seen, *, trust: TrustStore, at: datetime) -> Policy | None:
    """The HSTS policy that a host itself put in force, over an error-free handshake; None when it did not.

    With several addresses the weakest counts.
    """
    host = normal_host(name)
    own = [_own_policy(host, hops, trust, at) for hops in seen.https.values()]
    if is_address(host) or not own or any(not error_free for _, error_free in own):
        return None
    return _weakest(policy for policy, _ in own)


def _row(
    common: dict[str, object],
    host: str,
    address: str,
    seen: Seen,
    inventory: Inventory | None,
    *,
    trust: TrustStore,
    at: datetime,
    parents: Sequence[Policy],
    preloaded: bool,
) -> Host:
    hops = seen.https.get(address, [])
    https: SchemeState = "ok" if any(hop.status < 400 for hop in hops) else "http_error" if hops else _state(seen.https_failure)
    certificate = _worst(_examined(host, hops, trust, at))
    hsts, policy = _hsts(host, hops, trust, at, parents=parents, preloaded=preloaded)
    versions = {*(inventory.versions if inventory else ()), *(hop.handshake.version for hop in hops if hop.handshake)}
    grades = _grades(inventory, versions, certificate) if inventory else {}
    return Host(
        **common,  # type: ignore[arg-type]
        address=clean(address, 64),
        https=https,
        upgrade=_upgrade(seen, address, https=https),
        hsts=hsts,
        hsts_header=None if policy.header is None else clean(policy.header),
        hsts_max_age=policy.max_age,
        certificate=certificate.state,
        certificate_defects=list(certificate.defects),
        certificate_subject=certificate.subject,
        certificate_issuer=certificate.issuer,
        certificate_names=list(certificate.names),
        certificate_not_before=certificate.not_before,
        certificate_not_after=certificate.not_after,
        certificate_key=certificate.key,
        certificate_signature=certificate.signature,
        certificate_sha256=list(certificate.sha256),
        tls_versions=[v for v in _VERSIONS if v in versions],
        cipher_suites=[clean(suite, _LONGEST_NAME) for suite in inventory.cipher_suites] if inventory else [],
        groups=[clean(group, _LONGEST_NAME) for group in inventory.groups] if inventory else [],
        ncsc_1_0=grades.get("ncsc-1.0", "not_tested"),
        ncsc_2_1=grades.get("ncsc-2.1", "not_tested"),
        ncsc_2025=grades.get("ncsc-2025-05", "not_tested"),
        handshakes=inventory.handshakes if inventory else 0,
    )


def _grades(inventory: Inventory, versions: set[str], certificate: Certificate) -> dict[str, NcscGrade]:
    """By table, from the inventory and the certificate; a version that was negotiated counts although the listing missed it."""
    return {
        name: ncsc.grade(
            table,
            versions=sorted(versions),
            cipher_suites=inventory.cipher_suites,
            groups=inventory.groups,
            certificate_key=certificate.key,
            certificate_signature=certificate.signature,
            intermediate_signatures=certificate.intermediate_signatures,
            complete=inventory.complete,
        ).grade
        for name, table in ncsc.load().items()
    }


def _state(reason: Reason | None) -> SchemeState:
    return "not_tested" if reason is None else _FAILURES.get(reason, "not_tested")


def _http_state(seen: Seen) -> SchemeState:
    first = [route[0].status for route in seen.http_routes if route]
    if not first:
        return _state(seen.http_failure)
    return "ok" if any(status < 400 for status in first) else "http_error"


def _upgrade(seen: Seen, address: str, *, https: SchemeState) -> Upgrade:
    """The worst over the routes that start here, those of this address when there are any.

    Where a deep link leads after it has reached https is not this host's upgrade: only routes from its root are followed to their end.
    """
    routes = [route for route in seen.http_routes if route]
    routes = [route for route in routes if route[0].address == address] or routes
    if routes:
        return upgrade.worst([upgrade.classify(route if _from_root(route) else upgrade.until_secure(route)) for route in routes])
    closed = seen.http_failure == "refused" and https in ("ok", "http_error")
    return "not_applicable" if closed else "not_tested"


def _from_root(route: Route) -> bool:
    _, _, path = route[0].url.partition("://")
    return path.partition("/")[2] == ""


def _chains(hops: Iterable[Hop]) -> Iterator[tuple[bytes, ...]]:
    yield from dict.fromkeys(hop.handshake.chain for hop in hops if hop.handshake)


def _examined(host: str, hops: Sequence[Hop], trust: TrustStore, at: datetime) -> list[Certificate]:
    for chain in _chains(hops):
        trust.remember(chain[1:])
    return [examine(chain, host, at, trust) for chain in _chains(hops)]


def _worst(certificates: Sequence[Certificate]) -> Certificate:
    order: tuple[CertificateState, ...] = (*DEFECTS, "valid", "not_tested")
    return min(certificates, key=lambda c: order.index(c.state), default=NOT_TESTED)


def _error_free(host: str, hop: Hop, trust: TrustStore, at: datetime) -> bool:
    """Whether a browser would accept the handshake without a warning; a missing intermediate is one that browsers mostly fetch."""
    if hop.handshake is None:
        return False
    if not hop.handshake.chain:
        return hop.handshake.trusted
    return not examine(hop.handshake.chain, host, at, trust).insecure


def _own_policy(host: str, hops: Sequence[Hop], trust: TrustStore, at: datetime) -> tuple[Policy, bool]:
    """The policy one address sends, and whether it came over an error-free handshake."""
    good = [hop for hop in hops if _error_free(host, hop, trust, at)]
    return _weakest(parse(hop.hsts) for hop in good or hops), bool(good)


def _weakest(policies: Iterable[Policy]) -> Policy:
    return min(policies, key=lambda p: (_WHICH_POLICY.index(p.state), p.max_age or 0, p.include_subdomains), default=ABSENT)


def _policies_above(host: str, hsts_of: Callable[[str], Policy | None]) -> list[Policy]:
    labels = [] if is_address(host) else host.split(".")
    parents = (hsts_of(".".join(labels[i:])) for i in range(1, len(labels) - 1))
    return [policy for policy in parents if policy is not None and policy.covers_subdomains]


def _is_preloaded(host: str, names: frozenset[str] | None) -> bool:
    if names is None:
        return preload.covered(host)
    labels = [] if is_address(host) else host.split(".")
    return any(".".join(labels[i:]) in names for i in range(len(labels)))


def _hsts(
    host: str, hops: Sequence[Hop], trust: TrustStore, at: datetime, *, parents: Sequence[Policy], preloaded: bool
) -> tuple[Hsts, Policy]:
    """The state in force, and the policy whose header and max-age the row shows."""
    if not any(hop.handshake for hop in hops):
        return "not_tested", ABSENT
    policy, error_free = _own_policy(host, hops, trust, at)
    if is_address(host):  # RFC 6797, section 8.1.1: never for an IP address
        return ("absent" if policy.state == "absent" else "ineffective"), policy
    if policy.state != "absent" and not error_free:  # RFC 6797, section 8.1: what comes over a bad certificate counts for nothing
        return "ineffective", policy
    state: Hsts = policy.state
    if state == "good":
        return state, policy
    if preloaded:
        return "preloaded", policy
    longest = max((p.max_age or 0 for p in parents), default=0)
    if longest and (state != "short" or longest > (policy.max_age or 0)):
        return "inherited", Policy(policy.state, longest, header=policy.header)
    return state, policy
