"""Starts and stops the nation's server as a process of its own."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gemcrawl.exceptions import GemcrawlError


class DemoError(GemcrawlError):
    """`gemcrawl.demo.process`: the nation's server did not start."""


class DemoServer:
    """The nation, served while the context lasts.

    Args:
        directory: for its files; made when missing.
        night: 1, or 2 for the nation after repair.
        size: number of municipalities.
        standard_ports: ports 443 and 80 on several loopback addresses; needs root.
        timeout: seconds to wait until it serves.

    Raises:
        DemoError: on entering, it did not start within ``timeout``.
    """

    def __init__(self, directory: Path, *, night: int = 1, size: int = 390, standard_ports: bool = False, timeout: float = 30) -> None:
        self.directory, self.night, self.size = directory, night, size
        self._standard_ports, self._timeout = standard_ports, timeout
        self._process: subprocess.Popen[bytes] | None = None
        self.connect_to: list[str] = []
        self.addresses: dict[str, str] = {}
        self.registry = self.known_hosts = self.ca_file = self.truth_file = self.log_file = self.sent_file = directory

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Starts the process and waits until it serves."""
        command = [sys.executable, "-m", "gemcrawl.demo.server", "--directory", str(self.directory)]
        command += ["--night", str(self.night), "--size", str(self.size), *(["--standard-ports"] if self._standard_ports else [])]
        self.directory.mkdir(parents=True, exist_ok=True)
        errors = self.directory / "server.log"
        with errors.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)  # noqa: S603
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], self._timeout)
        line = stdout.readline() if ready else b""
        if not line:
            self.stop()
            last = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise DemoError(f"the nation's server did not start within {self._timeout:g} s: {''.join(last) or 'no message'}; see {errors}")
        told = json.loads(line)
        self.connect_to = told["connect_to"]
        self.addresses = told.get("addresses", {})
        self.registry, self.known_hosts, self.ca_file = Path(told["registry"]), Path(told["known_hosts"]), Path(told["ca_file"])
        self.truth_file, self.log_file, self.sent_file = Path(told["truth"]), Path(told["log"]), Path(told["sent"])

    def settings(self, output: Path | str, *, delay: float) -> dict[str, Any]:
        """Scrapy settings with which a survey reaches this nation and no other, ``delay`` seconds between requests to one server."""
        return {
            "GEMCRAWL_REGISTRY": str(self.registry),
            "GEMCRAWL_KNOWN_HOSTS": str(self.known_hosts),
            "GEMCRAWL_OUTPUT": str(output),
            "GEMCRAWL_CONNECT_TO": self.connect_to,
            "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"],
            "GEMCRAWL_CA_FILE": str(self.ca_file),
            "DOWNLOAD_DELAY": delay,
            # As with the usual delay: what robots.txt asks for is cut to ten of them.
            "GEMCRAWL_CRAWL_DELAY_MAX": 10 * delay,
        }

    def stop(self) -> None:
        """Ends the process by closing its standard input, harder when that does not help; `log_file` is complete after that."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
