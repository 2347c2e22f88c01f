"""What the inventory finds must be what the server was told to accept, no more, no less, in its order, and for few handshakes."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread

import pytest
from OpenSSL import SSL

from gemcrawl.transport.probe import Connect, Inventory, Limits, take_inventory
from gemcrawl.transport.probe.names import load

from .conftest import StartOpenssl
from .servers import (
    NGINX,
    Certificates,
    counted,
    free_port,
    frugal,
    openssl,
    suites_of,
    wait_for,
)

NAMES = load()
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
ALL_TLS13 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]


async def inventory_of(port: int, connect: Connect, limits: Limits = Limits(back_off=0.05)) -> Inventory:  # noqa: B008
    """Of a real server, whose accepted connections must be the handshakes that the inventory says it made."""
    async with counted(port) as counter:
        inventory = await take_inventory("x.test", "127.0.0.1", counter.port, connect=connect, limits=limits)
        assert inventory.handshakes == counter.accepted <= 60
        assert len(set(inventory.groups)) == len(inventory.groups)
    return inventory


class TestOfOpenssl:
    async def test_by_default(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        inventory = await inventory_of(start_openssl(), connect)
        expected = [name for name in suites_of("DEFAULT", "-tls1_2") if "_ECDSA_" not in name]
        assert inventory.versions == ("TLSv1.2", "TLSv1.3")
        assert inventory.cipher_suites[:3] == tuple(ALL_TLS13)
        assert sorted(inventory.cipher_suites[3:]) == sorted(expected)
        assert {"x25519", "secp256r1", "x448", "secp521r1", "secp384r1"} <= set(inventory.groups)
        assert (inventory.complete, inventory.failure) == (True, None)
        assert frugal(inventory)
        assert inventory.handshakes <= 45

    async def test_with_an_ecdsa_certificate(self, start_openssl: StartOpenssl, connect: Connect, certificates: Certificates) -> None:
        inventory = await inventory_of(start_openssl("-groups", "P-384:P-256:X25519", certificate=certificates.ecdsa), connect)
        expected = [name for name in suites_of("DEFAULT", "-tls1_2") if "_ECDSA_" in name]
        assert sorted(inventory.cipher_suites[3:]) == sorted(expected)
        assert set(inventory.groups) == {"x25519", "secp256r1", "secp384r1"}
        assert inventory.complete
        assert frugal(inventory)

    async def test_curves_beside_that_of_an_ecdsa_certificate(
        self, start_openssl: StartOpenssl, connect: Connect, certificates: Certificates
    ) -> None:
        port = start_openssl("-tls1_2", "-groups", "P-521:brainpoolP256r1:P-256:X25519", certificate=certificates.ecdsa)
        inventory = await inventory_of(port, connect)
        assert set(inventory.groups) == {"secp521r1", "brainpoolP256r1", "secp256r1", "x25519"}
        assert inventory.complete
        assert frugal(inventory)

    async def test_with_both_certificates(self, start_openssl: StartOpenssl, connect: Connect, certificates: Certificates) -> None:
        both = ("-dcert", str(certificates.ecdsa), "-dkey", str(certificates.ecdsa))
        inventory = await inventory_of(start_openssl(*both, "-cipher", "ECDHE+AESGCM"), connect)
        assert sorted(inventory.cipher_suites[3:]) == sorted(suites_of("ECDHE+AESGCM", "-tls1_2"))
        assert inventory.complete

    async def test_with_an_order_of_its_own(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        wanted = ["AES128-SHA", "ECDHE-RSA-AES128-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"]
        port = start_openssl(
            "-serverpref", "-cipher", ":".join(wanted), "-ciphersuites", "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_8_SHA256",
            "-groups", "ffdhe3072:P-521:X448:P-256",
        )  # fmt: skip
        inventory = await inventory_of(port, connect)
        assert inventory.cipher_suites == (
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_128_CCM_8_SHA256",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        )
        assert inventory.groups == ("ffdhe3072", "secp521r1", "x448", "secp256r1")
        assert inventory.complete
        assert frugal(inventory)

    async def test_its_order_where_the_certificate_decides_the_suite_and_the_curve(
        self, start_openssl: StartOpenssl, connect: Connect, certificates: Certificates
    ) -> None:
        wanted = ["ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-SHA"]
        both = ("-dcert", str(certificates.ecdsa), "-dkey", str(certificates.ecdsa))
        port = start_openssl("-tls1_2", "-serverpref", *both, "-cipher", ":".join(wanted), "-groups", "P-521:P-256:X25519")
        inventory = await inventory_of(port, connect)
        assert inventory.cipher_suites == (
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
        )
        assert set(inventory.groups) == {"secp521r1", "secp256r1", "x25519"}
        assert inventory.complete

    async def test_one_answer_tells_a_suite_and_a_curve(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        wanted = "X25519:P-256:X448:P-521:P-384"
        inventory = await inventory_of(start_openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:kRSA", "-groups", wanted), connect)
        alone = await inventory_of(start_openssl("-tls1_2", "-cipher", "ECDHE", "-groups", wanted), connect)
        assert {"x25519", "secp256r1", "x448", "secp521r1", "secp384r1"} == set(inventory.groups) == set(alone.groups)
        refusals = 4  # of TLS 1.1, and of more common suites, rare suites and curves
        assert len(alone.cipher_suites) >= 5
        assert alone.handshakes == len(alone.cipher_suites) + refusals
        assert inventory.handshakes == len(inventory.cipher_suites) + refusals + 4

    async def test_curves_that_only_tls_1_2_has(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        wanted = "X25519:brainpoolP384r1:secp224r1:secp256k1:sect283r1"
        port = start_openssl("-serverpref", "-groups", wanted, "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0")
        inventory = await inventory_of(port, connect)
        assert inventory.groups == ("x25519", "brainpoolP384r1", "secp224r1", "secp256k1", "sect283r1")
        assert inventory.complete

    async def test_curves_without_tls_1_3(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        inventory = await inventory_of(start_openssl("-serverpref", "-tls1_2", "-groups", "P-384:P-256:X25519"), connect)
        assert inventory.groups[:3] == ("secp384r1", "secp256r1", "x25519")
        assert inventory.versions == ("TLSv1.2",)

    @pytest.mark.parametrize(
        ("flags", "versions"),
        [
            (["-tls1"], ("TLSv1",)),
            (["-tls1_1"], ("TLSv1.1",)),
            (["-tls1_2"], ("TLSv1.2",)),
            (["-tls1_3"], ("TLSv1.3",)),
            (["-no_tls1_3"], ("TLSv1", "TLSv1.1", "TLSv1.2")),
            (["-no_tls1_1", "-no_tls1_2"], ("TLSv1", "TLSv1.3")),
            ([], ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
        ],
    )
    async def test_its_versions(self, flags: list[str], versions: tuple[str, ...], start_openssl: StartOpenssl, connect: Connect) -> None:
        inventory = await inventory_of(start_openssl(*flags, "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0"), connect)
        old = ("TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA") if versions != ("TLSv1.3",) else ()
        assert inventory.versions == versions
        assert inventory.cipher_suites == (*(ALL_TLS13 if "TLSv1.3" in versions else ()), *old)
        assert inventory.complete
        assert frugal(inventory)

    @pytest.mark.parametrize("cipher_list", ["aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0", "kRSA:@SECLEVEL=0"])
    async def test_suites_that_nobody_should_speak(self, cipher_list: str, start_openssl: StartOpenssl, connect: Connect) -> None:
        inventory = await inventory_of(start_openssl("-tls1_2", "-cipher", cipher_list), connect)
        expected = [name for name in suites_of(cipher_list, "-tls1_2") if "_ECDSA_" not in name]
        assert sorted(inventory.cipher_suites) == sorted(expected)
        assert len(expected) >= 5
        assert inventory.complete
        assert frugal(inventory)

    @pytest.mark.parametrize("size", [2048, 3072])
    async def test_a_prime_field_of_rfc_7919(self, size: int, start_openssl: StartOpenssl, connect: Connect, tmp_path: Path) -> None:
        parameters = tmp_path / "dh.pem"
        parameters.write_text(openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:ffdhe{size}"))
        inventory = await inventory_of(start_openssl("-tls1_2", "-dhparam", str(parameters), "-cipher", "DHE-RSA-AES128-SHA"), connect)
        assert inventory.groups == (f"ffdhe{size}",)

    async def test_a_prime_field_that_is_a_group_of_tls_1_3_too(
        self, start_openssl: StartOpenssl, connect: Connect, tmp_path: Path
    ) -> None:
        parameters = tmp_path / "dh.pem"
        parameters.write_text(openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072"))
        port = start_openssl("-dhparam", str(parameters), "-cipher", "DHE-RSA-AES128-SHA", "-groups", "ffdhe3072")
        assert (await inventory_of(port, connect)).groups == ("ffdhe3072",)

    async def test_too_much_for_the_budget_still_shows_what_is_weak(self, start_openssl: StartOpenssl, connect: Connect) -> None:
        inventory = await inventory_of(start_openssl("-serverpref", "-cipher", EVERYTHING), connect)
        assert (inventory.complete, inventory.failure, inventory.handshakes) == (False, "budget", 60)
        assert inventory.versions == ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
        accepted = {*suites_of(EVERYTHING, "-tls1_2"), *ALL_TLS13}
        assert set(inventory.cipher_suites) < accepted
        assert any("anon" in name or "NULL" in name for name in inventory.cipher_suites)


async def test_of_python_with_a_prime_field_of_its_own(tmp_path: Path, connect: Connect, certificates: Certificates) -> None:
    parameters = tmp_path / "dh.pem"
    parameters.write_text(openssl("dhparam", "-dsaparam", "1024"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:@SECLEVEL=0")
    context.load_cert_chain(certificates.rsa)
    context.load_dh_params(str(parameters))
    context.set_ecdh_curve("secp521r1")
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context) as server:
        inventory = await inventory_of(server.sockets[0].getsockname()[1], connect)
    assert inventory.versions == ("TLSv1.2",)
    assert inventory.cipher_suites == ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")
    assert inventory.groups == ("secp521r1", "dhe-1024")
    assert inventory.complete


@pytest.fixture
def modern(certificates: Certificates) -> Iterator[Callable[[str], int]]:
    """Starts the OpenSSL that `cryptography` brings along, younger than the machine's, with groups in order; gives its port."""
    if SSL.OPENSSL_VERSION_NUMBER < 0x30500000:
        pytest.skip("no OpenSSL with ML-KEM here")
    with ExitStack() as running:

        def start(groups: str) -> int:
            context = SSL.Context(SSL.TLS_SERVER_METHOD)
            context.use_privatekey_file(str(certificates.rsa))
            context.use_certificate_file(str(certificates.rsa))
            assert SSL._lib.SSL_CTX_set1_curves_list(context._context, groups.encode()) == 1
            listener = running.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = Thread(target=answer, args=(context, listener))
            thread.start()
            running.callback(thread.join)
            running.callback(listener.shutdown, socket.SHUT_RDWR)
            return int(listener.getsockname()[1])

        def answer(context: SSL.Context, listener: socket.socket) -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client, suppress(SSL.Error):
                    connection = SSL.Connection(context, client)
                    connection.set_accept_state()
                    connection.do_handshake()

        yield start


class TestOfAnOpensslWithHybridGroups:
    async def test_in_its_order(self, modern: Callable[[str], int], connect: Connect) -> None:
        inventory = await inventory_of(modern("SecP256r1MLKEM768:X25519MLKEM768:P-256:SecP384r1MLKEM1024:X25519:MLKEM768"), connect)
        assert inventory.versions == ("TLSv1.2", "TLSv1.3")
        assert set(inventory.groups) == {
            "SecP256r1MLKEM768", "X25519MLKEM768", "secp256r1", "SecP384r1MLKEM1024", "x25519", "MLKEM768",
        }  # fmt: skip
        assert inventory.complete
        assert frugal(inventory)

    async def test_alone(self, modern: Callable[[str], int], connect: Connect) -> None:
        inventory = await inventory_of(modern("X25519MLKEM768"), connect)
        assert (inventory.groups, inventory.complete) == (("X25519MLKEM768",), True)


@pytest.fixture
def nginx(tmp_path: Path, certificates: Certificates) -> Iterator[int]:
    """The port of an nginx with an order of its own."""
    if NGINX is None:
        pytest.skip("no nginx on this machine")
    port = free_port()
    paths = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(f"""
        daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}
        http {{
          access_log off; {paths}
          server {{
            listen 127.0.0.1:{port} ssl; ssl_certificate {certificates.rsa}; ssl_certificate_key {certificates.rsa};
            ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on; ssl_ecdh_curve X448:prime256v1;
            ssl_ciphers AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384;
          }}
        }}""")
    with subprocess.Popen([NGINX, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]) as process:
        wait_for(port, process)
        yield port
        process.terminate()


async def test_of_nginx_in_its_order(nginx: int, connect: Connect) -> None:
    inventory = await inventory_of(nginx, connect)
    assert inventory.versions == ("TLSv1.2", "TLSv1.3")
    assert inventory.cipher_suites == (*ALL_TLS13, "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    assert inventory.groups == ("x448", "secp256r1")
    assert inventory.complete


GNUTLS = shutil.which("gnutls-serv")


@pytest.fixture
def start_gnutls(certificates: Certificates, tmp_path: Path) -> Iterator[Callable[[str], int]]:
    """Starts ``gnutls-serv`` with a priority string; gives its port."""
    if GNUTLS is None:
        pytest.skip("no gnutls-serv on this machine")
    running: list[subprocess.Popen[bytes]] = []

    def start(priority: str) -> int:
        port, file = free_port(), str(certificates.rsa)
        command = [str(GNUTLS), "--http", "--quiet", "--port", str(port), "--x509certfile", file, "--x509keyfile", file]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen([*command, "--priority", priority], cwd=tmp_path, **silent))
        wait_for(port, running[-1])
        return port

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("order", ["", ":%SERVER_PRECEDENCE"])
async def test_of_gnutls_by_its_clients_order_and_its_own(order: str, start_gnutls: Callable[[str], int], connect: Connect) -> None:
    groups = "-GROUP-ALL:+GROUP-SECP384R1:+GROUP-X25519:+GROUP-FFDHE3072"
    ciphers = "-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:-MAC-ALL:+AEAD:-KX-ALL:+ECDHE-RSA:+DHE-RSA"
    inventory = await inventory_of(start_gnutls(f"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:{groups}:{ciphers}{order}"), connect)
    assert inventory.versions == ("TLSv1.2", "TLSv1.3")
    both = ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256")
    assert set(inventory.cipher_suites) == {f"TLS_{kx}{c}" for kx in ("", "ECDHE_RSA_WITH_", "DHE_RSA_WITH_") for c in both}
    assert set(inventory.groups) == {"secp384r1", "x25519", "ffdhe3072"}
    assert inventory.complete
    assert frugal(inventory)
