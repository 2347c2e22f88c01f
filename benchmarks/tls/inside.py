"""What happens in the network of its own: the servers run, the tools take turns, and what they found is written as JSON.

    python -m benchmarks.tls.inside PLAN

PLAN is a JSON file: ``folder`` (with the hosts file's names), ``sslyze`` (a Python interpreter that has it, or null), ``testssl`` (a program, or
null), ``spacing`` (gemcrawl's, as configured), ``only`` (names of cases; all when empty).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from benchmarks.tls import run_testssl
from benchmarks.tls.cases import CASES
from benchmarks.tls.certificates import Authority
from benchmarks.tls.servers import serving, wait_for

_TOGETHER = 8
"""Hosts measured at the same time at gemcrawl's own pace; as many as `gemcrawl.transport.probe.prober.SERVERS`."""
_TESTSSLS = 4
"""Of testssl.sh at the same time."""


def address_of(number: int) -> str:
    """The loopback address of the case with this number."""
    return f"127.0.1.{number + 1}"


class Talk:
    """A process that answers every line with a line of JSON."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return line

    def ask(self, line: str) -> Any:
        self.tell(line)
        return json.loads(self.hear())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(plan["folder"])
    cases = tuple(case for case in CASES if not plan["only"] or case.name in plan["only"])
    authority = Authority(folder)
    with serving(cases, authority, folder) as ports, Talk(sys.executable, "-m", "benchmarks.tls.relay") as relay:
        addresses = {case.name: address_of(number) for number, case in enumerate(CASES) if case.name in ports}
        relay.tell(json.dumps([[name, address, 443, ports[name]] for name, address in addresses.items()]))
        relay.hear()
        for name, address in addresses.items():
            wait_for(name, 443, address)
        hosts = {case.name: case.host for case in cases if case.name in ports}
        found = _take_turns(plan, authority.ca_file, hosts, addresses, relay)
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def _take_turns(
    plan: dict[str, Any], ca_file: Path, hosts: dict[str, str], addresses: dict[str, str], relay: Talk
) -> dict[str, dict[str, Any]]:
    """Per case and tool what it found and what it cost; side by side, one host after another, but for testssl and gemcrawl's slow pace."""
    found: dict[str, dict[str, Any]] = {name: {} for name in hosts}

    def costs(tool: str) -> None:
        for name, count in relay.ask("").items():
            if count["connections"] and tool in found[name]:
                found[name][tool]["cost"] = count

    me = (sys.executable, "-m", "benchmarks.tls.run_gemcrawl", str(ca_file))
    sslyze = (plan["sslyze"], str(Path(__file__).with_name("run_sslyze.py")), str(ca_file)) if plan["sslyze"] else None
    with Talk(*me, "0") as fast, Talk(*(sslyze or ("cat",))) as other:
        relay.ask("")
        for name, host in hosts.items():
            found[name]["gemcrawl"] = fast.ask(f"{host} {addresses[name]}")[0]
            costs("gemcrawl")
            if sslyze:
                found[name]["sslyze"] = other.ask(f"{host} {addresses[name]}")
                costs("sslyze")
    with Talk(*me, str(plan["spacing"])) as calm:
        names = list(hosts)
        for start in range(0, len(names), _TOGETHER):
            together = names[start : start + _TOGETHER]
            for name, answer in zip(together, calm.ask(" ".join(f"{hosts[n]} {addresses[n]}" for n in together)), strict=True):
                found[name]["calm"] = answer
        costs("calm")
    if plan["testssl"]:

        def run(name: str) -> dict[str, Any]:
            started = time.perf_counter()
            answer = run_testssl.scan(plan["testssl"], hosts[name], addresses[name], ca_file, Path(plan["folder"]))
            return {"seconds": time.perf_counter() - started, **answer}

        with ThreadPoolExecutor(_TESTSSLS) as pool:
            for name, answer in zip(hosts, pool.map(run, hosts), strict=True):
                found[name]["testssl"] = answer
        costs("testssl")
    else:
        for one in found.values():
            one["testssl"] = {"seconds": 0.0, "error": "not installed"}
    return found


if __name__ == "__main__":
    main()
