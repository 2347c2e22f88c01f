"""From the verdicts of its forms to the two answers of a municipality."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import get_args

from gemcrawl.items import FindingCode, Form, Kind, Municipality, Status, Verdict

_WORST_FIRST: tuple[Verdict, ...] = ("insecure", "downgrade", "weak", "not_tested", "secure")
"""A form that could not be judged outweighs one that is secure: the municipality cannot be called secure."""


def status_of(kind: Kind, municipality: Municipality, forms: Iterable[Form], unread: Collection[Kind]) -> Status:
    """Worst verdict over the forms of ``kind``; ``not_found`` only when the site was surveyed and nothing promising was left unread."""
    verdicts = {form.verdict for form in forms if form.kind == kind}
    for verdict in _WORST_FIRST:
        if verdict in verdicts:
            return verdict
    return "not_found" if municipality.outcome == "surveyed" and kind not in unread else "not_tested"


def municipality_status(municipality: Municipality, forms: Iterable[Form], unread: Collection[Kind]) -> Municipality:
    """``municipality`` with its two answers and its insecure findings."""
    forms = list(forms)
    in_scope = [form for form in forms if form.kind in ("appointment", "contact")]
    bad = {f.code for form in in_scope for f in form.findings if f.weight in ("insecure", "downgrade")}
    return replace(
        municipality,
        appointment=status_of("appointment", municipality, forms, unread),
        contact=status_of("contact", municipality, forms, unread),
        insecure_findings=[code for code in get_args(FindingCode) if code in bad],
    )
