"""The description for an open-data portal, read as RDF and held against what the standard makes mandatory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import DCAT, DCTERMS, RDF, Graph, Literal, Namespace, URIRef

from gemcrawl.exceptions import UsageError
from gemcrawl.export.portal import Publisher, describe, write_dcat
from gemcrawl.export.tables import Snapshot
from tests.support.nights import second_night

pytestmark = pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset):DeprecationWarning")  # of rdflib's own JSON-LD reader

SHAPES = Graph().parse(Path(__file__).parent / "dcat_ap_nl.ttl")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VERSION = URIRef("http://www.w3.org/ns/dcat#version")  # of DCAT 3, which rdflib does not know yet


def _graph(snapshot: Snapshot, portal: Path) -> Graph:
    return Graph().parse(data=json.dumps(describe(snapshot, Publisher.read(portal))), format="json-ld")


def _complaints(graph: Graph) -> str:
    conforms, _, told = validate(graph, shacl_graph=SHAPES)
    return "" if conforms else told


def test_it_has_all_that_the_standard_makes_mandatory(night: Snapshot, portal: Path) -> None:
    assert _complaints(_graph(night, portal)) == ""


@pytest.mark.parametrize("path", sorted({str(path) for path in SHAPES.objects(None, URIRef("http://www.w3.org/ns/shacl#path"))}))
def test_the_shapes_miss_what_is_mandatory_when_it_is_gone(path: str, night: Snapshot, portal: Path) -> None:
    """Each shape can fail: without a property that must be there the description is refused."""
    needed = {
        str(SHAPES.value(shape, URIRef("http://www.w3.org/ns/shacl#path")))
        for shape in SHAPES.subjects(URIRef("http://www.w3.org/ns/shacl#minCount"))
    } - {"http://www.w3.org/2006/vcard/ns#hasEmail", "http://www.w3.org/2006/vcard/ns#hasURL"}
    graph = _graph(night, portal)
    graph.remove((None, URIRef(path), None))
    assert bool(_complaints(graph)) == (path in needed)


def test_distributions_are_the_files_as_they_are(night: Snapshot, portal: Path) -> None:
    graph = _graph(night, portal)
    found = {str(graph.value(each, DCAT.downloadURL)): each for each in graph.subjects(RDF.type, DCAT.Distribution)}
    assert len(found) == 4
    for address, each in found.items():
        begin, name = address.rsplit("/", 1)
        assert begin == f"https://data.example.org/gemcrawl/snapshot={night.name}"
        content = (night.path / name).read_bytes()
        assert graph.value(each, DCAT.byteSize).toPython() == len(content)
        checksum = graph.value(each, SPDX.checksum)
        assert str(graph.value(checksum, SPDX.checksumValue)) == hashlib.sha256(content).hexdigest()


def test_another_night_is_the_same_dataset_in_another_version(night: Snapshot, portal: Path, tmp_path: Path) -> None:
    later = Snapshot.open(second_night(tmp_path / "output"))
    graphs = [_graph(each, portal) for each in (night, later)]
    (first,), (second,) = (list(graph.subjects(RDF.type, DCAT.Dataset)) for graph in graphs)
    assert first == second
    assert [graph.value(first, VERSION) for graph in graphs] == [Literal(night.name), Literal(later.name)]
    assert str(graphs[0].value(first, DCTERMS.identifier)) == str(first)


def test_the_file_is_the_description(night: Snapshot, portal: Path, tmp_path: Path) -> None:
    write_dcat(night, Publisher.read(portal), tmp_path / "dcat.jsonld")
    assert len(Graph().parse(tmp_path / "dcat.jsonld", format="json-ld")) == len(_graph(night, portal))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("url = 'https://data.example.org'", "license, publisher_name, publisher_uri, contact_name: missing"),
        ("licence = 'x'", "licence: unknown"),
        ("url = 3", "url: unknown, or no text"),
        ("url =", "cannot be read"),
    ],
)
def test_what_a_publisher_forgot_is_told(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text(line)
    with pytest.raises(UsageError, match=words):
        Publisher.read(tmp_path / "portal.toml")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("contact_email", "", "contact_email or a contact_url"),
        ("url", "ftp://x", "no address that begins with"),
        ("license", "javascript:x", "no address that begins with"),
        ("publisher_uri", "https://", "no address that begins with"),
    ],
)
def test_what_cannot_be_an_address_is_told(name: str, value: str, words: str, portal: Path, tmp_path: Path) -> None:
    given = [line for line in portal.read_text("utf-8").splitlines() if not line.startswith((f"{name} ", "contact_url"))]
    (tmp_path / "portal.toml").write_text("\n".join([*given, f"{name} = {json.dumps(value)}"]))
    with pytest.raises(UsageError, match=words):
        Publisher.read(tmp_path / "portal.toml")
