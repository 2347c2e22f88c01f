"""The server as a process, over real sockets, one TLS profile after the other."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import socket
import ssl
import struct
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gemcrawl.demo.process import DemoError, DemoServer


@dataclass
class Served:
    server: DemoServer
    truth: dict[str, Any]

    def end(self, host: str, port: int) -> tuple[str, int]:
        """Where connect-to leads."""
        for rule in self.server.connect_to:
            name, number, address, to = rule.split(":")
            if int(number) == port and (name == host or (name[0] == "*" and host.endswith(name[1:]))):
                return address, int(to)
        raise AssertionError(host)

    def host(self, case: str, kind: str = "appointment") -> str:
        town = next(t for t in self.truth["municipalities"] if t["case"] == case)
        return str(next(f for f in town["forms"] if f["kind"] == kind)["page_url"].split("/")[2])

    def website(self, case: str) -> str:
        return str(next(t for t in self.truth["municipalities"] if t["case"] == case)["website"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with DemoServer(tmp_path_factory.mktemp("nation")) as server:
        yield Served(server, json.loads(server.truth_file.read_text(encoding="utf-8")))


def _handshake(served: Served, host: str, context: ssl.SSLContext) -> tuple[str, bytes, bytes]:
    """Version, leaf and the first bytes of the answer to a request."""
    with socket.create_connection(served.end(host, 443), 5) as raw, context.wrap_socket(raw, server_hostname=host) as tls:
        tls.sendall(f"GET /robots.txt HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return tls.version() or "", tls.getpeercert(binary_form=True) or b"", tls.recv(16)


def _strict(served: Served) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(served.server.ca_file))


def _lax() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _only(served: Served, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = _strict(served)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def test_good_hosts_verify_and_answer(served: Served) -> None:
    version, _, answer = _handshake(served, served.website("plain"), _strict(served))
    assert version == "TLSv1.3"
    assert answer.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("a_expired", "certificate has expired"),
        ("a_not_yet_valid", "certificate is not yet valid"),
        ("a_self_signed", "self.signed certificate"),
        ("a_wrong_host", "Hostname mismatch"),
        ("a_incomplete", "unable to get local issuer"),
        ("a_untrusted", "unable to get local issuer"),
    ],
)
def test_bad_certificates_are_bad_for_the_reason_they_should(served: Served, case: str, message: str) -> None:
    host = served.host(case)
    with pytest.raises(ssl.SSLCertVerificationError, match=message):
        _handshake(served, host, _strict(served))
    assert _handshake(served, host, _lax())[2].startswith(b"HTTP/1.1 ")


def test_the_missing_intermediate_is_where_the_leaf_says(served: Served) -> None:
    host = served.host("a_incomplete")
    leaf = x509.load_der_x509_certificate(_handshake(served, host, _lax())[1])
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [a.access_location.value for a in access] == ["http://pki.test/intermediate.der"]
    with socket.create_connection(served.end("pki.test", 80), 5) as raw:
        raw.sendall(b"GET /intermediate.der HTTP/1.1\r\nHost: pki.test\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    intermediate = x509.load_der_x509_certificate(answer.partition(b"\r\n\r\n")[2])
    assert intermediate.subject == leaf.issuer
    context = _strict(served)
    context.load_verify_locations(cadata=intermediate.public_bytes(Encoding.DER))
    assert _handshake(served, host, context)[0] == "TLSv1.3"


@pytest.mark.parametrize(
    ("case", "accepted", "refused"),
    [
        ("a_tls_old", (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1), (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)),
        ("n_tls12", (ssl.TLSVersion.TLSv1_2,), (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_3)),
        ("n_tls13", (ssl.TLSVersion.TLSv1_3,), (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2)),
        ("plain", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3), (ssl.TLSVersion.TLSv1_1,)),
    ],
)
def test_versions(served: Served, case: str, accepted: tuple[ssl.TLSVersion, ...], refused: tuple[ssl.TLSVersion, ...]) -> None:
    host = served.website("plain") if case == "plain" else served.host(case)
    for version in accepted:
        assert _handshake(served, host, _only(served, version))[2].startswith(b"HTTP/1.1 ")
    for version in refused:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            _handshake(served, host, _only(served, version))


GOOD_12 = {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"}
GOOD_13 = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"}
UNLISTED = {
    "ECDHE-ECDSA-AES256-CCM8", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-CAMELLIA256-SHA384", "ECDHE-ECDSA-CAMELLIA128-SHA256",
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "suites"),
    [("plain", GOOD_12), ("n_tls12", GOOD_12), ("a_tls_insufficient", GOOD_12 | UNLISTED)],
)
def test_suites_of_tls_1_2(served: Served, case: str, suites: set[str]) -> None:
    """By removal, as a survey does: every suite that the server takes when the ones it took before are no longer offered."""
    host, taken = served.host(case), set[str]()
    while True:
        context = _only(served, ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(":".join(["ALL", *(f"!{name}" for name in sorted(taken)), "@SECLEVEL=0"]))
        try:
            with socket.create_connection(served.end(host, 443), 5) as raw, context.wrap_socket(raw, server_hostname=host) as tls:
                cipher = tls.cipher()
        except (ssl.SSLError, ConnectionResetError):
            break
        assert cipher is not None
        taken.add(cipher[0])
    assert taken == suites


def test_suites_group_key_and_signature_of_tls_1_3(served: Served) -> None:
    host = served.host("plain")
    address, port = served.end(host, 443)

    def openssl(*arguments: str) -> str:
        command = ["openssl", "s_client", "-connect", f"{address}:{port}", "-servername", host, "-tls1_3", *arguments]
        return subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False).stdout

    offered = [*GOOD_13, "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]
    assert {suite for suite in offered if f"Cipher is {suite}" in openssl("-ciphersuites", suite)} == GOOD_13
    assert "Server Temp Key: X25519" in openssl()
    groups = ("X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe3072")
    assert [group for group in groups if "Server Temp Key" in openssl("-groups", group)] == ["X25519"]
    leaf = x509.load_der_x509_certificate(_handshake(served, host, _lax())[1])
    key, signed = leaf.public_key(), leaf.signature_hash_algorithm
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert signed is not None
    assert (key.curve.name, signed.name) == ("secp256r1", "sha256")


def _hello(host: str) -> bytes:
    sent = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        _lax().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=host).do_handshake()
    return sent.read()


def test_aborted_handshakes_leave_no_trace(served: Served) -> None:
    host = served.website("plain")
    hello, descriptors = _hello(host), Path(f"/proc/{served.server.pid}/fd")
    before = len(list(descriptors.iterdir()))
    for attempt in range(80):
        with socket.create_connection(served.end(host, 443), 5) as raw:
            if attempt % 4 == 3:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.sendall((hello, hello[:50], b"\x15\x03\x01\x00\x02\x02\x28", hello)[attempt % 4])
            if attempt % 4 == 0:
                assert raw.recv(5)[:1] == b"\x16"
    assert _handshake(served, host, _strict(served))[0] == "TLSv1.3"
    deadline = time.monotonic() + 5
    while len(list(descriptors.iterdir())) > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(list(descriptors.iterdir())) <= before
    assert (served.server.directory / "server.log").read_bytes() == b""


def test_any_name_under_a_wildcard_domain_can_be_reached(served: Served) -> None:
    town = next(t for t in served.truth["municipalities"] if t["case"] == "n_wildcard")
    page = next(f for f in town["forms"] if f["known_host_only"])["page_url"]
    name = "q7x3." + page.split("/")[2].partition(".")[2]
    with socket.create_connection(served.end(name, 443), 5) as raw, _strict(served).wrap_socket(raw, server_hostname=name) as tls:
        tls.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: tls.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Waarvoor wilt u een afspraak maken?" in answer


@pytest.mark.parametrize(("case", "port"), [("o_refused", 443), ("o_refused", 80), ("a_http_site", 443), ("n_http_closed", 80)])
def test_closed_ports_refuse(served: Served, case: str, port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(served.end(served.website(case), port), 5)


def test_all_ways_lead_to_loopback(served: Served) -> None:
    assert all(rule.split(":")[2].startswith("127.") for rule in served.server.connect_to)
    assert served.server.connect_to[-2].startswith("*.test:443:")


def test_a_connection_is_kept_alive_and_takes_requests_in_a_row(served: Served) -> None:
    host = served.website("plain")
    request = f"GET /bestaat-niet HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    post = f"POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello".encode()
    with socket.create_connection(served.end(host, 443), 5) as raw, _strict(served).wrap_socket(raw, server_hostname=host) as tls:
        tls.sendall(request + post[:-2])
        tls.sendall(post[-2:] + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = b"".join(iter(lambda: tls.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"404", b"405", b"404"]


def test_what_is_sent_is_on_file_while_the_server_runs(tmp_path: Path) -> None:
    with DemoServer(tmp_path, size=1) as server:
        assert json.loads(server.sent_file.read_text(encoding="utf-8")) == []
        served = Served(server, {})
        with socket.create_connection(served.end("www.weblijn.test", 80), 5) as raw:
            raw.sendall(b"POST /x HTTP/1.1\r\nHost: www.weblijn.test\r\nConnection: close\r\n\r\n")
            while raw.recv(65536):
                pass
        sent = [{"method": "POST", "url": "http://www.weblijn.test/x", "count": 1}]
        assert json.loads(server.sent_file.read_text(encoding="utf-8")) == sent


def test_an_answer_can_be_so_late_that_nobody_waits_for_it(served: Served) -> None:
    host = served.host("s_endless")
    with socket.create_connection(served.end(host, 443), 5) as raw, _strict(served).wrap_socket(raw, server_hostname=host) as tls:
        tls.sendall(f"GET /plan/nieuws HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        tls.settimeout(0.3)
        with pytest.raises(TimeoutError):
            tls.recv(1)
    assert _handshake(served, host, _strict(served))[2].startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("rubbish", [b"\x16\x03\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"GET http://x/ HTTP/1.1\r\n\r\n", b"x" * 70_000])
def test_rubbish_ends_the_connection_and_nothing_else(served: Served, rubbish: bytes) -> None:
    with socket.create_connection(served.end("x.test", 80), 5) as raw:
        raw.sendall(rubbish)
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(10) == b""
    assert _handshake(served, served.website("plain"), _strict(served))[2].startswith(b"HTTP/1.1 ")


def test_files_for_the_survey(served: Served) -> None:
    with served.server.registry.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 390
    assert list(rows[0]) == ["code", "name", "province", "website", "lat", "lon"]
    with served.server.known_hosts.open(encoding="utf-8") as file:
        known = list(csv.DictReader(file))
    assert {row["code"] for row in known} < {row["code"] for row in rows}
    assert len(served.truth["appointment_without_https"]) == 10


def test_the_log_is_written_at_the_end(tmp_path: Path) -> None:
    with DemoServer(tmp_path, size=10) as server:
        small = Served(server, json.loads(server.truth_file.read_text(encoding="utf-8")))
        town = next(t for t in small.truth["municipalities"] if t["outcomes"] == ["surveyed"])
        with socket.create_connection(small.end(town["website"], 80), 5) as raw:
            raw.sendall(f"GET /uitloggen HTTP/1.1\r\nHost: {town['website']}\r\nConnection: close\r\n\r\n".encode())
            raw.recv(100)
        assert server.pid > 0
    log = json.loads(server.log_file.read_text(encoding="utf-8"))
    assert log["requests"] == 1
    assert log["forbidden"] == {f"http://{town['website']}/uitloggen": 1}
    assert server.pid == 0


def test_a_server_that_does_not_start_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="size 1 to"), DemoServer(tmp_path, size=0):
        pass
