"""Certificates, servers and a way to them, for the tests of the TLS inventory."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gemcrawl.fetch.guard import Guard
from gemcrawl.transport.probe import Connect, guarded
from tests.transport.builders import issue

from .servers import OPENSSL, Certificates, free_port, wait_for

StartOpenssl = Callable[..., int]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A self-signed certificate of each kind."""
    folder = tmp_path_factory.mktemp("certificates")
    keys: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    for kind, key in keys.items():
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{kind}.pem").write_bytes(pem + issue("x.test", key=key, names=("x.test",)).pem)
    return Certificates(folder / "rsa.pem", folder / "ecdsa.pem")


@pytest.fixture
def start_openssl(certificates: Certificates) -> Iterator[StartOpenssl]:
    """Starts ``openssl s_server`` with the arguments given, and with the RSA certificate unless they name another; gives its port."""
    if OPENSSL is None:
        pytest.skip("no openssl on this machine")
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, certificate: Path | None = None) -> int:
        port = free_port()
        command = [str(OPENSSL), "s_server", "-quiet", "-accept", str(port), "-cert", str(certificate or certificates.rsa), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        wait_for(port, process)
        return port

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def connect() -> Connect:
    """A way to servers on loopback."""
    return guarded(Guard(["127.0.0.0/8", "::1/128"]), 2.0)
