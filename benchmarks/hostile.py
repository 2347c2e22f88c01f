"""What hostile answers cost, and whether anybody is led to an address that is not public."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.process import TIMEOUT, figures
from benchmarks.table import Table
from benchmarks.tls.isolated import UNSHARE, available
from tests.support.hostile import ATTACKS, Attacker

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 3
"""Time limit of a request here; 20 in a survey."""
BOMBS = ("gzip-bomb", "deflate-bomb", "br-bomb", "zstd-bomb", "nested-gzip", "mixed-chain", "chained", "wide-zstd", "members")
_NOTE = """\
Each attack in a process of its own, which first asked for a good page: the request through engine and handler, and the reading of what it brought
(robots.txt and sitemaps by their readers). Seconds are from the question to the end of that; blocked is the longest time in which the event
loop served nobody else; memory is the peak above that before (VmHWM). The time limit of a request is {seconds} s here, and one retry is left out.
Attacks that last as long as the time limit ({slow}) cost nothing but that time."""
_REFUSED = """\
In a network of its own in which every address of IPv4 and IPv6 is this machine (`ip route add local 0.0.0.0/0 dev lo`, the same for IPv6), and
one listener hears every connection to any of them. The control makes plain connections to the same hosts; those that are missing from it are
addresses to which no machine can connect (multicast, broadcast, link-local without interface)."""


def run(directory: Path) -> list[Table]:  # noqa: ARG001 -- the parts have it
    """Every attack of `tests.support.hostile`, and every notation of `tests.support.refused`."""
    return [*_costs(), _refusals()]


def _costs() -> list[Table]:
    for attack in ATTACKS.values():
        next(attack())  # bombs take long to make, and are kept
    with Attacker() as attacker:
        found = {name: figures("benchmarks.hostile_client", attacker.port, name, SECONDS) for name in ATTACKS}
    slow = ", ".join(name for name, one in found.items() if one["failure"] == "timeout")
    table = Table(
        "What hostile answers cost", ("answer", "ends as", "s", "CPU s", "blocked s", "MB"), _NOTE.format(seconds=SECONDS, slow=slow)
    )
    for name, one in found.items():
        ends = one["failure"] or f"{one['status']}, {one['bytes']} bytes"
        table.add(name, ends, *(f"{one[of]:.2f}" for of in ("seconds", "cpu", "blocked")), f"{one['mb']:.1f}")
    worst = Table("The worst of these", ("figure", "asked", "bombs", "all"))
    bombs, others = [found[name] for name in BOMBS], [one for one in found.values() if one["failure"] != "timeout"]
    for figure, of, asked, digits in (
        ("MB", "mb", "< 64", 1),
        ("s", "seconds", "< 2", 2),
        ("CPU s", "cpu", "", 2),
        ("blocked s", "blocked", "", 2),
    ):
        worst.add(figure, asked, *(f"{max(one[of] for one in ones):.{digits}f}" for ones in (bombs, others)))
    return [worst, table]


def _refusals() -> Table:
    table = Table("Connections to refused addresses", ("figure", "asked", "measured"), _REFUSED)
    if not available():
        table.add("not measured: this machine gives no network of one's own", "", "")
        return table
    command = [*UNSHARE, sys.executable, "-m", "benchmarks.hostile_inside"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    table.add("hosts that a site redirects to", "", str(found["hosts"]))
    table.add("connections made to them by the control", "", str(found["control"]))
    table.add("connections made to them by gemcrawl", "0", str(found["connections"]))
    table.add("redirects that were asked for", "", str(found["asked"]))
    table.add("failures", "", ", ".join(f"{count} {reason}" for reason, count in sorted(found["failures"].items())))
    return table
