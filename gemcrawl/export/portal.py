"""A snapshot described for an open-data portal: DCAT-AP-NL 3.0 as JSON-LD.

One dataset, under one address for all nights, so that a portal that harvests every night updates it and adds none: its distributions are the
tables of the snapshot described, `dcat:version` and `dct:temporal` say which that is.  What does not depend on the publisher is data
(portal.toml, beside this file); who publishes, where, and under which licence is in a file of the publisher's own.

Source: https://docs.geostandaarden.nl/dcat/dcat-ap-nl30/
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ada_url

from gemcrawl.exceptions import UsageError

if TYPE_CHECKING:
    from gemcrawl.export.tables import Snapshot

_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


WANTED = "it is TOML with url, license, publisher_name, publisher_uri, contact_name, and contact_email or contact_url (docs/export.md)"
"""Of a publisher's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who publishes, where, and under which licence."""

    url: str
    """Where the directory of the snapshots is served, without a slash at its end."""
    license: str
    """URI of the licence."""
    publisher_name: str
    publisher_uri: str
    contact_name: str
    contact_email: str = ""
    contact_url: str = ""
    landing_page: str = ""
    """A page for people; the contact's when left out."""

    @classmethod
    def read(cls, path: Path) -> Publisher:
        """Reads a publisher's file: TOML with these fields.

        Raises:
            UsageError: it cannot be read, something is missing, unknown or no web address.
        """
        try:
            given = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UsageError(f"--portal {path} cannot be read ({' '.join(reason.split())}); {WANTED}") from None
        known = {field.name: field for field in fields(cls)}
        if wrong := sorted(name for name, value in given.items() if name not in known or not isinstance(value, str)):
            raise UsageError(f"--portal {path}: {', '.join(wrong)}: unknown, or no text; there are: {', '.join(known)}")
        if missing := [name for name in list(known)[:5] if not given.get(name, "").strip()]:
            raise UsageError(f"--portal {path}: {', '.join(missing)}: missing; {WANTED}")
        found = cls(**{name: value.strip() for name, value in given.items()})
        if not (found.contact_email or found.contact_url):
            raise UsageError(f"--portal {path}: name a contact_email or a contact_url")
        for name in ("url", "license", "publisher_uri", "contact_url", "landing_page"):
            value = getattr(found, name)
            if value and (not value.startswith(("http://", "https://")) or not ada_url.check_url(value)):
                raise UsageError(f"--portal {path}: {name} {value!r} is no address that begins with http:// or https://")
        return found


def describe(snapshot: Snapshot, publisher: Publisher) -> dict[str, Any]:
    """The description of a snapshot as a JSON-LD document: a catalogue with the dataset in it."""
    words = tomllib.loads((resources.files("gemcrawl.export") / "portal.toml").read_text("utf-8"))
    base = publisher.url.rstrip("/")
    agent = {"@id": publisher.publisher_uri, "@type": "foaf:Agent", "foaf:name": publisher.publisher_name}
    shared = {"dct:publisher": agent, "dcat:contactPoint": _contact(base, publisher)}
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _texts(words["catalogue"]),
        "dct:description": _texts(words["catalogue"], "description_"),
        "dct:language": _languages(words),
        "dct:license": {"@id": publisher.license, "@type": "dct:LicenseDocument"},
        **shared,
        "dcat:dataset": [_dataset(base, snapshot, publisher, words, shared)],
    }


def _dataset(base: str, snapshot: Snapshot, publisher: Publisher, words: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    told = snapshot.descriptor["gemcrawl"]
    identifier = f"{base}/#dataset"
    distributions = [_distribution(base, snapshot, resource, publisher, words) for resource in snapshot.descriptor["resources"]]
    return {
        "@id": identifier,
        "@type": "dcat:Dataset",
        "dct:identifier": identifier,
        "dct:title": _texts(words["dataset"]),
        "dct:description": _texts(words["dataset"], "description_"),
        "dcat:keyword": [_text(word, lang) for lang in ("nl", "en") for word in words["dataset"][f"keywords_{lang}"]],
        "dcat:theme": [{"@id": theme["uri"], "@type": "skos:Concept", "skos:prefLabel": _texts(theme)} for theme in words["themes"]],
        "dct:accessRights": {"@id": words["access_rights"], "@type": "dct:RightsStatement"},
        "dct:accrualPeriodicity": {"@id": words["frequency"], "@type": "dct:Frequency"},
        "dct:spatial": {"@id": words["spatial"], "@type": "dct:Location"},
        "dct:language": _languages(words),
        "dct:conformsTo": {"@id": words["conforms_to"], "@type": "dct:Standard"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _typed(told["started"], "dateTime"),
            "dcat:endDate": _typed(told["finished"], "dateTime"),
        },
        "dct:modified": _typed(told["finished"], "dateTime"),
        "dcat:version": snapshot.name,
        "dct:creator": shared["dct:publisher"],
        **shared,
        "dcat:landingPage": {"@id": publisher.landing_page or publisher.contact_url or f"{base}/", "@type": "foaf:Document"},
        "dcat:distribution": distributions,
    }


def _distribution(base: str, snapshot: Snapshot, resource: dict[str, Any], publisher: Publisher, words: dict[str, Any]) -> dict[str, Any]:
    address = f"{base}/snapshot={snapshot.name}/{resource['path']}"
    algorithm, digest = resource["hash"].split(":")
    if algorithm != "sha256":
        raise UsageError(f"{snapshot.path}: {resource['path']} has a hash by {algorithm}; only sha256 can be described")
    return {
        "@id": f"{base}/#{resource['name']}",
        "@type": "dcat:Distribution",
        "dct:title": _text(resource["name"], "en"),
        "dct:description": _text(f"{resource['description']} {resource['rows']} rows.", "en"),
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": address},
        "dct:format": {"@id": words["format"], "@type": "dct:MediaTypeOrExtent"},
        "dcat:mediaType": {"@id": words["media_types"] + resource["mediatype"], "@type": "dct:MediaType"},
        "dcat:byteSize": _typed(str(resource["bytes"]), "nonNegativeInteger"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": words["checksum"], "@type": "spdx:ChecksumAlgorithm"},
            "spdx:checksumValue": _typed(digest, "hexBinary"),
        },
        "dct:license": {"@id": publisher.license, "@type": "dct:LicenseDocument"},
        "dct:language": _languages(words),
        "dct:conformsTo": {"@id": words["conforms_to"], "@type": "dct:Standard"},
        "dcatap:availability": {"@id": words["availability"], "@type": "skos:Concept", "skos:prefLabel": _text("available", "en")},
        "dct:modified": _typed(snapshot.descriptor["gemcrawl"]["finished"], "dateTime"),
    }


def _contact(base: str, publisher: Publisher) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": f"{base}/#contact", "@type": "vcard:Kind", "vcard:fn": publisher.contact_name}
    if publisher.contact_email:
        found["vcard:hasEmail"] = {"@id": f"mailto:{publisher.contact_email.removeprefix('mailto:')}"}
    if publisher.contact_url:
        found["vcard:hasURL"] = {"@id": publisher.contact_url}
    return found


def _languages(words: dict[str, Any]) -> list[dict[str, str]]:
    return [{"@id": language, "@type": "dct:LinguisticSystem"} for language in words["languages"]]


def _texts(words: dict[str, Any], before: str = "") -> list[dict[str, str]]:
    return [_text(words[f"{before}{lang}"], lang) for lang in ("nl", "en")]


def _text(value: str, lang: str) -> dict[str, str]:
    return {"@value": value, "@language": lang}


def _typed(value: str, kind: str) -> dict[str, str]:
    return {"@value": value, "@type": f"xsd:{kind}"}


def write_dcat(snapshot: Snapshot, publisher: Publisher, to: Path) -> None:
    """Writes the description as JSON-LD.

    Raises:
        OSError: the file cannot be written.
    """
    to.write_text(json.dumps(describe(snapshot, publisher), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
