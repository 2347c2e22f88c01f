"""TLS beside sslyze, testssl.sh and pshtt: what it costs, and whether they agree, over local servers.

Everything runs in a network of its own (`benchmarks.tls.isolated`), behind relays that count.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.table import Table
from benchmarks.tls import agreement, inside, isolated, pairs, tools
from benchmarks.tls.cases import CASES
from gemcrawl.transport.probe.prober import SPACING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_Found = dict[str, dict[str, Any]]
_OTHERS = ("sslyze", "testssl")
_QUESTIONS: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "versions": agreement.versions,
    "suites": agreement.suites,
    "certificate": agreement.certificate,
}


def run(directory: Path) -> Iterator[Table]:
    """What the tools cost, where they agree, and every difference."""
    if not isolated.available():
        print("tls: skipped, this machine does not let its user have a network of his own\n", flush=True)
        return
    installed = tools.sslyze(), tools.testssl(), tools.pshtt()
    found = _measure(directory / "tls", *installed[:2])
    print(f"{len(found)} local servers\n", flush=True)
    yield from (_totals(found), _costs(found), _agreement(found), _differences(found))
    if installed[2] is None:
        print("pshtt: skipped, it needs a Python 3.10 and there is none ($PSHTT_PYTHON)\n", flush=True)
    else:
        yield from _pshtt(installed[2], directory / "pairs")


def _measure(folder: Path, sslyze: str, testssl: str | None) -> _Found:
    hosts = [(inside.address_of(number), case.host) for number, case in enumerate(CASES)]
    plan: dict[str, Any] = {"sslyze": sslyze, "testssl": testssl, "spacing": SPACING, "only": []}
    found: _Found = _isolated("benchmarks.tls.inside", folder, hosts, plan, "found.json")
    return found


def _isolated(module: str, folder: Path, hosts: Iterable[tuple[str, str]], plan: dict[str, Any], result: str) -> Any:
    folder.mkdir()
    hosts_file, plan_file = folder / "hosts", folder / "plan.json"
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for address, name in hosts)]
    hosts_file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    plan_file.write_text(json.dumps({"folder": str(folder), **plan}), encoding="utf-8")
    subprocess.run(isolated.command(hosts_file, sys.executable, "-m", module, str(plan_file)), check=True)
    return json.loads((folder / result).read_text(encoding="utf-8"))


def _totals(found: _Found) -> Table:
    table = Table("TLS: what one host costs", ("figure", "gemcrawl", "sslyze", "ratio", "testssl.sh"))
    for name, key in (("connections", "connections"), ("handshakes", "handshakes"), ("bytes sent to the server", "up")):
        for how, of in (("mean", _mean), ("median", median)):
            ours, theirs, third = (of(_costs_of(found, tool, key)) for tool in ("gemcrawl", *_OTHERS))
            table.add(f"{name}, {how}", f"{ours:.1f}", f"{theirs:.1f}", f"1/{theirs / ours:.1f}", f"{third:.1f}")
    for how, of in (("mean", _mean), ("median", median)):
        ours, theirs, third = (of([one[tool]["seconds"] for one in found.values()]) for tool in ("gemcrawl", *_OTHERS))
        table.add(f"seconds, {how}", f"{ours:.3f}", f"{theirs:.2f}", f"1/{theirs / ours:.1f}", f"{third:.0f}")
    calm = [one["calm"]["seconds"] for one in found.values()]
    table.add(f"seconds at gemcrawl's own pace ({SPACING:g} s between connections), median", f"{median(calm):.1f}", "", "", "")
    return table


def _costs_of(found: _Found, tool: str, key: str) -> list[float]:
    return [one[tool].get("cost", {}).get(key, 0) for one in found.values()]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _costs(found: _Found) -> Table:
    header = ("server", "gemcrawl: connections", "s", "sslyze: connections", "of these with bytes", "s", "testssl.sh: connections", "s")
    table = Table("TLS: cost per server", header)
    for name, one in found.items():
        cells = [str(one["gemcrawl"]["cost"]["connections"]), f"{one['gemcrawl']['seconds']:.3f}"]
        theirs, third = one["sslyze"], one["testssl"]
        cells += [str(theirs["cost"]["connections"]), str(theirs["cost"]["handshakes"]), f"{theirs['seconds']:.2f}"]
        table.add(name, *cells, str(third.get("cost", {}).get("connections", "")), f"{third['seconds']:.0f}")
    return table


def _agreement(found: _Found) -> Table:
    header = ("server", *(f"{tool}: {question}" for tool in _OTHERS for question in _QUESTIONS))
    table = Table("TLS: agreement with gemcrawl", header)
    same = dict.fromkeys(header[1:], 0)
    for name, one in found.items():
        cells = []
        for tool in _OTHERS:
            for question, compare in _QUESTIONS.items():
                differs = "error" in one[tool] or bool(compare(one["gemcrawl"], one[tool]))
                same[f"{tool}: {question}"] += not differs
                cells.append("differs" if differs else "same")
        table.add(name, *cells)
    table.add("same", *(f"{count} of {len(found)}" for count in same.values()))
    return table


def _differences(found: _Found) -> Table:
    table = Table("TLS: every difference", ("server", "other tool", "question", "difference"))
    for name, one in found.items():
        if not one["gemcrawl"]["complete"]:
            table.add(name, "", "", f"gemcrawl's inventory is not complete: {one['gemcrawl']['failure']}")
        for tool in _OTHERS:
            if "error" in one[tool]:
                table.add(name, tool, "", one[tool]["error"].replace("\n", " ")[:200])
                continue
            for question, compare in _QUESTIONS.items():
                if difference := compare(one["gemcrawl"], one[tool]):
                    table.add(name, tool, question, difference.replace("\n", " ")[:400])
    return table


def _pshtt(program: str, folder: Path) -> list[Table]:
    found = _isolated("benchmarks.tls.pairs", folder, pairs.names_by_address(), {"pshtt": program}, "pairs.json")
    table = Table("Sites: gemcrawl beside pshtt", ("site", *pairs.QUESTIONS, "gemcrawl's findings"))
    same = dict.fromkeys(pairs.QUESTIONS, 0)
    for name, one in found["sites"].items():
        cells = []
        for question, column in pairs.QUESTIONS.items():
            ours, theirs = one["gemcrawl"][question], bool(one["pshtt"][column])
            same[question] += ours == theirs
            cells.append(_yes(ours) if ours == theirs else f"{_yes(ours)}; pshtt {_yes(theirs)}")
        table.add(name, *cells, ", ".join(one["gemcrawl"]["findings"]))
    table.add("same", *(f"{count} of {len(found['sites'])}" for count in same.values()), "")
    seconds = Table("Sites: seconds for all", ("gemcrawl", "pshtt"))
    seconds.add(f"{found['seconds']['gemcrawl']:.1f}", f"{found['seconds']['pshtt']:.1f}")
    return [table, seconds]


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
