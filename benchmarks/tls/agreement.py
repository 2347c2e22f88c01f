"""Where two tools differ about one server: versions, suites, certificate."""

from __future__ import annotations

from typing import Any

_Found = dict[str, Any]


def versions(ours: _Found, theirs: _Found) -> str:
    """Empty when both name the same versions."""
    return _difference(set(ours["versions"]), set(theirs["versions"] if "versions" in theirs else theirs["suites"]))


def suites(ours: _Found, theirs: _Found) -> str:
    """Empty when both name the same suites, over all versions."""
    return _difference(set(ours["suites"]), {suite for found in theirs["suites"].values() for suite in found})


def certificate(ours: _Found, theirs: _Found) -> str:
    """Empty when both find it good, or both find it bad; any of several certificates that is bad counts for the other tool."""
    good, their_reason = (ours["certificate"] == "valid"), _complaint(theirs["certificate"])
    if good == (not their_reason):
        return ""
    return f"gemcrawl {ours['certificate']}; the other {their_reason or 'valid'}"


def _complaint(found: Any) -> str:
    """Why another tool calls the certificate bad; empty when it does not."""
    if not found:
        return "not read"
    if isinstance(found, list):  # sslyze
        return next((", ".join(one["errors"]) or "invalid" for one in found if not one["valid"]), "")
    for key, text in found.items():  # testssl.sh
        if key.startswith("cert_chain_of_trust") and not text.startswith("passed"):
            return f"chain of trust {text}"
        if key.startswith("cert_trust") and not text.lower().startswith("ok"):
            return f"trust: {text}"
        if key.startswith("cert_expirationStatus") and text.startswith("expired"):
            return str(text)
    return ""


def _difference(ours: set[str], theirs: set[str]) -> str:
    parts = [
        f"{len(names)} only {who}: {_some(sorted(names))}"
        for who, names in (("gemcrawl", ours - theirs), ("the other", theirs - ours))
        if names
    ]
    return "; ".join(parts)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
