"""Two machines on this one: network namespaces with addresses of their own behind a bridge, which can be cut off."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Self


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    name = f"gemcrawl-try-{os.getpid()}"  # every process of a test run asks, and at the same time
    tried = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        return f"no network namespaces here: {tried.stderr.strip()}"
    _ip("netns", "del", name)
    return ""


class Machines:
    """Machines 0 and 1, and this process' own, at ``address`` for both; gone at the end."""

    def __init__(self) -> None:
        number = os.getpid() % 60_000
        self._prefix, self._net = f"gc{number}", f"10.231.{number % 250 + 1}"
        self.address = f"{self._net}.1"
        self.network = f"{self._net}.0/24"

    def __enter__(self) -> Self:
        bridge = f"{self._prefix}b"
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{self.address}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number in (0, 1):
            name, ours, theirs = self.name(number), f"{self._prefix}v{number}", f"{self._prefix}w{number}"
            _ip("netns", "add", name)
            _ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
            _ip("link", "set", theirs, "netns", name)
            _ip("link", "set", ours, "master", bridge, "up")
            _ip("-n", name, "addr", "add", f"{self.address_of(number)}/24", "dev", theirs)
            _ip("-n", name, "link", "set", theirs, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for number in (0, 1):
            subprocess.run(["ip", "netns", "del", self.name(number)], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{self._prefix}b"], check=False, capture_output=True)

    def name(self, number: int) -> str:
        return f"{self._prefix}n{number}"

    def address_of(self, number: int) -> str:
        return f"{self._net}.{number + 2}"

    def at(self, number: int) -> list[str]:
        """The beginning of a command that runs there."""
        return ["ip", "netns", "exec", self.name(number)]

    def cut_off(self, number: int) -> None:
        """From now on nothing reaches it or comes from it, and nobody is told."""
        _ip("link", "set", f"{self._prefix}v{number}", "down")
