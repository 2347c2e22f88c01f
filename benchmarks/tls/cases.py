"""The server configurations that are measured: what runs, with which certificate, and how it is told to speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from benchmarks.tls.certificates import Defect, Key

Program = Literal["openssl", "nginx", "python", "gnutls"]


@dataclass(frozen=True, slots=True)
class Case:
    """One local server."""

    name: str
    """Its host name is this and ``.test``."""
    program: Program
    options: tuple[str, ...] = ()
    """Arguments of openssl s_server and gnutls-serv; directives of nginx."""
    key: Key = "rsa2048"
    second_key: Key | None = None
    """Of a second certificate that the server has as well."""
    defect: Defect = ""
    sha1: bool = False
    """Whether the certificate is signed with SHA-1."""
    dh: Literal["", "own", "ffdhe3072"] = ""
    """Parameters that the server is given for finite-field key exchange."""

    @property
    def host(self) -> str:
        return f"{self.name}.test"


_OLD = "@SECLEVEL=0"
_STATIC = "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA"
_CBC = "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA"
_GOOD = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256"
_GNUTLS_OLD = "NORMAL:%COMPAT:+VERS-TLS-ALL:+3DES-CBC:+ARCFOUR-128:+MD5:+SHA1:+SIGN-ALL:+RSA:+DHE-RSA"

CASES: tuple[Case, ...] = (
    Case("openssl-default", "openssl"),
    Case("tls12-only", "openssl", ("-tls1_2",)),
    Case("tls13-only", "openssl", ("-tls1_3",)),
    Case("tls10-to-13", "openssl", ("-cipher", f"DEFAULT:{_OLD}", "-min_protocol", "TLSv1")),
    Case("tls10-11-only", "openssl", ("-cipher", f"DEFAULT:{_OLD}", "-min_protocol", "TLSv1", "-max_protocol", "TLSv1.1")),
    Case("static-rsa", "openssl", ("-tls1_2", "-cipher", _STATIC)),
    Case("cbc-only", "openssl", ("-tls1_2", "-cipher", _CBC)),
    Case("weak-suites", "openssl", ("-min_protocol", "TLSv1", "-cipher", f"ECDHE+AES128:aNULL:eNULL:{_OLD}")),
    Case("every-suite", "openssl", ("-min_protocol", "TLSv1", "-cipher", f"ALL:COMPLEMENTOFALL:{_OLD}")),
    Case("dhe-own-2048", "openssl", ("-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA256"), dh="own"),
    Case("ffdhe3072", "openssl", ("-cipher", "DHE-RSA-AES256-GCM-SHA384", "-groups", "ffdhe3072"), dh="ffdhe3072"),
    Case("p521-only", "openssl", ("-groups", "P-521")),
    Case("ecdsa-p384", "openssl", key="p384"),
    Case("rsa-and-ecdsa", "openssl", second_key="p256"),
    Case("rsa1024-sha1", "openssl", ("-cipher", f"DEFAULT:{_OLD}"), key="rsa1024", sha1=True),
    Case("expired", "openssl", defect="expired"),
    Case("not-yet-valid", "openssl", defect="not_yet_valid"),
    Case("self-signed", "openssl", defect="self_signed"),
    Case("wrong-host", "openssl", defect="wrong_host"),
    Case("missing-intermediate", "openssl", defect="missing_intermediate"),
    Case("unknown-authority", "openssl", defect="unknown_authority"),
    Case("nginx-default", "nginx"),
    Case("nginx-hardened", "nginx", ("ssl_protocols TLSv1.2 TLSv1.3", f"ssl_ciphers {_GOOD}", "ssl_ecdh_curve X25519:secp384r1")),
    Case("python-ssl", "python"),
    Case("gnutls-default", "gnutls"),
    Case("gnutls-old", "gnutls", ("--priority", _GNUTLS_OLD)),
)
