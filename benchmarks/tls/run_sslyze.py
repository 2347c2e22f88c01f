"""Runs inside the virtual environment of sslyze, of which it imports nothing but sslyze: ``python run_sslyze.py CA_FILE``.

Every line read is ``HOST ADDRESS``; answered with one line of JSON.  The questions are those that gemcrawl asks: versions, suites,
certificate, groups; nothing of sslyze's other checks.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from sslyze import (  # type: ignore[import-not-found]
    CertificateInfoExtraArgument,
    ScanCommand,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkLocation,
    ServerScanRequest,
)

SUITES = {
    "SSLv2": ScanCommand.SSL_2_0_CIPHER_SUITES,
    "SSLv3": ScanCommand.SSL_3_0_CIPHER_SUITES,
    "TLSv1": ScanCommand.TLS_1_0_CIPHER_SUITES,
    "TLSv1.1": ScanCommand.TLS_1_1_CIPHER_SUITES,
    "TLSv1.2": ScanCommand.TLS_1_2_CIPHER_SUITES,
    "TLSv1.3": ScanCommand.TLS_1_3_CIPHER_SUITES,
}


def scan(host: str, address: str, ca_file: str) -> dict[str, Any]:
    request = ServerScanRequest(
        server_location=ServerNetworkLocation(hostname=host, port=443, ip_address=address),
        scan_commands={*SUITES.values(), ScanCommand.CERTIFICATE_INFO, ScanCommand.ELLIPTIC_CURVES},
        scan_commands_extra_arguments=ScanCommandsExtraArguments(
            certificate_info=CertificateInfoExtraArgument(custom_ca_file=Path(ca_file))
        ),
    )
    started = time.perf_counter()
    scanner = Scanner()
    scanner.queue_scans([request])
    result = next(iter(scanner.get_results()))
    seconds = time.perf_counter() - started
    if result.scan_result is None:
        return {"seconds": seconds, "error": str(result.connectivity_error_trace or result.connectivity_status)[-300:]}
    return {"seconds": seconds, **_suites(result.scan_result), **_groups(result.scan_result), **_certificate(result.scan_result, ca_file)}


def _suites(found: Any) -> dict[str, Any]:
    by_version: dict[str, list[str]] = {}
    failed = []
    for version, command in SUITES.items():
        attempt = getattr(found, command.value)
        if attempt.result is None:
            failed.append(version)
        elif attempt.result.accepted_cipher_suites:
            by_version[version] = sorted(accepted.cipher_suite.name for accepted in attempt.result.accepted_cipher_suites)
    return {"suites": by_version, "failed": failed}


def _groups(found: Any) -> dict[str, Any]:
    result = found.elliptic_curves.result
    return {"groups": sorted(curve.name for curve in result.supported_curves or ()) if result else None}


def _certificate(found: Any, ca_file: str) -> dict[str, Any]:
    result = found.certificate_info.result
    if result is None:
        return {"certificate": None, "certificate_error": str(found.certificate_info.error_reason)}
    deployments = []
    for deployment in result.certificate_deployments:
        leaf = deployment.received_certificate_chain[0]
        own = [v for v in deployment.path_validation_results if str(v.trust_store.path) == ca_file]
        deployments.append(
            {
                "valid": all(v.was_validation_successful for v in own) and bool(own),
                "errors": sorted({v.validation_error or "" for v in own}),
                "not_after": leaf.not_valid_after_utc.isoformat(),
                "bits": getattr(leaf.public_key(), "key_size", None),
            }
        )
    return {"certificate": deployments}


if __name__ == "__main__":
    for line in sys.stdin:
        asked = line.split()
        try:
            answer = scan(asked[0], asked[1], sys.argv[1])
        except Exception as error:  # noqa: BLE001 what any tool does is a result here
            answer = {"seconds": 0.0, "error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)
