"""Which product a page runs on, and what that says about its forms; the fingerprints are in ``suppliers.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from gemcrawl.forms.data import derived, remembered, table
from gemcrawl.items import Kind, PersonalData


@dataclass(frozen=True, slots=True)
class KindRule:
    """Points for a kind when host and path match."""

    kind: Kind
    points: float
    where: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Supplier:
    """One product and its fingerprints; see the head of ``suppliers.toml``."""

    id: str
    name: str
    host: re.Pattern[str] | None
    path: re.Pattern[str] | None
    both: bool
    markup: tuple[bytes, ...]
    sign: tuple[str, ...]
    script: tuple[str, ...]
    generator: tuple[str, ...]
    cookie: tuple[str, ...]
    mount: str
    shell: bool
    keep: bool
    kinds: tuple[KindRule, ...]
    inferred: tuple[PersonalData, ...]
    api: tuple[str, ...]
    identity: tuple[str, ...]
    definition: str

    def points(self, address: str) -> dict[Kind, float]:
        """Points for the first kind whose rule matches an address (host, path and query)."""
        for rule in self.kinds:
            if rule.where.search(address):
                return {rule.kind: rule.points}
        return {}


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return re.compile(text, re.IGNORECASE) if text else None


def _supplier(data: Mapping[str, Any]) -> Supplier:
    kinds = tuple(KindRule(k["kind"], float(k["points"]), re.compile(k["where"], re.IGNORECASE)) for k in data.get("kinds", ()))
    unknown = [k.kind for k in kinds if k.kind not in get_args(Kind)]
    if unknown:
        msg = f"suppliers.toml: {data['id']}: unknown kind {unknown[0]!r}"
        raise ValueError(msg)
    return Supplier(
        id=data["id"],
        name=data["name"],
        host=_pattern(data.get("host")),
        path=_pattern(data.get("path")),
        both=bool(data.get("both", False)),
        markup=tuple(m.encode() for m in data.get("markup", ())),
        sign=tuple(data.get("sign", ())),
        script=tuple(data.get("script", ())),
        generator=tuple(data.get("generator", ())),
        cookie=tuple(data.get("cookie", ())),
        mount=data.get("mount", ""),
        shell=bool(data.get("shell", False)),
        keep=bool(data.get("keep", False)),
        kinds=kinds,
        inferred=cast("tuple[PersonalData, ...]", tuple(data.get("inferred", ()))),
        api=tuple(data.get("api", ())),
        identity=tuple(data.get("identity", ())),
        definition=data.get("definition", ""),
    )


@derived
def suppliers() -> tuple[Supplier, ...]:
    """All known products, in order of precedence."""
    return tuple(_supplier(s) for s in table("suppliers.toml")["supplier"])


@remembered(4096)
def _by_host(host: str) -> tuple[Supplier, ...]:
    return tuple(s for s in suppliers() if s.host and not s.both and s.host.search(host))


def _by_address(host: str, rest: str) -> tuple[Supplier, str] | None:
    for supplier in suppliers():
        if supplier.both:
            if supplier.host and supplier.path and supplier.host.search(host) and supplier.path.search(rest):
                return supplier, f"address: {host}{rest[:60]}"
        elif supplier.path:
            match = supplier.path.search(rest)
            if match:
                return supplier, f"path: {match[0][:60]}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where a product shows itself, besides its address."""

    markup: bytes = b""
    signs: str = ""
    """Addresses of resources, attributes of forms, names of controls."""
    scripts: str = ""
    """Addresses of scripts."""
    generator: str = ""
    cookies: tuple[str, ...] = ()
    """Set-Cookie fields as sent."""


@derived
def _traces() -> dict[str, tuple[tuple[int, Any], ...]]:
    """What products show themselves by, in each place, with the product's rank in the order of precedence."""
    return {
        place: tuple(
            (rank, word.lower() if place == "generator" else word)
            for rank, supplier in enumerate(suppliers())
            for word in getattr(supplier, place)
        )
        for place in ("sign", "script", "markup", "generator", "cookie")
    }


def recognise(url: str, traces: Traces) -> tuple[Supplier, str] | None:
    """The product of a page and the evidence: its host, else the first product of which anything else shows; None when none is known."""
    host, rest = split(url)
    by_host = _by_host(host)
    if by_host:
        return by_host[0], f"host: {host}"
    known = suppliers()
    by_path = _by_address(host, rest)
    best, evidence = (known.index(by_path[0]), by_path[1]) if by_path is not None else (len(known), "")
    # The name of a cookie alone: a value is a visitor's session.
    cookies = {sent.partition("=")[0].strip() for sent in traces.cookies}
    places: dict[str, Any] = {
        "sign": traces.signs, "script": traces.scripts, "markup": traces.markup, "generator": traces.generator.lower(), "cookie": cookies,
    }  # fmt: skip
    for place, where in places.items():
        for rank, word in _traces()[place]:
            if rank >= best:
                break
            if word in where:
                shown = traces.generator[:60] if place == "generator" else word.decode() if place == "markup" else word
                best, evidence = rank, f"{place}: {shown}"
                break
    return (known[best], evidence) if evidence else None


def of_address(url: str) -> str | None:
    """Name of the product that an address alone tells, for example of a host that is only submitted to."""
    host, rest = split(url)
    by_host = _by_host(host)
    if by_host:
        return by_host[0].name
    found = _by_address(host, rest)
    return found[0].name if found else None


@lru_cache(maxsize=1024)
def split(url: str) -> tuple[str, str]:
    """Host, and path with query, of a URL."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip("."), parts.path + (f"?{parts.query}" if parts.query else "")
    except ValueError:
        return "", ""
