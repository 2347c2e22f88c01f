"""gemcrawl beside pshtt over the same sites, in the network of its own.

    python -m benchmarks.tls.pairs PLAN

PLAN is a JSON file: ``folder``, and ``pshtt`` (the program).  gemcrawl surveys the sites as municipalities, as every night; what it says is
read from the snapshot.  Writes ``pairs.json``.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.tls.certificates import Authority
from benchmarks.tls.sites import SITES, address_of
from gemcrawl.cli.run import run_crawl

QUESTIONS = {
    "valid https": "Valid HTTPS",
    "defaults to https": "Defaults to HTTPS",
    "downgrades": "Downgrades HTTPS",
    "HSTS": "HSTS",
}
"""What is compared, and the column of pshtt that answers it."""
_NO_UPGRADE = {"http_twin", "upgrade_client_side", "page_http"}
_IN_FORCE = ("good", "short", "inherited", "preloaded")


def names_by_address() -> list[tuple[str, str]]:
    """For the hosts file: every address with a name that leads there."""
    found = [(address_of(number), f"{site.name}.test") for number, site in enumerate(SITES)]
    return found + [(address_of(number), f"www.{site.name}.test") for number, site in enumerate(SITES) if site.www]


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(plan["folder"])
    authority = Authority(folder)
    chains = {}
    for site in SITES:
        files = authority.issue((f"{site.name}.test", f"www.{site.name}.test"), defect=site.defect)
        chains[site.name] = str(files.chain), str(files.key)
    told = folder / "sites.json"
    told.write_text(json.dumps({"chains": chains}), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.tls.sites", str(told)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        started = time.perf_counter()
        theirs = _pshtt(plan["pshtt"], authority.ca_file, folder)
        between = time.perf_counter()
        ours = _gemcrawl(authority.ca_file, folder)
        ended = time.perf_counter()
        assert server.stdin is not None
        server.stdin.close()
    sites = {site.name: {"gemcrawl": ours.get(site.name), "pshtt": theirs.get(f"{site.name}.test")} for site in SITES}
    found = {"sites": sites, "seconds": {"gemcrawl": ended - between, "pshtt": between - started}}
    (folder / "pairs.json").write_text(json.dumps(found), encoding="utf-8")


def _pshtt(program: str, ca_file: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """pshtt's own results; the lists that it would download are given to it, empty."""
    lists, report = folder / "lists", folder / "pshtt.json"
    lists.mkdir()
    for name, content in (("preloaded.json", "[]"), ("preload-pending.json", "[]"), ("public-suffix-list.txt", "test\n")):
        (lists / name).write_text(content, encoding="utf-8")
    _trust(program, ca_file, folder)
    command = [program, *(f"{site.name}.test" for site in SITES), "--json", f"--output={report}"]
    environment = {**os.environ, "REQUESTS_CA_BUNDLE": str(ca_file)}
    with (folder / "pshtt.log").open("wb") as log:
        options = (f"--cache-third-parties={lists}", "--timeout=5")
        subprocess.run([*command, *options], stdout=log, stderr=log, check=False, timeout=240, env=environment)
    kept = (*QUESTIONS.values(), "Unknown Error", "HTTPS Bad Chain", "HTTPS Bad Hostname", "HTTPS Expired Cert", "HTTPS Self Signed Cert")
    return {row["Domain"]: {key: row[key] for key in kept} for row in json.loads(report.read_text(encoding="utf-8"))}


def _trust(program: str, ca_file: Path, folder: Path) -> None:
    """Adds the root to what pshtt takes for Mozilla's store, for this mount namespace only.

    Its own option --ca-file would be of no use: it then looks for a store with "Custom" in its name, which no sslyze that it can be
    installed with has ("Supplied CA file"), and so calls every certificate valid.
    """
    store = next(
        Path(program).parents[1].glob("lib/*/site-packages/sslyze/plugins/certificate_info/trust_stores/pem_files/mozilla_nss.pem")
    )
    amended = folder / "mozilla.pem"
    amended.write_bytes(store.read_bytes() + b"\n" + ca_file.read_bytes())
    subprocess.run(["mount", "--bind", str(amended), str(store)], check=True)


def _gemcrawl(ca_file: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """What a survey says, by the findings of the contact form that is on every home page."""
    registry = folder / "registry.csv"
    with registry.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("code", "name", "province", "website"))
        rows.writerows((f"GM{9001 + n}", site.name, "Utrecht", f"{site.name}.test") for n, site in enumerate(SITES))
    result = run_crawl(
        {
            "GEMCRAWL_REGISTRY": str(registry),
            "GEMCRAWL_OUTPUT": str(folder / "output"),
            "GEMCRAWL_CONNECT_TO": [f"{name}:{port}:{address}:{port}" for address, name in names_by_address() for port in (80, 443)],
            "GEMCRAWL_ALLOW_NET": ["127.0.0.0/8"],
            "GEMCRAWL_CA_FILE": str(ca_file),
            "GEMCRAWL_TLS_INVENTORY": False,
            "DOWNLOAD_DELAY": 0.001,
            "LOG_LEVEL": "ERROR",
        }
    )
    if result.snapshot is None:
        raise RuntimeError(f"no snapshot: {result.message}")
    forms = pq.read_table(result.snapshot / "forms.parquet").to_pylist()
    hosts = pq.read_table(result.snapshot / "hosts.parquet").to_pylist()
    found: dict[str, dict[str, Any]] = {}
    for number, site in enumerate(SITES):
        code = f"GM{9001 + number}"
        codes = {finding["code"] for form in forms if form["municipality"] == code for finding in form["findings"]}
        host = next(row for row in hosts if code in row["municipalities"])
        found[site.name] = {"findings": sorted(codes), **_answers(codes, host)}
    return found


def _answers(codes: set[str], host: dict[str, Any]) -> dict[str, bool]:
    return {
        "valid https": host["certificate"] in ("valid", "incomplete_chain"),
        "defaults to https": not codes & _NO_UPGRADE,
        "downgrades": "redirect_downgrade" in codes,
        "HSTS": host["hsts"] in _IN_FORCE,
    }


if __name__ == "__main__":
    main()
