"""Starts the servers of the cases, each on a port of its own of 127.0.0.1."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.tls.cases import Case
    from benchmarks.tls.certificates import Authority, Files

_FIRST_PORT = 20_000
_PROGRAMS = {"openssl": "openssl", "nginx": "nginx", "gnutls": "gnutls-serv", "python": sys.executable}
_NGINX = """daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {files.chain};
    ssl_certificate_key {files.key};
    {directives}
    location / {{ return 200 "ok"; }}
  }}
}}
"""


@contextmanager
def serving(cases: tuple[Case, ...], authority: Authority, folder: Path) -> Iterator[dict[str, int]]:
    """Runs the servers, those whose program is missing left out; gives the port of each case by its name."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:
        for port, case in enumerate(cases, start=_FIRST_PORT):
            program = shutil.which(_PROGRAMS[case.program]) or shutil.which(f"/usr/sbin/{case.program}")
            if program is None:
                print(f"{case.name}: left out, no {case.program} here", file=sys.stderr)
                continue
            files = authority.issue((case.host,), case.key, case.defect, sha1=case.sha1)
            log = stack.enter_context((folder / f"{case.name}.log").open("wb"))
            command = [program, *_arguments(case, port, files, authority, folder)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
            stack.callback(_end, process)
            ports[case.name] = port
        for name, port in ports.items():
            wait_for(name, port)
        yield ports


def wait_for(name: str, port: int, address: str = "127.0.0.1", seconds: float = 10) -> None:
    """Returns when somebody listens.

    Raises:
        RuntimeError: nobody does, after so many seconds.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{name} does not listen on {address} port {port}")


def _arguments(case: Case, port: int, files: Files, authority: Authority, folder: Path) -> list[str]:
    if case.program == "openssl":
        return ["s_server", "-quiet", "-www", "-accept", f"127.0.0.1:{port}", *_openssl(case, files, authority, folder), *case.options]
    if case.program == "gnutls":
        return [
            "--http",
            "--quiet",
            "--port",
            str(port),
            "--x509certfile",
            str(files.chain),
            "--x509keyfile",
            str(files.key),
            *case.options,
        ]
    if case.program == "nginx":
        own = folder / case.name
        own.mkdir()
        directives = " ".join(f"{directive};" for directive in case.options)
        (own / "nginx.conf").write_text(_NGINX.format(folder=own, port=port, files=files, directives=directives), encoding="utf-8")
        return ["-c", str(own / "nginx.conf"), "-e", str(own / "nginx.log")]
    return ["-m", "benchmarks.tls.python_server", str(port), str(files.chain), str(files.key)]


def _openssl(case: Case, files: Files, authority: Authority, folder: Path) -> list[str]:
    arguments = ["-cert", str(files.leaf), "-key", str(files.key)]
    if files.rest.stat().st_size:
        arguments += ["-cert_chain", str(files.rest)]
    if case.second_key:
        second = authority.issue((case.host,), case.second_key)
        arguments += ["-dcert", str(second.leaf), "-dkey", str(second.key), "-dcert_chain", str(second.rest)]
    if case.dh:
        arguments += ["-dhparam", str(_parameters(case.dh, folder))]
    return arguments


def _parameters(kind: str, folder: Path) -> Path:
    """A file with a prime of its own, quickly made, or with one of RFC 7919."""
    file = folder / f"{kind}.pem"
    own = ["openssl", "dhparam", "-dsaparam", "-out", str(file), "2048"]
    named = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{kind}", "-out", str(file)]
    subprocess.run(own if kind == "own" else named, check=True, capture_output=True)
    return file


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
