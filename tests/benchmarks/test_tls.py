"""The TLS benchmark counts, reads and compares rightly; the tools themselves are not run here."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.tls import agreement
from benchmarks.tls.run_testssl import read

OURS = {"versions": ("TLSv1.2",), "suites": ("TLS_RSA_WITH_AES_128_CBC_SHA",), "certificate": "valid"}
SSLYZE = {"suites": {"TLSv1.2": ["TLS_RSA_WITH_AES_128_CBC_SHA"]}, "certificate": [{"valid": True, "errors": []}]}


def test_two_that_found_the_same_do_not_differ() -> None:
    assert [agreement.versions(OURS, SSLYZE), agreement.suites(OURS, SSLYZE), agreement.certificate(OURS, SSLYZE)] == ["", "", ""]


def test_a_version_that_one_of_them_missed_is_named() -> None:
    assert agreement.versions({**OURS, "versions": ("TLSv1.2", "TLSv1.3")}, SSLYZE) == "1 only gemcrawl: TLSv1.3"


def test_a_suite_that_gemcrawl_missed_is_named() -> None:
    assert agreement.suites({**OURS, "suites": ()}, SSLYZE) == "1 only the other: TLS_RSA_WITH_AES_128_CBC_SHA"


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [
        ("expired", [{"valid": False, "errors": ["too old"]}], False),
        ("incomplete_chain", [{"valid": False, "errors": []}], False),
        ("valid", [{"valid": True, "errors": []}, {"valid": False, "errors": ["weak key"]}], True),
        ("expired", {"cert_chain_of_trust": "passed.", "cert_trust": "Ok via SAN"}, True),
        ("expired", {"cert_chain_of_trust": "failed (expired)."}, False),
        ("hostname_mismatch", {"cert_chain_of_trust": "passed.", "cert_trust": "certificate does not match supplied URI"}, False),
        ("valid", None, True),
    ],
)
def test_certificates_agree_when_both_are_good_or_both_bad(ours: str, theirs: object, differs: bool) -> None:
    assert bool(agreement.certificate({"certificate": ours}, {"certificate": theirs})) is differs


def test_findings_of_testssl_are_read() -> None:
    findings = {
        "TLS1_1": "not offered",
        "TLS1_2": "offered",
        "TLS1_3": "offered with final",
        "cipher-tls1_2_xc030": "TLS 1.2   xc030   TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384   ECDH 253   AESGCM   256   ECDHE-RSA-AES256-GCM-SHA384",
        "cipher-tls1_x2f": "TLS 1   x2f   TLS_RSA_WITH_AES_128_CBC_SHA   RSA   AES   128   AES128-SHA",
        "cert_chain_of_trust": "passed.",
        "cert_serialNumber": "1",
    }
    assert read([{"id": key, "finding": text} for key, text in findings.items()]) == {
        "versions": ["TLSv1.2", "TLSv1.3"],
        "suites": {"TLSv1.2": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"], "TLSv1": ["TLS_RSA_WITH_AES_128_CBC_SHA"]},
        "certificate": {"cert_chain_of_trust": "passed."},
    }


@contextmanager
def relayed(behind: int, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.tls.relay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps([["x", "127.0.0.1", port, behind]]), file=process.stdin, flush=True)
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def test_the_relay_counts_connections_apart_from_those_that_send_something() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        with relayed(server.getsockname()[1], port) as process:
            socket.create_connection(("127.0.0.1", port)).close()
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"hello")
                accepted, _ = server.accept()
                with accepted:
                    assert accepted.recv(5) == b"hello"
                    accepted.sendall(b"answer")
                assert client.recv(10) == b"answer"
            assert process.stdin is not None
            assert process.stdout is not None
            print(file=process.stdin, flush=True)
            assert json.loads(process.stdout.readline()) == {"x": {"connections": 2, "handshakes": 1, "up": 5, "down": 6}}
