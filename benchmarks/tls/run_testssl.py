"""testssl.sh asked for what gemcrawl asks: versions, suites per version, certificate.  Not for groups: that takes it longer than all the rest."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 240
"""Seconds."""
_VERSIONS = {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLS1": "TLSv1", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
_CERTIFICATE = ("cert_chain_of_trust", "cert_trust", "cert_expirationStatus", "cert_notBefore")
_QUESTIONS = ("--protocols", "--cipher-per-proto", "--server-defaults")


def scan(program: str, host: str, address: str, ca_file: Path, folder: Path) -> dict[str, Any]:
    """What testssl.sh found: versions, suites by version, and its findings about the certificate."""
    report = folder / f"testssl-{host}.json"
    command = [program, "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--ip", address, "--sneaky"]
    command += ["--add-ca", str(ca_file), "--mapping", "iana", "--jsonfile", str(report), *_QUESTIONS, f"{host}:443"]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer in {TIMEOUT} s"}
    try:
        findings = json.loads(report.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError) as error:
        return {"error": f"no report: {error}"}
    return read(findings)


def read(findings: list[dict[str, str]]) -> dict[str, Any]:
    """The part of a JSON report that is compared."""
    said = {finding["id"]: finding["finding"] for finding in findings}
    suites: dict[str, list[str]] = {}
    for finding in findings:
        match = re.match(r"cipher-(ssl\w+|tls1(?:_\d)?)_x", finding["id"])
        name = re.search(r"\b(?:TLS|SSL)_\w+", finding["finding"])
        if match and name:
            suites.setdefault(_VERSIONS.get(match[1].upper().replace("SSLV", "SSLv"), match[1]), []).append(name[0])
    return {
        "versions": [version for key, version in _VERSIONS.items() if said.get(key, "").startswith("offered")],
        "suites": suites,
        "certificate": {key: said[key] for key in sorted(said) if key.startswith(_CERTIFICATE)},
    }
